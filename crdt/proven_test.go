package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestProven: whether an Admit's proof holds is found once and kept with the op. What was not kept is found again; what was kept is believed, which
// is why only what our own store holds may say so.
func TestProven(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	_, other := a.invite()
	b := &batch{c: a.c, now: start}
	good, forged := a.admitted(inv, key), a.admitted(inv, other)
	b.takeOp(good)
	b.takeOp(forged)
	a.c.settle(b)
	e := b.done()
	a.perform(e)
	for _, o := range e.Store.Ops {
		if o.Proven != (o.ID == good.op.ID()) {
			t.Errorf("op of kind %v is stored with proven %v", op.KindOf(o.Bytes), o.Proven)
		}
	}
	g := a.c.Log().Graph()
	load := func(says func(op.ID) bool) *Community {
		var ops []KeptOp
		for n := range g.Len() {
			id := g.ID(nodeOf(n))
			ops = append(ops, KeptOp{a.c.Log().Op(id).Raw(), says(id)})
		}
		c, err := Load(a.c.ID(), a.c.Self(), ops, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, says := range map[string]func(op.ID) bool{"as stored": a.c.Log().Proven, "by an older program": func(op.ID) bool { return false }} {
		c := load(says)
		if c.Hash() != a.c.Hash() || !c.Log().Proven(good.op.ID()) || c.Log().Proven(forged.op.ID()) || c.State(c.ID()).Effective(forged.op.ID()) {
			t.Errorf("%s: another state", name)
		}
	}
	if c := load(func(op.ID) bool { return true }); !c.State(c.ID()).Effective(forged.op.ID()) {
		t.Error("a proof that was verified before is verified again")
	}
}

// TestCheckOps: what is verified together is what is verified alone. A proof made with another key, or somebody else's, is not made good by what it
// came with, and neither is one whose Invite came before.
func TestCheckOps(t *testing.T) {
	each := func(n int, f func(int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	_, other := a.invite()
	var raw [][]byte
	g := a.c.Log().Graph()
	for n := range g.Len() {
		raw = append(raw, a.c.Log().Op(g.ID(nodeOf(n))).Raw())
	}
	known := len(raw)
	m, d := identity.NewSeed().Member(a.c.ID()), identity.NewDeviceKey()
	proof := key.Prove(m.ID(), d.ID())
	admit := func(space op.ID, proof []byte, m identity.MemberKey, d identity.DeviceKey) op.ID {
		t.Helper()
		cert := m.Certify(identity.Certificate{Space: space, Via: inv}, d)
		o := a.sign(Draft{Space: space, Body: op.AdmitBody{Cert: cert, Post: true, Invite: inv, Proof: proof}})
		ck, v := CheckOp(o.Raw())
		if v != Good {
			t.Fatal(v)
		}
		a.perform(a.c.Apply([]Checked{ck}, nil, start))
		raw = append(raw, o.Raw())
		return o.ID()
	}
	thief, hers := identity.NewSeed().Member(a.c.ID()), identity.NewDeviceKey()
	want := map[op.ID]bool{
		admit(a.c.ID(), proof, m, d): true, admit(food, proof, m, d): true,
		admit(a.c.ID(), proof, thief, hers): false, admit(a.c.ID(), other.Prove(thief.ID(), hers.ID()), thief, hers): false,
	}
	in, v := CheckOps(raw, each)
	if v != Good {
		t.Fatal(v)
	}
	for _, ck := range in {
		if ck.proven != want[ck.op.ID()] {
			t.Errorf("op of kind %v is proven: %v", ck.op.Kind(), ck.proven)
		}
	}
	c := Blank(a.c.ID(), a.c.Self())
	c.Apply(in, nil, start)
	if c.Hash() != a.c.Hash() {
		t.Error("verified together they make another state")
	}
	for id, stands := range want {
		if in := c.State(c.ID()).Effective(id) || c.State(food).Effective(id); in != stands {
			t.Errorf("an Admit with proof %v is effective: %v", stands, !stands)
		}
	}
	late, _ := CheckOps(raw[known:], each)
	for _, ck := range late {
		if ck.proven {
			t.Error("a proof is taken as good without its Invite")
		}
	}
	broken := slices.Clone(raw[known])
	broken[len(broken)-1]++
	if _, v := CheckOps(append(slices.Clone(raw), broken), each); v != BadSignature {
		t.Errorf("a broken op among good ones is %v", v)
	}
}
