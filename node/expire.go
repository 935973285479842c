package node

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

const (
	expireEvery = 30 * time.Second
	expireMost  = 300 // messages of one transaction; what it leaves to fold is one record
)

// staying are the kinds that do not expire (crdt.Expires).
var staying = [2]string{strconv.Itoa(int(content.Profile)), strconv.Itoa(int(content.Op))}

// expire drops messages whose time is over, in groups where they do not stay, and the secrets of epochs with the last of their messages. Owner only.
func (r *room) expire(at time.Time) {
	if at.Before(r.expireAt) {
		return
	}
	r.expireAt = at.Add(expireEvery)
	now := r.n.now()
	for _, s := range r.c.Spaces()[1:] {
		if r.c.Retention(s) > 0 {
			delete(r.named, s) // a profile is shown anew before the key goes that its last wire is under
		}
		for _, x := range r.c.Expirings(s, now) {
			more, err := r.expireUnder(s, x, now)
			if err != nil {
				r.n.log.Error("messages whose time is over could not be dropped", "err", err)
				return
			}
			if more {
				r.expireAt = at // the owner has others to serve
			}
		}
	}
}

// expireUnder drops some of what is over of one epoch, and reports whether there may be more.
func (r *room) expireUnder(s op.ID, x crdt.Expiring, now op.Millis) (more bool, err error) {
	wires, err := r.n.store.Before(r.ctx, s, x.Tag, int64(now-x.Retention), staying, expireMost)
	if err != nil {
		return false, err
	}
	b := &store.Batch{}
	again := crdt.Refold{Space: s}
	for _, w := range wires {
		ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes)
		if err != nil {
			continue
		}
		stub, rows, ok := r.c.Expired(ck, now)
		if !ok {
			continue
		}
		b.Stubs = append(b.Stubs, store.Stub{Space: s, ID: w.ID, Bytes: stub})
		again.Only = append(again.Only, rows...)
		if m := r.sums[s]; m != nil && m[w.Tag] != nil {
			m[w.Tag].Remove(w.ID)
		}
	}
	if len(b.Stubs) > 0 {
		if err := r.owe(b, []crdt.Effects{{Refold: []crdt.Refold{again}}}); err != nil {
			return false, err
		}
		b.Events = append(b.Events, r.event("message.expired", s, eventRecord{Ref: grpID(s), Detail: map[string]string{"count": strconv.Itoa(len(b.Stubs))}}))
		if err := r.n.commit(r.ctx, b); err != nil {
			r.reload()
			return false, fmt.Errorf("drop messages: %w", err)
		}
		r.payOwed()
		return len(wires) == expireMost, nil
	}
	if x.InUse || x.Made+x.Retention > now {
		return false, nil
	}
	newest, err := r.n.store.Newest(r.ctx, s, x.Tag, staying[:]...)
	if err != nil || newest > 0 {
		return false, err
	}
	return false, r.perform(r.c.Drop(s, x.Epoch, now))
}
