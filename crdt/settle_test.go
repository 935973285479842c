package crdt

import (
	"maps"
	"testing"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// settled fails unless all that hangs on p's control state, kept op by op, is what one would find by looking at everything.
func (p *person) settled(t testing.TB) {
	t.Helper()
	c := p.c
	all := c.log.EvalAll(c.id)
	if len(all) != len(c.states) || acl.Hash(all) != c.Hash() {
		t.Fatalf("%s: the states are not those of the log", p.name)
	}
	for id, st := range all {
		s := c.spaces[id]
		gone := map[acl.Seat]bool{}
		for _, seat := range st.Gone() {
			gone[seat] = true
		}
		for seat := range s.orphans {
			if !st.Seated(seat) {
				gone[seat] = true
			}
		}
		if !maps.Equal(gone, s.wasGone) || len(s.gone) != len(gone) {
			t.Fatalf("%s: %d seats are gone, %d are known to be", p.name, len(gone), len(s.gone))
		}
		for _, e := range s.epochs {
			if !e.judged || e.isDesk() {
				continue
			}
			fresh := *e
			fresh.judging = -1
			if at := c.log.EvalAt(id, append(append([]op.ID{}, e.body.CtlHeads...), e.parents...)...); (at.RosterRoot() == e.body.RosterRoot) != (e.made.RosterRoot() == e.body.RosterRoot) {
				t.Fatalf("%s: an epoch's roster is not what its past says", p.name)
			}
			if c.clean(s, st, &fresh) != c.clean(s, st, e) || s.set.Clean(e.id) && !c.clean(s, st, e) {
				t.Fatalf("%s: an epoch is clean by steps only, or as a whole only", p.name)
			}
		}
		people := map[identity.UserID]bool{}
		for m := range st.Members.All() {
			people[m] = true
		}
		for _, m := range st.Former() {
			people[m] = true
		}
		for m := range people {
			now, ended := c.judgement(s, m)
			if now != s.judged[m] || ended != s.ended[m] {
				t.Fatalf("%s: somebody's messages count otherwise\n%s\n%s", p.name, s.judged[m], now)
			}
			for _, d := range c.log.DevicesOf(m) {
				bits, in := c.snap.spaces[id].rights(d)
				want, member := st.DeviceRights(d)
				if bits != want || in != member {
					t.Fatalf("%s: the snapshot gives a device %v, the state %v", p.name, bits, want)
				}
			}
		}
	}
}
