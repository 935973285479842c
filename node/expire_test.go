package node_test

import (
	"bytes"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestDisappearing: what was sent before the setting stays; what was sent after it goes at its time on every node, with its reactions, and the key at most one retention
// later; a node that was away drops it once it returns; names stay.
func TestDisappearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		var ahead atomic.Int64 // all clocks are as far ahead: days pass at once
		pass := func(d time.Duration) {
			ahead.Add(int64(d))
			time.Sleep(2 * time.Minute)
		}
		clock := func(c *node.Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } }
		asha, budi, chen := w.Node("Asha", clock), w.Node("Budi", clock), w.Node("Chen", clock)
		nodes := []*nodetest.Node{asha, budi, chen}
		com := asha.Found("Sunrise")
		food := asha.Group(com, "General")
		link := asha.Invite(com, food)
		for _, n := range nodes[1:] {
			n.Join(link)
			w.Eventually(time.Minute, n.Name+" is in", func() bool { return n.In(food) && n.CleanIn(food) })
		}
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		asha.Say(food, "this stays")
		if _, err := budi.EditGroup(ctx, food, node.Edit{Disappearing: new(24 * time.Hour)}); err == nil {
			t.Fatal("a member decides how long messages stay")
		}
		if _, err := asha.EditGroup(ctx, food, node.Edit{Disappearing: new(25 * time.Hour)}); err == nil {
			t.Fatal("any time is taken")
		}
		must(asha.EditGroup(ctx, food, node.Edit{Disappearing: new(24 * time.Hour)}))
		all := func(what string, ok func(n *nodetest.Node) bool) {
			t.Helper()
			for _, n := range nodes {
				w.Eventually(5*time.Minute, n.Name+" "+what, func() bool { return ok(n) })
			}
		}
		all("knows that messages go", func(n *nodetest.Node) bool {
			g, err := n.Node.Group(food)
			return err == nil && g.Disappearing == 24*time.Hour && n.CleanIn(food)
		})
		time.Sleep(time.Minute)
		kept := asha.HeldEpochs(food)
		secret := asha.Say(food, "a secret durian")
		all("reads it", func(n *nodetest.Node) bool { return len(n.Texts(food)) == 2 })
		must(budi.React(ctx, secret, "👍", true))
		all("sees the reaction", func(n *nodetest.Node) bool { m, err := n.Message(secret); return err == nil && len(m.Reactions) == 1 })
		chen.Stop()
		pass(23 * time.Hour)
		if len(asha.Texts(food)) != 2 || len(budi.Texts(food)) != 2 {
			t.Error("it went before its time")
		}
		late := budi.Say(food, "still here")
		pass(2 * time.Hour)
		for _, n := range []*nodetest.Node{asha, budi} {
			if got := n.Texts(food); len(got) != 2 || got[0] != "this stays" || got[1] != "still here" {
				t.Errorf("%s reads %q", n.Name, got)
			}
		}
		chen.Start()
		w.Eventually(5*time.Minute, "Chen drops it too, and reads what came meanwhile", func() bool {
			got := chen.Texts(food)
			return len(got) == 2 && got[0] == "this stays" && got[1] == "still here"
		})
		for _, n := range nodes {
			for _, raw := range n.StoredBytes(food) {
				if bytes.Contains(raw, []byte("durian")) {
					t.Errorf("%s still stores it", n.Name)
				}
			}
			if _, err := n.Message(secret); err == nil {
				t.Errorf("%s still shows it", n.Name)
			}
		}
		for range 3 {
			pass(24 * time.Hour)
		}
		for _, n := range nodes {
			if got := n.Texts(food); len(got) != 1 || got[0] != "this stays" {
				t.Errorf("%s reads %q, three days later", n.Name, got)
			}
			if _, err := n.Message(late); err == nil {
				t.Errorf("%s still shows the last one", n.Name)
			}
		}
		held := asha.HeldEpochs(food)
		dropped := 0
		for e := range kept {
			if !held[e] {
				dropped++
			}
		}
		if dropped == 0 {
			t.Error("no key went")
		}
		list, err := asha.GroupMembers(food)
		must(list, err)
		for _, m := range list {
			if m.DisplayName == "" {
				t.Error("a name went with the messages")
			}
		}
		asha.Stop()
		asha.Start()
		if n := len(asha.HeldEpochs(food)); n != len(held) {
			t.Errorf("%d keys after a restart, %d before", n, len(held))
		}
		asha.Say(food, "and on it goes")
		w.Eventually(5*time.Minute, "Chen reads on", func() bool { return len(chen.Texts(food)) == 2 })
	})
}
