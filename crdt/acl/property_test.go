package acl

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// onHistories runs f on random histories with all their states.
func onHistories(t *testing.T, f func(t *rapid.T, w *world, all map[op.ID]*State)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		var w *world
		if kind := rapid.IntRange(0, 3).Draw(t, "kind"); kind == 0 {
			w = nested(t, rapid.IntRange(5, 40).Draw(t, "acts"))
		} else if kind == 1 {
			d := fought(t, rapid.Uint64Range(1<<20, 1<<40).Draw(t, "seed"))
			w, d.trusted = d.world, false
			w.random(t, rapid.IntRange(0, 10).Draw(t, "afterwards"), limits{byz: 60})
		} else {
			w = history(t, rapid.IntRange(5, 40).Draw(t, "acts"))
		}
		f(t, w, w.states())
	})
}

func same(t rapid.TB, what string, want, got map[op.ID]*State) {
	t.Helper()
	if d := cmp.Diff(views(want), views(got)); d != "" {
		t.Fatalf("%s:\n%s", what, d)
	}
}

// TestConvergence: in every order of delivery, with duplicates, cut into batches with an Eval after each, everybody ends in one state.
func TestConvergence(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for range 2 {
			list := rapid.Permutation(append(slices.Clone(w.ops), w.ops[:len(w.ops)/2]...)).Draw(t, "order")
			l := NewLog()
			for len(list) > 0 {
				var again []*op.Op
				batch := rapid.IntRange(1, len(list)).Draw(t, "batch")
				for _, o := range list[:batch] {
					e := EntryOf(o)
					switch miss := l.Missing(e); {
					case len(miss) > 0:
						if l.Add(e) == nil {
							t.Fatal("added without its past")
						}
						again = append(again, o)
					case l.Add(e) != nil:
						t.Fatal("not added")
					}
				}
				list = append(list[batch:], again...)
				l.EvalAll(w.community)
			}
			got := l.EvalAll(w.community)
			same(t, "another order of delivery gives another state", all, got)
			if Hash(got) != Hash(all) {
				t.Fatal("equal states, unequal hashes")
			}
			for id, s := range all {
				if one := l.Eval(id); cmp.Diff(viewOf(s), viewOf(one)) != "" {
					t.Fatal("Eval and EvalAll disagree")
				}
			}
			for _, o := range w.ops {
				a, aok := w.log.Author(o.ID())
				b, bok := l.Author(o.ID())
				if a != b || aok != bok || w.log.f[w.node(o.ID())].wf != l.f[mustFind(l, o.ID())].wf {
					t.Fatalf("%s: author or form depend on the order", w.describe(o.ID()))
				}
			}
		}
	})
}

func mustFind(l *Log, id op.ID) dag.Node { n, _ := l.g.Find(id); return n }

// TestEvalAt: what a past says does not change with what comes after or beside it.
func TestEvalAt(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, _ map[op.ID]*State) {
		heads := []op.ID{pick(t, "head", w.ops).ID(), pick(t, "head", w.ops).ID()}
		past, _ := w.log.g.PastOf(heads...)
		l := NewLog()
		for _, o := range w.ops {
			if past.Has(w.node(o.ID())) {
				l.Add(EntryOf(o))
			}
		}
		if _, ok := l.g.Find(w.community); !ok {
			return
		}
		at, alone := w.log.EvalAt(w.community, heads...), l.Eval(w.community)
		if d := cmp.Diff(viewOf(alone), viewOf(at)); d != "" {
			t.Fatalf("EvalAt is not Eval of the past alone:\n%s", d)
		}
	})
}

// TestOwner: there is one owner, who has all rights, and what he does under Genesis stands unless its form is wrong.
func TestOwner(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		s := all[w.community]
		if m, in := s.Members.Get(s.Owner); s.ousted(s.turns[len(s.turns)-1]) { // below another community, by somebody above
			turn := w.log.f[s.turns[len(s.turns)-1]].ID
			if s.up == nil || in && slices.Contains(m.Caps, turn) { // who owns above may grant him all rights again
				t.Fatal("the owner put out owns")
			}
		} else if !in || m.Bits != op.AllBits {
			t.Fatalf("the owner has %v", m.Bits)
		}
		if len(s.chain) == 1 && s.Owner != w.log.f[s.root].Member {
			t.Fatal("another owner without a rotation")
		}
		for k := 1; k < len(s.chain); k++ {
			if w.log.f[s.chain[k]].Target != w.log.f[s.chain[k-1]].ID {
				t.Fatal("the owner chain has a gap")
			}
			for _, o := range w.log.rotates[w.community] {
				if f := &w.log.f[o]; f.wf && f.Target == w.log.f[s.chain[k-1]].ID && f.ID.Less(w.log.f[s.chain[k]].ID) {
					t.Fatal("of two rotations not the lowest id stands")
				}
			}
		}
	})
}

// TestEffectiveIsFounded: an effective op is well-formed, its cap is effective, has the right, and gives no more than it has; and in a
// group it uses only what flows down.
func TestEffectiveIsFounded(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			for _, n := range w.effectiveHere(s) {
				f := &w.log.f[n]
				if f.Kind == op.OwnerRotate {
					continue
				}
				c := &w.log.f[f.cap]
				founded := false
				for up := s; up != nil; up = up.up {
					founded = founded || up.counts(f.cap)
				}
				have := w.log.rights(f.cap, s.Space)
				switch need := Needs(f.Kind, f.Reg); {
				case !f.wf, !founded:
					t.Fatalf("%s stands on nothing", w.describe(f.ID))
				case f.Kind == op.Admit && c.Kind == op.Admit:
					if i := &w.log.f[w.node(f.Invite)]; !i.Auto && i.Kind != op.CreateGroup {
						t.Fatalf("%s: a member admits by what is no auto invite", w.describe(f.ID))
					}
				case f.Direct || w.log.direct(f.Space) && f.cap == w.node(f.Space): // TestDirects
				case need&^have != 0:
					t.Fatalf("%s without the right to %s", w.describe(f.ID), need)
				case f.Kind == op.Grant && f.Bits&^have != 0:
					t.Fatalf("%s gives more than its cap has", w.describe(f.ID))
				}
				if c.Kind == op.Grant && c.Space != s.Space {
					flow := op.REMOVE | op.GROUPS | op.MODERATE
					if w.log.f[s.root].Open {
						flow |= op.ADMIT | op.INVITE | op.GRANT
					}
					if need := Needs(f.Kind, f.Reg); need&^flow != 0 {
						t.Fatalf("%s uses %s, which does not flow down", w.describe(f.ID), need)
					}
				}
			}
		}
	})
}

// inOrder lists spaces by id: what draws for each must draw in the same order for a seed to say the same.
func inOrder(all map[op.ID]*State) []op.ID {
	return slices.SortedFunc(maps.Keys(all), func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
}

// strictHits says by the words of the rule, and not by Eval's own lists, whether an effective Revoke hits a cap.
func (w *world) strictHits(r, c dag.Node) bool {
	fr, fc := &w.log.f[r], &w.log.f[c]
	if fr.Kind != op.Revoke || fc.Kind == op.Genesis || !w.log.outranks(fr.cap, c) {
		return false
	}
	if (fr.Target != op.ID{}) {
		return fr.Target == fc.ID
	}
	return w.subjectOf(c) == fr.Member && !w.log.before(r, c)
}

// TestHitsCut (R1, R2, R3): everything effective under a hit cap is before the hit; under a cap whose path a cascading Revoke hits as well;
// after a Leave of the cap nothing stands but devices; a hit cap gives nothing.
func TestHitsCut(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			revs := w.effectiveHere(s, op.Revoke, op.Leave)
			for _, n := range w.effectiveHere(s) {
				f := &w.log.f[n]
				if f.Kind == op.OwnerRotate {
					continue
				}
				for _, r := range revs {
					if r == n {
						continue
					}
					fr := &w.log.f[r]
					if w.strictHits(r, f.cap) && !w.log.before(n, r) {
						t.Fatalf("%s stands beside or after %s", w.describe(f.ID), w.describe(fr.ID))
					}
					if fr.Kind == op.Leave && fr.cap == f.cap && w.log.before(r, n) && f.Kind != op.DeviceAdd && f.Kind != op.DeviceRevoke {
						t.Fatalf("%s stands after %s", w.describe(f.ID), w.describe(fr.ID))
					}
					for a := w.log.f[f.cap].cap; fr.Cascade && a >= 0 && w.log.f[a].Kind != op.Genesis; a = w.log.f[a].cap {
						if w.strictHits(r, a) && !w.log.before(n, r) {
							t.Fatalf("%s stands in spite of the cascade of %s", w.describe(f.ID), w.describe(fr.ID))
						}
					}
				}
			}
			for _, id := range s.LiveIDs() {
				c := w.node(id)
				for _, r := range revs {
					fr := &w.log.f[r]
					if w.strictHits(r, c) || fr.Kind == op.Leave && fr.cap == c {
						t.Fatalf("%s lives in spite of %s", w.describe(w.log.f[c].ID), w.describe(fr.ID))
					}
					for a := w.log.f[c].cap; fr.Cascade && a >= 0 && w.log.f[a].Kind != op.Genesis; a = w.log.f[a].cap {
						if w.strictHits(r, a) {
							t.Fatalf("%s lives below what %s hits", w.describe(w.log.f[c].ID), w.describe(fr.ID))
						}
					}
				}
			}
			for _, c := range w.effectiveHere(s, op.Grant, op.Admit) { // and, in a community, nothing else ends a cap (R3: a re-add after the removal stands)
				if s.up != nil || s.lives(c) {
					continue
				}
				ended := false
				for _, r := range revs {
					fr := &w.log.f[r]
					ended = ended || w.strictHits(r, c) || fr.Kind == op.Leave && fr.cap == c
					for a := w.log.f[c].cap; fr.Cascade && a >= 0 && w.log.f[a].Kind != op.Genesis; a = w.log.f[a].cap {
						ended = ended || w.strictHits(r, a)
					}
				}
				if !ended {
					t.Fatalf("%s is dead and nothing ended it", w.describe(w.log.f[c].ID))
				}
			}
		}
	})
}

// TestDeviceCut (R13): what a revoked device wrote under the same cap in the same log stands only before the revocation.
func TestDeviceCut(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			for _, z := range w.effectiveHere(s, op.DeviceRevoke) {
				fz := &w.log.f[z]
				for _, n := range w.effectiveHere(s) {
					f := &w.log.f[n]
					byInvite := f.Kind == op.Admit && w.log.f[f.cap].Kind == op.Admit
					if f.Key == op.Key(fz.Device) && f.author == fz.author && f.cap == fz.cap && !byInvite && f.Kind != op.OwnerRotate && !w.log.before(n, z) {
						t.Fatalf("%s stands in spite of %s", w.describe(f.ID), w.describe(fz.ID))
					}
				}
			}
			for m, mem := range s.Members.All() {
				for up := s; up != nil && w.log.community(up.Space) == w.log.community(s.Space); up = up.up {
					for _, z := range w.effectiveHere(up, op.DeviceRevoke) {
						if fz := &w.log.f[z]; fz.author == m && slices.Contains(mem.Devices, fz.Device) {
							t.Fatalf("a roster lists the device that %s ended", w.describe(fz.ID))
						}
					}
				}
			}
		}
	})
}

// TestInvites (R5a–R5c): an Admit through an invite is before every RevokeInvite of it and before every Revoke of the cap it was made under,
// and no more than max stand through one that is not auto.
func TestInvites(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			used := map[op.ID]int{}
			for _, n := range w.effectiveHere(s, op.Admit) {
				f := &w.log.f[n]
				if (f.Invite == op.ID{}) || f.Invite == s.Space {
					continue
				}
				used[f.Invite]++
				i := w.node(f.Invite)
				for _, x := range w.effectiveHere(s, op.RevokeInvite) {
					fx := &w.log.f[x]
					if fx.Target == f.Invite && !w.log.before(n, x) {
						t.Fatalf("%s by a revoked invite", w.describe(f.ID))
					}
					ic := w.log.f[w.node(fx.Target)].cap
					if ic != fx.cap && !w.log.outranks(fx.cap, ic) {
						t.Fatalf("%s by a junior of who made the invite", w.describe(fx.ID))
					}
				}
				for _, r := range w.effectiveHere(s, op.Revoke) {
					for a := w.log.f[i].cap; a >= 0 && w.log.f[a].Kind != op.Genesis; a = w.log.f[a].cap {
						if (a == w.log.f[i].cap || w.log.f[r].Cascade) && w.strictHits(r, a) && !w.log.before(n, r) {
							t.Fatalf("%s by the invite of somebody removed", w.describe(f.ID))
						}
					}
				}
			}
			for id, n := range used {
				if i := &w.log.f[w.node(id)]; i.Space == s.Space && !i.Auto && i.Max > 0 && n > int(i.Max) {
					t.Fatalf("%d came by an invite for %d", n, i.Max)
				}
				if s.Uses(id) != n {
					t.Fatalf("Uses says %d, there are %d", s.Uses(id), n)
				}
			}
		}
	})
}

// TestRegisters (R7): the value of a register is one that no effective write of it follows, by the most senior cap, then the larger id.
func TestRegisters(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			best := map[string]dag.Node{}
			writes := w.effectiveHere(s, op.Set)
			for _, a := range writes {
				fa := &w.log.f[a]
				if slices.ContainsFunc(writes, func(b dag.Node) bool { return w.log.f[b].Reg == fa.Reg && w.log.before(a, b) }) {
					continue
				}
				b, ok := best[fa.Reg]
				if fb := &w.log.f[b]; !ok || w.log.outranks(fa.cap, fb.cap) || fa.cap == fb.cap && fb.ID.Less(fa.ID) {
					best[fa.Reg] = a
				}
			}
			if len(best) != len(s.Values) {
				t.Fatalf("%d registers, %d values", len(best), len(s.Values))
			}
			for reg, n := range best {
				if string(s.Values[reg]) != string(w.log.f[n].Val) {
					t.Fatalf("register %s is %q, want %q", reg, s.Values[reg], w.log.f[n].Val)
				}
			}
		}
	})
}

// TestGroupsFollow: whoever is in a group is in the community; what somebody writes in a group holds a community cap of his that nothing in
// its past has ended.
func TestGroupsFollow(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			if s.community() {
				continue
			}
			for m := range s.Members.All() {
				if !s.up.Members.Has(m) {
					t.Fatal("somebody is in the group and not in the community")
				}
			}
			for _, n := range w.effectiveHere(s) {
				stands := !slices.Contains([]op.ID{s.Space, s.Parent}, w.log.home(w.log.f[n].cap)) // from above the community: TestNestedFlow
				s.up.eachStanding(w.log.f[n].author, func(c dag.Node) bool {
					if w.log.before(c, n) && !slices.ContainsFunc(s.up.enders(c), func(r dag.Node) bool { return w.log.before(r, n) }) {
						stands = true
					}
					return true
				})
				if !stands {
					t.Fatalf("%s by somebody who was out of the community", w.describe(w.log.f[n].ID))
				}
			}
		}
	})
}

// TestDirects: whatever anybody writes, in a direct message there are its author and the one it was opened with, none of whom has more than
// POST, no register, and nothing written by others.
func TestDirects(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for id, d := range w.directs {
			s := all[id]
			if s == nil {
				continue
			}
			author, _ := w.log.Author(id)
			of := func(m identity.UserID) bool { return m == author || m == d.other.id() }
			for m, mem := range s.Members.All() {
				if !of(m) || mem.Bits&^op.POST != 0 {
					t.Fatalf("%v is in with %v", m, mem.Bits)
				}
			}
			if len(s.Values) > 0 || s.Can(w.owner.id(), op.REMOVE) == nil || s.Can(author, op.ADMIT) == nil {
				t.Fatal("somebody rules a direct message")
			}
			for _, n := range w.effectiveHere(s) {
				if m := w.log.f[n].author; !of(m) || w.log.f[n].Kind == op.Admit && m != author {
					t.Fatalf("%s in a direct message of others", w.describe(w.log.f[n].ID))
				}
			}
		}
		for _, s := range all { // who is neither hears of it by its CreateGroup alone
			if w.log.direct(s.Space) && !w.log.begun(s.Space) {
				t.Fatal("there is a state of a direct message of which nothing is here")
			}
		}
	})
}

// withoutDevices leaves out what a person may do to his own devices even when his caps are gone.
func withoutDevices(states map[op.ID]*State) map[op.ID]view {
	out := views(states)
	for id, v := range out {
		members := map[identity.UserID]Member{}
		for m, mem := range v.Members {
			mem.Devices = nil
			members[m] = mem
		}
		v.Members, v.Roster = members, nil
		out[id] = v
	}
	return out
}

// TestForgeryIsFutile: whatever is written under caps that a Revoke has ended, with any past, changes nothing.
func TestForgeryIsFutile(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for id, s := range all {
			var dead []op.ID
			for _, c := range w.effectiveHere(s, op.Grant, op.Admit) {
				if slices.ContainsFunc(s.hitters(c), func(r dag.Node) bool { return w.log.f[r].Kind == op.Revoke }) {
					dead = append(dead, w.log.f[c].ID)
				}
			}
			if len(dead) == 0 {
				continue
			}
			h := w.copy()
			h.random(t, 6, limits{caps: dead, spaces: []op.ID{id}, byz: 90})
			if d := cmp.Diff(withoutDevices(all), withoutDevices(h.states())); d != "" {
				t.Fatalf("a removed one changes something:\n%s", d)
			}
		}
	})
}

// TestJuniors: what is written under one grant decides nothing about what its seniors wrote, and ends no cap of theirs.
func TestJuniors(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, id := range inOrder(all) {
			s := all[id]
			grants := w.effectiveHere(s, op.Grant)
			if len(grants) == 0 {
				continue
			}
			j := pick(t, "junior", grants)
			h := w.copy()
			h.random(t, 6, limits{caps: []op.ID{w.log.f[j].ID}, spaces: []op.ID{id}, byz: 80})
			after := h.states()[id]
			for _, o := range w.ops {
				n := w.node(o.ID())
				f := &w.log.f[n]
				if f.Space != id || f.cap < 0 || f.Kind == op.OwnerRotate || o.ID() == id {
					continue
				}
				// how many places an invite has left depends on who else was admitted by it, by rule R5c
				if f.Kind != op.Admit && w.log.outranks(f.cap, j) && s.Effective(f.ID) != after.Effective(f.ID) {
					t.Fatalf("a junior decides about %s", w.describe(f.ID))
				}
				if isAuthority(f.Kind) && s.Live(f.ID) && w.log.outranks(n, j) && !after.Live(f.ID) {
					t.Fatalf("a junior ends %s", w.describe(f.ID))
				}
			}
		}
	})
}

// TestPlainMember: what a plain member writes changes nobody else, in the community and in any group.
func TestPlainMember(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, id := range inOrder(all) {
			s := all[id]
			admits := w.effectiveHere(s, op.Admit)
			if len(admits) == 0 {
				continue
			}
			c := pick(t, "member", admits)
			guests := func(c dag.Node) []dag.Node {
				return slices.DeleteFunc(slices.Clone(w.log.under[id][c]), func(n dag.Node) bool { return w.log.f[n].Kind != op.Admit || !s.counts(n) })
			}
			if hosts := slices.DeleteFunc(slices.Clone(admits), func(c dag.Node) bool { return len(guests(c)) == 0 }); len(hosts) > 0 && rapid.Bool().Draw(t, "a host") {
				c = pick(t, "host", hosts)
			}
			me := w.subjectOf(c)
			h := w.copy()
			for _, g := range guests(c) { // he revokes the device that wrote their Admits, and dates it back
				for _, p := range h.people {
					if dev := slices.IndexFunc(p.devs, func(k identity.DeviceKey) bool { return op.Key(k.ID()) == h.log.f[g].Key }); p.id() == me && dev >= 0 {
						h.revokeDevice(act{by: p, space: id, cap: w.log.f[c].ID, after: []op.ID{w.log.f[c].ID}}, dev)
					}
				}
			}
			h.random(t, 6, limits{caps: []op.ID{w.log.f[c].ID}, spaces: []op.ID{id}, byz: 80})
			after := h.states()
			for space, was := range all {
				now := after[space]
				if author, _ := h.log.Author(space); now == nil && h.log.direct(space) && author == me {
					continue // he has revoked, and dated back, the device with which he opened it
				}
				if now == nil {
					t.Fatal("a member ends a group")
				}
				for _, x := range was.LiveIDs() {
					if !now.Live(x) && h.subjectOf(h.node(x)) != me {
						t.Fatalf("a member ends %s", h.describe(x))
					}
				}
				for _, x := range was.EffectiveIDs() {
					if m, _ := h.log.Author(x); !now.Effective(x) && m != me {
						t.Fatalf("a member voids %s", h.describe(x))
					}
				}
				for m, mem := range now.Members.All() {
					before, in := was.Members.Get(m)
					if m == me || !in {
						continue
					}
					if before.Bits&^mem.Bits != 0 || mem.Bits&^before.Bits&^op.POST != 0 {
						t.Fatalf("a member changes the rights of another: %v, now %v", before.Bits, mem.Bits)
					}
					for _, d := range before.Devices {
						if !slices.Contains(mem.Devices, d) {
							t.Fatal("a member takes a device from another")
						}
					}
				}
				if cmp.Diff(was.Values, now.Values) != "" || was.Owner != now.Owner {
					t.Fatal("a member changes a setting")
				}
			}
		}
	})
}

// TestNoRetroaction: a fresh Revoke or DeviceRevoke in the community voids nothing that a group's log already holds, though the person is
// out of it.
func TestNoRetroaction(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		if len(all) == 1 {
			return
		}
		h := w.copy()
		who := pick(t, "who", w.people[1:])
		s := all[w.community]
		if rapid.Bool().Draw(t, "device") {
			caps := s.Members.Of(who.id()).Caps
			if len(caps) == 0 {
				return
			}
			h.revokeDevice(act{by: who, cap: pick(t, "cap", caps)}, rapid.IntRange(0, 1).Draw(t, "lost"))
		} else if s.Owner == w.owner.id() && len(w.effectiveHere(s, op.DeviceRevoke)) == 0 {
			h.revoke(act{}, who, op.ID{}, rapid.Bool().Draw(t, "cascade"))
		}
		after := h.states()
		for id, was := range all {
			if id == w.community {
				continue
			}
			now := after[id]
			if now == nil {
				t.Fatal("a group is gone")
			}
			if d := cmp.Diff(was.EffectiveIDs(), now.EffectiveIDs()); d != "" {
				t.Fatalf("a group's log is rewritten:\n%s", d)
			}
			for m := range now.Members.All() {
				if !after[w.community].Members.Has(m) {
					t.Fatal("out of the community and still in a group")
				}
			}
		}
	})
}

// TestRoster: a roster names each device of each member once for each cap, and nobody else.
func TestRoster(t *testing.T) {
	onHistories(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		for _, s := range all {
			n := 0
			for m, mem := range s.Members.All() {
				n += len(mem.Caps) * len(mem.Devices)
				for _, d := range mem.Devices {
					if who, ok := s.Who(d); !ok || who != m && !slices.Contains(s.Members.Of(who).Devices, d) {
						t.Fatalf("device of %v is taken for that of %v", m, who)
					}
				}
				for _, c := range mem.Caps {
					if !s.Live(c) && !slices.Contains(s.chain, w.node(c)) {
						t.Fatal("a member sits on a dead cap")
					}
				}
			}
			roster := s.Roster()
			if n != len(roster) || n > 0 && !s.Seated(roster[0]) || !slices.IsSortedFunc(roster, func(a, b Seat) int {
				return slices.Compare(append(a.Cap[:], a.Device[:]...), append(b.Cap[:], b.Device[:]...))
			}) {
				t.Fatalf("%d seats, want %d, sorted", len(roster), n)
			}
			for _, seat := range s.Gone() {
				if slices.Contains(roster, seat) || s.Seated(seat) {
					t.Fatal("a seat is both taken and gone")
				}
			}
		}
	})
}

// hitters lists what hits a cap.
func (s *State) hitters(c dag.Node) (out []dag.Node) {
	s.eachHit(c, func(r dag.Node) bool { out = append(out, r); return true })
	return out
}
