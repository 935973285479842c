package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestUnreadHidden: what a moderator hides is unread for nobody, whether the message or the hiding comes first, and counts again once it is seen again. A reply in a thread
// is not unread in the group.
func TestUnreadHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, com, food := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		unread := func(what string, n *nodetest.Node, messages, mentions int, first string) {
			t.Helper()
			w.Eventually(2*time.Minute, what, func() bool {
				g, err := n.Node.Group(food)
				return err == nil && g.Unread == messages && g.Mentions == mentions && g.FirstUnreadID == first
			})
		}
		rude, err := chen.Post(ctx, food, node.NewMessage{Text: "rude words", Mentions: []string{budi.User(com)}})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Asha has it", func() bool { return asha.Shows(food, "rude words") })
		kind := chen.Say(food, "kind words")
		unread("both are unread", budi, 2, 1, rude.ID)
		if _, err := chen.Post(ctx, food, node.NewMessage{Text: "and rice", ThreadRoot: kind}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "the reply is there", func() bool { m, err := budi.Message(kind); return err == nil && m.ThreadCount == 1 })
		unread("a reply in a thread is not", budi, 2, 1, rude.ID)
		hide := func(id string, on bool) {
			t.Helper()
			if _, err := asha.HideMessage(ctx, id, on, "rude"); err != nil {
				t.Fatal(err)
			}
		}
		hide(rude.ID, true)
		unread("what is hidden is not", budi, 1, 0, kind)
		unread("nor for Asha", asha, 1, 0, kind)
		hide(rude.ID, false)
		unread("seen again it is", budi, 2, 1, rude.ID)
		hide(rude.ID, true)
		unread("and hidden again not", budi, 1, 0, kind)
		budi.Stop()
		budi.Start()
		unread("nor after a restart", budi, 1, 0, kind)

		w.Split([]*nodetest.Node{asha, chen}, []*nodetest.Node{budi})
		worse := chen.Say(food, "worse words")
		w.Eventually(time.Minute, "Asha has that too", func() bool { return asha.Shows(food, "worse words") })
		hide(worse, true)
		fine := chen.Say(food, "fine words")
		w.Heal()
		w.Eventually(3*time.Minute, "Budi has all", func() bool { _, err := budi.Message(fine); return err == nil && budi.Shows(food, "fine words") })
		unread("what came hidden is not unread", budi, 2, 0, kind)
		if g, err := budi.MarkRead(ctx, food, kind); err != nil || g.Unread != 1 || g.FirstUnreadID != fine {
			t.Errorf("read up to the kind words: %+v %v", g, err)
		}
	})
}
