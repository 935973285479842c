package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestReport: Chen reports what Budi wrote while no moderator is there. Asha, who may moderate, reads it once she is back, and closes it; Budi, who is
// reported, and Chen, who reports, are told nothing of that.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		w := nodetest.New(t)
		asha, budi, chen, sunrise, general := w.Three()
		agree(w, time.Minute, asha, budi, chen)
		w.Eventually(time.Minute, "Budi and Chen met", func() bool { return len(chen.Peers()) == 2 })
		asha.Stop()
		text := strings.Repeat("é", 3000) // of which an excerpt is kept
		m, err := budi.Post(ctx, general, node.NewMessage{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen reads it", func() bool { _, err := chen.Message(m.ID); return err == nil })
		q, err := chen.ReportMessage(ctx, m.ID, "rude")
		if err != nil {
			t.Fatal(err)
		}
		if q.State != "open" || !q.Mine || q.UserID != budi.User(sunrise) || q.MessageID != m.ID || q.Excerpt != strings.Repeat("é", 2048) {
			t.Errorf("the report is %+v", q)
		}
		if again, err := chen.ReportMessage(ctx, m.ID, "still rude"); err != nil || again.ID != q.ID {
			t.Errorf("reported again: %s, %v; want the same", again.ID, err)
		}
		if p, err := chen.ReportMember(ctx, sunrise, budi.User(sunrise), "everywhere"); err != nil || p.ID == q.ID || p.MessageID != "" {
			t.Errorf("a person reported: %+v, %v", p, err)
		}
		if _, err := budi.ReportMessage(ctx, m.ID, ""); !errors.Is(err, node.ErrInvalid) {
			t.Errorf("one's own message reported: %v", err)
		}
		if _, err := chen.ReportMessage(ctx, m.ID, strings.Repeat("x", 1025)); !errors.Is(err, node.ErrInvalid) {
			t.Errorf("a long reason: %v", err)
		}
		if _, err := chen.DecideReport(ctx, q.ID, true, ""); !errors.As(err, new(*node.MissingRight)) {
			t.Errorf("a plain member closes a report: %v", err)
		}
		asha.Start()
		reports := func(n *nodetest.Node, state string) []node.Report {
			list, err := n.Reports(sunrise, state)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		w.Eventually(2*time.Minute, "Asha reads the reports", func() bool { return len(reports(asha, "open")) == 2 })
		w.Eventually(2*time.Minute, "Asha has the message", func() bool { l := reports(asha, ""); return l[0].Held || l[1].Held })
		if !happened(t, asha, 0, "report.created", q.ID) {
			t.Error("Asha is told of no report")
		}
		if got, err := asha.DecideReport(ctx, q.ID, true, "spoke with him"); err != nil || got.State != "resolved" || got.Note != "spoke with him" || got.DecidedBy != asha.User(sunrise) || got.By != chen.User(sunrise) {
			t.Errorf("resolved: %+v, %v", got, err)
		}
		if !happened(t, asha, 0, "report.decided", q.ID) {
			t.Error("Asha's screens are not told that it is closed")
		}
		agree(w, time.Minute, asha, budi, chen)
		if l := reports(budi, ""); len(l) != 0 {
			t.Errorf("Budi reads that he is reported: %+v", l)
		}
		if l := reports(chen, "open"); len(l) != 2 {
			t.Errorf("Chen has %d open reports; what became of them is the desk's", len(l))
		}
		if l := reports(asha, "open"); len(l) != 1 {
			t.Errorf("Asha has %d open reports, want 1", len(l))
		}
		if _, err := asha.SetRoles(ctx, sunrise, budi.User(sunrise), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Budi, now a moderator, reads the reports", func() bool { return len(reports(budi, "")) == 2 })
		if _, err := asha.SetRoles(ctx, sunrise, budi.User(sunrise), []string{"member"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Budi, no moderator any more, is shown none", func() bool { return len(reports(budi, "")) == 0 })
	})
}

// happened reports whether a node's events name something.
func happened(t *testing.T, n *nodetest.Node, after int64, typ, ref string) bool {
	t.Helper()
	all, err := n.Events(after, 5000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Type == typ && e.Ref == ref {
			return true
		}
	}
	return false
}
