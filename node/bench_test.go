package node_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// BenchmarkB3Accept: how many messages of 300 bytes a second one node takes in: verified, decrypted, stored, durable, each shown by an
// event; against how many signatures this machine can verify, both on all processors. The wires come through the door of a sync session, as
// many abreast as there; who sends them and the network are not in it (B6 has both). Their texts wait for the index of search until the node has
// nothing else to do; what that costs then is a figure of its own.
func BenchmarkB3Accept(b *testing.B) {
	const want, frame = 10_000, 512 // as many wires as a frame of a session has
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
	before := a.WireIDs()
	for i := range want {
		if _, err := a.Post(b.Context(), general, node.NewMessage{Text: fmt.Sprintf("%d %s", i, prose(i, 290))}); err != nil {
			b.Fatal(err)
		}
	}
	wires := a.WiresSince(before)
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	var ours, theirs, cost, later, verify []float64
	for range nodetest.Rounds {
		data := b.TempDir()
		if err := os.CopyFS(data, os.DirFS(home)); err != nil {
			b.Fatal(err)
		}
		back := nodetest.Loopback(b, data, "")
		base := back.EventCursor()
		at, start := time.Now(), nodetest.CPU()
		frames := make(chan [][]byte)
		var wg sync.WaitGroup
		for range history.Abreast {
			wg.Go(func() {
				for f := range frames {
					if stored, err := back.TakeWires(b.Context(), f); err != nil || len(stored) != len(f) {
						b.Errorf("%d of %d stored: %v", len(stored), len(f), err)
					}
				}
			})
		}
		for f := range slices.Chunk(wires, frame) {
			frames <- f
		}
		close(frames)
		wg.Wait()
		ours = append(ours, float64(len(wires))/time.Since(at).Seconds())
		cost = append(cost, float64((nodetest.CPU()-start).Microseconds())/float64(len(wires)))
		start = nodetest.CPU()
		if found, _, err := back.Search(node.Search{Query: strings.Fields(prose(1, 40))[0], Limit: 1}); err != nil || len(found) == 0 {
			b.Errorf("search finds %d: %v", len(found), err)
		}
		later = append(later, float64((nodetest.CPU()-start).Microseconds())/float64(len(wires)))
		if got := back.EventCursor() - base; got < want {
			b.Errorf("%d events of %d messages", got, want)
		}
		if err := back.Close(); err != nil {
			b.Fatal(err)
		}
		start = nodetest.CPU()
		n := nodetest.Verifies()
		theirs, verify = append(theirs, n), append(verify, float64((nodetest.CPU()-start).Microseconds())/n)
	}
	nodetest.Report("B3 accept", "messages/s", len(wires), ours, theirs, slices.Max(ours), "ed25519 verify/s", "≥ 0.5")
	nodetest.Report("B3 accept processor", "µs/message", len(wires), cost, verify, slices.Min(cost), "ed25519 verify", "")
	nodetest.Alone("B3 accept, index of search later", "µs/message", len(wires), later, slices.Min(later), "")
}

// prose is a text of so many bytes made of words as frequent as those of a language are: the k-th of 5,000 comes up about 1/k as often as the first.
func prose(seed, size int) string {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	zipf := rand.NewZipf(rng, 1.1, 2, 4999)
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "%s ", strconv.FormatUint(zipf.Uint64()*7919+1000, 36))
	}
	return b.String()[:size]
}

// BenchmarkMembersPage: a community of 5,000 members with 50 groups: from the start of its node to the first members shown, and a page
// of members once more, as the API asks for it.
func BenchmarkMembersPage(b *testing.B) {
	const people, groups, page = 5000, 50, 50
	home := b.TempDir()
	a := nodetest.Loopback(b, home, "Asha")
	com, _ := nodetest.Town(b, a)
	if _, err := a.Populate(b.Context(), com, people, groups); err != nil {
		b.Fatal(err)
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	var start, cost, first, again []float64
	for range nodetest.Rounds {
		at, used := time.Now(), nodetest.CPU()
		n := nodetest.Loopback(b, home, "")
		start, cost = append(start, ms(at)), append(cost, float64((nodetest.CPU()-used).Microseconds())/1000)
		for _, to := range []*[]float64{&first, &again} {
			at = time.Now()
			list, err := n.Members(com, node.ListMembers{Cut: func(n int, _ func(int) string) (from, to int, err error) { return n - page, n, nil }})
			if err != nil || len(list) != page || slices.ContainsFunc(list, func(m node.Member) bool { return !strings.HasPrefix(m.DisplayName, "Member ") }) {
				b.Fatalf("%d members: %v", len(list), err)
			}
			*to = append(*to, ms(at))
		}
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	}
	nodetest.Alone("5,000 members, 50 groups: node starts", "ms", people, start, slices.Min(start), "≤ 1000 ms")
	nodetest.Alone("5,000 members, 50 groups: node starts, processor", "ms", people, cost, slices.Min(cost), "≤ 1000 ms")
	nodetest.Alone("5,000 members, 50 groups: members, first time", "ms", people, first, slices.Min(first), "≤ 50 ms")
	nodetest.Alone("5,000 members, 50 groups: members, again", "ms", people, again, slices.Min(again), "≤ 50 ms")
}

func ms(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }
