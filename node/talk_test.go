package node_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestTalk: every everyday act between three nodes, one of which is away for a while: in the end all three show the same.
func TestTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, _, food := w.Three()
		hello := asha.Say(food, "Mangoes at six?")
		w.Eventually(time.Minute, "all read it", func() bool { return len(budi.Texts(food)) == 1 && len(chen.Texts(food)) == 1 })

		w.Split([]*nodetest.Node{asha, budi}, []*nodetest.Node{chen})
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(budi.React(ctx, hello, "🥭", true))
		must(budi.React(ctx, hello, "👍", true))
		must(budi.React(ctx, hello, "👍", false))
		must(asha.React(ctx, hello, "🥭", true))
		must(asha.EditMessage(ctx, hello, "Mangoes at seven?", nil))
		must(budi.Post(ctx, food, node.NewMessage{Text: "in the thread", ThreadRoot: hello}))
		wrong := budi.Say(food, "secretly a durian")
		must(nil, budi.DeleteMessage(ctx, wrong))
		rude := budi.Say(food, "rude words")
		w.Eventually(time.Minute, "Asha reads it", func() bool { _, err := asha.Message(rude); return err == nil })
		must(asha.HideMessage(ctx, rude, true, "rude"))
		must(asha.Pin(ctx, food, hello, true, time.Time{}))
		poll, err := asha.CreatePoll(ctx, food, node.NewPoll{Question: "Which?", Options: []string{"red", "green"}})
		must(poll, err)
		w.Eventually(time.Minute, "Budi sees the poll", func() bool { _, err := budi.Poll(poll.ID); return err == nil })
		must(budi.Vote(ctx, poll.ID, []string{"2"}))
		must(asha.Vote(ctx, poll.ID, []string{"1"}))
		must(asha.Vote(ctx, poll.ID, []string{"2"}))
		party, err := asha.CreateEvent(ctx, food, node.NewEvent{Title: "Clean-up", StartsAt: time.Now().Add(time.Hour), Capacity: 2, Zone: "Asia/Kolkata"})
		must(party, err)
		must(asha.Answer(ctx, party.ID, "yes", 1))
		w.Eventually(time.Minute, "Budi sees the event", func() bool { _, err := budi.Event(party.ID); return err == nil })
		must(budi.Answer(ctx, party.ID, "yes", 0))

		// Chen, away, acts on what he has.
		must(chen.React(ctx, hello, "❤️", true))
		w.Heal()
		must(nil, nil)
		same := func(n *nodetest.Node) bool {
			list, _, err := n.Messages(food, node.Page{})
			if err != nil || len(list) != 5 {
				return false
			}
			byID := map[string]node.Message{}
			for _, m := range list {
				byID[m.ID] = m
			}
			h, d, r := byID[hello], byID[wrong], byID[rude]
			p, e := byID[poll.MessageID].Poll, byID[party.MessageID].Event
			return h.Text == "Mangoes at seven?" && !h.EditedAt.IsZero() && h.ThreadCount == 1 && h.PinnedUntil == node.PinForever && len(h.Reactions) == 2 &&
				h.Reactions[0].Emoji == "🥭" && h.Reactions[0].Count == 2 && d.Deleted != nil && d.Text == "" && r.Deleted != nil && r.Deleted.Hidden &&
				p != nil && p.Options[1].Votes == 2 && p.Voters == 2 && e != nil && e.Yes == 2 && e.Waiting == 1
		}
		for _, n := range []*nodetest.Node{asha, budi, chen} {
			w.Eventually(2*time.Minute, n.Name+" shows it all", func() bool { return same(n) })
		}
		if m, _ := chen.Message(rude); m.Text != "" || m.Deleted.Reason != "" {
			t.Errorf("a member reads what is hidden: %+v", m)
		}
		if m, _ := asha.Message(rude); m.Text != "rude words" || m.Deleted.Reason != "rude" {
			t.Errorf("a moderator does not: %+v", m)
		}
		thread, _, err := chen.Thread(hello, node.Page{})
		if err != nil || len(thread) != 1 || thread[0].Text != "in the thread" || thread[0].ThreadRoot != hello {
			t.Errorf("thread: %+v %v", thread, err)
		}
		if edits, err := chen.Edits(hello); err != nil || len(edits) != 2 || edits[0].Text != "Mangoes at seven?" || edits[1].Text != "Mangoes at six?" {
			t.Errorf("edits: %+v %v", edits, err)
		}
		if e, err := budi.Event(party.ID); err != nil || !e.IWait || e.Mine != "yes" {
			t.Errorf("Budi has a place over the capacity: %+v %v", e, err)
		}
		if list, err := chen.Calendar(food, node.CalendarRange{From: time.Now()}); err != nil || len(list) != 1 || list[0].Title != "Clean-up" {
			t.Errorf("calendar: %+v %v", list, err)
		}
		if pins, err := chen.Pins(food); err != nil || len(pins) != 1 || pins[0].ID != hello {
			t.Errorf("pins: %+v %v", pins, err)
		}
		must(asha.ClosePoll(ctx, poll.ID))
		w.Eventually(time.Minute, "Chen sees that it is closed", func() bool { p, err := chen.Poll(poll.ID); return err == nil && p.Closed })
		if _, err := chen.Vote(ctx, poll.ID, []string{"1"}); !errors.Is(err, node.ErrPollClosed) {
			t.Errorf("a vote after the close: %v", err)
		}
		if _, err := budi.EditMessage(ctx, hello, "mine now", nil); !errors.Is(err, node.ErrNotAuthor) {
			t.Errorf("Budi edits Asha's message: %v", err)
		}
		if _, err := budi.Pin(ctx, food, hello, false, time.Time{}); err == nil {
			t.Error("a member unpins")
		}
		must(asha.EditEvent(ctx, party.ID, node.EventEdit{Cancelled: new(true)}))
		w.Eventually(time.Minute, "Budi sees that it is off", func() bool { e, err := budi.Event(party.ID); return err == nil && e.Cancelled })

		for _, n := range []*nodetest.Node{asha, budi, chen} {
			for _, raw := range n.StoredBytes(food) {
				if bytes.Contains(raw, []byte("durian")) {
					t.Errorf("%s still stores what was deleted", n.Name)
				}
			}
		}
		before := []string{}
		for _, n := range []*nodetest.Node{asha, budi, chen} {
			before = append(before, strings.Join(n.FoldedRows(food), "\n"))
			must(nil, n.Rebuild(food))
			if after := strings.Join(n.FoldedRows(food), "\n"); after != before[len(before)-1] {
				t.Errorf("%s: folding from the log gives other rows", n.Name)
			}
		}
		if before[0] != before[1] || before[1] != before[2] {
			t.Error("three nodes have three states")
		}
	})
}
