package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
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

// delivery says how far a message got, and which members that is: the counts are those of has and of read. A member has it by their receipt, or
// because their node said it stores it. Of mine it also says who has read it, where both sides let each other know; else read is nil. Owner only.
func (r *room) delivery(s op.ID, m content.MessageRow, marks []content.WatermarkRow, reads []content.ReadRow, acks []byte) (d Delivery, has, read map[identity.UserID]bool) {
	st := r.c.State(s)
	d.State = "waiting"
	if st == nil {
		return d, nil, nil
	}
	d.Expected = st.Members.Len()
	if st.Members.Has(m.Author) {
		d.Expected--
	}
	has = ackers(acks)
	if len(has) > 0 {
		d.State = "sent"
	}
	for _, w := range marks {
		for _, k := range w.Marks {
			if k.Device == m.Device && k.Seq >= m.Seq && w.Member != m.Author {
				has[w.Member] = true
				d.State = "delivered"
			}
		}
	}
	if reads != nil && m.Author == r.fixed.Member {
		read = map[identity.UserID]bool{}
		at := content.Order(m.Lamport, m.ID)
		for _, q := range reads {
			if q.Member != m.Author && bytes.Compare(content.Order(q.UpTo.Lamport, q.UpTo.ID), at) >= 0 {
				has[q.Member], read[q.Member] = true, true
				d.State = "delivered"
			}
		}
	}
	for u := range has {
		if !st.Members.Has(u) || u == m.Author {
			delete(has, u)
		}
	}
	d.Reached = len(has)
	if read != nil {
		d.Read = new(len(read))
	}
	if m.Author != r.fixed.Member && d.State == "waiting" {
		d.State = "sent" // it reached this node
	}
	return d, has, read
}

// Delivery is how far a message got. Of a message of mine in a group of at most 64 it also says to whom.
func (n *Node) Delivery(id string) (d Delivery, err error) {
	r, w, err := n.messageRoom(id)
	if err != nil { // nothing that anybody wrote, or nothing at all
		m, err := n.Message(id)
		return m.Delivery, err
	}
	key := string(content.MessageKey(w.ID))
	rows, err := n.store.Rows(n.ctx, w.Space, []string{key, ackKey(w.ID)})
	if err != nil {
		return d, fmt.Errorf("read delivery: %w", err)
	}
	m, err := content.ParseMessageRow(rows[key])
	if err != nil {
		return d, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	return d, r.ask(n.ctx, func() {
		var has, read map[identity.UserID]bool
		d, has, read = r.delivery(w.Space, m, r.watermarks(w.Space), r.readsOf(w.Space), rows[ackKey(w.ID)])
		if m.Author != r.fixed.Member || !r.readers(w.Space) {
			return
		}
		var others []identity.UserID
		for u := range r.c.State(w.Space).Members.All() {
			if u != m.Author {
				others = append(others, u)
			}
		}
		slices.SortFunc(others, func(a, b identity.UserID) int { return bytes.Compare(a[:], b[:]) })
		names := r.namesOf(others)
		d.People = make([]Receiver, 0, len(others))
		for _, u := range others {
			p := Receiver{ID: u.String(), Name: names[u], State: "waiting"}
			switch {
			case read[u]:
				p.State = "read"
			case has[u]:
				p.State = "delivered"
			}
			d.People = append(d.People, p)
		}
	})
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
