package node

import "github.com/pandal-chat/pandal/node/store"

// What Open can fail with, for those who may not import the store.
var (
	ErrInUse      = store.ErrInUse
	ErrPassphrase = store.ErrPassphrase
	ErrCorrupt    = store.ErrCorrupt
	ErrNewer      = store.ErrNewer
)
