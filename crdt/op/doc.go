// Package op is the signed control operation: its canonical bytes, its id, its strict parser.
//
//	o := op.Op{Space: space, Cap: cap, Seq: 1, Deps: heads, Height: h, Time: now, Body: op.Set{Key: "name", Value: v}}
//	raw := op.SignDevice(o, device)         // payload ‖ signature
//	got, err := op.Parse(raw)               // strict: one encoding per value, every limit checked
//	ok := got.Verify()                      // one Ed25519 verification
//
// Parse never panics and allocates no more than a small multiple of its input, which is at most 64 KiB. An Op keeps the bytes it
// was signed as. Whether it may do what it says is decided by crdt/acl, whether it fits its past by crdt/dag. Layout: SPEC.md.
package op
