package node

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

const (
	marksEvery = 2 * time.Second
	skewLimit  = 2 * 60_000 // ms
)

// tick does what time brings. Owner only.
func (r *room) tick() {
	now := r.n.now()
	if e := r.c.Tick(now); len(e.Refold) > 0 {
		if err := r.perform(e); err != nil {
			return
		}
	}
	at := r.n.cfg.Now()
	if at.Sub(r.marksAt) >= marksEvery {
		r.marksAt = at
		r.sendReceipts(at)
		r.sendReads(at)
		r.wantAgain()
		r.admitCarried()
		r.enterCarried()
		r.knockAgain(at)
		r.acceptDue(at)
		r.rollUp(at)
		r.dropSpent()
		r.dropCovered()
		r.expire(at)
	}
	r.announceDue(at)
	r.showProfile()
	r.showConsent()
	r.rotateDue(at)
	r.upkeepDesk(at)
	r.meetAgain()
	r.leadDue(at)
	r.turnDue(at)
	if every, with := r.n.rounds(); at.Sub(r.syncAt) >= every {
		r.syncAt = at
		ids := make([]peer.ID, 0, len(r.peers))
		for id := range r.peers {
			ids = append(ids, id)
		}
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		for _, id := range ids[:min(with, len(ids))] {
			r.syncWith(id)
		}
		r.askDecided("")
	}
}

// refresh brings what hangs on the control state up to date: topics, the face shown to the host, who is still connected.
func (r *room) refresh() {
	r.face.Store(r.newFace())
	r.topics = r.c.Topics(r.n.now())
	names := make([]string, 0, len(r.topics))
	for t := range r.topics {
		names = append(names, t)
	}
	if r.goss() != nil {
		if err := r.goss().SetTopics(names); err != nil {
			r.n.log.Warn("gossip topics could not be set", "err", err)
		}
	}
	r.dropOut()
	r.place = "" // meetAgain looks anew
}

// syncWith compares with a peer, again while that opens more, one session a peer at a time.
func (r *room) syncWith(p peer.ID) {
	if again, running := r.syncing[p]; running {
		r.syncing[p] = again || true
		return
	}
	r.syncing[p] = false
	r.syncs.Add(1)
	r.n.wg.Go(func() {
		for range 8 {
			more, err := r.hist().Sync(r.ctx, p)
			if err != nil {
				r.n.log.Debug("sync failed", "err", err)
			}
			if err != nil || !more {
				break
			}
		}
		r.tell(func() {
			again := r.syncing[p]
			delete(r.syncing, p)
			if _, still := r.peers[p]; again && still {
				r.syncWith(p)
			}
		})
	})
}

// want performs Effects.Want: keys are asked of members of the space, ops come by sync with whoever is there.
func (r *room) want(w crdt.Want) {
	if len(w.Epochs) > 0 {
		r.askKeys(w.Space, w.Epochs)
	}
	if len(w.Ops) > 0 {
		for id := range r.peers {
			r.syncWith(id)
			break
		}
	}
}

// wantAgain asks for the keys that are still missing. Owner only.
func (r *room) wantAgain() {
	for _, s := range r.c.Spaces() {
		if w := r.c.Wanted(s); len(w) > 0 {
			r.askKeys(s, w)
		}
	}
}

// askKeys asks connected members of a space, one after the other, until somebody has given. One round a space at a time.
func (r *room) askKeys(space op.ID, epochs []op.ID) {
	if to, _ := r.connected(space); r.c.Mine(space) {
		r.askKeysOf(space, epochs, to, space)
	}
}

// askKeysOf asks some of those given; asking names the round, of which there is one at a time.
func (r *room) askKeysOf(space op.ID, epochs []op.ID, to []peer.ID, asking op.ID) {
	if len(to) == 0 || len(epochs) == 0 || r.asking[asking] {
		return
	}
	r.asking[asking] = true
	d := r.device
	rand.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
	epochs = slices.Clone(epochs[:min(len(epochs), epoch.MaxRelay)])
	r.n.wg.Go(func() {
		defer r.tell(func() { delete(r.asking, asking) })
		for _, p := range to[:min(5, len(to))] {
			got, err := r.keysFrom(r.ctx, p, space, epochs, d)
			if err != nil || len(got) == 0 {
				continue
			}
			r.ask(r.ctx, func() {
				if err := r.perform(r.c.Hold(space, got, r.n.now())); err != nil {
					r.n.log.Error("keys could not be stored", "err", err)
				}
				r.syncWith(p) // what could not be read before can be now
			})
			return
		}
	})
}

func (r *room) keysFrom(ctx context.Context, p peer.ID, space op.ID, epochs []op.ID, d identity.DeviceKey) (map[op.ID]epoch.Secret, error) {
	req, key, err := epoch.NewKeyRequest(space, epochs, d)
	if err != nil {
		return nil, err
	}
	ans, err := r.hist().Keys(ctx, p, req)
	if err != nil {
		return nil, err
	}
	return epoch.OpenAnswer(ans, space, key)
}

// answerKeys serves a key request: the device must be the one that the handshake proved.
func (r *room) answerKeys(ctx context.Context, p peer.ID, raw []byte) ([]byte, error) {
	req, err := epoch.ParseKeyRequest(raw)
	if err != nil {
		return nil, err
	}
	var secrets map[op.ID]epoch.Secret
	if err := r.ask(ctx, func() {
		if m, ok := r.peers[p]; ok && m.device == req.Device {
			secrets = r.c.Entitled(req.Space, req.Device, req.Epochs)
		}
	}); err != nil {
		return nil, err
	}
	ans, err := req.Answer(secrets)
	if err == nil && len(secrets) > 0 {
		r.tell(func() {
			for e := range secrets {
				r.handed(req.Space, e)
			}
		})
	}
	return ans, err
}

// handOver lets a new epoch of mine be used once somebody else has its secret, at once if nobody is there to have it, and after two
// seconds in any case: who comes later asks for it.
func (r *room) handOver(p crdt.Publication, others bool) {
	space, id := p.Space, p.Secret
	if to, _ := r.connected(space); !others || len(to) == 0 {
		r.handed(space, id)
		return
	}
	r.n.wg.Go(func() {
		select {
		case <-time.After(marksEvery):
		case <-r.ctx.Done():
			return
		}
		r.tell(func() { r.handed(space, id) })
	})
}

func (r *room) handed(space, id op.ID) {
	r.c.Handed(space, id, r.n.now())
	r.refresh()
	close(r.change)
	r.change = make(chan struct{})
}

// rotateDue makes a new epoch where none is clean, or mine is stale, and nobody whose turn is before mine has.
func (r *room) rotateDue(at time.Time) {
	for _, s := range r.c.Spaces() {
		cause, due, lost := r.c.RotationDue(s, r.n.now())
		if !due && !lost {
			delete(r.rotate, s)
			continue
		}
		when, set := r.rotate[s]
		if !set {
			_, devices := r.connected(s)
			me := r.device.ID()
			wait := time.Duration(epoch.Place(cause, me, devices)) * time.Millisecond
			if lost && !due {
				wait = 0
			}
			r.rotate[s] = at.Add(wait)
			continue
		}
		if at.Before(when) {
			continue
		}
		delete(r.rotate, s)
		e, err := r.c.Rotate(s, "rotation", r.n.now())
		if err != nil {
			r.n.log.Warn("new epoch could not be made", "err", err)
			continue
		}
		if err := r.perform(e); err != nil {
			r.n.log.Error("new epoch could not be stored", "err", err)
		}
	}
}

// post writes a message of the shell's own making, with what is to be noted in the same breath; what cannot be sent now is left out.
func (r *room) post(space op.ID, kind content.Kind, body []byte, meta ...store.Meta) bool {
	now := r.n.now()
	rows, err := r.rowsFor(r.c.DraftRows(space, kind, body, now))
	if err != nil {
		return false
	}
	e, _, err := r.c.Post(space, kind, body, rows, now)
	if err != nil {
		return false
	}
	return r.perform(e, meta...) == nil
}

// clock notices peers whose clock disagrees with mine; several that agree among themselves are likely right.
func (r *room) clock(p peer.ID, theirs int64) {
	skew := theirs - int64(r.n.now())
	r.tell(func() {
		if skew > -skewLimit && skew < skewLimit {
			delete(r.skewed, p)
			return
		}
		if _, told := r.skewed[p]; told {
			return
		}
		r.skewed[p] = skew
		r.announceEvent("node.warning", r.id, eventRecord{Ref: peerID(p), Detail: map[string]string{"code": "clock_skew", "seconds": strconv.FormatInt(skew/1000, 10),
			"detail": "This computer's clock and a peer's differ by more than two minutes. Set the clock: messages dated more than ten minutes ahead wait until their time comes."}})
	})
}
