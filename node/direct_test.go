package node_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestDirect: a plain member writes to another one while that one is away, and to the owner; each is found again, works like a group, survives a
// restart, and is nothing to anybody else, the owner and an admin included.
func TestDirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := nodetest.New(t)
		asha, budi, chen, com, food := w.Three()
		w.Eventually(time.Minute, "they know each other's names", func() bool {
			p, _, err := budi.MemberProfile(com, chen.User(com))
			return err == nil && p.DisplayName == "Chen"
		})
		if _, err := asha.SetRoles(ctx, com, chen.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}

		w.Split([]*nodetest.Node{asha, budi}, []*nodetest.Node{chen})
		g, err := budi.Direct(ctx, chen.User(com))
		if err != nil {
			t.Fatal(err)
		}
		if g.Kind != "dm" || g.Name != "Chen" || g.UserID != chen.User(com) || g.MemberCount != 2 || !g.Joined {
			t.Fatalf("got %+v", g)
		}
		mine := budi.Say(g.ID, "the durian is ripe")
		again, err := budi.Direct(ctx, chen.User(com))
		if err != nil || again.ID != g.ID {
			t.Fatalf("not found again: %v %v", again.ID, err)
		}
		time.Sleep(5 * time.Minute) // what was on its way to Chen is given up
		w.Heal()
		w.Eventually(3*time.Minute, "Chen reads it", func() bool { return chen.Shows(g.ID, "the durian is ripe") })
		if back, err := chen.Direct(ctx, budi.User(com)); err != nil || back.ID != g.ID || back.Name != "Budi" {
			t.Fatalf("Chen gets another one: %+v %v", back, err)
		}
		if _, err := chen.React(ctx, chen.Say(g.ID, "on my way"), "👍", true); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(g.ID, "on my way") })
		if _, err := budi.Pin(ctx, g.ID, newest(t, budi, g.ID), true, time.Time{}); err != nil {
			t.Errorf("neither of the two may pin: %v", err)
		}

		// the owner, whom a member may always write to
		up, err := budi.Direct(ctx, asha.User(com))
		if err != nil {
			t.Fatal(err)
		}
		budi.Say(up.ID, "a word with you")
		w.Eventually(time.Minute, "Asha reads it", func() bool { return asha.Shows(up.ID, "a word with you") })

		// everybody else
		for _, n := range []struct {
			*nodetest.Node
			of string
		}{{asha, g.ID}, {chen, up.ID}} {
			groups, err := n.Groups(com)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range groups {
				if x.ID == n.of {
					t.Errorf("%s sees a direct message of others", n.Name)
				}
			}
			if _, err := n.Node.Node.Group(n.of); !errors.Is(err, node.ErrNotFound) {
				t.Errorf("%s: %v", n.Name, err)
			}
			if c, err := n.Community(com); err != nil || c.GroupCount != 1 {
				t.Errorf("%s counts %d groups", n.Name, c.GroupCount)
			}
			w.Eventually(time.Minute, n.Name+" hears that there is one", func() bool { known, _ := n.HeldOf(n.of); return known })
			if _, held := n.HeldOf(n.of); held != 0 {
				t.Errorf("%s holds %d of its ops and wires", n.Name, held)
			}
		}
		if _, err := budi.AddToGroup(ctx, g.ID, asha.User(com)); !errors.Is(err, node.ErrDirect) {
			t.Errorf("a third is let in: %v", err)
		}
		if _, err := budi.EditGroup(ctx, g.ID, node.Edit{Name: new("us")}); !errors.Is(err, node.ErrDirect) {
			t.Errorf("it gets a name: %v", err)
		}
		if _, err := asha.CreateInvite(ctx, com, node.NewInvite{Groups: []string{up.ID}}); !errors.Is(err, node.ErrInvalid) {
			t.Errorf("an invite leads into it: %v", err)
		}
		if _, err := budi.Direct(ctx, budi.User(com)); !errors.Is(err, node.ErrInvalid) {
			t.Errorf("with oneself: %v", err)
		}

		// a member who shares no group, and runs nothing
		dalia := w.Node("Dalia")
		dalia.Join(asha.Invite(com))
		w.Eventually(time.Minute, "Budi hears of her", func() bool { m, err := budi.Members(com, node.ListMembers{}); return err == nil && len(m) == 4 })
		if _, err := budi.Direct(ctx, dalia.User(com)); !errors.Is(err, node.ErrStranger) {
			t.Errorf("with a stranger: %v", err)
		}
		if _, err := dalia.Direct(ctx, asha.User(com)); err != nil {
			t.Errorf("Dalia writes to the owner: %v", err)
		}

		budi.Stop()
		budi.Start()
		if !budi.Shows(g.ID, "on my way") {
			t.Error("Budi lost it over night")
		}
		chen.Say(g.ID, "still there?")
		w.Eventually(3*time.Minute, "Budi reads on", func() bool { return budi.Shows(g.ID, "still there?") })
		if err := chen.LeaveGroup(ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi sees that it has ended", func() bool { x, err := budi.Node.Group(g.ID); return err == nil && x.MemberCount == 1 && x.Ended })
		if x, err := chen.Node.Group(g.ID); err != nil || !x.Ended || x.Joined {
			t.Errorf("Chen, who left, sees %+v, %v", x, err)
		}
		if x, err := budi.Node.Group(up.ID); err != nil || x.Ended {
			t.Errorf("another one has ended too: %v", err)
		}
		if x, err := budi.Node.Group(food); err != nil || x.Ended {
			t.Errorf("a group has ended: %v", err)
		}
		if _, err := budi.Post(ctx, g.ID, node.NewMessage{Text: "anybody?"}); !errors.Is(err, node.ErrEnded) {
			t.Errorf("Budi writes on: %v", err)
		}
		if err := budi.Typing(ctx, g.ID); !errors.Is(err, node.ErrEnded) {
			t.Errorf("Budi is writing on: %v", err)
		}
		if !budi.Shows(g.ID, "on my way") || budi.Shows(g.ID, "anybody?") {
			t.Error("what was said before is gone, or what was not said is there")
		}
		if err := budi.DeleteMessage(ctx, mine); err != nil {
			t.Errorf("Budi cannot take back what he said: %v", err)
		}
		next, err := budi.Direct(ctx, chen.User(com))
		if err != nil || next.ID == g.ID || next.Ended {
			t.Fatalf("the one that Chen left goes on: %+v %v", next, err)
		}
		budi.Say(next.ID, "as I said")
		w.Eventually(time.Minute, "Chen reads the new one", func() bool { return chen.Shows(next.ID, "as I said") })

		// whoever is removed from the community is out of it too
		if _, err := asha.Remove(ctx, com, chen.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi sees that this has ended too", func() bool { x, err := budi.Node.Group(next.ID); return err == nil && x.Ended })
	})
}

func newest(t *testing.T, n *nodetest.Node, group string) string {
	t.Helper()
	list, _, err := n.Messages(group, node.Page{Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("no message: %v", err)
	}
	return list[0].ID
}
