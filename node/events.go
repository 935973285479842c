package node

import (
	"context"
	"encoding/base32"
	"encoding/json"

	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/pandal-chat/pandal/node/host"
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Events returns what happened after an event, oldest first. It errs with ErrCursorExpired when some of that is gone.
func (n *Node) Events(after int64, limit int) ([]Event, error) {
	oldest, err := n.store.OldestEvent(n.ctx)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	if oldest > 0 && after < oldest-1 {
		return nil, ErrCursorExpired
	}
	list, err := n.store.Events(n.ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := []Event{}
	for _, e := range list {
		var rec eventRecord
		if err := json.Unmarshal(e.Data, &rec); err != nil {
			continue
		}
		out = append(out, Event{ID: e.ID, Type: e.Type, Time: time.UnixMilli(e.Time).UTC(), CommunityID: e.Community, GroupID: e.Group, ActorID: rec.Actor, Ref: rec.Ref, Detail: rec.Detail})
	}
	return out, nil
}

// EventCursor is the id of the newest event.
func (n *Node) EventCursor() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cursor
}

// Changed is closed at the next event, and when the node closes. Take it before reading Events, so that none falls in between.
func (n *Node) Changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.notify
}

// Peers lists the connected members of all communities.
func (n *Node) Peers() []Peer {
	out := []Peer{}
	for _, r := range n.allRooms() {
		r.ask(n.ctx, func() {
			for _, p := range r.host().Peers() {
				m, known := r.peers[p.ID]
				x := Peer{ID: peerID(p.ID), CommunityID: r.name(), Role: p.Role.String(), Since: m.since.UTC(), Latency: r.host().Bare().Peerstore().LatencyEWMA(p.ID)}
				if known {
					x.MemberID = m.user.String()
				}
				for _, c := range r.host().Bare().Network().ConnsToPeer(p.ID) {
					x.Addrs = append(x.Addrs, c.RemoteMultiaddr().String())
					x.Direction = "inbound"
					if c.Stat().Direction == network.DirOutbound {
						x.Direction = "outbound"
					}
				}
				out = append(out, x)
			}
		})
	}
	return out
}

// Connect dials an address in every community and returns the peer that answered as one of ours.
func (n *Node) Connect(ctx context.Context, addr string) (Peer, error) {
	infos, err := host.ParseAddrs([]string{addr})
	if err != nil || len(infos) != 1 {
		return Peer{}, fmt.Errorf("%w: addr: want a multiaddr with /p2p/ and the peer's id", ErrInvalid)
	}
	if err := n.offline(); err != nil {
		return Peer{}, err
	}
	last := error(ErrNotConnected)
	for _, r := range n.allRooms() {
		if _, err := r.host().Connect(ctx, infos[0]); err != nil {
			last = fmt.Errorf("%w: %w", ErrNotConnected, err)
			continue
		}
		for _, p := range n.Peers() {
			if p.ID == peerID(infos[0].ID) {
				return p, nil
			}
		}
	}
	return Peer{}, last
}

// Network shows the state of each community's host.
func (n *Node) Network() []Network {
	out := []Network{}
	for _, r := range n.allRooms() {
		x := Network{CommunityID: r.name(), PeerID: peerID(r.host().ID()), Reachability: "unknown", Members: r.host().Members(), DHT: r.station.Load().dht, MDNS: n.cfg.MDNS && n.offline() == nil, Syncs: int(r.syncs.Load())}
		x.BytesIn, x.BytesOut = r.station.Load().bytes()
		for _, a := range r.host().Addrs() {
			x.Addrs = append(x.Addrs, a.String())
		}
		out = append(out, x)
	}
	return out
}
