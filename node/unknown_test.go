package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestUnknownKind: a message of a kind that a later version will know is kept, gossiped, brought by sync to who was away, and shown everywhere in its place as one that is not
// known, without a word of what is in it; it is there after a restart, and whoever has it hands it on.
func TestUnknownKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, com, food := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		before, author := asha.Say(food, "before"), asha.User(com)
		w.Eventually(time.Minute, "all read it", func() bool { return budi.Shows(food, "before") && chen.Shows(food, "before") })
		chen.Stop()
		if !asha.PostKind(food, 999, []byte("a sticker")) {
			t.Fatal("it is not posted")
		}
		shown := func(n *nodetest.Node) string {
			t.Helper()
			list, _, err := n.Messages(food, node.Page{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if m.Kind != "unknown" {
					continue
				}
				if m.Text != "" || m.AuthorID != author || m.ID == before || m.Deleted != nil {
					t.Errorf("%s shows %+v", n.Name, m)
				}
				if one, err := n.Message(m.ID); err != nil || one.Kind != "unknown" {
					t.Errorf("%s by its id: %+v %v", n.Name, one, err)
				}
				return m.ID
			}
			return ""
		}
		id := shown(asha)
		if id == "" {
			t.Fatal("Asha does not see her own")
		}
		w.Eventually(time.Minute, "Budi sees it", func() bool { return shown(budi) == id })
		asha.Say(food, "after")
		w.Eventually(time.Minute, "Budi reads on", func() bool { return budi.Shows(food, "after") })
		asha.Stop() // Budi alone has it now, and knows the kind no better
		budi.Stop()
		budi.Start()
		if shown(budi) != id {
			t.Error("it is gone after a restart")
		}
		chen.Start()
		w.Eventually(3*time.Minute, "Budi hands it to Chen", func() bool {
			list, _, err := chen.Messages(food, node.Page{Limit: 10})
			return err == nil && len(list) == 3 && list[0].Text == "after" && list[1].Kind == "unknown" && list[1].ID == id && list[2].Text == "before"
		})
	})
}
