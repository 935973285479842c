package acl

import (
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Ending is one effective op that ended something a person held in a space: a Revoke, a Leave, a rotation of ownership, here or above.
type Ending struct {
	Op    op.ID
	had   op.Bits // rights by caps that are not after it
	keeps op.Bits // of those, by caps that live on
	stays bool    // some cap lives on
}

// Had reports whether the person had these rights before it; Keeps, whether he has had them all along. No right at all stands for being
// a member.
func (e Ending) Had(need op.Bits) bool   { return e.had&need == need }
func (e Ending) Keeps(need op.Bits) bool { return e.stays && e.keeps&need == need }

func (e Ending) String() string { return fmt.Sprint(e.had, "/", e.keeps, "/", e.stays) }

// Endings lists what ended something m held here, by id.
func (s *State) Endings(m identity.UserID) []Ending {
	by := map[dag.Node]*Ending{}
	for t := s; t != nil; t = t.up {
		t.eachStanding(m, func(c dag.Node) bool {
			for _, r := range t.enders(c) {
				by[r] = &Ending{Op: s.l.f[r].ID}
			}
			return true
		})
	}
	if len(by) == 0 {
		return nil
	}
	for _, a := range s.acting(m) {
		rights := s.l.rights(a.cap, s.Space)
		for r, e := range by {
			if s.l.before(r, a.since) {
				continue
			}
			e.had |= rights
			if a.lives {
				e.keeps |= rights
				e.stays = true
			}
		}
	}
	out := make([]Ending, 0, len(by))
	for _, e := range by {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b Ending) int { return slices.Compare(a.Op[:], b.Op[:]) })
	return out
}

// OutBy lists the ops by which m, who is not in here, is out: what ended his caps, and what voids those that never counted. Nil where he is in, or never
// had any.
func (s *State) OutBy(m identity.UserID) (out []op.ID) {
	if s.Members.Has(m) {
		return nil
	}
	add := func(id op.ID) {
		if id != (op.ID{}) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, e := range s.Endings(m) {
		add(e.Op)
	}
	for _, n := range s.l.capsOf[m] {
		if s.l.f[n].Space != s.Space {
			continue
		}
		c := Cut{NoCap, s.l.f[n].ID}
		for range maxPath { // a cap does not count because of another, and so on
			if c.Why != NoCap {
				break
			}
			if c = s.Why(c.By); c.Why == Stands {
				c = Cut{}
			} else if c.Why == NoCap && s.Effective(c.By) {
				c = s.Ended(c.By)
			}
		}
		add(c.By)
	}
	return out
}

// maxPath is how far caps that do not count are followed up.
const maxPath = 64

// tenure is a cap in somebody's hands: since an op that gave it, and whether it is in them still. The owner's goes from hand to hand.
type tenure struct {
	cap, since dag.Node
	lives      bool
}

// acting lists m's effective caps that can act in this space: those of its log, and authority from above.
func (s *State) acting(m identity.UserID) []tenure {
	var out []tenure
	for t := s; t != nil; t = t.up {
		t.eachStanding(m, func(c dag.Node) bool {
			a := tenure{cap: c, since: c, lives: t.lives(c)}
			if k := slices.Index(t.turns, c); k >= 0 {
				a.cap, a.lives = t.chain[0], k == len(t.turns)-1 && !t.ousted(c)
			}
			if t == s || isAuthority(s.l.f[a.cap].Kind) {
				out = append(out, a)
			}
			return true
		})
	}
	return out
}

// Left reports whether m, who is out, went by a Leave and was not removed.
func (s *State) Left(m identity.UserID) bool {
	ends := s.Endings(m)
	return len(ends) > 0 && !slices.ContainsFunc(ends, func(e Ending) bool { return s.l.Op(e.Op).Kind() != op.Leave })
}

// DevicesOf lists every device that was ever registered for m.
func (l *Log) DevicesOf(m identity.UserID) []identity.DeviceID {
	var out []identity.DeviceID
	for _, n := range l.regOps[m] {
		if d := l.f[n].Device; !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// Rank orders caps by seniority, the senior first; memberships come last.
func (l *Log) Rank(a, b op.ID) int {
	x, _ := l.g.Find(a)
	y, _ := l.g.Find(b)
	return l.byAuthority(x, y)
}

// IsAuthority reports whether a cap is a Genesis, CreateGroup or Grant, and with which rights in a space.
func (l *Log) IsAuthority(cap, space op.ID) (op.Bits, bool) {
	n, ok := l.g.Find(cap)
	if !ok || !isAuthority(l.f[n].Kind) {
		return 0, false
	}
	return l.rights(n, space), true
}

// Gone lists the seats that some effective op once gave and that the roster has no more: of caps that are dead, and of devices revoked.
func (s *State) Gone() []Seat {
	var out []Seat
	seen := map[identity.UserID]bool{}
	for _, c := range s.given() {
		if m, _ := s.l.holderOf(s.l.f[c].ID); !seen[m] {
			seen[m] = true
			out = append(out, s.GoneOf(m)...)
		}
	}
	return out
}

// GoneOf lists the same for one person.
func (s *State) GoneOf(m identity.UserID) (out []Seat) {
	s.eachStanding(m, func(c dag.Node) bool {
		for _, d := range s.l.DevicesOf(m) {
			if seat := (Seat{s.l.f[c].ID, d}); s.registered(m, d) && !s.Seated(seat) {
				out = append(out, seat)
			}
		}
		return true
	})
	return out
}

// given lists the caps of this log that count, dead or alive, and the owners' turns.
func (s *State) given() []dag.Node {
	out := append(s.effective(op.Grant), s.effective(op.Admit)...)
	if !s.community() {
		return append(out, s.root)
	}
	return append(out, s.turns...)
}

// registered: an effective op, here or above, gave m this device.
func (s *State) registered(m identity.UserID, d identity.DeviceID) bool {
	for _, r := range s.l.regs[op.Key(d)] {
		if r.member == m && s.everCounts(r.node) {
			return true
		}
	}
	return false
}

// Knew reports whether a past holds both the cap of a seat and the registration of its device, so that a roster made from that past
// decided about the seat.
func (l *Log) Knew(p dag.Past, seat Seat) bool {
	c, ok := l.g.Find(seat.Cap)
	if !ok || !p.Has(c) {
		return false
	}
	for _, r := range l.regs[op.Key(seat.Device)] {
		if p.Has(r.node) {
			return true
		}
	}
	return false
}

// DeviceEndings lists the effective DeviceRevokes of a device by its own person, here and above, by id.
func (s *State) DeviceEndings(m identity.UserID, d identity.DeviceID) []op.ID {
	var out []op.ID
	for _, z := range s.l.lost[op.Key(d)] {
		if f := &s.l.f[z]; f.author == m && s.everCounts(z) && s.l.within(s.Space, f.Space) {
			out = append(out, f.ID)
		}
	}
	slices.SortFunc(out, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

// Banned reports whether an effective ban of m is in force now, from here or, in a community, from above.
func (s *State) Banned(m identity.UserID) bool {
	return slices.ContainsFunc(s.l.removals[m], func(r dag.Node) bool {
		lifted := func(u dag.Node) bool { return s.lifts(u) && s.l.before(r, u) }
		return s.l.f[r].Ban && (s.counts(r) || s.community() && s.up.countsAbove(r)) && !slices.ContainsFunc(s.l.unbans[RegBan(m)], lifted) && !slices.ContainsFunc(s.l.capsOf[m], lifted)
	})
}

// Former lists people who were in and are not.
func (s *State) Former() []identity.UserID {
	seen := map[identity.UserID]bool{}
	var out []identity.UserID
	for _, c := range s.given() {
		m, _ := s.l.holderOf(s.l.f[c].ID)
		if !s.Members.Has(m) && !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}
