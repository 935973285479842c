package acl

import (
	"maps"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Change is what one op changed about one member of a space: nil for somebody who is not in.
type Change struct {
	Space    op.ID
	Member   identity.UserID
	Was, Now *Member
}

// Step brings the states of a community and its groups, which are those of everything but the op integrated last, up to that op, and says whose
// membership may have changed. It costs what the op concerns and nothing else.
//
// The op is in nobody's past. So it lends authority or consent to nothing that is there, and the only thing it can do to other ops is void those
// concurrent with it. Where it does (or turns the owner, or meets an invite's limit) Step leaves states as they are and returns false: all is
// to be judged anew, by EvalAll. Where it does not, it changes its own kind's matter only: a member, a register, a group.
func (l *Log) Step(states map[op.ID]*State, community, id op.ID) ([]Change, bool) {
	n, ok := l.g.Find(id)
	if !ok || int(n) != len(l.f)-1 {
		return nil, false
	}
	f := &l.f[n]
	if f.Kind == op.Genesis {
		if f.ID != community { // one it stands under
			return nil, true
		}
		return l.begin(states, f.ID, nil), true
	}
	s := states[f.Space]
	for top := states[community]; s == nil && top != nil; top = top.up {
		if top.Space == f.Space {
			s = top
		}
	}
	if s == nil && states[community] != nil && l.within(community, f.Space) { // it stands alone, since its place does not count; that may change now
		return nil, false
	}
	if s == nil && f.wf && l.beginning(states, f.Space) != nil {
		up, _ := l.parent(f.Space)
		return l.begin(states, f.Space, states[up]), true
	}
	switch {
	case s == nil, !f.wf, !s.holds(f.cap):
		return nil, true
	case f.Kind == op.OwnerRotate:
		return nil, false
	case s.judge(n, f.cap) != stands:
		return nil, true
	}
	if f.Kind == op.Admit && f.Invite != (op.ID{}) {
		if s.invited(n) != stands {
			return nil, true
		}
		if t, _ := l.g.Find(f.Invite); l.f[t].Kind == op.Invite && l.f[t].Space == s.Space && !l.f[t].Auto && l.f[t].Max > 0 && s.Uses(f.Invite) >= int(l.f[t].Max) {
			return nil, false
		}
	}
	if s.voids(n) {
		return nil, false
	}
	return l.apply(states, community, s, n), true
}

// Try says whether an op would count, were it integrated now after everything that is here, and leaves log and states as they are. states are
// those of everything that is here. Nothing that the op voids can be what it hangs on, so what it does to others plays no part.
func (l *Log) Try(states map[op.ID]*State, e Entry) (out Cut) {
	out = Cut{Why: Malformed}
	if len(l.Missing(e)) > 0 || e.Kind != op.Genesis && !l.edgesFit(e) {
		return out
	}
	_ = l.g.Try(e.ID, e.Space, e.Deps, e.Parents, func(n dag.Node) { // an edge that leads elsewhere: Malformed
		if int(n) < len(l.f) {
			out = states[e.Space].Why(e.ID)
			return
		}
		l.f = append(l.f, fact{Entry: e, cap: -1})
		l.facts(n)
		s := states[e.Space]
		if s == nil && l.f[n].wf && e.Kind != op.Genesis {
			s = l.beginning(states, e.Space)
		}
		switch {
		case !l.f[n].wf:
		case e.Kind == op.Genesis:
			out = Cut{}
		case s == nil:
			out = Cut{Why: NoCap}
		default:
			out = s.name(s.foresee(n))
		}
		l.f[n] = fact{}
		l.f = l.f[:n]
	})
	return out
}

// foresee judges a well-formed op that nothing follows.
func (s *State) foresee(n dag.Node) cut {
	f := &s.l.f[n]
	if f.Kind == op.OwnerRotate {
		k := slices.IndexFunc(s.chain, func(z dag.Node) bool { return s.l.f[z].ID == f.Target })
		if k >= 0 && (k+1 == len(s.chain) || f.ID.Less(s.l.f[s.chain[k+1]].ID)) {
			return stands
		}
		return s.superseded(n)
	}
	if !s.holds(f.cap) {
		return cut{NoCap, f.cap}
	}
	v := s.judge(n, f.cap)
	if v != stands || f.Kind != op.Admit || f.Invite == (op.ID{}) {
		return v
	}
	if v = s.invited(n); v != stands {
		return v
	}
	t, _ := s.l.g.Find(f.Invite)
	if i := &s.l.f[t]; i.Kind == op.Invite && i.Space == s.Space && !i.Auto && i.Max > 0 {
		first := 0
		for _, x := range s.l.entries[f.Invite] {
			if s.counts(x) && s.l.byUse(x, n) < 0 {
				first++
			}
		}
		if first >= int(i.Max) {
			v.why = InviteFull
		}
	}
	return v
}

// apply takes in an op that counts and voids nothing.
func (l *Log) apply(states map[op.ID]*State, community op.ID, s *State, n dag.Node) (out []Change) {
	next := *s
	next.eff = s.eff.with(int(n)/64, s.eff.get(int(n)/64)|1<<(n%64))
	f := &l.f[n]
	if f.Kind == op.Set {
		next.writes, next.Values = maps.Clone(s.writes), maps.Clone(s.Values)
		next.write(n)
		next.Values[f.Reg] = l.f[next.writes[f.Reg][0]].Val
	}
	who := next.concerns(n)
	if states[s.Space] != s { // one above: what lies between it and the community is in nobody's list
		next.again(who, nil)
		return l.put(states, states[community], states[community].hung(s, &next, who), who, out)
	}
	out = l.put(states, s, &next, who, out)
	if f.Kind == op.CreateGroup && !f.Place && !f.Direct {
		out = append(out, l.begin(states, f.ID, &next)...)
	}
	return out
}

// put lets next stand for was, and what lies below hang on it.
func (l *Log) put(states map[op.ID]*State, was, next *State, who []identity.UserID, out []Change) []Change {
	states[was.Space] = next
	out = next.again(who, out)
	for _, g := range states {
		if g.up == was {
			below := *g
			below.up = next
			out = l.put(states, g, &below, who, out)
		}
	}
	return out
}

// hung is s as it hangs on next, which stands for a state above it.
func (s *State) hung(was, next *State, who []identity.UserID) *State {
	below := *s
	if below.up = next; s.up != was {
		below.up = s.up.hung(was, next, who)
		below.up.again(who, nil)
	}
	return &below
}

// begin adds the state of a space of which nothing but the root is there.
func (l *Log) begin(states map[op.ID]*State, space op.ID, up *State) (out []Change) {
	s := l.evalIn(space, up, all)
	if s == nil {
		return nil
	}
	states[space] = s
	for m, mem := range s.Members.All() {
		out = append(out, Change{space, m, nil, &mem})
	}
	return out
}

// again computes anew what some people have here.
func (s *State) again(who []identity.UserID, out []Change) []Change {
	for _, m := range who {
		i, known := s.l.people[m]
		if !known {
			continue
		}
		was, now := s.Members.t.get(i), s.member(m)
		if was == nil && now == nil {
			if s.held(m) {
				out = append(out, Change{Space: s.Space, Member: m})
			}
			continue
		}
		s.Members, s.rosterRoot = s.Members.with(m, now), nil
		out = append(out, Change{s.Space, m, was, now})
	}
	return out
}

// held: m has or had something here.
func (s *State) held(m identity.UserID) (yes bool) {
	s.eachStanding(m, func(dag.Node) bool { yes = true; return false })
	return yes
}

// concerns lists whose caps or devices an effective op gives or ends.
func (s *State) concerns(n dag.Node) []identity.UserID {
	f := &s.l.f[n]
	switch f.Kind {
	case op.Grant, op.Admit:
		return []identity.UserID{f.Member}
	case op.Leave, op.DeviceAdd, op.DeviceRevoke:
		return []identity.UserID{f.author}
	case op.Revoke:
		var out []identity.UserID
		if (f.Target == op.ID{}) {
			out = append(out, f.Member) // the owner of a community below has no cap of his own that it hits
		}
		for _, c := range s.hitBy(n) {
			if m, ok := s.l.subject(c); ok && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
		return out
	}
	return nil
}

// hitBy lists the caps that a Revoke hits, with those a cascade takes along.
func (s *State) hitBy(r dag.Node) (out []dag.Node) {
	l, f := s.l, &s.l.f[r]
	named := l.capsOf[f.Member]
	if t, ok := l.g.Find(f.Target); ok {
		named = []dag.Node{t}
	}
	for _, c := range named {
		if l.f[c].Kind != op.Genesis && l.outranks(f.cap, c) && !l.before(r, c) {
			out = append(out, c)
		}
	}
	for i := 0; f.Cascade && i < len(out); i++ {
		for _, c := range l.under[s.Space][out[i]] {
			if isCap(l.f[c].Kind) {
				out = append(out, c)
			}
		}
	}
	return out
}

// voids: an op that counts voids something that stood.
func (s *State) voids(n dag.Node) bool {
	l, f := s.l, &s.l.f[n]
	beside := func(x dag.Node) bool { return s.counts(x) && !l.before(x, n) }
	switch f.Kind {
	case op.RevokeInvite:
		return slices.ContainsFunc(l.entries[f.Target], beside)
	case op.DeviceRevoke:
		return slices.ContainsFunc(l.under[s.Space][f.cap], func(x dag.Node) bool { return l.f[x].Key == op.Key(f.Device) && beside(x) })
	case op.Revoke:
		for _, c := range s.hitBy(n) {
			if f.Cascade && isAuthority(l.f[c].Kind) { // it reaches into groups by paths; rare enough to judge all anew
				return true
			}
			for _, x := range l.under[s.Space][c] {
				if beside(x) || l.f[x].Kind == op.Invite && slices.ContainsFunc(l.entries[l.f[x].ID], beside) {
					return true
				}
			}
		}
		for _, z := range s.turns {
			if l.f[z].Member == f.Member && l.outranks(f.cap, s.chain[0]) { // an owner is put out from above; rare enough too
				return true
			}
		}
		return f.Ban && slices.ContainsFunc(l.capsOf[f.Member], func(a dag.Node) bool { return l.f[a].Invite != op.ID{} && beside(a) })
	}
	return false
}
