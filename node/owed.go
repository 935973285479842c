package node

import (
	"fmt"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What a room still has to fold is stored with what made it so: messages ahead of the clock, by space, and rows whose messages count otherwise
// now, by community. Without that a node that stops in between never folds them.
const (
	metaAside = "aside/"
	metaOwed  = "owed2/"
)

type asideRecord struct {
	_       struct{} `cbor:",toarray"`
	Wire    [32]byte
	Lamport op.Millis
}

type owedRecord struct {
	_       struct{} `cbor:",toarray"`
	Space   op.ID
	Devices []identity.DeviceID
	Wires   [][32]byte
	Rows    []string
	Only    []string
}

func asideMeta(lists map[op.ID][]crdt.Aside) (out []store.Meta, err error) {
	for space, list := range lists {
		m := store.Meta{Key: metaAside + hexID(space)}
		var recs []asideRecord
		for _, a := range list {
			recs = append(recs, asideRecord{Wire: a.Wire, Lamport: a.Lamport})
		}
		if len(recs) > 0 {
			if m.Value, err = op.Encode(recs); err != nil {
				return nil, fmt.Errorf("encode what waits for the clock: %w", err)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func readAside(raw []byte) (out []crdt.Aside, err error) {
	var recs []asideRecord
	if err := op.Decode(raw, &recs); err != nil {
		return nil, fmt.Errorf("read what waits for the clock: %w", err)
	}
	for _, a := range recs {
		out = append(out, crdt.Aside{Wire: a.Wire, Lamport: a.Lamport})
	}
	return out, nil
}

// owe has what effects ask to fold again stored with them.
func (r *room) owe(b *store.Batch, all []crdt.Effects) error {
	had := len(r.owed)
	for _, e := range all {
		r.owed = append(r.owed, e.Refold...)
	}
	if len(r.owed) == had {
		return nil
	}
	m, err := r.owedMeta(r.owed)
	if err != nil {
		return err
	}
	b.Meta = append(b.Meta, m)
	return nil
}

// owedMeta is the record of what is to be folded again; without anything, that the record goes.
func (r *room) owedMeta(list []crdt.Refold) (m store.Meta, err error) {
	m.Key = metaOwed + hexID(r.id)
	var recs []owedRecord
	for _, f := range list {
		rec := owedRecord{Space: f.Space, Devices: append([]identity.DeviceID{}, f.Devices...), Wires: append([][32]byte{}, f.Wires...), Rows: []string{}, Only: []string{}}
		for _, k := range f.Rows {
			rec.Rows = append(rec.Rows, string(k))
		}
		for _, k := range f.Only {
			rec.Only = append(rec.Only, string(k))
		}
		recs = append(recs, rec)
	}
	if len(recs) > 0 {
		if m.Value, err = op.Encode(recs); err != nil {
			return m, fmt.Errorf("encode what is to be folded again: %w", err)
		}
	}
	return m, nil
}

// metaRows + community: which form its rows have.
const metaRows = "rows/"

// rebuild has every row folded anew from the messages where an older program made them. Owner only.
func (r *room) rebuild() {
	v, ok, err := r.n.store.Meta(r.ctx, metaRows+hexID(r.id))
	if err != nil || ok && string(v) == content.RowsVersion {
		return
	}
	var all []crdt.Refold
	for _, s := range r.c.Spaces() {
		chains, err := r.n.store.Devices(r.ctx, s)
		if err != nil {
			r.n.log.Error("rows of an older version could not be made anew", "err", err)
			return
		}
		if len(chains) > 0 {
			f := crdt.Refold{Space: s}
			for _, d := range chains {
				f.Devices = append(f.Devices, d)
			}
			all = append(all, f)
		}
	}
	b := &store.Batch{Meta: []store.Meta{{Key: metaRows + hexID(r.id), Value: []byte(content.RowsVersion)}}}
	if err = r.owe(b, []crdt.Effects{{Refold: all}}); err == nil {
		err = r.n.commit(r.ctx, b)
	}
	if err != nil {
		r.n.log.Error("rows of an older version could not be made anew", "err", err)
	}
}

// readOwed takes up what an earlier run left to be folded. Owner only.
func (r *room) readOwed() {
	defer r.payOwed()
	defer r.rebuild()
	raw, ok, err := r.n.store.Meta(r.ctx, metaOwed+hexID(r.id))
	if err != nil || !ok {
		return
	}
	var recs []owedRecord
	if err := op.Decode(raw, &recs); err != nil {
		r.n.log.Error("what is to be folded again could not be read", "err", err)
		return
	}
	for _, o := range recs {
		f := crdt.Refold{Space: o.Space, Devices: o.Devices, Wires: o.Wires}
		for _, k := range o.Rows {
			f.Rows = append(f.Rows, content.RowKey(k))
		}
		for _, k := range o.Only {
			f.Only = append(f.Only, content.RowKey(k))
		}
		r.owed = append(r.owed, f)
	}
}

// payOwed folds what is owed and strikes it off. What fails stays in the record for the next start.
func (r *room) payOwed() {
	if len(r.owed) == 0 {
		return
	}
	var failed []crdt.Refold
	for len(r.owed) > 0 {
		f := r.owed[0]
		r.owed = r.owed[1:]
		if err := r.refold(f); err != nil {
			r.n.log.Error("rows could not be folded again", "err", err)
			failed = append(failed, f)
		}
	}
	m, err := r.owedMeta(failed)
	if err == nil {
		err = r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{m}})
	}
	if err != nil {
		r.n.log.Error("what was folded again could not be struck off", "err", err)
	}
}
