package node_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestTold: who suggests a group is told that it was declined, and why: at once where he is connected, else as soon as he meets anybody of the desk, be it not the one who
// decided. Nobody else is told, and nobody else is believed.
func TestTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		w := nodetest.New(t)
		asha, budi, chen, dalia := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dalia")
		sunrise := asha.Found("Sunrise")
		link := asha.Invite(sunrise, asha.Group(sunrise, "General"))
		for _, n := range []*nodetest.Node{budi, chen, dalia} {
			n.Join(link)
		}
		if _, err := asha.SetRoles(ctx, sunrise, dalia.User(sunrise), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, asha, budi, chen, dalia)
		w.Eventually(time.Minute, "all met", func() bool { return len(budi.Peers()) == 3 && len(chen.Peers()) == 3 && dalia.DeskKeys() > 0 })
		of := func(n *nodetest.Node, name string) node.Suggestion {
			t.Helper()
			list, err := n.Suggestions(sunrise, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				if s.Name == name {
					return s
				}
			}
			return node.Suggestion{}
		}
		suggest := func(name string) string {
			t.Helper()
			s, err := budi.Suggest(ctx, sunrise, node.NewGroup{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			w.Eventually(time.Minute, "the desk has "+name, func() bool { return of(asha, name).ID == s.ID && of(dalia, name).ID == s.ID })
			return s.ID
		}
		chess := suggest("Chess")
		chen.SayDecided(budi.Suggested()[0], "because I say so")
		time.Sleep(time.Second)
		if s := of(budi, "Chess"); s.State != "pending" {
			t.Fatalf("Budi believes Chen: %+v", s)
		}
		if _, err := asha.DecideSuggestion(ctx, chess, false, "there is one at the library"); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Second, "Budi is told why", func() bool {
			s := of(budi, "Chess")
			return s.State == "declined" && s.Reason == "there is one at the library"
		})
		if !happened(t, budi, 0, "suggestion.decided", chess) {
			t.Error("Budi's screens are not told")
		}
		if got := chen.AskDecided(budi.Suggested()[0]); got != 0 || of(chen, "Chess").ID != "" {
			t.Errorf("Chen is told %d decisions on what Budi suggested", got)
		}
		if got := budi.AskDecided(budi.Suggested()[0]); got != 2 {
			t.Errorf("asked again, %d of the two on the desk tell Budi", got)
		}

		garden := suggest("Garden")
		budi.Stop()
		if _, err := asha.DecideSuggestion(ctx, garden, false, "no roof"); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Dalia knows", func() bool { return of(dalia, "Garden").State == "declined" })
		asha.Stop()
		budi.Start()
		w.Eventually(time.Minute, "Budi meets Dalia", func() bool { return len(budi.Peers()) > 0 })
		w.Eventually(5*time.Second, "Dalia tells him", func() bool { s := of(budi, "Garden"); return s.State == "declined" && s.Reason == "no roof" })
		budi.Stop()
		budi.Start()
		if s := of(budi, "Garden"); s.State != "declined" || s.Reason != "no roof" {
			t.Errorf("after a restart: %+v", s)
		}
	})
}

// TestDecidedInOrder: however a report and the decision on it come, screens are told of the report, then of the decision, each once.
func TestDecidedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asha := nodetest.New(t).Node("Asha")
		asha.Found("Sunrise")
		for _, order := range []string{"report, decision", "decision, report", "report and decision", "decision and report", "report with decision", "decision with report"} {
			if got := asha.ReportAndDecision(order); !slices.Equal(got, []string{"report.created", "report.decided"}) {
				t.Errorf("%s: told of %v", order, got)
			}
		}
	})
}

// FuzzTold: a frame is refused, or is in its one form.
func FuzzTold(f *testing.F) {
	id, body := "5820"+hex.EncodeToString(bytes.Repeat([]byte{7}, 32)), "845820"+hex.EncodeToString(bytes.Repeat([]byte{8}, 32))+"f45820"+hex.EncodeToString(make([]byte, 32))+"60"
	seeds := []string{"828080", "8281" + id + "80", "828081" + "85" + id + id + "0102" + "5847" + body, "8280f6", "82f680", "828081" + "85" + id + id + "010240"}
	for i, s := range seeds {
		raw, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		if _, ok := node.ParseTold(raw); ok != (i < 3) {
			f.Fatalf("frame %d is read: %v", i, ok)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if again, ok := node.ParseTold(raw); ok && !bytes.Equal(again, raw) {
			t.Fatalf("%x is read as %x", raw, again)
		}
	})
}
