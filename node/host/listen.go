package host

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// pace is what a host spends on finding others and on keeping them.
type pace struct {
	low, high int           // connections are trimmed down to low when there are more than high
	dials     int           // at once, of members met before
	enough    int           // with so many members connected nobody else is looked for
	provide   time.Duration // a record put into the DHT is put again; the DHT keeps it for two days
	find      time.Duration // the DHT is asked, with enough members connected
	lastRetry time.Duration // after failures, or with too few members
}

var (
	usual  = pace{low: 32, high: 96, dials: 8, enough: 8, provide: 3 * time.Hour, find: 10 * time.Minute, lastRetry: 5 * time.Minute}
	frugal = pace{low: 8, high: 16, dials: 2, enough: 3, provide: 12 * time.Hour, find: time.Hour, lastRetry: 20 * time.Minute}
)

func paceOf(cfg Config) pace {
	if cfg.Frugal {
		return frugal
	}
	return usual
}

// options are those of the libp2p host. What identify shows says nothing of us but the protocol ids: the agent and version are
// those of any libp2p program. Addresses come later, see start.
func (h *Host) options(cfg Config, key crypto.PrivKey, listen []ma.Multiaddr) ([]libp2p.Option, error) {
	cm, err := connmgr.NewConnManager(h.pace.low, h.pace.high)
	if err != nil {
		return nil, fmt.Errorf("make connection manager: %w", err)
	}
	opts := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.EnableRelay(),
		libp2p.NoListenAddrs,
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(quic.NewTransport),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Security(noise.ID, noise.New),
		libp2p.ConnectionManager(cm),
		libp2p.UserAgent("go-libp2p"),
		libp2p.ProtocolVersion("ipfs/0.1.0"),
		libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.ConnectionGater(cfg.Reach),
	}
	if len(cfg.Options) == 0 { // its goroutine is the process's own and does not belong in a simulation
		opts = append(opts, libp2p.BandwidthReporter(h.bytes))
	}
	if cfg.NAT && !allLoopback(listen) {
		opts = append(opts, h.natOptions(cfg)...)
	}
	return append(opts, cfg.Options...), nil
}

// PublicBootstrap returns the well-known peers of the public IPFS DHT.
func PublicBootstrap() []string {
	var out []string
	for _, a := range dht.DefaultBootstrapPeers {
		out = append(out, a.String())
	}
	return out
}

// ParseAddrs reads multiaddrs that end in /p2p/<id> and joins those of one peer. It fails on the first it cannot read.
func ParseAddrs(addrs []string) ([]peer.AddrInfo, error) {
	as, err := multiaddrs(addrs)
	if err != nil {
		return nil, err
	}
	infos, err := peer.AddrInfosFromP2pAddrs(as...)
	if err != nil {
		return nil, fmt.Errorf("read peer address: %w", err)
	}
	return infos, nil
}

// CheckAddr errs for what is no multiaddr, or, where a peer is wanted, for one without the peer's id.
func CheckAddr(addr string, wantPeer bool) error {
	a, err := ma.NewMultiaddr(addr)
	if err != nil {
		return err
	}
	if wantPeer {
		_, err = peer.AddrInfoFromP2pAddr(a)
	}
	return err
}

func multiaddrs(addrs []string) ([]ma.Multiaddr, error) {
	var out []ma.Multiaddr
	for _, s := range addrs {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("read address %q: %w", s, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// FreeListen returns the addresses with ports that nobody listens on: a taken port, and port 0, become the next free one. Addresses
// that share a port keep sharing one. libp2p itself would share a taken TCP port without a word, and get half the connections.
func FreeListen(listen []string) ([]string, error) {
	as, err := multiaddrs(listen)
	if err != nil {
		return nil, err
	}
	moved := map[int]int{}
	out := make([]string, 0, len(as))
	for _, a := range as {
		was, err := portOf(a)
		if err != nil {
			return nil, err
		}
		if _, ok := moved[was]; !ok {
			same := slices.DeleteFunc(slices.Clone(as), func(b ma.Multiaddr) bool {
				p, err := portOf(b)
				return err != nil || p != was
			})
			if moved[was], err = freePort(same, was); err != nil {
				return nil, err
			}
		}
		b, err := withPort(a, moved[was])
		if err != nil {
			return nil, err
		}
		out = append(out, b.String())
	}
	return out, nil
}

// freePort finds the first port from start on that all addresses can have.
func freePort(as []ma.Multiaddr, start int) (int, error) {
	const tries = 512
	for i := range tries {
		port := start + i
		if start == 0 {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return 0, fmt.Errorf("find a free port: %w", err)
			}
			port = l.Addr().(*net.TCPAddr).Port
			l.Close()
		}
		if port > 65535 {
			break
		}
		if !slices.ContainsFunc(as, func(a ma.Multiaddr) bool { return taken(a, port) }) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port from %d on", start)
}

func taken(a ma.Multiaddr, port int) bool {
	b, err := withPort(a, port)
	if err != nil {
		return true
	}
	if _, err := b.ValueForProtocol(ma.P_UDP); err == nil {
		return takenUDP(b)
	}
	na, err := manet.ToNetAddr(b)
	if err != nil {
		return true
	}
	l, err := net.Listen("tcp", na.String())
	if err != nil {
		return true
	}
	l.Close()
	return false
}

func takenUDP(a ma.Multiaddr) bool {
	udp, _ := ma.SplitFunc(a, func(c ma.Component) bool { return c.Protocol().Code == ma.P_QUIC_V1 })
	na, err := manet.ToNetAddr(udp)
	if err != nil {
		return true
	}
	l, err := net.ListenPacket("udp", na.String())
	if err != nil {
		return true
	}
	l.Close()
	return false
}

func portOf(a ma.Multiaddr) (int, error) {
	for _, code := range []int{ma.P_TCP, ma.P_UDP} {
		if v, err := a.ValueForProtocol(code); err == nil {
			return strconv.Atoi(v)
		}
	}
	return 0, fmt.Errorf("address %s has no port", a)
}

// withPort replaces the first port of an address.
func withPort(a ma.Multiaddr, port int) (ma.Multiaddr, error) {
	out := ma.Multiaddr{}
	done := false
	for _, c := range a {
		if code := c.Protocol().Code; !done && (code == ma.P_TCP || code == ma.P_UDP) {
			n, err := ma.NewComponent(c.Protocol().Name, strconv.Itoa(port))
			if err != nil {
				return nil, errors.Join(fmt.Errorf("set port %d", port), err)
			}
			c, done = *n, true
		}
		out = append(out, c)
	}
	return out, nil
}
