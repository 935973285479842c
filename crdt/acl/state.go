package acl

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// ErrDenied is returned where a person lacks a right; the error names it.
var ErrDenied = errors.New("not allowed")

// State is what a space's log says now: who is in, with which rights, by which caps and devices. Nobody changes it.
type State struct {
	Space   op.ID
	Parent  op.ID // zero for a community
	Owner   identity.UserID
	Members map[identity.UserID]Member
	Values  map[string][]byte // registers (R7)
	Roster  []Seat            // every device of every member, sorted: what roster_root commits to

	l         *Log
	root      dag.Node
	up        *State
	chain     []dag.Node
	eff       map[dag.Node]bool
	live      map[dag.Node]bool
	hits      map[dag.Node][]dag.Node
	devCut    map[op.Key][]dag.Node
	void      map[dag.Node]cut
	caps      map[dag.Node]bool // every cap that may act here, from here and above
	authority []dag.Node        // of caps, those that are authority
	setBy     map[string]op.ID
	stands    map[identity.UserID][]standing
	own       []dag.Node // Grants and Admits of this log that are effective, and a group's root
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

type standing struct {
	cap   dag.Node
	ended []dag.Node
}

func (e *eval) state() *State {
	l := e.l
	s := &State{Space: e.space, l: l, root: e.root, up: e.up, chain: e.chain, eff: e.eff, hits: e.hits, devCut: e.devCut, void: e.void, live: map[dag.Node]bool{},
		caps: map[dag.Node]bool{}, Members: map[identity.UserID]Member{}, Values: map[string][]byte{}, setBy: map[string]op.ID{}, stands: map[identity.UserID][]standing{}}
	last := e.chain[len(e.chain)-1]
	s.Owner = l.f[last].Member
	for n := range e.eff {
		if k := l.f[n].Kind; l.f[n].Space == e.space && n != e.root && (k == op.Grant || k == op.Admit) {
			s.own = append(s.own, n)
		}
	}
	if e.up != nil {
		s.Parent = e.up.Space
		s.own = append(s.own, e.root)
		for c := range e.up.caps {
			s.caps[c] = true
		}
	}
	s.caps[e.root] = true
	held := map[identity.UserID][]dag.Node{}
	for _, c := range s.own {
		s.caps[c] = true
		if s.ended(c) == stands {
			s.live[c] = true
			m, _ := l.subject(c)
			held[m] = append(held[m], c)
		}
	}
	if e.up == nil {
		s.live[e.root] = true
		held[s.Owner] = append(held[s.Owner], last)
	}
	for c := range s.caps {
		if isAuthority(l.f[c].Kind) {
			s.authority = append(s.authority, c)
		}
	}
	s.fillMembers(held)
	s.fillRegisters()
	return s
}

// ended says what ended an effective cap of this log: it gives nothing now. A group's cap lives while one of the community caps it was given
// under does.
func (s *State) ended(c dag.Node) cut {
	for _, r := range s.enders(c) {
		switch {
		case s.l.f[r].Kind == op.Leave:
			return cut{AfterLeave, r}
		case slices.Contains(s.hits[c], r):
			return cut{Removed, r}
		}
		return cut{Cascaded, r}
	}
	if s.up != nil {
		m, _ := s.l.subject(c)
		if !s.up.stood(c, m, func(dag.Node) bool { return true }) {
			return cut{OutAbove, -1}
		}
	}
	return stands
}

func (s *State) fillMembers(held map[identity.UserID][]dag.Node) {
	l := s.l
	for m, caps := range held {
		slices.SortFunc(caps, func(a, b dag.Node) int { return l.byAuthority(a, b) })
		mem := Member{Devices: s.devicesOf(m)}
		for _, c := range caps {
			mem.Caps = append(mem.Caps, l.f[c].ID)
			b := op.AllBits
			if l.f[c].Kind != op.OwnerRotate {
				b = l.rights(c, s.Space)
			}
			mem.Bits |= b
			for _, d := range mem.Devices {
				s.Roster = append(s.Roster, Seat{l.f[c].ID, d})
			}
		}
		s.Members[m] = mem
	}
	slices.SortFunc(s.Roster, func(a, b Seat) int {
		return cmp.Or(bytes.Compare(a.Cap[:], b.Cap[:]), bytes.Compare(a.Device[:], b.Device[:]))
	})
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
		if !s.everEffective(n) || s.gone(m, op.Key(f.Device)) || slices.Contains(out, f.Device) {
			continue
		}
		out = append(out, f.Device)
	}
	slices.SortFunc(out, func(a, b identity.DeviceID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

func (s *State) everEffective(n dag.Node) bool {
	for t := s; t != nil; t = t.up {
		if t.eff[n] {
			return true
		}
	}
	return false
}

func (s *State) gone(m identity.UserID, device op.Key) bool {
	for t := s; t != nil; t = t.up {
		for _, z := range t.devCut[device] {
			if s.l.f[z].author == m {
				return true
			}
		}
	}
	return false
}

// fillRegisters (R7): among undominated effective writes the senior rank, then the larger id.
func (s *State) fillRegisters() {
	writes := map[string][]dag.Node{}
	for n := range s.eff {
		if s.l.f[n].Kind == op.Set && s.l.f[n].Space == s.Space {
			writes[s.l.f[n].Reg] = append(writes[s.l.f[n].Reg], n)
		}
	}
	for reg, w := range writes {
		var free []dag.Node
		for _, a := range w {
			if !slices.ContainsFunc(w, func(b dag.Node) bool { return s.l.before(a, b) }) {
				free = append(free, a)
			}
		}
		slices.SortFunc(free, func(a, b dag.Node) int {
			fa, fb := &s.l.f[a], &s.l.f[b]
			return cmp.Or(s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID[:], fa.ID[:]))
		})
		s.Values[reg] = s.l.f[free[0]].Val
		s.setBy[reg] = s.l.f[free[0]].ID
	}
}

// standing lists m's caps in this log with what ended each.
func (s *State) standing(m identity.UserID) []standing {
	if st, ok := s.stands[m]; ok {
		return st
	}
	var out []standing
	for _, c := range s.l.capsOf[m] {
		if f := &s.l.f[c]; !(s.eff[c] && f.Space == s.Space && c != s.root && (f.Kind == op.Grant || f.Kind == op.Admit)) && !(s.up != nil && c == s.root) {
			continue
		}
		out = append(out, standing{c, s.enders(c)})
	}
	if s.up == nil {
		for k, z := range s.chain {
			if s.l.f[z].Member == m {
				out = append(out, standing{z, s.chain[k+1 : min(k+2, len(s.chain))]})
			}
		}
	}
	s.stands[m] = out
	return out
}

// enders lists what ended a cap of this log: what hits it, and what hits a cap above it with all that hangs on it.
func (s *State) enders(c dag.Node) []dag.Node {
	out := slices.Clone(s.hits[c])
	for a := s.l.f[c].cap; a >= 0; a = s.l.f[a].cap {
		for _, r := range s.hits[a] {
			if s.l.f[r].Cascade {
				out = append(out, r)
			}
		}
	}
	return out
}

// allHits lists the effective revocations of a cap here and above.
func (s *State) allHits(c dag.Node) []dag.Node {
	out := s.hits[c]
	if s.up != nil && s.up.caps[c] {
		out = append(slices.Clone(out), s.up.allHits(c)...)
	}
	return out
}
