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
