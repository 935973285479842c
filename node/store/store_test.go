package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

func open(t *testing.T, dir string, pass string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Passphrase: []byte(pass)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func commit(t *testing.T, s *Store, b *Batch) {
	t.Helper()
	if err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

func nid(kind byte, n int) (out [32]byte) {
	copy(out[:], fmt.Sprintf("%c%015d", kind, n))
	return out
}

func collect[T any](t *testing.T, seq func(func(T, error) bool)) (out []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestReadBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	a, b, dev := nid('s', 1), nid('s', 2), nid('d', 1)
	var batch Batch
	for i := range 600 { // more than two pages
		batch.Ops = append(batch.Ops, Op{a, nid('o', 600-i), []byte{byte(i)}, i%2 == 0})
		batch.Wires = append(batch.Wires, Wire{nid('w', i), a, [8]byte{byte(i % 2)}, uint32(100 + i%3), dev, uint64(i + 1), int64(5000 - i), "text", []byte{1, byte(i)}})
		batch.Rows = append(batch.Rows, Row{Space: a, Key: fmt.Sprintf("m/%d", i), List: "timeline", Order: fmt.Appendf(nil, "%06d", i), Value: []byte{byte(i)}})
	}
	batch.Wires = append(batch.Wires, Wire{ID: nid('w', 9999), Space: b, Device: dev, Seq: 1, Kind: "op"})
	batch.Touches = []Touch{{a, "m/1", nid('w', 7)}, {a, "m/1", nid('w', 9)}, {b, "m/1", nid('w', 9999)}}
	batch.Secrets = []Secret{{a, nid('e', 1), []byte("s1")}, {a, nid('e', 2), []byte("s2")}, {b, nid('e', 1), []byte("s3")}}
	batch.Meta = []Meta{{"x/1", []byte("1")}, {"x/2", []byte{}}, {"y", []byte("3")}, {"x%", []byte("4")}}
	batch.Events = []Event{{Type: "t", Community: "com_a", Group: "g", Time: 5, Data: []byte("{}")}, {Type: "u"}}
	commit(t, s, &batch)
	if batch.Events[0].ID != 1 || batch.Events[1].ID != 2 {
		t.Fatalf("event ids %d %d", batch.Events[0].ID, batch.Events[1].ID)
	}
	commit(t, s, &Batch{Ops: []Op{{b, nid('o', 1), []byte("other bytes"), false}}}) // ignored
	s.Close()
	s = open(t, dir, "")
	ctx := t.Context()

	ops := s.Ops(ctx, a)
	for range 2 { // an iterator can be ranged over again
		if got := collect(t, ops); len(got) != 600 || got[0].ID != nid('o', 600) || got[599].ID != nid('o', 1) || got[599].Bytes[0] != 599%256 {
			t.Fatalf("ops: %d", len(got))
		}
	}
	if op, ok, err := s.Op(ctx, nid('o', 5)); err != nil || !ok || op.Space != a {
		t.Fatal(op, ok, err)
	}
	if must[bool](t)(s.HasOp(ctx, nid('o', 5))) == false || must[bool](t)(s.HasOp(ctx, nid('o', 5000))) {
		t.Fatal("HasOp")
	}
	w, ok, err := s.Wire(ctx, nid('w', 9))
	if err != nil || !ok || w.Space != a || w.Device != dev || w.Seq != 10 || w.Lamport != 4991 || w.Kind != "text" || w.Day != 100 || !bytes.Equal(w.Bytes, []byte{1, 9}) {
		t.Fatal(w, ok, err)
	}
	if got := must[[]Wire](t)(s.Wires(ctx, [][32]byte{nid('w', 3), nid('w', 77777), nid('w', 1)})); len(got) != 2 || got[0].ID != nid('w', 3) {
		t.Fatal(got)
	}
	ids := map[WireID]bool{}
	for _, w := range collect(t, s.WireIDs(ctx, a)) {
		ids[w] = true
	}
	if len(ids) != 600 || !ids[WireID{nid('w', 599), [8]byte{1}, 100 + 599%3}] {
		t.Fatal(len(ids))
	}
	if got := collect(t, s.TaggedIDs(ctx, a, [8]byte{1})); len(got) != 300 || got[0].ID != nid('w', 1) || got[299].ID != nid('w', 599) {
		t.Fatal(len(got))
	}
	if got := collect(t, s.TaggedIDs(ctx, b, [8]byte{1})); len(got) != 0 {
		t.Fatal(len(got))
	}
	if got := collect(t, s.WiresByDevice(ctx, a, dev, 301)); len(got) != 300 || got[0].Seq != 301 || got[299].Seq != 600 {
		t.Fatal(len(got))
	}
	if got := collect(t, s.WiresOf(ctx, a)); len(got) != 600 || got[0].ID != nid('w', 0) {
		t.Fatal(len(got))
	}
	if got := must[[]Wire](t)(s.WiresTouching(ctx, a, "m/1")); len(got) != 2 || got[0].ID != nid('w', 9) { // the lower lamport first
		t.Fatal(got)
	}
	if got := must[map[string][]byte](t)(s.Rows(ctx, a, []string{"m/3", "nope"})); len(got) != 1 || got["m/3"][0] != 3 {
		t.Fatal(got)
	}
	if got := must[[]Secret](t)(s.Secrets(ctx, a)); len(got) != 2 {
		t.Fatal(got)
	}
	if got := must[[]Meta](t)(s.MetaPrefix(ctx, "x/")); len(got) != 2 || got[1].Key != "x/2" || got[1].Value == nil {
		t.Fatal(got)
	}
	if _, ok, err := s.Meta(ctx, "z"); ok || err != nil {
		t.Fatal(ok, err)
	}
	commit(t, s, &Batch{Rows: []Row{{Space: a, Key: "m/3"}}, Secrets: []Secret{{Space: a, Epoch: nid('e', 1)}}, Meta: []Meta{{Key: "y"}}})
	if got := must[map[string][]byte](t)(s.Rows(ctx, a, []string{"m/3"})); len(got) != 0 {
		t.Fatal(got)
	}
	if _, ok, _ := s.Meta(ctx, "y"); ok {
		t.Fatal("meta not deleted")
	}
}

// TestOwnRow: the row of a wire is found by the wire; one that comes before its wire, or names a wire of another space, is a row like any other.
func TestOwnRow(t *testing.T) {
	s, a, b := open(t, t.TempDir(), ""), nid('s', 1), nid('s', 2)
	key := fmt.Sprintf("m/%x", nid('w', 1))
	get := func(space [32]byte) string {
		t.Helper()
		list := must[[]Row](t)(s.List(t.Context(), space, "m", Range{}))
		v, ok := must[map[string][]byte](t)(s.Rows(t.Context(), space, []string{key}))[key]
		if len(list) > 1 || ok != (len(list) == 1) || ok && !bytes.Equal(list[0].Value, v) {
			t.Fatalf("%q in %v", v, list)
		}
		return string(v)
	}
	put := func(space [32]byte, value string) *Batch {
		r := Row{Space: space, Key: key, List: "m", Order: []byte{1}}
		if value != "" {
			r.Value = []byte(value)
		}
		return &Batch{Rows: []Row{r}}
	}
	commit(t, s, put(a, "early"))
	if get(a) != "early" || get(b) != "" {
		t.Fatal(get(a), get(b))
	}
	w1, w2 := nid('w', 1), nid('w', 2)
	if r, ok, err := s.FindEarly(t.Context(), [20]byte(w1[:20])); err != nil || !ok || r.Space != a || r.Key != key || string(r.Value) != "early" || !bytes.Equal(r.Order, []byte{1}) {
		t.Errorf("%+v %v %v", r, ok, err)
	}
	if _, ok, err := s.FindEarly(t.Context(), [20]byte(w2[:20])); ok || err != nil {
		t.Errorf("a row that there is not is found: %v", err)
	}
	commit(t, s, put(a, "earlier"))
	both := put(a, "whole")
	both.Wires = []Wire{{ID: nid('w', 1), Space: a}}
	commit(t, s, both)
	if get(a) != "whole" || get(b) != "" {
		t.Fatal(get(a), get(b))
	}
	commit(t, s, put(b, "foreign"))
	commit(t, s, put(a, "again"))
	if get(a) != "again" || get(b) != "foreign" {
		t.Fatal(get(a), get(b))
	}
	commit(t, s, put(a, ""))
	if get(a) != "" || get(b) != "foreign" {
		t.Fatal(get(a), get(b))
	}
	commit(t, s, put(b, ""))
	commit(t, s, &Batch{Wires: []Wire{{ID: nid('w', 2), Space: a}}})
	if get(a) != "" || get(b) != "" {
		t.Fatal(get(a), get(b))
	}
}

func TestList(t *testing.T) {
	s, a := open(t, t.TempDir(), ""), nid('s', 1)
	var b Batch
	for i := range 10 {
		b.Rows = append(b.Rows, Row{Space: a, Key: fmt.Sprint(i), List: "l", Order: []byte{byte(i)}, Value: []byte("v")})
	}
	b.Rows = append(b.Rows, Row{Space: a, Key: "loose", Value: []byte("v")})
	commit(t, s, &b)
	for _, c := range []struct {
		r    Range
		want string
	}{
		{Range{Limit: 3}, "012"}, {Range{Limit: 3, Newest: true}, "987"}, {Range{}, "0123456789"},
		{Range{After: []byte{4}}, "56789"}, {Range{Before: []byte{4}, Newest: true, Limit: 2}, "32"},
		{Range{After: []byte{2}, Before: []byte{5}}, "34"}, {Range{After: []byte{9}}, ""},
	} {
		got := ""
		for _, r := range must[[]Row](t)(s.List(t.Context(), a, "l", c.r)) {
			got += r.Key
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
	if n := must[int](t)(s.CountList(t.Context(), a, "l", []byte{3}, 0)); n != 6 {
		t.Error(n)
	}
	if n := must[int](t)(s.CountList(t.Context(), a, "l", nil, 4)); n != 4 {
		t.Error(n)
	}
}

func TestGroupCommit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 40 {
				n := g*1000 + i
				b := &Batch{Wires: []Wire{{ID: nid('w', n), Space: nid('s', g%3), Seq: uint64(i)}}, Events: []Event{{Type: fmt.Sprint(n)}}}
				if i%10 == 9 { // one in ten cannot be written: a wire id of its own kind of nonsense
					if err := s.do(context.Background(), "bad", func(c *conn) error {
						if err := b.apply(c, make([]int64, 1)); err != nil {
							return err
						}
						return c.exec(`INSERT INTO meta (key, value) VALUES ('x', NULL)`)
					}); err == nil {
						t.Error("bad batch was accepted")
					}
					continue
				}
				if err := s.Commit(context.Background(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.Close()
	s = open(t, dir, "")
	events := must[[]Event](t)(s.Events(t.Context(), 0, 0))
	total := 0
	for g := range 3 {
		total += len(collect(t, s.WiresOf(t.Context(), nid('s', g))))
	}
	if len(events) != 16*36 || total != 16*36 {
		t.Fatalf("%d events, %d wires, want %d", len(events), total, 16*36)
	}
}

func TestEventsTrim(t *testing.T) {
	s := open(t, t.TempDir(), "")
	ctx, now := t.Context(), time.Now()
	if last, old := must[int64](t)(s.LastEvent(ctx)), must[int64](t)(s.OldestEvent(ctx)); last != 0 || old != 1 {
		t.Fatal(last, old)
	}
	b := &Batch{}
	for i := range 20 {
		b.Events = append(b.Events, Event{Time: now.Add(time.Duration(i-10) * 24 * time.Hour).UnixMilli()})
	}
	commit(t, s, b)
	if err := s.TrimEvents(ctx, now); err != nil {
		t.Fatal(err)
	}
	if old := must[int64](t)(s.OldestEvent(ctx)); old != 4 {
		t.Fatal(old)
	}
	if err := s.TrimEvents(ctx, now.Add(100*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if last, old := must[int64](t)(s.LastEvent(ctx)), must[int64](t)(s.OldestEvent(ctx)); last != 20 || old != 21 {
		t.Fatal(last, old)
	}
	many := &Batch{Events: make([]Event, keepEvents+5)}
	for i := range many.Events {
		many.Events[i].Time = now.UnixMilli()
	}
	commit(t, s, many)
	if err := s.TrimEvents(ctx, now); err != nil {
		t.Fatal(err)
	}
	if last, old := must[int64](t)(s.LastEvent(ctx)), must[int64](t)(s.OldestEvent(ctx)); last-old+1 != keepEvents {
		t.Fatal(last, old)
	}
}

func TestDrop(t *testing.T) {
	s := open(t, t.TempDir(), "")
	ctx := t.Context()
	fill := func() {
		b := &Batch{Events: []Event{{Community: "com_a"}, {Community: "com_b"}}, Meta: []Meta{{"a/1", []byte("x")}, {"b/1", []byte("x")}}}
		for i := range 2 {
			sp := nid('s', i)
			b.Ops = append(b.Ops, Op{Space: sp, ID: nid('o', i), Bytes: []byte("op")})
			b.Wires = append(b.Wires, Wire{ID: nid('w', i), Space: sp})
			b.Rows = append(b.Rows, Row{Space: sp, Key: "k", List: "l", Order: nil, Value: []byte("v")})
			b.Touches = append(b.Touches, Touch{sp, "k", nid('w', i)})
			b.Secrets = append(b.Secrets, Secret{sp, nid('e', i), []byte("s")})
		}
		commit(t, s, b)
	}
	fill()
	if err := s.DropSpaces(ctx, nid('s', 0), nid('s', 77)); err != nil {
		t.Fatal(err)
	}
	if err := s.DropTraces(ctx, Traces{Community: "com_a", MetaPrefix: "a/"}); err != nil {
		t.Fatal(err)
	}
	left := func(sp [32]byte) int {
		return len(collect(t, s.Ops(ctx, sp))) + len(collect(t, s.WiresOf(ctx, sp))) + len(must[[]Wire](t)(s.WiresTouching(ctx, sp, "k"))) +
			len(must[[]Row](t)(s.List(ctx, sp, "l", Range{}))) + len(must[[]Secret](t)(s.Secrets(ctx, sp)))
	}
	if left(nid('s', 0)) != 0 || left(nid('s', 1)) != 5 {
		t.Fatal(left(nid('s', 0)), left(nid('s', 1)))
	}
	if ev := must[[]Event](t)(s.Events(ctx, 0, 0)); len(ev) != 1 || ev[0].Community != "com_b" {
		t.Fatal(ev)
	}
	if m := must[[]Meta](t)(s.MetaPrefix(ctx, "")); len(m) != 1 || m[0].Key != "b/1" {
		t.Fatal(m)
	}
	fill() // a dropped space can come back, under a fresh number
	if left(nid('s', 0)) != 5 || left(nid('s', 1)) != 5 {
		t.Fatal(left(nid('s', 0)), left(nid('s', 1)))
	}
}

func TestClosed(t *testing.T) {
	s := open(t, t.TempDir(), "")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				if err := s.Commit(context.Background(), &Batch{Meta: []Meta{{fmt.Sprint(i), []byte("x")}}}); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	s.Close()
	wg.Wait()
	if _, _, err := s.Meta(context.Background(), "x"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.Datastore("p").Sync(context.Background(), dsKey("/")); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestDirectoryMode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, dir, "")
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Fatal(st, err)
	}
	for _, name := range []string{keyName, lockName, dbName, dbName + "-wal"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Error(name, st, err)
		}
	}
}

// TestProven: that the proof in an op was verified can be added later, alone, and is not taken back.
func TestProven(t *testing.T) {
	s := open(t, t.TempDir(), "")
	sp, o := nid('s', 1), nid('o', 1)
	for i, say := range []struct{ proven, want bool }{{false, false}, {true, true}, {false, true}} {
		commit(t, s, &Batch{Ops: []Op{{sp, o, []byte{byte(i)}, say.proven}}})
		got, ok, err := s.Op(t.Context(), o)
		all := collect(t, s.Ops(t.Context(), sp))
		if err != nil || !ok || got.Proven != say.want || !bytes.Equal(got.Bytes, []byte{0}) || len(all) != 1 || all[0].Proven != say.want {
			t.Errorf("step %d: %+v %+v %v", i, got, all, err)
		}
	}
}

// TestEarlyRows: what is asked with every page of messages does not look through the rows of those who answered.
func TestEarlyRows(t *testing.T) {
	s := open(t, t.TempDir(), "")
	err := s.do(t.Context(), "explain", func(c *conn) error {
		var plan []string
		err := c.each(func(st *sqlite3.Stmt) error { plan = append(plan, st.ColumnText(3)); return nil }, `EXPLAIN QUERY PLAN SELECT EXISTS (SELECT 1 FROM `+earlyRows+`)`)
		if !slices.ContainsFunc(plan, func(line string) bool { return strings.Contains(line, "rows_early") }) {
			t.Errorf("SQLite would %q", plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUsage: what is stored of a space is counted, and of no other.
func TestUsage(t *testing.T) {
	s, a, b := open(t, t.TempDir(), ""), nid('s', 1), nid('s', 2)
	batch := &Batch{Ops: []Op{{Space: a, ID: nid('o', 1), Bytes: []byte("op")}}}
	for i, space := range [][32]byte{a, a, b} {
		id := nid('w', i)
		batch.Wires = append(batch.Wires, Wire{ID: id, Space: space, Tag: [8]byte{1}, Kind: "1", Device: nid('d', 1), Lamport: int64(9 - i), Bytes: []byte("wire")})
		batch.Rows = append(batch.Rows, Row{Space: space, Key: fmt.Sprintf("m/%x", id), List: []string{"m", "t/1", "m"}[i], Order: []byte{1}, Value: []byte("value")})
	}
	batch.Rows = append(batch.Rows, Row{Space: a, Key: "a/1", Value: []byte("x")})
	commit(t, s, batch)
	if got, want := must[Usage](t)(s.Usage(t.Context(), a)), (Usage{Ops: 1, OpBytes: 2, Wires: 2, WireBytes: 8, Rows: 3, RowBytes: 2*6 + 4, Messages: 2, Oldest: 8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := must[Usage](t)(s.Usage(t.Context(), nid('s', 3))); got != (Usage{}) {
		t.Errorf("of a space that there is not: %+v", got)
	}
	if size := must[int64](t)(s.Size(t.Context())); size < 4096 {
		t.Errorf("the file has %d bytes", size)
	}
}

// TestDrops: a wire that is dropped is found no more and has no part in its row, which stays; others that touch the row stay too, and days that were counted.
func TestDrops(t *testing.T) {
	dir := t.TempDir()
	s, a := open(t, dir, ""), nid('s', 1)
	b := &Batch{Rows: []Row{{Space: a, Key: "w/1", List: "w", Order: []byte{1}, Value: []byte("both")}}}
	for i := range 3 {
		b.Wires = append(b.Wires, Wire{ID: nid('w', i), Space: a, Tag: [8]byte{1}, Kind: "4", Device: nid('d', 1), Lamport: int64(i)})
		b.Touches = append(b.Touches, Touch{Space: a, Key: "w/1", Wire: nid('w', i)})
	}
	commit(t, s, b)
	count := func(want int) {
		t.Helper()
		tallies, _, err := s.Tally(t.Context(), a, []string{"4"}, 0, 1)
		if err != nil || len(tallies) != 1 || tallies[0].Count != want {
			t.Errorf("%+v are counted, want %d: %v", tallies, want, err)
		}
	}
	count(3)
	drop := &Batch{Drops: []Touch{{Space: a, Key: "w/1", Wire: nid('w', 0)}, {Space: a, Key: "w/1", Wire: nid('w', 2)}, {Space: a, Key: "w/1", Wire: nid('w', 9)}, {Space: nid('s', 2), Key: "w/1", Wire: nid('w', 1)}}}
	for range 2 { // the second time there is nothing to drop
		commit(t, s, drop)
		touching := must[[]Wire](t)(s.WiresTouching(t.Context(), a, "w/1"))
		has := must[map[[32]byte]bool](t)(s.HasWires(t.Context(), [][32]byte{nid('w', 0), nid('w', 1), nid('w', 2)}))
		if len(touching) != 1 || touching[0].ID != nid('w', 1) || has[nid('w', 0)] || !has[nid('w', 1)] || has[nid('w', 2)] {
			t.Fatalf("%d touch the row, and there are %v", len(touching), has)
		}
		if v := must[map[string][]byte](t)(s.Rows(t.Context(), a, []string{"w/1"})); string(v["w/1"]) != "both" {
			t.Fatal("the row is gone")
		}
	}
	s.Close()
	s = open(t, dir, "") // numbers of wires are given again
	commit(t, s, &Batch{Wires: []Wire{{ID: nid('w', 5), Space: a, Tag: [8]byte{1}, Kind: "4", Device: nid('d', 1)}}})
	if touching := must[[]Wire](t)(s.WiresTouching(t.Context(), a, "w/1")); len(touching) != 1 {
		t.Errorf("%d touch the row after another wire came", len(touching))
	}
	count(4)
}
