package nodetest_test

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/node"
)

// rounds of each benchmark, ours and the anchor in turn.
const rounds = 5

func full() bool { return os.Getenv("PANDAL_FULL") == "1" }

// report prints one figure as one JSON line, for .ci/bench: medians over the rounds, and our best.
func report(name, unit string, n int, ours, anchor []float64, best float64, against, must string) {
	o, a := median(ours), median(anchor)
	line, _ := json.Marshal(map[string]any{"name": name, "ours": short(o), "anchor": short(a), "ratio": short(o / a), "unit": unit, "n": n,
		"rounds": len(ours), "best": short(best), "against": against, "must": must})
	fmt.Println(string(line))
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

func short(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	return y
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// loopback starts a node on real sockets of this machine.
func loopback(b *testing.B, data, name string) *node.Node {
	b.Helper()
	n, err := node.Open(b.Context(), node.Config{Data: data, Name: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	return n
}

// town founds a community and returns it with its General group.
func town(b *testing.B, n *node.Node) (community, general string) {
	b.Helper()
	c, err := n.CreateCommunity(b.Context(), node.NewCommunity{Name: "Sunrise", DisplayName: "Asha"})
	if err != nil {
		b.Fatal(err)
	}
	list, err := n.Groups(c.ID)
	if err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(list, func(g node.Group) bool { return g.Name == "General" })
	return c.ID, list[i].ID
}

func join(b *testing.B, n *node.Node, link, name, general string) {
	b.Helper()
	if _, err := n.Accept(b.Context(), node.AcceptInvite{Link: link, DisplayName: name}); err != nil {
		b.Fatal(err)
	}
	until(b, name+" is in", func() bool { g, err := n.Group(general); return err == nil && g.Joined })
}

func until(b *testing.B, what string, ok func() bool) {
	b.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("in vain: " + what)
		}
	}
}

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
	each := 16 // five rounds and a warm-up stay below the quota of an author
	if n > 50 {
		each = 4
	}
	first := loopback(b, b.TempDir(), "Asha")
	com, general := town(b, first)
	inv, err := first.CreateInvite(b.Context(), com, node.NewInvite{MaxUses: 1000, Groups: []string{general}})
	if err != nil {
		b.Fatal(err)
	}
	nodes := []*node.Node{first}
	for i := 1; i < n; i++ {
		nd := loopback(b, b.TempDir(), fmt.Sprint("Member ", i))
		join(b, nd, inv.Link, fmt.Sprint("Member ", i), general)
		nodes = append(nodes, nd)
	}
	time.Sleep(5 * time.Second) // meshes form at heartbeats, receipts and introductions end
	bare := plain(b, nodes)
	text := strings.Repeat("x", 300)
	deliveries := float64(n * (n - 1) * each)
	var ours, theirs, rate, theirRate []float64
	for round := range rounds + 1 {
		start, at := cpu(), time.Now()
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
		took, wall := cpu()-start, time.Since(at)
		start, at = cpu(), time.Now()
		bare(each, text)
		if round == 0 {
			continue
		}
		ours, rate = append(ours, float64(took.Microseconds())/deliveries), append(rate, deliveries/wall.Seconds())
		theirs = append(theirs, float64((cpu()-start).Microseconds())/deliveries)
		theirRate = append(theirRate, deliveries/time.Since(at).Seconds())
	}
	name := fmt.Sprintf("B2 fanout_%d", n)
	report(name+" processor", "µs/delivery", each*n, ours, theirs, slices.Min(ours), "gossipsub StrictSign", "≤ 1.2×")
	report(name+" rate", "deliveries/s", each*n, rate, theirRate, slices.Max(rate), "gossipsub StrictSign", "")
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

// BenchmarkB3Accept: how many messages a second a node that was away takes in: verified, decrypted, stored, indexed, durable; against how
// many signatures this machine can verify, both on all processors.
func BenchmarkB3Accept(b *testing.B) {
	const want = 10_000
	a := loopback(b, b.TempDir(), "Asha")
	com, general := town(b, a)
	inv, err := a.CreateInvite(b.Context(), com, node.NewInvite{Groups: []string{general}})
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	away := loopback(b, home, "Budi")
	join(b, away, inv.Link, "Budi", general)
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
	for range rounds {
		data := b.TempDir()
		if err := os.CopyFS(data, os.DirFS(home)); err != nil {
			b.Fatal(err)
		}
		back := loopback(b, data, "")
		base := back.EventCursor()
		until(b, "he is back", func() bool { return back.EventCursor() >= base+8 }) // what comes first is that he is connected
		first, at := back.EventCursor(), time.Now()
		seen(b, back, base, want)
		ours = append(ours, float64(want-int(first-base))/time.Since(at).Seconds())
		if err := back.Close(); err != nil {
			b.Fatal(err)
		}
		theirs = append(theirs, verifies())
	}
	report("B3 accept", "messages/s", want, ours, theirs, slices.MaxFunc(ours, cmp.Compare), "ed25519 verify/s", "≥ 0.5")
}

// verifies counts the signatures that all processors verify in a second.
func verifies() float64 {
	pub, key, _ := ed25519.GenerateKey(nil)
	msg := make([]byte, 400)
	sig := ed25519.Sign(key, msg)
	var n atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(time.Second)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Now().Before(end) {
				ed25519.Verify(pub, msg, sig)
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load())
}
