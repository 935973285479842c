package node

import (
	"crypto/rand"
	"fmt"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

const metaCommunity = "community/"

// communityRecord is what a node keeps about a community besides its log. Secret.
type communityRecord struct {
	_       struct{} `cbor:",toarray"`
	ID      op.ID
	Member  identity.UserID
	Salt    [32]byte // of the Genesis, where this person founded it: M derives from it
	Device  [32]byte
	Host    [32]byte
	JoinKey [32]byte
	Name    string // mine, here
	Listen  []string
	Link    string // of the invite I joined or am joining by
	Joined  bool
}

// newRecord draws the keys of a community that is founded or joined.
func newRecord(id op.ID, m identity.UserID, joinKey [32]byte, name string) communityRecord {
	rec := communityRecord{ID: id, Member: m, JoinKey: joinKey, Name: name, Device: identity.NewDeviceKey().Seed(), Listen: []string{}}
	rand.Read(rec.Host[:])
	return rec
}

func (rec communityRecord) meta() (store.Meta, error) {
	if rec.Listen == nil {
		rec.Listen = []string{}
	}
	raw, err := op.Encode(rec)
	if err != nil {
		return store.Meta{}, fmt.Errorf("encode community: %w", err)
	}
	return store.Meta{Key: metaCommunity + hexID(rec.ID), Value: raw}, nil
}
