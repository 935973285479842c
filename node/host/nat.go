package host

import (
	"context"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// natOptions lets a host behind a router be reached: it asks the router for a port, learns whether others get through, reserves
// a place at relays if not, and turns relayed connections into direct ones. A host that others do reach is itself a relay, for
// peers of its community alone; a keeper's relay has no limits.
func (h *Host) natOptions(cfg Config) []libp2p.Option {
	service := []relay.Option{relay.WithACL(relayACL{h})}
	if cfg.Relay {
		service = append(service, relay.WithInfiniteLimits())
	}
	return []libp2p.Option{
		libp2p.NATPortMap(),
		libp2p.EnableAutoNATv2(),
		libp2p.EnableHolePunching(),
		libp2p.EnableRelayService(service...),
		libp2p.EnableAutoRelayWithPeerSource(h.relays, autorelay.WithMinCandidates(1)),
	}
}

// relays offers connected peers that relay, peers of the community first.
func (h *Host) relays(ctx context.Context, num int) <-chan peer.AddrInfo {
	out := make(chan peer.AddrInfo, num)
	defer close(out)
	select {
	case <-h.started:
	case <-ctx.Done():
		return out
	}
	var ours, others []peer.AddrInfo
	for _, p := range h.bare.Network().Peers() {
		if got, err := h.bare.Peerstore().SupportsProtocols(p, proto.ProtoIDv2Hop); err != nil || len(got) == 0 {
			continue
		}
		if info := h.bare.Peerstore().PeerInfo(p); h.knows(p) {
			ours = append(ours, info)
		} else {
			others = append(others, info)
		}
	}
	for _, info := range append(ours, others...) {
		if len(out) == num {
			break
		}
		out <- info
	}
	return out
}

// knows tells whether a handshake with p succeeded on one of its connections.
func (h *Host) knows(p peer.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, s := range h.sessions {
		if c.RemotePeer() == p && s.got.known() {
			return true
		}
	}
	return false
}

// relayACL keeps strangers from holding places at our relay. Whoever holds one may be called by anybody, a joiner for example.
type relayACL struct{ h *Host }

func (a relayACL) AllowReserve(p peer.ID, _ ma.Multiaddr) bool               { return a.h.knows(p) }
func (a relayACL) AllowConnect(_ peer.ID, _ ma.Multiaddr, dest peer.ID) bool { return a.h.knows(dest) }
