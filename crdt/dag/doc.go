// Package dag holds the hash DAG of control ops: who comes causally before whom, what is missing, what the heads are.
//
//	g := dag.New()
//	n, err := g.Add(id, space, deps, parents) // every edge must be there; the caller keeps what waits
//	g.Before(a, b)                            // a is in b's causal past: O(log n)
//	g.Heads(space)
//
// Ops of a community and of its groups stand in one Graph, since a group op's past runs through its parent's log. The past of an
// op is kept as a cut: ops are laid out greedily on chains, and a cut says how far down each chain the past reaches. Cuts are
// persistent trees that share what is equal, so n ops cost O(n log n) memory however wide the history is.
//
// Not safe for concurrent use; one owner.
package dag
