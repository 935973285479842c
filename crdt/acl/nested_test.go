package acl

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// place writes the CreateGroup that keeps a place for a community.
func (w *world) place(a act) op.ID {
	a.body = op.CreateGroupBody{Name: "place", WhoPosts: op.Place}
	return w.do(a)
}

// below founds a community at a place; its owner acts in it with his second device.
func (w *world) below(place op.ID, who *person) op.ID {
	return w.take(w.genesis(place, w.log.Op(place).Space, who, who))
}

// genesis is one that names a place and a parent, for an owner, signed by somebody.
func (w *world) genesis(place, parent op.ID, owner, by *person) *op.Op {
	w.now++
	salt := seed32(100, int(w.now-1_790_000_000_000))
	cert := owner.key.Certify(identity.Certificate{Space: identity.OwnerSalt(salt)}, by.devs[1])
	g, err := op.SignDevice(op.Op{Time: w.now, Body: op.GenesisBody{Name: "below", Salt: salt, Cert: cert, Recovery: append([]identity.UserID{}, w.guard...),
		Parent: parent, Under: place}}, by.devs[1])
	if err != nil {
		w.t.Fatalf("genesis: %v", err)
	}
	return g
}

// tree is a school with a class: the owner; Asha, an admin, who keeps the class; Budi, another admin; Chen, who is in the class alone; Dilnoza in
// both; Emil, an admin of the class, in it alone.
type tree struct {
	*world
	asha, budi, chen, dilnoza, emil *person
	ashas, budis                    op.ID // grants in the school
	site, class, emils              op.ID
}

func newTree(t rapid.TB) *tree {
	w := newWorld(t, 6)
	x := &tree{world: w, asha: w.p(1), budi: w.p(2), chen: w.p(3), dilnoza: w.p(4), emil: w.p(5)}
	x.ashas, x.budis = w.grant(act{}, x.asha, op.AllBits), w.grant(act{}, x.budi, op.AllBits)
	for _, p := range []*person{x.asha, x.budi, x.dilnoza} {
		w.admit(act{}, p, 0, op.ID{})
	}
	x.site = w.place(act{by: x.asha, cap: x.ashas})
	x.class = w.below(x.site, x.asha)
	for _, p := range []*person{x.budi, x.chen, x.dilnoza, x.emil} {
		w.admit(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, p, 1, op.ID{})
	}
	x.emils = w.grant(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, x.emil, op.AllBits)
	return x
}

func (x *tree) lower() *State { return x.log.EvalAll(x.class)[x.class] }

func (x *tree) stands(want bool, ids ...op.ID) {
	x.t.Helper()
	x.stand(x.lower(), want, ids...)
}

// budi is the school's admin who acts in the class, with the device he has there.
func (x *tree) above(body op.Body, after ...op.ID) act {
	return act{by: x.budi, dev: 1, space: x.class, cap: x.budis, body: body, after: after, parents: []op.ID{x.budis}}
}

func removal(m identity.UserID) op.RevokeBody { return op.RevokeBody{Member: m, Pins: []op.Pin{}} }

// N1: a community stands under a place that its owner was given, and at most eight stand in a line.
func TestN1Place(t *testing.T) {
	x := newTree(t)
	if s := x.lower(); s.Parent != x.community || s.Owner != x.asha.id() || s.Members.Len() != 5 || len(x.state().Groups()) != 0 || !slices.Equal(x.state().Places(), []op.ID{x.site}) {
		t.Errorf("parent %v, %d members, groups %v", s.Parent, s.Members.Len(), x.state().Groups())
	}
	bad := func(name string, g *op.Op) {
		if x.log.Add(EntryOf(g)) == nil && x.log.Eval(g.ID()) != nil {
			t.Errorf("%s: it counts", name)
		}
	}
	bad("somebody else's place", x.genesis(x.site, x.community, x.budi, x.budi))
	bad("another parent", x.genesis(x.site, x.class, x.asha, x.asha))
	bad("a group", x.genesis(x.group(act{by: x.asha, cap: x.ashas}, false), x.community, x.asha, x.asha))
	bad("a Grant", x.genesis(x.ashas, x.community, x.asha, x.asha))
	bad("a place made without the right", x.genesis(x.place(act{by: x.emil, dev: 1, space: x.class, cap: x.grant(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, x.emil, op.POST)}), x.class, x.emil, x.emil))
	g := x.genesis(x.site, x.community, x.asha, x.asha)
	if l := NewLog(); l.Add(EntryOf(g)) != dag.ErrMissing {
		t.Error("taken in before its place")
	}
	deep, at := 2, x.class
	for ; deep < 8; deep++ {
		at = x.below(x.place(act{by: x.asha, dev: 1, space: at, cap: at}), x.asha)
		if x.log.Eval(at) == nil {
			t.Fatalf("number %d in a line does not count", deep+1)
		}
	}
	bad("the ninth", x.genesis(x.place(act{by: x.asha, dev: 1, space: at, cap: at}), at, x.asha, x.asha))
	e := act{by: x.asha, space: x.site, cap: x.ashas, after: []op.ID{x.site}, body: op.SetBody{Key: "name", Value: []byte("x")}}
	if o, err := op.SignDevice(op.Op{Space: e.space, Cap: e.cap, Deps: e.after, Height: 9, Seq: 1, Body: e.body}, x.asha.devs[0]); err != nil || !errors.Is(x.log.Add(EntryOf(o)), dag.ErrForeign) {
		t.Error("a place has a log")
	}
}

// N2: grants above act below with four rights, the owner above with all, and all of them outrank what is given below if their path is shorter.
func TestN2Rights(t *testing.T) {
	x := newTree(t)
	n := func(id op.ID) dag.Node { return x.node(id) }
	if got := x.log.rights(n(x.budis), x.class); got != op.REMOVE|op.GROUPS|op.MODERATE|op.ANNOUNCE {
		t.Errorf("a grant above gives %v", got)
	}
	if x.log.rights(n(x.community), x.class) != op.AllBits || !x.log.outranks(n(x.budis), n(x.class)) || !x.log.outranks(n(x.class), n(x.emils)) || x.log.outranks(n(x.class), n(x.ashas)) {
		t.Error("rank or rights of the owner above")
	}
	h := heads(x.world, x.class)
	x.stands(true, x.do(x.above(removal(x.emil.id()), h...)), x.do(x.above(op.SetBody{Key: RegArchived, Value: []byte("1")}, h...)))
	x.stands(false, x.do(x.above(op.SetBody{Key: "name", Value: []byte("1")}, h...)), x.grant(x.above(nil, h...), x.chen, op.POST), x.invite(x.above(nil, h...), true, 3),
		x.admit(x.above(nil, h...), x.p(6), 1, op.ID{}))
	g := x.group(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, true)
	if got := x.log.rights(n(x.budis), g); got != op.REMOVE|op.GROUPS|op.MODERATE {
		t.Errorf("a grant above gives %v in an open group below", got)
	}
	s := x.lower()
	for need, want := range map[op.Bits]bool{op.REMOVE: true, op.ANNOUNCE: true, op.GROUPS: true, op.MODERATE: true, op.ADMIT: false, op.GRANT: false, op.SETTINGS: false, op.POST: true} {
		if got := s.Can(x.budi.id(), need) == nil; got != want {
			t.Errorf("Budi may %s in the class: %v", need, got)
		}
	}
	if s.Can(x.owner.id(), op.ADMIT) != nil {
		t.Error("the school's owner may not all in the class")
	}
}

// N3: members below need nothing above; a member above is nobody below.
func TestN3OwnMembers(t *testing.T) {
	x := newTree(t)
	x.in(x.lower(), true, x.chen, x.dilnoza)
	x.in(x.lower(), false, x.owner)
	x.in(x.state(), false, x.chen)
	x.leave(act{by: x.dilnoza, cap: x.state().Members.Of(x.dilnoza.id()).Caps[0]})
	x.in(x.state(), false, x.dilnoza)
	x.in(x.lower(), true, x.dilnoza)
	// consent to the school is no consent to the class
	m := x.p(6)
	b := op.AdmitBody{Post: true, Proof: []byte{}, Cert: m.key.Certify(identity.Certificate{Space: x.community, Via: x.class}, m.devs[1])}
	x.stands(false, x.do(act{by: x.asha, dev: 1, space: x.class, cap: x.class, body: b}))
	// an invite of the school leads into no class
	inv := x.invite(act{}, true, 5, x.class)
	x.admit(act{by: x.dilnoza, dev: 1, space: x.class, cap: x.lower().Members.Of(x.dilnoza.id()).Caps[0], parents: []op.ID{inv}}, m, 1, inv)
	x.in(x.lower(), false, m)
}

// N4: a removal above acts in every space below: on members, admins and the owner, on their groups and invites; and it undoes nothing before it.
func TestN4Removal(t *testing.T) {
	x := newTree(t)
	g := x.group(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, false)
	for _, p := range []*person{x.chen, x.emil} {
		x.admit(act{by: x.asha, dev: 1, space: g, cap: g}, p, 1, op.ID{})
	}
	inv := x.invite(act{by: x.emil, dev: 1, space: x.class, cap: x.emils}, true, 5)
	before := x.set(act{by: x.emil, dev: 1, space: x.class, cap: x.emils}, "name", "Emil's")
	h := heads(x.world, x.class)
	x.do(act{by: x.budi, cap: x.budis, body: removal(x.chen.id())})
	out := x.do(act{by: x.budi, cap: x.budis, body: removal(x.emil.id())})
	x.in(x.lower(), false, x.chen, x.emil)
	x.in(x.log.EvalAll(x.class)[g], false, x.chen, x.emil)
	x.stands(true, before)
	x.stands(false, x.set(act{by: x.emil, dev: 1, space: x.class, cap: x.emils, after: h, parents: []op.ID{out}}, "name", "after it"))
	x.stands(true, x.set(act{by: x.emil, dev: 1, space: x.class, cap: x.emils, after: h, parents: []op.ID{x.site}}, "name", "beside it")) // until a removal here
	m := x.p(6)
	chens := x.log.capsOf[x.dilnoza.id()]
	di := x.log.f[chens[len(chens)-1]].ID
	x.stands(true, x.admit(act{by: x.dilnoza, dev: 1, space: x.class, cap: di, after: append(slices.Clone(h), di), parents: []op.ID{x.site}}, m, 1, inv))
	x.stands(false, x.admit(act{by: x.dilnoza, dev: 1, space: x.class, cap: di, after: append(slices.Clone(h), di), parents: []op.ID{out}}, x.owner, 1, inv))
	if x.lower().InviteOpen(inv) {
		t.Error("the invite of somebody removed above is open")
	}
	// back in, by somebody who has seen it
	x.admit(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, x.chen, 1, op.ID{})
	x.in(x.lower(), true, x.chen)
	// a demotion above ends an office there and nothing below
	x.revoke(act{}, nil, x.budis, false)
	x.in(x.lower(), true, x.budi)
	if x.lower().Can(x.budi.id(), op.REMOVE) == nil {
		t.Error("an office ended above acts below")
	}
	x.stands(false, x.do(act{by: x.budi, dev: 1, space: x.class, cap: x.budis, body: removal(x.dilnoza.id())}))
}

// N3: nor is what the founder of the school signed for it his consent to the class.
func TestN3Founder(t *testing.T) {
	x := newTree(t)
	a := act{by: x.asha, dev: 1, space: x.class, cap: x.class}
	a.body = op.AdmitBody{Cert: x.log.Op(x.world.community).Body.(op.GenesisBody).Cert, Proof: []byte{}, Post: true}
	x.stands(false, x.do(a))
}

// N4: a removal above ends a cap of the class also where that cap acts in what stands under the class, two levels down, and in its groups.
func TestN4TwoLevels(t *testing.T) {
	x := newTree(t)
	g := x.group(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, false)
	x.admit(act{by: x.asha, dev: 1, space: g, cap: g}, x.emil, 1, op.ID{})
	last := x.below(x.place(act{by: x.asha, dev: 1, space: x.class, cap: x.class}), x.asha)
	for _, p := range []*person{x.emil, x.chen} {
		x.admit(act{by: x.asha, dev: 1, space: last, cap: last}, p, 1, op.ID{})
	}
	h := heads(x.world, last)
	acts := func(space op.ID, parents ...op.ID) op.ID {
		return x.do(act{by: x.emil, dev: 1, space: space, cap: x.emils, body: removal(x.chen.id()), after: heads(x.world, space), parents: parents})
	}
	before := acts(last)
	x.do(act{by: x.budi, cap: x.budis, body: removal(x.emil.id())})
	seen := x.set(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, "name", "seen") // it has the removal in its past
	after := x.do(act{by: x.emil, dev: 1, space: last, cap: x.emils, body: removal(x.dilnoza.id()), after: h, parents: []op.ID{seen}})
	x.stand(x.log.Eval(last), true, before)
	x.stand(x.log.Eval(last), false, after)
	x.admit(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, x.emil, 1, op.ID{}) // in again, and not what he was
	x.stand(x.log.Eval(g), false, acts(g, heads(x.world, x.class)...))
}

// N4: who does not outrank a cap below does not end it, and what is below does nothing above.
func TestN4Rank(t *testing.T) {
	x := newTree(t)
	x.admit(act{}, x.p(6), 0, op.ID{})
	x.admit(act{}, x.chen, 0, op.ID{})
	under := x.grant(act{by: x.budi, cap: x.budis}, x.dilnoza, op.AllBits) // length 2, as the place; the class 3, Emil 4
	last := x.grant(act{by: x.dilnoza, cap: under}, x.p(6), op.AllBits)    // 3, by one junior to Asha
	low := x.grant(act{by: x.p(6), cap: last}, x.chen, op.AllBits)         // 4, the same
	r1 := x.do(act{by: x.chen, cap: low, body: removal(x.emil.id())})      // a junior of Emil's
	r2 := x.do(act{by: x.p(6), cap: last, body: removal(x.asha.id())})     // and one of the class's owner
	x.stand(x.state(), true, r1, r2)
	x.do(act{by: x.asha, dev: 1, space: x.class, cap: x.class, body: removal(x.budi.id())}) // which is a removal from the class alone
	s := x.lower()
	x.in(s, false, x.budi)
	if s.Can(x.emil.id(), op.GRANT) != nil || s.Can(x.asha.id(), op.GRANT) != nil || s.Can(x.budi.id(), op.REMOVE) != nil {
		t.Error("a junior from above, or somebody below, has ended a senior")
	}
}

// N5: the owner below is put out by those above who outrank him, in either log; then nobody has the class but who is above and whom he let in,
// until the recovery set hands it on.
func TestN5OwnerPutOut(t *testing.T) {
	for name, remove := range map[string]func(*tree, []op.ID) op.ID{
		"in the school": func(x *tree, _ []op.ID) op.ID { return x.do(act{by: x.budi, cap: x.budis, body: removal(x.asha.id())}) },
		"in the class":  func(x *tree, h []op.ID) op.ID { return x.do(x.above(removal(x.asha.id()), h...)) },
	} {
		t.Run(name, func(t *testing.T) {
			x := newTree(t)
			h := heads(x.world, x.class)
			before := x.set(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, "name", "before")
			after := heads(x.world, x.class)
			r := remove(x, after)
			x.in(x.lower(), false, x.asha)
			x.in(x.lower(), true, x.chen, x.emil)
			if s := x.lower(); s.Can(x.asha.id(), op.GRANT) == nil || s.Can(x.emil.id(), op.GRANT) != nil || s.Live(x.class) {
				t.Error("the owner put out has rights, or the admins have none")
			}
			x.stands(true, before)
			late := act{by: x.asha, dev: 1, space: x.class, cap: x.class, after: after, parents: []op.ID{r}}
			if x.log.f[x.node(r)].Space == x.class {
				late.after, late.parents = h, nil // beside it, and dated back
			}
			x.stands(false, x.set(late, "name", "after"))
			x.world.community, x.world.owner = x.class, x.asha
			x.stepsTo(r)
			x.rotate(act{by: x.emil, dev: 1, space: x.class, cap: x.class}, x.emil, x.class)
			if s := x.lower(); s.Owner != x.emil.id() || !s.Members.Has(x.emil.id()) || s.Members.Of(x.emil.id()).Bits != op.AllBits || !s.Live(x.class) {
				t.Error("the class cannot be handed on")
			}
		})
	}
	x := newTree(t) // the top owner is put out by nobody
	x.do(act{by: x.asha, cap: x.ashas, body: removal(x.owner.id())})
	if m, in := x.state().Members.Get(x.owner.id()); !in || m.Bits != op.AllBits {
		t.Error("the owner of the top is gone")
	}
}

// stepsTo takes in an op as late as can be, by a step, and finds what EvalAll finds.
func (w *world) stepsTo(last op.ID) {
	w.t.Helper()
	l, states := NewLog(), map[op.ID]*State{}
	for list := slices.Clone(w.ops); len(list) > 0; {
		var again []*op.Op
		for _, o := range list {
			if e := EntryOf(o); len(l.Missing(e)) > 0 || o.ID() == last && len(list) > 1 {
				again = append(again, o)
			} else if err := l.Add(e); err != nil {
				w.t.Fatal(err)
			} else if _, ok := l.Step(states, w.community, o.ID()); !ok {
				states = l.EvalAll(w.community)
			}
		}
		if len(again) == len(list) {
			last = op.ID{}
		}
		list = again
	}
	same(w.t, "as a whole (-) and by steps (+)", w.states(), states)
}

// N6: devices are each community's own.
func TestN6Devices(t *testing.T) {
	x := newTree(t)
	h := heads(x.world, x.class)
	a := x.above(removal(x.chen.id()), h...)
	a.dev = 0 // the one he has in the school
	x.stands(false, x.do(a))
	for m, mem := range x.lower().Members.All() {
		if len(mem.Devices) != 1 {
			t.Errorf("%v has %d devices in the class", m, len(mem.Devices))
		}
	}
	x.revokeDevice(act{by: x.budi, cap: x.state().Members.Of(x.budi.id()).Caps[1]}, 0)
	x.stands(true, x.do(x.above(removal(x.chen.id()), h...)))
}

// N7: where the place does not count, the community stands alone.
func TestN7Alone(t *testing.T) {
	x := newTree(t)
	kept := x.do(x.above(removal(x.chen.id()), heads(x.world, x.class)...))
	x.stands(true, kept)
	x.revoke(act{after: []op.ID{x.ashas}}, x.asha, op.ID{}, false) // Asha was removed beside it
	s := x.lower()
	if s.Parent != (op.ID{}) || s.Owner != x.asha.id() || s.Can(x.budi.id(), op.REMOVE) == nil {
		t.Error("it does not stand alone")
	}
	x.stands(false, kept)
	x.in(s, true, x.asha, x.chen)
}

// N8: a ban above holds below, until either lifts it.
func TestN8Ban(t *testing.T) {
	x := newTree(t)
	inv := x.invite(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, true, 9)
	by := act{by: x.asha, dev: 1, space: x.class, cap: x.class}
	x.do(act{by: x.budi, cap: x.budis, body: op.RevokeBody{Member: x.chen.id(), Ban: true, Pins: []op.Pin{}}})
	if !x.lower().Banned(x.chen.id()) {
		t.Error("not banned below")
	}
	x.stands(false, x.admit(by, x.chen, 1, inv))
	x.set(act{by: x.budi, cap: x.budis}, RegBan(x.chen.id()), "lifted")
	x.stands(true, x.admit(by, x.chen, 1, inv))
	x.do(act{by: x.budi, cap: x.budis, body: op.RevokeBody{Member: x.chen.id(), Ban: true, Pins: []op.Pin{}}})
	x.stands(false, x.admit(by, x.chen, 1, inv))
	x.set(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, RegBan(x.chen.id()), "lifted")
	x.stands(true, x.admit(by, x.chen, 1, inv))
	if x.lower().Banned(x.chen.id()) {
		t.Error("still banned below")
	}
}

// nested draws a tree of three communities in a line, groups in them, and n acts of anybody anywhere; it looks at one that stands under another.
func nested(t *rapid.T, n int) *world {
	x := newTree(t)
	g := x.group(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, rapid.Bool().Draw(t, "open below"))
	x.admit(act{by: x.asha, dev: 1, space: g, cap: g}, x.chen, 1, op.ID{})
	x.admit(act{by: x.asha, dev: 1, space: g, cap: g}, x.emil, 1, op.ID{})
	x.invite(act{by: x.emil, dev: 1, space: x.class, cap: x.emils}, true, 3)
	last := x.below(x.place(act{by: x.emil, dev: 1, space: x.class, cap: x.emils}), x.emil)
	for _, p := range []*person{x.chen, x.p(6)} {
		x.admit(act{by: x.emil, dev: 1, space: last, cap: last}, p, 1, op.ID{})
	}
	if x.world.community = x.class; rapid.Bool().Draw(t, "the last") {
		x.world.community = last
	}
	x.world.owner = x.asha
	school := x.log.f[x.node(x.site)].Space
	x.admit(act{by: x.asha, dev: 1, space: x.class, cap: x.class}, x.p(0), 1, op.ID{})
	x.admit(act{by: x.emil, dev: 1, space: last, cap: last}, x.budi, 1, op.ID{})
	for range rapid.IntRange(2, 9).Draw(t, "acts from above") {
		a := act{by: x.budi, space: pick(t, "where", []op.ID{school, school, x.class, last}), cap: x.budis}
		if percent(t, "by the owner", 30) {
			a.by, a.cap = x.p(0), school
		}
		if a.space != school {
			a.dev = 1
		}
		if percent(t, "beside the rest", 40) {
			a.after = []op.ID{pick(t, "dep", x.log.g.Heads(a.space))}
			if up, ok := x.log.parent(a.space); ok {
				a.parents = []op.ID{pick(t, "parent", x.log.g.Heads(up))}
			}
		}
		switch who := pick(t, "of", x.people); rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			x.set(a, RegArchived, "1")
		case 1:
			if x.log.Eval(a.space).Members.Has(who.id()) { // somebody lets him in again
				x.revoke(a, who, op.ID{}, true)
			} else if o := x.log.Eval(a.space).Owner; a.space != school && o == x.asha.id() {
				x.admit(act{by: x.asha, dev: 1, space: x.class, cap: x.class, after: a.after, parents: a.parents}, who, 1, op.ID{})
			}
		default:
			x.revoke(a, who, op.ID{}, percent(t, "cascade", 20))
		}
	}
	x.random(t, n, limits{byz: rapid.SampledFrom([]int{10, 40, 80}).Draw(t, "byzantine")})
	return x.world
}

func onNested(t *testing.T, f func(t *rapid.T, w *world, all map[op.ID]*State)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		w := nested(t, rapid.IntRange(5, 40).Draw(t, "acts"))
		f(t, w, w.states())
	})
}

// TestNestedFlow: what stands under a grant from above uses the four rights that flow, and whoever it was given to had it then.
func TestNestedFlow(t *testing.T) {
	used := 0
	onNested(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		s := all[w.community]
		for _, n := range w.effectiveHere(s) {
			f := &w.log.f[n]
			c := &w.log.f[f.cap]
			if c.Kind != op.Grant || c.Space == s.Space {
				continue
			}
			used++
			if need := Needs(f.Kind, f.Reg); need&^(op.REMOVE|op.GROUPS|op.MODERATE|op.ANNOUNCE) != 0 || f.Kind == op.Grant {
				t.Fatalf("%s uses %s from above", w.describe(f.ID), need)
			}
			for up := s.up; up != nil; up = up.up {
				for _, r := range w.effectiveHere(up, op.Revoke) {
					if w.strictHits(r, f.cap) && w.log.before(r, n) {
						t.Fatalf("%s stands after %s", w.describe(f.ID), w.describe(w.log.f[r].ID))
					}
				}
			}
		}
	})
	if used < 3 {
		t.Errorf("%d acts from above: nothing is tested", used)
	}
}

// TestNestedRemoval: whom an effective Revoke above names is out below, in the community and in its groups, unless he has a cap that follows it or
// outranks it; what he wrote holding it is void; and only those above end what is below without a word there.
func TestNestedRemoval(t *testing.T) {
	out := 0
	onNested(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		s := all[w.community]
		for up := s.up; up != nil; up = up.up {
			for _, r := range w.effectiveHere(up, op.Revoke) {
				for _, c := range w.effectiveHere(s, op.Grant, op.Admit) {
					if (w.log.f[r].Target != op.ID{}) || !w.strictHits(r, c) {
						continue
					}
					out++
					if s.lives(c) {
						t.Fatalf("%s lives in spite of %s above", w.describe(w.log.f[c].ID), w.describe(w.log.f[r].ID))
					}
					for _, n := range w.log.under[s.Space][c] {
						if s.counts(n) && w.log.before(r, n) {
							t.Fatalf("%s stands after %s above", w.describe(w.log.f[n].ID), w.describe(w.log.f[r].ID))
						}
					}
				}
			}
		}
		for id, g := range all {
			for m := range g.Members.All() {
				if id != w.community && !s.Members.Has(m) {
					t.Fatal("in a group and not in the community")
				}
			}
		}
	})
	if out < 3 {
		t.Errorf("%d removals from above: nothing is tested", out)
	}
}

// TestNestedBelow: nothing that is written below changes anything above.
func TestNestedBelow(t *testing.T) {
	onNested(t, func(t *rapid.T, w *world, all map[op.ID]*State) {
		top, space := NewLog(), w.community
		for up, ok := space, true; ok; up, ok = w.log.parent(up) {
			space = up
		}
		s := w.log.Eval(space)
		for _, o := range w.ops {
			if o.Home() == s.Space || o.Kind() == op.Genesis && o.ID() == s.Space {
				if err := top.Add(EntryOf(o)); err != nil {
					t.Fatalf("the top log hangs on something below: %v", err)
				}
			}
		}
		if d := cmp.Diff(viewOf(top.Eval(s.Space)), viewOf(s)); d != "" {
			t.Fatalf("something below acts above:\n%s", d)
		}
	})
}
