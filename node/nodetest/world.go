package nodetest

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"

	"github.com/pandal-chat/pandal/node"
)

// World is a simulated network with the nodes on it. Make it inside a synctest bubble.
type World struct {
	t   testing.TB
	net *simnet.Simnet
	n   int

	mu   sync.Mutex
	side map[string]int // by IP; packets between sides are lost
}

// never is longer than any test: a packet this late is lost.
const never = 100_000 * time.Hour

// New starts a network with 10 ms from node to node.
func New(t testing.TB) *World {
	w := &World{t: t, side: map[string]int{}}
	w.net = &simnet.Simnet{LatencyFunc: w.latency}
	w.net.Start()
	t.Cleanup(func() { w.net.Close() })
	return w
}

func (w *World) latency(p *simnet.Packet) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.side[ip(p.From)] != w.side[ip(p.To)] {
		return never
	}
	return 10 * time.Millisecond
}

func ip(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// Split cuts the network: nodes of different sides do not reach each other. Nodes that are not named stay with the first side.
func (w *World) Split(sides ...[]*Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.side)
	for i, nodes := range sides {
		for _, n := range nodes {
			w.side[n.ip] = i
		}
	}
}

// Heal undoes Split.
func (w *World) Heal() { w.Split() }

// Options returns an address on the network and what a libp2p host needs to be there.
func (w *World) Options() (listen string, opts func() []libp2p.Option) {
	w.n++
	host := fmt.Sprintf("1.0.%d.%d", w.n/250, w.n%250+1)
	link := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	return fmt.Sprintf("/ip4/%s/udp/8000/quic-v1", host), func() []libp2p.Option {
		return []libp2p.Option{
			simlibp2p.QUICSimnet(w.net, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}),
			libp2p.ResourceManager(&network.NullResourceManager{}),
		}
	}
}

// Node is a running node and the person at it. Its methods fail the test on an error.
type Node struct {
	*node.Node
	Name string
	w    *World
	ip   string
	cfg  node.Config
}

// Node starts a node with an empty store. Whoever changes its Config first, such as its clock, does so in with.
func (w *World) Node(name string, with ...func(*node.Config)) *Node {
	w.t.Helper()
	listen, opts := w.Options()
	n := &Node{Name: name, w: w, ip: fmt.Sprintf("1.0.%d.%d", w.n/250, w.n%250+1)}
	n.cfg = node.Config{Data: w.t.TempDir(), Name: name, Listen: []string{listen}, Bootstrap: []string{"none"}, Options: opts}
	n.cfg.ListenAt = func(community string) []string { // each host of a node has a port of its own, the same after a restart
		h := fnv.New32a()
		h.Write([]byte(community))
		return []string{strings.Replace(listen, "/8000/", fmt.Sprintf("/%d/", 8000+h.Sum32()%50_000), 1)}
	}
	for _, f := range with {
		f(&n.cfg)
	}
	if os.Getenv("PANDAL_LOG") == "debug" {
		n.cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("node", name)
	}
	n.Start()
	w.t.Cleanup(n.Stop)
	return n
}

// Start starts a stopped node again on its store.
func (n *Node) Start() {
	n.w.t.Helper()
	if n.Node != nil {
		return
	}
	got, err := node.Open(context.Background(), n.cfg)
	n.must(err)
	n.Node = got
}

// With starts the node again, on its store, with another Config.
func (n *Node) With(change func(*node.Config)) {
	n.w.t.Helper()
	n.Stop()
	change(&n.cfg)
	n.Start()
}

// Stop stops the node, if it runs.
func (n *Node) Stop() {
	if n.Node == nil {
		return
	}
	if err := n.Close(); err != nil {
		n.w.t.Errorf("%s stops: %v", n.Name, err)
	}
	n.Node = nil
}

func (n *Node) must(err error) {
	n.w.t.Helper()
	if err != nil {
		n.w.t.Fatalf("%s: %v", n.Name, err)
	}
}

// Eventually waits in virtual time until ok, and fails the test after the time given.
func (w *World) Eventually(within time.Duration, what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("not within %v: %s", within, what)
		}
	}
}
