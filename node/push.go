package node

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// sentWire is a message of mine on its way.
type sentWire struct {
	space op.ID
	id    [32]byte
	bytes []byte
	shown bool // who has stored it is noted
}

// publish sends something of mine by gossip, and straight to members that gossip may not reach.
func (r *room) publish(p crdt.Publication) {
	if p.Desk {
		r.publishDesk(p)
		return
	}
	if p.Wire != nil && r.goss() != nil {
		if err := r.goss().Publish(r.ctx, p.Topic, p.Wire); err != nil {
			r.n.log.Debug("gossip publish failed", "err", err)
		}
	}
	now, later := r.pushTargets(p)
	if p.Secret != (op.ID{}) {
		r.handOver(p, len(now)+len(later) > 0)
	}
	var ops [][]byte
	var wires []sentWire
	if p.Op != nil {
		ops = [][]byte{p.Op}
	}
	if p.Wire != nil {
		wires = []sentWire{{p.Space, epoch.WireID(p.Wire), p.Wire, p.Shown}}
		r.sentAt = time.Now()
		if p.Shown {
			r.ackRows[wires[0].id] = nil // it is new: nobody has said anything yet
		}
	}
	for _, t := range now {
		r.n.wg.Go(func() { r.push(t, p.Space, ops, wires) }) // ends with its stream
	}
	for _, t := range later {
		waiting, started := r.parcels[t]
		r.parcels[t] = append(waiting, wires...)
		if !started {
			wait := afterGossip + r.window() - gatherFor
			r.n.wg.Go(func() { r.pushParcel(t, wait) }) // ends with its stream, or the room
		}
	}
}

// afterGossip is when those who get messages by gossip are asked whether they have them: by then they are stored, so that nothing is
// checked twice, and several messages are one question: it is asked so long after the last of a burst, or gatherUntil after its first. Where
// messages are gathered for longer, so are questions.
const afterGossip = 30 * time.Millisecond

// pushTargets: for an op, every connected member who may have it; for a wire, those whom gossip does not reach. Later come two whom it
// reaches, so that somebody says it is stored: those who have something waiting already before others.
func (r *room) pushTargets(p crdt.Publication) (now, later []peer.ID) {
	var reached []peer.ID
	if p.Wire != nil && r.goss() != nil {
		reached = r.goss().Reached(p.Topic)
	}
	var fresh []peer.ID
	for id, m := range r.peers {
		switch _, waits := r.parcels[id]; {
		case !r.mayHave(m.user, p.Space):
		case !slices.Contains(reached, id):
			now = append(now, id)
		case waits:
			later = append(later, id)
		default:
			fresh = append(fresh, id)
		}
	}
	later = append(later, fresh...)
	return now, later[:min(len(later), 2)]
}

func (r *room) pushParcel(to peer.ID, wait time.Duration) {
	var wires []sentWire
	for began, left := time.Now(), wait; left > 0; {
		select {
		case <-time.After(left):
		case <-r.ctx.Done():
			return
		}
		if r.ask(r.ctx, func() {
			if left = wait - time.Since(r.sentAt); left > 0 && time.Since(began) < gatherUntil {
				return
			}
			left, wires = 0, r.parcels[to]
			delete(r.parcels, to)
		}) != nil {
			return
		}
	}
	if len(wires) > 0 {
		r.push(to, wires[0].space, nil, wires)
	}
}

// push gives what it has; what it could not deliver, sync will.
func (r *room) push(to peer.ID, space op.ID, ops [][]byte, wires []sentWire) {
	raw := make([][]byte, len(wires))
	for i, w := range wires {
		raw[i] = w.bytes
	}
	got, err := r.hist().Push(r.ctx, to, space, ops, raw)
	if err != nil {
		r.n.log.Debug("push failed", "err", err)
		return
	}
	stored := slices.DeleteFunc(slices.Clone(wires), func(w sentWire) bool { return !w.shown || !slices.Contains(got, w.id) })
	if len(stored) > 0 {
		r.tell(func() { r.acked(to, stored) })
	}
}

// acked notes, durably, that a member's node has stored messages of mine.
func (r *room) acked(from peer.ID, stored []sentWire) {
	m, ok := r.peers[from]
	if !ok {
		return
	}
	var keys []string
	for _, w := range stored {
		if _, known := r.ackRows[w.id]; !known {
			keys = append(keys, ackKey(w.id))
		}
	}
	rows := map[string][]byte{}
	if len(keys) > 0 {
		var err error
		if rows, err = r.n.store.Rows(r.ctx, stored[0].space, keys); err != nil {
			r.n.log.Error("delivery could not be read", "err", err)
			return
		}
	}
	var acks []store.Row
	var events []store.Event
	for _, w := range stored {
		known, ok := r.ackRows[w.id]
		if !ok {
			known = rows[ackKey(w.id)]
		}
		if ackers(known)[m.user] {
			continue
		}
		known = append(slices.Clone(known), m.user[:]...)
		r.ackRows[w.id] = known
		acks = append(acks, store.Row{Space: w.space, Key: ackKey(w.id), Value: known})
		events = append(events, r.event("message.delivery", w.space, eventRecord{Ref: msgID(w.id)}))
	}
	if len(acks) > 0 {
		r.ride(acks, events)
	}
}

// forgetAcks keeps ackRows small; nothing rides now, so the store has them all.
func (r *room) forgetAcks() {
	if len(r.ackRows) > 1024 {
		clear(r.ackRows)
	}
}

func ackKey(id [32]byte) string { return "d/" + hexID(id) }

func ackers(v []byte) map[identity.UserID]bool {
	out := map[identity.UserID]bool{}
	for ; len(v) >= 32; v = v[32:] {
		out[identity.UserID(v[:32])] = true
	}
	return out
}
