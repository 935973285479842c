package host

import (
	"context"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p/core/event"
	bare "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// emitters of the member view's own bus. Only the teller uses them.
type emitters struct {
	identified, protocols, reach event.Emitter
}

func newEmitters(bus event.Bus) (em emitters, err error) {
	if em.identified, err = bus.Emitter(new(event.EvtPeerIdentificationCompleted)); err != nil {
		return em, err
	}
	if em.protocols, err = bus.Emitter(new(event.EvtPeerProtocolsUpdated)); err != nil {
		return em, err
	}
	em.reach, err = bus.Emitter(new(event.EvtPeerConnectednessChanged))
	return em, err
}

func (em emitters) close() {
	for _, e := range []event.Emitter{em.identified, em.protocols, em.reach} {
		e.Close()
	}
}

// View returns the host as gossip and history may see it: only peers whose handshake made them members or keepers on both sides
// exist. Its handlers are given streams of such peers only (a stream that comes during the handshake waits at most 5 s), its bus
// carries events about them only, and it opens streams to nobody else. Closing it does nothing: close the Host.
func (h *Host) View() bare.Host { return view{Host: h.bare, h: h} }

type view struct {
	bare.Host
	h *Host
}

func (v view) EventBus() event.Bus      { return v.h.bus }
func (v view) Network() network.Network { return viewNetwork{Network: v.h.bare.Network(), h: v.h} }
func (v view) Close() error             { return nil }

func (v view) SetStreamHandler(id protocol.ID, handler network.StreamHandler) {
	v.Host.SetStreamHandler(id, v.h.gate(outcome.member, handler))
}

func (v view) SetStreamHandlerMatch(id protocol.ID, match func(protocol.ID) bool, handler network.StreamHandler) {
	v.Host.SetStreamHandlerMatch(id, match, v.h.gate(outcome.member, handler))
}

func (v view) NewStream(ctx context.Context, p peer.ID, ids ...protocol.ID) (network.Stream, error) {
	return v.h.stream(ctx, p, outcome.member, ids)
}

// Connect succeeds only when the peer is a member.
func (v view) Connect(ctx context.Context, to peer.AddrInfo) error {
	if _, err := v.h.Connect(ctx, to); err != nil {
		return err
	}
	if v.h.standing(to.ID).reach() == network.NotConnected {
		return ErrRefused
	}
	return nil
}

// viewNetwork is the network with all connections but those of members left out.
type viewNetwork struct {
	network.Network
	h *Host
}

func (n viewNetwork) Connectedness(p peer.ID) network.Connectedness {
	return n.h.standing(p).reach()
}

func (n viewNetwork) Conns() []network.Conn {
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	var out []network.Conn
	for c, s := range n.h.sessions {
		if s.ready && s.got.member() {
			out = append(out, c)
		}
	}
	return out
}

func (n viewNetwork) ConnsToPeer(p peer.ID) []network.Conn {
	return slices.DeleteFunc(n.Conns(), func(c network.Conn) bool { return c.RemotePeer() != p })
}

func (n viewNetwork) Peers() []peer.ID {
	var out []peer.ID
	for _, c := range n.Conns() {
		if !slices.Contains(out, c.RemotePeer()) {
			out = append(out, c.RemotePeer())
		}
	}
	return out
}

func (n viewNetwork) DialPeer(ctx context.Context, p peer.ID) (network.Conn, error) {
	if err := (view{Host: n.h.bare, h: n.h}).Connect(ctx, peer.AddrInfo{ID: p}); err != nil {
		return nil, err
	}
	if c := n.ConnsToPeer(p); len(c) > 0 {
		return c[0], nil
	}
	return nil, ErrRefused
}

// NewStream opens a stream without a protocol on a member's connection.
func (n viewNetwork) NewStream(ctx context.Context, p peer.ID) (network.Stream, error) {
	c := n.ConnsToPeer(p)
	if len(c) == 0 {
		return nil, ErrRefused
	}
	st, err := c[0].NewStream(ctx)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return st, nil
}

// SetStreamHandler would replace the bare host's own handler, so it does nothing.
func (n viewNetwork) SetStreamHandler(network.StreamHandler) {}

// Close does nothing: the Host owns the network.
func (n viewNetwork) Close() error { return nil }

func (n viewNetwork) Notify(f network.Notifiee) {
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	n.h.notifiees = append(slices.Clip(n.h.notifiees), f)
}

func (n viewNetwork) StopNotify(f network.Notifiee) {
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	n.h.notifiees = slices.DeleteFunc(slices.Clone(n.h.notifiees), func(g network.Notifiee) bool { return g == f })
}

// notify tells the view's notifiees which member connections came and went. Only the teller calls it.
func (h *Host) notify(was, now standing) {
	h.mu.Lock()
	fs := h.notifiees
	h.mu.Unlock()
	if len(fs) == 0 {
		return
	}
	n := viewNetwork{Network: h.bare.Network(), h: h}
	if !was.got.member() {
		was.conns = nil
	}
	if !now.got.member() {
		now.conns = nil
	}
	for _, f := range fs {
		for _, c := range was.conns {
			if !slices.Contains(now.conns, c) {
				f.Disconnected(n, c)
			}
		}
		for _, c := range now.conns {
			if !slices.Contains(was.conns, c) {
				f.Connected(n, c)
			}
		}
	}
}
