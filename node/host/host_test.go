package host

//lint:file-ignore SA1019 the outsider runs stock gossipsub in its shortest form, as anybody would

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"
)

var communityKey = bytes.Repeat([]byte{7}, 32)

// testAuth holds the community's key; hello is the name the peer gives itself, and judge maps names to roles.
func testAuth(key []byte, name string, judge map[string]Role) Auth {
	return Auth{
		Offers:  func() [][]byte { return [][]byte{key} },
		Accepts: func() [][]byte { return [][]byte{bytes.Repeat([]byte{1}, 32), key} },
		Hello:   func(channel []byte) []byte { return append(append([]byte{}, channel...), name...) },
		Judge: func(_ peer.ID, channel, hello []byte, _ [][]byte) (Role, []byte, error) {
			who, ok := bytes.CutPrefix(hello, channel)
			if !ok {
				return Refused, nil, errors.New("hello of another channel")
			}
			return judge[string(who)], who, nil
		},
	}
}

var everybody = map[string]Role{"a": Member, "b": Member, "k": Keeper, "j": Joiner}

// world is a simulated network inside a synctest bubble.
type world struct {
	t   *testing.T
	net *simnet.Simnet
	n   int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, net: &simnet.Simnet{LatencyFunc: simnet.StaticLatency(10 * time.Millisecond)}}
	w.net.Start()
	t.Cleanup(func() { w.net.Close() })
	return w
}

func (w *world) options() (string, []libp2p.Option) {
	w.n++
	link := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	return fmt.Sprintf("/ip4/1.0.0.%d/udp/8000/quic-v1", w.n), []libp2p.Option{
		simlibp2p.QUICSimnet(w.net, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}),
		libp2p.ResourceManager(&network.NullResourceManager{}),
	}
}

func (w *world) host(auth Auth) (*Host, chan PeerEvent) { return w.within(Anywhere, auth) }

func (w *world) within(reach Reach, auth Auth) (*Host, chan PeerEvent) {
	w.t.Helper()
	listen, opts := w.options()
	events := make(chan PeerEvent, 100)
	h, err := New(Config{
		Key: seed(), Listen: []string{listen}, Auth: auth, Reach: reach, Options: opts,
		OnPeer: func(e PeerEvent) { events <- e },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { h.Close() })
	return h, events
}

func seed() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

func info(h *Host) peer.AddrInfo { return peer.AddrInfo{ID: h.ID(), Addrs: h.Bare().Addrs()} }

func TestHandshakeAdmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, ea := w.host(testAuth(communityKey, "a", everybody))
		b, eb := w.host(testAuth(communityKey, "b", everybody))
		role, err := a.Connect(t.Context(), info(b))
		if err != nil || role != Member {
			t.Fatalf("role %v, err %v", role, err)
		}
		synctest.Wait()
		for _, e := range []PeerEvent{<-ea, <-eb} {
			if !e.Connected || !e.Member() || len(e.Addrs) == 0 {
				t.Errorf("event %+v", e)
			}
		}
		if got := a.View().Network().Peers(); len(got) != 1 || got[0] != b.ID() {
			t.Errorf("view shows %v", got)
		}
		if a.View().Network().Connectedness(b.ID()) != network.Connected || a.Members() != 1 || len(a.Peers()) != 1 {
			t.Error("b is not a member")
		}

		a.Drop(b.ID())
		time.Sleep(time.Second)
		if e := <-ea; e.Connected || e.ID != b.ID() || string(e.Device) != "b" {
			t.Errorf("after drop: %+v", e)
		}
		if e := <-eb; e.Connected {
			t.Errorf("after drop: %+v", e)
		}
		if len(a.View().Network().Peers())+len(b.View().Network().Peers()) != 0 {
			t.Error("view after drop")
		}
	})
}

func TestHandshakeRefuses(t *testing.T) {
	for name, bad := range map[string]Auth{
		"wrong key":      testAuth(bytes.Repeat([]byte{8}, 32), "a", everybody),
		"no key":         func() Auth { a := testAuth(nil, "a", everybody); a.Offers = func() [][]byte { return nil }; return a }(),
		"unknown member": testAuth(communityKey, "mallory", everybody),
		"wrong hello": func() Auth {
			a := testAuth(communityKey, "a", everybody)
			a.Hello = func([]byte) []byte { return []byte("a") }
			return a
		}(),
		"refuses b":       testAuth(communityKey, "a", nil),
		"verdict too big": testAuth(communityKey, "a", map[string]Role{"b": 9}),
		"long hello": func() Auth {
			a := testAuth(communityKey, "a", everybody)
			a.Hello = func([]byte) []byte { return make([]byte, 61<<10) }
			return a
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				a, _ := w.host(bad)
				b, eb := w.host(testAuth(communityKey, "b", everybody))
				if _, err := a.Connect(t.Context(), info(b)); !errors.Is(err, ErrRefused) {
					t.Fatalf("err %v", err)
				}
				if _, err := b.Connect(t.Context(), info(a)); !errors.Is(err, ErrRefused) {
					t.Fatalf("err %v", err)
				}
				synctest.Wait()
				if len(eb) != 0 || len(b.Peers()) != 0 || len(b.View().Network().Conns()) != 0 {
					t.Error("b shows a")
				}
				if len(b.Bare().Network().Conns()) == 0 {
					t.Error("the bare connection is gone")
				}
				if _, err := b.NewStream(t.Context(), a.ID(), "/x"); !errors.Is(err, ErrRefused) {
					t.Errorf("stream to a stranger: %v", err)
				}
			})
		})
	}
}

func TestJoinerSeesJoinProtocolsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		roles := map[string]Role{"j": Joiner, "b": Member}
		auth := testAuth(communityKey, "b", roles)
		judge := auth.Judge
		admitted := false
		auth.Judge = func(p peer.ID, c, h []byte, ops [][]byte) (Role, []byte, error) {
			r, d, err := judge(p, c, h, ops)
			if admitted && r == Joiner {
				r = Member
			}
			return r, d, err
		}
		b, eb := w.host(auth)
		j, _ := w.host(testAuth(communityKey, "j", everybody))
		echo := func(s network.Stream) { s.Write([]byte("ok")); s.Close() }
		b.HandleJoiner("/test/join", echo)
		b.View().SetStreamHandler("/test/member", echo)
		if _, err := j.Connect(t.Context(), info(b)); err != nil {
			t.Fatal(err)
		}
		if !hears(t, j, b, "/test/join") {
			t.Error("join protocol refused")
		}
		if hears(t, j, b, "/test/member") {
			t.Error("member protocol open to a joiner")
		}
		if e := <-eb; e.Role != Joiner || e.Member() {
			t.Errorf("event %+v", e)
		}
		admitted = true
		j.Greet(t.Context(), b.ID())
		if e := <-eb; !e.Connected || e.Role != Member {
			t.Errorf("event after admission %+v", e)
		}
		if !hears(t, j, b, "/test/member") {
			t.Error("member protocol refused after admission")
		}
	})
}

func hears(t *testing.T, from, to *Host, proto string) bool {
	t.Helper()
	st, err := from.NewStream(t.Context(), to.ID(), protocol.ID(proto))
	if err != nil {
		return false
	}
	defer st.Reset()
	b := make([]byte, 2)
	n, _ := st.Read(b)
	return n == 2
}

// TestOutsiderHearsNothing connects stock gossipsub to members: it must get no message and learn no topic.
func TestOutsiderHearsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, _ := w.host(testAuth(communityKey, "a", everybody))
		b, _ := w.host(testAuth(communityKey, "b", everybody))
		listen, opts := w.options()
		out, err := libp2p.New(append(opts, libp2p.ListenAddrStrings(listen), libp2p.DisableMetrics(),
			libp2p.DisableIdentifyAddressDiscovery())...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
		ctx, cancel := context.WithCancel(t.Context())
		defer func() { cancel(); time.Sleep(time.Second) }()

		spy, err := pubsub.NewGossipSub(ctx, out)
		if err != nil {
			t.Fatal(err)
		}
		heard := subscribe(t, ctx, spy)
		pa, err := pubsub.NewGossipSub(ctx, a.View())
		if err != nil {
			t.Fatal(err)
		}
		pb, err := pubsub.NewGossipSub(ctx, b.View())
		if err != nil {
			t.Fatal(err)
		}
		atA, atB := subscribe(t, ctx, pa), subscribe(t, ctx, pb)
		for _, h := range []*Host{a, b} {
			if err := out.Connect(ctx, info(h)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Connect(ctx, info(b)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		for i := range 10 {
			if err := pa.Publish("secret", fmt.Append(nil, "from a ", i)); err != nil {
				t.Fatal(err)
			}
			if err := spy.Publish("secret", fmt.Append(nil, "from outside ", i)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Second)
		if n := len(heard); n != 10 { // its own
			t.Errorf("outsider has %d messages, 10 of them its own", n)
		}
		if p := spy.ListPeers("secret"); len(p) != 0 {
			t.Errorf("outsider knows who is in the topic: %v", p)
		}
		if p := pa.ListPeers(""); len(p) != 1 || p[0] != b.ID() {
			t.Errorf("a gossips with %v", p)
		}
		if len(atB) != 10 || len(atA) != 10 {
			t.Errorf("members have %d and %d of 10 messages", len(atA), len(atB))
		}

		a.Drop(b.ID())
		time.Sleep(2 * time.Second)
		if err := pa.Publish("secret", []byte("after")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if len(atB) != 10 {
			t.Error("b hears after it was dropped")
		}
	})
}

func subscribe(t *testing.T, ctx context.Context, ps *pubsub.PubSub) chan string {
	t.Helper()
	sub, err := ps.Subscribe("secret")
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string, 1000)
	go func() { // ends with ctx
		for {
			m, err := sub.Next(ctx)
			if err != nil {
				return
			}
			out <- string(m.Data)
		}
	}()
	return out
}
