package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// Modes of the network.
const (
	ModeNormal  = "normal"
	ModeLAN     = "lan_only" // connections within local networks alone, and no DHT
	ModeLowData = "low_data" // few connections
	ModeOffline = "offline"  // no connections
)

var modes = []string{ModeNormal, ModeLAN, ModeLowData, ModeOffline}

func checkMode(mode string) error {
	if !slices.Contains(modes, mode) {
		return fmt.Errorf("%w: mode: one of normal, lan_only, low_data, offline", ErrInvalid)
	}
	return nil
}

const metaMode = "mode"

// turnAgain is how long a room whose host could not be opened in the node's mode waits before it tries again.
const turnAgain = 5 * time.Second

// Mode is how this node uses the network, one of the Mode constants.
func (n *Node) Mode() string { return *n.mode.Load() }

// RememberedMode is the mode that SetMode chose last, which the next start takes unless its Config names another.
func (n *Node) RememberedMode() (string, error) {
	raw, ok, err := n.store.Meta(n.ctx, metaMode)
	if err != nil {
		return "", fmt.Errorf("read the mode: %w", err)
	}
	if !ok || checkMode(string(raw)) != nil {
		return ModeNormal, nil
	}
	return string(raw), nil
}

// loadMode decides in which mode this run begins: in that of the Config, or as remembered.
func (n *Node) loadMode() (err error) {
	mode := n.cfg.Mode
	if mode == "" {
		mode, err = n.RememberedMode()
	}
	n.mode.Store(&mode)
	return err
}

// SetMode changes how this node uses the network, now and after the next start. Each community's host is closed and opened again in the new
// mode; what is written meanwhile waits and is delivered later, and joins under way go on once somebody can be reached. It returns once all hosts
// are in the new mode; what ctx ends before it began is not done. A community whose host could not be opened is in the error, and tries again by
// itself. An open device code dies.
func (n *Node) SetMode(ctx context.Context, mode string) error {
	if err := checkMode(mode); err != nil {
		return err
	}
	select { // one change at a time
	case n.moding <- struct{}{}:
		defer func() { <-n.moding }()
	case <-ctx.Done():
		return ctx.Err()
	case <-n.ctx.Done():
		return ErrClosed
	}
	if err := n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaMode, Value: []byte(mode)}}}); err != nil {
		return err
	}
	changed := n.Mode() != mode
	n.mode.Store(&mode)
	if !changed {
		return nil
	}
	n.mu.Lock()
	if n.linking != nil {
		n.linking()
	}
	n.mu.Unlock()
	rooms := n.allRooms()
	errs := make([]error, len(rooms))
	var all sync.WaitGroup
	for i, r := range rooms {
		all.Go(func() { errs[i] = r.turn() })
	}
	all.Wait()
	return errors.Join(append(errs, n.commit(n.ctx, &store.Batch{Events: []store.Event{{Type: "network.changed", Time: int64(n.now()), Data: eventRecord{Detail: map[string]string{"mode": mode}}.encode()}}}))...)
}

// frugal reports that a node spends as little on the network as does: for who pays by the megabyte. It misses nothing, and hears some of it later.
func (n *Node) frugal() bool { return n.Mode() == ModeLowData }

// rounds is how often what is here is compared with others, and with how many. Whoever connects is compared with at once in any case.
func (n *Node) rounds() (every time.Duration, with int) {
	if n.frugal() {
		return 2 * time.Minute, 1
	}
	return 30 * time.Second, 3
}

// offline errs in ModeOffline, for what is nothing without a network.
func (n *Node) offline() error {
	if n.Mode() == ModeOffline {
		return fmt.Errorf("%w: the node is offline by your wish", ErrNotConnected)
	}
	return nil
}

func reachOf(mode string) host.Reach {
	switch mode {
	case ModeOffline:
		return host.Nowhere
	case ModeLAN:
		return host.Local
	}
	return host.Anywhere
}

// turn opens the room's place on the network again in the node's mode, unless it is so already. Not for the owner, which goes on meanwhile:
// what it publishes waits for whoever connects later. A room that closes is left as it is.
func (r *room) turn() error {
	select {
	case r.turning <- struct{}{}:
		defer func() { <-r.turning }()
	case <-r.ctx.Done():
		return nil
	}
	old := r.station.Load()
	if old.mode == r.n.Mode() {
		return nil
	}
	var p plan
	if r.ask(r.ctx, func() {
		r.station.Store(&station{plan: plan{in: old.in, out: old.out}, host: old.host, hist: old.hist}) // of no mode, so that whatever fails below is tried again
		r.allGone()
		p = r.plan()
	}) != nil {
		return nil
	}
	p.in, p.out = old.bytes()
	old.close()
	s, err := r.openStation(p)
	if err != nil {
		return fmt.Errorf("open %s as %s: %w", r.name(), p.mode, err)
	}
	if r.ask(r.ctx, func() {
		r.install(s)
		r.refresh()
	}) != nil {
		s.close()
	}
	return nil
}

// allGone notes that nobody is connected any more. Owner only.
func (r *room) allGone() {
	b := &store.Batch{}
	for id, m := range r.peers {
		b.Events = append(b.Events, r.event("peer.disconnected", r.id, eventRecord{Actor: m.user.String(), Ref: peerID(id)}))
	}
	clear(r.peers)
	if len(b.Events) == 0 {
		return
	}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.n.log.Error("event could not be stored", "type", "peer.disconnected", "err", err)
	}
}

// turnDue catches up with a mode that the node took while this room was being made, or in which its host could not be opened. Owner only.
func (r *room) turnDue(at time.Time) {
	if r.station.Load().mode == r.n.Mode() || at.Before(r.turnAt) {
		return
	}
	r.turnAt = at.Add(turnAgain)
	r.n.wg.Go(func() { // ends with its host's opening
		if err := r.turn(); err != nil {
			r.n.log.Warn("a community's network could not be opened", "err", err)
		}
	})
}
