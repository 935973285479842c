package store

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	ds "github.com/ipfs/go-datastore"
)

// TestRolledBackLog: a transaction that was too large for the cache has written pages to the log when it fails. What was kept back of them
// must not be written later, over what the second writer has put in its place meanwhile.
func TestRolledBackLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	space := nid('s', 1)
	boom := errors.New("boom")
	kv := s.Datastore("com_x")
	want := map[ds.Key][]byte{}
	for round := range 14 {
		// The size varies around that of the cache, so that some fail with little in the log.
		err := s.do(t.Context(), "fail late", func(c *conn) error {
			b := &Batch{}
			for i := range 1800 + 100*round {
				b.Wires = append(b.Wires, Wire{ID: nid('w', 100_000*(round+1)+i), Space: space, Device: nid('d', 1), Seq: 1, Kind: "1", Bytes: bytes.Repeat([]byte{byte(i)}, 1500)})
			}
			if err := b.apply(c, nil); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		for i := range 60 {
			k, v := ds.NewKey(fmt.Sprintf("%d/%d", round, i)), bytes.Repeat([]byte{byte(round), byte(i)}, 2000)
			if err := kv.Put(t.Context(), k, v); err != nil {
				t.Fatal(err)
			}
			want[k] = v
		}
		commit(t, s, &Batch{Meta: []Meta{{fmt.Sprint("after ", round), []byte("x")}}})
	}
	look := func(when string) {
		t.Helper()
		for k, v := range want {
			got, err := s.Datastore("com_x").Get(t.Context(), k)
			if err != nil || !bytes.Equal(got, v) {
				t.Fatalf("%s: %s is damaged: %v", when, k, err)
			}
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if n := len(collect(t, s.WiresOf(t.Context(), space))); n != 0 {
			t.Fatalf("%s: %d wires of failed transactions", when, n)
		}
	}
	look("open")
	s.Close()
	s = open(t, dir, "")
	look("after a restart")
}

// TestEndOfCommit: what a commit wrote is there for others at once, wherever in a page its last sync fell: a page of the log is 24 bytes longer than
// a block, so that 171 pages go through all places.
func TestEndOfCommit(t *testing.T) {
	s := open(t, t.TempDir(), "")
	for i := range 400 {
		key := fmt.Sprint("k", i%7)
		commit(t, s, &Batch{Meta: []Meta{{key, []byte(fmt.Sprint(i))}}})
		got, _, err := s.Meta(t.Context(), key)
		if err != nil || string(got) != fmt.Sprint(i) {
			t.Fatalf("commit %d: %q, %v", i, got, err)
		}
	}
}
