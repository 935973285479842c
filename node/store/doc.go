// Package store is the one database of a node: an encrypted SQLite file, the
// key file that opens it, and the lock that keeps a second program out. No
// other package knows the layout.
//
//	s, err := store.Open(ctx, store.Options{Dir: dir})
//	err = s.Commit(ctx, &store.Batch{Wires: wires, Rows: rows})
//	rows, err := s.List(ctx, space, "timeline", store.Range{Limit: 50, Newest: true})
//
// What callers may rely on:
//
//   - Commit returns nil only when everything in the batch is on disk, and a
//     batch is written whole or not at all. Commits from many goroutines share
//     one transaction and one fsync; one that fails takes no other with it.
//   - A read that starts after Commit returned sees what was committed.
//   - Iterators read in pages and hold nothing between them: the loop body may
//     call any method, Commit too.
//   - Datastore writes on a connection of its own and is durable only after
//     Sync: it is for what the network can tell again.
//   - The store verifies nothing. It gives back what was put in, or ErrCorrupt
//     where SQLite notices damage; what must not be forged is signed.
//   - No path, key or stored byte appears in an error.
//
// The layout of the key file, the tables and the start are in SPEC.md.
package store
