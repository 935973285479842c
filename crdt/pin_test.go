package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

// TestPinnedChain: who was removed cannot write below his pin, under the old epoch and a number he has used, what was not there.
func TestPinnedChain(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	c := a.admit("Chen", inv, key, food)
	meet(a, b, c)
	for _, s := range []string{"one", "two", "three"} {
		c.post(food, s)
	}
	meet(a, b, c)
	old, ok := c.c.Sending(food, start)
	if !ok {
		t.Fatal("no key")
	}
	e, _, err := a.c.Remove(a.c.ID(), c.key.ID(), op.RevokeBody{}, start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	a.ops(b)
	body, _ := content.TextBody{Text: "forged"}.Encode()
	for _, seq := range []uint64{1, 2, 3} {
		h := epoch.Header{Seq: seq, Lamport: start, Time: start, Kind: uint16(content.Text)}
		if seq > 1 {
			h.Prev = [32]byte{9}
		}
		w, _, err := old.Seal(h, body, c.dev)
		if err != nil {
			t.Fatal(err)
		}
		c.wire = append(c.wire, w)
	}
	c.wires(b)
	b.wires(a)
	for _, p := range []*person{a, b} {
		if got := p.reads(food); !slices.Equal(got, []string{"one", "three", "two"}) {
			t.Errorf("%s reads %v", p.name, got)
		}
	}
}

// TestTopsAfterRestart: a node that was started anew reads what its pins are to name.
func TestTopsAfterRestart(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	meet(a, b)
	b.post(food, "one")
	b.post(food, "two")
	meet(a, b)
	d := b.dev.ID()
	was := a.c.pinsOf(food, b.key.ID())
	ch := a.c.space(food).chains[d]
	if a.c.Topless(food, d) || len(was) != 1 || was[0].Hash == [32]byte{} {
		t.Fatalf("pins %v", was)
	}
	a.c.space(food).chains[d] = &chain{low: ch.low, high: ch.high, top: ch.top} // as Load leaves it
	if !a.c.Topless(food, d) {
		t.Error("its top is known without reading it")
	}
	var links []Link
	for _, w := range a.wire {
		if ck, err := Stored(a.c.Snapshot(), w); err == nil && ck.Space() == food {
			if by, _ := ck.Device(); by == d {
				l, _ := LinkOf(ck)
				links = append(links, l)
			}
		}
	}
	a.c.Rechain(food, d, links)
	if got := a.c.pinsOf(food, b.key.ID()); got[0] != was[0] {
		t.Errorf("pins %v, before the restart %v", got, was)
	}
}
