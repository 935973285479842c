package node_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestDeletedWhileAway: Chen, whose node was off while things were said and deleted, shows in their place what Asha shows who had them: at once, after his
// log was folded anew, and after one of them came all the same.
func TestDeletedWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, com, food := w.Three()
		hello := asha.Say(food, "Mangoes at six?")
		w.Eventually(time.Minute, "all read it", func() bool { return budi.Shows(food, "Mangoes at six?") && chen.Shows(food, "Mangoes at six?") })
		agree(w, time.Minute, asha, budi, chen)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := chen.MarkRead(ctx, food, hello)
		must(err)
		chen.Stop()
		reply, err := budi.Post(ctx, food, node.NewMessage{Text: "in the thread", ThreadRoot: hello})
		must(err)
		poll, err := budi.CreatePoll(ctx, food, node.NewPoll{Question: "Which?", Options: []string{"red", "green"}})
		must(err)
		gone := []string{budi.Say(food, "secretly a durian"), poll.MessageID, reply.ID}
		news := asha.Say(food, "the tent is up")
		w.Eventually(time.Minute, "Asha has them", func() bool {
			for _, id := range gone {
				if _, err := asha.Message(id); err != nil {
					return false
				}
			}
			return true
		})
		for _, id := range gone {
			must(budi.DeleteMessage(ctx, id))
		}
		w.Eventually(time.Minute, "Asha sees that they are deleted", func() bool {
			return !slices.ContainsFunc(gone, func(id string) bool { m, err := asha.Message(id); return err != nil || m.Deleted == nil })
		})
		chen.Start()
		w.Eventually(2*time.Minute, "Chen has what came last", func() bool { return chen.Shows(food, "the tent is up") })
		shows := func(n *nodetest.Node) string {
			t.Helper()
			list, _, err := n.Messages(food, node.Page{})
			must(err)
			thread, _, err := n.Thread(hello, node.Page{})
			must(err)
			around, _, err := n.Messages(food, node.Page{Around: gone[0], Limit: 3})
			if err != nil {
				return err.Error()
			}
			var out strings.Builder
			for _, m := range slices.Concat(list, thread, around) {
				m.Delivery, m.AuthorName, m.ThreadCount = node.Delivery{}, "", 0 // of a thread he does not count what he never had
				one, err := json.Marshal(m)
				must(err)
				out.WriteString(string(one) + "\n")
			}
			return out.String()
		}
		w.Eventually(time.Minute, "Chen shows what Asha shows", func() bool { return shows(chen) == shows(asha) })
		for _, id := range gone {
			m, err := chen.Message(id)
			if err != nil || m.Deleted == nil || m.Deleted.By != budi.User(com) || m.Text != "" || m.Poll != nil {
				t.Errorf("Chen shows %+v, %v", m, err)
			}
		}
		if told := chen.Told(food); told != 3 || asha.Told(food) != 0 {
			t.Errorf("Chen knows %d from their deletion alone, Asha %d: the test tests nothing", told, asha.Told(food))
		}
		if g, err := chen.Node.Group(food); err != nil || g.Unread != 1 || g.FirstUnreadID != news {
			t.Errorf("%d are unread from %s on, want what the tent is about alone (%v)", g.Unread, g.FirstUnreadID, err)
		}
		for range 2 {
			rows := chen.FoldedRows(food)
			must(chen.Rebuild(food))
			if after := chen.FoldedRows(food); !slices.Equal(rows, after) || shows(chen) != shows(asha) {
				t.Errorf("folding from the log gives other rows:\n%s\n%s", strings.Join(rows, "\n"), strings.Join(after, "\n"))
			}
			chen.Stop()
			chen.Start()
		}
		if _, err := chen.MarkRead(ctx, food, gone[0]); err != nil {
			t.Errorf("it cannot be read up to there: %v", err)
		}
		for _, n := range []*nodetest.Node{asha, chen} {
			if m, err := n.Post(ctx, food, node.NewMessage{Text: "what was it?", ReplyTo: gone[0]}); err != nil || m.ReplyTo != gone[0] {
				t.Errorf("%s cannot ask what it was: %v", n.Name, err)
			}
			if err := n.Star(ctx, gone[0], true); err != nil {
				t.Errorf("%s cannot keep it: %v", n.Name, err)
			}
		}
		must(chen.DeleteMessage(ctx, gone[0])) // is deleted, as for everybody
	})
}
