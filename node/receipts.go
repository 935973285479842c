package node

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// Receipts are batched, so a node may stop between a message's arrival and its receipt. That one is due is noted in the commit that brings the message, and
// what it is of is found again among the newest messages: nobody waits for a tick that this node would have given.

const (
	metaDue     = "receipt/" // + community + "/" + space: a receipt is due there
	recallFirst = 256        // messages that are looked at for one
)

func (r *room) dueKey(s op.ID) string { return metaDue + hexID(r.id) + "/" + hexID(s) }

// noteDue adds to a transaction where receipts became due. Owner only.
func (r *room) noteDue(b *store.Batch) {
	for _, s := range r.c.MarksDue() {
		if !r.noted[s] {
			r.noted[s] = true
			b.Meta = append(b.Meta, store.Meta{Key: r.dueKey(s), Value: []byte{1}})
		}
	}
}

// notDue takes the note of a receipt away, which was sent or is not for anybody. Owner only.
func (r *room) notDue(s op.ID) {
	if !r.noted[s] {
		return
	}
	if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: r.dueKey(s)}}}); err == nil {
		delete(r.noted, s)
	}
}

// recallDue takes up again what was due when the node stopped, or when a write failed. Owner only.
func (r *room) recallDue() {
	clear(r.noted)
	prefix := metaDue + hexID(r.id) + "/"
	list, err := r.n.store.MetaPrefix(r.ctx, prefix)
	if err != nil {
		r.n.log.Error("where receipts are due could not be read", "err", err)
	}
	for _, m := range list {
		if s, err := hex.DecodeString(strings.TrimPrefix(m.Key, prefix)); err == nil && len(s) == 32 {
			r.noted[op.ID(s)] = true
			r.recall(op.ID(s))
		}
	}
}

// recall finds again what has arrived in a space. What was told of it before is told again, which changes nothing. Owner only.
func (r *room) recall(s op.ID) {
	rows, err := r.n.store.List(r.ctx, s, content.Messages, store.Range{Limit: recallFirst, Newest: true})
	if err != nil {
		r.n.log.Error("what has arrived could not be read", "err", err)
	}
	for _, row := range rows {
		if m, err := content.ParseMessageRow(row.Value); err == nil {
			r.c.Arrived(s, m.Device, m.Seq)
		}
	}
}

// sendReceipts tells what has arrived, batched: the more there are to tell it, the longer each gathers, so that a group as a whole sends at
// most four receipts a second. Owner only.
func (r *room) sendReceipts(at time.Time) {
	for _, s := range r.c.MarksDue() {
		if s == r.id {
			r.sendReach()
			continue
		}
		if st := r.c.State(s); st != nil && at.Sub(r.receiptAt[s]) < time.Duration(st.Members.Len())*time.Second/4 {
			continue
		}
		r.receiptAt[s] = at
		body := r.c.Marks(s)
		if body == nil {
			r.notDue(s)
			continue
		}
		raw, err := body.Encode()
		if err == nil && r.post(s, content.Receipt, raw, store.Meta{Key: r.dueKey(s)}) {
			delete(r.noted, s)
		} else { // for want of a key: later
			r.recall(s)
		}
	}
}
