package node_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestReceiptsDoNotPileUp: twice as many announcements leave no more receipts with the desk, who still knows of each who has it: from what it heard live,
// and from the log after a restart. Of two on the desk both keep the same.
func TestReceiptsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen", "Dalia")
		asha, dalia := nodes[0], nodes[3]
		if _, err := asha.SetRoles(ctx, com, dalia.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "both hold the desk's key", func() bool { return asha.DeskKeys() > 0 && dalia.DeskKeys() > 0 })
		agree(w, time.Minute, nodes...)
		var said []string
		reached := func(n *nodetest.Node) bool {
			for _, id := range said {
				list, err := n.Recipients(id)
				if err != nil || len(list) != 3 || slices.ContainsFunc(list, func(x node.Recipient) bool { return !x.Reached }) {
					return false
				}
			}
			return true
		}
		asha.OpenAtOnce(0)
		const first = 6
		for n := first; n <= 2*first; n *= 2 {
			for len(said) < n {
				m, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: fmt.Sprint("soup ", len(said))})
				if err != nil {
					t.Fatal(err)
				}
				said = append(said, m.ID)
				for _, x := range nodes[1:] {
					w.Eventually(time.Minute, x.Name+" has it", func() bool { _, err := x.Message(m.ID); return err == nil })
				}
				time.Sleep(5 * time.Second) // virtual: each sends a receipt of its own for it
			}
			if n == first { // Asha, who let them pile up, goes through them two by two
				if have := asha.Receipts(com); have <= 3 {
					t.Errorf("Asha has %d receipts: the test tests nothing", have)
				}
				asha.OpenAtOnce(2)
			}
			for _, x := range []*nodetest.Node{asha, dalia} {
				w.Eventually(2*time.Minute, fmt.Sprint(x.Name, " knows that all have ", n), func() bool { return reached(x) })
				w.Eventually(time.Minute, fmt.Sprint(x.Name, " keeps a receipt of each after ", n), func() bool { return x.Receipts(com) == 3 })
			}
		}
		time.Sleep(2 * time.Minute) // virtual: they compare what they have several times
		if a, d := asha.Receipts(com), dalia.Receipts(com); a != 3 || d != 3 {
			t.Errorf("Asha keeps %d receipts and Dalia %d, want one of each of the three who read", a, d)
		}
		if !asha.SumsRight(com) || !dalia.SumsRight(com) {
			t.Error("what they compare is not what they keep")
		}
		asha.Stop()
		asha.Start()
		if err := asha.Rebuild(groupOf(t, asha, said[0])); err != nil {
			t.Fatal(err)
		}
		if !reached(asha) {
			t.Error("after a restart, from the log, Asha does not know who has what")
		}
	})
}

// groupOf is the group of a message.
func groupOf(t *testing.T, n *nodetest.Node, id string) string {
	t.Helper()
	m, err := n.Message(id)
	if err != nil {
		t.Fatal(err)
	}
	return m.GroupID
}

// TestNotesDoNotPileUp: twice as many messages leave no more notes of who has stored them, once all have sent receipts; they are shown as delivered to both
// before and after, and after a restart.
func TestNotesDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, _, food := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		var said []string
		delivered := func() bool {
			for _, id := range said {
				if m, err := asha.Message(id); err != nil || m.Delivery.State != "delivered" || m.Delivery.Reached != 2 {
					return false
				}
			}
			return true
		}
		reached, sent := map[string]int{}, 0
		watch := func() {
			for _, id := range said {
				m, err := asha.Message(id)
				if err != nil || m.Delivery.Reached < reached[id] {
					t.Fatalf("%d had it, and now %+v, %v", reached[id], m.Delivery, err)
				}
				if reached[id] = m.Delivery.Reached; m.Delivery.State == "sent" {
					sent++
				}
			}
		}
		w.Split([]*nodetest.Node{asha, budi}, []*nodetest.Node{chen})
		said = append(said, asha.Say(food, "soup"))
		w.Eventually(time.Minute, "Budi's node says that it has it, or he does", func() bool { m, err := asha.Message(said[0]); return err == nil && m.Delivery.Reached == 1 })
		w.Heal()
		for _, n := range []int{8, 16} {
			for len(said) < n {
				said = append(said, asha.Say(food, fmt.Sprint("soup ", len(said))))
				budi.Say(food, fmt.Sprint("rice ", len(said)))
				for range 15 { // receipts are sent in between, which are wires too
					time.Sleep(100 * time.Millisecond)
					watch()
				}
			}
			w.Eventually(2*time.Minute, fmt.Sprintf("all %d are delivered", n), delivered)
			for _, x := range []*nodetest.Node{asha, budi, chen} {
				w.Eventually(2*time.Minute, fmt.Sprintf("%s keeps no note after %d", x.Name, n), func() bool { return x.Noted(food) == 0 })
			}
			if !delivered() {
				t.Error("without the notes they are not delivered")
			}
		}
		if sent == 0 {
			t.Error("nothing was noted before receipts said it: the test tests nothing")
		}
		asha.Stop()
		asha.Start()
		if !delivered() {
			t.Error("after a restart they are not delivered")
		}
	})
}
