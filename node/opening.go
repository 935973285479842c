package node

import "github.com/pandal-chat/pandal/node/store"

// What Open can fail with, for those who may not import the store.
var (
	ErrInUse      = store.ErrInUse
	ErrPassphrase = store.ErrPassphrase
	ErrCorrupt    = store.ErrCorrupt
	ErrNewer      = store.ErrNewer
)

// InUse reports whether some node holds a data directory: its files may change.
func InUse(data string) bool { return store.InUse(data) }
