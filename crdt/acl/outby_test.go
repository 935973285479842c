package acl

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
)

// TestOutBy: who is out learns by what: a removal, or that of whoever let him in, however far up that one is.
func TestOutBy(t *testing.T) {
	w := newWorld(t, 7)
	b := w.grant(act{}, w.p(1), op.AllBits)
	w.admit(act{}, w.p(1), 0, op.ID{})
	w.admit(act{by: w.p(1), cap: b}, w.p(2), 0, op.ID{})
	w.admit(act{}, w.p(4), 0, op.ID{})
	h := heads(w, w.community)
	out := w.revoke(act{after: h}, w.p(1), op.ID{}, false)
	w.admit(act{by: w.p(1), cap: b, after: h}, w.p(3), 0, op.ID{})
	lower := w.grant(act{by: w.p(1), cap: b, after: h}, w.p(4), op.AllBits)
	w.admit(act{by: w.p(4), cap: lower, after: []op.ID{lower}}, w.p(5), 0, op.ID{})
	left := w.admit(act{}, w.p(6), 0, op.ID{})
	gone := w.leave(act{by: w.p(6), cap: left, after: []op.ID{left}})
	s := w.state()
	for who, want := range map[int][]op.ID{1: {out}, 2: nil, 3: {out}, 4: nil, 5: {out}, 6: {gone}, 7: nil} {
		if got := s.OutBy(w.p(who).id()); !slices.Equal(got, want) {
			t.Errorf("%d is out by %x, want %x", who, got, want)
		}
	}
}
