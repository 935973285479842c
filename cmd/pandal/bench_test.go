package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/node"
)

// rounds of each benchmark, ours and the anchor in turn.
const rounds = 5

// report prints one figure as one JSON line; .ci/bench gathers them. Values are medians over the rounds, best is our best round. Without an
// anchor there is no ratio.
func report(name, unit string, n int, ours, anchor []float64, against, must string) {
	line := map[string]any{"name": name, "ours": round3(median(ours)), "unit": unit, "n": n, "rounds": len(ours), "best": round3(slices.Min(ours)), "must": must}
	if len(anchor) > 0 {
		line["anchor"], line["ratio"], line["against"] = round3(median(anchor)), round3(median(ours)/median(anchor)), against
	}
	raw, _ := json.Marshal(line)
	fmt.Println(string(raw))
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

func round3(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	return y
}

// pair returns two bare libp2p hosts on loopback that answer each other's 300 bytes.
func pair(b *testing.B) (host.Host, host.Host) {
	b.Helper()
	var hs []host.Host
	for range 2 {
		h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { h.Close() })
		hs = append(hs, h)
	}
	hs[1].SetStreamHandler("/pong", func(s network.Stream) { io.Copy(s, s); s.Close() })
	if err := hs[0].Connect(context.Background(), peer.AddrInfo{ID: hs[1].ID(), Addrs: hs[1].Addrs()}); err != nil {
		b.Fatal(err)
	}
	return hs[0], hs[1]
}

// subscribe follows a node's events and sends the time at which each message came, by its text.
func (p *process) subscribe() <-chan time.Time {
	p.t.Helper()
	req, err := http.NewRequest("GET", p.url+"/api/v1/events?types=message.created", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { resp.Body.Close() })
	out := make(chan time.Time, 1000)
	go func() { // ends with the response
		sc := bufio.NewScanner(resp.Body)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			if strings.HasPrefix(sc.Text(), "data:") {
				out <- time.Now()
			}
		}
	}()
	return out
}

// BenchmarkB1Latency: API send at one node until the API event at another, encrypted and durable on both, 300 bytes; against half a bare
// libp2p ping-pong plus one fsync.
func BenchmarkB1Latency(b *testing.B) {
	a, c := newProcess(b, "asha"), newProcess(b, "budi")
	a.start()
	c.start()
	com, general := a.found()
	c.join(a.invite(com, general), general)
	c.within(time.Minute, "be ready", func() bool {
		var m struct{ Delivery struct{ State string } }
		a.must("POST", "/groups/"+general+"/messages?wait=delivered&timeout=5", map[string]any{"text": "warm up"}, &m)
		return m.Delivery.State == "delivered"
	})
	came := c.subscribe()
	time.Sleep(time.Second) // the receipts of the warm-up are sent within two seconds; nothing depends on it
	h, g := pair(b)
	text := strings.Repeat("x", 300)
	const each = 40
	var p50, p99, anchor []float64
	for range rounds {
		var ours, bare []float64
		for range each {
			time.Sleep(110 * time.Millisecond) // the API takes ten posts a second
			for len(came) > 0 {
				<-came
			}
			at := time.Now()
			a.must("POST", "/groups/"+general+"/messages", map[string]any{"text": text}, nil)
			select {
			case t := <-came:
				ours = append(ours, float64(t.Sub(at).Microseconds())/1000)
			case <-time.After(10 * time.Second):
				b.Fatal("a message did not arrive")
			}
			bare = append(bare, pingPong(b, h, g)/2+fsync(b))
		}
		slices.Sort(ours)
		p50, p99, anchor = append(p50, ours[len(ours)/2]), append(p99, ours[len(ours)-1]), append(anchor, median(bare))
	}
	report("B1 msg_latency p50", "ms", each, p50, anchor, "half a libp2p ping-pong + fsync", "≤ 10×")
	report("B1 msg_latency slowest of 40", "ms", each, p99, anchor, "half a libp2p ping-pong + fsync", "")
}

// pingPong takes one exchange of 300 bytes on a fresh stream's second use, in ms.
func pingPong(b *testing.B, from, to host.Host) float64 {
	s, err := from.NewStream(context.Background(), to.ID(), "/pong")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	buf := make([]byte, 300)
	var took time.Duration
	for range 2 {
		at := time.Now()
		if _, err := s.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(s, buf); err != nil {
			b.Fatal(err)
		}
		took = time.Since(at)
	}
	return float64(took.Microseconds()) / 1000
}

func fsync(b *testing.B) float64 {
	f, err := os.CreateTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	at := time.Now()
	if _, err := f.Write(make([]byte, 300)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return float64(time.Since(at).Microseconds()) / 1000
}

// BenchmarkB12ColdStart: exec until the API answers, with 100,000 messages in the store; against starting a bare libp2p host.
func BenchmarkB12ColdStart(b *testing.B) {
	p := newProcess(b, "asha")
	p.start()
	_, general := p.found()
	const want = 100_000
	p.kill()
	if err := fill(p.data, general, want, plainText); err != nil {
		b.Fatal(err)
	}
	var ours, anchor []float64
	for range rounds {
		at := time.Now()
		p.start()
		ours = append(ours, float64(time.Since(at).Microseconds())/1000)
		var page struct{ Items []idOnly }
		p.must("GET", "/groups/"+general+"/messages?limit=50", nil, &page)
		if len(page.Items) != 50 {
			b.Fatal("the messages are not there")
		}
		p.kill()
		at = time.Now()
		h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics())
		if err != nil {
			b.Fatal(err)
		}
		anchor = append(anchor, float64(time.Since(at).Microseconds())/1000)
		h.Close()
	}
	report(fmt.Sprintf("B12 cold_start with %d messages", want), "ms", want, ours, anchor, "start of a bare libp2p host", "≤ 1000 ms")
}

// bareHost makes this test program a bare host in a process of its own, for B13.
const bareHost = "PANDAL_BENCH_BARE_HOST"

func TestBareHost(t *testing.T) {
	if os.Getenv(bareHost) == "" {
		t.Skip("for a benchmark")
	}
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pubsub.NewGossipSub(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Minute) // until it is killed
}

// BenchmarkB13Idle: resident memory and processor time of a node with one community and one peer; against a bare libp2p host with gossipsub,
// each in a process of its own.
func BenchmarkB13Idle(b *testing.B) {
	a, c := newProcess(b, "asha"), newProcess(b, "budi")
	a.start()
	c.start()
	com, general := a.found()
	c.join(a.invite(com, general), general)
	bare := exec.Command(os.Args[0], "-test.run", "^TestBareHost$")
	bare.Env = append(os.Environ(), bareHost+"=1")
	if err := bare.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { bare.Process.Kill(); bare.Wait() }()
	time.Sleep(5 * time.Second) // settle: idle is what is measured
	var ours, anchor, cpu, bareCPU []float64
	for range rounds {
		at, bareAt := used(b, c.cmd.Process.Pid), used(b, bare.Process.Pid)
		time.Sleep(6 * time.Second) // for which the processor time of doing nothing is counted
		cpu = append(cpu, (used(b, c.cmd.Process.Pid)-at)/6*3600)
		bareCPU = append(bareCPU, (used(b, bare.Process.Pid)-bareAt)/6*3600)
		ours, anchor = append(ours, rss(b, c.cmd.Process.Pid)), append(anchor, rss(b, bare.Process.Pid))
	}
	report("B13 idle resident memory", "MiB", 1, ours, anchor, "bare libp2p + gossipsub", "≤ 60 MiB")
	report("B13 idle processor time", "s/h", 1, cpu, bareCPU, "bare libp2p + gossipsub", "")
}

// rss reads resident memory in MiB.
func rss(b *testing.B, pid int) float64 {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(raw))[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

// used reads the processor time of a process, in seconds, as the scheduler counts it: an idle node uses less than a tick of the clock.
func used(b *testing.B, pid int) (s float64) {
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
	if err != nil || len(threads) == 0 {
		b.Fatal("no processor time of a process: ", err)
	}
	for _, t := range threads {
		raw, err := os.ReadFile(t)
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseFloat(strings.Fields(string(raw))[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		s += ns / 1e9
	}
	return s
}

// fill posts n messages through the node itself, which is quicker than the API allows, many at a time, so that they share what makes them durable.
func fill(data, group string, n int, text func(int) string) error {
	nd, err := node.Open(context.Background(), node.Config{Data: data, Mode: node.ModeOffline})
	if err != nil {
		return err
	}
	const abreast = 32
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for part := range abreast {
		all.Go(func() {
			for i := part; i < n; i += abreast {
				if _, err := nd.Post(context.Background(), group, node.NewMessage{Text: text(i)}); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if f := failed.Load(); f != nil {
		err = *f
	}
	_, _, e := nd.Search(node.Search{Query: "x", Limit: 1}) // the index takes them in
	return errors.Join(err, e, nd.Close())
}

// plainText is what people might write.
func plainText(i int) string {
	return fmt.Sprintf("message number %d of many, as people write them", i)
}
