// Package content turns messages into rows: a pure fold, the same rows in any order.
//
//	keys := content.Touches(msg)          // which rows it reads and writes
//	rows = content.Fold(rows, msg)        // the changed rows, from the rows under those keys
//
// There is one fold for live messages, for sync and for a rebuild. Each kind is a small CRDT with one written merge rule, in a file
// of its own; SPEC.md lists them. Whether a message counts at all is not decided here (crdt does). A body that does not parse touches
// nothing; a kind this program does not know becomes a row of kind "unknown", so that the reader is told.
package content
