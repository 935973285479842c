package node_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// told returns the lines and messages of a group as a node shows them, oldest first, read in pages of a size.
func told(t *testing.T, n *nodetest.Node, group string, size int) (out []string) {
	t.Helper()
	before := ""
	for {
		list, more, err := n.Messages(group, node.Page{Limit: size, Before: before, Lines: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			out, before = append(out, m.Text), m.ID
		}
		if !more {
			slices.Reverse(out)
			return out
		}
	}
}

// TestLines: who came and went and what was set stands between the messages, the same for all who were in, and follows from what counts.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen := w.Node("Asha"), w.Node("Budi"), w.Node("Chen")
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // the clock orders lines: let it go on
		}
		com := asha.Found("Sunrise")
		food := asha.Group(com, "General")
		must(asha.EditCommunity(ctx, com, node.Edit{Settings: map[string]string{"history": "all"}}))
		budi.Join(asha.Invite(com, food))
		chen.Join(asha.Invite(com))
		time.Sleep(time.Second)
		asha.Say(food, "soup?")
		time.Sleep(time.Second)
		must(asha.AddToGroup(ctx, food, chen.User(com)))
		week, named := 7*24*time.Hour, "Food"
		must(asha.EditGroup(ctx, food, node.Edit{Name: &named}))
		must(asha.EditGroup(ctx, food, node.Edit{Disappearing: &week}))
		must(asha.SetRoles(ctx, com, budi.User(com), []string{"admin"}))
		must(asha.SetGroupRoles(ctx, food, budi.User(com), []string{"moderator"}))
		must(asha.SetGroupRoles(ctx, food, budi.User(com), []string{"announcer"}))
		must(asha.SetGroupRoles(ctx, food, budi.User(com), []string{"member"}))
		w.Eventually(time.Minute, "Budi knows", func() bool { return slices.Contains(told(t, budi, food, 50), "Asha made Budi a member") })
		must(asha.ArchiveGroup(ctx, food, true))
		must(asha.ArchiveGroup(ctx, food, false))
		w.Eventually(time.Minute, "Chen knows", func() bool { return slices.Contains(told(t, chen, food, 50), "Asha opened the group again") })
		must(nil, chen.LeaveGroup(ctx, food))
		w.Eventually(time.Minute, "all see it", func() bool {
			return slices.Contains(told(t, asha, food, 50), "Chen left") && slices.Contains(told(t, budi, food, 50), "Chen left")
		})
		want := []string{"Asha created the group", "Budi joined", "soup?", "Asha added Chen", "Asha named the group Food", "Asha lets messages disappear after 7 days",
			"Asha made Budi a moderator", "Asha made Budi an announcer", "Asha made Budi a member", "Asha archived the group", "Asha opened the group again", "Chen left"}
		for _, n := range []*nodetest.Node{asha, budi} {
			for _, size := range []int{1, 2, 5, 50} {
				if got := told(t, n, food, size); !slices.Equal(got, want) {
					t.Errorf("%s in pages of %d: %q", n.Name, size, got)
				}
			}
			if g, err := n.Node.Group(food); err != nil || g.LastMessage == nil || g.LastMessage.Text != "soup?" {
				t.Errorf("the last message of %s: %+v %v", n.Name, g.LastMessage, err)
			}
		}
		if g, err := budi.Node.Group(food); err != nil || g.Unread != 1 {
			t.Errorf("%d unread, %v", g.Unread, err)
		}

		changed := 0
		list, err := budi.Events(0, 1000)
		must(list, err)
		for _, e := range list {
			if e.Type == "group.changed" && e.GroupID == food {
				changed++
			}
		}
		if changed < 4 { // a name, a time, closed, open again
			t.Errorf("Budi is told %d times that the group changed", changed)
		}

		// A line is found and read up to like a message, in both directions, and is no message.
		all, _, err := budi.Messages(food, node.Page{Lines: true})
		must(all, err)
		line := all[1]
		if m, err := budi.Message(line.ID); err != nil || m.Text != line.Text || m.Kind != "system" || m.System.What != "group_unarchived" || m.AuthorName != "Asha" {
			t.Errorf("one line: %+v %v", m, err)
		}
		after, more, err := budi.Messages(food, node.Page{After: all[3].ID, Limit: 2, Lines: true})
		if err != nil || !more || len(after) != 2 || after[0].ID != all[2].ID || after[1].ID != all[1].ID {
			t.Errorf("after: %+v %v %v", after, more, err)
		}
		around, _, err := budi.Messages(food, node.Page{Around: all[4].ID, Limit: 4, Lines: true})
		if err != nil || len(around) != 4 || around[0].ID != all[2].ID || around[3].ID != all[5].ID {
			t.Errorf("around: %+v %v", around, err)
		}
		if g, err := budi.MarkRead(ctx, food, line.ID); err != nil || g.Unread != 0 {
			t.Errorf("read up to a line: %d %v", g.Unread, err)
		}
		if _, err := budi.React(ctx, line.ID, "👍", true); err == nil {
			t.Error("a line takes a reaction")
		}
		plain, _, err := budi.Messages(food, node.Page{})
		if err != nil || len(plain) != 1 {
			t.Errorf("without lines: %d %v", len(plain), err)
		}

		// The announcements, which everybody reads, name nobody and tell of nobody's coming.
		top, _ := budi.Community(com)
		for _, s := range told(t, budi, top.AnnouncementsID, 50) {
			if strings.Contains(s, "Budi") || strings.Contains(s, "Chen") || strings.Contains(s, "Asha") {
				t.Errorf("the announcements say %q", s)
			}
		}
	})
}

// TestLinesFollow: what an op that no longer counts said is no longer said, and what is counted twice is said once.
func TestLinesFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, dewi, eko := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dewi"), w.Node("Eko")
		com := asha.Found("Sunrise")
		food := asha.Group(com, "General")
		link := asha.Invite(com, food)
		budi.Join(link)
		chen.Join(link)
		dewi.Join(asha.Invite(com))
		eko.Join(asha.Invite(com))
		if _, err := asha.SetRoles(ctx, com, budi.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		if _, err := asha.SetGroupRoles(ctx, food, budi.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is an admin", func() bool { return slices.Contains(told(t, budi, food, 50), "Asha made Budi an admin") })
		w.Eventually(time.Minute, "Budi knows Eko", func() bool { m, _ := budi.Members(com, node.ListMembers{}); return len(m) == 5 })

		// Away from each other: Budi adds Eko and takes Asha out, who is above him; Asha takes Budi's rights away.
		w.Split([]*nodetest.Node{asha, chen}, []*nodetest.Node{budi, dewi})
		if _, err := budi.AddToGroup(ctx, food, eko.User(com)); err != nil {
			t.Fatal(err)
		}
		if err := budi.RemoveFromGroup(ctx, food, asha.User(com)); err != nil {
			t.Fatal(err) // he has the right to remove; that it ends nothing of hers is for the rules to say
		}
		says := func(n *nodetest.Node, part string) bool {
			return slices.ContainsFunc(told(t, n, food, 50), func(s string) bool { return strings.HasPrefix(s, part) })
		}
		if !says(budi, "Budi added") || says(budi, "Budi removed") {
			t.Errorf("Budi sees %q", told(t, budi, food, 50))
		}
		time.Sleep(5 * time.Second)
		if _, err := asha.SetGroupRoles(ctx, food, budi.User(com), []string{"member"}); err != nil {
			t.Fatal(err)
		}
		w.Heal()
		for _, n := range []*nodetest.Node{asha, budi, chen} {
			w.Eventually(2*time.Minute, n.Name+" sees what stands", func() bool {
				return says(n, "Asha made Budi a member") && !says(n, "Budi added") && !says(n, "Budi removed")
			})
		}

		// Two add one person without knowing of each other: it is told once.
		if _, err := asha.SetGroupRoles(ctx, food, chen.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen is an admin who knows Eko", func() bool {
			m, _ := chen.Members(com, node.ListMembers{})
			return says(chen, "Asha made Chen an admin") && len(m) == 5
		})
		w.Split([]*nodetest.Node{asha, budi, dewi}, []*nodetest.Node{chen, eko})
		if _, err := asha.AddToGroup(ctx, food, eko.User(com)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := chen.AddToGroup(ctx, food, eko.User(com)); err != nil {
			t.Fatal(err)
		}
		if !says(chen, "Chen added") {
			t.Errorf("Chen sees %q", told(t, chen, food, 50))
		}
		w.Heal()
		w.Eventually(2*time.Minute, "it is told once", func() bool { return says(chen, "Asha added Eko") && !says(chen, "Chen added") })

		// Whoever reads the ops of a group that he was never in is shown none of its lines.
		if _, err := asha.SetRoles(ctx, com, dewi.User(com), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Dewi has the log", func() bool { a, _ := dewi.Audit(com, node.AuditFilter{Group: food}); return len(a) > 3 })
		if got := told(t, dewi, food, 50); len(got) != 0 {
			t.Errorf("Dewi sees %q", got)
		}
	})
}

// TestLinesInOrder: lines that come in any order and any batches lie in the order of time; a whole log that is dated back is taken in at once.
func TestLinesInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var batches [][]int64
		var want []int64
		for range rng.IntN(6) {
			var b []int64
			for range rng.IntN(5) {
				b = append(b, rng.Int64N(9))
			}
			batches, want = append(batches, b), append(want, b...)
		}
		slices.Sort(want)
		if all, about := node.TakeLines(batches...); !slices.Equal(all, want) || !slices.Equal(about, want) {
			t.Fatalf("%v: %v, about him %v", batches, all, about)
		}
	}
	back := make([]int64, 400_000)
	for i := range back {
		back[i] = int64(len(back) - i)
	}
	at := time.Now()
	if all, _ := node.TakeLines(back); !slices.IsSorted(all) || len(all) != len(back) {
		t.Error("out of order")
	}
	if took := time.Since(at); took > 5*time.Second { // one by one it is a minute
		t.Errorf("%d lines took %v", len(back), took)
	}
}

// TestWhoWroteStays: who is out of a group keeps what was said there with the names of those who said it, of its lines too, and a direct message its name. He
// sees nobody by it whom he would not see otherwise.
func TestWhoWroteStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen")
		asha, budi, chen := nodes[0], nodes[1], nodes[2]
		w.Eventually(time.Minute, "Budi sees Chen's profile", func() bool { _, seen, err := budi.MemberProfile(com, chen.User(com)); return err == nil && seen })
		d, err := budi.Direct(context.Background(), chen.User(com))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range append(groups, d.ID) {
			w.Eventually(time.Minute, "Chen is in", func() bool { return chen.In(g) && chen.CleanIn(g) })
			chen.Say(g, "rice")
			w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(g, "rice") })
			budi.Say(g, "dal")
			w.Eventually(time.Minute, "Chen reads that", func() bool { return chen.Shows(g, "dal") })
		}
		kept := func(g string) {
			t.Helper()
			list, _, err := budi.Messages(g, node.Page{Limit: 50, Lines: true})
			if err != nil {
				t.Fatal(err)
			}
			said := false
			for _, m := range list {
				said = said || m.Text == "rice" && m.AuthorName == "Chen"
				if m.Delivery.Reached > m.Delivery.Expected {
					t.Errorf("%s reached %d of %d", m.Text, m.Delivery.Reached, m.Delivery.Expected)
				}
				if m.AuthorName == "" {
					t.Errorf("%s: nobody by name", m.Text)
				}
			}
			if !said {
				t.Errorf("Chen is not named in %s", g)
			}
			if x, err := budi.Node.Group(g); err != nil || x.Joined || x.LastMessage == nil || x.LastMessage.Text != "dal" {
				t.Errorf("the group does not say that Budi has something of it: %+v (%v)", x, err)
			}
		}
		if err := budi.LeaveGroup(context.Background(), groups[1]); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is out of Food", func() bool { return !budi.In(groups[1]) })
		kept(groups[1])
		announce(t, asha, com, "Water from five.")
		c, err := asha.Community(com)
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi hears it", func() bool { return budi.Shows(c.AnnouncementsID, "Water from five.") })
		if _, err := asha.Remove(context.Background(), com, budi.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is out", func() bool { return !budi.In(groups[0]) })
		for _, g := range append(groups, d.ID) {
			kept(g)
		}
		if list, _, err := budi.Messages(c.AnnouncementsID, node.Page{}); err != nil || len(list) != 1 || list[0].AuthorName != "Asha" {
			t.Errorf("announcements: %+v (%v)", list, err)
		}
		if g, err := budi.Node.Group(d.ID); err != nil || g.Name != "Chen" {
			t.Errorf("the direct message is called %q (%v)", g.Name, err)
		}
		if _, seen, err := budi.MemberProfile(com, chen.User(com)); err != nil || seen {
			t.Errorf("Budi still sees Chen's profile (%v)", err)
		}
	})
}
