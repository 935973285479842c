package node_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestReach: members answer an announcement; who answered is known to the desk alone, all see the same counts; a reminder reaches who has not
// acknowledged, and what is scheduled goes out in its time.
func TestReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen", "Dalia")
		asha, budi, chen, dalia := nodes[0], nodes[1], nodes[2], nodes[3]
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		w.Eventually(time.Minute, "there is a desk", func() bool { return asha.DeskKeys() > 0 })
		w.Split([]*nodetest.Node{asha, budi, chen}, []*nodetest.Node{dalia})
		a, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: "Water is off", AckWanted: true, Replies: "threaded"})
		must(a, err)
		for _, n := range []*nodetest.Node{budi, chen} {
			w.Eventually(time.Minute, n.Name+" has it", func() bool { _, err := n.Message(a.ID); return err == nil })
		}
		must(budi.Acknowledge(ctx, a.ID))
		must(budi.Acknowledge(ctx, a.ID))
		must(budi.React(ctx, a.ID, "👍", true))
		must(chen.React(ctx, a.ID, "👍", true))
		must(chen.Post(ctx, a.GroupID, node.NewMessage{Text: "for how long?", ThreadRoot: a.ID}))
		sees := func(n *nodetest.Node, reached, acks, thumbs int) func() bool {
			return func() bool {
				m, err := n.Message(a.ID)
				return err == nil && m.Announcement.Reached == reached && m.Announcement.Acks == acks && len(m.Reactions) == 1 && m.Reactions[0].Count == thumbs && m.ThreadCount == 1
			}
		}
		for _, n := range []*nodetest.Node{asha, budi, chen} {
			w.Eventually(3*time.Minute, n.Name+" sees the counts", sees(n, 2, 1, 2))
		}
		if m, _ := budi.Message(a.ID); !m.Announcement.Acked || !m.Reactions[0].Mine {
			t.Errorf("Budi does not see his own answers: %+v", m)
		}
		if thread, _, err := asha.Thread(a.ID, node.Page{}); err != nil || len(thread) != 1 || thread[0].Text != "for how long?" {
			t.Errorf("the desk does not read the reply: %+v %v", thread, err)
		}
		if thread, _, err := budi.Thread(a.ID, node.Page{}); err != nil || len(thread) != 0 {
			t.Errorf("Budi reads what Chen wrote to the desk: %+v %v", thread, err)
		}
		if who, err := budi.Reactors(a.ID); err != nil || len(who) != 1 {
			t.Errorf("Budi learns who reacted: %+v %v", who, err)
		}
		if _, err := budi.Recipients(a.ID); err == nil {
			t.Error("Budi learns who has it")
		}
		list, err := asha.Recipients(a.ID)
		reached, acked := 0, 0
		for _, x := range list {
			if x.Reached {
				reached++
			}
			if x.Acknowledged {
				acked++
			}
		}
		if err != nil || len(list) != 3 || reached != 2 || acked != 1 {
			t.Errorf("recipients: %+v %v", list, err)
		}
		if _, err := budi.Remind(ctx, a.ID); err == nil {
			t.Error("Budi reminds")
		}
		w.Heal()
		w.Eventually(3*time.Minute, "Dalia counts too", sees(asha, 3, 1, 2))
		must(asha.Remind(ctx, a.ID))
		w.Eventually(time.Minute, "Dalia is reminded", func() bool { return dalia.Heard("announcement.reminder") == 1 })

		if _, err := asha.Schedule(ctx, com, node.NewAnnouncement{Text: "too late"}, time.Now().Add(-time.Second)); !errors.Is(err, node.ErrInvalid) {
			t.Errorf("the past is scheduled: %v", err)
		}
		s, err := asha.Schedule(ctx, com, node.NewAnnouncement{Text: "Water is back"}, time.Now().Add(10*time.Minute))
		must(s, err)
		gone, err := asha.Schedule(ctx, com, node.NewAnnouncement{Text: "never mind"}, time.Now().Add(10*time.Minute))
		must(gone, err)
		must(nil, asha.Unschedule(com, gone.ID))
		if list, err := asha.Scheduled(com); err != nil || len(list) != 1 || list[0].ID != s.ID {
			t.Errorf("scheduled: %+v %v", list, err)
		}
		asha.Stop()
		asha.Start()
		time.Sleep(9 * time.Minute)
		group := a.GroupID
		if n := len(budi.Texts(group)); n != 1 {
			t.Errorf("it went out early: %d announcements", n)
		}
		w.Eventually(2*time.Minute, "it goes out", func() bool {
			texts := budi.Texts(group)
			return len(texts) == 2 && texts[1] == "Water is back"
		})
		w.Eventually(time.Minute, "nothing is scheduled any more", func() bool { list, err := asha.Scheduled(com); return err == nil && len(list) == 0 })
	})
}
