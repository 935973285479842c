package node

import (
	"fmt"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What its author deleted goes from the disk too: of the message and of its edits the signed header stays, in place of the wire. Such a wire is
// offered to nobody and asked for no more.

const metaDoomed = "doomed/"

type doomedRecord struct {
	_      struct{} `cbor:",toarray"`
	ID     [32]byte
	Author identity.UserID
}

// purge adds to a transaction what takes the bodies of a deleted message away.
func (r *room) purge(b *store.Batch, p crdt.Purge) error {
	w, found, err := r.storedOrIn(b, p.Of.ID)
	if err != nil {
		return err
	}
	if !found {
		r.c.Doom(p.Space, p.Of)
	} else if op.ID(w.Space) == p.Space {
		r.stub(b, w, p.Of)
	}
	doomed, err := doomedMeta(p.Space, r.c.Doomed(p.Space))
	if err != nil {
		return err
	}
	b.Meta = append(b.Meta, doomed)
	for _, k := range []content.RowKey{p.Of.Edited(), p.Of.Scheduled()} {
		wires, err := r.n.store.WiresTouching(r.ctx, p.Space, string(k))
		if err != nil {
			return fmt.Errorf("read edits of a deleted message: %w", err)
		}
		for _, t := range b.Touches { // those that come in the same breath
			if t.Space == p.Space && t.Key == string(k) {
				if w, ok, _ := r.storedOrIn(b, t.Wire); ok {
					wires = append(wires, w)
				}
			}
		}
		for _, w := range wires {
			r.stub(b, w, p.Of)
		}
	}
	return nil
}

// storedOrIn finds a wire in the transaction or in the store.
func (r *room) storedOrIn(b *store.Batch, id [32]byte) (store.Wire, bool, error) {
	for _, w := range b.Wires {
		if w.ID == id {
			return w, true, nil
		}
	}
	w, found, err := r.n.store.Wire(r.ctx, id)
	if err != nil {
		return w, false, fmt.Errorf("find a deleted message: %w", err)
	}
	return w, found, nil
}

// stub puts what stays of a deleted message, or of an edit of it, in the place of its wire.
func (r *room) stub(b *store.Batch, w store.Wire, of content.Ref) {
	ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes)
	if err != nil || epoch.IsStub(w.Bytes) {
		return
	}
	raw, rows, ok := r.c.Stub(ck, of)
	if !ok {
		return
	}
	b.Stubs = append(b.Stubs, store.Stub{Space: w.Space, ID: w.ID, Bytes: raw})
	b.Rows = append(b.Rows, r.storeRows(map[op.ID][]content.Row{w.Space: rows})...)
	r.uncount(w.Space, w.Tag, w.ID)
}

func doomedMeta(space op.ID, list []content.Ref) (store.Meta, error) {
	m := store.Meta{Key: metaDoomed + hexID(space)}
	var recs []doomedRecord
	for _, d := range list {
		recs = append(recs, doomedRecord{ID: d.ID, Author: d.Author})
	}
	if len(recs) == 0 {
		return m, nil
	}
	var err error
	if m.Value, err = op.Encode(recs); err != nil {
		return m, fmt.Errorf("encode deleted messages to come: %w", err)
	}
	return m, nil
}

func readDoomed(raw []byte) (out []content.Ref, err error) {
	var recs []doomedRecord
	if err := op.Decode(raw, &recs); err != nil {
		return nil, fmt.Errorf("read deleted messages to come: %w", err)
	}
	for _, d := range recs {
		out = append(out, content.Ref{ID: d.ID, Author: d.Author})
	}
	return out, nil
}
