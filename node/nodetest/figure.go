package nodetest

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// Rounds of each benchmark, ours and the anchor in turn.
const Rounds = 5

// Report prints one figure as one JSON line, for .ci/bench: medians over the rounds, and our best.
func Report(name, unit string, n int, ours, anchor []float64, best float64, against, must string) {
	o, a := median(ours), median(anchor)
	line, _ := json.Marshal(map[string]any{"name": name, "ours": short(o), "anchor": short(a), "ratio": short(o / a), "unit": unit, "n": n,
		"rounds": len(ours), "best": short(best), "against": against, "must": must})
	fmt.Println(string(line))
}

// Alone prints a figure that has no anchor.
func Alone(name, unit string, n int, ours []float64, best float64, must string) {
	line, _ := json.Marshal(map[string]any{"name": name, "ours": short(median(ours)), "unit": unit, "n": n, "rounds": len(ours), "best": short(best), "must": must})
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

// CPU is the processor time that this process has used.
func CPU() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// Loopback starts a node on real sockets of this machine.
func Loopback(b *testing.B, data, name string) *node.Node {
	b.Helper()
	n, err := node.Open(b.Context(), node.Config{Data: data, Name: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	return n
}

// Town founds a community and returns it with its General group.
func Town(b *testing.B, n *node.Node) (community, general string) {
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

// JoinBy lets a node join by a link and waits until it is in the group.
func JoinBy(b *testing.B, n *node.Node, link, name, general string) {
	b.Helper()
	if _, err := n.Accept(b.Context(), node.AcceptInvite{Link: link, DisplayName: name}); err != nil {
		b.Fatal(err)
	}
	Until(b, name+" is in", func() bool { g, err := n.Group(general); return err == nil && g.Joined })
}

// Until waits in real time, at most two minutes.
func Until(b *testing.B, what string, ok func() bool) {
	b.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("in vain: " + what)
		}
	}
}

// Verifies counts the signatures that all processors verify in a second.
func Verifies() float64 {
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
