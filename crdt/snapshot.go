package crdt

import (
	"maps"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// speakers says which devices speak in a space and with which rights. It never changes: a newer one has what is new on top of a base that many
// share, until there is enough on top to make a new base.
type speakers struct {
	base map[identity.DeviceID]op.Bits
	top  map[identity.DeviceID]speaker
}

type speaker struct {
	bits op.Bits
	in   bool
}

const maxTop = 256

func (s speakers) rights(d identity.DeviceID) (op.Bits, bool) {
	if sp, ok := s.top[d]; ok {
		return sp.bits, sp.in
	}
	bits, in := s.base[d]
	return bits, in
}

// with is s with some devices looked up anew.
func (s speakers) with(devices []identity.DeviceID, look func(identity.DeviceID) speaker) speakers {
	n := speakers{s.base, maps.Clone(s.top)}
	if n.top == nil {
		n.top = map[identity.DeviceID]speaker{}
	}
	for _, d := range devices {
		n.top[d] = look(d)
	}
	if len(n.top) < maxTop {
		return n
	}
	base := make(map[identity.DeviceID]op.Bits, len(n.base)+len(n.top))
	maps.Copy(base, n.base)
	for d, sp := range n.top {
		if sp.in {
			base[d] = sp.bits
		} else {
			delete(base, d)
		}
	}
	return speakers{base: base}
}

// snapAll makes the snapshot from nothing.
func (c *Community) snapAll() {
	c.snap = &Snapshot{spaces: map[op.ID]speakers{}, root: c.id}
	for id, st := range c.states {
		ds := make(map[identity.DeviceID]op.Bits, st.Members.Len())
		for id, m := range st.Members.All() {
			bits, _ := st.Rights(id)
			for _, d := range m.Devices {
				ds[d] |= bits
			}
		}
		c.snap.spaces[id] = speakers{base: ds}
	}
	c.snapKeys()
}

// snapKeys makes one with the keys of now.
func (c *Community) snapKeys() {
	s := &Snapshot{keys: map[epoch.Tag]*epoch.Keys{}, desk: map[epoch.Tag]*epoch.DeskKey{}, spaces: c.snap.spaces, root: c.id}
	for _, sp := range c.spaces {
		for _, e := range sp.epochs {
			if e.keys != nil {
				s.keys[e.keys.Tag] = e.keys
			}
			if e.isDesk() && sp.id == c.id {
				s.desk[epoch.DeskTag(e.id)] = e.desk
			}
		}
	}
	c.snap = s
}

// snapFew makes one in which the devices of some people are looked up anew, and the keys if need be.
func (c *Community) snapFew(who map[op.ID][]identity.UserID, keys bool) {
	if len(who) > 0 || len(c.snap.spaces) != len(c.states) {
		s := *c.snap
		s.spaces = maps.Clone(s.spaces)
		for id, st := range c.states {
			var devices []identity.DeviceID
			for _, m := range who[id] {
				devices = append(devices, c.log.DevicesOf(m)...)
			}
			if _, known := s.spaces[id]; !known || len(devices) > 0 {
				s.spaces[id] = s.spaces[id].with(devices, func(d identity.DeviceID) speaker { return speakerIn(st, d) })
			}
		}
		c.snap = &s
	}
	if keys {
		c.snapKeys()
	}
}

func speakerIn(st *acl.State, d identity.DeviceID) speaker {
	bits, in := st.DeviceRights(d)
	return speaker{bits, in}
}
