package crdt

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
)

// TestFirmer: of any two pins exactly one stands before the other, whichever is looked at first, and what stands first does so over all.
func TestFirmer(t *testing.T) {
	type pin struct {
		e epochState
		p op.Pin
	}
	var all []pin // in the order in which they stand
	for _, e := range []epochState{{authority: true, rank: 1}, {authority: true, rank: 2}, {rank: 1}} {
		for _, seq := range []uint64{7, 3} {
			for _, h := range []byte{1, 2} {
				all = append(all, pin{e, op.Pin{Seq: seq, Hash: [32]byte{h}}})
			}
		}
	}
	for i := range all {
		for j := range all {
			if got := firmer(&all[i].e, all[i].p, &all[j].e, all[j].p); got != (i < j) {
				t.Errorf("%d before %d: %v", i, j, got)
			}
		}
	}
}
