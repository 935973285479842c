package node_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestInsight: six people over some days. What the five do who consent is counted, from the day after they said so until the day they take it back; Farid, who did not, is
// in no figure but that of the members; only who lets people in is told anything.
func TestInsight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		var ahead atomic.Int64
		clock := func(c *node.Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } }
		day := func() { ahead.Add(int64(24 * time.Hour)) }
		var all []*nodetest.Node
		for _, name := range []string{"Asha", "Budi", "Chen", "Dalia", "Elif", "Farid"} {
			all = append(all, w.Node(name, clock))
		}
		asha, budi, elif, farid := all[0], all[1], all[4], all[5]
		com := asha.Found("Sunrise")
		if _, err := asha.CreateGroup(ctx, com, node.NewGroup{Name: "Food"}); err != nil {
			t.Fatal(err)
		}
		general := asha.Group(com, "General")
		link := asha.Invite(com, general)
		for _, n := range all[1:] {
			n.Join(link)
		}
		for _, n := range all {
			w.Eventually(2*time.Minute, n.Name+" is in the group", func() bool { return n.In(general) && n.CleanIn(general) })
		}
		consents := func(n *nodetest.Node, on bool) {
			t.Helper()
			for range 2 { // the second changes nothing
				c, err := n.SetInsightConsent(ctx, com, on)
				if got, _ := n.InsightConsent(com); err != nil || c.On != on || got != c || c.Since.IsZero() {
					t.Fatalf("%s consents: %+v, then %+v %v", n.Name, c, got, err)
				}
			}
		}
		if c, err := budi.InsightConsent(com); err != nil || c.On || !c.Since.IsZero() {
			t.Errorf("Budi consents without a word: %+v %v", c, err)
		}
		for _, n := range all[:5] {
			consents(n, true)
		}
		of := func() node.Insights {
			t.Helper()
			x, err := asha.Insights(ctx, com, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		w.Eventually(3*time.Minute, "the desk knows who consents", func() bool { return of().Coverage.OptedIn == 5 })
		talk := func(text string) {
			t.Helper()
			for _, n := range all {
				n.Say(general, text)
			}
			w.Eventually(2*time.Minute, "Asha reads "+text, func() bool {
				return strings.Count(strings.Join(asha.Texts(general), "\n"), text) == len(all)
			})
		}
		talk("on the day")
		day()
		talk("a day later")
		asha.Say(general, "one more")
		direct, err := budi.Direct(ctx, asha.User(com))
		if err != nil {
			t.Fatal(err)
		}
		budi.Say(direct.ID, "between us")
		w.Eventually(time.Minute, "it is there", func() bool { return asha.Shows(direct.ID, "between us") })
		a, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: "Water is off"})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(5*time.Minute, "it reached all", func() bool { m, err := farid.Message(a.ID); return err == nil && m.Announcement.Reached == 5 })
		if x := of(); x.Days[len(x.Days)-1].Complete || x.Days[len(x.Days)-1].Active != nil {
			t.Errorf("a day that is not over: %+v", x.Days[len(x.Days)-1])
		}
		day()
		consents(elif, false)
		w.Eventually(3*time.Minute, "the desk knows that Elif does not", func() bool { return of().Coverage.OptedIn == 0 })
		talk("two days later")
		day()
		x := of()
		is := func(p *int, want int) bool { return (p == nil) == (want < 0) && (p == nil || *p == want) }
		for i, want := range [][3]int{{6, -1, -1}, {6, 5, 7}, {6, -1, -1}, {6, -1, -1}} { // the day they came; the next: five, a message each, and two more of Asha's
			d := x.Days[len(x.Days)-4+i]
			if !is(d.Members, want[0]) || !is(d.Active, want[1]) || !is(d.Messages, want[2]) || d.Complete != (i < 3) || d.Groups != 2 || d.OfGroups != 2 {
				t.Errorf("day %d: %+v: members %v, active %v, messages %v", i, d, p(d.Members), p(d.Active), p(d.Messages))
			}
		}
		if d := x.Days[len(x.Days)-3]; !is(d.Reached, 5) || !is(d.Expected, 5) || len(x.Days) != 30 || x.Days[0].OfGroups != 0 {
			t.Errorf("reached %v of %v, %d days, the first %+v", p(d.Reached), p(d.Expected), len(x.Days), x.Days[0])
		}
		one, err := asha.Insights(ctx, com, x.Days[27].Day, x.Days[27].Day)
		if err != nil || len(one.Days) != 1 || !is(one.Days[0].Active, 5) || one.Days[0].Day != x.Days[27].Day {
			t.Errorf("the day alone: %+v %v", one, err)
		}
		if err := asha.LeaveGroup(ctx, asha.Group(com, "Food")); err != nil {
			t.Fatal(err)
		}
		if x := of(); x.Coverage.Groups != 1 || x.Coverage.OfGroups != 2 || x.Days[29].Groups != 1 || !strings.HasPrefix(x.Coverage.Text, "This node is in 1 of 2 groups") ||
			x.Coverage.HistorySince != x.Days[26].Day {
			t.Errorf("coverage: %+v", x.Coverage)
		}
		if _, err := budi.Insights(ctx, com, time.Time{}, time.Time{}); !errors.As(err, new(*node.MissingRight)) {
			t.Errorf("Budi is told: %v", err)
		}
		for _, wrong := range [][2]time.Time{{x.To.AddDate(0, 0, 1), x.To}, {x.To.AddDate(-1, 0, -2), x.To}, {time.Time{}, time.Unix(0, 0)}} {
			if _, err := asha.Insights(ctx, com, wrong[0], wrong[1]); !errors.Is(err, node.ErrInvalid) {
				t.Errorf("from %v to %v: %v", wrong[0], wrong[1], err)
			}
		}
		asha.Stop()
		asha.Start()
		if again := of(); !is(again.Days[27].Active, 5) || !is(again.Days[27].Messages, 7) {
			t.Errorf("after a restart: %+v", again.Days[27])
		}
	})
}

func p(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}
