package content

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestSpent: without the receipts that are spent the row is the same; who hears receipts in parts, and drops what is spent in between, comes to keep the same
// ones as who hears all at once; and no more are kept than there are devices.
func TestSpent(t *testing.T) {
	const devices = 4
	rapid.Check(t, func(t *rapid.T) {
		var all []Msg
		for i := range rapid.IntRange(1, 12).Draw(t, "receipts") {
			var marks []Mark
			for d := range devices {
				if rapid.Bool().Draw(t, "has") {
					marks = append(marks, Mark{Device: identity.DeviceID{byte(d)}, Seq: uint64(rapid.IntRange(1, 6).Draw(t, "seq"))})
				}
			}
			if len(marks) == 0 {
				continue
			}
			all = append(all, Msg{ID: [32]byte{byte(i + 1)}, Author: identity.UserID{1}, Lamport: op.Millis(rapid.IntRange(1, 4).Draw(t, "lamport")), Kind: Receipt, Body: must(ReceiptBody{Marks: marks}.Encode())})
		}
		kept := func(list []Msg) []Msg {
			spent := Spent(list)
			return slices.DeleteFunc(slices.Clone(list), func(m Msg) bool { return slices.Contains(spent, m.ID) })
		}
		want := kept(all)
		if len(want) > devices || len(all) > 0 && len(want) == 0 {
			t.Fatalf("%d of %d are kept", len(want), len(all))
		}
		key := WatermarkKey(identity.UserID{1})
		if a, b := fold(t, all)[key], fold(t, want)[key]; string(a.Value) != string(b.Value) {
			t.Fatalf("the row is %x with all, %x with those that are kept", a.Value, b.Value)
		}
		var have []Msg
		for _, m := range rapid.Permutation(all).Draw(t, "order") {
			have = append(have, m)
			if rapid.Bool().Draw(t, "drops") {
				have = kept(have)
			}
		}
		have = kept(have)
		slices.SortFunc(have, func(a, b Msg) int { return slices.Compare(a.ID[:], b.ID[:]) })
		if !slices.EqualFunc(have, want, func(a, b Msg) bool { return a.ID == b.ID }) {
			t.Fatalf("%d are kept when they come in parts, %d at once, or others", len(have), len(want))
		}
	})
	broken := Msg{ID: [32]byte{1}, Kind: Receipt, Body: []byte{1}}
	if Spent([]Msg{broken}) != nil {
		t.Error("what is no receipt is spent")
	}
}
