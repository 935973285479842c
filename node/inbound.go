package node

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/store"
	"github.com/pandal-chat/pandal/pubsub"
)

// validate is called by gossip's goroutines for every foreign message: the one check, by the one rule.
func (r *room) validate(_ peer.ID, topic string, data []byte) (pubsub.Reason, any) {
	s, now := r.snap.Load(), r.n.now()
	ck, v := crdt.Check(s, data, now)
	switch v {
	case crdt.Good:
	case crdt.UnknownEpoch:
		if last := r.askedAt.Load(); int64(now)-last > 1000 && r.askedAt.CompareAndSwap(last, int64(now)) {
			r.tell(r.wantAgain)
		}
		return pubsub.UnknownEpoch, nil
	case crdt.UnknownAuthor:
		return pubsub.UnknownAuthor, nil
	case crdt.BadSignature:
		return pubsub.BadSignature, nil
	case crdt.FromFuture:
		return pubsub.WrongDay, nil
	case crdt.NotAnnouncer:
		return pubsub.NotEntitled, nil
	default:
		return pubsub.Malformed, nil
	}
	if t, ok := s.Topic(ck); !ok || t != topic {
		return pubsub.WrongTopic, nil
	}
	d, _ := ck.Device()
	if !r.quota.allow(d, r.n.cfg.Now()) {
		return pubsub.AuthorQuota, nil
	}
	id, _ := ck.Wire()
	r.awaited.add(id)
	return pubsub.Good, ck
}

// gossiped is called by gossip for what was accepted.
func (r *room) gossiped(_ peer.ID, _ string, checked any) {
	select {
	case r.gossip <- checked.(crdt.Checked):
	case <-r.ctx.Done():
	}
}

// authorQuota lets an author post 10 messages a second in bursts of 100; beyond that gossip ignores them and sync still carries them.
type authorQuota struct {
	mu sync.Mutex
	by map[identity.DeviceID]*tokens
}

type tokens struct {
	left float64
	at   time.Time
}

const (
	quotaRate  = 10
	quotaBurst = 100
)

func (q *authorQuota) allow(d identity.DeviceID, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.by == nil || len(q.by) > 100_000 {
		q.by = map[identity.DeviceID]*tokens{}
	}
	t := q.by[d]
	if t == nil {
		t = &tokens{left: quotaBurst, at: now}
		q.by[d] = t
	}
	t.left = min(quotaBurst, t.left+now.Sub(t.at).Seconds()*quotaRate)
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}

// takeOps verifies ops that are new, side by side, and hands them to the owner. It returns once they are durable.
func (r *room) takeOps(ctx context.Context, _ peer.ID, ops [][]byte) (bool, error) {
	var unknown [][]byte
	if err := r.ask(ctx, func() {
		for _, raw := range ops {
			if !r.c.Log().Has(crdt.OpID(raw)) {
				unknown = append(unknown, raw)
			}
		}
	}); err != nil {
		return false, err
	}
	if len(unknown) == 0 {
		return false, nil
	}
	good, v := crdt.CheckOps(unknown, abreast)
	if v != crdt.Good {
		return false, fmt.Errorf("an op is %s", v)
	}
	var err error
	fresh := false
	if e := r.ask(ctx, func() {
		before := r.c.Log().Graph().Len()
		_, err = r.take(good)
		fresh = r.c.Log().Graph().Len() > before
	}); e != nil {
		return false, e
	}
	return fresh, err
}

// takeWires verifies wires that are new, side by side, and hands them to the owner. It returns the ids of those that are stored now.
func (r *room) takeWires(ctx context.Context, from peer.ID, wires [][]byte) ([][32]byte, error) {
	ids := make([][32]byte, len(wires))
	for i, w := range wires {
		ids[i] = epoch.WireID(w)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)() // a node that stops waits for nobody
	r.awaited.wait(ctx, ids)                 // what gossip brought is verified: soon it is stored
	has, err := r.n.store.HasWires(ctx, ids)
	if err != nil {
		return nil, err
	}
	snap, now := r.snap.Load(), r.n.now()
	checked := make([]crdt.Checked, len(wires))
	verdicts := make([]crdt.Verdict, len(wires))
	r.checking.Lock() // one batch has all processors: it is through sooner than two that share them, and its commit begins
	abreast(len(wires), func(i int) {
		if !has[ids[i]] {
			checked[i], verdicts[i] = crdt.Check(snap, wires[i], now)
		}
	})
	r.checking.Unlock()
	var stored [][32]byte
	var in []crdt.Checked
	unknown := false
	var carried [][]byte
	for i := range wires {
		switch {
		case has[ids[i]]:
			stored = append(stored, ids[i])
		case verdicts[i] == crdt.Good || verdicts[i] == crdt.UnknownAuthor || verdicts[i] == crdt.NotAnnouncer:
			in = append(in, checked[i]) // what counts is decided by the newest state, again and again
		case snap.Carries(wires[i]):
			carried = append(carried, wires[i])
		case verdicts[i] == crdt.UnknownEpoch:
			unknown = true
		case verdicts[i] == crdt.Malformed || verdicts[i] == crdt.BadSignature:
			return nil, fmt.Errorf("a wire is %s", verdicts[i])
		}
	}
	if unknown {
		r.tell(r.wantAgain) // and what they open comes by the sync that follows
	}
	if len(carried) > 0 {
		if err := r.ask(ctx, func() {
			if m, ok := r.peers[from]; ok {
				stored = append(stored, r.carry(m.device, carried)...)
			}
		}); err != nil {
			return nil, err
		}
	}
	if len(in) == 0 {
		return stored, nil
	}
	got, err := r.bring(ctx, in)
	return append(stored, got...), err
}

// abreast runs f for 0 … n-1 on all processors and waits.
func abreast(n int, f func(int)) {
	if n < 4 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// mayHave: members of a space get what is in it; its control ops also go to those who may remove in it from above.
func (r *room) mayHave(u identity.UserID, space op.ID) bool {
	st := r.c.State(space)
	if st == nil {
		return false
	}
	_, ok := st.Members.Get(u)
	return ok
}

func (r *room) mayHaveOps(u identity.UserID, space op.ID) bool {
	if slices.Contains(r.c.Above(), space) { // what they are judged by
		return r.mayHave(u, r.id)
	}
	st := r.c.State(space)
	return st != nil && (r.mayHave(u, space) || st.Can(u, op.REMOVE) == nil)
}

// offer says what I have of the spaces a peer may have. Groups that it may not have, as far as I know, are named without heads, so that
// somebody I do not know to be in one can still give me its log, and nothing is told about me.
func (r *room) offer(p peer.ID) (out []history.Space) {
	r.ask(r.ctx, func() {
		m, ok := r.peers[p]
		if !ok {
			return
		}
		for _, id := range append(r.c.Spaces(), r.c.Above()...) {
			if r.c.Direct(id) && !r.mayHave(m.user, id) {
				continue // that I am in it is nobody else's to know
			}
			s := history.Space{ID: id, Heads: [][32]byte{}, Sums: []history.Sum{}}
			if r.mayHaveOps(m.user, id) && (id == r.id || r.c.Mine(id) || len(r.c.Log().Graph().Heads(id)) > 0) {
				for _, h := range r.c.Log().Graph().Heads(id) {
					s.Heads = append(s.Heads, h)
				}
				s.Heads = s.Heads[:min(len(s.Heads), 512)]
			}
			if r.mayHave(m.user, id) && r.c.Mine(id) {
				for tag, sum := range r.sumsOf(id) {
					if r.deskTag(tag) && !r.c.OnDesk(m.user) {
						continue
					}
					s.Sums = append(s.Sums, *sum)
				}
			}
			out = append(out, s)
		}
	})
	return out
}

// deskTag: wires under this tag are for the desk, and nobody else is shown that they are here.
func (r *room) deskTag(t epoch.Tag) bool { return r.snap.Load().Desk(t) }

// sumsOf returns the sums by tag of a space, counted from the store the first time; every held epoch has one, an empty one too, so that
// the other side sees which tags I can read.
func (r *room) sumsOf(space op.ID) map[epoch.Tag]*history.Sum {
	m := r.sums[space]
	if m == nil {
		m = map[epoch.Tag]*history.Sum{}
		for w, err := range r.n.store.WireIDs(r.ctx, space) {
			if err != nil {
				return nil
			}
			if w.Tag != store.NoTag {
				add(m, w.Tag, w.ID)
			}
		}
		r.sums[space] = m
	}
	for _, t := range r.c.Tags(space) {
		if m[t] == nil {
			m[t] = &history.Sum{Tag: t}
		}
	}
	return m
}

func add(m map[epoch.Tag]*history.Sum, t epoch.Tag, id [32]byte) {
	if m[t] == nil {
		m[t] = &history.Sum{Tag: t}
	}
	m[t].Add(id)
}

// count keeps the sums up to date once they were counted.
func (r *room) count(space op.ID, t epoch.Tag, id [32]byte) {
	if m := r.sums[space]; m != nil {
		add(m, t, id)
	}
}

// uncount takes a wire that is offered no more out of them. It is called before the transaction that brings the wire is followed, if they come together.
func (r *room) uncount(space op.ID, t epoch.Tag, id [32]byte) {
	r.gone[id] = true
	if m := r.sums[space]; m != nil && m[t] != nil && !r.arriving[id] {
		m[t].Remove(id)
	}
}

// opsBeyond lists the ops of a space that are not at or below heads, in an order in which they can be added.
func (r *room) opsBeyond(space op.ID, heads [][32]byte) (out [][]byte) {
	g := r.c.Log().Graph()
	ids := make([]op.ID, len(heads))
	for i, h := range heads {
		ids[i] = h
	}
	if space == r.id && len(heads) == 0 && len(r.c.Above()) > 0 {
		return r.c.OpsFrom()
	}
	past, _ := g.PastOf(ids...)
	for _, n := range g.Nodes(space) {
		if !past.Has(n) {
			out = append(out, r.c.Log().Op(g.ID(n)).Raw())
		}
	}
	return out
}

func (r *room) historyOps(p peer.ID, space [32]byte, heads [][32]byte) (out [][]byte) {
	r.ask(r.ctx, func() {
		switch m, ok := r.peers[p]; {
		case !ok:
		case r.mayHaveOps(m.user, space):
			out = r.opsBeyond(space, heads)
		default:
			out = r.opsOut(m.user, m.device, space, heads)
		}
	})
	return out
}

// historyIDs lists what is held under a tag, the newest day first, and within a day in the order it came: what is stored in about the order it
// was written costs less than what is stored at random.
func (r *room) historyIDs(ctx context.Context, space [32]byte, tag [8]byte) ([][32]byte, error) {
	var wires []store.WireID
	for w, err := range r.n.store.TaggedIDs(ctx, space, tag) {
		if err != nil {
			return nil, err
		}
		wires = append(wires, w)
	}
	slices.SortStableFunc(wires, func(a, b store.WireID) int { return cmp.Compare(b.Day, a.Day) })
	out := make([][32]byte, len(wires))
	for i, w := range wires {
		out[i] = w.ID
	}
	return out, nil
}

func (r *room) historyWires(ctx context.Context, p peer.ID, ids [][32]byte) ([][]byte, error) {
	wires, err := r.n.store.Wires(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	err = r.ask(ctx, func() {
		m, ok := r.peers[p]
		for _, w := range wires {
			if ok && !epoch.IsStub(w.Bytes) && r.mayHave(m.user, w.Space) && (!r.deskTag(w.Tag) || r.c.OnDesk(m.user)) {
				out = append(out, w.Bytes)
			}
		}
	})
	return out, err
}
