package crdt

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Link is one message's place in its device's chain.
type Link struct {
	Seq              uint64
	Prev, Hash, Wire [32]byte
}

// LinkOf returns the link of a checked message, false for a bare op or what was sealed to the desk.
func LinkOf(ck Checked) (Link, bool) {
	if ck.msg == nil || ck.msg.Desk {
		return Link{}, false
	}
	return Link{Seq: ck.msg.Seq, Prev: ck.msg.Prev, Hash: ck.msg.Hash(), Wire: ck.msg.WireID}, true
}

// Pinned reports whether a pin bounds what a device wrote in a space: then its chain is needed to tell what lies below the pin from what
// was written under the same numbers afterwards, and Rechain is called before all of its rows are folded again.
func (c *Community) Pinned(space op.ID, d identity.DeviceID) bool {
	s := c.space(space)
	found := false
	c.eachPin(s, d, func(_ op.ID, p op.Pin) { found = found || p.Hash != [32]byte{} })
	return found
}

// Untold reports whether a device is pinned and its chain has not been told: before any row of it is folded again, Rechain is called.
func (c *Community) Untold(space op.ID, d identity.DeviceID) bool {
	return c.space(space).tethered[d] == nil && c.Pinned(space, d)
}

// Topless reports whether the hash of the last message of a device is not known, as after a restart: Rechain tells it, so that a pin can name it.
func (c *Community) Topless(space op.ID, d identity.DeviceID) bool {
	ch := c.space(space).chains[d]
	return ch != nil && ch.hash == [32]byte{}
}

// eachPin calls f for every ending of the device's person that a pin of the device belongs to.
func (c *Community) eachPin(s *space, d identity.DeviceID, f func(end op.ID, p op.Pin)) {
	st := c.states[s.id]
	m, ok := c.log.Registered(d)
	if st == nil || !ok {
		return
	}
	for _, end := range st.Endings(m) {
		if p, set := c.pinOf(s, end.Op, d); set {
			f(end.Op, p)
		}
	}
	for _, end := range st.DeviceEndings(m, d) {
		if p, set := c.devicePin(s, end, d); set {
			f(end, p)
		}
	}
}

// tether is the chain that leads back from one pin, as far as it is held: on says which hash it has at a number.
type tether struct {
	on  map[uint64][32]byte
	low uint64            // the lowest number in on
	off map[[32]byte]bool // wires at numbers in on that are something else
}

// tethered is what is held of a pinned device's chain.
type tethered struct {
	held map[uint64][]Link
	to   map[op.ID]*tether // by ending
}

// Rechain is told all that is stored of a device's chain in a space, ops in wires too, in any order. What has a number at or below a pin and
// is not what the chain back from the pin has there counts no more; where the chain is not held, nothing is said against it.
func (c *Community) Rechain(space op.ID, d identity.DeviceID, links []Link) {
	s := c.space(space)
	t := &tethered{held: map[uint64][]Link{}, to: map[op.ID]*tether{}}
	c.eachPin(s, d, func(end op.ID, p op.Pin) {
		if p.Hash != [32]byte{} {
			t.to[end] = &tether{on: map[uint64][32]byte{p.Seq: p.Hash}, low: p.Seq, off: map[[32]byte]bool{}}
		}
	})
	for _, l := range links {
		t.add(l)
		if ch := s.chains[d]; ch != nil && ch.top == l.Seq && ch.hash == [32]byte{} {
			ch.hash = l.Hash // after a restart it is not known
		}
	}
	if delete(s.tethered, d); len(t.to) > 0 {
		s.tethered[d] = t
	}
}

// add takes in a link and returns wires that it shows to be off the chain.
func (t *tethered) add(l Link) (off [][32]byte) {
	if slices.Contains(t.held[l.Seq], l) {
		return nil
	}
	t.held[l.Seq] = append(t.held[l.Seq], l)
	for _, x := range t.to {
		off = append(off, x.judge(l)...)
		for x.low > 1 { // it may reach further down now
			i := slices.IndexFunc(t.held[x.low], func(h Link) bool { return h.Hash == x.on[x.low] })
			if i < 0 {
				break
			}
			prev := t.held[x.low][i].Prev
			x.low--
			x.on[x.low] = prev
			for _, h := range t.held[x.low] {
				off = append(off, x.judge(h)...)
			}
		}
	}
	return off
}

func (x *tether) judge(l Link) [][32]byte {
	if h, known := x.on[l.Seq]; !known || h == l.Hash || x.off[l.Wire] {
		return nil
	}
	x.off[l.Wire] = true
	return [][32]byte{l.Wire}
}

// offChain reports whether a message lies below the pin of an ending and off its chain.
func (s *space) offChain(end op.ID, d identity.DeviceID, wire [32]byte) bool {
	t := s.tethered[d]
	return t != nil && t.to[end] != nil && t.to[end].off[wire]
}

// holdTo holds a message to the pins of its device. False: nothing is known of its chain yet, or it shows that something else was forged, and
// all of the device's rows are folded again.
func (b *batch) holdTo(s *space, ck Checked) bool {
	d := ck.msg.Device
	if t := s.tethered[d]; t != nil {
		l, _ := LinkOf(ck)
		if off := t.add(l); len(off) == 0 || len(off) == 1 && off[0] == l.Wire {
			return true
		}
	} else if !b.c.Pinned(s.id, d) {
		return true
	}
	for _, r := range b.eff.Refold {
		if r.Space == s.id && slices.Contains(r.Devices, d) {
			return false
		}
	}
	b.eff.Refold = append(b.eff.Refold, Refold{Space: s.id, Devices: []identity.DeviceID{d}})
	return false
}
