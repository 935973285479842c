package node

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

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
	b, err := r.batchOf(e)
	if err != nil {
		return err
	}
	b.Meta = append(b.Meta, meta...)
	if err := r.n.commit(r.ctx, b); err != nil {
		r.reload()
		return err
	}
	for _, w := range e.Store.Wires {
		r.count(w.Space, w.Tag, w.ID)
		if w.Kind == content.Receipt {
			delete(r.marks, w.Space)
		}
	}
	r.snap.Store(r.c.Snapshot())
	for _, p := range e.Publish {
		r.publish(p)
	}
	for _, w := range e.Want {
		r.want(w)
	}
	for _, f := range e.Refold {
		if err := r.refold(f); err != nil {
			r.n.log.Error("rows could not be folded again", "err", err)
		}
	}
	if len(e.Store.Ops) > 0 || len(e.Store.Secrets) > 0 {
		r.refresh()
	}
	if len(e.Events) > 0 || len(e.Store.Ops) > 0 || len(e.Store.Secrets) > 0 {
		close(r.change)
		r.change = make(chan struct{})
	}
	return nil
}

// batchOf turns Effects into one transaction, events included: an event is shown only if what it tells of is stored.
func (r *room) batchOf(e crdt.Effects) (*store.Batch, error) {
	b := &store.Batch{}
	for _, o := range e.Store.Ops {
		b.Ops = append(b.Ops, store.Op{Space: o.Space, ID: o.ID, Bytes: o.Bytes})
	}
	for _, w := range e.Store.Wires {
		b.Wires = append(b.Wires, store.Wire{ID: w.ID, Space: w.Space, Tag: w.Tag, Day: w.Day, Device: w.Device, Seq: w.Seq, Lamport: int64(w.Lamport),
			Kind: fmt.Sprint(uint16(w.Kind)), Bytes: w.Bytes})
	}
	b.Rows = storeRows(e.Store.Rows)
	for _, t := range e.Store.Touches {
		b.Touches = append(b.Touches, store.Touch{Space: t.Space, Key: string(t.Key), Wire: t.Wire})
	}
	for _, s := range e.Store.Secrets {
		b.Secrets = append(b.Secrets, store.Secret{Space: s.Space, Epoch: s.Epoch, Secret: s.Secret[:]})
	}
	for _, c := range e.Store.Chains {
		raw, err := op.Encode(ownRecord{Seq: c.Seq, Prev: c.Prev})
		if err != nil {
			return nil, fmt.Errorf("encode own chain: %w", err)
		}
		b.Meta = append(b.Meta, store.Meta{Key: metaOwn + hexID(c.Space), Value: raw})
	}
	for _, ev := range e.Events {
		if ev.Type == "member.changed" {
			r.names = nil
		}
		b.Events = append(b.Events, r.eventOf(ev))
	}
	return b, nil
}

func storeRows(rows map[op.ID][]content.Row) (out []store.Row) {
	for space, rs := range rows {
		for _, x := range rs {
			out = append(out, store.Row{Space: space, Key: string(x.Key), List: x.List, Order: x.Order, Value: x.Value})
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

func (r *room) eventOf(e crdt.Event) store.Event {
	rec := eventRecord{}
	if (e.Member != identity.UserID{}) {
		rec.Actor = e.Member.String()
	}
	switch {
	case (e.Ref == [32]byte{}):
		rec.Ref = rec.Actor
	case e.Type == "message.created" || e.Type == "message.delivery":
		rec.Ref = msgID(e.Ref)
	case e.Type == "group.created" || e.Type == "group.changed" || e.Type == "group.archived":
		rec.Ref = grpID(e.Ref)
	}
	return r.event(e.Type, e.Space, rec)
}

func (r *room) event(typ string, space op.ID, rec eventRecord) store.Event {
	data, err := json.Marshal(rec)
	if err != nil {
		data = []byte("{}")
	}
	group := ""
	if space != r.id || typ == "message.created" || typ == "message.delivery" {
		group = grpID(space)
	}
	return store.Event{Type: typ, Community: r.name(), Group: group, Time: int64(r.n.now()), Data: data}
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
	r.c = c
	clear(r.marks)
	r.sums = map[op.ID]map[epoch.Tag]*history.Sum{}
	r.snap.Store(c.Snapshot())
}

// publish sends something of mine by gossip, and straight to members that gossip may not reach.
func (r *room) publish(p crdt.Publication) {
	if p.Wire != nil && r.goss != nil {
		if err := r.goss.Publish(r.ctx, p.Topic, p.Wire); err != nil {
			r.n.log.Debug("gossip publish failed", "err", err)
		}
	}
	to := r.pushTargets(p)
	if p.Secret != (op.ID{}) {
		r.handOver(p, len(to) > 0)
	}
	var ops, wires [][]byte
	var id [32]byte
	if p.Op != nil {
		ops = [][]byte{p.Op}
	}
	if p.Wire != nil {
		wires, id = [][]byte{p.Wire}, epoch.WireID(p.Wire)
	}
	for t, late := range to {
		r.n.wg.Go(func() {
			if late {
				select {
				case <-time.After(afterGossip):
				case <-r.ctx.Done():
					return
				}
			}
			r.push(t, p.Space, ops, wires, id)
		})
	}
}

// afterGossip is when those who get a message by gossip are asked whether they have it: by then it is stored, and nothing is checked twice.
const afterGossip = 30 * time.Millisecond

// pushTargets: for an op, every connected member who may have it; for a wire, those the topic does not list, and two more in any case, so
// that somebody says it is stored: these a moment later, which is what true means.
func (r *room) pushTargets(p crdt.Publication) map[peer.ID]bool {
	out := map[peer.ID]bool{}
	listed := map[peer.ID]bool{}
	if p.Wire != nil && r.goss != nil {
		for _, id := range r.goss.Peers(p.Topic) {
			listed[id] = true
		}
	}
	more := 2
	for id, m := range r.peers {
		if !r.mayHave(m.user, p.Space) {
			continue
		}
		if listed[id] {
			if more == 0 {
				continue
			}
			more--
		}
		out[id] = listed[id]
	}
	return out
}

// push ends with its stream; what it could not deliver, sync will.
func (r *room) push(to peer.ID, space op.ID, ops, wires [][]byte, id [32]byte) {
	stored, err := r.hist.Push(r.ctx, to, space, ops, wires)
	if err != nil {
		r.n.log.Debug("push failed", "err", err)
		return
	}
	for _, got := range stored {
		if got == id {
			r.tell(func() { r.acked(to, space, id) })
		}
	}
}

// acked notes that a member's node has stored a message of mine.
func (r *room) acked(from peer.ID, space op.ID, id [32]byte) {
	m, ok := r.peers[from]
	if !ok {
		return
	}
	if r.acks[id] == nil {
		r.acks[id] = map[identity.UserID]bool{}
	}
	if !r.acks[id][m.user] {
		r.acks[id][m.user] = true
		r.saveAcks(space, id)
	}
}

// saveAcks makes "sent" last over a restart.
func (r *room) saveAcks(space op.ID, id [32]byte) {
	known, err := r.n.acks(r.ctx, space, id)
	if err != nil {
		return
	}
	for u := range r.acks[id] {
		known[u] = true
	}
	delete(r.acks, id)
	v := make([]byte, 0, 32*len(known))
	for u := range known {
		v = append(v, u[:]...)
	}
	b := &store.Batch{Rows: []store.Row{{Space: space, Key: ackKey(id), Value: v}},
		Events: []store.Event{r.event("message.delivery", space, eventRecord{Ref: msgID(id)})}}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.n.log.Error("delivery could not be stored", "err", err)
		return
	}
	close(r.change)
	r.change = make(chan struct{})
}

func ackKey(id [32]byte) string { return "d/" + hexID(id) }

// acks reads who has said that they store a message.
func (n *Node) acks(ctx context.Context, space op.ID, id [32]byte) (map[identity.UserID]bool, error) {
	rows, err := n.store.Rows(ctx, space, []string{ackKey(id)})
	if err != nil {
		return nil, err
	}
	return ackers(rows[ackKey(id)]), nil
}

func ackers(v []byte) map[identity.UserID]bool {
	out := map[identity.UserID]bool{}
	for ; len(v) >= 32; v = v[32:] {
		out[identity.UserID(v[:32])] = true
	}
	return out
}

// refold folds rows again from stored messages, after what counts has changed.
func (r *room) refold(f crdt.Refold) error {
	keys := map[string]bool{}
	for _, d := range f.Devices {
		ks, err := r.n.store.TouchedKeys(r.ctx, f.Space, d)
		if err != nil {
			return err
		}
		for _, k := range ks {
			keys[k] = true
		}
	}
	for _, w := range f.Wires {
		ks, err := r.n.store.TouchedBy(r.ctx, f.Space, w)
		if err != nil {
			return err
		}
		for _, k := range ks {
			keys[k] = true
		}
	}
	for _, d := range f.Devices {
		if r.c.Pinned(f.Space, d) {
			if err := r.rechain(f.Space, d); err != nil {
				return err
			}
		}
	}
	b := &store.Batch{}
	for k := range keys {
		wires, err := r.n.store.WiresTouching(r.ctx, f.Space, k)
		if err != nil {
			return err
		}
		var msgs []crdt.Checked
		for _, w := range wires {
			ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes)
			if err != nil {
				continue
			}
			msgs = append(msgs, ck)
			if d, _ := ck.Device(); r.c.Untold(f.Space, d) {
				if err := r.rechain(f.Space, d); err != nil {
					return err
				}
			}
		}
		b.Rows = append(b.Rows, storeRows(r.c.Refolded(f.Space, []content.RowKey{content.RowKey(k)}, msgs, r.n.now()).Rows)...)
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
	return r.n.commit(r.ctx, b)
}
