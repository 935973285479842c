package host

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	ds "github.com/ipfs/go-datastore"
	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	bare "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	ma "github.com/multiformats/go-multiaddr"
)

// Handshake is the only protocol of ours that runs before a peer is known.
const Handshake protocol.ID = "/pandal/1/hs"

// Role is what a peer is taken for. Its number is the verdict byte of the handshake.
type Role uint8

const (
	Refused Role = iota // gets no protocol of ours
	Joiner              // gets the protocols registered with HandleJoiner
	Member              // is in the member view
	Keeper              // is in the member view, and stores without reading
)

func (r Role) String() string {
	if r > Keeper {
		return "unknown"
	}
	return [...]string{"refused", "joiner", "member", "keeper"}[r]
}

// Auth is what the community tells the host. Every function is called from many goroutines and must not block for long.
type Auth struct {
	Offers  func() [][]byte                  // keys to offer when dialing, best first, at most 5: epochs, then the join key
	Accepts func() [][]byte                  // every key under which an offer is accepted
	Hello   func(channel []byte) []byte      // my proof, bound to channel; at most 60 KiB
	Ops     func(theirHello []byte) [][]byte // what the other seems to lack, at most 1 MiB; nil: nothing
	// Judge decides after the other's ops were taken (ops is nil when they came too often). An error refuses.
	Judge func(p peer.ID, channel, theirHello []byte, ops [][]byte) (role Role, device []byte, err error)
}

// Peer is a peer whose handshake succeeded.
type Peer struct {
	ID      peer.ID
	Role    Role           // what I take it for
	Given   Role           // what it takes me for
	Device  []byte         // as Judge returned it
	Limited bool           // only a relayed, limited connection leads there
	Addrs   []ma.Multiaddr // where to dial it again
}

// Member tells whether the peer is in the member view: each side takes the other for a member or keeper.
func (p Peer) Member() bool { return p.Role >= Member && p.Given >= Member }

// PeerEvent says that a peer came, changed its role, or went. The node keeps Addrs of members for Remembered.
type PeerEvent struct {
	Peer
	Connected bool
}

// Config is all a Host is told. Zero values turn the optional parts off.
type Config struct {
	Key    []byte   // 32-byte Ed25519 seed of the host key, one per community
	Listen []string // multiaddrs; see FreeListen
	Auth   Auth

	OnPeer     func(PeerEvent)        // called from one goroutine, in order; it must neither block for long nor call Close; may be nil
	Remembered func() []peer.AddrInfo // members met before, redialled while few are connected; may be nil

	Reach Reach // whom it may be connected with

	NAT   bool // port mapping, AutoNAT, relays and hole punching; ignored when all of Listen is loopback
	Relay bool // offer relays without limits (a keeper)

	Frugal bool // few connections, and others looked for seldom; in a DHT of its own a client only, unless DHTServer

	DHT       bool
	DHTPrefix string      // "" is the public IPFS DHT, as a client; else a DHT of its own, in automatic mode
	DHTServer bool        // serve it in any case
	Bootstrap []string    // multiaddrs with /p2p; see PublicBootstrap
	Datastore ds.Batching // for the DHT and nothing else; nil is memory

	MDNS bool

	Log     *slog.Logger    // nil discards
	Options []libp2p.Option // added last: simulated transports and the like
}

// Host is one community's libp2p host. Its methods are safe for concurrent use.
type Host struct {
	bare   bare.Host
	pace   pace
	auth   Auth
	log    *slog.Logger
	onPeer func(PeerEvent)
	recall func() []peer.AddrInfo

	bus      event.Bus // of the member view
	emitters emitters
	wake     chan struct{}
	started  chan struct{} // closed once bare is set

	bytes *metrics.BandwidthCounter

	mu        sync.Mutex
	closed    bool
	sessions  map[network.Conn]*session
	dirty     map[peer.ID]struct{}
	news      chan struct{} // closed at every change of any session, then replaced
	opsTaken  map[peer.ID]time.Time
	notifiees []network.Notifiee

	dht    *dht.IpfsDHT
	keys   chan [][32]byte
	tags   chan [][]byte
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New starts a host and returns once it listens. Close ends it.
func New(cfg Config) (*Host, error) {
	if len(cfg.Key) != ed25519.SeedSize {
		return nil, errors.New("host key is not 32 bytes")
	}
	key, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(cfg.Key))
	if err != nil {
		return nil, fmt.Errorf("read host key: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	listen, err := multiaddrs(cfg.Listen)
	if err != nil {
		return nil, err
	}
	bus := eventbus.NewBus()
	em, err := newEmitters(bus)
	if err != nil {
		return nil, fmt.Errorf("make the view's events: %w", err)
	}
	h := &Host{
		pace: paceOf(cfg), bytes: metrics.NewBandwidthCounter(), auth: cfg.Auth, log: cfg.Log, onPeer: cfg.OnPeer, recall: cfg.Remembered,
		bus: bus, emitters: em, wake: make(chan struct{}, 1), started: make(chan struct{}),
		sessions: map[network.Conn]*session{}, dirty: map[peer.ID]struct{}{}, news: make(chan struct{}), opsTaken: map[peer.ID]time.Time{},
		keys: make(chan [][32]byte, 1), tags: make(chan [][]byte, 1),
	}
	opts, err := h.options(cfg, key, listen)
	if err != nil {
		return nil, err
	}
	if h.bare, err = libp2p.New(opts...); err != nil {
		return nil, fmt.Errorf("start libp2p: %w", err)
	}
	close(h.started)
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	if err := h.start(ctx, cfg, listen); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// start hooks everything up before the first address is listened on, so that no connection is missed.
func (h *Host) start(ctx context.Context, cfg Config, listen []ma.Multiaddr) error {
	updates, err := h.bare.EventBus().Subscribe(new(event.EvtPeerProtocolsUpdated), eventbus.BufSize(256))
	if err != nil {
		return fmt.Errorf("follow protocols: %w", err)
	}
	h.spawn(func() { h.tell(ctx, updates) })
	h.bare.SetStreamHandler(Handshake, h.answer)
	h.bare.Network().Notify(&network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { h.opened(ctx, c) },
		DisconnectedF: func(_ network.Network, c network.Conn) { h.gone(c) },
	})
	if err := h.bare.Network().Listen(listen...); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if h.recall != nil {
		h.spawn(func() { h.redial(ctx) })
	}
	if cfg.DHT {
		if err := h.startDHT(ctx, cfg); err != nil {
			return err
		}
	}
	if cfg.MDNS {
		if err := h.startLAN(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the host, all its connections and goroutines, and waits for them. Nothing is called back after it returns, and OnPeer
// is not told that the peers are gone.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	var errs []error
	if h.dht != nil {
		errs = append(errs, h.dht.Close())
	}
	errs = append(errs, h.bare.Close())
	h.wg.Wait()
	h.emitters.close()
	return errors.Join(errs...)
}

// spawn runs f unless the host is closing; Close waits for it.
func (h *Host) spawn(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.wg.Go(f)
	return true
}

// ID returns the host's peer id.
func (h *Host) ID() peer.ID { return h.bare.ID() }

// Addrs returns where the host can be dialled, each address ending in /p2p/<id>; nothing where it listens nowhere.
func (h *Host) Addrs() []ma.Multiaddr {
	if len(h.bare.Addrs()) == 0 {
		return nil
	}
	out, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: h.bare.ID(), Addrs: h.bare.Addrs()})
	if err != nil {
		return nil
	}
	return out
}

// Bare returns the libp2p host itself, which shows everybody. It is for diagnosis and for tests; protocols go through View or
// HandleJoiner.
func (h *Host) Bare() bare.Host { return h.bare }

// Protect keeps the connection manager from closing connections to p, until Unprotect with the same tag.
func (h *Host) Protect(p peer.ID, tag string) { h.bare.ConnManager().Protect(p, tag) }

// Unprotect undoes Protect.
func (h *Host) Unprotect(p peer.ID, tag string) { h.bare.ConnManager().Unprotect(p, tag) }

// Bytes returns how much the host has read and written since it was made.
func (h *Host) Bytes() (in, out int64) {
	// In a simulation nothing is counted.
	t := h.bytes.GetBandwidthTotals()
	return t.TotalIn, t.TotalOut
}

// Peers returns everybody whose handshake succeeded, joiners too.
func (h *Host) Peers() []Peer {
	h.mu.Lock()
	ids := map[peer.ID]struct{}{}
	for _, s := range h.sessions {
		if s.ready && s.got.known() {
			ids[s.conn.RemotePeer()] = struct{}{}
		}
	}
	h.mu.Unlock()
	out := make([]Peer, 0, len(ids))
	for p := range ids {
		if now := h.standing(p); len(now.conns) > 0 {
			out = append(out, h.describe(p, now))
		}
	}
	slices.SortFunc(out, func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
