package node

import (
	"context"
	"errors"
	"time"

	"github.com/pandal-chat/pandal/crdt"
)

// Messages that come singly are stored as they come; those of a burst are gathered for so long, since a commit costs what several
// messages do.
const (
	gatherFor = 25 * time.Millisecond
	gatherMax = 256
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
	switch since := time.Since(r.inAt); {
	case since > 2*gatherFor || len(r.in) >= gatherMax:
		r.takeGathered()
	default:
		r.due.Reset(max(gatherFor-since, 0))
	}
}

func (r *room) takeGathered() {
	in := r.in
	r.in = nil
	if len(in) == 0 {
		return
	}
	if _, err := r.take(in); err != nil && !errors.Is(err, context.Canceled) {
		r.n.log.Error("received messages could not be stored", "err", err)
	}
	r.inAt = time.Now()
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

// takeArrivals takes in what a session brings, and with it what others that wait have brought, so that they share one commit.
func (r *room) takeArrivals(first arrival) {
	all, in := []arrival{first}, first.in
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
	if len(all) == 1 {
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
