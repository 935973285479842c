package node

import (
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What is sealed to the desk travels by hand: straight to connected members of the desk; while none is there, to a few other members, who
// carry it until they meet one. metaDesk + community + wire: a wire on its way, mine or one that I carry.
const metaDesk = "desk/"

// Bounds of carrying, so that nobody fills another's disk.
const (
	carriedOfSender = 64
	carriedInAll    = 4096
	carriedFor      = 30 * 24 * time.Hour
	carriers        = 3
)

// deskItem is a desk wire on its way.
type deskItem struct {
	_    struct{} `cbor:",toarray"`
	From identity.DeviceID
	At   op.Millis
	Wire []byte
}

func (r *room) deskMeta(id [32]byte) string { return metaDesk + hexID(r.id) + "/" + hexID(id) }

func (i deskItem) meta(r *room) (store.Meta, error) {
	raw, err := op.Encode(i)
	return store.Meta{Key: r.deskMeta(epoch.WireID(i.Wire)), Value: raw}, err
}

// deskItems reads what is on its way, and forgets what has been for too long. Owner only.
func (r *room) deskItems() (out []deskItem) {
	list, err := r.n.store.MetaPrefix(r.ctx, metaDesk+hexID(r.id)+"/")
	if err != nil {
		return nil
	}
	var old []store.Meta
	for _, m := range list {
		var i deskItem
		if op.Decode(m.Value, &i) != nil || time.Duration(r.n.now()-i.At)*time.Millisecond > carriedFor {
			old = append(old, store.Meta{Key: m.Key})
			continue
		}
		out = append(out, i)
	}
	if len(old) > 0 {
		if err := r.n.commit(r.ctx, &store.Batch{Meta: old}); err != nil {
			r.n.log.Warn("what was carried for too long could not be dropped", "err", err)
		}
	}
	return out
}

// carry keeps desk wires of others until they can be handed to the desk, and returns the ids of those it keeps. Owner only.
func (r *room) carry(from identity.DeviceID, wires [][]byte) (kept [][32]byte) {
	all := r.deskItems()
	known, of := map[[32]byte]bool{}, 0
	for _, i := range all {
		known[epoch.WireID(i.Wire)] = true
		if i.From == from {
			of++
		}
	}
	b := &store.Batch{}
	for _, w := range wires {
		id := epoch.WireID(w)
		if !known[id] {
			if of >= carriedOfSender || len(all)+len(b.Meta) >= carriedInAll {
				continue
			}
			of++
			m, err := deskItem{From: from, At: r.n.now(), Wire: w}.meta(r)
			if err != nil {
				continue
			}
			b.Meta = append(b.Meta, m)
		}
		kept = append(kept, id)
	}
	if len(b.Meta) > 0 {
		if err := r.n.commit(r.ctx, b); err != nil {
			return nil
		}
		r.flushDesk()
	}
	return kept
}

// flushDesk hands what is on its way to members of the desk who are connected; without any, what is mine to a few others. Owner only.
func (r *room) flushDesk() {
	desk, others := []peer.ID{}, []peer.ID{}
	for id, m := range r.peers {
		if r.c.OnDesk(m.user) {
			desk = append(desk, id)
		} else if r.mayHave(m.user, r.id) {
			others = append(others, id)
		}
	}
	if len(desk)+len(others) == 0 {
		return
	}
	items := r.openCarried(r.deskItems())
	if len(items) == 0 {
		return
	}
	if len(desk) > 0 {
		wires := make([][]byte, len(items))
		for i := range items {
			wires[i] = items[i].Wire
		}
		for _, p := range desk[:min(len(desk), carriers)] {
			r.pushDesk(p, wires, true)
		}
		return
	}
	slices.Sort(others)
	for _, i := range items {
		id := epoch.WireID(i.Wire)
		if i.From != r.device.ID() {
			continue
		}
		for _, p := range others {
			if had := r.handedOn[id]; len(had) < carriers && !had[p] {
				if had == nil {
					had = map[peer.ID]bool{}
					r.handedOn[id] = had
				}
				had[p] = true
				r.pushDesk(p, [][]byte{i.Wire}, false)
			}
		}
	}
}

// openCarried takes in what this node can open by now, and returns the rest. Owner only.
func (r *room) openCarried(items []deskItem) (rest []deskItem) {
	if !r.c.OnDesk(r.fixed.Member) {
		return items
	}
	for _, i := range items {
		ck, v := crdt.Check(r.snap.Load(), i.Wire, r.n.now())
		if v != crdt.Good {
			rest = append(rest, i)
			continue
		}
		if _, err := r.take([]crdt.Checked{ck}); err != nil {
			return rest
		}
		if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: r.deskMeta(epoch.WireID(i.Wire))}}}); err != nil {
			r.n.log.Warn("what the desk has could not be dropped", "err", err)
		}
	}
	return rest
}

// pushDesk gives wires to a peer; those that the desk has are on their way no more. The goroutine ends with its stream.
func (r *room) pushDesk(to peer.ID, wires [][]byte, desk bool) {
	r.n.wg.Go(func() {
		got, err := r.hist().Push(r.ctx, to, r.id, nil, wires)
		if err != nil {
			r.n.log.Debug("handing on to the desk failed", "err", err)
		}
		r.tell(func() {
			b := &store.Batch{}
			for _, w := range wires {
				id := epoch.WireID(w)
				switch {
				case desk && slices.Contains(got, id):
					b.Meta = append(b.Meta, store.Meta{Key: r.deskMeta(id)})
				case !desk && !slices.Contains(got, id):
					delete(r.handedOn[id], to)
				}
			}
			if len(b.Meta) > 0 {
				if err := r.n.commit(r.ctx, b); err != nil {
					r.n.log.Warn("what the desk has could not be dropped", "err", err)
				}
			}
		})
	})
}

// upkeepDesk makes a new key where the desk lacks one and asks for those I may have. Owner only.
func (r *room) upkeepDesk(at time.Time) {
	if lacking := r.c.DeskLacking(); len(lacking) > 0 {
		var desk []peer.ID
		for id, m := range r.peers {
			if r.c.OnDesk(m.user) {
				desk = append(desk, id)
			}
		}
		r.askKeysOf(r.id, lacking, desk, deskAsking)
	}
	if r.deskHeld != r.c.DeskHeld() {
		r.deskHeld = r.c.DeskHeld()
		r.openCarried(r.deskItems())
	}
	cause, due := r.c.DeskDue(r.n.now())
	if !due {
		delete(r.rotate, deskAsking)
		return
	}
	when, set := r.rotate[deskAsking]
	if !set {
		var devices []identity.DeviceID
		for _, m := range r.peers {
			if r.c.OnDesk(m.user) {
				devices = append(devices, m.device)
			}
		}
		r.rotate[deskAsking] = at.Add(time.Duration(epoch.Place(cause, r.device.ID(), devices)) * time.Millisecond)
		return
	}
	if at.Before(when) {
		return
	}
	delete(r.rotate, deskAsking)
	e, err := r.c.RotateDesk(r.n.now())
	if err := r.perform(e); err != nil {
		r.n.log.Error("new key of the desk could not be stored", "err", err)
	}
	if err != nil {
		r.n.log.Warn("new key of the desk could not be made", "err", err)
	}
}

// deskAsking stands for the desk where spaces are named.
var deskAsking = op.ID{1}

// toDesk writes a message to the desk. Owner only.
func (r *room) toDesk(kind content.Kind, body []byte) ([32]byte, error) {
	e, err := r.postDesk(kind, body)
	for _, p := range e.Publish {
		if p.Desk {
			return epoch.WireID(p.Wire), err
		}
	}
	return [32]byte{}, err
}

// postDesk is toDesk for who wants to see what came of it. Owner only.
func (r *room) postDesk(kind content.Kind, body []byte) (crdt.Effects, error) {
	now := r.n.now()
	rows, err := r.rowsFor(r.c.DraftRows(r.id, kind, body, now))
	if err != nil {
		return crdt.Effects{}, err
	}
	e, _, err := r.c.PostDesk(kind, body, rows, now)
	if err != nil {
		return e, fmt.Errorf("write to the desk: %w", err)
	}
	return e, r.perform(e)
}

// publishDesk sends what I wrote to the desk; perform has made it durable.
func (r *room) publishDesk(p crdt.Publication) {
	if !r.c.OnDesk(r.fixed.Member) {
		r.flushDesk()
		return
	}
	for id, m := range r.peers { // what does not reach them now, sync among the desk brings
		if r.c.OnDesk(m.user) {
			r.pushDesk(id, [][]byte{p.Wire}, true)
		}
	}
}

// deskRow reads one row of the desk's, or of a group's requests. Owner only.
func (r *room) deskRow(space op.ID, key content.RowKey) (content.DeskRow, bool) {
	rows, err := r.n.store.Rows(r.ctx, space, []string{string(key)})
	if err != nil {
		return content.DeskRow{}, false
	}
	d, err := content.ParseDeskRow(rows[string(key)])
	return d, err == nil
}

// deskRows lists what is before the desk, oldest first. Owner only.
func (r *room) deskRows(space op.ID, list string) (out []content.DeskRow) {
	rows, err := r.n.store.List(r.ctx, space, list, store.Range{Limit: 5000})
	if err != nil {
		return nil
	}
	for _, row := range rows {
		if d, err := content.ParseDeskRow(row.Value); err == nil {
			out = append(out, d)
		}
	}
	return out
}
