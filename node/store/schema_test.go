package store

import (
	"fmt"
	"os"
	"testing"
)

// TestFromVersion1 opens a store that a program of version 1 left behind.
func TestFromVersion1(t *testing.T) {
	fixture, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir, all := t.TempDir(), migrations
	defer func() { migrations = all }()
	migrations = all[:1]
	s := open(t, dir, "")
	if err := s.do(t.Context(), "fill", func(c *conn) error { return c.db.Exec(string(fixture)) }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	migrations = all
	s, err = Open(t.Context(), Options{Dir: dir, Describe: func(r Row) (string, []string) { return fmt.Sprintf("walrus %x", r.Value), []string{"t1"} }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old := must[[]Hit](t)(s.Search(t.Context(), Query{Terms: Terms("walrus"), Tags: []string{"t1"}, Limit: 9}))
	if len(old) == 0 || len(must[[]Hit](t)(s.Search(t.Context(), Query{Terms: Terms(fmt.Sprintf("%x", old[0].Value)), Limit: 9}))) == 0 {
		t.Fatal("what was stored before the index is not found:", old)
	}
	ctx, a, b := t.Context(), nid('s', 1), nid('s', 2)

	tag := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	w, ok, err := s.Wire(ctx, nid('w', 1))
	if err != nil || !ok || w.Space != a || w.Device != nid('d', 1) || w.Tag != tag || w.Day != 20000 || w.Seq != 4 || w.Lamport != 1000 || w.Kind != "1" || string(w.Bytes) != "\xaa" {
		t.Fatal(w, ok, err)
	}
	if got := collect(t, s.WiresOf(ctx, a)); len(got) != 2 || got[1].ID != nid('w', 2) {
		t.Fatal(got)
	}
	if got := collect(t, s.TaggedIDs(ctx, b, tag)); len(got) != 1 || got[0] != (WireID{nid('w', 3), tag, 20001}) {
		t.Fatal(got)
	}
	if got := must[[]Chain](t)(s.Chains(ctx, a)); len(got) != 1 || got[0] != (Chain{nid('d', 1), 4, 5, 2}) {
		t.Fatal(got)
	}
	if got := must[int64](t)(s.TopLamport(ctx, a, 1999)); got != 1000 {
		t.Fatal(got)
	}
	own := "m/7730303030303030303030303030303100000000000000000000000000000000"
	if got := must[map[string][]byte](t)(s.Rows(ctx, a, []string{own, "p/1", "loose"})); len(got) != 2 || string(got[own]) != "\xd1" || string(got["p/1"]) != "\xd2" {
		t.Fatal(got)
	}
	if got := must[[]Row](t)(s.List(ctx, b, "p", Range{})); len(got) != 1 || got[0].Key != "p/1" || string(got[0].Value) != "\xd3" {
		t.Fatal(got)
	}
	if got := must[[]Wire](t)(s.WiresTouching(ctx, a, "p/1")); len(got) != 1 || got[0].ID != nid('w', 2) {
		t.Fatal(got)
	}
	if got := must[[]Wire](t)(s.WiresTouching(ctx, a, own)); len(got) != 0 { // a message has part in its own row without being noted
		t.Fatal(got)
	}
	if got := collect(t, s.Ops(ctx, a)); len(got) != 1 || len(must[[]Secret](t)(s.Secrets(ctx, a))) != 1 {
		t.Fatal(got)
	}
	if v, ok, err := s.Meta(ctx, "me"); !ok || err != nil || string(v) != "\x06" {
		t.Fatal(v, ok, err)
	}
	if v, err := s.Datastore("p").Get(ctx, dsKey("/k")); err != nil || string(v) != "\x07" {
		t.Fatal(v, err)
	}
	if last, list := must[int64](t)(s.LastEvent(ctx)), must[[]Event](t)(s.Events(ctx, 0, 0)); last != 12 || len(list) != 2 || list[0].ID != 8 || list[0].Group != "grp_a" {
		t.Fatal(last, list)
	}
	more := &Batch{Wires: []Wire{{ID: nid('w', 1), Space: a}, {ID: nid('w', 4), Space: b, Tag: tag, Device: nid('d', 1), Seq: 2}}, Events: []Event{{Type: "new"}},
		Rows: []Row{{Space: a, Key: "p/1", List: "p", Order: []byte{2}, Value: []byte("new")}}}
	commit(t, s, more)
	if w, _, _ := s.Wire(ctx, nid('w', 1)); more.Events[0].ID != 13 || len(collect(t, s.TaggedIDs(ctx, b, tag))) != 2 || string(w.Bytes) != "\xaa" {
		t.Fatal(more.Events[0].ID, w)
	}
	if got := must[[]Row](t)(s.List(ctx, a, "p", Range{})); len(got) != 1 || string(got[0].Value) != "new" {
		t.Fatal(got)
	}
	if err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
}
