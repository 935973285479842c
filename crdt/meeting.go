package crdt

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Topics lists the gossip topics to be in, with the space of each.
func (c *Community) Topics(now op.Millis) map[string]op.ID {
	out := map[string]op.ID{}
	for id, s := range c.spaces {
		if !c.Mine(id) {
			continue
		}
		recent := map[op.ID]bool{}
		for e, at := range s.recent {
			if now-at <= asideAfter {
				recent[e] = true
			}
		}
		for _, e := range s.set.Listening(recent) {
			out[s.epochs[e].keys.Topic] = id
		}
	}
	return out
}

// Meeting lists the rendezvous keys of a space's held epochs, newest generation first.
func (c *Community) Meeting(space op.ID) [][32]byte {
	s := c.space(space)
	var held []*epochState
	for _, e := range s.epochs {
		if e.keys != nil {
			held = append(held, e)
		}
	}
	slices.SortFunc(held, func(x, y *epochState) int {
		return cmp.Or(cmp.Compare(y.body.Gen, x.body.Gen), bytes.Compare(x.id[:], y.id[:]))
	})
	var out [][32]byte
	for _, e := range held {
		out = append(out, e.keys.Rendezvous)
	}
	return out
}

// RendezvousOf returns K_rdv of one epoch, if its secret is held.
func (c *Community) RendezvousOf(space, id op.ID) ([32]byte, bool) {
	if e := c.space(space).epochs[id]; e != nil && e.keys != nil {
		return e.keys.Rendezvous, true
	}
	return [32]byte{}, false
}
