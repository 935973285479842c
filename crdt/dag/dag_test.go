package dag

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
)

// entry is one op of a random history.
type entry struct {
	id, space     op.ID
	deps, parents []op.ID
}

func name(n int) (id op.ID) {
	binary.BigEndian.PutUint32(id[:], uint32(n)*2654435761) // spread, so that the order of ids is not that of making
	binary.BigEndian.PutUint32(id[28:], uint32(n)+1)
	return id
}

// draw makes a history of a community with some groups: width bounds how far back an op's deps reach, so small ones give chains and
// large ones bushes.
func draw(t *rapid.T) []entry {
	n := rapid.IntRange(1, 60).Draw(t, "ops")
	width := rapid.IntRange(1, 12).Draw(t, "width")
	root := entry{id: name(0), space: name(0)}
	all := []entry{root}
	logs := map[op.ID][]op.ID{root.id: {root.id}} // members of a log, its root first
	spaces := []op.ID{root.id}
	parent := map[op.ID]op.ID{}
	pick := func(log []op.ID, most int) (out []op.ID) {
		for range rapid.IntRange(1, most).Draw(t, "edges") {
			d := log[max(0, len(log)-1-rapid.IntRange(0, width).Draw(t, "back"))]
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
		return out
	}
	for i := 1; i <= n; i++ {
		space := spaces[rapid.IntRange(0, len(spaces)-1).Draw(t, "space")]
		e := entry{id: name(i), space: space, deps: pick(logs[space], 4)}
		if p, ok := parent[space]; ok && rapid.Bool().Draw(t, "sees the parent") {
			for _, h := range pick(logs[p], 3) {
				if h != space {
					e.parents = append(e.parents, h)
				}
			}
		}
		all = append(all, e)
		logs[space] = append(logs[space], e.id)
		if rapid.IntRange(0, 9).Draw(t, "kind") == 0 { // it founds a group
			spaces = append(spaces, e.id)
			parent[e.id] = space
			logs[e.id] = []op.ID{e.id}
		}
	}
	return all
}

// reach computes everybody's past by search.
func reach(all []entry) map[op.ID]map[op.ID]bool {
	by := map[op.ID]entry{}
	for _, e := range all {
		by[e.id] = e
	}
	past := map[op.ID]map[op.ID]bool{}
	var of func(op.ID) map[op.ID]bool
	of = func(id op.ID) map[op.ID]bool {
		if p, ok := past[id]; ok {
			return p
		}
		p := map[op.ID]bool{}
		e := by[id]
		edges := slices.Concat(e.deps, e.parents)
		if e.space != e.id {
			edges = append(edges, e.space)
		}
		for _, d := range edges {
			p[d] = true
			for x := range of(d) {
				p[x] = true
			}
		}
		past[id] = p
		return p
	}
	for _, e := range all {
		of(e.id)
	}
	return past
}

// TestBefore: in whatever order ops come, Before says what a search through the edges says; heights and heads follow.
func TestBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := draw(t)
		past := reach(all)
		order := rapid.Permutation(all).Draw(t, "order")
		g := New()
		for left := order; len(left) > 0; {
			var again []entry
			for _, e := range left {
				miss := g.Missing(e.id, e.space, e.deps, e.parents)
				_, err := g.Add(e.id, e.space, e.deps, e.parents)
				switch {
				case len(miss) > 0 && !errors.Is(err, ErrMissing):
					t.Fatalf("added without its past: %v", err)
				case len(miss) == 0 && err != nil:
					t.Fatal(err)
				case err != nil:
					again = append(again, e)
				}
			}
			if len(again) == len(left) {
				t.Fatal("nothing can be added")
			}
			left = again
		}
		if g.Len() != len(all) {
			t.Fatalf("%d of %d", g.Len(), len(all))
		}
		for _, e := range all { // adding again changes nothing
			n, _ := g.Find(e.id)
			if again, err := g.Add(e.id, e.space, e.deps, e.parents); err != nil || again != n {
				t.Fatal("added twice")
			}
		}
		height := map[op.ID]uint64{}
		for _, e := range all {
			for _, d := range e.deps {
				height[e.id] = max(height[e.id], height[d]+1)
			}
		}
		for _, a := range all {
			na, _ := g.Find(a.id)
			if g.Height(na) != height[a.id] || g.ID(na) != a.id || g.Space(na) != a.space {
				t.Fatalf("height %d, want %d", g.Height(na), height[a.id])
			}
			self, _ := g.PastOf(a.id)
			for _, b := range all {
				nb, _ := g.Find(b.id)
				if got, want := g.Before(na, nb), past[b.id][a.id]; got != want {
					t.Fatalf("Before(%s, %s) = %v, a search says %v", a.id, b.id, got, want)
				}
				if got, want := self.Has(nb), past[a.id][b.id] || a.id == b.id; got != want {
					t.Fatalf("PastOf(%s).Has(%s) = %v", a.id, b.id, got)
				}
			}
		}
		for _, e := range all {
			want := []op.ID{}
			for _, x := range all {
				if x.space == e.space && !slices.ContainsFunc(all, func(y entry) bool { return y.space == e.space && slices.Contains(y.deps, x.id) }) {
					want = append(want, x.id)
				}
			}
			slices.SortFunc(want, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
			if got := g.Heads(e.space); !slices.Equal(got, want) {
				t.Fatalf("heads %v, want %v", got, want)
			}
		}
	})
}

// TestTry: whatever was tried between, the graph is the one that the same Adds make.
func TestTry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := draw(t)
		g, plain := New(), New()
		for i, e := range all {
			for _, x := range []entry{e, all[rapid.IntRange(i, len(all)-1).Draw(t, "tried")]} {
				met := false
				err := g.Try(x.id, x.space, x.deps, x.parents, func(n Node) { met = g.ID(n) == x.id && slices.Contains(g.Heads(x.space), x.id) })
				if met != (err == nil) {
					t.Fatalf("tried: %v, and met it: %v", err, met)
				}
				if i > 0 && !reflect.DeepEqual(g, plain) { // lists that are empty and that never were differ only so
					t.Fatal("the graph is another one after a trial")
				}
			}
			for _, h := range []*Graph{g, plain} {
				if _, err := h.Add(e.id, e.space, e.deps, e.parents); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestForeign: deps in another log, and parents in the same, are refused and leave nothing behind.
func TestForeign(t *testing.T) {
	g := New()
	add := func(want error, id, space int, deps, parents []int) {
		t.Helper()
		ids := func(ns []int) (out []op.ID) {
			for _, n := range ns {
				out = append(out, name(n))
			}
			return out
		}
		n := g.Len()
		if _, err := g.Add(name(id), name(space), ids(deps), ids(parents)); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", id, err, want)
		}
		if want != nil && (g.Len() != n || len(g.Heads(name(space))) == 0 && space == 0) {
			t.Errorf("%d left something behind", id)
		}
		if _, ok := g.Find(name(id)); ok != (want == nil) {
			t.Errorf("%d: found %v", id, ok)
		}
	}
	add(nil, 0, 0, nil, nil)
	add(nil, 1, 0, []int{0}, nil) // a group's root
	add(nil, 2, 0, []int{1}, nil)
	add(nil, 3, 1, []int{1}, []int{2})
	add(ErrForeign, 4, 1, []int{2}, nil)
	add(ErrForeign, 5, 0, []int{3}, nil)
	add(ErrForeign, 6, 0, []int{2}, []int{1})
	add(ErrForeign, 7, 1, []int{3}, []int{3})
	add(ErrMissing, 8, 1, []int{9}, nil)
	add(ErrMissing, 9, 8, []int{3}, nil)
	if p, all := g.PastOf(name(3), name(99)); all || !p.Has(0) {
		t.Error("an unknown head is not reported")
	}
}

// grow builds n ops of a shape and returns the graph. Seeded, so that every run does the same.
func grow(n int, shape string) *Graph {
	r := rand.New(rand.NewPCG(7, 7))
	g := New()
	g.Add(name(0), name(0), nil, nil)
	for i := 1; i < n; i++ {
		var deps []op.ID
		switch shape {
		case "chain":
			deps = []op.ID{name(i - 1)}
		case "fan": // all at once on the root, and now and then somebody who has seen everything
			deps = []op.ID{name(0)}
			if i%100 == 0 {
				deps = deps[:0]
				for j := i - 32; j < i; j++ {
					deps = append(deps, name(j))
				}
			}
		case "bush": // fifty authors, each of whom saw a few others
			for range 3 {
				if d := name(max(0, i-1-r.IntN(50))); !slices.Contains(deps, d) {
					deps = append(deps, d)
				}
			}
		}
		if _, err := g.Add(name(i), name(0), deps, nil); err != nil {
			panic(err)
		}
	}
	return g
}

var shapes = []string{"chain", "fan", "bush"}

// TestGrowth: twice the ops take at most little more than twice the memory, kept and thrown away, whatever the shape.
func TestGrowth(t *testing.T) {
	n := 4_000
	if os.Getenv("PANDAL_FULL") != "" {
		n = 40_000
	}
	cost := func(n int, shape string) (total, kept float64) {
		var a, b, c runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&a)
		g := grow(n, shape)
		runtime.ReadMemStats(&b)
		runtime.GC()
		runtime.ReadMemStats(&c)
		runtime.KeepAlive(g)
		return float64(b.TotalAlloc - a.TotalAlloc), float64(c.HeapAlloc) - float64(a.HeapAlloc)
	}
	for _, shape := range shapes {
		total, kept := cost(n, shape)
		total2, kept2 := cost(2*n, shape)
		if total2 > 2.7*total || kept2 > 2.7*kept {
			t.Errorf("%s: %d → %d ops: allocated ×%.2f, kept ×%.2f", shape, n, 2*n, total2/total, kept2/kept)
		}
		t.Logf("%s: %.0f B an op kept, ×%.2f for twice as many", shape, kept2/float64(2*n), kept2/kept)
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, shape := range shapes {
		b.Run(shape, func(b *testing.B) {
			for b.Loop() {
				grow(10_000, shape)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/op-added")
		})
	}
}

func BenchmarkBefore(b *testing.B) {
	for _, shape := range shapes {
		g := grow(10_000, shape)
		b.Run(shape, func(b *testing.B) {
			n := 0
			for i := 0; b.Loop(); i++ {
				if g.Before(Node(i%10_000), Node(9_999-i%500)) {
					n++
				}
			}
		})
	}
}
