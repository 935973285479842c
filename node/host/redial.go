package host

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	redialEvery = 10 * time.Second // and up to half as much again
	meetTime    = 10 * time.Second // one dial and its handshake
	greetEvery  = time.Minute      // a connected stranger is greeted again this often
)

// redial calls members met before while few are connected. New starts it and Close ends it.
func (h *Host) redial(ctx context.Context) {
	wait := rand.N(time.Second)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = redialEvery + rand.N(redialEvery/2)
		if h.Members() >= h.pace.enough {
			continue
		}
		var away []peer.AddrInfo
		for _, p := range h.recall() {
			if p.ID != h.ID() && !h.knows(p.ID) {
				away = append(away, p)
			}
		}
		rand.Shuffle(len(away), func(i, j int) { away[i], away[j] = away[j], away[i] })
		for _, p := range away[:min(len(away), h.pace.dials)] {
			h.spawn(func() { h.meet(ctx, p) }) // ends within meetTime
		}
	}
}

// meet dials a peer that may be one of ours. If it is connected already as a stranger, the handshake is tried once more: the
// first may have been cut off, or have come before the right keys did.
func (h *Host) meet(ctx context.Context, p peer.AddrInfo) {
	ctx, cancel := context.WithTimeout(ctx, meetTime)
	defer cancel()
	conns := h.bare.Network().ConnsToPeer(p.ID)
	if len(conns) == 0 {
		if err := h.bare.Connect(network.WithAllowLimitedConn(ctx, "community"), p); err != nil {
			h.log.Debug("dial", "peer", p.ID, "err", err)
		}
		return // the handshake follows by itself
	}
	for _, c := range conns {
		if s := h.session(c); s != nil && h.stale(s) {
			h.greet(ctx, s)
		}
	}
}

// stale tells whether a session's last handshake failed a while ago.
func (h *Host) stale(s *session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.tried && s.running == 0 && !s.got.known() && time.Since(s.last) > greetEvery
}
