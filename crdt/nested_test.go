package crdt_test

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// founder founds a community, at a place of a parent where one is given.
func founder(t *testing.T, n byte, m identity.MemberKey, g op.GenesisBody, above ...[]byte) (*crdt.Community, error) {
	t.Helper()
	g.Name, g.Salt = "c", [32]byte{n}
	c, _, err := crdt.Found(m, identity.DeviceKeyFromSeed([32]byte{n}), g, 1_790_000_000_000, above...)
	return c, err
}

// TestOtherGenesis: a community takes in the logs it stands under, in whatever order they come, and no other community's.
func TestOtherGenesis(t *testing.T) {
	m := identity.Seed([32]byte{1}).Member([32]byte{1})
	top, err := founder(t, 1, m, op.GenesisBody{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := founder(t, 2, m, op.GenesisBody{})
	if err != nil {
		t.Fatal(err)
	}
	_, ids, err := top.Author(1_790_000_000_001, crdt.Draft{Space: top.ID(), Body: op.CreateGroupBody{Name: "place", WhoPosts: op.Place}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := founder(t, 3, identity.Seed([32]byte{9}).Member([32]byte{1}), op.GenesisBody{Parent: top.ID(), Under: ids[0]}, top.OpsFrom()...); err == nil {
		t.Error("founded at somebody else's place")
	}
	below, err := founder(t, 3, m, op.GenesisBody{Parent: top.ID(), Under: ids[0]}, top.OpsFrom()...)
	if err != nil {
		t.Fatal(err)
	}
	if top.State(below.ID()) != nil || len(top.Spaces()) != 1 || len(below.Spaces()) != 1 || below.State(top.ID()) != nil {
		t.Error("one is a space of the other")
	}
	c := crdt.Blank(below.ID(), crdt.Self{Member: m.ID(), Device: identity.DeviceKeyFromSeed([32]byte{8})})
	for _, raw := range append(other.OpsFrom(), below.OpsFrom()...) {
		ck, v := crdt.CheckOp(raw)
		if v != crdt.Good {
			t.Fatal(v)
		}
		c.Apply([]crdt.Checked{ck}, nil, 1_790_000_000_002)
	}
	if c.Log().Has(other.ID()) {
		t.Error("the log of another community was taken in")
	}
	if st := c.State(below.ID()); st == nil || st.Parent != top.ID() || c.Hash() != below.Hash() || acl.Hash(nil) == c.Hash() {
		t.Error("it does not see itself as its founder does")
	}
	var wrong int
	for _, raw := range below.OpsFrom() {
		ck, _ := crdt.CheckOp(raw)
		if e := top.Apply([]crdt.Checked{ck}, nil, 1_790_000_000_002); len(e.Store.Ops) > 0 {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d ops of a community below were taken in above", wrong)
	}
}
