package acl

import (
	"errors"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// One test for each rule of SPEC.md, by the example that stands there.

// stand checks which ops are effective.
func (w *world) stand(s *State, want bool, ids ...op.ID) {
	w.t.Helper()
	for _, id := range ids {
		if (s != nil && s.Effective(id)) != want {
			w.t.Errorf("%s: effective %v, want %v", w.describe(id), !want, want)
		}
	}
}

// nowStand checks ops in their own logs, with everything written so far (arguments are evaluated first).
func (w *world) nowStand(want bool, ids ...op.ID) {
	w.t.Helper()
	all := w.states()
	for _, id := range ids {
		w.stand(all[w.log.f[w.node(id)].Space], want, id)
	}
}

func (w *world) in(s *State, want bool, ps ...*person) {
	w.t.Helper()
	for _, p := range ps {
		if got := s.Members.Has(p.id()); got != want {
			w.t.Errorf("%s is in: %v, want %v", p.name, got, want)
		}
	}
}

func heads(w *world, space op.ID) []op.ID { return w.log.g.Heads(space) }

// R1: of two admins who demote each other at once the senior's word stands, and the junior's never does.
func TestR1Duel(t *testing.T) {
	w := newWorld(t, 3)
	for i := 1; i <= 2; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	a := w.grant(act{}, w.p(1), op.AllBits)
	b := w.grant(act{by: w.p(1), cap: a}, w.p(2), op.AllBits)
	h := heads(w, w.community)
	down := w.revoke(act{by: w.p(1), cap: a, after: h}, nil, b, false)
	up := w.revoke(act{by: w.p(2), cap: b, after: h}, nil, a, false)
	s := w.state()
	w.stand(s, true, down)
	w.stand(s, false, up)
	if s.Can(w.p(1).id(), op.GRANT) != nil || !errors.Is(s.Can(w.p(2).id(), op.GRANT), ErrDenied) {
		t.Error("the junior has won")
	}
	// the junior forges a past in which nothing was revoked yet: no difference
	w.nowStand(false, w.revoke(act{by: w.p(2), cap: b, after: []op.ID{b}}, nil, a, false))

	// nobody hits the very cap he acts under, nor an equal's
	w.revoke(act{by: w.p(1), cap: a}, nil, a, false)
	if w.state().Can(w.p(1).id(), op.GRANT) != nil {
		t.Error("a cap is hit by itself")
	}

	// at equal length the Grant that was given earlier decides
	x := newWorld(t, 2)
	c := x.grant(act{}, x.p(1), op.AllBits)
	d := x.grant(act{}, x.p(2), op.AllBits)
	for i := 1; i <= 2; i++ {
		x.admit(act{}, x.p(i), 0, op.ID{})
	}
	h = heads(x, x.community)
	r1 := x.revoke(act{by: x.p(2), cap: d, after: h}, nil, c, false)
	r2 := x.revoke(act{by: x.p(1), cap: c, after: h}, nil, d, false)
	s = x.state()
	x.stand(s, true, r2)
	x.stand(s, false, r1)
}

// R2: what a removed admin did stands if it was before the removal, at no date if it was not, and never under a cascade.
func TestR2Removed(t *testing.T) {
	for _, cascade := range []bool{false, true} {
		w := newWorld(t, 6)
		b := w.grant(act{}, w.p(1), op.AllBits)
		w.admit(act{}, w.p(1), 0, op.ID{})
		early := w.admit(act{by: w.p(1), cap: b}, w.p(2), 0, op.ID{})
		lower := w.grant(act{by: w.p(1), cap: b}, w.p(3), op.AllBits)
		w.admit(act{}, w.p(3), 0, op.ID{})
		byLower := w.admit(act{by: w.p(3), cap: lower}, w.p(4), 0, op.ID{})
		h := heads(w, w.community)
		w.revoke(act{after: h}, w.p(1), op.ID{}, cascade)
		beside := w.admit(act{by: w.p(1), cap: b, after: h}, w.p(5), 0, op.ID{})
		backdated := w.admit(act{by: w.p(1), cap: b, after: []op.ID{b}}, w.p(5), 1, op.ID{})
		lowerBeside := w.admit(act{by: w.p(3), cap: lower, after: h}, w.p(6), 0, op.ID{})
		s := w.state()
		w.stand(s, false, beside, backdated)
		w.stand(s, true, early, byLower)
		w.stand(s, !cascade, lowerBeside)
		w.in(s, false, w.p(1), w.p(5))
		w.in(s, !cascade, w.p(6))
		if got := s.Can(w.p(3).id(), op.GRANT) == nil; got == cascade {
			t.Errorf("cascade %v: the one he made admin may grant: %v", cascade, got)
		}
		if cascade {
			w.in(s, false, w.p(2), w.p(4)) // their caps run through the one that is hit
		} else {
			w.in(s, true, w.p(2), w.p(4))
		}
	}
}

// R3: the removal of a person wins over everything concurrent that it outranks; what follows it is a new beginning.
func TestR3Readd(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.admit(act{}, w.p(2), 0, op.ID{})
	h := heads(w, w.community)
	out := w.revoke(act{after: h}, w.p(2), op.ID{}, false)
	beside := w.admit(act{by: w.p(1), cap: a, after: h}, w.p(2), 0, op.ID{})
	role := w.grant(act{by: w.p(1), cap: a, after: h}, w.p(2), op.MODERATE)
	s := w.state()
	w.stand(s, true, out, beside, role) // they stand as ops, and give nothing
	w.in(s, false, w.p(2))
	again := w.admit(act{by: w.p(1), cap: a, after: []op.ID{out}}, w.p(2), 0, op.ID{})
	s = w.state()
	w.stand(s, true, again)
	w.in(s, true, w.p(2))
	if s.Members.Of(w.p(2).id()).Bits != op.POST {
		t.Errorf("came back with %v", s.Members.Of(w.p(2).id()).Bits)
	}
	// what the remover does not outrank he does not take away: a junior removes the person, the owner's concurrent grant stands
	h = heads(w, w.community)
	w.revoke(act{by: w.p(1), cap: a, after: h}, w.p(2), op.ID{}, false)
	w.grant(act{after: h}, w.p(2), op.MODERATE)
	if w.state().Can(w.p(2).id(), op.MODERATE) == nil {
		w.in(w.state(), true, w.p(2))
	}
}

// R4: rights from several grants add up; a demotion names the grant it ends.
func TestR4Union(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.admit(act{}, w.p(2), 0, op.ID{})
	h := heads(w, w.community)
	g1 := w.grant(act{after: h}, w.p(2), op.MODERATE|op.POST)
	w.grant(act{by: w.p(1), cap: a, after: h}, w.p(2), op.INVITE)
	if got := w.state().Members.Of(w.p(2).id()).Bits; got != op.MODERATE|op.POST|op.INVITE {
		t.Errorf("rights %v", got)
	}
	w.revoke(act{}, nil, g1, false)
	if got := w.state().Members.Of(w.p(2).id()).Bits; got != op.POST|op.INVITE { // POST by membership
		t.Errorf("rights after the demotion %v", got)
	}
}

// R5a: a revoked invite admits nobody who was not admitted before; nor does one whose maker was removed.
func TestR5aRevokedInvite(t *testing.T) {
	for _, how := range []string{"invite", "person", "cap", "above by cascade"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, 6)
			top := w.grant(act{}, w.p(6), op.AllBits)
			w.admit(act{}, w.p(6), 0, op.ID{})
			for i := 1; i <= 2; i++ {
				w.admit(act{}, w.p(i), 0, op.ID{})
			}
			a := w.grant(act{by: w.p(6), cap: top}, w.p(1), op.AllBits)
			member, _ := w.state().Membership(w.p(2).id())
			inv := w.invite(act{by: w.p(1), cap: a}, true, 10)
			before := w.admit(act{by: w.p(2), cap: member}, w.p(3), 0, inv)
			h := heads(w, w.community)
			switch how {
			case "invite":
				w.do(act{after: h, body: op.RevokeInviteBody{Invite: inv}})
			case "person":
				w.revoke(act{after: h}, w.p(1), op.ID{}, false)
			case "cap":
				w.revoke(act{after: h}, nil, a, false)
			case "above by cascade":
				w.revoke(act{after: h}, w.p(6), op.ID{}, true)
			}
			beside := w.admit(act{by: w.p(2), cap: member, after: h}, w.p(4), 0, inv)
			after := w.admit(act{by: w.p(2), cap: member}, w.p(5), 0, inv)
			s := w.state()
			w.stand(s, true, before)
			w.stand(s, false, beside, after)
			w.in(s, true, w.p(3))
			w.in(s, false, w.p(4), w.p(5))
			if s.InviteOpen(inv) {
				t.Error("the invite counts as open")
			}
		})
	}
	// who revokes an invite made it, or outranks him who did
	w := newWorld(t, 3)
	for i := 1; i <= 2; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	a := w.grant(act{}, w.p(1), op.AllBits)
	b := w.grant(act{by: w.p(1), cap: a}, w.p(2), op.AllBits)
	inv := w.invite(act{by: w.p(1), cap: a}, true, 10)
	w.nowStand(false, w.do(act{by: w.p(2), cap: b, body: op.RevokeInviteBody{Invite: inv}}))
	w.nowStand(true, w.do(act{by: w.p(1), cap: a, body: op.RevokeInviteBody{Invite: inv}}))
}

// R5b: by an auto invite any member admits, since the invite is the authority; by another only who may.
func TestR5bAnyMemberAdmits(t *testing.T) {
	w := newWorld(t, 5)
	w.admit(act{}, w.p(1), 0, op.ID{})
	member, _ := w.state().Membership(w.p(1).id())
	auto, asked := w.invite(act{}, true, 1), w.invite(act{}, false, 5)
	good := w.admit(act{by: w.p(1), cap: member}, w.p(2), 0, auto)
	surplus := w.admit(act{by: w.p(1), cap: member}, w.p(3), 0, auto) // over its max: stays, and seniors see it
	bad := w.admit(act{by: w.p(1), cap: member}, w.p(4), 0, asked)
	none := w.admit(act{by: w.p(1), cap: member}, w.p(5), 0, op.ID{})
	s := w.state()
	w.stand(s, true, good, surplus)
	w.stand(s, false, bad, none)
	if s.Uses(auto) != 2 {
		t.Errorf("%d uses", s.Uses(auto))
	}
	// and still when he leaves afterwards, or loses his device
	w.leave(act{by: w.p(1), cap: member})
	w.nowStand(true, good)
	for _, most := range []uint32{0, 1001} {
		o := op.Op{Space: w.community, Cap: w.community, Seq: 9, Deps: []op.ID{w.community}, Height: 1, Body: op.InviteBody{Max: most, Auto: true, Groups: []op.ID{}}}
		if _, err := op.SignDevice(o, w.owner.devs[0]); err == nil {
			t.Errorf("an auto invite for %d is written", most)
		}
	}
}

// R5c: of those admitted beyond an invite's max the first stand, by the admitter's rank, his seq, and the id.
func TestR5cMax(t *testing.T) {
	w := newWorld(t, 5)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	inv := w.invite(act{}, false, 2)
	h := heads(w, w.community)
	junior := w.admit(act{by: w.p(1), cap: a, after: h}, w.p(2), 0, inv)
	first := w.admit(act{after: h}, w.p(3), 0, inv)
	s := w.state()
	w.stand(s, true, junior, first)
	second := w.admit(act{after: []op.ID{first}}, w.p(4), 0, inv)
	s = w.state()
	w.stand(s, true, first, second)
	w.stand(s, false, junior)
	w.in(s, false, w.p(2))
}

// R5d: consent covers this space, this invite or admitter, and this stay.
func TestR5dConsent(t *testing.T) {
	w := newWorld(t, 4)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	inv, other := w.invite(act{}, true, 10), w.invite(act{}, true, 10)
	who := w.p(2)
	cert := func(space, via, last op.ID) []byte {
		return who.key.Certify(identity.Certificate{Space: space, Via: via, Last: last}, who.devs[0])
	}
	proof := w.invites[inv].Prove(who.id(), who.devs[0].ID())
	put := func(cap op.ID, by *person, b op.AdmitBody) op.ID { return w.do(act{by: by, cap: cap, body: b}) }
	good := op.AdmitBody{Cert: cert(w.community, inv, op.ID{}), Post: true, Invite: inv, Proof: proof}
	for name, b := range map[string]op.AdmitBody{
		"another invite's consent": {Cert: cert(w.community, other, op.ID{}), Post: true, Invite: inv, Proof: proof},
		"another space's":          {Cert: cert(seed32(5), inv, op.ID{}), Post: true, Invite: inv, Proof: proof},
		"another stay's":           {Cert: cert(w.community, inv, seed32(6)), Post: true, Invite: inv, Proof: proof},
		"another invite's proof":   {Cert: cert(w.community, inv, op.ID{}), Post: true, Invite: inv, Proof: w.invites[other].Prove(who.id(), who.devs[0].ID())},
		"proof for another device": {Cert: cert(w.community, inv, op.ID{}), Post: true, Invite: inv, Proof: w.invites[inv].Prove(who.id(), who.devs[1].ID())},
		"no proof":                 {Cert: cert(w.community, inv, op.ID{}), Post: true, Invite: inv, Proof: []byte{}},
		"admitter's cap swapped":   {Cert: cert(w.community, a, op.ID{}), Post: true, Proof: []byte{}},
	} {
		if id := put(w.community, w.owner, b); w.state().Effective(id) {
			t.Errorf("%s: stands", name)
		}
	}
	swapped := op.AdmitBody{Cert: cert(w.community, a, op.ID{}), Post: true, Proof: []byte{}}
	put(w.community, w.owner, swapped)
	w.nowStand(false, put(w.community, w.owner, swapped)) // said twice is not consented
	in := put(w.community, w.owner, good)
	w.nowStand(true, in)
	anew := put(w.community, w.owner, op.AdmitBody{Cert: good.Cert, Post: true, Proof: []byte{}})
	w.nowStand(true, anew)                                                                      // what he consented to, done again
	w.nowStand(false, put(in, who, op.AdmitBody{Cert: good.Cert, Post: true, Proof: []byte{}})) // but not by a plain member

	w.leave(act{by: who, cap: anew})
	out := w.leave(act{by: who, cap: in})
	if w.log.LastOut(w.community, who.id()) != out {
		t.Error("LastOut is not the Leave")
	}
	w.in(w.state(), false, who)
	w.nowStand(false, put(w.community, w.owner, good)) // his old link and his old consent
	again := good
	again.Cert = cert(w.community, inv, out)
	w.nowStand(true, put(w.community, w.owner, again))
	w.in(w.state(), true, who)
	kicked := w.revoke(act{}, who, op.ID{}, false)
	w.nowStand(false, put(w.community, w.owner, again))
	again.Cert = cert(w.community, inv, kicked)
	w.nowStand(true, put(w.community, w.owner, again))
}

// R5d, groups: who is in the community may be put into its groups, until he leaves that group.
func TestR5dGroups(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.admit(act{}, w.p(2), 0, op.ID{})
	g := w.group(act{by: w.p(1), cap: a}, false)
	who := w.p(2)
	old := who.key.Certify(identity.Certificate{Space: w.community, Via: w.community}, who.devs[0])
	put := func() op.ID {
		return w.do(act{by: w.p(1), space: g, cap: g, body: op.AdmitBody{Cert: old, Post: true, Proof: []byte{}}})
	}
	first := put()
	w.nowStand(true, first)
	w.in(w.state(g), true, who)
	w.leave(act{by: who, space: g, cap: first})
	w.in(w.state(g), false, who)
	w.nowStand(false, put())
	w.nowStand(true, w.admit(act{by: w.p(1), space: g, cap: g}, who, 0, op.ID{})) // asked anew, he agreed
	w.in(w.state(g), true, who)
	// another community's consent is none
	foreign := who.key.Certify(identity.Certificate{Space: seed32(8)}, who.devs[1])
	w.nowStand(false, w.do(act{by: w.p(1), space: g, cap: g, body: op.AdmitBody{Cert: foreign, Post: true, Proof: []byte{}}}))
}

// R7: of two writes at once the senior's stands, at equal rank the larger id; a later one stands over both.
func TestR7Registers(t *testing.T) {
	w := newWorld(t, 2)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	h := heads(w, w.community)
	w.set(act{by: w.p(1), cap: a, after: h}, "name", "by the admin")
	w.set(act{after: h}, "name", "by the owner")
	if got := string(w.state().Values["name"]); got != "by the owner" {
		t.Errorf("name is %q", got)
	}
	w.set(act{by: w.p(1), cap: a}, "name", "later")
	if got := string(w.state().Values["name"]); got != "later" {
		t.Errorf("name is %q", got)
	}
	h = heads(w, w.community)
	x := w.set(act{by: w.p(1), cap: a, after: h}, "name", "x")
	y := w.set(act{by: w.p(1), cap: a, after: h}, "name", "y")
	want := "y"
	if y.Less(x) {
		want = "x"
	}
	if got := string(w.state().Values["name"]); got != want {
		t.Errorf("name is %q, want %q", got, want)
	}
}

// R10: the recovery set hands ownership over, with more than half of it; of two rotations the lower id stands; the old owner's later acts
// are nothing.
func TestR10Rotation(t *testing.T) {
	w := newWorld(t, 3)
	w.admit(act{}, w.p(1), 0, op.ID{})
	h := heads(w, w.community)
	rot := w.rotate(act{by: w.p(1), cap: w.community, after: h}, w.p(1), w.community)
	beside := w.set(act{after: h}, "name", "old")
	s := w.state()
	if s.Owner != w.p(1).id() || s.Can(w.p(1).id(), op.AllBits) != nil {
		t.Fatal("ownership did not pass")
	}
	w.stand(s, false, beside)
	w.stand(s, false, w.revoke(act{}, w.p(1), op.ID{}, false))
	w.nowStand(true, w.set(act{by: w.p(1), dev: 1}, "name", "new"))
	two := w.rotate(act{by: w.p(1), dev: 1, after: h}, w.p(2), w.community)
	want := w.p(1)
	if two.Less(rot) {
		want = w.p(2)
	}
	if w.state().Owner != want.id() {
		t.Error("of two rotations not the lower id stands")
	}
	// one of three signatures, one twice, or a signature for somebody else is not enough
	d := w.p(3).devs[1]
	cert := w.p(3).key.Certify(identity.Certificate{Space: w.community}, d)
	sig := w.handover(w.community, w.p(3), d, w.guard, 0)[0]
	other := w.handover(w.community, w.p(3), d, w.guard[:1], 1)[0]
	for _, sigs := range [][]op.Signature{{}, {sig}, {sig, {Index: sig.Index + 1, Sig: sig.Sig}}, {sig, {Index: 9, Sig: sig.Sig}}, {sig, {Index: other.Index, Sig: other.Sig}}} {
		slices.SortFunc(sigs, func(a, b op.Signature) int { return int(a.Index) - int(b.Index) })
		id := w.do(act{by: w.p(1), dev: 1, after: h, body: op.OwnerRotateBody{Prev: w.community, Cert: cert, Recovery: w.guard, Sigs: sigs}})
		if w.log.f[w.node(id)].wf {
			t.Errorf("%d signatures are enough", len(sigs))
		}
	}
}

// R10, the set: named once by the owner where Genesis names none, replaced by those in it.
func TestR10Recovery(t *testing.T) {
	w := foundWorld(t, 4, nil)
	d := w.owner.devs[0]
	keeper := func(i int) identity.UserID { return identity.UserID(identity.DeviceKeyFromSeed(seed32(7, i)).ID()) }
	three := sortedSet([]identity.UserID{keeper(0), keeper(1), keeper(2)})
	rotation := func(a act, who *person, dev identity.DeviceKey, prev op.ID, set []identity.UserID, keepers ...int) op.ID {
		a.body = op.OwnerRotateBody{Prev: prev, Cert: who.key.Certify(identity.Certificate{Space: w.community}, dev), Recovery: set, Sigs: w.handover(prev, who, dev, set, keepers...)}
		return w.do(a)
	}
	if r := w.state().Recovery(); len(r.Set) != 0 || r.By != w.community || r.Need != 0 {
		t.Fatal("a set from nowhere")
	}
	h := heads(w, w.community)
	w.nowStand(false, rotation(act{after: h}, w.owner, d, w.community, three))                                    // not by a device alone
	w.nowStand(false, rotation(act{by: w.p(1), asM: true, after: h}, w.p(1), w.p(1).devs[1], w.community, three)) // not by somebody else
	w.nowStand(false, rotation(act{asM: true, after: h}, w.p(1), w.p(1).devs[1], w.community, three))             // and nothing is handed on so
	beside := w.set(act{after: h}, "name", "beside")
	named := rotation(act{asM: true, after: h}, w.owner, d, w.community, three)
	w.nowStand(true, named, beside) // who owns already goes on, also beside it
	s := w.state()
	if r := s.Recovery(); !slices.Equal(r.Set, three) || r.By != named || r.Need != 2 || s.Owner != w.owner.id() || s.Members.Of(s.Owner).Caps[0] != w.community {
		t.Fatalf("the set in force is %v by %v, the owner's seat %v", r.Set, r.By, s.Members.Of(s.Owner).Caps)
	}
	w.guard = three
	w.nowStand(false, rotation(act{asM: true}, w.owner, d, named, three[:1])) // now the owner alone names no other
	two := three[:2]
	w.nowStand(false, rotation(act{}, w.owner, d, named, two, 0))
	b := op.OwnerRotateBody{Prev: named, Cert: w.p(2).key.Certify(identity.Certificate{Space: w.community}, w.p(2).devs[1]), Recovery: two}
	if b.Sigs = w.handover(named, w.p(2), w.p(2).devs[1], two, 0); w.state().Recovery().Signed(w.community, b) != 1 {
		t.Error("one signature is not one")
	}
	if b.Sigs = w.handover(named, w.p(2), w.p(2).devs[1], three, 0, 1); w.state().Recovery().Signed(w.community, b) != 0 {
		t.Error("signatures for another set count")
	}
	h = heads(w, w.community)
	moved := rotation(act{by: w.p(2), dev: 1, after: h}, w.p(2), w.p(2).devs[1], named, two, 1, 2)
	w.nowStand(true, moved, named)
	if s := w.state(); s.Owner != w.p(2).id() || !slices.Equal(s.Recovery().Set, two) {
		t.Fatal("not handed on, or with another set")
	}
	if e := w.state().Endings(w.owner.id()); len(e) != 1 || e[0].Op != moved || !e[0].Had(op.AllBits) || e[0].Keeps(0) {
		t.Errorf("what the rotation took from the owner before: %v", e)
	}
	if e := w.state().Endings(w.p(2).id()); len(e) != 0 {
		t.Errorf("it took something from the owner since: %v", e)
	}
	w.nowStand(false, w.set(act{after: h}, "name", "old owner"), rotation(act{asM: true, after: h}, w.owner, d, named, three, 0))
	w.nowStand(true, beside)
	w.guard = two
	for i := range 3 {
		if slices.Contains(two, keeper(i)) { // half of a set is not more than half
			w.nowStand(false, rotation(act{}, w.owner, d, moved, two, i))
		}
	}
}

// R11: two ops with one number both stand, as concurrent; what follows has the next number.
func TestR11Equivocation(t *testing.T) {
	w := newWorld(t, 2)
	h := heads(w, w.community)
	x := w.set(act{after: h}, "name", "x")
	y := w.set(act{after: h}, "picture", "y")
	if w.log.Op(x).Seq != w.log.Op(y).Seq {
		t.Fatal("not the same number")
	}
	w.nowStand(true, x, y)
	next := w.set(act{}, "name", "z")
	if w.log.Op(next).Seq != w.log.Op(x).Seq+1 {
		t.Error("the next number is wrong")
	}
	w.nowStand(true, x, y, next)
	for _, seq := range []uint64{1, 2, 4, 9} { // number and height must follow from the past
		w.nowStand(false, w.set(act{seq: seq}, "name", "wrong"))
	}
	w.nowStand(false, w.set(act{lift: 1}, "name", "wrong"))
}

// R12: leaving ends one cap: what its author writes under it afterwards is void, whatever device he uses; nothing else is.
func TestR12Leave(t *testing.T) {
	w := newWorld(t, 4)
	a := w.grant(act{}, w.p(1), op.AllBits)
	in := w.admit(act{}, w.p(1), 0, op.ID{})
	w.addDevice(act{by: w.p(1), cap: in}, 1)
	did := w.admit(act{by: w.p(1), cap: a}, w.p(2), 0, op.ID{})
	h := heads(w, w.community)
	gone := w.leave(act{by: w.p(1), cap: a})
	after := w.admit(act{by: w.p(1), cap: a}, w.p(3), 0, op.ID{})
	other := w.admit(act{by: w.p(1), dev: 1, cap: a}, w.p(3), 1, op.ID{})
	beside := w.admit(act{by: w.p(1), cap: a, after: h}, w.p(4), 0, op.ID{})
	s := w.state()
	w.stand(s, true, did, gone, beside)
	w.stand(s, false, after, other)
	w.in(s, true, w.p(1), w.p(2), w.p(4)) // he is a member still
	if s.Can(w.p(1).id(), op.ADMIT) == nil {
		t.Error("he left his office and keeps it")
	}
	w.leave(act{by: w.p(1), cap: in})
	s = w.state()
	w.in(s, false, w.p(1))
	if !s.Left(w.p(1).id()) {
		t.Error("he left, and counts as removed")
	}
	// a back-dated Leave takes away nothing that he did before it in truth
	w.leave(act{by: w.p(1), cap: a, after: []op.ID{a, in}})
	w.nowStand(true, did)
	w.nowStand(false, w.leave(act{})) // the owner cannot leave
}

// R13: a lost device's ops fall where they are not before the DeviceRevoke under the same cap, but not Admits by auto invites.
func TestR13Device(t *testing.T) {
	w := newWorld(t, 5)
	a := w.grant(act{}, w.p(1), op.AllBits)
	in := w.admit(act{}, w.p(1), 0, op.ID{})
	auto := w.invite(act{}, true, 9)
	second := w.addDevice(act{by: w.p(1), cap: in}, 1)
	w.nowStand(true, second)
	did := w.admit(act{by: w.p(1), cap: a}, w.p(2), 0, op.ID{})
	brought := w.admit(act{by: w.p(1), cap: in}, w.p(3), 0, auto)
	h := heads(w, w.community)
	lost := w.revokeDevice(act{by: w.p(1), cap: a}, 0)
	lostToo := w.revokeDevice(act{by: w.p(1), cap: in}, 0)
	beside := w.admit(act{by: w.p(1), cap: a, after: h}, w.p(4), 0, op.ID{})
	besideAuto := w.admit(act{by: w.p(1), cap: in, after: h}, w.p(5), 0, auto)
	by2 := w.set(act{by: w.p(1), dev: 1, cap: a}, "name", "from the other device")
	s := w.state()
	w.stand(s, true, lost, lostToo, did, brought, besideAuto, by2)
	w.stand(s, false, beside)
	if ds := s.Members.Of(w.p(1).id()).Devices; len(ds) != 1 || ds[0] != w.p(1).devs[1].ID() {
		t.Errorf("devices %v", ds)
	}
	if who, ok := s.Who(w.p(1).devs[0].ID()); ok {
		t.Errorf("the lost device still is %v", who)
	}
	// nobody signs for M but M
	w.stand(s, false, w.do(act{by: w.p(1), dev: 1, cap: in, body: op.DeviceRevokeBody{Device: w.p(1).devs[1].ID(), Pins: []op.Pin{}}}))
	// and M only for himself
	w.nowStand(true, w.revokeDevice(act{by: w.p(2), cap: did}, 1))
	x := w.do(act{by: w.p(2), asM: true, cap: did, body: op.DeviceRevokeBody{Device: w.p(1).devs[1].ID(), Pins: []op.Pin{}}})
	if len(w.state().Members.Of(w.p(1).id()).Devices) != 1 {
		t.Errorf("%s took another's device", w.describe(x))
	}
	cert := w.p(1).key.Certify(identity.Certificate{Space: w.community}, w.p(1).devs[2])
	w.nowStand(false, w.do(act{by: w.p(2), asM: true, cap: did, body: op.DeviceAddBody{Cert: cert}}))
}

// Groups: a removal above acts in every group, and undoes nothing that came before; authority flows down as far as the group lets it.
func TestGroups(t *testing.T) {
	for _, open := range []bool{false, true} {
		w := newWorld(t, 6)
		a := w.grant(act{}, w.p(1), op.AllBits)
		b := w.grant(act{}, w.p(2), op.AllBits)
		for i := 1; i <= 4; i++ {
			w.admit(act{}, w.p(i), 0, op.ID{})
		}
		g := w.group(act{by: w.p(1), cap: a}, open)
		for i := 1; i <= 3; i++ {
			w.nowStand(true, w.admit(act{by: w.p(1), space: g, cap: g}, w.p(i), 0, op.ID{}))
		}
		// the other admin of the community: REMOVE and MODERATE flow, ADMIT only into an open group
		flows := w.admit(act{by: w.p(2), space: g, cap: b}, w.p(4), 0, op.ID{})
		w.nowStand(open, flows)
		w.nowStand(false, w.set(act{by: w.p(2), space: g, cap: b}, "name", "x"))
		w.nowStand(true, w.admit(act{space: g}, w.p(4), 1, op.ID{})) // the owner's rights flow everywhere
		early := w.set(act{by: w.p(1), space: g, cap: g}, "topic", "food")
		h, up := heads(w, g), heads(w, w.community)
		out := w.revoke(act{}, w.p(1), op.ID{}, false)
		s := w.state(g)
		w.in(s, false, w.p(1))
		w.in(s, true, w.p(2), w.p(3), w.p(4))
		w.stand(s, true, early)
		beside := w.set(act{by: w.p(1), space: g, cap: g, after: h, parents: up}, "topic", "beside")
		knowing := w.set(act{by: w.p(1), space: g, cap: g}, "topic", "knowing")
		s = w.state(g)
		w.stand(s, true, beside) // which of his concurrent acts stand is decided by a Revoke in the group's own log
		w.stand(s, false, knowing)
		w.revoke(act{space: g, after: h, parents: []op.ID{out}}, w.p(1), op.ID{}, false)
		s = w.state(g)
		w.stand(s, false, beside)
		w.stand(s, true, early)
		// a removed admin forges grants in the group, by the past he knew
		forged := w.grant(act{by: w.p(1), space: g, cap: g, after: []op.ID{g}, parents: []op.ID{a}}, w.p(5), op.AllBits)
		w.nowStand(false, forged)
		w.in(w.state(g), false, w.p(5))
	}
}

// R3, groups: whoever is removed from one group and let in again does nothing there under the cap of the community that he had before, and is
// not told that he may; elsewhere, and under a cap given after, he may.
func TestGroupCapFromAbove(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	g, other := w.group(act{}, false), w.group(act{}, false)
	w.admit(act{space: g}, w.p(1), 0, op.ID{})
	may := func(space op.ID, want bool) {
		t.Helper()
		if _, err := w.state(space).CapFor(w.p(1).id(), op.REMOVE); (err == nil) != want {
			t.Errorf("may remove: %v, want %v", err, want)
		}
	}
	may(g, true)
	w.revoke(act{space: g}, w.p(1), op.ID{}, false)
	may(g, false)
	w.admit(act{space: g}, w.p(1), 0, op.ID{})
	may(g, false)
	may(other, true)
	may(w.community, true)
	w.nowStand(false, w.revoke(act{by: w.p(1), space: g, cap: a}, w.p(2), op.ID{}, false))
	w.grant(act{}, w.p(1), op.AllBits) // knows nothing of the group's log, so R3 hits it too
	may(g, false)
	c := w.grant(act{space: g}, w.p(1), op.AllBits)
	may(g, true)
	w.nowStand(true, w.revoke(act{by: w.p(1), space: g, cap: c}, w.p(2), op.ID{}, false))
}

// Nested: a removal in the community acts in groups of any depth, or there are none.
func TestNestedGroups(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.admit(act{}, w.p(2), 0, op.ID{})
	g := w.group(act{by: w.p(1), cap: a}, false)
	w.admit(act{by: w.p(1), space: g, cap: g}, w.p(1), 0, op.ID{})
	in := w.admit(act{by: w.p(1), space: g, cap: g}, w.p(2), 0, op.ID{})
	sub := w.group(act{by: w.p(1), space: g, cap: g}, false)
	if w.state(sub) == nil {
		return
	}
	w.admit(act{by: w.p(1), space: sub, cap: sub}, w.p(2), 0, op.ID{})
	w.nowStand(true, in)
	w.in(w.state(sub), true, w.p(2))
	w.revoke(act{}, w.p(2), op.ID{}, false)
	w.in(w.state(), false, w.p(2))
	w.in(w.state(g), false, w.p(2))
	w.in(w.state(sub), false, w.p(2))
}

// OpenGroup: whoever is in the community comes in by himself, and comes back after leaving; who is out does not.
func TestOpenGroup(t *testing.T) {
	w := newWorld(t, 4)
	for i := 1; i <= 3; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	g, closed := w.group(act{}, true), w.group(act{}, false)
	first := w.admit(act{space: g}, w.p(1), 0, g)
	w.nowStand(true, first)
	second := w.admit(act{by: w.p(1), space: g, cap: first}, w.p(2), 0, g) // by a member: the group is the invite
	w.nowStand(true, second)
	stranger := w.admit(act{by: w.p(1), space: g, cap: first}, w.p(4), 0, g)
	w.nowStand(false, stranger)
	w.in(w.state(g), false, w.p(4))
	c1 := w.admit(act{space: closed}, w.p(1), 0, op.ID{})
	w.nowStand(false, w.admit(act{by: w.p(1), space: closed, cap: c1}, w.p(2), 0, closed))
	w.leave(act{by: w.p(2), space: g, cap: second})
	w.nowStand(true, w.admit(act{by: w.p(1), space: g, cap: first}, w.p(2), 0, g))
	w.in(w.state(g), true, w.p(2))
}

// Direct: any member opens a direct message, with one other, who is committed to before he is named; nobody else comes in, and nobody acts
// from above.
func TestDirect(t *testing.T) {
	w := newWorld(t, 4)
	for i := 1; i <= 3; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	mine, _ := w.state().Membership(w.p(1).id())
	g := w.direct(act{by: w.p(1), cap: mine}, w.p(2))
	w.nowStand(true, g)
	if w.states()[g] != nil || len(w.state().Groups()) != 0 {
		t.Fatal("a direct message of which only the CreateGroup is here is shown")
	}
	for _, by := range []act{{by: w.p(1), space: g, cap: g}, {by: w.owner, space: g, cap: w.community}} {
		w.nowStand(false, w.admitDirect(by, w.p(3), 0))                          // it is with another
		w.nowStand(false, w.admit(by, w.p(2), 0, op.ID{}))                       // without the opening
		w.nowStand(false, w.admitDirect(by, w.p(1), 0))                          // its author is in
		w.nowStand(false, w.grant(by, w.p(2), op.POST), w.set(by, "name", "us")) // there is nothing to rule
	}
	w.nowStand(false, w.admitDirect(act{space: g}, w.p(2), 0)) // from above
	if w.states()[g] != nil {
		t.Fatal("what was written from above began a direct message")
	}
	b := w.admitDirect(act{by: w.p(1), space: g, cap: g}, w.p(2), 0)
	w.nowStand(true, b)
	s := w.state(g)
	w.in(s, true, w.p(1), w.p(2))
	w.in(s, false, w.owner, w.p(3))
	if got := s.Members.Of(w.p(1).id()).Bits | s.Members.Of(w.p(2).id()).Bits; got != op.POST {
		t.Fatalf("they have %v", got)
	}
	w.nowStand(false, w.revoke(act{space: g}, w.p(2), op.ID{}, false), w.revoke(act{by: w.p(1), space: g, cap: g}, w.p(2), op.ID{}, false))
	w.nowStand(false, w.admitDirect(act{by: w.p(2), space: g, cap: b}, w.p(2), 0)) // the other one admits nobody
	w.in(w.state(g), true, w.p(1), w.p(2))
	w.leave(act{by: w.p(1), space: g, cap: g})
	w.in(w.state(g), false, w.p(1))
	w.in(w.state(g), true, w.p(2))
	h := w.direct(act{by: w.p(1), cap: mine}, w.owner) // by the certificate of Genesis, until he leaves
	opening := w.directs[h].opening
	founder := act{by: w.p(1), space: h, cap: h, body: op.AdmitBody{Cert: w.log.Op(w.community).Body.(op.GenesisBody).Cert, Post: true, Invite: h, Proof: opening[:]}}
	in := w.do(founder)
	w.nowStand(true, in)
	w.leave(act{space: h, cap: in})
	w.nowStand(false, w.do(founder))
	w.revoke(act{}, w.p(2), op.ID{}, false)
	w.in(w.state(g), false, w.p(2))
	if plain := w.group(act{by: w.p(3), cap: func() op.ID { id, _ := w.state().Membership(w.p(3).id()); return id }()}, false); w.states()[plain] != nil {
		t.Fatal("a plain member made a group")
	}
	w.nowStand(false, w.group(act{by: w.p(3), cap: w.grant(act{}, w.p(3), op.AllBits&^op.GROUPS)}, false)) // whose right a group that is no direct message needs
}

// InviteGroups: an invite of the community that names groups opens each of them, closed or not, for whom it let into the community.
func TestInviteGroups(t *testing.T) {
	w := newWorld(t, 5)
	w.admit(act{}, w.p(1), 0, op.ID{})
	g, other := w.group(act{}, false), w.group(act{}, false)
	m1 := w.admit(act{space: g}, w.p(1), 0, op.ID{})
	inv := w.invite(act{}, true, 9, g)
	member, _ := w.state().Membership(w.p(1).id())
	w.admit(act{by: w.p(1), cap: member}, w.p(2), 0, inv)
	w.nowStand(true, w.admit(act{by: w.p(1), space: g, cap: m1}, w.p(2), 0, inv))
	w.admit(act{}, w.p(3), 0, op.ID{}) // came otherwise
	w.nowStand(false, w.admit(act{by: w.p(1), space: g, cap: m1}, w.p(3), 0, inv))
	o1 := w.admit(act{space: other}, w.p(1), 0, op.ID{})
	w.nowStand(false, w.admit(act{by: w.p(1), space: other, cap: o1}, w.p(2), 0, inv))
	ask := w.invite(act{}, false, 9, g) // one that an admin admits by carries into the group all the same, by any member of it
	w.nowStand(false, w.admit(act{by: w.p(1), space: g, cap: m1}, w.p(3), 0, ask))
	w.admit(act{}, w.p(3), 0, ask)
	w.nowStand(true, w.admit(act{by: w.p(1), space: g, cap: m1}, w.p(3), 0, ask))
	w.admit(act{by: w.p(1), cap: member}, w.p(4), 0, inv)
	w.do(act{body: op.RevokeInviteBody{Invite: inv}})
	w.nowStand(false, w.admit(act{by: w.p(1), space: g, cap: m1}, w.p(4), 0, inv))
}

// Ban: after a Revoke with ban no Admit by invite counts until somebody who may remove has admitted the person.
func TestBan(t *testing.T) {
	w := newWorld(t, 4)
	a := w.grant(act{}, w.p(1), op.ADMIT|op.INVITE|op.POST)
	w.admit(act{}, w.p(1), 0, op.ID{})
	inv := w.invite(act{}, true, 9)
	who := w.p(2)
	w.admit(act{}, who, 0, inv)
	w.do(act{body: op.RevokeBody{Member: who.id(), Ban: true, Pins: []op.Pin{}}})
	w.nowStand(false, w.admit(act{}, who, 0, inv))
	w.in(w.state(), false, who)
	w.admit(act{by: w.p(1), cap: a}, who, 0, op.ID{}) // by one who may admit and not remove: in, and the ban stays
	w.in(w.state(), true, who)
	w.leave(act{by: who, cap: w.state().Members.Of(who.id()).Caps[0]})
	w.nowStand(false, w.admit(act{}, who, 0, inv))
	w.admit(act{}, who, 0, op.ID{})
	w.in(w.state(), true, who)
	w.leave(act{by: who, cap: w.state().Members.Of(who.id()).Caps[0]})
	w.nowStand(true, w.admit(act{}, who, 0, inv))
	w.in(w.state(), true, who)
}

// Ban, lifted: by a register that takes REMOVE, for bans before it and links after it.
func TestBanLifted(t *testing.T) {
	w := newWorld(t, 4)
	a := w.grant(act{}, w.p(1), op.ADMIT|op.INVITE|op.SETTINGS|op.POST)
	w.admit(act{}, w.p(1), 0, op.ID{})
	inv := w.invite(act{}, true, 9)
	who := w.p(2)
	w.set(act{}, RegBan(who.id()), "0") // before the ban: lifts nothing
	w.do(act{body: op.RevokeBody{Member: who.id(), Ban: true, Pins: []op.Pin{}}})
	w.nowStand(false, w.set(act{by: w.p(1), cap: a}, RegBan(who.id()), "0")) // SETTINGS is not enough
	w.set(act{}, RegBan(w.p(3).id()), "0")                                   // somebody else's
	w.nowStand(false, w.admit(act{}, who, 0, inv))
	if !w.state().Banned(who.id()) || w.state().Banned(w.p(3).id()) {
		t.Error("who is banned is not told")
	}
	h := heads(w, w.community)
	w.nowStand(true, w.set(act{}, RegBan(who.id()), "0"))
	if w.state().Banned(who.id()) {
		t.Error("a ban that was lifted is told")
	}
	w.nowStand(false, w.admit(act{after: h}, who, 0, inv)) // not after it
	w.nowStand(true, w.admit(act{}, who, 0, inv))
	w.in(w.state(), true, who)
	w.do(act{body: op.RevokeBody{Member: who.id(), Ban: true, Pins: []op.Pin{}}})
	w.nowStand(false, w.admit(act{}, who, 0, inv)) // banned again
}

// Malformed: what cannot be judged counts for nothing and harms nobody, wherever it stands.
func TestMalformed(t *testing.T) {
	w := newWorld(t, 3)
	a := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.set(act{}, "name", "w")
	for name, id := range map[string]op.ID{
		"a cap that is not in its past": w.set(act{by: w.p(1), cap: a, after: []op.ID{w.community}}, "name", "x"),
		"a cap that is no cap":          w.set(act{cap: w.ops[3].ID()}, "name", "x"),
		"a stranger's device":           w.set(act{by: w.p(3)}, "name", "x"),
		"another's cap":                 w.set(act{by: w.p(1)}, "name", "x"),
		"more rights than its cap":      w.grant(act{by: w.p(1), cap: w.grant(act{}, w.p(1), op.GRANT)}, w.p(2), op.REMOVE),
		"without the right":             w.set(act{by: w.p(1), cap: w.grant(act{}, w.p(1), op.GRANT)}, "name", "x"),
		"removes nothing":               w.revoke(act{}, nil, w.ops[3].ID(), false),
		"removes what it has not seen":  w.revoke(act{after: []op.ID{w.community}}, nil, a, false),
	} {
		if w.state().Effective(id) {
			t.Errorf("%s: stands", name)
		}
	}
	if string(w.state().Values["name"]) != "w" {
		t.Error("the name has changed")
	}
	// an Invite under no cap at all, and somebody who revokes it
	bad := w.invite(act{by: w.p(1), cap: a, after: []op.ID{w.community}}, true, 5)
	w.do(act{body: op.RevokeInviteBody{Invite: bad}})
	w.do(act{by: w.p(1), cap: a, body: op.RevokeInviteBody{Invite: bad}})
	w.nowStand(false, bad, w.admit(act{}, w.p(2), 0, bad))
	// a Grant under no cap, somebody who acts under it, and somebody who revokes it
	none := w.grant(act{by: w.p(1), cap: a, after: []op.ID{w.community}}, w.p(2), op.AllBits)
	w.admit(act{}, w.p(2), 0, op.ID{})
	w.nowStand(false, none, w.grant(act{by: w.p(2), cap: none}, w.p(3), op.AllBits), w.revoke(act{by: w.p(2), cap: none}, w.p(1), op.ID{}, true))
	w.revoke(act{}, nil, none, true)
	w.in(w.state(), true, w.p(1), w.p(2))

	if err := NewLog().Add(EntryOf(w.ops[2])); !errors.Is(err, dag.ErrMissing) {
		t.Errorf("an op without its past: %v", err)
	}
	e := EntryOf(w.ops[len(w.ops)-1])
	e.ID, e.Space, e.Deps = seed32(1), w.ops[1].ID(), []op.ID{w.ops[1].ID()}
	if err := w.log.Add(e); !errors.Is(err, dag.ErrForeign) {
		t.Errorf("an op in what is no log: %v", err)
	}
}

// Endings and DevicesOf are what pins are decided by.
func TestEndings(t *testing.T) {
	w := newWorld(t, 2)
	g := w.grant(act{}, w.p(1), op.ANNOUNCE)
	w.admit(act{}, w.p(1), 0, op.ID{})
	if len(w.state().Endings(w.p(1).id())) != 0 {
		t.Error("nothing has ended yet")
	}
	r := w.revoke(act{}, nil, g, false)
	e := w.state().Endings(w.p(1).id())
	if len(e) != 1 || e[0].Op != r || !e[0].Had(op.ANNOUNCE) || e[0].Keeps(op.ANNOUNCE) || !e[0].Keeps(op.POST) || !e[0].Keeps(0) {
		t.Errorf("%v", e)
	}
	out := w.revoke(act{}, w.p(1), op.ID{}, false)
	e = w.state().Endings(w.p(1).id())
	i := slices.IndexFunc(e, func(e Ending) bool { return e.Op == out })
	if len(e) != 2 || i < 0 || !e[i].Had(op.POST) || e[i].Keeps(0) {
		t.Errorf("%v", e)
	}
	w.admit(act{}, w.p(1), 1, op.ID{})
	if ds := w.log.DevicesOf(w.p(1).id()); len(ds) != 2 {
		t.Errorf("devices %v", ds)
	}
}

// A Genesis under another community counts for nothing yet.
func TestMalformedParent(t *testing.T) {
	w := newWorld(t, 1)
	g := w.group(act{}, false)
	salt := seed32(5)
	owner, d := identity.Seed(seed32(0)).Member(identity.OwnerSalt(salt)), w.owner.devs[0]
	o, err := op.SignDevice(op.Op{Time: 1, Body: op.GenesisBody{Name: "under", Salt: salt, Recovery: []identity.UserID{}, Parent: w.community, Under: g,
		Cert: owner.Certify(identity.Certificate{Space: identity.OwnerSalt(salt)}, d)}}, d)
	if err != nil {
		t.Fatal(err)
	}
	if w.take(o); w.log.Eval(o.ID()) != nil {
		t.Error("it has a state")
	}
}

// R2, cascade: it reaches all that hangs on the hit cap, however deep, and nothing beside it.
func TestR2CascadeDeep(t *testing.T) {
	w := newWorld(t, 6)
	a := w.grant(act{}, w.p(1), op.AllBits)
	beside := w.grant(act{}, w.p(5), op.AllBits)
	for i := 1; i <= 5; i++ {
		w.admit(act{}, w.p(i), 0, op.ID{})
	}
	b := w.grant(act{by: w.p(1), cap: a}, w.p(2), op.AllBits)
	c := w.grant(act{by: w.p(2), cap: b}, w.p(3), op.AllBits)
	guest := w.admit(act{by: w.p(3), cap: c}, w.p(6), 0, op.ID{})
	h := heads(w, w.community)
	w.revoke(act{}, w.p(1), op.ID{}, true)
	late := w.set(act{by: w.p(3), cap: c, after: h}, "name", "late")
	s := w.state()
	for _, id := range []op.ID{a, b, c, guest} {
		if s.Live(id) {
			t.Errorf("%s lives", w.describe(id))
		}
	}
	w.stand(s, false, late)
	w.in(s, false, w.p(6))
	if !s.Live(beside) || s.Members.Of(w.p(3).id()).Bits != op.POST {
		t.Error("it reaches too far")
	}
}
