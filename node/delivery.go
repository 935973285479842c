package node

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// watermarks reads who has what of a space, once until a receipt comes. Owner only.
func (r *room) watermarks(s op.ID) (out []content.WatermarkRow) {
	if known, ok := r.marks[s]; ok {
		return known
	}
	rows, err := r.n.store.List(r.ctx, s, content.Watermarks, store.Range{Limit: 1024})
	if err != nil {
		return nil
	}
	for _, row := range rows {
		if w, err := content.ParseWatermarkRow(row.Value); err == nil {
			out = append(out, w)
		}
	}
	r.marks[s] = out
	return out
}

// delivery counts the members who are known to have a message: by their receipt, or because their node said it stores it.
// Of mine it also says how many have read it, where both sides let each other know.
func (r *room) delivery(s op.ID, m content.MessageRow, marks []content.WatermarkRow, reads []content.ReadRow, acks []byte) Delivery {
	st := r.c.State(s)
	d := Delivery{State: "waiting"}
	if st == nil {
		return d
	}
	d.Expected = max(st.Members.Len()-1, 0)
	reached := ackers(acks)
	if len(reached) > 0 {
		d.State = "sent"
	}
	for _, w := range marks {
		for _, k := range w.Marks {
			if k.Device == m.Device && k.Seq >= m.Seq && w.Member != m.Author {
				reached[w.Member] = true
				d.State = "delivered"
			}
		}
	}
	if reads != nil && m.Author == r.fixed.Member {
		n, at := 0, content.Order(m.Lamport, m.ID)
		for _, q := range reads {
			if q.Member != m.Author && bytes.Compare(content.Order(q.UpTo.Lamport, q.UpTo.ID), at) >= 0 {
				reached[q.Member] = true
				d.State = "delivered"
				n++
			}
		}
		d.Read = &n
	}
	for u := range reached {
		if _, in := st.Members.Get(u); in && u != m.Author {
			d.Reached++
		}
	}
	if m.Author != r.fixed.Member && d.State == "waiting" {
		d.State = "sent" // it reached this node
	}
	return d
}

// deliveredTo names my newest message in a space, of which a receipt tells something; without any among the last few, what else is given. Owner only.
func (r *room) deliveredTo(s op.ID, otherwise string) string {
	id, known := r.newest[s]
	if !known { // once for all that one transaction brings
		rows, err := r.n.store.List(r.ctx, s, content.Messages, store.Range{Limit: 20, Newest: true})
		if err != nil {
			return otherwise
		}
		for _, row := range slices.Backward(rows) {
			if m, err := content.ParseMessageRow(row.Value); err == nil && m.Author == r.fixed.Member {
				id = msgID(m.ID)
			}
		}
		r.newest[s] = id
	}
	return cmp.Or(id, otherwise)
}

// WaitDelivery waits until a message is at least sent or delivered. When ctx ends it returns what is known then.
func (n *Node) WaitDelivery(ctx context.Context, id, state string) (Delivery, error) {
	for {
		changed := n.Changed()
		m, err := n.Message(id)
		if err != nil {
			return Delivery{}, err
		}
		if m.Delivery.State == state || m.Delivery.State == "delivered" {
			return m.Delivery, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return m.Delivery, nil
		case <-n.ctx.Done():
			return m.Delivery, ErrClosed
		}
	}
}
