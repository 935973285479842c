package host

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// standing is what all ready connections to a peer amount to.
type standing struct {
	got     outcome // of the best connection
	conns   []network.Conn
	limited bool // no unlimited connection among them
}

func (h *Host) standing(p peer.ID) standing {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := standing{limited: true}
	for c, s := range h.sessions {
		if c.RemotePeer() != p || !s.ready || !s.got.known() {
			continue
		}
		now.conns = append(now.conns, c)
		now.limited = now.limited && c.Stat().Limited
		if min(s.got.role, s.got.given) >= min(now.got.role, now.got.given) {
			now.got = s.got
		}
	}
	return now
}

// reach is the connectedness the member view shows.
func (n standing) reach() network.Connectedness {
	switch {
	case len(n.conns) == 0 || !n.got.member():
		return network.NotConnected
	case n.limited:
		return network.Limited
	}
	return network.Connected
}

func (h *Host) describe(p peer.ID, n standing) Peer {
	return Peer{
		ID: p, Role: n.got.role, Given: n.got.given, Device: n.got.device,
		Limited: len(n.conns) > 0 && n.limited, Addrs: h.dialable(p, n.conns),
	}
}

// dialable returns addresses worth keeping: what we dialled with success, and what identify said. An address of this machine is
// only of use to a peer on this machine.
func (h *Host) dialable(p peer.ID, conns []network.Conn) []ma.Multiaddr {
	local := false
	var out []ma.Multiaddr
	for _, c := range conns {
		a := c.RemoteMultiaddr()
		local = local || manet.IsIPLoopback(a)
		if c.Stat().Direction == network.DirOutbound {
			out = append(out, a)
		}
	}
	for _, a := range h.bare.Peerstore().Addrs(p) {
		if local || !manet.IsIPLoopback(a) {
			out = append(out, a)
		}
	}
	out = ma.Unique(out)
	return out[:min(len(out), 8)]
}

// tell is the one goroutine that tells others who came and who went; New starts it and Close ends it. It compares what is with
// what it told last, so that nothing queues up however fast connections come and go.
func (h *Host) tell(ctx context.Context, updates event.Subscription) {
	defer updates.Close()
	told := map[peer.ID]standing{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
			for p := range h.takeDirty() {
				h.tellOf(p, told)
			}
		case ev := <-updates.Out():
			if ev, ok := ev.(event.EvtPeerProtocolsUpdated); ok && told[ev.Peer].got.member() {
				h.emitters.protocols.Emit(ev)
			}
		}
	}
}

func (h *Host) takeDirty() map[peer.ID]struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.dirty
	h.dirty = map[peer.ID]struct{}{}
	return d
}

func (h *Host) tellOf(p peer.ID, told map[peer.ID]standing) {
	was, now := told[p], h.standing(p)
	if len(now.conns) == 0 {
		delete(told, p)
	} else {
		told[p] = now
	}
	// No connection in common: to whoever has streams the peer went and came back.
	if len(was.conns) > 0 && !slices.ContainsFunc(now.conns, func(c network.Conn) bool { return slices.Contains(was.conns, c) }) {
		h.tellChange(p, was, standing{})
		was = standing{}
	}
	h.tellChange(p, was, now)
}

func (h *Host) tellChange(p peer.ID, was, now standing) {
	h.notify(was, now)
	if was.reach() != now.reach() {
		h.emitters.reach.Emit(event.EvtPeerConnectednessChanged{Peer: p, Connectedness: now.reach()})
		if now.reach() == network.NotConnected {
			h.bare.ConnManager().UntagPeer(p, memberTag)
		} else {
			h.bare.ConnManager().TagPeer(p, memberTag, memberWeight)
			h.emitters.identified.Emit(h.identification(p, now))
		}
	}
	if h.onPeer == nil || len(was.conns)+len(now.conns) == 0 {
		return
	}
	if len(now.conns) == 0 {
		h.onPeer(PeerEvent{Peer: h.describe(p, was), Connected: false})
		return
	}
	same := len(was.conns) > 0 && was.got.role == now.got.role && was.got.given == now.got.given &&
		bytes.Equal(was.got.device, now.got.device) && was.limited == now.limited
	if !same {
		h.onPeer(PeerEvent{Peer: h.describe(p, now), Connected: true})
	}
}

// Connections to members outlive those to strangers when the connection manager must choose.
const (
	memberTag    = "known"
	memberWeight = 50
)

func (h *Host) identification(p peer.ID, now standing) event.EvtPeerIdentificationCompleted {
	protos, err := h.bare.Peerstore().GetProtocols(p)
	if err != nil {
		protos = nil
	}
	return event.EvtPeerIdentificationCompleted{
		Peer: p, Conn: now.conns[0], Protocols: protos, ListenAddrs: h.bare.Peerstore().Addrs(p),
	}
}

// Connect dials a peer unless it is connected, waits for the handshake, and returns what the peer is taken for. ErrRefused says
// that the peer was reached and one of the two refused.
func (h *Host) Connect(ctx context.Context, to peer.AddrInfo) (Role, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*shakeTime)
	defer cancel()
	if err := h.bare.Connect(network.WithAllowLimitedConn(ctx, "community"), to); err != nil {
		return Refused, fmt.Errorf("connect: %w", err)
	}
	for {
		role, changed := h.settled(to.ID)
		if changed == nil {
			if role == Refused {
				return Refused, ErrRefused
			}
			return role, nil
		}
		select {
		case <-ctx.Done():
			return Refused, fmt.Errorf("wait for handshake: %w", ctx.Err())
		case <-changed:
		}
	}
}

// settled returns the role of a peer, or a channel to wait on while one of its connections, whichever it is, may still bring a better one.
func (h *Host) settled(p peer.ID) (Role, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var pending <-chan struct{}
	for c, s := range h.sessions {
		if c.RemotePeer() != p {
			continue
		}
		if s.got.known() && s.ready {
			return s.got.role, nil
		}
		if !s.tried || s.running > 0 || s.got.known() {
			pending = h.news
		}
	}
	return Refused, pending
}

// Greet runs the handshake once more on every connection to p: my role may have changed (I was admitted), or my keys. What it
// finds replaces what was known.
func (h *Host) Greet(ctx context.Context, p peer.ID) {
	for _, c := range h.bare.Network().ConnsToPeer(p) {
		if s := h.session(c); s != nil {
			h.greet(ctx, s)
		}
	}
}

// Drop ends everything with a peer: it loses its role at once and its connections are closed. It may dial again, and is then
// judged anew.
func (h *Host) Drop(p peer.ID) {
	h.mu.Lock()
	for c, s := range h.sessions {
		if c.RemotePeer() == p {
			s.got, s.tried = outcome{}, true
			h.change(s)
		}
	}
	h.mu.Unlock()
	h.bare.Network().ClosePeer(p)
}

// HandleJoiner registers a protocol for joiners, members and keepers.
func (h *Host) HandleJoiner(id protocol.ID, handler network.StreamHandler) {
	h.bare.SetStreamHandler(id, h.gate(outcome.known, handler))
}

// NewStream opens a stream to a connected peer whose handshake succeeded, whatever its role, over relays too. It never dials.
func (h *Host) NewStream(ctx context.Context, p peer.ID, ids ...protocol.ID) (network.Stream, error) {
	return h.stream(network.WithAllowLimitedConn(ctx, "community"), p, outcome.known, ids)
}

func (h *Host) stream(ctx context.Context, p peer.ID, ok func(outcome) bool, ids []protocol.ID) (network.Stream, error) {
	if now := h.standing(p); len(now.conns) == 0 || !ok(now.got) {
		return nil, ErrRefused
	}
	ctx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	st, err := h.bare.NewStream(network.WithNoDial(ctx, "handshake first"), p, ids...)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	// Of several connections libp2p may have chosen one whose handshake is not done.
	if !h.await(ctx, st.Conn(), ok) {
		st.Reset()
		return nil, ErrRefused
	}
	return st, nil
}

// Members counts the peers in the member view.
func (h *Host) Members() int { return len(h.View().Network().Peers()) }
