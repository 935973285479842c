package nodetest_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

func full() bool { return os.Getenv("PANDAL_FULL") == "1" }

// BenchmarkB2Fanout: everybody in a group of n posts a few messages of 300 bytes at once, until everybody has stored all of them;
// against gossipsub as it comes, which signs, on the same graph of connections.
func BenchmarkB2Fanout(b *testing.B) {
	sizes := []int{20}
	if full() {
		sizes = append(sizes, 100)
	}
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) { fanout(b, n) })
	}
}

func fanout(b *testing.B, n int) {
	each := 16 // stays below the quota of an author: the rounds take longer than 100 and 10 a second last
	if n > 50 {
		each = 4
	}
	first := nodetest.Loopback(b, b.TempDir(), "Asha")
	com, general := nodetest.Town(b, first)
	inv, err := first.CreateInvite(b.Context(), com, node.NewInvite{MaxUses: 1000, Groups: []string{general}})
	if err != nil {
		b.Fatal(err)
	}
	nodes := []*node.Node{first}
	for i := 1; i < n; i++ {
		nd := nodetest.Loopback(b, b.TempDir(), fmt.Sprint("Member ", i))
		nodetest.JoinBy(b, nd, inv.Link, fmt.Sprint("Member ", i), general)
		nodes = append(nodes, nd)
	}
	time.Sleep(5 * time.Second) // meshes form at heartbeats, receipts and introductions end
	bare := plain(b, nodes)
	text := strings.Repeat("x", 300)
	deliveries := float64(n * (n - 1) * each)
	var ours, theirs, rate, theirRate []float64
	for round := range 2*nodetest.Rounds + 2 { // more than of other figures, which tell less of their neighbours on the machine
		start, at := nodetest.CPU(), time.Now()
		got := make([]int64, n)
		for i, nd := range nodes {
			got[i] = nd.EventCursor()
		}
		var wg sync.WaitGroup
		for _, nd := range nodes {
			wg.Go(func() {
				for range each {
					if _, err := nd.Post(b.Context(), general, node.NewMessage{Text: text}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i, nd := range nodes {
			wg.Go(func() { seen(b, nd, got[i], n*each) })
		}
		wg.Wait()
		took, wall := nodetest.CPU()-start, time.Since(at)
		start, at = nodetest.CPU(), time.Now()
		bare(each, text)
		if round == 0 {
			continue
		}
		ours, rate = append(ours, float64(took.Microseconds())/deliveries), append(rate, deliveries/wall.Seconds())
		theirs = append(theirs, float64((nodetest.CPU()-start).Microseconds())/deliveries)
		theirRate = append(theirRate, deliveries/time.Since(at).Seconds())
	}
	name := fmt.Sprintf("B2 fanout_%d", n)
	nodetest.Report(name+" processor", "µs/delivery", each*n, ours, theirs, slices.Min(ours), "gossipsub StrictSign", "≤ 1.2×")
	nodetest.Report(name+" rate", "deliveries/s", each*n, rate, theirRate, slices.Max(rate), "gossipsub StrictSign", "")
}

// seen waits until a node has shown so many messages after an event.
func seen(b *testing.B, nd *node.Node, after int64, want int) {
	end := time.After(2 * time.Minute)
	for nd.EventCursor() < after+int64(want) { // cheaper than to look at every event as it comes, which is not what is measured
		changed := nd.Changed()
		if nd.EventCursor() >= after+int64(want) {
			break
		}
		select {
		case <-changed:
		case <-end:
			b.Errorf("%d messages did not arrive", want)
			return
		}
	}
	for have := 0; have < want; {
		changed := nd.Changed()
		list, err := nd.Events(after, 1000)
		if err != nil {
			b.Error(err)
			return
		}
		for _, e := range list {
			after = e.ID
			if e.Type == "message.created" {
				have++
			}
		}
		if have >= want || len(list) == 1000 {
			continue
		}
		select {
		case <-changed:
		case <-end:
			b.Errorf("%d of %d messages arrived", have, want)
			return
		}
	}
}

// plain starts as many bare gossipsub hosts, connected as the nodes are, and returns a round of theirs.
func plain(b *testing.B, nodes []*node.Node) func(each int, text string) {
	b.Helper()
	var hosts []host.Host
	var subs []*lib.Subscription
	var topics []*lib.Topic
	index := map[string]int{}
	for i, nd := range nodes {
		h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { h.Close() })
		ps, err := lib.NewGossipSub(b.Context(), h, lib.WithPeerOutboundQueueSize(512), lib.WithValidateQueueSize(1024))
		if err != nil {
			b.Fatal(err)
		}
		t, err := ps.Join("town")
		if err != nil {
			b.Fatal(err)
		}
		s, err := t.Subscribe(lib.WithBufferSize(4096))
		if err != nil {
			b.Fatal(err)
		}
		hosts, topics, subs = append(hosts, h), append(topics, t), append(subs, s)
		index[nd.Network()[0].PeerID] = i
	}
	for i, nd := range nodes {
		for _, p := range nd.Peers() {
			to := hosts[index[p.ID]]
			if err := hosts[i].Connect(b.Context(), peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
				b.Fatal(err)
			}
		}
	}
	time.Sleep(5 * time.Second)
	return func(each int, text string) {
		var wg sync.WaitGroup
		for i := range hosts {
			wg.Go(func() {
				for k := range each {
					if err := topics[i].Publish(b.Context(), fmt.Appendf(nil, "%s%d", text, k)); err != nil {
						b.Error(err)
					}
				}
			})
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
				defer cancel()
				for k := range len(hosts) * each {
					if _, err := subs[i].Next(ctx); err != nil {
						b.Logf("bare gossipsub lost %d of %d", len(hosts)*each-k, len(hosts)*each)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// BenchmarkB6History: how many messages a second a node that was away gets from another one in the same process: served, sent, verified,
// decrypted, stored, indexed, durable; against how many signatures this machine can verify, both on all processors.
func BenchmarkB6History(b *testing.B) {
	const want = 10_000
	a := nodetest.Loopback(b, b.TempDir(), "Asha")
	com, general := nodetest.Town(b, a)
	inv, err := a.CreateInvite(b.Context(), com, node.NewInvite{Groups: []string{general}})
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	away := nodetest.Loopback(b, home, "Budi")
	nodetest.JoinBy(b, away, inv.Link, "Budi", general)
	time.Sleep(3 * time.Second) // his profile and receipts are through
	if err := away.Close(); err != nil {
		b.Fatal(err)
	}
	for i := range want {
		if _, err := a.Post(b.Context(), general, node.NewMessage{Text: fmt.Sprintf("%d %s", i, strings.Repeat("x", 290))}); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs []float64
	for range nodetest.Rounds {
		data := b.TempDir()
		if err := os.CopyFS(data, os.DirFS(home)); err != nil {
			b.Fatal(err)
		}
		back := nodetest.Loopback(b, data, "")
		base := back.EventCursor()
		nodetest.Until(b, "he is back", func() bool { return back.EventCursor() >= base+8 }) // what comes first is that he is connected
		first, at := back.EventCursor(), time.Now()
		seen(b, back, base, want)
		ours = append(ours, float64(want-int(first-base))/time.Since(at).Seconds())
		if err := back.Close(); err != nil {
			b.Fatal(err)
		}
		theirs = append(theirs, nodetest.Verifies())
	}
	nodetest.Report("B6 history_10k", "messages/s", want, ours, theirs, slices.Max(ours), "ed25519 verify/s", "≥ 5000/s")
}
