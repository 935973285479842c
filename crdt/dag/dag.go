package dag

import (
	"errors"
	"maps"
	"slices"
	"sort"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Node numbers an op within one Graph, in the order of Add. Numbers differ between replicas and never leave the program.
type Node int32

// Errors of Add.
var (
	ErrMissing = errors.New("an op it builds on is missing")
	ErrForeign = errors.New("deps lie in another log")
)

// Graph is the hash DAG of one community tree.
type Graph struct {
	index map[op.ID]Node
	nodes []node
	tips  []Node                      // last node of each chain
	heads map[op.ID]map[Node]struct{} // by space
	logs  map[op.ID][]Node            // by space, in the order of Add
}

type node struct {
	id     op.ID
	space  op.ID // the log it stands in; its own id for a root without a parent log
	past   cut
	chain  int
	pos    uint32 // 1 + position on its chain
	height uint64
}

// New returns an empty graph.
func New() *Graph {
	return &Graph{index: map[op.ID]Node{}, heads: map[op.ID]map[Node]struct{}{}, logs: map[op.ID][]Node{}}
}

// Add integrates one op. space is the log it stands in (its own id for Genesis), deps lie in that log or are its root, parents lie
// in the parent's log. An op that is there already is returned as it is. Missing lists what must come first.
func (g *Graph) Add(id, space op.ID, deps, parents []op.ID) (Node, error) {
	if n, ok := g.index[id]; ok {
		return n, nil
	}
	if len(g.Missing(id, space, deps, parents)) > 0 {
		return 0, ErrMissing
	}
	n := node{id: id, space: space}
	chain := -1
	edge := func(d op.ID) Node {
		e := g.index[d]
		n.past = n.past.union(g.upTo(e))
		if c := g.nodes[e].chain; chain < 0 && g.tips[c] == e {
			chain = c
		}
		return e
	}
	for _, d := range deps {
		e := edge(d)
		if d != space && g.nodes[e].space != space {
			return 0, ErrForeign
		}
		n.height = max(n.height, g.nodes[e].height+1)
	}
	for _, p := range parents {
		if e := edge(p); g.nodes[e].space == space {
			return 0, ErrForeign
		}
	}
	if space != id {
		edge(space)
	}
	me := Node(len(g.nodes))
	if chain < 0 {
		chain = len(g.tips)
		g.tips = append(g.tips, me)
		n.pos = 1
	} else {
		n.pos = g.nodes[g.tips[chain]].pos + 1
		g.tips[chain] = me
	}
	n.chain = chain
	g.nodes = append(g.nodes, n)
	g.index[id] = me
	h := g.heads[space]
	if h == nil {
		h = map[Node]struct{}{}
		g.heads[space] = h
	}
	for _, d := range deps {
		delete(h, g.index[d])
	}
	h[me] = struct{}{}
	g.logs[space] = append(g.logs[space], me)
	return me, nil
}

// Try adds an op as Add does, calls f while it is there, and takes it out again: the graph is as it was. f must not change the graph.
func (g *Graph) Try(id, space op.ID, deps, parents []op.ID, f func(Node)) error {
	if n, ok := g.index[id]; ok {
		f(n)
		return nil
	}
	heads, had := maps.Clone(g.heads[space]), g.heads[space] != nil
	me, err := g.Add(id, space, deps, parents)
	if err != nil {
		return err
	}
	f(me)
	n := g.nodes[me]
	if n.pos == 1 {
		g.tips = g.tips[:n.chain]
	} else {
		for _, d := range slices.Concat(deps, parents, []op.ID{space}) {
			if e := g.index[d]; g.nodes[e].chain == n.chain && g.nodes[e].pos == n.pos-1 {
				g.tips[n.chain] = e
			}
		}
	}
	g.nodes = g.nodes[:me]
	delete(g.index, id)
	g.logs[space] = g.logs[space][:len(g.logs[space])-1]
	if g.heads[space] = heads; !had {
		delete(g.heads, space)
		delete(g.logs, space)
	}
	return nil
}

// upTo is the past of e with e itself.
func (g *Graph) upTo(e Node) cut { return g.nodes[e].past.set(g.nodes[e].chain, g.nodes[e].pos) }

// Missing returns which ops must be added before this one.
func (g *Graph) Missing(id, space op.ID, deps, parents []op.ID) []op.ID {
	var out []op.ID
	want := func(d op.ID) {
		if _, ok := g.index[d]; !ok {
			out = append(out, d)
		}
	}
	for _, d := range deps {
		want(d)
	}
	for _, d := range parents {
		want(d)
	}
	if space != id {
		want(space)
	}
	return out
}

// Find returns the node of an op.
func (g *Graph) Find(id op.ID) (Node, bool) {
	n, ok := g.index[id]
	return n, ok
}

// Len returns how many ops there are; they are numbered 0 to Len-1.
func (g *Graph) Len() int { return len(g.nodes) }

// ID returns the op's id, Space the log it stands in, Height one more than the highest of its deps (0 without).
func (g *Graph) ID(n Node) op.ID      { return g.nodes[n].id }
func (g *Graph) Space(n Node) op.ID   { return g.nodes[n].space }
func (g *Graph) Height(n Node) uint64 { return g.nodes[n].height }

// Before reports whether a is in b's causal past. Nothing is before itself.
func (g *Graph) Before(a, b Node) bool {
	return g.nodes[b].past.get(g.nodes[a].chain) >= g.nodes[a].pos
}

// Heads returns the ops of a space's log that no other op there builds on, by id. The root alone has none after it: it is its own
// head in a Genesis log and stands in the parent's log for a group.
func (g *Graph) Heads(space op.ID) []op.ID {
	out := make([]op.ID, 0, len(g.heads[space]))
	for n := range g.heads[space] {
		out = append(out, g.nodes[n].id)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Less(out[j]) })
	return out
}

// Nodes lists the ops of a space's log, each after what it builds on. The caller must not change it.
func (g *Graph) Nodes(space op.ID) []Node { return g.logs[space] }

// Past is the set of everything at or below some heads.
type Past struct {
	g *Graph
	c cut
}

// PastOf returns the past of heads, heads included; unknown ids are left out and reported.
func (g *Graph) PastOf(heads ...op.ID) (Past, bool) {
	p, all := Past{g: g}, true
	for _, h := range heads {
		n, ok := g.index[h]
		if !ok {
			all = false
			continue
		}
		p.c = p.c.union(g.upTo(n))
	}
	return p, all
}

// Has reports whether n lies in the past.
func (p Past) Has(n Node) bool { return p.c.get(p.g.nodes[n].chain) >= p.g.nodes[n].pos }
