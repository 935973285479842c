package node

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/store"
)

// perform is the only reader of Effects, in the order of their fields: nothing is published or shown before it is durable. If the store
// fails, what is in memory is thrown away and read back from disk.
func (r *room) perform(e crdt.Effects, meta ...store.Meta) error {
	return r.performAll([]crdt.Effects{e}, meta...)
}

// performAll performs the effects of several calls in the order they were made, with one commit, which the riders share.
func (r *room) performAll(all []crdt.Effects, meta ...store.Meta) error {
	clear(r.newest)
	b := &store.Batch{Meta: meta}
	for _, e := range all {
		if err := r.addTo(b, e); err != nil {
			return err
		}
	}
	if err := r.owe(b, all); err != nil {
		return err
	}
	r.noteDue(b)
	b.Rows, b.Events = append(b.Rows, r.riders.Rows...), append(b.Events, r.riders.Events...)
	clear(r.gone)
	clear(r.arriving)
	for _, w := range b.Wires {
		r.arriving[w.ID] = true
	}
	for _, e := range all {
		for _, p := range e.Purge {
			if err := r.purge(b, p); err != nil {
				return err
			}
		}
	}
	changed := len(r.riders.Events) > 0
	r.riders = store.Batch{}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.reload()
		return err
	}
	r.forgetAcks()
	for _, e := range all {
		r.follow(e)
		changed = changed || len(e.Events) > 0 || len(e.Store.Ops) > 0 || len(e.Store.Secrets) > 0
	}
	if changed {
		close(r.change)
		r.change = make(chan struct{})
	}
	return nil
}

// follow does what follows once effects are durable.
func (r *room) follow(e crdt.Effects) {
	for _, w := range e.Store.Wires {
		if !r.gone[w.ID] {
			r.count(w.Space, w.Tag, w.ID)
		}
		if w.Kind == content.Receipt {
			delete(r.marks, w.Space)
			r.covered[w.Space] = true
		}
		if w.Kind == content.Read {
			delete(r.reads, w.Space)
		}
	}
	r.heard(e)
	r.snap.Store(r.c.Snapshot())
	r.tellBelow(e.Store.Ops)
	for _, p := range e.Publish {
		r.publish(p)
	}
	for _, w := range e.Want {
		r.want(w)
	}
	r.payOwed()
	if len(e.Store.Ops) > 0 || len(e.Store.Secrets) > 0 {
		clear(r.reads) // whoever is gone counts no more
		r.refresh()
	}
}

// addTo adds Effects to a transaction, events included: an event is shown only if what it tells of is stored.
func (r *room) addTo(b *store.Batch, e crdt.Effects) error {
	for _, o := range e.Store.Ops {
		b.Ops = append(b.Ops, store.Op{Space: o.Space, ID: o.ID, Bytes: o.Bytes, Proven: o.Proven})
	}
	for _, w := range e.Store.Wires {
		b.Wires = append(b.Wires, store.Wire{ID: w.ID, Space: w.Space, Tag: w.Tag, Day: w.Day, Device: w.Device, Seq: w.Seq, Lamport: int64(w.Lamport),
			Kind: strconv.Itoa(int(w.Kind)), Bytes: w.Bytes})
	}
	b.Rows = append(b.Rows, r.storeRows(e.Store.Rows)...)
	if len(e.Store.Ops) > 0 {
		r.beginUnread(b)
	}
	for _, t := range e.Store.Touches {
		b.Touches = append(b.Touches, store.Touch{Space: t.Space, Key: string(t.Key), Wire: t.Wire})
	}
	for _, s := range e.Store.Secrets {
		kept := s.Secret[:]
		if s.Dropped {
			kept = []byte{} // and is not asked for again
		}
		b.Secrets = append(b.Secrets, store.Secret{Space: s.Space, Epoch: s.Epoch, Secret: kept})
	}
	for _, c := range e.Store.Chains {
		raw, err := op.Encode(ownRecord{Seq: c.Seq, Prev: c.Prev})
		if err != nil {
			return fmt.Errorf("encode own chain: %w", err)
		}
		b.Meta = append(b.Meta, store.Meta{Key: metaOwn + hexID(c.Space), Value: raw})
	}
	aside, err := asideMeta(e.Store.Aside)
	if err != nil {
		return err
	}
	b.Meta = append(b.Meta, aside...)
	for _, p := range e.Publish {
		if p.Desk && !r.c.OnDesk(r.fixed.Member) {
			m, err := deskItem{From: r.device.ID(), At: r.n.now(), Wire: p.Wire}.meta(r)
			if err != nil {
				return fmt.Errorf("encode what is for the desk: %w", err)
			}
			b.Meta = append(b.Meta, m)
		}
	}
	b.Events = append(b.Events, r.eventsOf(b, e)...)
	b.Events = append(b.Events, r.changedBy(e.Store.Ops)...)
	return nil
}

func (r *room) storeRows(rows map[op.ID][]content.Row) (out []store.Row) {
	for space, rs := range rows {
		for _, x := range rs {
			row := store.Row{Space: space, Key: string(x.Key), List: x.List, Order: x.Order, Value: x.Value, Text: x.Text}
			r.note(&row, x)
			out = append(out, row)
		}
	}
	return out
}

// eventRecord is what is kept of an event besides its columns.
type eventRecord struct {
	Actor  string            `json:"actor,omitempty"`
	Ref    string            `json:"ref,omitempty"`
	Detail map[string]string `json:"detail,omitempty"`
}

// encode writes the record as json.Marshal does; one of ids alone, as every message makes, without reflection.
func (e eventRecord) encode() []byte {
	if e.Detail != nil || !isName(e.Actor) || !isName(e.Ref) {
		b, err := json.Marshal(e)
		if err != nil {
			return []byte("{}")
		}
		return b
	}
	b := append(make([]byte, 0, 24+len(e.Actor)+len(e.Ref)), '{')
	if e.Actor != "" {
		b = append(append(append(b, `"actor":"`...), e.Actor...), '"')
	}
	if e.Actor != "" && e.Ref != "" {
		b = append(b, ',')
	}
	if e.Ref != "" {
		b = append(append(append(b, `"ref":"`...), e.Ref...), '"')
	}
	return append(b, '}')
}

// isName says that s is made of what ids are made of, which JSON takes as it is.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func (r *room) eventOf(e crdt.Event) store.Event {
	rec := eventRecord{}
	if (e.Member != identity.UserID{}) {
		rec.Actor = e.Member.String()
	}
	switch {
	case (e.Ref == [32]byte{}):
		rec.Ref = rec.Actor
	case ofMessage(e.Type):
		rec.Ref = msgID(e.Ref)
		if e.Type == "message.delivery" { // a receipt came
			rec.Ref = r.deliveredTo(e.Space, rec.Ref)
		}
	case strings.HasPrefix(e.Type, "join_request."):
		rec.Ref = jrqID(e.Ref)
	case e.Type == "report.created":
		rec.Ref = repID(e.Ref)
	case strings.HasPrefix(e.Type, "suggestion."):
		rec.Ref = sugID(e.Ref)
	case e.Type == "group.created" || e.Type == "group.changed" || e.Type == "group.archived":
		rec.Ref = grpID(e.Ref)
	}
	return r.event(e.Type, e.Space, rec)
}

// ofMessage reports whether events of a type name a message.
func ofMessage(typ string) bool {
	kind, _, _ := strings.Cut(typ, ".")
	return kind == "message" || kind == "reaction" || kind == "poll" || kind == "event" || kind == "announcement"
}

func (r *room) event(typ string, space op.ID, rec eventRecord) store.Event {
	group := ""
	if space != r.id || ofMessage(typ) {
		group = grpID(space)
	}
	return store.Event{Type: typ, Community: r.name(), Group: group, Time: int64(r.n.now()), Data: rec.encode()}
}

// announceEvent stores one event of the shell's own.
func (r *room) announceEvent(typ string, space op.ID, rec eventRecord) {
	if err := r.n.commit(r.ctx, &store.Batch{Events: []store.Event{r.event(typ, space, rec)}}); err != nil {
		r.n.log.Error("event could not be stored", "type", typ, "err", err)
	}
}

// reload throws away what is in memory after the store failed, so that memory never claims what the disk does not have.
func (r *room) reload() {
	c, err := r.n.loadCommunity(context.WithoutCancel(r.ctx), r.rec)
	if err != nil {
		r.n.log.Error("community could not be read back after a failed write", "err", err)
		return
	}
	r.c, r.owed = c, nil // what is owed was stored with what made it so
	clear(r.marks)
	clear(r.reads)
	clear(r.begun)
	clear(r.ackRows)
	r.recallDue()
	r.sums = map[op.ID]map[epoch.Tag]*history.Sum{}
	r.snap.Store(c.Snapshot())
}

// refold folds rows again from stored messages, after what counts has changed.
func (r *room) refold(f crdt.Refold) error {
	keys, follow := map[content.RowKey]bool{}, map[content.RowKey]bool{}
	look := func(w store.Wire) {
		ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes)
		if err != nil {
			return
		}
		for _, k := range r.c.Touched(ck) {
			keys[k] = true
		}
		if k := r.c.Following(ck); k != "" {
			follow[k] = true
		}
	}
	for _, d := range f.Devices {
		for w, err := range r.n.store.WiresByDevice(r.ctx, f.Space, d, 0) {
			if err != nil {
				return err
			}
			look(w)
		}
	}
	own, err := r.n.store.Wires(r.ctx, f.Wires)
	if err != nil {
		return err
	}
	for _, k := range f.Only {
		keys[k] = true
	}
	for _, k := range f.Rows {
		wires, err := r.wiresTouching(f.Space, k)
		if err != nil {
			return err
		}
		own = append(own, wires...)
	}
	for _, w := range own {
		look(w)
	}
	for _, d := range f.Devices {
		if r.c.Pinned(f.Space, d) {
			if err := r.rechain(f.Space, d); err != nil {
				return err
			}
		}
	}
	b, purged := &store.Batch{}, map[[32]byte]bool{}
	for k := range keys {
		wires, err := r.wiresTouching(f.Space, k)
		if err != nil {
			return err
		}
		var msgs []crdt.Checked
		var looks []content.RowKey
		for _, w := range wires {
			ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes)
			if err != nil {
				continue
			}
			msgs, looks = append(msgs, ck), append(looks, r.c.Looked(ck)...)
			if d, _ := ck.Device(); r.c.Untold(f.Space, d) {
				if err := r.rechain(f.Space, d); err != nil {
					return err
				}
			}
		}
		looked := crdt.Rows{}
		if len(looks) > 0 {
			if looked, err = r.rowsFor(map[op.ID][]content.RowKey{f.Space: looks}); err != nil {
				return err
			}
		}
		folded := r.c.Refolded(f.Space, []content.RowKey{k}, msgs, looked[f.Space], r.n.now())
		aside, err := asideMeta(folded.Aside)
		if err != nil {
			return err
		}
		b.Rows, b.Meta = append(b.Rows, r.storeRows(folded.Rows)...), append(b.Meta, aside...)
		for _, ck := range msgs { // a deletion that did not count before
			if p, deletes := r.c.Purged(ck); deletes && !purged[p.Of.ID] {
				purged[p.Of.ID] = true
				if err := r.purge(b, p); err != nil {
					return fmt.Errorf("drop what was deleted: %w", err)
				}
			}
		}
		if len(b.Rows) >= 1000 { // memory stays bounded however much a person wrote
			if err := r.n.commit(r.ctx, b); err != nil {
				return err
			}
			b = &store.Batch{}
		}
	}
	for _, w := range f.Wires {
		b.Events = append(b.Events, r.event("message.created", f.Space, eventRecord{Ref: msgID(w)}))
	}
	r.names = nil
	if err := r.n.commit(r.ctx, b); err != nil {
		return err
	}
	for _, k := range f.Rows {
		delete(follow, k) // that is what is being done
	}
	for k := range follow { // what was closed may be open again, or closed
		r.owed = append(r.owed, crdt.Refold{Space: f.Space, Rows: []content.RowKey{k}})
	}
	return nil
}

// wiresTouching reads the messages that make a row.
func (r *room) wiresTouching(space op.ID, k content.RowKey) ([]store.Wire, error) {
	wires, err := r.n.store.WiresTouching(r.ctx, space, string(k))
	if err != nil {
		return nil, err
	}
	if id, ok := content.MessageOf(k); ok {
		own, found, err := r.n.store.Wire(r.ctx, id)
		if err != nil {
			return nil, err
		}
		if found && op.ID(own.Space) == space {
			wires = append(wires, own)
		}
	}
	return wires, nil
}
