package acl

import (
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Effective reports whether an op counts in this space's log.
func (s *State) Effective(id op.ID) bool {
	n, ok := s.l.g.Find(id)
	return ok && s.counts(n)
}

// EffectiveIDs lists all that counts, by id; for tests and the state hash.
func (s *State) EffectiveIDs() []op.ID {
	out := s.idsWhere(s.counts, s.root)
	if s.community() {
		for _, z := range s.chain[1:] {
			out = append(out, s.l.f[z].ID)
		}
	}
	slices.SortFunc(out, byID)
	return out
}

func byID(a, b op.ID) int { return slices.Compare(a[:], b[:]) }

// idsWhere lists the well-formed ops of this log, rotations of ownership apart, and others that are named, of which is holds.
func (s *State) idsWhere(is func(dag.Node) bool, others ...dag.Node) (out []op.ID) {
	add := func(n dag.Node) {
		if is(n) {
			out = append(out, s.l.f[n].ID)
		}
	}
	for k, list := range s.l.kinds[s.Space] {
		if k == op.OwnerRotate {
			continue
		}
		for _, n := range list {
			add(n)
		}
	}
	for _, n := range others {
		add(n)
	}
	return out
}

// idsOf lists the effective ops of a kind of this log of which is holds, by id.
func (s *State) idsOf(k op.Kind, is func(op.ID) bool) (out []op.ID) {
	for _, n := range s.effective(k) {
		if id := s.l.f[n].ID; is(id) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, byID)
	return out
}

func anyID(op.ID) bool { return true }

// Live reports whether a cap of this log gives rights now.
func (s *State) Live(id op.ID) bool {
	n, ok := s.l.g.Find(id)
	return ok && s.lives(n)
}

// LiveIDs lists the caps of this log that give rights now, by id.
func (s *State) LiveIDs() []op.ID {
	out := s.idsWhere(s.lives, s.root)
	slices.SortFunc(out, byID)
	return out
}

// Groups lists the groups of this log that count, by id, without direct messages; Places the effective CreateGroups that keep a place for a
// community below.
func (s *State) Groups() []op.ID {
	return s.idsOf(op.CreateGroup, func(id op.ID) bool { return !s.l.place(id) && !s.l.direct(id) })
}
func (s *State) Places() []op.ID { return s.idsOf(op.CreateGroup, s.l.place) }

// Invites lists the effective Invites of this log that nothing has closed, by id; AllInvites those that are closed too.
func (s *State) Invites() []op.ID    { return s.idsOf(op.Invite, s.InviteOpen) }
func (s *State) AllInvites() []op.ID { return s.idsOf(op.Invite, anyID) }

// InviteOpen reports whether an invite is effective, not revoked, and made under a cap that is still live.
func (s *State) InviteOpen(id op.ID) bool {
	n, ok := s.l.g.Find(id)
	return ok && s.l.f[n].Kind == op.Invite && s.l.f[n].Space == s.Space && s.closed(n, all, all) == stands
}

// Uses counts the effective Admits through an invite.
func (s *State) Uses(invite op.ID) int {
	used := 0
	for _, n := range s.l.entries[invite] {
		if s.counts(n) {
			used++
		}
	}
	return used
}

// Who returns the person a device acts for here, if it is an effective device of a member.
func (s *State) Who(d identity.DeviceID) (identity.UserID, bool) {
	for _, r := range s.l.regs[op.Key(d)] {
		if m, ok := s.Members.Get(r.member); ok && slices.Contains(m.Devices, d) {
			return r.member, true
		}
	}
	return identity.UserID{}, false
}

// DeviceRights returns what may be done with a device here: the rights of all members it is a device of.
func (s *State) DeviceRights(d identity.DeviceID) (b op.Bits, in bool) {
	for _, r := range s.l.regs[op.Key(d)] {
		if m, ok := s.Members.Get(r.member); ok && slices.Contains(m.Devices, d) {
			bits, _ := s.Rights(r.member)
			b, in = b|bits, true
		}
	}
	return b, in
}

// Rights returns what a member may do here: the rights of his caps here, and what flows down to him from above, but for POST, which is a member's
// own. Not a member: none, whatever he may do from above.
func (s *State) Rights(m identity.UserID) (b op.Bits, in bool) {
	mem, in := s.Members.Get(m)
	if b = mem.Bits; !in {
		return 0, false
	}
	for t := s.up; t != nil; t = t.up {
		for _, n := range t.caps(m) {
			if isAuthority(s.l.f[n].Kind) && !s.removedHere(n) {
				b |= s.l.rights(n, s.Space) &^ op.POST
			}
		}
	}
	return b, true
}

// caps lists m's live caps of this space, senior first; an owner's is Genesis.
func (s *State) caps(m identity.UserID) (out []dag.Node) {
	for _, id := range s.Members.Of(m).Caps {
		n, _ := s.l.g.Find(id)
		if s.l.f[n].Kind == op.OwnerRotate {
			n = s.chain[0]
		}
		out = append(out, n)
	}
	return out
}

// Registered returns the person who first registered a device in the log, by (height, id), whether or not he is still in.
func (l *Log) Registered(d identity.DeviceID) (identity.UserID, bool) {
	for _, r := range l.regs[op.Key(d)] {
		return r.member, true
	}
	return identity.UserID{}, false
}

// RegisteredAt returns the time that the op which first registered a device gives itself, false where nothing did.
func (l *Log) RegisteredAt(d identity.DeviceID) (op.Millis, bool) {
	for _, r := range l.regs[op.Key(d)] {
		if o := l.f[r.node].Signed; o != nil {
			return o.Time, true
		}
	}
	return 0, false
}

// Can returns nil when m may do what takes the right here, else ErrDenied saying which right is missing.
func (s *State) Can(m identity.UserID, need op.Bits) error {
	if _, err := s.CapFor(m, need); err != nil {
		return err
	}
	return nil
}

// CapFor returns the most senior live cap of m with the rights, from this log or flowing down into it. It errs with ErrDenied.
func (s *State) CapFor(m identity.UserID, need op.Bits) (op.ID, error) {
	var mine []dag.Node
	for t := s; t != nil; t = t.up {
		mine = append(mine, t.caps(m)...)
	}
	for _, n := range slices.Backward(mine) { // what comes from above outranks what is from here
		f := &s.l.f[n]
		if f.Kind == op.Admit && f.Space != s.Space || need == op.POST && f.Space != s.Space && f.ID != s.Space {
			continue
		}
		if s.removedHere(n) {
			continue
		}
		if s.l.rights(n, s.Space)&need == need {
			return f.ID, nil
		}
	}
	return op.ID{}, fmt.Errorf("%w: needs the right to %s", ErrDenied, need)
}

// removedHere: a removal here, or on the way down to here, hits a cap from above, which so gives nothing here any more, though its person was let in again (R3).
func (s *State) removedHere(c dag.Node) (hit bool) {
	f := func(r dag.Node) bool {
		hit = s.l.f[r].Kind == op.Revoke
		return !hit
	}
	for t := s; t != nil && !hit && !t.own(c); t = t.up {
		if t.eachHit(c, f); !hit {
			t.eachCascade(c, f)
		}
	}
	return hit
}

// Membership returns a cap that seats m in this very space: what Leave ends and what a plain member acts under.
func (s *State) Membership(m identity.UserID) (op.ID, bool) {
	mem, in := s.Members.Get(m)
	if !in {
		return op.ID{}, false
	}
	return mem.Caps[len(mem.Caps)-1], true
}

// LastOut returns the last Leave or removal of m in a log, which a new certificate must name; zero if there is none.
func (l *Log) LastOut(space op.ID, m identity.UserID) op.ID { return l.lastOut(space, m, -1) }

// Author returns the person behind an integrated op.
func (l *Log) Author(id op.ID) (identity.UserID, bool) {
	n, ok := l.g.Find(id)
	if !ok {
		return identity.UserID{}, false
	}
	return l.f[n].author, l.f[n].known
}

// NextSeq returns the seq of the next op of (cap, key) in a space when everything integrated is in its past.
func (l *Log) NextSeq(space, cap op.ID, key op.Key) uint64 {
	return l.top[seqKey{space, cap, key, 0}] + 1
}

// RosterRoot commits to a roster: SHA-256(label ‖ sorted (cap ‖ D)).
func RosterRoot(seats []Seat) [32]byte {
	b := make([]byte, 0, 64*len(seats))
	for _, s := range seats {
		b = append(append(b, s.Cap[:]...), s.Device[:]...)
	}
	return identity.LabelRosterRoot.Hash(b)
}

// Desk lists the seats of those who hold ADMIT in this space: what the roster_root of a desk epoch commits to.
func (s *State) Desk() []Seat {
	var out []Seat
	seen := map[identity.UserID]bool{}
	for _, c := range append(s.effective(op.Grant), s.root, s.turns[len(s.turns)-1]) {
		if m, _ := s.l.holderOf(s.l.f[c].ID); !seen[m] {
			seen[m] = true
			out = append(out, s.l.Admitters(s.Space, s.Members.Of(m).Seats())...)
		}
	}
	slices.SortFunc(out, bySeat)
	return out
}

// Admitters keeps the seats whose cap gives ADMIT in a space.
func (l *Log) Admitters(space op.ID, seats []Seat) []Seat {
	var out []Seat
	for _, seat := range seats {
		n, ok := l.g.Find(seat.Cap)
		if ok && (l.f[n].Kind == op.OwnerRotate || isAuthority(l.f[n].Kind) && l.rights(n, space)&op.ADMIT != 0) {
			out = append(out, seat)
		}
	}
	return out
}

// Hash sums a set of states up in one value: equal on nodes that agree.
func Hash(states map[op.ID]*State) [32]byte {
	var ids []op.ID
	for id := range states {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, byID)
	var b []byte
	for _, id := range ids {
		s := states[id]
		b = append(append(b, id[:]...), s.Owner[:]...)
		for _, e := range s.EffectiveIDs() {
			b = append(b, e[:]...)
		}
		r := s.RosterRoot()
		b = append(b, r[:]...)
	}
	return identity.LabelState.Hash(b)
}

// AdmittedBy lists the effective Admits through an invite of people who are in now, by id.
func (s *State) AdmittedBy(invite op.ID) []op.ID {
	var out []op.ID
	for _, n := range s.l.entries[invite] {
		if s.lives(n) {
			out = append(out, s.l.f[n].ID)
		}
	}
	slices.SortFunc(out, byID)
	return out
}

// Subject returns whom an integrated cap is for.
func (l *Log) Subject(cap op.ID) (identity.UserID, bool) {
	n, ok := l.g.Find(cap)
	if !ok {
		return identity.UserID{}, false
	}
	return l.subject(n)
}

// CameBy reports whether m was let in through an invite, whether or not he is still in.
func (s *State) CameBy(m identity.UserID, invite op.ID) bool {
	return slices.ContainsFunc(s.l.entries[invite], func(c dag.Node) bool { return s.l.f[c].Member == m && s.counts(c) })
}
