package acl

import (
	"cmp"
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// eval is one pass over one space's log. It is thrown away; what it found becomes a State.
type eval struct {
	l      *Log
	in     func(dag.Node) bool // the set of ops that is evaluated
	space  op.ID
	root   dag.Node
	up     *State // the parent's state, nil for a community
	chain  []dag.Node
	eff    map[dag.Node]bool
	revs   []dag.Node
	hits   map[dag.Node][]dag.Node // effective revocations that hit a cap
	devCut map[op.Key][]dag.Node   // effective DeviceRevokes by device
	void   map[dag.Node]cut        // what was judged and does not count
}

// Eval computes the state of a space and of what it lies under, from every integrated op.
func (l *Log) Eval(space op.ID) *State {
	return l.evalIn(space, nil, func(dag.Node) bool { return true })
}

// EvalAll computes the states of a community and of every effective group below it.
func (l *Log) EvalAll(community op.ID) map[op.ID]*State {
	out := map[op.ID]*State{}
	var walk func(op.ID, *State)
	walk = func(space op.ID, up *State) {
		st := l.evalIn(space, up, func(dag.Node) bool { return true })
		if st == nil {
			return
		}
		out[space] = st
		for _, g := range st.Groups() {
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
	e := &eval{l: l, in: in, space: space, root: root, up: up, eff: map[dag.Node]bool{root: true}, hits: map[dag.Node][]dag.Node{}, devCut: map[op.Key][]dag.Node{}, void: map[dag.Node]cut{}}
	if p, ok := l.parent(space); ok && up == nil {
		if e.up = l.evalIn(p, nil, in); e.up == nil {
			return nil
		}
	}
	if e.up == nil {
		e.chain = l.ownerChain(root, in)
		for _, z := range e.chain {
			e.eff[z] = true
		}
	} else {
		e.chain = e.up.chain
	}
	e.walkAuthority()
	e.judgeInvited()
	e.walkMemberships()
	return e.state()
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

// walkAuthority walks Genesis, CreateGroup and Grants senior first. Whatever can hit a cap is thus known before the cap is walked.
func (e *eval) walkAuthority() {
	var caps []dag.Node
	if e.up != nil {
		caps = append(caps, e.up.authority...)
	}
	caps = append(caps, e.root)
	for _, n := range e.l.spaces[e.space] {
		if e.l.f[n].Kind == op.Grant && e.in(n) {
			caps = append(caps, n)
		}
	}
	slices.SortFunc(caps, func(a, b dag.Node) int {
		return cmp.Or(e.l.byRank(a, b), slices.Compare(e.l.f[a].ID[:], e.l.f[b].ID[:]))
	})
	for _, c := range slices.Compact(caps) {
		if e.eff[c] || e.l.f[c].Space != e.space || c == e.root {
			e.take(c)
		}
	}
}

// take walks the ops under one cap: devices first, then Leaves, then the rest by (height, id).
func (e *eval) take(c dag.Node) {
	list := slices.DeleteFunc(slices.Clone(e.l.under[e.space][c]), func(n dag.Node) bool { return !e.in(n) })
	slices.SortFunc(list, func(a, b dag.Node) int {
		return cmp.Or(turn(e.l.f[a].Kind)-turn(e.l.f[b].Kind), e.l.byHeight(a, b))
	})
	for _, n := range list {
		if v := e.judge(n, c); v != stands {
			e.void[n] = v
			continue
		}
		e.eff[n] = true
		e.note(n)
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

// judge decides one op under an effective cap, all that can void it being known.
func (e *eval) judge(n, c dag.Node) cut {
	f := &e.l.f[n]
	if f.Kind == op.OwnerRotate { // counted by ownerChain
		return cut{Superseded, -1}
	}
	if e.l.f[c].Kind == op.Genesis && !e.ownersTurn(n) {
		return cut{NotOwner, -1}
	}
	for _, rule := range []func(n, c dag.Node) cut{e.revoked, e.parentEnded, e.deviceLost, e.juniorCloses} {
		if v := rule(n, c); v != stands {
			return v
		}
	}
	return stands
}

// juniorCloses (R5a): a RevokeInvite counts under the invite's own cap or one that outranks it.
func (e *eval) juniorCloses(n, c dag.Node) cut {
	if e.l.f[n].Kind != op.RevokeInvite {
		return stands
	}
	t, _ := e.l.g.Find(e.l.f[n].Target)
	if ic := e.l.f[t].cap; ic == c || ic >= 0 && e.l.outranks(c, ic) { // a malformed Invite may stand under nothing
		return stands
	}
	return cut{Outranked, t}
}

// note records what an effective op does to others.
func (e *eval) note(n dag.Node) {
	f := &e.l.f[n]
	switch f.Kind {
	case op.DeviceRevoke:
		k := op.Key(f.Device)
		e.devCut[k] = append(e.devCut[k], n)
	case op.Leave:
		e.revs = append(e.revs, n)
		e.hits[f.cap] = append(e.hits[f.cap], n)
	case op.Revoke:
		e.revs = append(e.revs, n)
		for _, c := range e.l.named(n) {
			if e.l.f[c].Kind != op.Genesis && e.l.outranks(f.cap, c) {
				e.hits[c] = append(e.hits[c], n)
			}
		}
	}
}

// named lists the caps a Revoke names: the one, or all of a person that it has not seen being given after it.
func (l *Log) named(r dag.Node) []dag.Node {
	f := &l.f[r]
	if (f.Target != op.ID{}) {
		t, _ := l.g.Find(f.Target)
		return []dag.Node{t}
	}
	var out []dag.Node
	for _, c := range l.capsOf[f.Member] {
		if !l.before(r, c) { // R3: a re-add must causally follow
			out = append(out, c)
		}
	}
	return out
}

// ownersTurn (R10): an op under Genesis stands only when its author owned the community at that point of the chain.
func (e *eval) ownersTurn(n dag.Node) bool {
	m := e.l.f[n].author
	for k, z := range e.chain {
		if e.l.f[z].Member != m || k > 0 && !e.l.before(z, n) {
			continue
		}
		if k+1 == len(e.chain) {
			return true
		}
		next := e.chain[k+1]
		if e.l.f[n].Space == e.l.f[next].Space {
			if e.l.before(n, next) {
				return true
			}
		} else if !e.l.before(next, n) { // in a group, only what holds the rotation is void
			return true
		}
	}
	return false
}

// revoked (R1, R2, R3, R12): an effective revocation hits the cap and the op is not before it; a Leave voids only what comes after it; a
// cascading Revoke voids also below the caps it hits.
func (e *eval) revoked(n, c dag.Node) cut {
	for _, r := range e.hits[c] {
		if r == n {
			continue
		}
		if e.l.f[r].Kind == op.Leave {
			if turn(e.l.f[n].Kind) != 0 && e.l.before(r, n) {
				return cut{AfterLeave, r}
			}
		} else if !e.l.before(n, r) {
			return cut{Removed, r}
		}
	}
	for a := e.l.f[c].cap; a >= 0; a = e.l.f[a].cap {
		for _, r := range e.hits[a] {
			if e.l.f[r].Cascade && r != n && !e.l.before(n, r) {
				return cut{Cascaded, r}
			}
		}
	}
	return stands
}

// parentEnded (Groups): a group op is void iff every community cap of its author in its past is hit by an effective community
// revocation in its past; and, under authority that flowed down, iff that very cap is.
func (e *eval) parentEnded(n, c dag.Node) cut {
	if e.up == nil {
		return stands
	}
	if !e.up.stood(n, e.l.f[n].author, func(r dag.Node) bool { return e.l.before(r, n) }) {
		return cut{OutAbove, -1}
	}
	if e.up.caps[c] {
		for _, r := range e.up.allHits(c) {
			if e.l.before(r, n) {
				return cut{Removed, r}
			}
		}
	}
	return stands
}

// stood: m held a cap here before n that no revocation with ended(r) hits.
func (s *State) stood(n dag.Node, m identity.UserID, ended func(dag.Node) bool) bool {
	for _, st := range s.standing(m) {
		if s.l.before(st.cap, n) && !slices.ContainsFunc(st.ended, ended) {
			return true
		}
	}
	return false
}

// deviceLost (R13): a DeviceRevoke voids what its device wrote under the same cap in its own log and not before it, but not Admits
// through an auto invite, whose authority is the invite; in a group, what holds a DeviceRevoke of the parent.
func (e *eval) deviceLost(n, c dag.Node) cut {
	f := &e.l.f[n]
	if turn(f.Kind) == 0 || f.Kind == op.Admit && !isAuthority(e.l.f[c].Kind) {
		return stands
	}
	for _, z := range e.devCut[f.Key] {
		if e.l.f[z].author == f.author && e.l.f[z].cap == c && !e.l.before(n, z) {
			return cut{DeviceLost, z}
		}
	}
	for up := e.up; up != nil; up = up.up {
		for _, z := range up.devCut[f.Key] {
			if e.l.f[z].author == f.author && e.l.before(z, n) {
				return cut{DeviceLost, z}
			}
		}
	}
	return stands
}

// judgeInvited drops Admits whose invite does not carry them (R5a) and what is over an invite's limit (R5c).
func (e *eval) judgeInvited() {
	per := map[dag.Node][]dag.Node{}
	for n := range e.eff {
		f := &e.l.f[n]
		if f.Kind != op.Admit || f.Space != e.space || f.Invite == (op.ID{}) {
			continue
		}
		if v := e.invited(n); v != stands {
			e.drop(n, v)
			continue
		}
		if t, _ := e.l.g.Find(f.Invite); e.l.f[t].Space == e.space && !e.l.f[t].Auto {
			per[t] = append(per[t], n)
		}
	}
	for t, list := range per {
		limit := int(e.l.f[t].Max)
		if limit == 0 || len(list) <= limit {
			continue
		}
		slices.SortFunc(list, func(a, b dag.Node) int {
			fa, fb := &e.l.f[a], &e.l.f[b]
			return cmp.Or(e.l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq), slices.Compare(fa.ID[:], fb.ID[:]))
		})
		for _, n := range list[limit:] {
			e.drop(n, cut{InviteFull, -1})
		}
	}
}

func (e *eval) drop(n dag.Node, why cut) {
	delete(e.eff, n)
	e.void[n] = why
}

// invited (R5a): the invite stands, and the Admit is before every RevokeInvite of it and before every Revoke of the cap it was made
// under. A banned person comes back only by somebody who may remove.
func (e *eval) invited(n dag.Node) cut {
	f := &e.l.f[n]
	if (f.Invite == op.ID{}) {
		return stands
	}
	t, _ := e.l.g.Find(f.Invite)
	i := &e.l.f[t]
	v := stands
	switch {
	case i.Space == e.space:
		v = closed(e.l, e.eff, e.hits, t, func(r dag.Node) bool { return !e.l.before(n, r) })
	case i.Kind == op.CreateGroup: // an open group takes whoever is in the community
		if !e.up.eff[t] || !e.up.stood(n, f.Member, func(r dag.Node) bool { return e.l.before(r, n) }) {
			return cut{OutAbove, -1}
		}
		return stands
	case !e.up.admittedBy(f.Member, t, n): // the invite stands in the parent's log
		return cut{OutAbove, -1}
	default: // across the two logs: void only if the Admit holds the revocation
		v = closed(e.l, e.up.eff, e.up.hits, t, func(r dag.Node) bool { return e.l.before(r, n) })
	}
	if v == stands && e.banned(n) {
		return cut{Banned, -1}
	}
	return v
}

// closed: invite t does not count, or an effective RevokeInvite of it is as ends says, or a Revoke that hits the cap it was made under.
func closed(l *Log, eff map[dag.Node]bool, hits map[dag.Node][]dag.Node, t dag.Node, ends func(dag.Node) bool) cut {
	if !eff[t] {
		return cut{InviteClosed, -1}
	}
	for _, x := range l.revInv[l.f[t].ID] {
		if eff[x] && ends(x) {
			return cut{InviteClosed, x}
		}
	}
	if r := l.ended(hits, l.f[t].cap, ends); r >= 0 {
		return cut{InviteClosed, r}
	}
	return stands
}

// ended finds a Revoke with this property that hits cap c, itself or by cascade, -1 if there is none. (A Leave of the cap ends no invite.)
func (l *Log) ended(hits map[dag.Node][]dag.Node, c dag.Node, is func(dag.Node) bool) dag.Node {
	for a := c; a >= 0; a = l.f[a].cap {
		for _, r := range hits[a] {
			if f := &l.f[r]; f.Kind == op.Revoke && (a == c || f.Cascade) && is(r) {
				return r
			}
		}
	}
	return -1
}

// admittedBy: the parent admitted m through invite t in n's past.
func (s *State) admittedBy(m identity.UserID, t, n dag.Node) bool {
	for _, c := range s.l.capsOf[m] {
		f := &s.l.f[c]
		if f.Kind == op.Admit && s.eff[c] && f.Invite == s.l.f[t].ID && s.l.before(c, n) {
			return true
		}
	}
	return false
}

// banned: an effective ban of the person is in force at n, an Admit by invite.
func (e *eval) banned(n dag.Node) bool {
	m := e.l.f[n].Member
	for _, r := range e.revs {
		f := &e.l.f[r]
		if !f.Ban || f.Member != m || e.l.before(n, r) {
			continue
		}
		lifted := slices.ContainsFunc(e.l.unbans[RegBan(m)], func(u dag.Node) bool {
			return e.eff[u] && e.l.f[u].Space == e.space && e.l.before(r, u) && e.l.before(u, n)
		})
		for _, a := range e.l.capsOf[m] {
			fa := &e.l.f[a]
			if fa.Kind == op.Admit && e.eff[a] && fa.Space == e.space && (fa.Invite == op.ID{}) && e.l.rights(fa.cap, e.space)&op.REMOVE != 0 && e.l.before(r, a) && e.l.before(a, n) {
				lifted = true
			}
		}
		if !lifted {
			return true
		}
	}
	return false
}

// walkMemberships walks what plain members wrote, by (height, id) of their Admit.
func (e *eval) walkMemberships() {
	var admits []dag.Node
	for _, n := range e.l.spaces[e.space] {
		if e.l.f[n].Kind == op.Admit && e.in(n) {
			admits = append(admits, n)
		}
	}
	slices.SortFunc(admits, e.l.byHeight)
	for _, n := range admits {
		if !e.eff[n] {
			continue
		}
		if v := e.invited(n); v != stands {
			e.drop(n, v)
			continue
		}
		e.take(n)
	}
}
