// Package crdt joins the pure rooms: it is the one door through which anything becomes true on a node.
//
//	checked, verdict := crdt.Check(snapshot, wire, now)       // bytes → verified, once; may run anywhere, concurrently
//	effects := community.Apply([]crdt.Checked{checked}, rows, now)
//	// perform effects in the order of their fields: Store, Publish, Want, Refold, Events
//
// A Community holds in memory the control state, epochs and chain heads of one community and of its groups, never the timeline.
// Groups are held with their community because a group's ops are judged by the parent's causal past: one owner, no locks. Only Check,
// CheckOp and Stored make a Checked, so nothing unverified gets in and everything is verified exactly once. Apply uses no clock and no
// randomness; Author draws randomness for salts and secrets.
//
// A Community is not safe for concurrent use; one owner. A Snapshot is immutable and may be read by all.
package crdt
