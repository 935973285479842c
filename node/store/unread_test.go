package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestUnread plays random writes, rewrites, deletions and marks, and compares what is counted with a count of what is there.
func TestUnread(t *testing.T) {
	s := open(t, t.TempDir(), "")
	ctx, space := context.Background(), nid('s', 1)
	rng := rand.New(rand.NewPCG(1, 2))
	type line struct {
		order []byte
		alert Alert
	}
	hushed := map[int]bool{}
	there := map[int]line{}
	var mark []byte
	order := func(at int, id [32]byte) []byte {
		return append(binary.BigEndian.AppendUint64(nil, uint64(at)), id[:]...)
	}
	if u := must[Unreads](t)(s.Unread(ctx, space)); u.Mark != nil {
		t.Fatal(u)
	}
	for round := range 400 {
		b := &Batch{}
		if round == 20 || round > 20 && rng.IntN(20) == 0 {
			to := order(rng.IntN(60), nid('w', rng.IntN(60)))
			begin := rng.IntN(4) == 0
			b.Unread = append(b.Unread, Unread{Space: space, Mark: to, Begin: begin})
			if mark == nil || !begin && string(to) > string(mark) {
				mark = to
			}
		}
		for range 1 + rng.IntN(4) {
			n := rng.IntN(60)
			id := nid('w', n)
			if rng.IntN(2) == 0 { // else the row may come before its wire
				b.Wires = append(b.Wires, Wire{ID: id, Space: space, Device: nid('d', 1), Seq: uint64(n + 1), Kind: "1", Bytes: []byte{1}})
			}
			r := Row{Space: space, Key: "m/" + hex.EncodeToString(id[:]), List: "m", Order: order(rng.IntN(60), id), Value: []byte{1}, Alert: Alert(rng.IntN(3))}
			if rng.IntN(4) == 0 {
				r.Value, r.Alert = nil, Silent
				delete(there, n)
			} else {
				there[n] = line{r.Order, r.Alert}
			}
			b.Rows = append(b.Rows, r)
		}
		for range rng.IntN(3) { // a moderator hides a message, here or to come, or lets it be seen again
			n := rng.IntN(60)
			r := Row{Space: space, Key: fmt.Sprint("a/", n), Value: []byte{1}, Hushes: nid('w', n), Hushed: rng.IntN(2) == 0}
			if rng.IntN(5) == 0 {
				r.Value = nil
			}
			b.Rows = slices.Insert(b.Rows, rng.IntN(len(b.Rows)+1), r)
		}
		for _, last := range b.Rows { // of two about one message in a transaction the last stands
			if last.Hushes != [32]byte{} {
				for n := range 60 {
					if nid('w', n) == last.Hushes {
						hushed[n] = last.Hushed && last.Value != nil
					}
				}
			}
		}
		commit(t, s, b)
		want := Unreads{Mark: mark}
		var first []byte
		for n, l := range there {
			if mark != nil && l.alert != Silent && !hushed[n] && string(l.order) > string(mark) {
				want.Messages++
				if l.alert == Mention {
					want.Mentions++
				}
				if first == nil || string(l.order) < string(first) {
					first = l.order
				}
			}
		}
		got := must[Unreads](t)(s.Unread(ctx, space))
		if got.Messages != want.Messages || got.Mentions != want.Mentions || string(got.Mark) != string(mark) {
			t.Fatalf("round %d: %+v, not %+v", round, got, want)
		}
		if mark != nil {
			r, ok, err := s.FirstAlert(ctx, space, "m", mark)
			if err != nil || ok != (first != nil) || string(r.Order) != string(first) {
				t.Fatalf("round %d: the first is %x, not %x (%v)", round, r.Order, first, err)
			}
		}
	}
	if err := s.DropSpaces(ctx, space); err != nil {
		t.Fatal(err)
	}
	if u := must[Unreads](t)(s.Unread(ctx, space)); u.Mark != nil {
		t.Fatal("a dropped space still counts:", u)
	}
}
