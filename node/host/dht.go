package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/multiformats/go-multihash"
)

const (
	firstRetry    = 3 * time.Second // after a failure, or with too few members; doubles up to that of the pace
	queryTime     = time.Minute
	findAtMost    = 32  // peers taken from one look-up
	maxRendezvous = 256 // keys
	meetAtOnce    = 8
	keysAtOnce    = 4
)

// startDHT joins a DHT: the public IPFS one as a client, or one with a prefix of its own.
func (h *Host) startDHT(ctx context.Context, cfg Config) error {
	boot, err := ParseAddrs(cfg.Bootstrap)
	if err != nil {
		return fmt.Errorf("read bootstrap peers: %w", err)
	}
	opts := []dht.Option{dht.BootstrapPeers(boot...)}
	if cfg.Datastore != nil {
		opts = append(opts, dht.Datastore(cfg.Datastore))
	}
	mode := dht.ModeClient
	if cfg.DHTPrefix != "" {
		// Of a DHT of our own we use the provider records alone.
		opts = append(opts, dht.ProtocolPrefix(protocol.ID("/"+cfg.DHTPrefix)), dht.DisableValues())
		if mode = dht.ModeAuto; cfg.Frugal {
			mode = dht.ModeClient // answers for nobody
		}
	} else if !allLoopback(h.bare.Network().ListenAddresses()) {
		opts = append(opts, dht.QueryFilter(dht.PublicQueryFilter), dht.RoutingTableFilter(dht.PublicRoutingTableFilter))
	}
	if cfg.DHTServer {
		mode = dht.ModeServer
	}
	if h.dht, err = dht.New(h.bare, append(opts, dht.Mode(mode))...); err != nil {
		return fmt.Errorf("start DHT: %w", err)
	}
	h.spawn(func() { h.rendezvous(ctx, boot) })
	return nil
}

// DHT returns how many of the DHT this host knows, and whether it uses one.
func (h *Host) DHT() (known int, on bool) {
	if h.dht == nil {
		return 0, false
	}
	return h.dht.RoutingTable().Size(), true
}

func allLoopback(as []ma.Multiaddr) bool {
	for _, a := range as {
		if !manet.IsIPLoopback(a) {
			return false
		}
	}
	return true
}

// SetRendezvous replaces the keys under which this host is found and looks for others, at most 256. Without a DHT it does
// nothing.
func (h *Host) SetRendezvous(keys [][32]byte) {
	replace(h.keys, append([][32]byte(nil), keys[:min(len(keys), maxRendezvous)]...))
}

// replace puts v into a channel of one place, whatever was there before.
func replace[T any](c chan T, v T) {
	for {
		select {
		case c <- v:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// meeting is the plan for one rendezvous key.
type meeting struct {
	provide, find             time.Time // when next
	provideRetry, findBackoff time.Duration
}

// rendezvous provides and looks up the keys. New starts it and Close ends it.
func (h *Host) rendezvous(ctx context.Context, boot []peer.AddrInfo) {
	h.bootstrap(ctx, boot)
	plan := map[[32]byte]*meeting{}
	wait, again := firstRetry, time.Now().Add(firstRetry)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case keys := <-h.keys:
			next := make(map[[32]byte]*meeting, len(keys))
			for _, k := range keys {
				if next[k] = plan[k]; next[k] == nil {
					next[k] = &meeting{provideRetry: firstRetry, findBackoff: firstRetry}
				}
			}
			plan = next
		case <-tick.C:
		}
		if h.dht.RoutingTable().Size() == 0 {
			// Alone: nothing can be asked, and the first peers are called again, ever less often.
			if time.Now().After(again) {
				h.bootstrap(ctx, boot)
				again = time.Now().Add(jitter(wait))
				wait = min(2*wait, h.pace.lastRetry)
			}
			continue
		}
		wait = firstRetry
		h.round(ctx, plan)
	}
}

// round does what is due, a few keys at once: on the public DHT one query takes up to a minute.
func (h *Host) round(ctx context.Context, plan map[[32]byte]*meeting) {
	var all sync.WaitGroup
	defer all.Wait()
	slots := make(chan struct{}, keysAtOnce)
	for k, m := range plan {
		if now := time.Now(); now.Before(m.provide) && now.Before(m.find) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if len(h.keys) > 0 {
			return // new keys first
		}
		all.Go(func() { defer func() { <-slots }(); h.attend(ctx, k, m) }) // ends with its queries
	}
}

// bootstrap connects to the first peers of the DHT.
func (h *Host) bootstrap(ctx context.Context, boot []peer.AddrInfo) {
	ctx, cancel := context.WithTimeout(ctx, meetTime)
	defer cancel()
	done := make(chan struct{}, len(boot))
	for _, p := range boot {
		// Ends with ctx.
		h.spawn(func() {
			if err := h.bare.Connect(ctx, p); err != nil {
				h.log.Debug("bootstrap", "peer", p.ID, "err", err)
			}
			done <- struct{}{}
		})
	}
	if len(boot) > 0 {
		select { // the first is enough to begin
		case <-done:
		case <-ctx.Done():
		}
	}
	if err := h.dht.Bootstrap(ctx); err != nil {
		h.log.Debug("bootstrap", "err", err)
	}
}

// attend does what is due for one key.
func (h *Host) attend(ctx context.Context, key [32]byte, m *meeting) {
	if now := time.Now(); !now.Before(m.provide) {
		if err := h.Advertise(ctx, key); err != nil {
			h.log.Debug("provide", "err", err)
			m.provide = time.Now().Add(jitter(m.provideRetry))
			m.provideRetry = min(2*m.provideRetry, h.pace.lastRetry)
		} else {
			m.provide, m.provideRetry = time.Now().Add(jitter(h.pace.provide)), firstRetry
		}
	}
	if now := time.Now(); !now.Before(m.find) {
		found, err := h.Find(ctx, key)
		if err != nil {
			h.log.Debug("find", "err", err)
		}
		h.meetAll(ctx, found)
		if h.Members() >= h.pace.enough {
			m.find, m.findBackoff = time.Now().Add(jitter(h.pace.find)), firstRetry
		} else {
			m.find = time.Now().Add(jitter(m.findBackoff))
			m.findBackoff = min(2*m.findBackoff, h.pace.lastRetry)
		}
	}
}

func jitter(d time.Duration) time.Duration { return d + rand.N(d/4) }

// meetAll meets the peers a look-up found, a few at a time, and waits for them.
func (h *Host) meetAll(ctx context.Context, found []peer.AddrInfo) {
	slots := make(chan struct{}, meetAtOnce)
	for _, p := range found {
		if h.knows(p.ID) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		// Ends within meetTime.
		if !h.spawn(func() { defer func() { <-slots }(); h.meet(ctx, p) }) {
			return
		}
	}
	for range meetAtOnce {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

var errNoDHT = errors.New("DHT is off")

// Advertise puts a record of this host under key into the DHT, once.
func (h *Host) Advertise(ctx context.Context, key [32]byte) error {
	if h.dht == nil {
		return errNoDHT
	}
	c, err := keyCID(key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	if err := h.dht.Provide(ctx, c, true); err != nil {
		return fmt.Errorf("provide: %w", err)
	}
	return nil
}

// Find looks key up in the DHT, once. Whoever it finds is a stranger until the handshake.
func (h *Host) Find(ctx context.Context, key [32]byte) ([]peer.AddrInfo, error) {
	if h.dht == nil {
		return nil, errNoDHT
	}
	c, err := keyCID(key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	var out []peer.AddrInfo
	for p := range h.dht.FindProvidersAsync(ctx, c, findAtMost) {
		if p.ID != h.ID() {
			out = append(out, p)
		}
	}
	return out, nil
}

// keyCID makes the key look like the hash of any block.
func keyCID(key [32]byte) (cid.Cid, error) {
	mh, err := multihash.Encode(key[:], multihash.SHA2_256)
	if err != nil {
		return cid.Undef, fmt.Errorf("make rendezvous key: %w", err)
	}
	return cid.NewCidV1(cid.Raw, mh), nil
}
