package node_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestReceiptsAfterRestart: what arrived just before a node stopped is acknowledged when it is back, once, in a group and of an announcement.
func TestReceiptsAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi := w.Node("Asha"), w.Node("Budi")
		sunrise := asha.Found("Sunrise")
		general := asha.Group(sunrise, "General")
		budi.Join(asha.Invite(sunrise, general))
		agree(w, time.Minute, asha, budi)
		delivered := func(id string) bool {
			m, err := asha.Message(id)
			if err != nil {
				t.Fatal(err)
			}
			return m.Delivery.State == "delivered"
		}
		for _, say := range []func() string{
			func() string { return asha.Say(general, "soup") },
			func() string {
				m, err := asha.Announce(context.Background(), sunrise, node.NewAnnouncement{Text: "water at five"})
				if err != nil {
					t.Fatal(err)
				}
				return m.ID
			}} {
			time.Sleep(10 * time.Second) // virtual: nothing is due
			if list := budi.Due(); len(list) != 0 {
				t.Fatalf("a receipt is due of nothing: %q", list)
			}
			id := say()
			w.Eventually(time.Minute, "Budi has it", func() bool { _, err := budi.Message(id); return err == nil })
			budi.Stop()
			if delivered(id) {
				t.Fatal("he told before he stopped: the test tests nothing")
			}
			budi.Start()
			if list := budi.Due(); len(list) != 1 {
				t.Errorf("%q is due after his restart, want the one", list)
			}
			w.Eventually(2*time.Minute, "Asha is told after his restart", func() bool { return delivered(id) })
			w.Eventually(time.Minute, "nothing is due any more", func() bool { return len(budi.Due()) == 0 })
		}
		time.Sleep(5 * time.Minute) // virtual: the desk has made its counts known
		before := len(budi.WiresSince(nil))
		budi.Stop()
		budi.Start()
		agree(w, time.Minute, asha, budi)
		time.Sleep(30 * time.Second) // virtual: longer than he would take to tell it again
		if n := len(budi.WiresSince(nil)); n != before {
			t.Errorf("he has %d wires after one more restart, had %d: told twice", n, before)
		}
	})
}
