package node

import (
	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What says nothing any more goes: receipts to the desk, and notes of who has stored what I sent.
//
// Each member tells the desk what has arrived, again and again, and only how far it has got counts: a receipt that later ones have overtaken goes from the
// store, so that what is kept grows with the members and not with the announcements. All of the desk come to keep the same ones, whatever they hear in which
// order (content.Spent), so sync among them finds nothing to do.

const spentAtOnce = 256 // receipts that are opened in one turn, of each member as many at most: the owner has others to serve

// dropSpent deletes receipts that say nothing any more, of those whose receipts have come, and once after the start of all. Owner only.
func (r *room) dropSpent() {
	if !r.c.OnDesk(r.fixed.Member) {
		return
	}
	if !r.ups.looked {
		rows, err := r.n.store.List(r.ctx, r.id, content.Watermarks, store.Range{})
		if err != nil {
			return
		}
		r.ups.looked = true
		for _, row := range rows {
			if w, err := content.ParseWatermarkRow(row.Value); err == nil {
				r.ups.told[w.Member] = true
			}
		}
	}
	most := int(r.n.spentAtOnce.Load())
	b, tags, left := &store.Batch{}, map[op.ID]epoch.Tag{}, most
	for m := range r.ups.told {
		if left <= 0 {
			break
		}
		opened, more, err := r.spentOf(b, tags, m, most)
		if err != nil {
			r.n.log.Error("receipts could not be read", "err", err)
			return
		}
		if left -= 1 + opened; !more {
			delete(r.ups.told, m)
		}
	}
	if len(b.Drops) == 0 {
		return
	}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.n.log.Error("receipts that say nothing any more could not be dropped", "err", err)
		return
	}
	for id, tag := range tags {
		if m := r.sums[r.id]; m != nil && m[tag] != nil {
			m[tag].Remove(id)
		}
	}
}

const coveredLast = 64 // of my newest messages in a space it is looked whether they are covered

// dropCovered deletes what was noted of who has stored messages of mine, where the receipts of the same members say it too: then delivery counts the same
// without. Owner only.
func (r *room) dropCovered() {
	for s := range r.covered {
		delete(r.covered, s)
		list, err := r.n.store.List(r.ctx, s, content.Messages, store.Range{Limit: coveredLast, Newest: true})
		if err != nil {
			continue
		}
		mine, keys := map[[32]byte]uint64{}, []string{}
		for _, row := range list {
			if m, err := content.ParseMessageRow(row.Value); err == nil && m.Device == r.device.ID() {
				mine[m.ID] = m.Seq
				keys = append(keys, ackKey(m.ID))
			}
		}
		rows, err := r.n.store.Rows(r.ctx, s, keys)
		if err != nil || len(rows) == 0 {
			continue
		}
		arrived := map[identity.UserID]uint64{} // what I sent, by member
		for _, w := range r.watermarks(s) {
			for _, k := range w.Marks {
				if k.Device == r.device.ID() {
					arrived[w.Member] = k.Seq
				}
			}
		}
		var drop []store.Row
		for id, seq := range mine {
			noted := rows[ackKey(id)]
			if rides, known := r.ackRows[id]; known {
				noted = rides
			}
			all := len(noted) > 0
			for u := range ackers(noted) {
				all = all && arrived[u] >= seq
			}
			if all {
				r.ackRows[id] = nil
				drop = append(drop, store.Row{Space: s, Key: ackKey(id)})
			}
		}
		if len(drop) > 0 {
			r.ride(drop, nil)
		}
	}
}

// spentOf adds to a transaction what takes away those of a member's receipts that say nothing any more; more: it has looked at the oldest alone, and dropped
// some. What is spent among some is spent among all.
func (r *room) spentOf(b *store.Batch, tags map[op.ID]epoch.Tag, m identity.UserID, most int) (opened int, more bool, err error) {
	key := string(content.WatermarkKey(m))
	wires, err := r.n.store.WiresTouching(r.ctx, r.id, key)
	if err != nil || len(wires) < 2 {
		return 0, false, err
	}
	all := len(wires)
	wires = wires[:min(all, most)]
	var in []crdt.Checked
	for _, w := range wires {
		if ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes); err == nil {
			in = append(in, ck)
		}
	}
	spent := r.c.SpentReceipts(in, r.n.now())
	for _, id := range spent {
		b.Drops = append(b.Drops, store.Touch{Space: r.id, Key: key, Wire: id})
		for _, w := range wires {
			if w.ID == id {
				tags[id] = w.Tag
			}
		}
	}
	return len(wires), all > len(wires) && len(spent) > 0, nil
}
