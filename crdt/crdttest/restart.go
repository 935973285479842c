package crdttest

import (
	"bytes"
	"slices"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// asideAfter: a message further ahead of the clock is kept aside.
const asideAfter = op.Millis(10 * 60_000)

// restart throws away what is in memory and reads back what was stored, as a node does after it fell over.
func (p *Peer) restart() {
	var raw []crdt.KeptOp
	spaces := []op.ID{p.w.Community}
	for _, o := range p.ops {
		raw = append(raw, crdt.KeptOp{Bytes: o.Raw(), Proven: p.C.Log().Proven(o.ID())})
		if o.Kind() == op.CreateGroup {
			spaces = append(spaces, o.ID())
		}
	}
	var kept []crdt.Kept
	for _, s := range spaces {
		kept = append(kept, p.keptOf(s))
	}
	c, err := crdt.Load(p.w.Community, p.C.Self(), raw, kept)
	if err != nil {
		p.w.T.Fatalf("%s cannot read its own store: %v", p.Name, err)
	}
	p.C = c
	for _, s := range c.Spaces() { // the chains of those who are pinned, and what is their top
		links := map[identity.DeviceID][]crdt.Link{}
		for _, w := range p.wires {
			if ck, err := crdt.Stored(c.Snapshot(), w.Bytes); w.Space == s && err == nil && (c.Topless(s, w.Device) || c.Untold(s, w.Device)) {
				l, _ := crdt.LinkOf(ck)
				links[w.Device] = append(links[w.Device], l)
			}
		}
		for d, ls := range links {
			c.Rechain(s, d, ls)
		}
	}
	p.catchUp()
}

// keptOf is what the store has of one space besides its log.
func (p *Peer) keptOf(s op.ID) crdt.Kept {
	k := *p.keep(s)
	seqs := map[identity.DeviceID][]uint64{}
	for _, w := range p.wires {
		if w.Space != s {
			continue
		}
		if w.Lamport <= p.now()+asideAfter {
			k.Lamport = max(k.Lamport, w.Lamport)
		}
		seqs[w.Device] = append(seqs[w.Device], w.Seq)
	}
	for d, qs := range seqs {
		slices.Sort(qs)
		c := crdt.KeptChain{Device: d, Low: qs[0], High: qs[0], Top: qs[len(qs)-1]}
		for _, q := range qs {
			if q == c.High+1 {
				c.High = q
			}
		}
		k.Heads = append(k.Heads, c)
	}
	slices.SortFunc(k.Heads, func(a, b crdt.KeptChain) int { return bytes.Compare(a.Device[:], b.Device[:]) })
	return k
}
