package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/node/store"
)

// Messages that come singly are stored as they come; those of a burst are gathered for so long, since a commit costs what several
// messages do. Where commits are slow, they are gathered for longer: a fifth of the time goes to them at most.
const (
	gatherFor   = 25 * time.Millisecond
	gatherUntil = 250 * time.Millisecond
	gatherMax   = 1024
)

// receive takes a gossiped wire in, and with it all that wait, so that they share one commit.
func (r *room) receive(first crdt.Checked) {
	r.in = append(r.in, first)
	for len(r.in) < gatherMax {
		select {
		case ck := <-r.gossip:
			r.in = append(r.in, ck)
			continue
		default:
		}
		break
	}
	window := r.window()
	switch since := time.Since(r.inAt); {
	case since > 2*window || len(r.in) >= gatherMax:
		r.takeGathered()
	default:
		r.due.Reset(max(window-since, 0))
	}
}

func (r *room) window() time.Duration { return min(max(gatherFor, 4*r.took), gatherUntil) }

func (r *room) takeGathered() {
	in, start := r.in, time.Now()
	r.in = nil
	var err error
	switch {
	case len(in) > 0:
		_, err = r.take(in)
		r.settled(in, start)
	case len(r.riders.Rows) > 0:
		err = r.performAll(nil)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		r.n.log.Error("received messages could not be stored", "err", err)
	}
}

// settled notes that what was gathered is stored, or failed.
func (r *room) settled(in []crdt.Checked, start time.Time) {
	r.inAt = time.Now()
	r.took = r.inAt.Sub(start)
	r.awaited.end(in)
}

// performOwn performs a message of mine that reads no rows; what is gathered shares its commit, unless it reads rows itself.
func (r *room) performOwn(e crdt.Effects) error {
	in, start := r.in, time.Now()
	if len(in) == 0 || len(r.c.TouchedBy(in)) > 0 {
		return r.perform(e)
	}
	fresh, _, err := r.unknown(in)
	if err != nil {
		return r.perform(e)
	}
	r.in = nil
	err = r.performAll([]crdt.Effects{e, r.c.Apply(fresh, nil, r.n.now())})
	r.settled(in, start)
	return err
}

// ride lets rows and events share the next commit, which comes soon.
func (r *room) ride(rows []store.Row, events []store.Event) {
	if len(r.in) == 0 && len(r.riders.Rows) == 0 {
		r.due.Reset(gatherFor)
	}
	r.riders.Rows, r.riders.Events = append(r.riders.Rows, rows...), append(r.riders.Events, events...)
}

// awaited are the wires that gossip has verified and the owner has not stored yet. Any goroutine may use it.
type awaited struct {
	mu   sync.Mutex
	ids  map[[32]byte]bool
	some chan struct{} // closed when some are stored
}

const (
	awaitMax = 4096
	awaitFor = 2 * gatherUntil
)

func (a *awaited) add(id [32]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil || len(a.ids) >= awaitMax { // gossip loses what the owner is too slow for
		a.ids = map[[32]byte]bool{}
	}
	a.ids[id] = true
}

func (a *awaited) end(in []crdt.Checked) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ck := range in {
		if id, ok := ck.Wire(); ok {
			delete(a.ids, id)
		}
	}
	if a.some != nil {
		close(a.some)
		a.some = nil
	}
}

// wait returns when none of the ids is awaited any more, or it has taken too long.
func (a *awaited) wait(ctx context.Context, ids [][32]byte) {
	var late <-chan time.Time
	for {
		a.mu.Lock()
		if !slices.ContainsFunc(ids, func(id [32]byte) bool { return a.ids[id] }) {
			a.mu.Unlock()
			return
		}
		if a.some == nil {
			a.some = make(chan struct{})
		}
		some := a.some
		a.mu.Unlock()
		if late == nil {
			late = time.After(awaitFor)
		}
		select {
		case <-some:
		case <-late:
			return
		case <-ctx.Done():
			return
		}
	}
}

// arrival is a part of what a session brings; done gets one answer, and has room for it.
type arrival struct {
	in   []crdt.Checked
	done chan<- arrived
}

type arrived struct {
	stored [][32]byte
	err    error
}

// arrivalsMax bounds what is taken in by one commit, so that the owner is busy for a tenth of a second at most.
const arrivalsMax = 4096

// takeArrivals takes in what a session brings, and with it what others that wait have brought and what gossip has, so that they share one commit.
func (r *room) takeArrivals(first arrival) {
	gathered, start := r.in, time.Now()
	r.in = nil
	all, in := []arrival{first}, append(slices.Clone(gathered), first.in...)
	for len(in) < arrivalsMax {
		select {
		case a := <-r.arrive:
			all, in = append(all, a), append(in, a.in...)
			continue
		default:
		}
		break
	}
	stored, err := r.take(in)
	if len(gathered) > 0 {
		r.settled(gathered, start)
	} else if len(all) == 1 {
		first.done <- arrived{stored, err}
		return
	}
	has := make(map[[32]byte]bool, len(stored))
	for _, id := range stored {
		has[id] = true
	}
	for _, a := range all {
		var mine [][32]byte
		for _, ck := range a.in {
			if id, ok := ck.Wire(); ok && has[id] {
				mine = append(mine, id)
			}
		}
		a.done <- arrived{mine, err}
	}
}

// bring hands what was checked to the owner and waits until it is durable. It returns the ids of what is stored now.
func (r *room) bring(ctx context.Context, in []crdt.Checked) ([][32]byte, error) {
	done := make(chan arrived, 1)
	select {
	case r.arrive <- arrival{in, done}:
	case <-r.done:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-done:
		return a.stored, a.err
	case <-r.done:
		return nil, ErrClosed
	}
}
