package acl

import (
	"cmp"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
)

// eval is one pass over one space's log. It fills a State, which nobody else has yet.
type eval struct {
	*State
	in func(dag.Node) bool // the set of ops that is evaluated
}

func all(dag.Node) bool { return true }

// Eval computes the state of a space and of what it lies under, from every integrated op.
func (l *Log) Eval(space op.ID) *State { return l.evalIn(space, nil, all) }

// EvalAll computes the states of a community and of every effective group below it, of a direct message once something stands in its log; those
// it stands under are judged and not among them.
func (l *Log) EvalAll(community op.ID) map[op.ID]*State {
	out := map[op.ID]*State{}
	var walk func(op.ID, *State)
	walk = func(space op.ID, up *State) {
		st := l.evalIn(space, up, all)
		if st == nil {
			return
		}
		out[space] = st
		for _, g := range append(st.Groups(), st.Directs()...) {
			walk(g, st)
		}
	}
	walk(community, nil)
	return out
}

// EvalAt computes the state of a space from the ops at or below heads only, as an epoch or an archived group is judged.
func (l *Log) EvalAt(space op.ID, heads ...op.ID) *State {
	p, _ := l.g.PastOf(heads...)
	return l.evalIn(space, nil, p.Has)
}

func (l *Log) evalIn(space op.ID, up *State, in func(dag.Node) bool) *State {
	root, ok := l.g.Find(space)
	if !ok || !in(root) || !l.f[root].wf {
		return nil
	}
	s := &State{Space: space, l: l, root: root, up: up, writes: map[string][]dag.Node{}}
	s.Members.l = l
	if p, ok := l.parent(space); ok && up == nil {
		s.up = l.evalIn(p, nil, in)
		if nested := s.community(); s.up == nil && !nested {
			return nil
		} else if nested && !s.up.counts(l.f[root].cap) { // where it stands does not count: it stands alone
			s.up = nil
		}
	}
	s.take(root)
	if s.community() {
		s.chain = l.ownerChain(root, in)
		for _, z := range s.chain {
			s.take(z)
		}
	} else {
		s.chain = s.up.chain
	}
	if s.up != nil {
		s.Parent = s.up.Space
	}
	s.turns = l.ownersTurns(s.chain)
	s.Owner = l.f[s.chain[len(s.chain)-1]].Member
	e := &eval{s, in}
	e.walkAuthority()
	e.judgeInvited()
	e.walkMemberships()
	s.fill()
	return s
}

// ownerChain follows OwnerRotate from Genesis (R10): of those naming the same predecessor the lowest id stands.
func (l *Log) ownerChain(genesis dag.Node, in func(dag.Node) bool) []dag.Node {
	chain := []dag.Node{genesis}
	for {
		last, next := chain[len(chain)-1], dag.Node(-1)
		for _, o := range l.rotates[l.f[genesis].ID] {
			f := &l.f[o]
			if f.wf && in(o) && f.Target == l.f[last].ID && (next < 0 || f.ID.Less(l.f[next].ID)) {
				next = o
			}
		}
		if next < 0 {
			return chain
		}
		chain = append(chain, next)
	}
}

// ownersTurns leaves out of a chain what only names a recovery set.
func (l *Log) ownersTurns(chain []dag.Node) []dag.Node {
	turns := chain[:1:1]
	for i, z := range chain[1:] {
		if f := &l.f[z]; f.Signed == nil || f.Member != l.f[chain[i]].Member {
			turns = append(turns, z)
		}
	}
	return turns
}

// walkAuthority walks Genesis, CreateGroup and Grants senior first. Whatever can hit a cap is thus known before the cap is walked.
func (e *eval) walkAuthority() {
	caps := []dag.Node{e.root}
	for up := e.up; up != nil && !e.l.f[e.root].Direct; up = up.up { // into a direct message nothing flows
		caps = append(caps, up.root)
		caps = append(caps, up.effective(op.Grant)...)
	}
	for _, n := range e.l.kinds[e.Space][op.Grant] {
		if e.in(n) {
			caps = append(caps, n)
		}
	}
	slices.SortFunc(caps, func(a, b dag.Node) int {
		return cmp.Or(e.l.byRank(a, b), slices.Compare(e.l.f[a].ID[:], e.l.f[b].ID[:]))
	})
	for _, c := range caps {
		if e.holds(c) {
			e.walk(c)
		}
	}
}

// walk judges the ops under one cap: devices first, then Leaves, then the rest by (height, id).
func (e *eval) walk(c dag.Node) {
	list := slices.DeleteFunc(slices.Clone(e.l.under[e.Space][c]), func(n dag.Node) bool { return !e.in(n) })
	slices.SortFunc(list, func(a, b dag.Node) int {
		return cmp.Or(turn(e.l.f[a].Kind)-turn(e.l.f[b].Kind), e.l.byHeight(a, b))
	})
	for _, n := range list {
		if e.l.f[n].Kind != op.OwnerRotate && e.judge(n, c) == stands {
			e.take(n)
		}
	}
}

func turn(k op.Kind) int {
	switch k {
	case op.DeviceAdd, op.DeviceRevoke:
		return 0
	case op.Leave:
		return 1
	}
	return 2
}

// judgeInvited drops Admits whose invite does not carry them (R5a) and what is over an invite's limit (R5c).
func (e *eval) judgeInvited() {
	per := map[dag.Node][]dag.Node{}
	for _, n := range e.effective(op.Admit) {
		f := &e.l.f[n]
		if (f.Invite == op.ID{}) {
			continue
		}
		if e.invited(n) != stands {
			e.drop(n)
			continue
		}
		if t, _ := e.l.g.Find(f.Invite); e.l.f[t].Space == e.Space && !e.l.f[t].Auto {
			per[t] = append(per[t], n)
		}
	}
	for t, list := range per {
		limit := int(e.l.f[t].Max)
		if limit == 0 || len(list) <= limit {
			continue
		}
		slices.SortFunc(list, e.l.byUse)
		for _, n := range list[limit:] {
			e.drop(n)
		}
	}
}

// byUse orders Admits through one invite: those that sort first are within its limit (R5c).
func (l *Log) byUse(a, b dag.Node) int {
	fa, fb := &l.f[a], &l.f[b]
	return cmp.Or(l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq), slices.Compare(fa.ID[:], fb.ID[:]))
}

// walkMemberships walks what plain members wrote, by (height, id) of their Admit.
func (e *eval) walkMemberships() {
	admits := slices.DeleteFunc(slices.Clone(e.l.kinds[e.Space][op.Admit]), func(n dag.Node) bool { return !e.in(n) })
	slices.SortFunc(admits, e.l.byHeight)
	for _, n := range admits {
		switch {
		case !e.counts(n):
		case e.invited(n) != stands:
			e.drop(n)
		default:
			e.walk(n)
		}
	}
}
