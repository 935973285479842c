package store

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkOpen opens a store of 100,000 messages; B12 of the bench table
// stands on it.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	for part := range 100 {
		batch := &Batch{}
		for i := range 1000 {
			n := part*1000 + i
			batch.Wires = append(batch.Wires, Wire{ID: nid('w', n), Space: nid('s', 1), Device: nid('d', n%50), Seq: uint64(n), Kind: "text", Bytes: make([]byte, 300)})
			batch.Rows = append(batch.Rows, Row{Space: nid('s', 1), Key: fmt.Sprint(n), List: "timeline", Value: make([]byte, 200)})
		}
		if err := s.Commit(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	b.ResetTimer()
	for range b.N {
		s, err := Open(context.Background(), Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.List(context.Background(), nid('s', 1), "timeline", Range{Limit: 50, Newest: true}); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkCommit is one small message after the other: one fsync each.
func BenchmarkCommit(b *testing.B) {
	s, err := Open(context.Background(), Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	n := 0
	for b.Loop() {
		n++
		if err := s.Commit(context.Background(), message(n)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCommitTogether is the same from many goroutines: they share fsyncs.
func BenchmarkCommitTogether(b *testing.B) {
	s, err := Open(context.Background(), Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		base := time.Now().UnixNano()
		for pb.Next() {
			base++
			if err := s.Commit(context.Background(), message(int(base))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func message(n int) *Batch {
	return &Batch{
		Wires:   []Wire{{ID: nid('w', n), Space: nid('s', 1), Device: nid('d', 1), Seq: uint64(n), Kind: "text", Bytes: make([]byte, 300)}},
		Rows:    []Row{{Space: nid('s', 1), Key: fmt.Sprint(n), List: "timeline", Order: nil, Value: make([]byte, 200)}},
		Touches: []Touch{{nid('s', 1), "m", nid('w', n)}},
		Events:  []Event{{Type: "message.created", Data: make([]byte, 200)}},
	}
}
