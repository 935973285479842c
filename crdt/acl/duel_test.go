package acl

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
)

// side is a part of a community that hears nobody else: all its members have seen what is below its heads.
type side map[op.ID]map[op.ID]bool // heads by log

func (s side) in(space op.ID) []op.ID {
	out := slices.Collect(maps.Keys(s[space]))
	sortIDs(out)
	if len(out) == 0 {
		out = []op.ID{space}
	}
	return out
}

func (s side) saw(o *op.Op) {
	h := s[o.Home()]
	if h == nil {
		h = map[op.ID]bool{}
		s[o.Home()] = h
	}
	for _, d := range o.Deps {
		delete(h, d)
	}
	h[o.ID()] = true
}

// duel is a community that falls apart while its admins fight.
type duel struct {
	*world
	r     *rand.Rand
	sides []side
	group op.ID
}

// newDuel draws a community with four admins, members, two kinds of invites and a group, as all have seen it.
func newDuel(t rapid.TB, seed uint64) *duel {
	d := &duel{world: newWorld(t, 7), r: rand.New(rand.NewPCG(seed, 1))}
	d.trusted = true
	d.now += op.Millis(seed)
	a := d.grant(act{}, d.p(1), op.AllBits)
	d.grant(act{}, d.p(2), op.AllBits)
	c := d.grant(act{by: d.p(1), cap: a}, d.p(3), op.AllBits&^op.SETTINGS)
	for i := 1; i <= 5; i++ {
		d.admit(act{}, d.p(i), 0, op.ID{})
	}
	d.invite(act{by: d.p(3), cap: c}, true, 3)
	d.invite(act{by: d.p(1), cap: a}, false, 1)
	d.invite(act{}, false, 1)
	d.grant(act{by: d.p(3), cap: c}, d.p(4), op.ADMIT|op.REMOVE|op.INVITE|op.POST)
	d.group = d.world.group(act{by: d.p(1), cap: a}, d.r.IntN(2) == 0)
	for i := 2; i <= 4; i++ {
		d.admit(act{by: d.p(1), space: d.group, cap: d.group}, d.p(i), 0, op.ID{})
	}
	d.grant(act{by: d.p(1), space: d.group, cap: d.group}, d.p(2), op.AllBits)
	d.addDevice(act{by: d.p(2), cap: d.membership(d.p(2))}, 1)
	return d
}

func (d *duel) membership(p *person) op.ID {
	id, _ := d.state().Membership(p.id())
	return id
}

// part cuts the community into n sides, each of which has seen everything so far.
func (d *duel) part(n int) {
	d.sides = nil
	for range n {
		s := side{}
		for _, o := range d.ops {
			s.saw(o)
		}
		d.sides = append(d.sides, s)
	}
}

// fight lets somebody on some side do something that his own node would let him do.
func (d *duel) fight() {
	s := d.sides[d.r.IntN(len(d.sides))]
	space := d.community
	if d.r.IntN(3) == 0 {
		space = d.group
	}
	at := s.in(space)
	var parents []op.ID
	if space != d.community {
		parents = s.in(d.community)
	}
	st := d.log.EvalAt(space, append(slices.Clone(at), parents...)...)
	if st == nil {
		return
	}
	n := len(d.people) // the senior do more
	by, whom := d.people[min(d.r.IntN(n), d.r.IntN(n))], d.people[d.r.IntN(n)]
	a := act{by: by, space: space, after: at, parents: parents}
	for i, k := range by.devs {
		if m, ok := st.Who(k.ID()); ok && m == by.id() && (a.dev == 0 || d.r.IntN(2) == 0) {
			a.dev = i
		}
	}
	before := len(d.ops)
	d.write(st, a, whom)
	for _, o := range d.ops[before:] {
		s.saw(o)
	}
}

func (d *duel) write(st *State, a act, whom *person) {
	can := func(need op.Bits) bool {
		cap, err := st.CapFor(a.by.id(), need)
		a.cap = cap
		return err == nil
	}
	seat, in := st.Membership(a.by.id())
	switch x := d.r.IntN(100); {
	case x < 22:
		if can(op.REMOVE) && whom != a.by {
			d.revoke(a, whom, op.ID{}, d.r.IntN(3) == 0)
		}
	case x < 26: // one grant or seat
		if mem := st.Members.Of(whom.id()); can(op.REMOVE) && len(mem.Caps) > 0 && mem.Caps[0] != d.community {
			if target := mem.Caps[d.r.IntN(len(mem.Caps))]; d.log.f[d.node(target)].Kind != op.OwnerRotate {
				d.revoke(a, nil, target, d.r.IntN(3) == 0)
			}
		}
	case x < 54:
		d.enter(st, a, whom, can, seat, in)
	case x < 60:
		if can(op.GRANT) {
			d.grant(a, whom, d.log.rights(d.node(a.cap), a.space)&op.Bits(d.r.IntN(int(op.AllBits)+1)))
		}
	case x < 64:
		if can(op.INVITE) {
			d.invite(a, d.r.IntN(2) == 0, uint32(1+d.r.IntN(2)))
		}
	case x < 73:
		if inv := st.Invites(); len(inv) > 0 && can(op.INVITE) { // one that somebody may be coming in by
			a.body = op.RevokeInviteBody{Invite: inv[d.r.IntN(len(inv))]}
			d.do(a)
		}
	case x < 78:
		if can(op.SETTINGS) {
			d.set(a, "name", fmt.Sprint(d.r.IntN(5)))
		}
	case x < 81:
		if in && st.Owner != a.by.id() {
			a.cap = seat
			d.leave(a)
		}
	case x < 85:
		if in {
			a.cap = d.capOf(seat)
			d.addDevice(a, d.r.IntN(len(a.by.devs)))
		}
	case x < 93:
		if in {
			a.cap = d.capOf(seat)
			d.revokeDevice(a, d.r.IntN(len(a.by.devs)))
		}
	default:
		if a.space == d.community {
			prev := d.log.f[st.chain[len(st.chain)-1]].ID
			a.cap, a.dev = d.community, 0
			d.rotate(a, whom, prev)
		}
	}
}

// capOf is what an op is made under: Genesis, for whoever owns by a rotation.
func (d *duel) capOf(cap op.ID) op.ID {
	if d.log.f[d.node(cap)].Kind == op.OwnerRotate {
		return d.community
	}
	return cap
}

// enter admits somebody, by an invite where there is one.
func (d *duel) enter(st *State, a act, whom *person, can func(op.Bits) bool, seat op.ID, in bool) {
	var invite op.ID
	if inv := st.Invites(); len(inv) > 0 && d.r.IntN(4) > 0 {
		for range 2 { // those with few places are fought for
			if invite = inv[d.r.IntN(len(inv))]; !d.log.f[d.node(invite)].Auto {
				break
			}
		}
		if n := d.log.f[d.node(invite)]; !n.Auto && st.Uses(invite) >= int(n.Max) { // an honest admitter looks
			return
		}
	}
	if !can(op.ADMIT) {
		if n, ok := d.log.g.Find(invite); !ok || !in || !d.log.f[n].Auto {
			return
		}
		a.cap = seat
	}
	d.admit(a, whom, d.r.IntN(2), invite)
}

// tally counts what was fought out.
type tally struct{ revokes, cascades, full, turnedAway, nested, devices, owners, steps, whole int }

func (y *tally) add(l *Log, states map[op.ID]*State) {
	for _, s := range states {
		for _, r := range s.effective(op.Revoke) {
			y.revokes++
			if s.up != nil {
				y.nested++
			}
			if l.f[r].Cascade && len(s.hitBy(r)) > 0 {
				y.cascades++
			}
		}
		for _, t := range s.effective(op.Invite) {
			i := &l.f[t]
			if i.Auto || s.Uses(i.ID) < int(i.Max) {
				continue
			}
			y.full++
			if slices.ContainsFunc(l.entries[i.ID], func(n dag.Node) bool { return s.Why(l.f[n].ID).Why == InviteFull }) {
				y.turnedAway++
			}
		}
		y.devices += len(s.effective(op.DeviceRevoke))
		if s.up == nil {
			y.owners += len(s.chain) - 1
		}
	}
}

// fought is a community that fell apart and met again, once or twice.
func fought(t rapid.TB, seed uint64) *duel {
	d := newDuel(t, seed)
	for range 1 + d.r.IntN(2) {
		d.part(2 + d.r.IntN(2))
		for range 12 + d.r.IntN(12) {
			d.fight()
		}
	}
	return d
}

// TestDuels: communities fall apart, admins remove, demote, invite and rotate against each other, and meet again, once or twice. In whatever
// order the ops come, by steps or as a whole, everybody has one state.
func TestDuels(t *testing.T) {
	n := 300
	if os.Getenv("PANDAL_FULL") == "1" {
		n = 10_000
	}
	var y tally
	for seed := range uint64(n) {
		d := fought(t, seed)
		want := d.log.EvalAll(d.community)
		y.add(d.log, want)
		for range 2 {
			l, states := d.replay(&y)
			if Hash(states) != Hash(want) || Hash(l.EvalAll(d.community)) != Hash(want) {
				t.Fatalf("seed %d: another order, another state", seed)
			}
		}
	}
	t.Logf("%d partitions: %+v", n, y)
	for what, got := range map[string]int{"revokes": y.revokes / 10, "cascades": y.cascades, "invites at their limit": y.full, "removals in groups": y.nested,
		"device revokes": y.devices, "owner rotations": y.owners} {
		if got < 300*n/10_000 {
			t.Errorf("too few %s: %d", what, got)
		}
	}
}

// replay hands all ops to another log in a random order, by steps.
func (d *duel) replay(y *tally) (*Log, map[op.ID]*State) {
	l, states := NewLog(), map[op.ID]*State{}
	list := slices.Clone(d.ops)
	d.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for len(list) > 0 {
		var again []*op.Op
		for _, o := range list {
			e := EntryOf(o)
			if len(l.Missing(e)) > 0 {
				again = append(again, o)
				continue
			}
			if err := l.Add(e); err != nil {
				d.t.Fatal(err)
			}
			y.steps++
			if _, ok := l.Step(states, d.community, o.ID()); !ok {
				states = l.EvalAll(d.community)
				y.whole++
			}
		}
		list = again
	}
	return l, states
}
