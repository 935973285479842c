package crdt

import (
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// AddDevice registers another device of mine, in the community and so in every group: cert is M's and the device's. Only M signs it, so only a
// node that keeps the seed, or the words, can. It errs with acl.ErrDenied when the op does not stand.
func (c *Community) AddDevice(m identity.MemberKey, cert []byte, now op.Millis) (Effects, error) {
	e, _, err := c.Author(now, Draft{Space: c.id, Signer: &m, Body: op.DeviceAddBody{Cert: cert}})
	return e, err
}

// RevokeDevice takes a device of mine out of every log that I am in, under each cap that I hold there (R13), with pins that say how far it had
// written, and makes new keys. cut are ops of mine that counted and do not any more, oldest first. It errs with acl.ErrDenied when I am not in.
func (c *Community) RevokeDevice(m identity.MemberKey, d identity.DeviceID, now op.Millis) (e Effects, cut []op.ID, err error) {
	b := &batch{c: c, now: now}
	if !c.isMember(c.id, m.ID()) {
		return Effects{}, nil, fmt.Errorf("%w: you are not a member", acl.ErrDenied)
	}
	before := c.standing()
	in := []op.ID{}
	for _, s := range c.Spaces() {
		if c.isMember(s, m.ID()) {
			in = append(in, s)
		}
	}
	for _, s := range in {
		pins := []op.Pin{}
		if ch := c.space(s).chains[d]; ch != nil {
			pins = append(pins, op.Pin{Device: d, Seq: ch.top, Hash: ch.hash})
		}
		for _, cap := range c.states[s].Members.Of(m.ID()).Caps {
			if c.log.Op(cap).Kind() == op.OwnerRotate {
				cap = c.id
			}
			if _, err := b.write(Draft{Space: s, Cap: cap, Signer: &m, Body: op.DeviceRevokeBody{Device: d, Pins: pins}}); err != nil {
				return b.done(), nil, err
			}
		}
	}
	for _, s := range in {
		if c.Mine(s) && !c.space(s).set.CleanExists() {
			if err := b.rotate(s, "device", c.MissingPins(s)); err != nil {
				return b.done(), nil, err
			}
		}
	}
	if c.desk.Public == nil && c.OnDesk(c.self.Member) && c.Mine(c.id) {
		if err := b.rotateDesk(); err != nil {
			return b.done(), nil, err
		}
	}
	now2 := c.standing()
	for id := range before {
		if o := c.log.Op(id); !now2[id] && o != nil && o.Kind() != op.Epoch {
			cut = append(cut, id)
		}
	}
	slices.SortFunc(cut, func(x, y op.ID) int {
		if h := int64(c.log.Op(x).Height) - int64(c.log.Op(y).Height); h != 0 {
			return int(h)
		}
		return slices.Compare(x[:], y[:])
	})
	return b.done(), cut, nil
}

// standing lists everything that counts in every space.
func (c *Community) standing() map[op.ID]bool {
	out := map[op.ID]bool{}
	for _, st := range c.states {
		for _, id := range st.EffectiveIDs() {
			out[id] = true
		}
	}
	return out
}

// Seated reports whether this very device is one of mine in a space: it may have been revoked from another.
func (c *Community) Seated(space op.ID) bool {
	st := c.states[space]
	return st != nil && slices.Contains(st.Members.Of(c.self.Member).Devices, c.self.Device.ID())
}

// Elsewhere reports whether something checked was written by this very device, and not here: what I write is stored before anybody gets it, so
// it comes from a copy of this data directory, or was written before the directory was put back to an older state. The caller asks only about
// what is not stored here.
func (c *Community) Elsewhere(ck Checked) bool {
	me := c.self.Device.ID()
	if ck.msg != nil && ck.msg.Device == me && content.Kind(ck.msg.Kind) != content.JoinRequest {
		return true
	}
	return ck.op != nil && ck.op.Key == op.Key(me) && !c.log.Has(ck.op.ID()) && c.Seated(c.id)
}
