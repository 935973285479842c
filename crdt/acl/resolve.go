package acl

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// The rules that decide one well-formed op under a cap that counts, in the order of SPEC.md. Each reads only what may void the op, all of which
// is known by the time the op is judged (eval.go); asked again of a finished State, it says the same.

// judge decides one op under cap c.
func (s *State) judge(n, c dag.Node) cut {
	if s.l.f[n].Kind == op.OwnerRotate { // counted by ownerChain
		return s.superseded(n)
	}
	for _, rule := range [...]func(s *State, n, c dag.Node) cut{(*State).notOwner, (*State).revoked, (*State).parentEnded, (*State).deviceLost, (*State).juniorCloses} {
		if v := rule(s, n, c); v != stands {
			return v
		}
	}
	return stands
}

// eachHit calls f for the effective revocations in this log that hit cap c, until it returns false: Leaves under it; and Revokes whose cap
// outranks it and that name it, or its person without seeing it being given (R3: a re-add must causally follow).
func (s *State) eachHit(c dag.Node, f func(r dag.Node) bool) {
	l := s.l
	for _, r := range l.f[c].ends {
		if fr := &l.f[r]; s.counts(r) && (fr.Kind == op.Leave || l.outranks(fr.cap, c)) && !f(r) {
			return
		}
	}
	if l.f[c].Kind == op.Genesis {
		return
	}
	m, _ := l.subject(c)
	for _, r := range l.removals[m] {
		if fr := &l.f[r]; s.counts(r) && l.outranks(fr.cap, c) && !l.before(r, c) && !f(r) { // R3
			return
		}
	}
}

// eachCascade does the same for cascading Revokes that hit a cap on c's path above it.
func (s *State) eachCascade(c dag.Node, f func(r dag.Node) bool) {
	more := true
	for a := s.l.f[c].cap; a >= 0 && more && s.l.f[a].Kind != op.Genesis; a = s.l.f[a].cap {
		s.eachHit(a, func(r dag.Node) bool {
			if s.l.f[r].Cascade {
				more = f(r)
			}
			return more
		})
	}
}

// revoked (R1, R2, R3, R12): an effective revocation hits the cap and the op is not before it; a Leave voids only what comes after it; a
// cascading Revoke voids also below the caps it hits.
func (s *State) revoked(n, c dag.Node) cut {
	v := stands
	s.eachHit(c, func(r dag.Node) bool {
		switch {
		case r == n:
		case s.l.f[r].Kind == op.Leave:
			if turn(s.l.f[n].Kind) != 0 && s.l.before(r, n) {
				v = cut{AfterLeave, r}
			}
		case !s.l.before(n, r):
			v = cut{Removed, r}
		}
		return v == stands
	})
	if v == stands {
		s.eachCascade(c, func(r dag.Node) bool {
			if r != n && !s.l.before(n, r) {
				v = cut{Cascaded, r}
			}
			return v == stands
		})
	}
	return v
}

// invited (R5a): the invite counts, and the Admit is before every RevokeInvite of it and before every Revoke of the cap it was made
// under. A banned person comes back only by somebody who may remove.
func (s *State) invited(n dag.Node) cut {
	f := &s.l.f[n]
	if (f.Invite == op.ID{}) {
		return stands
	}
	t, _ := s.l.g.Find(f.Invite)
	i := &s.l.f[t]
	var v cut
	switch {
	case i.Space == s.Space:
		v = s.closed(t, func(r dag.Node) bool { return !s.l.before(n, r) }, func(r dag.Node) bool { return s.l.before(r, n) })
	case i.Kind == op.CreateGroup: // an open group takes whoever is in the community
		if !s.up.counts(t) || !s.up.stood(n, f.Member, func(r dag.Node) bool { return s.l.before(r, n) }) {
			return cut{OutAbove, -1}
		}
		return stands
	case !s.up.admittedBy(f.Member, t, n): // the invite stands in the parent's log
		return cut{OutAbove, -1}
	default: // across the two logs: void only if the Admit holds the revocation
		knew := func(r dag.Node) bool { return s.l.before(r, n) }
		v = s.up.closed(t, knew, knew)
	}
	if v == stands && s.banned(n) {
		return cut{Banned, -1}
	}
	return v
}

// closed: an invite of this log does not count, or an effective RevokeInvite of it is as ends says, or a Revoke that hits the cap it was made
// under, or one above that does so and is as endsAbove says. (A Leave of the cap ends no invite.)
func (s *State) closed(t dag.Node, ends, endsAbove func(dag.Node) bool) cut {
	if !s.counts(t) {
		return cut{InviteClosed, -1}
	}
	for _, x := range s.l.revInv[s.l.f[t].ID] {
		if s.counts(x) && ends(x) {
			return cut{InviteClosed, x}
		}
	}
	v := stands
	look := func(r dag.Node) bool {
		if s.l.f[r].Kind == op.Revoke && ends(r) {
			v = cut{InviteClosed, r}
		}
		return v == stands
	}
	c := s.l.f[t].cap
	if s.eachHit(c, look); v == stands {
		s.eachCascade(c, look)
	}
	if ends = endsAbove; v == stands {
		s.eachHitAbove(c, look)
	}
	return v
}

// juniorCloses (R5a): a RevokeInvite counts under the invite's own cap or one that outranks it.
func (s *State) juniorCloses(n, c dag.Node) cut {
	if s.l.f[n].Kind != op.RevokeInvite {
		return stands
	}
	t, _ := s.l.g.Find(s.l.f[n].Target)
	if ic := s.l.f[t].cap; ic == c || ic >= 0 && s.l.outranks(c, ic) { // a malformed Invite may stand under nothing
		return stands
	}
	return cut{Outranked, t}
}

// admittedBy: m was admitted here through invite t in n's past.
func (s *State) admittedBy(m identity.UserID, t, n dag.Node) bool {
	return slices.ContainsFunc(s.l.entries[s.l.f[t].ID], func(c dag.Node) bool {
		f := &s.l.f[c]
		return f.Member == m && s.counts(c) && s.l.before(c, n)
	})
}

// notOwner (R10): an op under Genesis stands only when its author owned the community at that point of the chain.
func (s *State) notOwner(n, c dag.Node) cut {
	if s.l.f[c].Kind != op.Genesis {
		return stands
	}
	t := s // whose Genesis it is: of this space, or of one above
	for t.up != nil && t.chain[0] != c {
		t = t.up
	}
	m := s.l.f[n].author
	for k, z := range t.turns {
		if s.l.f[z].Member != m || k > 0 && !s.l.before(z, n) {
			continue
		}
		if k+1 == len(t.turns) {
			return s.putOut(z, c, n)
		}
		next := t.turns[k+1]
		if s.l.f[n].Space == s.l.f[next].Space {
			if s.l.before(n, next) {
				return s.putOut(z, c, n)
			}
		} else if !s.l.before(next, n) { // in a group, only what holds the rotation is void
			return s.putOut(z, c, n)
		}
	}
	return cut{NotOwner, -1}
}

// putOut (communities under others): an op of the owner whose turn began at z is void when a removal of him, by somebody above, is in its own
// log and not after it, or in another and before it.
func (s *State) putOut(z, genesis, n dag.Node) cut {
	v := stands
	s.eachOuster(z, genesis, func(r dag.Node) bool {
		if s.l.f[r].Space == s.l.f[n].Space && r != n && !s.l.before(n, r) || s.l.before(r, n) {
			v = cut{Removed, r}
		}
		return v == stands
	})
	return v
}

// eachOuster calls f for the effective Revokes, here and above, that put the owner whose turn began at z out: under caps that outrank the Genesis,
// as only some from above it do.
func (s *State) eachOuster(z, genesis dag.Node, f func(r dag.Node) bool) {
	for _, r := range s.l.removals[s.l.f[z].Member] {
		if s.countsAbove(r) && s.l.outranks(s.l.f[r].cap, genesis) && !s.l.before(r, z) && !f(r) {
			return
		}
	}
}

// ousted: the owner whose turn began at z is put out.
func (s *State) ousted(z dag.Node) (yes bool) {
	s.eachOuster(z, s.root, func(dag.Node) bool { yes = true; return false })
	return yes
}

// eachHitAbove calls f for the effective Revokes, in the logs that a community stands under, of the person of cap c of this log: a removal acts in
// every space below. It hits what it outranks and what does not follow it, as in its own log.
func (s *State) eachHitAbove(c dag.Node, f func(r dag.Node) bool) {
	if s.up == nil || !s.community() || s.l.f[c].Kind == op.Genesis {
		return
	}
	m, _ := s.l.subject(c)
	for _, r := range s.l.removals[m] {
		if s.up.countsAbove(r) && s.l.outranks(s.l.f[r].cap, c) && !s.l.before(r, c) && !f(r) {
			return
		}
	}
}

// superseded (R10): of rotations that name the same predecessor another one stands.
func (s *State) superseded(n dag.Node) cut {
	for _, z := range s.chain[1:] {
		if z != n && s.l.f[z].Target == s.l.f[n].Target {
			return cut{Superseded, z}
		}
	}
	return cut{NoCap, -1}
}

// deviceLost (R13): a DeviceRevoke voids what its device wrote under the same cap in its own log and not before it, but not Admits
// through an auto invite, whose authority is the invite; in a group, what holds a DeviceRevoke of the parent.
func (s *State) deviceLost(n, c dag.Node) cut {
	f := &s.l.f[n]
	if turn(f.Kind) == 0 || f.Kind == op.Admit && !isAuthority(s.l.f[c].Kind) {
		return stands
	}
	for _, z := range s.l.lost[f.Key] {
		fz := &s.l.f[z]
		if fz.author != f.author {
			continue
		}
		if s.counts(z) && fz.cap == c && !s.l.before(n, z) {
			return cut{DeviceLost, z}
		}
		if !s.community() && s.up.everCounts(z) && s.l.before(z, n) {
			return cut{DeviceLost, z}
		}
	}
	return stands
}

// parentEnded (Groups): a group op is void iff every community cap of its author in its past is hit by an effective community
// revocation in its past; and, under authority that flowed down, iff that very cap is. In a community under another an op under a cap of its own
// is void iff a removal of its person from above is in its past.
func (s *State) parentEnded(n, c dag.Node) cut {
	if s.up == nil {
		return stands
	}
	if fromHere := s.own(c) || s.up.own(c); fromHere && !s.community() && !s.up.stood(n, s.l.f[n].author, func(r dag.Node) bool { return s.l.before(r, n) }) {
		return cut{OutAbove, -1}
	}
	v := stands
	knew := func(r dag.Node) bool {
		if s.l.before(r, n) {
			v = cut{Removed, r}
		}
		return v == stands
	}
	for up := s.up; up != nil && up.holds(c); up = up.up {
		up.eachHit(c, knew)
	}
	for t := s; t != nil; t = t.up { // where the cap was given, what is above it ends it too
		if t.own(c) {
			t.eachHitAbove(c, knew)
		}
	}
	return v
}

// stood: m held a cap here before n that no revocation with ended(r) hits.
func (s *State) stood(n dag.Node, m identity.UserID, ended func(dag.Node) bool) bool {
	found := false
	s.eachStanding(m, func(c dag.Node) bool {
		found = s.l.before(c, n) && !slices.ContainsFunc(s.enders(c), ended)
		return !found
	})
	return found
}

// banned: an effective ban of the person is in force at n, an Admit by invite.
func (s *State) banned(n dag.Node) bool {
	m := s.l.f[n].Member
	for _, r := range s.l.removals[m] {
		here := s.counts(r) && !s.l.before(n, r)
		if f := &s.l.f[r]; !f.Ban || !here && !(s.community() && s.up.countsAbove(r) && s.l.before(r, n)) {
			continue
		}
		lifted := func(u dag.Node) bool { return s.lifts(u) && s.l.before(r, u) && s.l.before(u, n) }
		if !slices.ContainsFunc(s.l.unbans[RegBan(m)], lifted) && !slices.ContainsFunc(s.l.capsOf[m], lifted) {
			return true
		}
	}
	return false
}

// lifts: a write of the register, or an Admit without an invite by somebody who may remove, lifts the bans before it.
func (s *State) lifts(a dag.Node) bool {
	f := &s.l.f[a]
	return (s.counts(a) || s.community() && s.up.countsAbove(a)) && (f.Kind == op.Set || f.Kind == op.Admit && f.Invite == op.ID{} && s.l.rights(f.cap, f.Space)&op.REMOVE != 0)
}

// ended says what ended an effective cap of this log: it gives nothing now. A group's cap lives while one of the community caps it was given
// under does.
func (s *State) ended(c dag.Node) cut {
	v := stands
	s.eachHit(c, func(r dag.Node) bool {
		if v = (cut{Removed, r}); s.l.f[r].Kind == op.Leave {
			v.why = AfterLeave
		}
		return false
	})
	if v == stands {
		s.eachCascade(c, func(r dag.Node) bool { v = cut{Cascaded, r}; return false })
	}
	if m, _ := s.l.subject(c); v == stands && !s.community() && !s.up.stood(c, m, func(dag.Node) bool { return true }) {
		return cut{OutAbove, -1}
	}
	if v == stands {
		s.eachHitAbove(c, func(r dag.Node) bool { v = cut{Removed, r}; return false })
	}
	return v
}

// enders lists what ended a cap of this log, or an owner's turn.
func (s *State) enders(c dag.Node) (out []dag.Node) {
	add := func(r dag.Node) bool { out = append(out, r); return true }
	if k := slices.Index(s.turns, c); k >= 0 {
		out = slices.Clone(s.turns[k+1 : min(k+2, len(s.turns))])
		s.eachOuster(c, s.root, add)
		return out
	}
	s.eachHit(c, add)
	s.eachCascade(c, add)
	s.eachHitAbove(c, add)
	return out
}
