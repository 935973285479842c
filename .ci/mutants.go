// Mutants of crdt/acl and crdt: each is one line made wrong, built as an overlay (the tree is not touched), and must be noticed by the tests that
// are named for it: those of crdt/acl, or of the package before the colon. Files are named from crdt/acl.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

type mutant struct{ name, file, from, to, tests string }

var mutants = []mutant{
	{"rank plays no part", "resolve.go", `l.outranks(fr.cap, c) && !l.before(r, c) && !f(r)`, `fr != nil && !l.before(r, c) && !f(r)`, "R1|R3|Vectors"},
	{"rank plays no part where a cap is named", "resolve.go", `(fr.Kind == op.Leave || l.outranks(fr.cap, c))`, `(fr.Kind == op.Leave || true)`, "R1"},
	{"equals outrank", "tree.go", `return l.byRank(a, b) < 0`, `return l.byRank(a, b) <= 0`, "R1"},
	{"the longer path outranks", "tree.go", `d := l.f[a].depth - l.f[b].depth`, `d := l.f[b].depth - l.f[a].depth`, "R1|Vectors"},
	{"juniors walk first", "eval.go", `cmp.Or(e.l.byRank(a, b), slices`, `cmp.Or(-e.l.byRank(a, b), slices`, "R1|Vectors"},
	{"void only after the removal", "resolve.go", `case !s.l.before(n, r):`, `case s.l.before(r, n):`, "R2"},
	{"a cascade voids nothing", "resolve.go", `if r != n && !s.l.before(n, r) {`, `if r != n && !s.l.before(n, r) && n < 0 {`, "R2"},
	{"a cascade ends no cap", "resolve.go", `s.eachCascade(c, func(r dag.Node) bool { v = cut{Cascaded, r}; return false })`, ``, "R2"},
	{"a removal hits what follows it", "resolve.go", `l.outranks(fr.cap, c) && !l.before(r, c) && !f(r)`, `l.outranks(fr.cap, c) && !f(r)`, "R3"},
	{"a revoked cap lives", "resolve.go", `if v = (cut{Removed, r}); s.l.f[r].Kind == op.Leave {`, `if v = stands; s.l.f[r].Kind == op.Leave {`, "R2|R12"},
	{"a revoked invite admits", "resolve.go", `if s.counts(x) && ends(x) {`, `if false && s.counts(x) && ends(x) {`, "R5a"},
	{"any inviter revokes invites", "resolve.go", `ic == c || ic >= 0 &&`, `true || ic >= 0 &&`, "R5a"},
	{"an invite outlives its maker", "resolve.go", `if s.eachHit(c, look); v == stands {`, `if v == stands {`, "R5a"},
	{"an invite outlives a cascade", "resolve.go", `		s.eachCascade(c, look)`, ``, "R5a"},
	{"a Leave closes invites", "resolve.go", `if s.l.f[r].Kind == op.Revoke && ends(r) {`, `if ends(r) {`, "R12|Vectors"},
	{"members admit by any invite", "wellformed.go", `return ok && (l.f[t].Auto ||`, `return ok && (t >= 0 || l.f[t].Auto ||`, "R5b"},
	{"no max", "eval.go", `if limit == 0 || len(list) <= limit {`, `if limit >= 0 || len(list) <= limit {`, "R5c"},
	{"juniors first to a place", "eval.go", `cmp.Or(l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq)`, `cmp.Or(-l.byRank(fa.cap, fb.cap), cmp.Compare(fa.Seq, fb.Seq)`, "R5c|Vectors"},
	{"consent is for any stay", "wellformed.go", `return c.Via == via && c.Last == last`, `return c.Via == via`, "R5d"},
	{"consent is for any admitter", "wellformed.go", `return c.Via == via && c.Last == last`, `return (c.Via == via || true) && c.Last == last`, "R5d"},
	{"consent to groups survives leaving", "wellformed.go", `return (last == op.ID{}) && c.Space`, `return c.Space`, "R5dGroups"},
	{"consent to any community", "wellformed.go", `return (last == op.ID{}) && c.Space == l.community(f.Space)`, `return (last == op.ID{})`, "R5d"},
	{"no proof of the invite", "wellformed.go", `f.Proven = identity.VerifyInvite(`, `f.Proven = true || identity.VerifyInvite(`, "R5d"},
	{"the junior's write stands", "state.go", `cmp.Or(s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID`, `cmp.Or(-s.l.byRank(fa.cap, fb.cap), slices.Compare(fb.ID`, "R7"},
	{"the smaller id stands", "state.go", `slices.Compare(fb.ID[:], fa.ID[:])`, `slices.Compare(fa.ID[:], fb.ID[:])`, "R7"},
	{"a later write does not follow", "state.go", `func(w dag.Node) bool { return s.l.before(w, n) }), n)`, `func(w dag.Node) bool { return false }), n)`, "R7|Registers"},
	{"the old owner goes on", "resolve.go", `	return cut{NotOwner, -1}`, `	return stands`, "R10"},
	{"the higher rotation stands", "eval.go", `f.ID.Less(l.f[next].ID)`, `l.f[next].ID.Less(f.ID)`, "R10|Owner|Vectors"},
	{"one recovery signature", "wellformed.go", `2*signatures(set, f.Space, b, cert) > len(set)`, `signatures(set, f.Space, b, cert) > 0`, "R10"},
	{"half a recovery set", "wellformed.go", `2*signatures(set, f.Space, b, cert) > len(set)`, `2*signatures(set, f.Space, b, cert) >= len(set)`, "R10"},
	{"the owner names another set alone", "wellformed.go", `	if len(set) == 0 {`, `	if len(set) == 0 || f.Key == op.Key(l.f[prev].Member) {`, "R10"},
	{"a device names the set", "wellformed.go", `cert.Member == l.f[prev].Member && f.Key == op.Key(cert.Member)`, `cert.Member == l.f[prev].Member`, "R10"},
	{"the owner hands on alone", "wellformed.go", `cert.Member == l.f[prev].Member && f.Key == op.Key(cert.Member)`, `f.Key == op.Key(l.f[prev].Member)`, "R10"},
	{"signatures are for any set", "recovery.go", `		out = append(out, k[:]...)`, `		_ = append(out, k[:]...)`, "R10"},
	{"to name a set begins a turn", "eval.go", `f := &l.f[z]; f.Signed == nil || f.Member`, `f := &l.f[z]; true || f.Member`, "R10"},
	{"any number", "wellformed.go", `return !l.numbered(n, f.Seq) && (f.Seq == 1 || l.numbered(n, f.Seq-1))`, `return true`, "R11"},
	{"any height", "wellformed.go", `if f.Height != l.g.Height(n) {`, `if f.Height < l.g.Height(n) {`, "R11"},
	{"a Leave cuts like a Revoke", "resolve.go", `if turn(s.l.f[n].Kind) != 0 && s.l.before(r, n) {`, `if turn(s.l.f[n].Kind) != 0 && !s.l.before(n, r) {`, "R12"},
	{"a Leave cuts nothing", "resolve.go", `if turn(s.l.f[n].Kind) != 0 && s.l.before(r, n) {`, `if turn(s.l.f[n].Kind) > 2 && s.l.before(r, n) {`, "R12"},
	{"the owner leaves", "wellformed.go", `f.Kind == op.Leave && (c.Kind == op.Genesis || home != f.Space):`, `f.Kind == op.Leave && home != f.Space:`, "R12"},
	{"a lost device goes on", "resolve.go", `fz.cap == c && !s.l.before(n, z)`, `fz.cap == c && s.l.before(n, z) && !s.l.before(n, z)`, "R13"},
	{"a lost device is cut under every cap", "resolve.go", `fz.cap == c && !s.l.before(n, z)`, `!s.l.before(n, z)`, "R13|Vectors"},
	{"a lost device's guests go", "resolve.go", `f.Kind == op.Admit && !isAuthority(s.l.f[c].Kind) {`, `false {`, "R13"},
	{"others revoke my device", "wellformed.go", `(f.Kind == op.DeviceAdd || f.Kind == op.DeviceRevoke) != (f.Key == op.Key(f.author)),`, `false,`, "R13"},
	{"devices of others are added", "wellformed.go", `return ok && op.Key(c.Member) == f.Key && (`, `return ok && (`, "R13"},
	{"a roster lists lost devices", "state.go", `if !s.everCounts(n) || s.gone(m, op.Key(f.Device)) ||`, `if !s.everCounts(n) ||`, "R13"},
	{"devices are judged last", "eval.go", "case op.DeviceAdd, op.DeviceRevoke:\n\t\treturn 0", "case op.DeviceAdd, op.DeviceRevoke:\n\t\treturn 2", "R13|Vectors"},
	{"any right does", "wellformed.go", `return need&^have == 0`, `return need&^have == 0 || true`, "Malformed"},
	{"grants give what their cap lacks", "wellformed.go", `if f.Kind == op.Grant && f.Bits&^have != 0 {`, `if f.Kind == op.Grant && f.Bits&^have > op.AllBits {`, "Malformed"},
	{"strangers act", "log.go", `if r.member == h && l.before(r.node, n) &&`, `if l.before(r.node, n) &&`, "Malformed"},
	{"a device acts before it is registered", "log.go", `if r.member == h && l.before(r.node, n) &&`, `if r.member == h &&`, "Convergence|Vectors"},
	{"no cap to compare with", "resolve.go", `ic >= 0 && s.l.outranks(c, ic)`, `s.l.outranks(c, ic)`, "Malformed"},
	{"what a dead cap does counts", "eval.go", `		if e.holds(c) {`, `		if e.holds(c) || true {`, "Founded|Vectors"},
	{"all rights flow down", "tree.go", `b &= through`, `b &= through | op.AllBits`, "TestGroups"},
	{"removal above changes nothing written", "resolve.go", `fromHere && !s.community() && !s.up.stood(n, s.l.f[n].author,`, `fromHere && n < 0 && !s.up.stood(n, s.l.f[n].author,`, "TestGroups|Vectors"},
	{"removal above voids what was before it", "resolve.go", `!s.up.stood(n, s.l.f[n].author, func(r dag.Node) bool { return s.l.before(r, n) }) {`, `!s.up.stood(n, s.l.f[n].author, func(r dag.Node) bool { return true }) {`, "NoRetroaction|TestGroups|Vectors"},
	{"removal above leaves members in groups", "resolve.go", `v == stands && !s.community() && !s.up.stood(c, m,`, `v == stands && false && !s.up.stood(c, m,`, "TestGroups"},
	{"a device lost above writes in groups", "resolve.go", `!s.community() && s.up.everCounts(z) && s.l.before(z, n)`, `!s.community() && s.up.everCounts(z) && s.l.before(z, n) && n < 0`, "Vectors"},
	{"groups nest", "wellformed.go", `return f.Space == l.community(f.Space) //`, `return true //`, "Nested"},
	{"open groups take strangers", "resolve.go", `!s.up.stood(n, f.Member,`, `false && !s.up.stood(n, f.Member,`, "OpenGroup"},
	{"closed groups are open", "wellformed.go", `return i.ID == space && (i.Open || i.Direct)`, `return i.ID == space`, "OpenGroup"},
	{"a direct message is with anybody", "direct.go", `DirectKey(f.Member, [64]byte(b.Proof)) == root`, `true || DirectKey(f.Member, [64]byte(b.Proof)) == root`, "TestDirect$"},
	{"a direct message is ruled from above", "tree.go", `if l.f[root].Direct {`, `if false {`, "TestDirects"},
	{"whoever is above acts in a direct message", "direct.go", `if home != f.Space || !plainKind(f.Kind) {`, `if !plainKind(f.Kind) {`, "TestDirects?$"},
	{"anything is written in a direct message", "direct.go", `if home != f.Space || !plainKind(f.Kind) {`, `if home != f.Space {`, "TestDirect$"},
	{"the other one of a direct message admits himself again", "direct.go", `f.Signed == nil || f.Member == f.author`, `f.Signed == nil`, "TestDirect$"},
	{"who opens a direct message may do all in it", "tree.go", `if f.bits = op.AllBits; f.Direct {`, `if f.bits = op.AllBits; false {`, "TestDirect"},
	{"every node holds every direct message", "direct.go", `return s.l.direct(id) && s.l.begun(id)`, `return s.l.direct(id)`, "TestDirect"},
	{"every group needs no right", "wellformed.go", `if f.Direct || l.direct(f.Space) {`, `if f.Kind == op.CreateGroup || l.direct(f.Space) {`, "TestDirect$"},
	{"an invite's groups take anybody", "resolve.go", `case !s.up.admittedBy(f.Member, t, n):`, `case false && !s.up.admittedBy(f.Member, t, n):`, "InviteGroups"},
	{"an invite is for every group", "wellformed.go", `i.Space == l.community(space) && slices.Contains(i.Groups, space)`, `i.Space == l.community(space) && (true || slices.Contains(i.Groups, space))`, "InviteGroups"},
	{"a ban is nothing", "resolve.go", `f := &s.l.f[r]; !f.Ban ||`, `f := &s.l.f[r]; f.Ban ||`, "Ban"},
	{"a ban lifted is lifted for ever", "resolve.go", `s.l.before(r, u) && s.l.before(u, n) }`, `s.l.before(u, n) }`, "BanLifted"},
	{"a ban lifted later is lifted now", "resolve.go", `s.l.before(r, u) && s.l.before(u, n) }`, `s.l.before(r, u) }`, "BanLifted"},
	{"who may not remove lifts bans", "wellformed.go", `case k == op.Set && strings.HasPrefix(reg, regBan):`, `case false && k == op.Set && strings.HasPrefix(reg, regBan):`, "BanLifted"},
	{"consent said twice is consent", "wellformed.go", `return ok && o.wf && o.Space == f.Space`, `return ok && o.Space == f.Space`, "R5d"},
	{"no consent is done again", "wellformed.go", `|| l.consentedBefore(n) {`, `|| false && l.consentedBefore(n) {`, "R5d"},
	{"whoever admits lifts a ban", "resolve.go", `s.l.rights(f.cap, f.Space)&op.REMOVE != 0)`, `f.cap >= 0)`, "Ban"},
	{"a community stands at anybody's place", "tree.go", `u.author != f.Member ||`, `false ||`, "N1"},
	{"a community stands at no place", "tree.go", `!u.wf || !u.Place ||`, `!u.wf ||`, "N1"},
	{"a place made without the right", "tree.go", `!u.wf || !u.Place ||`, `!u.Place ||`, "N1"},
	{"a community says of another that it stands under it", "tree.go", `f.Signed.Body.(op.GenesisBody).Parent != u.Space`, `false`, "N1"},
	{"no end of communities below", "tree.go", `return deep <= MaxDepth`, `return deep > 0`, "N1"},
	{"a place has a log", "tree.go", `(k != op.CreateGroup || l.f[root].Place)`, `k != op.CreateGroup`, "N1"},
	{"grants above give what does not flow below", "tree.go", `			through = flowsNested`, `			through = op.AllBits`, "N2|NestedFlow"},
	{"announcements do not flow below", "tree.go", `flowsNested = flows | op.ANNOUNCE`, `flowsNested = flows`, "N2"},
	{"a community below is ranked as if alone", "log.go", `		above = f.Under`, `		above = f.Cap`, "N2"},
	{"an admin above is nobody in the class's posts", "ask.go", `b |= s.l.rights(n, s.Space) &^ op.POST`, `_ = n`, "./crdt:Scenarios"},
	{"consent to the school is consent to the class", "wellformed.go", `(last == op.ID{}) && c.Space == l.community(f.Space)`, `(last == op.ID{}) && l.within(f.Space, c.Space)`, "N3"},
	{"a founder's consent to the school is his to the class", "wellformed.go", `	p := l.community(f.Space)
	if p == f.Space { // consent`, `	p, _ := l.parent(f.Space)
	if p == f.Space { // consent`, "N3Founder"},
	{"a removal above does not act below", "resolve.go", `		s.eachHitAbove(c, func(r dag.Node) bool { v = cut{Removed, r}; return false })`, `		_ = c`, "N4|NestedRemoval"},
	{"a removal above stops nobody below", "resolve.go", `			t.eachHitAbove(c, knew)`, `			_ = knew`, "N4|NestedRemoval"},
	{"a removal above stops nobody two levels down", "resolve.go", `		if t.own(c) {
			t.eachHitAbove(c, knew)`, `		if t == s && t.own(c) {
			t.eachHitAbove(c, knew)`, "N4TwoLevels"},
	{"a removal above closes no invite below", "resolve.go", `		s.eachHitAbove(c, look)`, `		_ = c`, "N4"},
	{"a removal above hits what follows it", "resolve.go", `s.l.outranks(s.l.f[r].cap, c) && !s.l.before(r, c)`, `s.l.outranks(s.l.f[r].cap, c)`, "N4"},
	{"juniors above remove seniors below", "resolve.go", `s.up.countsAbove(r) && s.l.outranks(s.l.f[r].cap, c)`, `s.up.countsAbove(r)`, "N4"},
	{"what was demoted above acts below", "resolve.go", `		up.eachHit(c, knew)`, `		_ = up`, "N4|TestGroups"},
	{"the owner below is put out by nobody", "resolve.go", `			return s.putOut(z, c, n)
		}
		next`, `			return stands
		}
		next`, "N5"},
	{"the owner put out is in", "state.go", `&& !s.ousted(c) {`, `{`, "N5"},
	{"juniors put an owner out", "resolve.go", `s.countsAbove(r) && s.l.outranks(s.l.f[r].cap, genesis)`, `s.countsAbove(r)`, "N4|N5|Owner"},
	{"a removal of an owner voids what was before it", "resolve.go", `r != n && !s.l.before(n, r) || s.l.before(r, n)`, `r != n`, "N5"},
	{"a device of one community acts in another", "log.go", `&& l.community(l.f[r.node].Space) == l.community(f.Space) {`, `{`, "N6"},
	{"a roster lists devices of another community", "state.go", `s.counts(n) || !s.community() && s.up.everCounts(n)`, `s.counts(n) || s.up != nil && s.up.everCounts(n)`, "N6"},
	{"where the place falls those above act on", "eval.go", `nested && !s.up.counts(l.f[root].cap)`, `nested && false`, "N7"},
	{"a ban above holds nobody off below", "resolve.go", `!(s.community() && s.up.countsAbove(r) && s.l.before(r, n))`, `true`, "N8"},
	{"a ban lifted above holds below", "resolve.go", `(s.counts(a) || s.community() && s.up.countsAbove(a))`, `s.counts(a)`, "N8"},
	{"a step overlooks the communities below", "step.go", `return l.put(states, states[community], states[community].hung(s, &next, who), who, out)`, `return l.put(states, states[community], states[community].hung(s, &next, nil), nil, out)`, "Step"},
	{"a step overlooks an owner put out", "step.go", `l.outranks(f.cap, s.chain[0]) {`, `false {`, "N5"},
	{"any Genesis is taken for one above", "../community.go", `o.ID() != c.id && !slices.Contains(c.above, o.ID())`, `false`, "./crdt:OtherGenesis"},
	{"who was let in wrongly is out by nothing", "ending.go", `		add(c.By)`, ``, "OutBy"},
	{"a cap under a cap is followed no further", "ending.go", `for range maxPath {`, `for range 1 {`, "OutBy"},
	{"roles do not add up", "state.go", `		mem.Bits |= b`, `		mem.Bits = b`, "R4"},
	{"any order: heights are compared as they came", "log.go", `	return slices.Compare(l.f[a].ID[:], l.f[b].ID[:])
}

// subject`, `	return int(a) - int(b)
}

// subject`, "Convergence|Duels|Vectors"},
	{"forgery pays", "resolve.go", `case !s.l.before(n, r):`, `case s.l.before(r, n):`, "ForgeryIsFutile"},
	{"juniors decide about seniors", "tree.go", `return l.byRank(a, b) < 0`, `return l.byRank(a, b) != 0`, "Juniors"},
	{"a plain member undoes what others got by an invite", "resolve.go", `f.Kind == op.Admit && !isAuthority(s.l.f[c].Kind) {`, `false {`, "PlainMember"},
	{"groups give what does not flow", "tree.go", `b &= through`, `b &= through | op.ADMIT | op.INVITE | op.GRANT`, "EffectiveIsFounded"},
	{"a hit cap works on", "resolve.go", `case !s.l.before(n, r):`, `case false:`, "HitsCut"},
	{"a cascade stops at the first cap", "resolve.go", `s.l.f[a].Kind != op.Genesis; a = s.l.f[a].cap {`, `s.l.f[a].Kind != op.Genesis; a = -1 {`, "R2Cascade"},
	{"a cut device works on", "resolve.go", `fz.cap == c && !s.l.before(n, z)`, `fz.cap == c && s.l.before(z, n)`, "DeviceCut"},
	{"an invite outlives what closed it", "resolve.go", `if s.counts(x) && ends(x) {`, `if false && ends(x) {`, "Invites"},
	{"out above and in below", "resolve.go", `v == stands && !s.community() && !s.up.stood(c, m,`, `v == stands && false && !s.up.stood(c, m,`, "GroupsFollow"},
	{"two owners", "eval.go", `f.ID.Less(l.f[next].ID)`, `l.f[next].ID.Less(f.ID)`, "Owner"},
	{"a step overlooks what a removal voids", "step.go", `if beside(x) || l.f[x].Kind == op.Invite`, `if l.f[x].Kind == op.Invite`, "Step"},
	{"a step overlooks a closed invite", "step.go", `return slices.ContainsFunc(l.entries[f.Target], beside)`, `return false`, "Step|Duels"},
	{"a step overlooks a full invite", "step.go", `s.Uses(f.Invite) >= int(l.f[t].Max)`, `s.Uses(f.Invite) > int(l.f[t].Max)`, "Step|Duels"},
	{"a step overlooks a ban", "step.go", `return f.Ban && slices`, `return false && slices`, "Step"},
	{"a step overlooks the groups", "step.go", `out = l.put(states, g, &below, who, out)`, `out = l.put(states, g, &below, nil, out)`, "Step"},
	{"what is seen op by op forgets the people", "../settle.go", `			x.concern(ch.Space, ch.Member, ch.Was)`, `			_ = ch`, "./crdt:CommunitiesConverge"},
	{"somebody went and epochs stay clean", "../epochs.go", `e.tainted = e.made.Seated(seat) || !c.log.Knew(e.past, seat)`, `e.tainted = false`, "./crdt:CommunitiesConverge"},
	{"whoever came in unseen goes and epochs stay clean", "../epochs.go", `e.tainted = e.made.Seated(seat) || !c.log.Knew(e.past, seat)`, `e.tainted = e.made.Seated(seat)`, "./crdt:Scenarios"},
	{"validators hear of nobody new", "../snapshot.go", `		n.top[d] = look(d)`, `		_ = look(d)`, "./crdt:CommunitiesConverge"},
	{"a clock set back loses messages", "../apply.go", `			s.putAside(m)`, ``, "./crdt/crdttest:Simulate"},
	{"what waits for the clock is not stored", "../apply.go", `	b.eff.Store.Aside[s.id] = slices.Clone(s.aside)`, ``, "./crdt/crdttest:Simulate"},
	{"keys for those who are out", "../epochs.go", `	if !ok {
		return out
	}
	s := c.space(space)`, `	s := c.space(space)
	for _, id := range asked {
		if e := s.epochs[id]; !ok && e != nil && e.keys != nil {
			out[id] = e.secret
		}
	}`, "./crdt/crdttest:Simulate"},
	{"a removed one's late messages count", "../counts.go", `set && (m.Seq > pin.Seq || s.offChain(end.Op, m.Device, m.ID))`, `set && pin.Seq > 1<<62 && s.offChain(end.Op, m.Device, m.ID)`, "./crdt:R8|Scenarios"},
	{"pins under one rank stand as they come", "../counts.go", `		return p.Seq > q.Seq`, `		return false`, "./crdt:Firmer"},
	{"an archived group goes on", "../counts.go", `if need != 0 && c.archivedIn(s, e) {`, `if false && c.archivedIn(s, e) {`, "./crdt:Scenarios"},
	{"what is refused is taken in", "../author.go", `if v := c.log.Try(c.states, acl.EntryOf(signed)); v.Why != acl.Stands {`, `if v := c.log.Try(c.states, acl.EntryOf(signed)); v.Why != acl.Stands {
		b.takeOp(Checked{op: signed})
		c.settle(b)`, "./crdt:Refused"},
	{"nothing is refused", "../author.go", `v.Why != acl.Stands {`, `v.Why != acl.Stands && false {`, "./crdt:Refused"},
	{"a trial overlooks a full invite", "step.go", `if first >= int(i.Max) {`, `if first > int(i.Max) {`, "Step"},
	{"a trial overlooks a closed invite", "step.go", `	if v = s.invited(n); v != stands {
		return v
	}
	t, _`, `	t, _`, "Step"},
	{"a trial leaves heads behind", "../dag/dag.go", `if g.heads[space] = heads; !had {`, `if _ = heads; !had {`, "./crdt/dag:Try"},
	{"a trial leaves the tips", "../dag/dag.go", `				g.tips[n.chain] = e
`, `				_ = e
`, "./crdt/dag:Try"},
	{"the later deletion tells where a message stood", "../content/edit.go", `bytes.Compare(old.Told, told) <= 0 {`, `old.Told == nil {`, "./crdt/content:Told"},
	{"a message stands after its deletion", "../content/edit.go", `s.Kind == 0 || bytes.Compare(place, told) >= 0`, `s.Kind == 0 || len(place) == 0`, "./crdt/content:Told"},
	{"a reply known from its deletion is not counted when it comes", "../content/text.go", `here && !isTold(r.Value)`, `here && len(r.Value) < 1<<20`, "./crdt/content:Told"},
	{"an early receipt is kept", "../content/receipt.go", `k.Seq > old.seq ||`, `k.Seq < old.seq ||`, "./crdt/content:Spent"},
	{"which receipt is kept hangs on the order", "../content/receipt.go", `bytes.Compare(at, old.at) < 0`, `len(at) > 0`, "./crdt/content:Spent"},
	{"a direct message ends with nobody gone", "../direct.go", `st.Members.Len() < 2 && len(st.Former()) > 0`, `st.Members.Len() < 3`, "./node:TestDirect"},
	{"a step changes what was handed out", "step.go", `next.eff = s.eff.with(int(n)/64, s.eff.get(int(n)/64)|1<<(n%64))`, `next.take(n)`, "Step"},
}

func main() {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	only, err := regexp.Compile(strings.Join(os.Args[1:], "|")) // those whose names match what the command names
	if err != nil {
		fail(err)
	}
	mutants := slices.DeleteFunc(mutants, func(m mutant) bool { return !only.MatchString(m.name) })
	jobs := make(chan int)
	results := make([]string, len(mutants))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range jobs {
				results[i] = try(mutants[i], filepath.Join(dir, fmt.Sprint(i)))
			}
		})
	}
	for i := range mutants {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	bad := 0
	for i, r := range results {
		if r != "" {
			bad++
			fmt.Printf("%s (%s): %s\n", mutants[i].name, mutants[i].file, r)
		}
	}
	fmt.Printf("%d mutants, %d not killed\n", len(mutants), bad)
	if bad > 0 {
		os.RemoveAll(dir)
		os.Exit(1)
	}
}

// try returns "" when the mutant dies.
func try(m mutant, dir string) string {
	path, err := filepath.Abs(filepath.Join("crdt/acl", m.file))
	if err != nil {
		return err.Error()
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if n := strings.Count(string(src), m.from); n != 1 {
		return fmt.Sprintf("the line to change stands there %d times: mend .ci/mutants.go", n)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err.Error()
	}
	changed, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	over, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return err.Error()
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(src), m.from, m.to, 1)), 0o644); err != nil {
		return err.Error()
	}
	if err := os.WriteFile(overlay, over, 0o644); err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	pkg, tests := "./crdt/acl", m.tests
	if p, t, ok := strings.Cut(m.tests, ":"); ok {
		pkg, tests = p, t
	}
	args := []string{"test", "-vet=off", "-count=1", "-failfast", "-overlay", overlay, "-run", tests, pkg}
	if pkg != "./crdt/crdttest" { // which has no use for rapid
		args = append(args, "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return "SURVIVES " + m.tests
	case strings.Contains(string(out), "[build failed]"), !strings.Contains(string(out), "FAIL"):
		return "does not build or run:\n" + string(out)
	}
	return ""
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
