package host

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"
)

// local starts a host on free loopback ports; it ends with the test.
func local(t *testing.T, cfg Config) (*Host, chan PeerEvent) {
	t.Helper()
	events := make(chan PeerEvent, 100)
	cfg.OnPeer = func(e PeerEvent) { events <- e }
	if cfg.Key == nil {
		cfg.Key = seed()
	}
	listen, err := FreeListen([]string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen = listen
	cfg.NAT = true // has no effect on loopback
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, events
}

func next(t *testing.T, events chan PeerEvent) PeerEvent {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(15 * time.Second):
		t.Fatal("no event")
		return PeerEvent{}
	}
}

func TestLoopback(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/libp2p/go-flow-metrics.(*sweeper).run"))
	t.Run("two hosts", func(t *testing.T) {
		a, ea := local(t, Config{Auth: testAuth(communityKey, "a", everybody)})
		b, eb := local(t, Config{Auth: testAuth(communityKey, "k", everybody)})
		var addrs []string
		for _, x := range b.Addrs() {
			addrs = append(addrs, x.String())
		}
		infos, err := ParseAddrs(addrs)
		if err != nil || len(infos) != 1 {
			t.Fatal(infos, err)
		}
		role, err := a.Connect(t.Context(), infos[0])
		if err != nil || role != Keeper {
			t.Fatal(role, err)
		}
		if e := next(t, ea); e.ID != b.ID() || len(e.Addrs) == 0 || e.Given != Member {
			t.Errorf("event %+v", e)
		}
		next(t, eb)
		for _, c := range a.Bare().Network().Conns() {
			if s := c.ConnState(); s.Transport == "tcp" && !strings.Contains(string(s.Security), "tls") {
				t.Errorf("security %v", s.Security)
			}
		}
		got, err := a.Bare().Peerstore().Get(b.ID(), "AgentVersion")
		if err != nil || strings.Contains(got.(string), "pandal") {
			t.Errorf("agent %v, %v", got, err)
		}
		b.View().SetStreamHandler("/test", func(s network.Stream) { s.Write([]byte("ok")); s.Close() })
		if !hears(t, a, b, "/test") {
			t.Error("no stream")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if e := next(t, eb); e.Connected {
			t.Errorf("event %+v", e)
		}
	})
}

func TestRemembered(t *testing.T) {
	b, _ := local(t, Config{Auth: testAuth(communityKey, "b", everybody)})
	gone := peer.AddrInfo{ID: "gone", Addrs: b.Bare().Addrs()}
	_, ea := local(t, Config{
		Auth:       testAuth(communityKey, "a", everybody),
		Remembered: func() []peer.AddrInfo { return []peer.AddrInfo{gone, info(b)} },
	})
	if e := next(t, ea); e.ID != b.ID() {
		t.Errorf("event %+v", e)
	}
}

func TestFreeListen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken, err := portOf(mustAddr(t, "/ip4/127.0.0.1/tcp/"+l.Addr().String()[len("127.0.0.1:"):]))
	if err != nil {
		t.Fatal(err)
	}
	a, err := withPort(mustAddr(t, "/ip4/127.0.0.1/tcp/1"), taken)
	if err != nil {
		t.Fatal(err)
	}
	u, err := withPort(mustAddr(t, "/ip4/127.0.0.1/udp/1/quic-v1"), taken)
	if err != nil {
		t.Fatal(err)
	}
	got, err := FreeListen([]string{a.String(), u.String()})
	if err != nil {
		t.Fatal(err)
	}
	pa, err1 := portOf(mustAddr(t, got[0]))
	pu, err2 := portOf(mustAddr(t, got[1]))
	if err1 != nil || err2 != nil || pa != pu || pa <= taken || !strings.HasSuffix(got[1], "/quic-v1") {
		t.Errorf("%d is taken: %v", taken, got)
	}
	again, err := FreeListen(got)
	if err != nil || again[0] != got[0] {
		t.Errorf("free ports moved: %v, %v", again, err)
	}
	for _, bad := range []string{"nonsense", "/ip4/127.0.0.1", "/ip4/192.0.2.1/tcp/4001"} {
		if got, err := FreeListen([]string{bad}); err == nil {
			t.Errorf("%s: %v", bad, got)
		}
	}
}

func mustAddr(t *testing.T, s string) ma.Multiaddr {
	t.Helper()
	a, err := ma.NewMultiaddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRendezvous(t *testing.T) {
	key := sha256.Sum256([]byte("day and slot"))
	dht := func(c Config) Config { c.DHT, c.DHTPrefix = true, "pandal-test"; return c }
	boot, _ := local(t, dht(Config{DHTServer: true, Auth: testAuth(make([]byte, 32), "", nil)}))
	var at []string
	for _, a := range boot.Addrs() {
		at = append(at, a.String())
	}
	a, ea := local(t, dht(Config{Bootstrap: at, Auth: testAuth(communityKey, "a", everybody)}))
	b, _ := local(t, dht(Config{Bootstrap: at, Auth: testAuth(communityKey, "b", everybody)}))
	a.SetRendezvous([][32]byte{key})
	b.SetRendezvous([][32]byte{{1}, key})
	if e := next(t, ea); e.ID != b.ID() || !e.Member() {
		t.Errorf("event %+v", e)
	}
	if boot.Members() != 0 {
		t.Error("the DHT's server is a member")
	}
	other, err := New(Config{Key: seed(), Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Auth: testAuth(communityKey, "x", nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Find(t.Context(), key); !errors.Is(err, errNoDHT) {
		t.Errorf("find without a DHT: %v", err)
	}
}

// TestLAN needs a network of its own: PANDAL_MDNS=1, inside a network namespace with a multicast route.
func TestLAN(t *testing.T) {
	if name, err := serviceName([]byte("0123456789")); err != nil || name != "_gaytemzugu3doo._udp" {
		t.Errorf("service %q, %v", name, err)
	}
	if _, err := serviceName([]byte("short")); err == nil {
		t.Error("a short tag is taken")
	}
	if os.Getenv("PANDAL_MDNS") == "" {
		t.Skip("PANDAL_MDNS is not set")
	}
	a, ea := local(t, Config{MDNS: true, Auth: testAuth(communityKey, "a", everybody)})
	b, _ := local(t, Config{MDNS: true, Auth: testAuth(communityKey, "b", everybody)})
	a.SetLANTags([][]byte{[]byte("0123456789")})
	b.SetLANTags([][]byte{[]byte("another tag"), []byte("0123456789")})
	if e := next(t, ea); e.ID != b.ID() {
		t.Errorf("event %+v", e)
	}
}

func TestConfigErrors(t *testing.T) {
	good := Config{Key: seed(), Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Auth: testAuth(communityKey, "a", everybody)}
	for name, change := range map[string]func(*Config){
		"short key":     func(c *Config) { c.Key = c.Key[:31] },
		"bad listen":    func(c *Config) { c.Listen = []string{"127.0.0.1:1"} },
		"not our host":  func(c *Config) { c.Listen = []string{"/ip4/192.0.2.1/tcp/4001"} },
		"bad bootstrap": func(c *Config) { c.DHT, c.Bootstrap = true, []string{"/ip4/127.0.0.1/tcp/1"} },
	} {
		c := good
		change(&c)
		if h, err := New(c); err == nil {
			h.Close()
			t.Errorf("%s: no error", name)
		}
	}
	h, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Connect(context.Background(), peer.AddrInfo{ID: "nobody"}); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("connect to nobody: %v", err)
	}
	for range 2 {
		if err := h.Close(); err != nil {
			t.Errorf("close twice: %v", err)
		}
	}
}
