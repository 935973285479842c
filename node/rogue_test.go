package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestRogueAdmin: an admin is removed. She kept her keys, her place in every log, her own invite's link and a friend inside who passes on whatever
// she writes. She dates ops back to when she was an admin, in the community and in every group: grants, removals, invites, admissions, settings,
// groups, new keys with pins against others. No honest node's state changes, nobody joins by her link, and she reads nothing that was written
// later.
func TestRogueAdmin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Friend", "Chen", "Mallory")
		asha, friend, chen, mallory := nodes[0], nodes[1], nodes[2], nodes[3]
		eve := w.Node("Eve")
		if _, err := asha.SetRoles(context.Background(), com, mallory.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, nodes...)
		link := mallory.Invite(com, groups...)
		chen.Say(groups[0], "Chen was here before")
		w.Eventually(time.Minute, "all read Chen", func() bool {
			return mallory.Shows(groups[0], "Chen was here before") && asha.Shows(groups[0], "Chen was here before")
		})
		agree(w, time.Minute, nodes...)
		kept := mallory.Remember()
		root := asha.CommunityOp()
		if _, err := asha.Remove(context.Background(), com, mallory.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		honest := []*nodetest.Node{asha, chen}
		agree(w, time.Minute, asha, chen, friend)
		before := roles(t, asha, com)
		hash, wires := asha.StateHash(), friend.WireIDs()
		forged := mallory.Forge(kept,
			op.GrantBody{Member: friend.Member32(), Bits: op.AllBits},
			op.RevokeBody{Member: chen.Member32(), Reason: "mine", Pins: []op.Pin{}},
			op.SetBody{Key: "name", Value: []byte("Mallory's")},
			op.SetBody{Key: "archived", Value: []byte("1")},
			op.InviteBody{Key: [32]byte{1}, Max: 1000, Auto: true, Groups: []op.ID{}},
			op.AdmitBody{Cert: eve.Certify(root, kept.Cap(root)), Post: true, Proof: []byte{}},
			op.EpochBody{Gen: 9, Parents: []op.ID{}, CtlHeads: []op.ID{root}, Pins: []op.Pin{}, Reason: "mine", Desk: []byte{}})
		if len(forged) < 2*7 {
			t.Fatalf("only %d ops were forged", len(forged))
		}
		if err := friend.TakeOps(context.Background(), forged); err != nil {
			t.Fatal(err)
		}
		for i := range 20 { // and life goes on
			for _, n := range honest {
				for _, g := range groups {
					n.Say(g, "without Mallory "+string(rune('a'+i)))
				}
			}
		}
		for _, n := range honest {
			w.Eventually(2*time.Minute, n.Name+" was handed what she forged", func() bool { return n.HoldsOps(forged) })
		}
		agree(w, 2*time.Minute, asha, chen, friend)
		if asha.StateHash() != hash {
			t.Error("what a removed admin forged changes the state")
		}
		for _, n := range honest {
			if got := roles(t, n, com); !same(got, before) {
				t.Errorf("%s sees %v, before it was %v", n.Name, got, before)
			}
			if c, err := n.Community(com); err != nil || c.Name != "Sunrise" || c.Archived {
				t.Errorf("%s sees %q, archived: %v (%v)", n.Name, c.Name, c.Archived, err)
			}
			if !n.Shows(groups[0], "Chen was here before") {
				t.Errorf("%s lost what Chen had written", n.Name)
			}
		}
		if got := mallory.AskKeys(friend.AllEpochs()); got != 0 {
			t.Errorf("she was given %d secrets", got)
		}
		for _, wire := range friend.WiresSince(wires) {
			if ck, err := crdt.Stored(mallory.Snapshot(), wire); err == nil && !crdt.IsOp(ck) {
				t.Fatal("she opens what was written after her removal")
			}
		}
		shared, _, err := chen.Reshare(link)
		if err != nil {
			t.Fatal(err)
		}
		id := ask(t, eve, shared, "")
		w.Eventually(2*time.Minute, "Eve is refused", func() bool { return job(t, eve, id).State == "failed" })
		if err := job(t, eve, id).Err; !errors.Is(err, node.ErrInviteRevoked) {
			t.Errorf("Eve hears %v", err)
		}
	})
}
