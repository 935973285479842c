package node_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestTyping: who writes is told to those of his group who are there and want it, at most every 3 seconds, and nothing of it is kept.
func TestTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, dewi := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dewi")
		com := asha.Found("Sunrise")
		food := asha.Group(com, "General")
		link := asha.Invite(com, food)
		budi.Join(link)
		chen.Join(link)
		dewi.Join(asha.Invite(com)) // of the community, not of the group
		agree(w, time.Minute, asha, budi, chen)
		if p := budi.Privacy(); !p.Typing {
			t.Error("off where nobody has set it")
		}
		if err := chen.SetPrivacy(ctx, node.Privacy{ReadReceipts: true}); err != nil {
			t.Fatal(err)
		}
		nodes := []*nodetest.Node{asha, budi, chen, dewi}
		var heard []<-chan node.Event
		for _, n := range nodes {
			c, done := n.Live()
			defer done()
			heard = append(heard, c)
		}
		var last node.Event
		count := func() (out [4]int) { // who has heard how often since it was asked last
			time.Sleep(2 * time.Second)
			for i, c := range heard {
				for len(c) > 0 {
					last = <-c
					out[i]++
				}
			}
			return out
		}
		w.Eventually(time.Minute, "all are connected and Asha knows Budi's name", func() bool {
			m, _ := asha.Member(com, budi.User(com))
			return len(budi.Peers()) == 3 && len(asha.Peers()) == 3 && m.DisplayName == "Budi"
		})
		kept, wires := [4]int64{}, [4]int{}
		look := func() {
			for i, n := range nodes {
				kept[i], wires[i] = n.EventCursor(), len(n.StoredBytes(food))
			}
		}
		w.Eventually(time.Minute, "all is quiet", func() bool {
			old, had := kept, wires
			look()
			time.Sleep(20 * time.Second)
			return old == kept && had == wires
		})
		for range 3 { // as long as somebody hears him, but not as long as he is silent
			if err := budi.Typing(ctx, food); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1200 * time.Millisecond)
		}
		if got := count(); got != [4]int{1, 0, 0, 0} {
			t.Errorf("heard by %v, want Asha once", got)
		}
		if last.Type != "typing" || last.ID != 0 || last.GroupID != food || last.CommunityID != com || last.ActorID != budi.User(com) || last.Detail["display_name"] != "Budi" {
			t.Errorf("the event: %+v", last)
		}
		if err := budi.Typing(ctx, food); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != [4]int{1, 0, 0, 0} {
			t.Errorf("heard by %v after 3 seconds", got)
		}
		if err := chen.Typing(ctx, food); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != [4]int{} {
			t.Errorf("Chen lets nobody know, and %v hear it", got)
		}
		for range 20 { // a program that knows no measure
			budi.TellTyping(food)
		}
		chen.TellTyping(food)
		dewi.TellTyping(food)
		if got := count(); got != [4]int{2, 1, 0, 0} {
			t.Errorf("of 20 at once, one of Chen's and one of a stranger to the group %v were heard", got)
		}
		old, had := kept, wires
		if look(); old != kept || had != wires {
			t.Errorf("something was kept: %v %v, then %v %v", old, had, kept, wires)
		}
		if err := asha.Block(ctx, budi.User(com), true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if err := budi.Typing(ctx, food); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != [4]int{} {
			t.Errorf("Budi is blocked, and %v hear him", got)
		}
		if err := asha.Block(ctx, budi.User(com), false); err != nil {
			t.Fatal(err)
		}

		top, _ := budi.Community(com)
		if err := budi.Typing(ctx, top.AnnouncementsID); !errors.Is(err, node.ErrAnnounceOnly) {
			t.Errorf("in the announcements: %v", err)
		}
		if err := dewi.Typing(ctx, food); err == nil {
			t.Error("in a group that one is not in")
		}
		// In a group of more than 64 nobody is told, and nobody listens.
		if _, err := asha.Populate(ctx, com, 62, 0); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi knows all 65", func() bool { g, _ := budi.Node.Group(food); return g.MemberCount == 65 })
		time.Sleep(3 * time.Second)
		told := budi.ToldTyping(food)
		if err := budi.Typing(ctx, food); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != [4]int{} || budi.ToldTyping(food) != told {
			t.Errorf("%v hear it in a large group", got)
		}
		budi.TellTyping(food)
		if got := count(); got != [4]int{} {
			t.Errorf("%v listen in a large group", got)
		}
		if _, err := asha.ArchiveGroup(ctx, food, true); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi knows that it is archived", func() bool { g, _ := budi.Node.Group(food); return g.Archived })
		if err := budi.Typing(ctx, food); !errors.Is(err, node.ErrArchived) {
			t.Errorf("in an archived group: %v", err)
		}
	})
}
