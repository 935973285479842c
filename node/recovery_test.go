package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestOwnerLost: the owner names three people; her computer is gone. Two of them make one the owner, who acts as one; what the old owner's computer
// does when it turns up again counts for nothing. One signature is not enough, and nobody signs twice for one turn.
func TestOwnerLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		ctx := context.Background()
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen", "Dalia")
		asha, budi, chen, dalia := nodes[0], nodes[1], nodes[2], nodes[3]
		set := []string{budi.User(com), chen.User(com), dalia.User(com)}
		if _, err := budi.SetRecovery(ctx, com, set); !errors.As(err, new(*node.MissingRight)) {
			t.Errorf("a member names the recovery set: %v", err)
		}
		if _, err := budi.RequestHandover(ctx, com, nil); !errors.Is(err, node.ErrNoRecovery) {
			t.Errorf("ownership is asked for where no set is named: %v", err)
		}
		if r, err := asha.SetRecovery(ctx, com, set); err != nil || r.Need != 2 || len(r.Members) != 3 {
			t.Fatalf("%+v %v", r, err)
		}
		if _, err := asha.SetRecovery(ctx, com, set[:1]); !errors.Is(err, node.ErrRecoverySet) {
			t.Errorf("the owner alone changes the set: %v", err)
		}
		if _, err := asha.Transfer(ctx, com, budi.User(com)); !errors.Is(err, node.ErrNeedsSignatures) {
			t.Errorf("the owner alone hands on: %v", err)
		}
		said, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: "The well is dry"})
		if err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, nodes...)
		for _, n := range nodes[1:] {
			w.Eventually(time.Minute, n.Name+" has the announcement", func() bool { _, err := n.Message(said.ID); return err == nil })
		}
		w.Split([]*nodetest.Node{asha}, nodes[1:]) // lost
		h, err := budi.RequestHandover(ctx, com, nil)
		if err != nil || h.Need != 2 {
			t.Fatalf("%+v %v", h, err)
		}
		mine, _, err := budi.SignHandover(ctx, com, h.Request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := budi.RotateOwner(ctx, com, h.Request, []string{mine, mine}); err == nil {
			t.Error("one signature, given twice, is enough")
		}
		rival, err := dalia.RequestHandover(ctx, com, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct{ request, who string }{{rival.Request, dalia.User(com)}, {h.Request, budi.User(com)}} { // to look signs nothing
			if p, err := chen.PreviewHandover(ctx, com, x.request); err != nil || p.NewOwner != x.who {
				t.Fatalf("preview: %+v %v", p, err)
			}
		}
		chens, shown, err := chen.SignHandover(ctx, com, h.Request)
		if err != nil || shown.NewOwner != budi.User(com) {
			t.Fatalf("%+v %v", shown, err)
		}
		if again, _, err := chen.SignHandover(ctx, com, h.Request); err != nil || again != chens {
			t.Errorf("the same is signed otherwise: %v", err)
		}
		if _, err := chen.PreviewHandover(ctx, com, rival.Request); !errors.Is(err, node.ErrSignedAnother) {
			t.Errorf("preview of a second: %v", err)
		}
		if _, _, err := chen.SignHandover(ctx, com, rival.Request); !errors.Is(err, node.ErrSignedAnother) {
			t.Errorf("Chen signs for two owners: %v", err)
		}
		if _, err := chen.RotateOwner(ctx, com, h.Request, []string{mine, chens}); err == nil {
			t.Error("somebody else hands a request in")
		}
		c, err := budi.RotateOwner(ctx, com, h.Request, []string{chens, mine})
		if err != nil || c.Role != "owner" {
			t.Fatalf("%+v %v", c, err)
		}
		if _, err := budi.SetRoles(ctx, com, chen.User(com), []string{"admin"}); err != nil {
			t.Fatalf("the new owner acts: %v", err)
		}
		name := "Under Budi"
		if _, err := budi.EditCommunity(ctx, com, node.Edit{Name: &name}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Chen knows the new owner", func() bool { o, err := chen.Community(com); return err == nil && o.Name == name })
		for _, n := range nodes[1:3] {
			if m, err := n.Message(said.ID); err != nil || m.Text != "The well is dry" {
				t.Errorf("what the owner before announced is gone: %v", err)
			}
		}
		if _, err := budi.RotateOwner(ctx, com, h.Request, []string{chens, mine}); !errors.Is(err, node.ErrHandoverStale) {
			t.Errorf("a request is used twice: %v", err)
		}
		theirs := "Under Asha"
		if _, err := asha.EditCommunity(ctx, com, node.Edit{Name: &theirs}); err != nil {
			t.Fatal(err) // she has not heard of it
		}
		before := asha.WireIDs()
		late, err := asha.Announce(ctx, com, node.NewAnnouncement{Text: "I am the owner"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.Heal()
		agree(w, 5*time.Minute, nodes[1:]...)
		for _, n := range nodes[1:] {
			w.Eventually(2*time.Minute, n.Name+" sees the new owner's name and role", func() bool {
				c, err := n.Community(com)
				r := roles(t, n, com)
				return err == nil && c.Name == name && r[budi.User(com)] == "owner" && r[chen.User(com)] == "admin"
			})
			w.Eventually(2*time.Minute, n.Name+" has a clean key", func() bool { return n.CleanIn(groups[0]) })
			if _, err := n.Message(said.ID); err != nil {
				t.Errorf("%s: what she announced while she owned is gone: %v", n.Name, err)
			}
		}
		dalia.Say(groups[0], "all well")
		w.Eventually(time.Minute, "it is read", func() bool { return budi.Shows(groups[0], "all well") })
		// Whoever has the lost computer announces on, under keys that know nothing of it, and somebody carries that to Dalia.
		if _, err := dalia.TakeWires(ctx, asha.WiresSince(before)); err != nil {
			t.Fatal(err)
		}
		if m, err := dalia.Message(late.ID); err == nil {
			t.Errorf("the owner before announces under old keys: %q", m.Text)
		}
	})
}
