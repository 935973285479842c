package acl

import (
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
)

// Reason says why an op does not count.
type Reason uint8

// The reasons, in the order in which an op meets them.
const (
	Stands       Reason = iota // it counts
	Malformed                  // its form is wrong, whatever others do
	NoCap                      // what it was made under does not count itself
	NotOwner                   // made as the owner by somebody who was not, at that point of the chain
	Removed                    // By removed its author, or revoked what it was made under
	Cascaded                   // By removed somebody whose grants it hangs on, with all that hangs on them
	AfterLeave                 // its author had left: By
	OutAbove                   // its author was out of what this stands under
	DeviceLost                 // By revoked the device that wrote it
	Outranked                  // it takes back the invite of somebody senior
	InviteClosed               // its invite does not count, or By ended it
	InviteFull                 // others came first by the same invite
	Banned                     // By banned the person it admits
	Superseded                 // of several that replace the same owner another stands: By
)

var reasonNames = [...]string{"it stands", "its form is wrong", "what it was made under does not count", "its author was not the owner then", "its author was removed",
	"somebody it hangs on was removed with all that hangs on him", "its author had left", "its author was out of the community", "its device was lost",
	"the invite it takes back is of somebody senior", "its invite was closed", "its invite was full", "the person is banned", "another one stands in its place"}

func (r Reason) String() string { return reasonNames[r] }

// Cut is why an op does not count, and the op that brought it about; By is zero where no single one did.
type Cut struct {
	Why Reason
	By  op.ID
}

type cut struct {
	why Reason
	by  dag.Node // -1: no single op
}

var stands = cut{Stands, -1}

// Ended says what ended a cap of this log that counts as an op and gives nothing now; Stands where it is live or no such cap.
func (s *State) Ended(id op.ID) Cut {
	n, ok := s.l.g.Find(id)
	if !ok || !s.own(n) || n == s.root && s.community() {
		return Cut{}
	}
	return s.name(s.ended(n))
}

func (s *State) name(c cut) Cut {
	if c.by < 0 {
		return Cut{Why: c.why}
	}
	return Cut{c.why, s.l.f[c.by].ID}
}

// Why says why an integrated op of this space's log does not count, or that it stands. It asks the rules that decided.
func (s *State) Why(id op.ID) Cut {
	n, ok := s.l.g.Find(id)
	f := &s.l.f[n]
	switch {
	case !ok || f.Space != s.Space && n != s.root, !f.wf && !s.counts(n):
		return Cut{Why: Malformed}
	case s.counts(n):
		return Cut{Why: Stands}
	case !s.holds(f.cap):
		return Cut{NoCap, f.Cap}
	}
	v := s.judge(n, f.cap)
	if v == stands && f.Kind == op.Admit {
		if v = s.invited(n); v == stands {
			v.why = InviteFull
		}
	}
	return s.name(v)
}
