package node_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestReadReceipts: Budi is told that Asha has read what he wrote, and not that Chen has, who lets nobody know and is told of nobody.
func TestReadReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		w := nodetest.New(t)
		asha, budi, chen, _, general := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		if p := chen.Privacy(); !p.ReadReceipts {
			t.Error("read receipts are off where nobody has set them")
		}
		if err := chen.SetPrivacy(ctx, node.Privacy{}); err != nil || chen.Privacy().ReadReceipts {
			t.Fatalf("Chen cannot turn them off: %v", err)
		}
		first, last := "", ""
		for _, at := range []*string{&first, &last} {
			m, err := budi.Post(ctx, general, node.NewMessage{Text: "soup"})
			if err != nil {
				t.Fatal(err)
			}
			*at = m.ID
		}
		mine, err := chen.Post(ctx, general, node.NewMessage{Text: "rice"})
		if err != nil {
			t.Fatal(err)
		}
		read := func(n *nodetest.Node, id string) int {
			m, err := n.Message(id)
			if err != nil || m.Delivery.Read == nil {
				return -1
			}
			return *m.Delivery.Read
		}
		has := func(n *nodetest.Node, ids ...string) bool {
			for _, id := range ids {
				if _, err := n.Message(id); err != nil {
					return false
				}
			}
			return true
		}
		w.Eventually(time.Minute, "all have all", func() bool {
			return has(asha, last, mine.ID) && has(chen, last) && has(budi, mine.ID) && read(budi, last) == 0 && read(asha, mine.ID) == -1 && read(chen, mine.ID) == -1 && read(budi, mine.ID) == -1
		})
		agree(w, time.Minute, asha, budi, chen)
		before := budi.EventCursor()
		for _, n := range []*nodetest.Node{asha, chen} {
			if _, err := n.MarkRead(ctx, general, first); err != nil {
				t.Fatal(err)
			}
		}
		w.Eventually(time.Minute, "Budi is told that Asha has read the first", func() bool { return read(budi, first) == 1 })
		if n := read(budi, last); n != 0 {
			t.Errorf("%d have read the last", n)
		}
		if !happened(t, budi, before, "message.delivery", last) {
			t.Error("Budi's screens are not told")
		}
		for _, n := range []*nodetest.Node{asha, chen, budi} {
			for _, id := range []string{mine.ID, last} { // whichever comes later in their order
				if _, err := n.MarkRead(ctx, general, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Eventually(time.Minute, "Budi is told that Asha has read both", func() bool { return read(budi, last) == 1 })
		agree(w, time.Minute, asha, budi, chen)
		if n := read(budi, first); n != 1 {
			t.Errorf("Budi is told of %d who have read the first, want Asha alone", n)
		}
		if n := read(chen, mine.ID); n != -1 {
			t.Errorf("Chen, who does not tell, is told that %d have read his message", n)
		}
		if err := chen.SetPrivacy(ctx, node.Privacy{ReadReceipts: true}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen is told of both", func() bool { return read(chen, mine.ID) == 2 })
	})
}

// TestReadsToldAfterRestart: what Asha read just before her node stopped is told when it runs again, once, and not where she has said meanwhile
// that nobody is to know.
func TestReadsToldAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		w := nodetest.New(t)
		asha, budi := w.Node("Asha"), w.Node("Budi")
		sunrise := asha.Found("Sunrise")
		general := asha.Group(sunrise, "General")
		budi.Join(asha.Invite(sunrise, general))
		agree(w, time.Minute, asha, budi)
		read := func(id string) int {
			m, err := budi.Message(id)
			if err != nil || m.Delivery.Read == nil {
				return -1
			}
			return *m.Delivery.Read
		}
		markAndStop := func(id string) {
			t.Helper()
			w.Eventually(time.Minute, "Asha has it", func() bool { _, err := asha.Message(id); return err == nil })
			if _, err := asha.MarkRead(ctx, general, id); err != nil {
				t.Fatal(err)
			}
			asha.Stop()
			if n := read(id); n != 0 {
				t.Fatalf("Budi is told of %d before her node stopped: the test tests nothing", n)
			}
		}
		soup := budi.Say(general, "soup")
		markAndStop(soup)
		asha.Start()
		if list := asha.Untold(); len(list) != 1 {
			t.Errorf("Asha's node has %d marks to tell, want the one", len(list))
		}
		w.Eventually(time.Minute, "Budi is told after her restart", func() bool { return read(soup) == 1 })
		if list := asha.Untold(); len(list) != 0 {
			t.Errorf("what was told is still to be told: %q", list)
		}
		before := len(asha.WiresSince(nil))
		asha.Stop()
		asha.Start()
		agree(w, time.Minute, asha, budi)
		time.Sleep(10 * time.Second) // virtual: longer than she would take to tell it again
		if n := len(asha.WiresSince(nil)); n != before {
			t.Errorf("she has %d wires after one more restart, had %d: told twice", n, before)
		}

		rice := budi.Say(general, "rice")
		markAndStop(rice)
		asha.Start()
		if err := asha.SetPrivacy(ctx, node.Privacy{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "there is nothing left to tell", func() bool { return len(asha.Untold()) == 0 })
		agree(w, time.Minute, asha, budi)
		if n := read(rice); n != 0 {
			t.Errorf("Budi is told of %d who read it, and Asha wanted nobody to know", n)
		}
	})
}

// TestToWhom: Budi is told which of the others have what he wrote and who has read it. The counts are those of the list, others are told nothing, and
// neither is anybody of an announcement. Who keeps to himself what he has read, or does not want to be told, is in no list as one who has.
func TestToWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		w := nodetest.New(t)
		asha, budi, chen, com, general := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		people := func(n *nodetest.Node, id string) (states map[string]string) {
			t.Helper()
			d, err := n.Delivery(id)
			if err != nil {
				t.Fatal(err)
			}
			if d.People == nil {
				return nil
			}
			states = map[string]string{}
			reached, read := 0, 0
			for _, p := range d.People {
				states[p.Name] = p.State
				if p.ID == n.User(com) {
					t.Error("who wrote it is in the list")
				}
				if p.State != "waiting" {
					reached++
				}
				if p.State == "read" {
					read++
				}
			}
			m, err := n.Message(id)
			if err != nil || m.Delivery.Reached != d.Reached || (m.Delivery.Read == nil) != (d.Read == nil) || d.Read != nil && *m.Delivery.Read != *d.Read {
				t.Errorf("the message says %+v and the list %+v, %v", m.Delivery, d, err)
			}
			if reached != d.Reached || len(d.People) != d.Expected || d.Read == nil && read > 0 || d.Read != nil && read != *d.Read {
				t.Errorf("the counts are not those of the list: %+v", d)
			}
			return states
		}
		is := func(n *nodetest.Node, id, name, state string) func() bool {
			return func() bool { return people(n, id)[name] == state }
		}

		hello := budi.Say(general, "hello")
		w.Eventually(time.Minute, "Budi knows both by name", func() bool { got := people(budi, hello); return got["Asha"] != "" && got["Chen"] != "" })
		chen.Stop()
		soup := budi.Say(general, "soup")
		w.Eventually(time.Minute, "Asha has it", is(budi, soup, "Asha", "delivered"))
		if got := people(budi, soup); len(got) != 2 || got["Chen"] != "waiting" {
			t.Errorf("while Chen is away: %v", got)
		}
		if got := people(asha, soup); got != nil {
			t.Errorf("Asha, who did not write it, is told %v", got)
		}
		chen.Start()
		if err := chen.SetPrivacy(ctx, node.Privacy{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen has it", is(budi, soup, "Chen", "delivered"))
		for _, n := range []*nodetest.Node{asha, chen} {
			if _, err := n.MarkRead(ctx, general, soup); err != nil {
				t.Fatal(err)
			}
		}
		w.Eventually(time.Minute, "Budi is told that Asha has read it", is(budi, soup, "Asha", "read"))
		agree(w, time.Minute, asha, budi, chen)
		if got := people(budi, soup); got["Chen"] != "delivered" {
			t.Errorf("Chen keeps it to himself: %v", got)
		}
		rice := chen.Say(general, "rice")
		w.Eventually(time.Minute, "Asha has the other", func() bool { return asha.Shows(general, "rice") })
		if _, err := asha.MarkRead(ctx, general, rice); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen is told that Asha has it", is(chen, rice, "Asha", "delivered"))
		agree(w, time.Minute, asha, budi, chen)
		time.Sleep(10 * time.Second) // virtual: longer than she would take to tell that she read it
		if got := people(chen, rice); got["Asha"] != "delivered" {
			t.Errorf("Chen, who does not tell, is told: %v", got)
		}
		if err := budi.SetPrivacy(ctx, node.Privacy{}); err != nil {
			t.Fatal(err)
		}
		if got := people(budi, soup); got["Asha"] != "delivered" || got["Chen"] != "delivered" {
			t.Errorf("Budi no longer tells, and is told: %v", got)
		}

		if err := chen.LeaveGroup(ctx, general); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "who left is no longer counted", func() bool { return len(people(budi, soup)) == 1 })

		a, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: "water"})
		if err != nil {
			t.Fatal(err)
		}
		if got := people(asha, a.ID); got != nil {
			t.Errorf("of an announcement: %v", got)
		}
		if _, err := asha.Delivery("msg_none"); err == nil {
			t.Error("a message that nobody wrote has a delivery")
		}
		asha.Say(general, "he left") // by new keys
		if _, err := asha.Populate(ctx, com, 63, 0); err != nil {
			t.Fatal(err)
		}
		if got := people(asha, asha.Say(general, "65 of us")); got != nil {
			t.Errorf("in a group of 65: %v", got)
		}
	})
}
