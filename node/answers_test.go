package node_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// flood is what many answers to one announcement cost a node of the desk, for each of them: bytes that its store grows by, microseconds of processor;
// and how long the announcement, with its counts, takes to be shown then.
type flood struct{ bytes, processor, show float64 }

// answered lets n people of a community acknowledge an announcement, and a fifth of them react, at a node that holds the community in home.
func answered(tb testing.TB, home string, com string, people []identity.DeviceKey, n int) flood {
	tb.Helper()
	data := tb.TempDir()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	must(os.CopyFS(data, os.DirFS(home)))
	size := func() (sum float64) {
		for _, name := range []string{"pandal.db", "pandal.db-wal"} {
			if st, err := os.Stat(filepath.Join(data, name)); err == nil {
				sum += float64(st.Size())
			}
		}
		return sum
	}
	start := func() *node.Node {
		nd, err := node.Open(tb.Context(), node.Config{Data: data, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
		must(err)
		return nd
	}
	nd := start()
	a, err := nd.Announce(tb.Context(), com, node.NewAnnouncement{Text: "Water is off", AckWanted: true})
	must(err)
	wires, err := nd.AnswersOf(a.ID, people[:n], n/5)
	must(err)
	must(nd.Close())
	before := size()
	nd = start()
	used := nodetest.CPU()
	for part := range slices.Chunk(wires, 512) {
		stored, err := nd.TakeWires(tb.Context(), part)
		if must(err); len(stored) != len(part) {
			tb.Fatalf("%d of %d answers stored", len(stored), len(part))
		}
	}
	f := flood{processor: float64((nodetest.CPU() - used).Microseconds()) / float64(len(wires))}
	m, err := nd.Message(a.ID)
	must(err)
	shows := make([]float64, 9)
	for i := range shows {
		at := time.Now()
		_, err = nd.Message(a.ID)
		must(err)
		shows[i] = ms(at)
	}
	f.show = slices.Sorted(slices.Values(shows))[len(shows)/2]
	reactions := 0
	for _, r := range m.Reactions {
		reactions += r.Count
	}
	if m.Announcement.Acks != n || reactions != n/5 {
		tb.Fatalf("%d of %d acknowledged and %d of %d reacted", m.Announcement.Acks, n, reactions, n/5)
	}
	must(nd.Close())
	f.bytes = (size() - before) / float64(len(wires))
	return f
}

// crowded is a community of so many people.
func crowded(tb testing.TB, n int) (home, com string, people []identity.DeviceKey) {
	tb.Helper()
	home = tb.TempDir()
	a, err := node.Open(tb.Context(), node.Config{Data: home, Name: "Asha", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
	if err != nil {
		tb.Fatal(err)
	}
	c, err := a.CreateCommunity(tb.Context(), node.NewCommunity{Name: "Sunrise"})
	if err != nil {
		tb.Fatal(err)
	}
	if people, err = a.Populate(tb.Context(), c.ID, n, 0); err != nil {
		tb.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); a.DeskKeys() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatal("there is no desk")
		}
	}
	if err := a.Close(); err != nil {
		tb.Fatal(err)
	}
	return home, c.ID, people
}

// TestAnswersLinear: twice the answers take twice the room at a node of the desk, however many came before, and the announcement is shown as soon.
func TestAnswersLinear(t *testing.T) {
	most := 1250
	if os.Getenv("PANDAL_FULL") == "1" {
		most = 5000
	}
	home, com, people := crowded(t, most)
	var first flood
	for n := most / 4; n <= most; n *= 2 {
		f := answered(t, home, com, people, n)
		t.Logf("%d acknowledgements and %d reactions: %.0f bytes and %.0f µs of processor each; shown in %.2f ms", n, n/5, f.bytes, f.processor, f.show)
		if n == most/4 {
			first = f
		}
		if f.bytes > 1.15*first.bytes {
			t.Errorf("of %d answers one takes %.0f bytes, of %d %.0f", n, f.bytes, most/4, first.bytes)
		}
		if f.show > 5 {
			t.Errorf("with %d answers the announcement takes %.1f ms to be shown", n, f.show)
		}
	}
}

// BenchmarkAnswers: what 5,000 acknowledgements and 1,000 reactions of one announcement cost a node of the desk.
func BenchmarkAnswers(b *testing.B) {
	const n = 5000
	home, com, people := crowded(b, n)
	var bytes, processor, show []float64
	for range nodetest.Rounds {
		f := answered(b, home, com, people, n)
		bytes, processor, show = append(bytes, f.bytes), append(processor, f.processor), append(show, f.show)
	}
	nodetest.Alone("5,000 acknowledgements and 1,000 reactions of one announcement: store", "bytes/answer", n, bytes, slices.Min(bytes), "")
	nodetest.Alone("5,000 acknowledgements and 1,000 reactions of one announcement: processor", "µs/answer", n, processor, slices.Min(processor), "")
	nodetest.Alone("5,000 acknowledgements and 1,000 reactions of one announcement: shown", "ms", n, show, slices.Min(show), "≤ 5 ms")
}
