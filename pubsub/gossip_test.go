package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	lib "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"

	"github.com/pandal-chat/pandal/pubsub"
)

var name = pubsub.TopicName([]byte("a topic of thirty-two bytes, one"))

// node is one gossiping host and what it received.
type node struct {
	host host.Host
	g    *pubsub.Gossip
	mu   sync.Mutex
	got  map[string]int
}

func (n *node) receive(_ peer.ID, _ string, checked any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.got[checked.(string)]++
}

func (n *node) has(s string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.got[s]
}

// accept takes everything but what starts with "bad".
func accept(_ peer.ID, _ string, data []byte) (pubsub.Reason, any) {
	if len(data) >= 3 && string(data[:3]) == "bad" {
		return pubsub.BadSignature, nil
	}
	return pubsub.Good, string(data)
}

// hosts makes n libp2p hosts in a simulated network; they end with the test.
func hosts(t *testing.T, n int) []host.Host {
	t.Helper()
	sim := &simnet.Simnet{LatencyFunc: simnet.StaticLatency(20 * time.Millisecond)}
	sim.Start()
	t.Cleanup(func() { sim.Close() })
	link := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	var out []host.Host
	for i := range n {
		h, err := libp2p.New(
			libp2p.ListenAddrStrings(fmt.Sprintf("/ip4/1.0.0.%d/udp/8000/quic-v1", i+1)),
			simlibp2p.QUICSimnet(sim, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}),
			libp2p.ResourceManager(&network.NullResourceManager{}),
			libp2p.DisableIdentifyAddressDiscovery(), libp2p.DisableMetrics())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		out = append(out, h)
	}
	return out
}

func start(t *testing.T, h host.Host, cfg pubsub.Config) *node {
	t.Helper()
	n := &node{host: h, got: map[string]int{}}
	cfg.Host = h
	if cfg.Validate == nil {
		cfg.Validate = accept
	}
	if cfg.Receive == nil {
		cfg.Receive = n.receive
	}
	g, err := pubsub.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close(); time.Sleep(time.Second) })
	n.g = g
	if err := g.SetTopics([]string{name}); err != nil {
		t.Fatal(err)
	}
	return n
}

func connect(t *testing.T, a, b host.Host) {
	t.Helper()
	if err := a.Connect(t.Context(), peer.AddrInfo{ID: b.ID(), Addrs: b.Addrs()}); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, n *node, s string) {
	t.Helper()
	if err := n.g.Publish(t.Context(), name, []byte(s)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryMessageArrivesOnceEverywhere(t *testing.T) {
	everywhere(t, false, 2.5) // a mesh of at most 4 brings a message at most 3 times more
}

func TestEveryMessageArrivesOnceInAWideMesh(t *testing.T) {
	everywhere(t, true, 6) // one of 6 brings it at most 5 times more, and flooding adds its neighbours' copies
}

func everywhere(t *testing.T, wide bool, copies float64) {
	synctest.Test(t, func(t *testing.T) {
		const size, messages = 16, 5
		var nodes []*node
		hs := hosts(t, size)
		for _, h := range hs {
			nodes = append(nodes, start(t, h, pubsub.Config{Wide: wide}))
		}
		for i := range hs { // a ring, so that it is connected, and three chords
			connect(t, hs[i], hs[(i+1)%size])
			for range 3 {
				if j := rand.IntN(size); j != i {
					connect(t, hs[i], hs[j])
				}
			}
		}
		time.Sleep(5 * time.Second)
		for i, n := range nodes {
			for j := range messages {
				publish(t, n, fmt.Sprint(i, "/", j))
			}
		}
		time.Sleep(10 * time.Second)
		var all pubsub.Stats
		for i, n := range nodes {
			for from := range nodes {
				for j := range messages {
					want := 1
					if from == i {
						want = 0 // own messages do not come back
					}
					if got := n.has(fmt.Sprint(from, "/", j)); got != want {
						t.Fatalf("node %d has message %d/%d %d times", i, from, j, got)
					}
				}
			}
			s := n.g.Stats()
			all.Delivered += s.Delivered
			all.Duplicates += s.Duplicates
			all.Rejected += s.Rejected + s.Ignored + s.Lost
			if s.BytesIn == 0 || s.BytesOut == 0 {
				t.Errorf("node %d counted no bytes", i)
			}
		}
		if all.Delivered != size*(size-1)*messages || all.Rejected != 0 {
			t.Errorf("counters %+v", all)
		}
		if per := float64(all.Duplicates) / float64(all.Delivered); per > copies {
			t.Errorf("%.1f duplicates a delivery", per)
		} else {
			t.Logf("%.1f duplicates a delivery", per)
		}
	})
}

// TestFrugalHasFewNeighbours: of sixteen the odd ones are frugal. All get everything once, and these have two neighbours at most.
func TestFrugalHasFewNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, messages = 16, 5
		var nodes []*node
		hs := hosts(t, size)
		for i, h := range hs {
			nodes = append(nodes, start(t, h, pubsub.Config{Frugal: i%2 == 1}))
		}
		for i := range hs {
			for j := range i {
				connect(t, hs[i], hs[j])
			}
		}
		time.Sleep(5 * time.Second)
		for i, n := range nodes {
			for j := range messages {
				publish(t, n, fmt.Sprint(i, "/", j))
			}
		}
		time.Sleep(10 * time.Second)
		for i, n := range nodes {
			if near := n.g.Neighbours(name); near == 0 || i%2 == 1 && near > 2 || i%2 == 0 && near < 2 {
				t.Errorf("node %d has %d neighbours", i, near)
			}
			for from := range nodes {
				for j := range messages {
					if got := n.has(fmt.Sprint(from, "/", j)); from != i && got != 1 {
						t.Fatalf("node %d has message %d/%d %d times", i, from, j, got)
					}
				}
			}
		}
	})
}

// flooder sends to every peer of the topic, whether it was told to go away or not.
func flooder(t *testing.T, h host.Host) func(string) {
	t.Helper()
	ps, err := lib.NewGossipSub(t.Context(), h, lib.WithMessageSignaturePolicy(lib.StrictNoSign), lib.WithNoAuthor(), lib.WithFloodPublish(true),
		lib.WithMessageIdFn(func(m *pb.Message) string { return string(m.GetData()) }))
	if err != nil {
		t.Fatal(err)
	}
	topic, err := ps.Join(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topic.Subscribe(); err != nil {
		t.Fatal(err)
	}
	return func(s string) {
		if err := topic.Publish(t.Context(), []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRejectedMessagesSilenceAPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hs := hosts(t, 2)
		b := start(t, hs[1], pubsub.Config{})
		publish := flooder(t, hs[0])
		connect(t, hs[0], hs[1])
		time.Sleep(3 * time.Second)
		publish("good 1")
		for i := range 6 {
			publish(fmt.Sprint("bad ", i))
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Second)
		publish("good 2")
		time.Sleep(3 * time.Second)
		if b.has("good 1") != 1 || b.has("good 2") != 0 || b.g.Stats().Rejected < 4 {
			t.Errorf("got %v, stats %+v", b.got, b.g.Stats())
		}
	})
}

func TestQuotaOfAForwardingPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hs := hosts(t, 2)
		var checked atomic.Int64
		a := start(t, hs[0], pubsub.Config{})
		b := start(t, hs[1], pubsub.Config{
			Quota: pubsub.Quota{Rate: 1, Burst: 10},
			Validate: func(p peer.ID, topic string, data []byte) (pubsub.Reason, any) {
				checked.Add(1)
				return accept(p, topic, data)
			},
		})
		connect(t, hs[0], hs[1])
		time.Sleep(3 * time.Second)
		for i := range 100 {
			publish(t, a, fmt.Sprint("m", i))
		}
		time.Sleep(3 * time.Second)
		if n := checked.Load(); n < 10 || n > 13 || b.g.Stats().Ignored != uint64(100-n) || b.g.Stats().Rejected != 0 {
			t.Errorf("%d checked, stats %+v", n, b.g.Stats())
		}
		publish(t, a, "later")
		time.Sleep(3 * time.Second)
		if b.has("later") != 1 {
			t.Error("the quota does not recover")
		}
	})
}

func TestTopicsAreLeftAndJoinedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hs := hosts(t, 2)
		a := start(t, hs[0], pubsub.Config{})
		b := &node{got: map[string]int{}}
		release := make(chan struct{})
		b = start(t, hs[1], pubsub.Config{Receive: func(_ peer.ID, _ string, checked any) {
			<-release
			b.receive("", "", checked)
		}})
		connect(t, hs[0], hs[1])
		time.Sleep(3 * time.Second)
		publish(t, a, "one")
		time.Sleep(time.Second)
		// Receive is stuck, and yet the topic can be left and joined.
		if err := b.g.SetTopics(nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if p := a.g.Peers(name); len(p) != 0 {
			t.Errorf("a still sees %v", p)
		}
		if err := b.g.Publish(t.Context(), name, []byte("x")); !errors.Is(err, pubsub.ErrTopic) {
			t.Errorf("publish to a left topic: %v", err)
		}
		if err := b.g.SetTopics([]string{name, "other"}); err != nil {
			t.Fatal(err)
		}
		close(release)
		time.Sleep(time.Second)
		publish(t, a, "two")
		time.Sleep(2 * time.Second)
		if b.has("one") != 1 || b.has("two") != 1 {
			t.Errorf("got %v", b.got)
		}
		if err := b.g.SetTopics([]string{"other"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := b.g.SetTopics([]string{name}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := a.g.Publish(t.Context(), name, make([]byte, pubsub.MaxMessage+1)); !errors.Is(err, pubsub.ErrTooBig) {
			t.Errorf("too big: %v", err)
		}
		publish(t, a, string(make([]byte, pubsub.MaxMessage)))
		time.Sleep(3 * time.Second)
		if b.has(string(make([]byte, pubsub.MaxMessage))) != 1 {
			t.Error("the largest message did not arrive")
		}
	})
}

// deaf resets the first streams of each protocol, as a host does whose peer is not admitted yet.
type deaf struct {
	host.Host
	left *atomic.Int64
}

func (d deaf) SetStreamHandler(id protocol.ID, f network.StreamHandler) {
	d.Host.SetStreamHandler(id, func(s network.Stream) {
		if d.left.Add(-1) >= 0 {
			s.Reset()
			return
		}
		f(s)
	})
}

func TestPeersGivenUpAreFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hs := hosts(t, 2)
		left := &atomic.Int64{}
		left.Store(20)
		a := start(t, hs[0], pubsub.Config{})
		b := start(t, deaf{hs[1], left}, pubsub.Config{})
		connect(t, hs[0], hs[1])
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		for len(b.g.Peers(name)) == 0 {
			if ctx.Err() != nil {
				t.Fatal("b never learns that a is in the topic")
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Second)
		publish(t, b, "hello")
		time.Sleep(2 * time.Second)
		if a.has("hello") != 1 {
			t.Errorf("got %v", a.got)
		}
	})
}
