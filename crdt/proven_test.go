package crdt

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
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
