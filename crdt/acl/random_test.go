package acl

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// limits say who may write in a random history.
type limits struct {
	caps   []op.ID // nil: any
	spaces []op.ID
	keys   []op.Key
	byz    int // in percent: how often the past is chosen at will
}

// history draws a community with a few admins, a group, invites and members, and then n acts of anybody, up to byz percent of them with a
// past at will.
func history(t *rapid.T, n int) *world {
	w := newWorld(t, 6)
	a := w.grant(act{}, w.p(1), op.AllBits)
	b := w.grant(act{}, w.p(2), op.AllBits)
	for i := 1; i <= 4; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	if rapid.Bool().Draw(t, "prelude") {
		c := w.grant(act{by: w.p(1), cap: a}, w.p(3), op.AllBits&^op.SETTINGS)
		auto := w.invite(act{by: w.p(3), cap: c}, true, 3)
		w.invite(act{by: w.p(1), cap: a}, false, 1)
		w.admit(act{by: w.p(2), cap: b}, w.p(5), 0, auto)
		g := w.group(act{by: w.p(1), cap: a}, rapid.Bool().Draw(t, "open"))
		for i := 1; i <= 3; i++ {
			w.admit(act{by: w.p(1), space: g, cap: g}, w.p(i), 0, op.ID{})
		}
		w.grant(act{by: w.p(1), space: g, cap: g}, w.p(2), op.AllBits)
		w.invite(act{by: w.p(1), space: g, cap: g}, true, 3)
		mine, _ := w.state().Membership(w.p(3).id())
		d := w.direct(act{by: w.p(3), cap: mine}, w.p(4))
		w.admitDirect(act{by: w.p(3), space: d, cap: d}, w.p(4), 0)
	}
	w.random(t, n, limits{byz: rapid.SampledFrom([]int{10, 40, 80}).Draw(t, "byzantine")})
	return w
}

// random adds up to n random acts.
func (w *world) random(t *rapid.T, n int, l limits) (out []op.ID) {
	for range 4 * n {
		if len(out) == n {
			break
		}
		if id, ok := w.step(t, l); ok {
			out = append(out, id)
		}
	}
	return out
}

func pick[T any](t *rapid.T, name string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, name)]
}

func percent(t *rapid.T, name string, n int) bool { return rapid.IntRange(0, 99).Draw(t, name) < n }

var authorityKinds = []op.Kind{op.Grant, op.Grant, op.Admit, op.Admit, op.Revoke, op.Revoke, op.Invite, op.RevokeInvite, op.Set, op.Leave, op.DeviceAdd,
	op.DeviceRevoke, op.CreateGroup, op.OwnerRotate}
var memberKinds = []op.Kind{op.Admit, op.Admit, op.Leave, op.DeviceAdd, op.DeviceRevoke, op.Epoch, op.Revoke, op.CreateGroup}

// step writes one random op, if what was drawn can be written at all.
func (w *world) step(t *rapid.T, lim limits) (op.ID, bool) {
	var spaces []op.ID
	for n := range w.log.f {
		if f := &w.log.f[n]; f.Kind == op.Genesis || f.Kind == op.CreateGroup && f.wf && !f.Place && w.log.community(f.Space) == f.Space {
			if lim.spaces == nil || slices.Contains(lim.spaces, f.ID) {
				spaces = append(spaces, f.ID)
			}
		}
	}
	a := act{space: pick(t, "space", spaces)}
	parent, nested := w.log.parent(a.space)
	var ups []op.ID
	for up, ok := parent, nested; ok; up, ok = w.log.parent(up) {
		ups = append(ups, up)
	}
	var caps, here, above []op.ID
	for n := range w.log.f {
		f := &w.log.f[n]
		inLog := f.Space == a.space && f.ID != a.space
		if inLog {
			here = append(here, f.ID)
		}
		if nested && (f.Space == parent || f.ID == parent) {
			above = append(above, f.ID)
		}
		switch {
		case f.ID == a.space, slices.Contains(ups, f.ID), (f.Kind == op.Grant || f.Kind == op.Admit) && inLog, f.Kind == op.Grant && slices.Contains(ups, f.Space):
			if lim.caps == nil || slices.Contains(lim.caps, f.ID) {
				caps = append(caps, f.ID)
			}
		}
	}
	if len(caps) == 0 {
		return op.ID{}, false
	}
	here = append(here, a.space)
	a.cap = pick(t, "cap", caps)
	cn := w.node(a.cap)
	holders := w.log.holders(cn, dag.Node(len(w.log.f)-1))
	for _, p := range w.people {
		if len(holders) > 0 && p.id() == holders[len(holders)-1] {
			a.by = p
		}
	}
	if a.by == nil || percent(t, "somebody else", 5) {
		a.by = pick(t, "author", w.people)
	}
	kinds := memberKinds
	if isAuthority(w.log.f[cn].Kind) {
		kinds = authorityKinds
	}
	k := pick(t, "kind", kinds)
	a.asM = k == op.DeviceAdd || k == op.DeviceRevoke
	a.dev = rapid.IntRange(0, len(a.by.devs)-1).Draw(t, "device")
	if lim.keys != nil && !slices.Contains(lim.keys, op.Key(a.by.devs[a.dev].ID())) {
		return op.ID{}, false
	}
	bad := percent(t, "byzantine", lim.byz)
	if bad {
		for range rapid.IntRange(1, 3).Draw(t, "deps") {
			a.after = append(a.after, pick(t, "dep", here))
		}
		if nested && len(above) > 0 {
			for range rapid.IntRange(0, 2).Draw(t, "parents") {
				a.parents = append(a.parents, pick(t, "parent", above))
			}
		}
		// what it cannot do without lies in its past, most of the time
		need := func(id op.ID) {
			if slices.Contains(here, id) {
				a.after = append(a.after, id)
			} else if slices.Contains(above, id) && id != parent {
				a.parents = append(a.parents, id)
			}
		}
		need(a.cap)
		if regs := w.log.regs[op.Key(a.by.devs[a.dev].ID())]; len(regs) > 0 {
			need(w.log.f[pick(t, "registration", regs).node].ID)
		}
		a.parents = slices.DeleteFunc(a.parents, func(id op.ID) bool { return id == parent })
		if percent(t, "wrong seq", 10) {
			a.seq = uint64(rapid.IntRange(1, 5).Draw(t, "seq"))
		}
	} else {
		a.after = slices.DeleteFunc(w.log.g.Heads(a.space), func(op.ID) bool { return percent(t, "unseen", 10) })
		if len(a.after) == 0 {
			a.after = []op.ID{a.space}
		}
		if nested {
			a.parents = w.log.g.Heads(parent)
		}
	}
	return w.body(t, a, k, here)
}

// body fills in what the act does.
func (w *world) body(t *rapid.T, a act, k op.Kind, here []op.ID) (op.ID, bool) {
	of := func(kinds ...op.Kind) (out []op.ID) {
		for _, id := range here {
			if id != a.space && slices.Contains(kinds, w.log.f[w.node(id)].Kind) {
				out = append(out, id)
			}
		}
		return out
	}
	need := func(id op.ID) {
		if slices.Contains(here, id) && !percent(t, "unseen target", 3) {
			a.after = append(a.after, id)
		}
	}
	who := pick(t, "whom", w.people)
	switch k {
	case op.Grant:
		bits := w.log.rights(w.node(a.cap), a.space)
		if percent(t, "other bits", 30) {
			bits = op.Bits(rapid.Uint16Range(0, uint16(op.AllBits)).Draw(t, "bits"))
		}
		return w.grant(a, who, bits), true
	case op.Admit:
		if d, is := w.directs[a.space]; is && percent(t, "as direct messages admit", 80) {
			if percent(t, "the one it is with", 70) {
				who = d.other
			}
			return w.admitDirect(a, who, rapid.IntRange(0, 1).Draw(t, "their device")), true
		}
		var invite op.ID
		inv := of(op.Invite)
		if p, ok := w.log.parent(a.space); ok && w.log.f[w.node(a.space)].Open && percent(t, "open", 30) {
			_ = p
			invite = a.space
		} else if len(inv) > 0 && (!isAuthority(w.log.f[w.node(a.cap)].Kind) || percent(t, "by invite", 60)) {
			invite = pick(t, "invite", inv)
			need(invite)
		}
		return w.admit(a, who, rapid.IntRange(0, 1).Draw(t, "their device"), invite), true
	case op.Revoke:
		cascade := percent(t, "cascade", 25)
		targets := of(op.Grant, op.Admit)
		if len(targets) == 0 || percent(t, "person", 60) {
			return w.revoke(a, who, op.ID{}, cascade), true
		}
		target := pick(t, "target", targets)
		need(target)
		return w.revoke(a, nil, target, cascade), true
	case op.Invite:
		return w.invite(a, rapid.Bool().Draw(t, "auto"), uint32(rapid.IntRange(1, 2).Draw(t, "max"))), true
	case op.RevokeInvite:
		inv := of(op.Invite)
		if len(inv) == 0 {
			return op.ID{}, false
		}
		x := pick(t, "invite", inv)
		need(x)
		a.body = op.RevokeInviteBody{Invite: x}
		return w.do(a), true
	case op.Set:
		return w.set(a, pick(t, "register", []string{"name", RegArchived}), pick(t, "value", []string{"a", "b", "c"})), true
	case op.Leave:
		if percent(t, "stays", 60) {
			return op.ID{}, false
		}
		return w.leave(a), true
	case op.DeviceAdd:
		return w.addDevice(a, rapid.IntRange(0, len(a.by.devs)-1).Draw(t, "new")), true
	case op.DeviceRevoke:
		return w.revokeDevice(a, rapid.IntRange(0, len(a.by.devs)-1).Draw(t, "lost")), true
	case op.CreateGroup:
		if a.space != w.community || percent(t, "no group", 50) {
			return op.ID{}, false
		}
		if !isAuthority(w.log.f[w.node(a.cap)].Kind) || percent(t, "direct", 50) {
			return w.direct(a, who), true
		}
		return w.group(a, rapid.Bool().Draw(t, "open")), true
	case op.OwnerRotate:
		if a.space != w.community || a.cap != w.community || percent(t, "no rotation", 70) {
			return op.ID{}, false
		}
		prev := w.community
		if rot := w.log.rotates[w.community]; len(rot) > 0 && rapid.Bool().Draw(t, "later") {
			prev = w.log.f[pick(t, "prev", rot)].ID
			a.after = append(a.after, prev)
		}
		return w.rotate(a, who, prev), true
	case op.Epoch:
		a.body = op.EpochBody{Gen: 1, Parents: []op.ID{}, CtlHeads: []op.ID{}, Pins: []op.Pin{}, Desk: []byte{}}
		return w.do(a), true
	}
	return op.ID{}, false
}

// effectiveHere lists the effective ops of a log by kind.
func (w *world) effectiveHere(s *State, kinds ...op.Kind) (out []dag.Node) {
	for _, id := range s.EffectiveIDs() {
		n := w.node(id)
		if f := &w.log.f[n]; f.Space == s.Space && id != s.Space && (len(kinds) == 0 || slices.Contains(kinds, f.Kind)) {
			out = append(out, n)
		}
	}
	return out
}

func (w *world) subjectOf(c dag.Node) identity.UserID { m, _ := w.log.subject(c); return m }
