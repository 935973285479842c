package crdt

import (
	"crypto/sha256"

	"github.com/pandal-chat/pandal/crdt/op"
)

// OpID returns the id that raw would have as an op, so that what is known already need not be checked. It says nothing about whether raw
// is one.
func OpID(raw []byte) op.ID {
	if len(raw) < 64 {
		return op.ID{}
	}
	return sha256.Sum256(raw[:len(raw)-64])
}
