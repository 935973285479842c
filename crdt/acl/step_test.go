package acl

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// wide is all that a state answers about people who are in or were.
type wide struct {
	View     view
	Endings  map[identity.UserID]string
	Gone     map[Seat]bool
	Why      map[op.ID]Cut
	Invites  []op.ID
	Standing op.ID // what the name stands by
}

func wideOf(w *world, s *State) wide {
	out := wide{View: viewOf(s), Endings: map[identity.UserID]string{}, Gone: map[Seat]bool{}, Why: map[op.ID]Cut{}, Invites: s.Invites()}
	for _, p := range w.people {
		for _, e := range s.Endings(p.id()) {
			out.Endings[p.id()] += e.Op.String() + e.String() + " "
		}
	}
	for _, seat := range s.Gone() {
		out.Gone[seat] = true
	}
	for _, n := range s.l.g.Nodes(s.Space) {
		if s.l.f[n].Kind != op.OwnerRotate {
			out.Why[s.l.f[n].ID] = s.Why(s.l.f[n].ID)
		}
	}
	if wr := s.writes["name"]; len(wr) > 0 {
		out.Standing = s.l.f[wr[0]].ID
	}
	return out
}

// TestStep: op by op, in any order, Step gives what EvalAll gives, in every space; says whose membership changed; and leaves every State that
// was handed out as it was.
func TestStep(t *testing.T) {
	stepped, whole, standing, denied := 0, 0, 0, 0
	onHistories(t, func(t *rapid.T, w *world, _ map[op.ID]*State) {
		l := NewLog()
		states := map[op.ID]*State{}
		type kept struct {
			s *State
			v view
		}
		var old []kept
		for list := rapid.Permutation(w.ops).Draw(t, "order"); len(list) > 0; {
			var again []*op.Op
			for _, o := range list {
				e := EntryOf(o)
				if len(l.Missing(e)) > 0 {
					again = append(again, o)
					continue
				}
				heads := l.g.Heads(e.Space)
				tried := l.Try(states, e)
				if l.Has(o.ID()) || len(l.f) != l.g.Len() || !slices.Equal(heads, l.g.Heads(e.Space)) {
					t.Fatal("tried, and something stayed")
				}
				if l.Add(e) != nil {
					t.Fatal("not added")
				}
				before := maps.Clone(states)
				changes, ok := l.Step(states, w.community, o.ID())
				full := l.EvalAll(w.community)
				if s := full[e.Space]; e.Kind == op.Genesis && e.ID != w.community {
				} else if s == nil && tried.Why == Stands || s != nil && s.Effective(o.ID()) != (tried.Why == Stands) {
					t.Fatalf("%s: tried %v", w.describe(o.ID()), tried.Why)
				} else if tried.Why == Stands {
					standing++
				} else {
					denied++
				}
				if !ok {
					if !maps.Equal(before, states) {
						t.Fatal("Step gave up and changed something")
					}
					states = full
					whole++
					continue
				}
				stepped++
				if len(states) != len(full) {
					t.Fatalf("%s: %d spaces by steps, %d as a whole", w.describe(o.ID()), len(states), len(full))
				}
				for id, s := range full {
					if d := cmp.Diff(wideOf(w, s), wideOf(w, states[id])); d != "" {
						t.Fatalf("%s: as a whole (-) and by steps (+):\n%s", w.describe(o.ID()), d)
					}
					if s.Members.Len() != states[id].Members.Len() || (s.up == nil) != (states[id].up == nil) || s.up != nil && states[s.Parent] != nil && states[id].up != states[s.Parent] {
						t.Fatal("counted or linked wrongly")
					}
					was := before[id]
					for _, p := range w.people {
						m := p.id()
						if slices.ContainsFunc(changes, func(c Change) bool { return c.Space == id && c.Member == m }) {
							continue
						}
						if was == nil && s.Members.Has(m) || was != nil && (cmp.Diff(was.Members.Of(m), s.Members.Of(m)) != "" ||
							s.held(m) && cmp.Diff(was.Endings(m), s.Endings(m), cmp.AllowUnexported(Ending{})) != "") {
							t.Fatalf("%s changed %s, and nobody says so", w.describe(o.ID()), p.name)
						}
					}
				}
				if len(old) < 20 {
					for _, s := range states {
						old = append(old, kept{s, viewOf(s)})
					}
				}
			}
			list = again
		}
		for _, k := range old {
			k.v.Effective = slices.Clone(k.v.Effective)
			if d := cmp.Diff(k.v, viewOf(k.s)); d != "" {
				t.Fatalf("a State changed after it was handed out:\n%s", d)
			}
		}
		same(t, "by steps", w.states(), states)
	})
	t.Logf("%d ops by steps, %d as a whole; %d foretold to stand, %d not", stepped, whole, standing, denied)
	if stepped < 5*whole || denied < 100 {
		t.Errorf("%d ops by steps, %d as a whole; %d foretold to stand, %d not", stepped, whole, standing, denied)
	}
}

// TestStepBeside: two ops side by side, one of which voids the other, in both orders: by steps as by the whole.
func TestStepBeside(t *testing.T) {
	for name, write := range map[string]func(w *world, a act, office, auto, one op.ID) (x, y op.ID){
		"an invite is closed": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			a.body = op.RevokeInviteBody{Invite: auto}
			return w.do(a), w.admit(act{by: w.p(1), cap: office, after: a.after}, w.p(3), 0, auto)
		},
		"an invite is full": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			return w.admit(a, w.p(3), 0, one), w.admit(act{by: w.p(1), cap: office, after: a.after}, w.p(4), 0, one)
		},
		"somebody is removed": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			return w.revoke(a, w.p(1), op.ID{}, false), w.admit(act{by: w.p(1), cap: office, after: a.after}, w.p(4), 0, op.ID{})
		},
		"whoever made an invite is removed": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			return w.revoke(a, w.p(1), op.ID{}, false), w.admit(act{by: w.owner, after: a.after}, w.p(4), 0, auto)
		},
		"somebody is banned": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			a.body = op.RevokeBody{Member: w.p(3).id(), Ban: true, Pins: []op.Pin{}}
			return w.do(a), w.admit(act{by: w.p(1), cap: office, after: a.after}, w.p(3), 0, auto)
		},
		"a device is lost": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			return w.revokeDevice(act{by: w.p(1), cap: office, after: a.after}, 0), w.grant(act{by: w.p(1), cap: office, after: a.after}, w.p(3), op.POST)
		},
		"the owner changes": func(w *world, a act, office, auto, one op.ID) (x, y op.ID) {
			return w.rotate(act{after: a.after}, w.p(1), w.community), w.grant(act{after: a.after}, w.p(3), op.POST)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 5)
			office := w.grant(act{}, w.p(1), op.AllBits)
			w.admit(act{}, w.p(1), 0, op.ID{})
			w.admit(act{}, w.p(2), 0, op.ID{})
			auto, one := w.invite(act{by: w.p(1), cap: office}, true, 3), w.invite(act{}, false, 1)
			n := len(w.ops)
			x, y := write(w, act{cap: w.community, after: w.log.g.Heads(w.community)}, office, auto, one)
			for _, order := range [][]op.ID{{x, y}, {y, x}} {
				l, states, whole := NewLog(), map[op.ID]*State{}, 0
				add := func(o *op.Op) {
					tried := l.Try(states, EntryOf(o))
					if err := l.Add(EntryOf(o)); err != nil {
						t.Fatal(err)
					}
					if _, ok := l.Step(states, w.community, o.ID()); !ok {
						states = l.EvalAll(w.community)
						whole++
					}
					if got := states[o.Home()].Why(o.ID()); got != tried {
						t.Errorf("%s: foretold %v, became %v", w.describe(o.ID()), tried, got)
					}
				}
				for _, o := range w.ops[:n] {
					add(o)
				}
				for _, id := range order {
					add(w.log.Op(id))
				}
				same(t, name, w.states(), states)
				if s := states[w.community]; s.Effective(x) && s.Effective(y) && name != "the owner changes" {
					t.Error("both stand: nothing is tested")
				}
				if whole > 2 {
					t.Errorf("%d times as a whole", whole)
				}
			}
		})
	}
}
