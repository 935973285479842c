package store

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// TestTally: what is counted bit by bit, while wires come and spaces go, is what a count of all gives.
func TestTally(t *testing.T) {
	s := open(t, t.TempDir(), "")
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	type what struct {
		space, device [32]byte
		day           int64
		kind          string
	}
	want, next := map[what]int{}, 0
	for round := range 60 {
		b := &Batch{}
		for range rng.IntN(30) {
			next++
			w := what{nid('s', rng.IntN(3)), nid('d', rng.IntN(4)), int64(20_000 + rng.IntN(3)), []string{"1", "4", "12"}[rng.IntN(3)]}
			x := Wire{ID: nid('w', next), Space: w.space, Device: w.device, Seq: uint64(next), Lamport: w.day*86_400_000 + int64(rng.IntN(86_400_000)), Kind: w.kind, Bytes: []byte{1}}
			b.Wires = append(b.Wires, x, x)
			if rng.IntN(4) == 0 {
				b.Stubs = append(b.Stubs, Stub{Space: w.space, ID: x.ID, Bytes: []byte{2}})
			}
			want[w]++
		}
		commit(t, s, b)
		if round%9 == 8 {
			gone := nid('s', rng.IntN(3))
			drop := s.DropSpaces
			if rng.IntN(2) == 0 {
				drop = s.DropMessages
			}
			if err := drop(ctx, gone); err != nil {
				t.Fatal(err)
			}
			for w := range want {
				if w.space == gone {
					delete(want, w)
				}
			}
		}
		if rng.IntN(3) == 0 {
			continue
		}
		space, from, to := nid('s', rng.IntN(3)), int64(20_000+rng.IntN(2)), int64(20_001+rng.IntN(2))
		got := map[what]int{}
		counted, first, err := s.Tally(ctx, space, []string{"1", "12"}, from, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range counted {
			got[what{space, x.Device, x.Day, x.Kind}] = x.Count
		}
		for w, n := range want {
			if w.space == space && w.day >= from && w.day <= to && w.kind != "4" {
				if got[w] != n {
					t.Fatalf("round %d: %d of kind %s on day %d, want %d", round, got[w], w.kind, w.day, n)
				}
				delete(got, w)
			}
		}
		begins := int64(-1)
		for w := range want {
			if w.space == space && w.kind != "4" && (begins < 0 || w.day < begins) {
				begins = w.day
			}
		}
		if begins != first {
			t.Fatalf("round %d: the first day is %d, want %d", round, first, begins)
		}
		if len(got) > 0 {
			t.Fatalf("round %d: counted besides: %v", round, got)
		}
	}
}

// TestTallyAfterDrop: wires that come after all others went get their numbers again, and count.
func TestTallyAfterDrop(t *testing.T) {
	s := open(t, t.TempDir(), "")
	ctx := context.Background()
	for round := range 3 {
		b := &Batch{}
		for i := range 5 - round {
			b.Wires = append(b.Wires, Wire{ID: nid('w', 10*round+i), Space: nid('s', round), Device: nid('d', 1), Seq: uint64(i), Kind: "1", Bytes: []byte{1}})
		}
		commit(t, s, b)
		got, _, err := s.Tally(ctx, nid('s', round), []string{"1"}, 0, 1)
		if err != nil || len(got) != 1 || got[0].Count != 5-round {
			t.Fatalf("round %d: %+v %v", round, got, err)
		}
		if err := s.DropSpaces(ctx, nid('s', round)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTallyCost: the first count of a large store is bounded, and what follows looks at what is new alone.
func TestTallyCost(t *testing.T) {
	n := 2*tallyStep + 5
	s := open(t, t.TempDir(), "")
	ctx, space := context.Background(), nid('s', 1)
	for i := 0; i < n; {
		b := &Batch{}
		for ; len(b.Wires) < 5000 && i < n; i++ {
			id := nid('w', i)
			binary.BigEndian.PutUint64(id[:], rand.Uint64())
			b.Wires = append(b.Wires, Wire{ID: id, Space: space, Device: nid('d', i%300), Seq: uint64(i), Lamport: int64(i) * 60_000, Kind: "1", Bytes: make([]byte, 320)})
		}
		commit(t, s, b)
	}
	ask := func() (int, time.Duration) {
		at, sum := time.Now(), 0
		counted, _, err := s.Tally(ctx, space, []string{"1"}, 0, 1<<40)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range counted {
			sum += x.Count
		}
		return sum, time.Since(at)
	}
	first, cold := ask()
	second, warm := ask()
	if first != n || second != n {
		t.Fatalf("counted %d, then %d; want %d", first, second, n)
	}
	var done int64
	if err := s.read(ctx, "look", func(c *conn) (err error) { done, err = c.number(`SELECT n FROM tallied`); return err }); err != nil || done != int64(n) {
		t.Errorf("counted up to wire %d of %d: %v", done, n, err)
	}
	t.Logf("%d wires: %v at first, %v then", n, cold, warm)
}
