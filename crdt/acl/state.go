package acl

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// ErrDenied is returned where a person lacks a right; the error names it.
var ErrDenied = errors.New("not allowed")

// State is what a space's log says now: who is in, with which rights, by which caps and devices. Nobody changes it: the next op makes another
// one, which shares with it what stays. It reads the Log it came from and is for the Log's owner alone.
type State struct {
	Space   op.ID
	Parent  op.ID // what it stands under now: a group's community, a community's, or zero
	Owner   identity.UserID
	Members Members
	Values  map[string][]byte // registers (R7)

	l      *Log
	root   dag.Node
	up     *State
	chain  []dag.Node            // Genesis and the OwnerRotates that stand
	turns  []dag.Node            // of those, where somebody began to own
	eff    table[uint64]         // what counts, one bit a node
	writes map[string][]dag.Node // by register: the effective writes that no other follows, the one that stands first

	rosterRoot *[32]byte // once it was asked for
}

// Members is who is in.
type Members struct {
	l *Log
	t table[*Member]
	n int
}

// Get returns a member, false if m is none.
func (ms Members) Get(m identity.UserID) (Member, bool) {
	if ms.l == nil {
		return Member{}, false
	}
	i, known := ms.l.people[m]
	if p := ms.t.get(i); known && p != nil {
		return *p, true
	}
	return Member{}, false
}

// put changes ms itself; nil takes m out.
func (ms *Members) put(m identity.UserID, mem *Member) {
	i := ms.l.people[m]
	ms.count(ms.t.get(i), mem)
	ms.t.put(i, mem)
}

// with is ms with one member changed.
func (ms Members) with(m identity.UserID, mem *Member) Members {
	i := ms.l.people[m]
	ms.count(ms.t.get(i), mem)
	ms.t = ms.t.with(i, mem)
	return ms
}

func (ms *Members) count(was, now *Member) {
	if was == nil && now != nil {
		ms.n++
	} else if was != nil && now == nil {
		ms.n--
	}
}

// Of returns a member, or one without anything.
func (ms Members) Of(m identity.UserID) Member { mem, _ := ms.Get(m); return mem }

// Has reports whether m is in.
func (ms Members) Has(m identity.UserID) bool { _, in := ms.Get(m); return in }

// Len returns how many are in.
func (ms Members) Len() int { return ms.n }

// All lists everybody, in no order that two nodes would agree on.
func (ms Members) All() iter.Seq2[identity.UserID, Member] {
	return func(yield func(identity.UserID, Member) bool) {
		for k, p := range ms.t.pages {
			if p == nil {
				continue
			}
			for i, m := range p {
				if m != nil && !yield(ms.l.names[k*page+i], *m) {
					return
				}
			}
		}
	}
}

// Member is one person in a space.
type Member struct {
	Bits    op.Bits
	Caps    []op.ID // live caps, senior first
	Devices []identity.DeviceID
}

// Seat is one device in a roster, by the cap that seats it: somebody re-admitted has another seat.
type Seat struct {
	Cap    op.ID
	Device identity.DeviceID
}

// Seats lists a member's seats.
func (m Member) Seats() (out []Seat) {
	for _, c := range m.Caps {
		for _, d := range m.Devices {
			out = append(out, Seat{c, d})
		}
	}
	return out
}

// counts: the op is effective here.
func (s *State) counts(n dag.Node) bool { return s.eff.get(int(n)/64)>>(n%64)&1 == 1 }

// IsCommunity reports whether the space is a community, and no group.
func (s *State) IsCommunity() bool { return s.community() }

func (s *State) community() bool { return s.l.f[s.root].Kind == op.Genesis }

// everCounts: here or above, within the community. (A community has devices of its own.)
func (s *State) everCounts(n dag.Node) bool {
	return s.counts(n) || !s.community() && s.up.everCounts(n)
}

// countsAbove: here or in anything this stands under.
func (s *State) countsAbove(n dag.Node) bool {
	return s != nil && (s.counts(n) || s.up.countsAbove(n))
}

func (s *State) take(n dag.Node) { s.eff.put(int(n)/64, s.eff.get(int(n)/64)|1<<(n%64)) }
func (s *State) drop(n dag.Node) { s.eff.put(int(n)/64, s.eff.get(int(n)/64)&^(1<<(n%64))) }

// effective lists the effective ops of a kind of this log.
func (s *State) effective(k op.Kind) (out []dag.Node) {
	for _, n := range s.l.kinds[s.Space][k] {
		if s.counts(n) {
			out = append(out, n)
		}
	}
	return out
}

// own: c is a cap of this log, or its root, that counts.
func (s *State) own(c dag.Node) bool {
	k := s.l.f[c].Kind
	return c == s.root || s.l.f[c].Space == s.Space && (k == op.Grant || k == op.Admit) && s.counts(c)
}

// holds: c is a cap that may act here, from here or above.
func (s *State) holds(c dag.Node) bool {
	for t := s; t != nil; t = t.up {
		if t.own(c) {
			return true
		}
	}
	return false
}

// lives: the cap gives something in this log. Genesis does whoever holds it now, unless somebody above put him out.
func (s *State) lives(c dag.Node) bool {
	if c == s.root && s.community() {
		return !s.ousted(s.turns[len(s.turns)-1])
	}
	return s.own(c) && s.ended(c) == stands
}

// eachStanding calls f for m's effective caps in this log, dead or alive, and his turns as the owner.
func (s *State) eachStanding(m identity.UserID, f func(c dag.Node) bool) {
	for _, c := range s.l.capsOf[m] {
		if s.own(c) && (c != s.root || !s.community()) && !f(c) {
			return
		}
	}
	if s.community() {
		for _, z := range s.turns {
			if s.l.f[z].Member == m && !f(z) {
				return
			}
		}
	}
}

// fill computes what is read most: members and registers.
func (s *State) fill() {
	for _, c := range append(append(s.effective(op.Admit), s.effective(op.Grant)...), s.root) {
		m, _ := s.l.subject(c)
		s.Members.put(m, s.member(m))
	}
	s.Members.put(s.Owner, s.member(s.Owner))
	for _, n := range s.effective(op.Set) {
		s.write(n)
	}
	s.Values = make(map[string][]byte, len(s.writes))
	for reg, w := range s.writes {
		s.Values[reg] = s.l.f[w[0]].Val
	}
}

// member computes what m has here, nil if nothing.
func (s *State) member(m identity.UserID) *Member {
	var caps []dag.Node
	s.eachStanding(m, func(c dag.Node) bool {
		if k := s.l.f[c].Kind; k == op.OwnerRotate || k == op.Genesis {
			if c == s.turns[len(s.turns)-1] && !s.ousted(c) {
				caps = append(caps, c)
			}
		} else if s.ended(c) == stands {
			caps = append(caps, c)
		}
		return true
	})
	if len(caps) == 0 {
		return nil
	}
	slices.SortFunc(caps, s.l.byAuthority)
	mem := &Member{Devices: s.devicesOf(m)}
	for _, c := range caps {
		mem.Caps = append(mem.Caps, s.l.f[c].ID)
		b := op.AllBits
		if s.l.f[c].Kind != op.OwnerRotate {
			b = s.l.rights(c, s.Space)
		}
		mem.Bits |= b
	}
	return mem
}

// Roster lists every device of every member, sorted: what roster_root commits to. It walks them all.
func (s *State) Roster() []Seat {
	out := make([]Seat, 0, s.Members.Len())
	for _, mem := range s.Members.All() {
		out = append(out, mem.Seats()...)
	}
	slices.SortFunc(out, bySeat)
	return out
}

func bySeat(a, b Seat) int {
	return cmp.Or(bytes.Compare(a.Cap[:], b.Cap[:]), bytes.Compare(a.Device[:], b.Device[:]))
}

// RosterRoot commits to the roster. It is computed once for a roster.
func (s *State) RosterRoot() [32]byte {
	if s.rosterRoot == nil {
		r := RosterRoot(s.Roster())
		s.rosterRoot = &r
	}
	return *s.rosterRoot
}

// Within reports whether every seat of this state's roster is in that of another one, a later state as a rule. It looks only at what the two do
// not share.
func (s *State) Within(other *State) bool {
	for k, p := range s.Members.t.pages {
		if p == nil || k < len(other.Members.t.pages) && other.Members.t.pages[k] == p {
			continue
		}
		for i, mem := range p {
			if mem == nil || mem == other.Members.t.get(k*page+i) {
				continue
			}
			if slices.ContainsFunc(mem.Seats(), func(seat Seat) bool { return !other.Seated(seat) }) {
				return false
			}
		}
	}
	return true
}

// Seated reports whether a seat is in the roster.
func (s *State) Seated(seat Seat) bool {
	m, ok := s.l.holderOf(seat.Cap)
	mem, in := s.Members.Get(m)
	return ok && in && slices.Contains(mem.Caps, seat.Cap) && slices.Contains(mem.Devices, seat.Device)
}

// holderOf returns whom a cap, or a rotation of ownership, is for.
func (l *Log) holderOf(cap op.ID) (identity.UserID, bool) {
	n, ok := l.g.Find(cap)
	if ok && l.f[n].Kind == op.OwnerRotate {
		return l.f[n].Member, true
	}
	return l.Subject(cap)
}

// byAuthority sorts caps senior first: authority by rank, then memberships by (height, id).
func (l *Log) byAuthority(a, b dag.Node) int {
	aa, ab := isAuthority(l.f[a].Kind), isAuthority(l.f[b].Kind)
	switch {
	case aa && !ab:
		return -1
	case ab && !aa:
		return 1
	case aa:
		return cmp.Or(l.byRank(a, b), l.byHeight(a, b))
	}
	return l.byHeight(a, b)
}

// devicesOf lists a member's effective devices: registered by an effective op here or above, not revoked.
func (s *State) devicesOf(m identity.UserID) []identity.DeviceID {
	var out []identity.DeviceID
	for _, n := range s.l.regOps[m] {
		f := &s.l.f[n]
		if !s.everCounts(n) || s.gone(m, op.Key(f.Device)) || slices.Contains(out, f.Device) {
			continue
		}
		out = append(out, f.Device)
	}
	slices.SortFunc(out, func(a, b identity.DeviceID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

func (s *State) gone(m identity.UserID, device op.Key) bool {
	return slices.ContainsFunc(s.l.lost[device], func(z dag.Node) bool { return s.l.f[z].author == m && s.everCounts(z) })
}

// write (R7) takes an effective write of a register in: among those no other follows the senior rank stands, then the larger id. s.writes is
// s's own.
func (s *State) write(n dag.Node) {
	reg := s.l.f[n].Reg
	free := slices.Clone(s.writes[reg])
	if slices.ContainsFunc(free, func(w dag.Node) bool { return s.l.before(n, w) }) {
		return
	}
	free = append(slices.DeleteFunc(free, func(w dag.Node) bool { return s.l.before(w, n) }), n)
	slices.SortFunc(free, func(a, b dag.Node) int {
		fa, fb := &s.l.f[a], &s.l.f[b]
		return cmp.Or(s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID[:], fa.ID[:]))
	})
	s.writes[reg] = free
}
