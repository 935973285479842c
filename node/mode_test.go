package node_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

func setMode(t *testing.T, n *nodetest.Node, mode string) {
	t.Helper()
	if err := n.SetMode(t.Context(), mode); err != nil {
		t.Fatalf("%s: %s: %v", n.Name, mode, err)
	}
	if n.Mode() != mode {
		t.Fatalf("%s is %s, want %s", n.Name, n.Mode(), mode)
	}
}

// TestModeWhileRunning: a node goes offline by wish and comes back. Meanwhile it has no connection and takes none, what both sides write waits, and then
// all of it is delivered, both ways.
func TestModeWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen")
		asha, budi, chen, g := nodes[0], nodes[1], nodes[2], groups[0]
		asha.Say(g, "before")
		w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(g, "before") })
		from := asha.EventCursor()

		setMode(t, asha, node.ModeOffline)
		if p := asha.Peers(); len(p) != 0 {
			t.Errorf("offline and connected: %v", p)
		}
		if got := asha.Network()[0]; got.Members != 0 || len(got.Addrs) != 0 {
			t.Errorf("offline with %d members at %v", got.Members, got.Addrs)
		}
		id := asha.Say(g, "written offline")
		budi.Say(g, "written meanwhile")
		w.Eventually(time.Minute, "Chen reads Budi", func() bool { return chen.Shows(g, "written meanwhile") })
		time.Sleep(10 * time.Minute) // virtual: whoever could be met is met
		if budi.Shows(g, "written offline") || asha.Shows(g, "written meanwhile") || len(asha.Peers()) > 0 {
			t.Error("something got through while offline")
		}
		for _, n := range []*nodetest.Node{budi, chen} {
			if c, err := n.Community(com); err != nil || c.Reachable != 1 {
				t.Errorf("%s counts %d reachable, want 1 (%v)", n.Name, c.Reachable, err)
			}
		}
		if m, err := asha.Message(id); err != nil || m.Delivery.State != "waiting" {
			t.Errorf("delivery is %q, want waiting (%v)", m.Delivery.State, err)
		}
		if _, err := asha.Connect(t.Context(), "/ip4/1.0.0.3/udp/8000/quic-v1/p2p/12D3KooWGBfKT8RZ7mEHzSoPsHZ5F5xBFbjNSKQ4DDd1cQ4mPBBB"); !errors.Is(err, node.ErrNotConnected) {
			t.Errorf("dialling offline: %v", err)
		}
		if _, err := asha.NewLinkCode(t.Context()); !errors.Is(err, node.ErrNotConnected) {
			t.Errorf("a device code offline: %v", err)
		}

		setMode(t, asha, node.ModeNormal)
		w.Eventually(time.Minute, "both wait no more", func() bool {
			return budi.Shows(g, "written offline") && chen.Shows(g, "written offline") && asha.Shows(g, "written meanwhile")
		})
		w.Eventually(time.Minute, "it is delivered", func() bool {
			m, err := asha.Message(id)
			return err == nil && m.Delivery.State == "delivered"
		})
		asha.Say(g, "gossiped again")
		w.Eventually(10*time.Second, "gossip goes on", func() bool { return budi.Shows(g, "gossiped again") && chen.Shows(g, "gossiped again") })

		budi.Say(g, "heard by gossip")
		w.Eventually(10*time.Second, "gossip arrives", func() bool { return asha.Gossip().Stats().Delivered > 0 })

		var seen []string
		events, err := asha.Events(from, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Type == "network.changed" {
				seen = append(seen, e.Detail["mode"])
			} else if e.Type == "peer.disconnected" {
				seen = append(seen, e.Type)
			}
		}
		if want := []string{"peer.disconnected", "peer.disconnected", "offline", "normal"}; !slices.Equal(seen, want) {
			t.Errorf("events %v, want %v", seen, want)
		}
		if err := asha.SetMode(t.Context(), "fast"); !errors.Is(err, node.ErrInvalid) || asha.Mode() != node.ModeNormal {
			t.Errorf("a mode that is none: %v, and the mode is %s", err, asha.Mode())
		}
	})
}

// TestModeStays: the mode that was chosen last is that of the next start. One that the start names is for that run alone.
func TestModeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, _, groups := meetup(w, "Asha", "Budi")
		asha, budi := nodes[0], nodes[1]
		setMode(t, asha, node.ModeOffline)
		asha.Stop()
		asha.Start()
		time.Sleep(5 * time.Minute) // virtual: it remembers Budi, and would have called him
		if asha.Mode() != node.ModeOffline || len(asha.Peers()) > 0 {
			t.Errorf("after a restart it is %s, with %d peers", asha.Mode(), len(asha.Peers()))
		}
		asha.With(func(c *node.Config) { c.Mode = node.ModeLowData })
		if kept, err := asha.RememberedMode(); asha.Mode() != node.ModeLowData || kept != node.ModeOffline || err != nil {
			t.Errorf("started as low_data it is %s and remembers %s (%v)", asha.Mode(), kept, err)
		}
		asha.With(func(c *node.Config) { c.Mode = "" })
		if asha.Mode() != node.ModeOffline {
			t.Errorf("the next start is %s", asha.Mode())
		}
		setMode(t, asha, node.ModeNormal)
		asha.Say(groups[0], "back")
		w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(groups[0], "back") })
	})
}

// TestOfflineLooksNowhere: a node that is offline says that it looks for nobody, on the local network neither.
func TestOfflineLooksNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asha := nodetest.New(t).Node("Asha", func(c *node.Config) { c.MDNS, c.Mode, c.DHTPrefix = true, node.ModeOffline, "pandal-test" })
		asha.Found("Sunrise")
		if got := asha.Network()[0]; got.MDNS || got.DHT {
			t.Errorf("offline, and it looks around by mDNS %v, DHT %v", got.MDNS, got.DHT)
		}
	})
}

// TestModeLAN: within the local network alone there is no DHT, and nobody is called at an address of the internet, nor answered there. The addresses
// of this simulation are such.
func TestModeLAN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha := w.Node("Asha", func(c *node.Config) { c.DHTPrefix = "pandal-test" })
		budi := w.Node("Budi")
		com := asha.Found("Sunrise")
		g := asha.Group(com, "General")
		budi.Join(asha.Invite(com, g))
		if !asha.Network()[0].DHT {
			t.Fatal("no DHT to begin with")
		}
		setMode(t, asha, node.ModeLAN)
		time.Sleep(5 * time.Minute) // virtual
		if got := asha.Network()[0]; got.DHT || got.Members > 0 || len(got.Addrs) == 0 {
			t.Errorf("lan_only: DHT %v, %d members, listening at %v", got.DHT, got.Members, got.Addrs)
		}
		setMode(t, asha, node.ModeNormal)
		asha.Say(g, "hello")
		w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(g, "hello") })
		if !asha.Network()[0].DHT {
			t.Error("no DHT afterwards")
		}
	})
}

// TestJoinWhileOffline: a join that was begun offline says why it waits, and goes on by itself.
func TestJoinWhileOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha := w.Node("Asha")
		com := asha.Found("Sunrise")
		g := asha.Group(com, "General")
		dalia := w.Node("Dalia")
		setMode(t, dalia, node.ModeOffline)
		j, err := dalia.Accept(t.Context(), node.AcceptInvite{Link: asha.Invite(com, g)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // virtual
		if j, _ = dalia.Job(j.ID); j.State != "waiting" || !strings.Contains(j.Steps[0].Detail, "offline by your wish") {
			t.Errorf("the join is %s: %+v", j.State, j.Steps)
		}
		setMode(t, dalia, node.ModeNormal)
		w.Eventually(time.Minute, "she is in", func() bool { return dalia.In(g) })
		w.Eventually(time.Minute, "the job is done", func() bool { j, err := dalia.Job(j.ID); return err == nil && j.State == "done" })
	})
}

// TestModeWhileClosing: a node that is stopped while a host is being opened waits for it, leaves nothing running, and starts again in the mode that
// was chosen.
func TestModeWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		hold := make(chan chan struct{}, 1) // whoever opens a host next says so on what is in it, and goes on once that is closed
		asha := w.Node("Asha", func(c *node.Config) {
			options := c.Options
			c.Options = func() []libp2p.Option {
				select {
				case h := <-hold:
					h <- struct{}{}
					<-h
				default:
				}
				return options()
			}
		})
		budi := w.Node("Budi")
		com := asha.Found("Sunrise")
		g := asha.Group(com, "General")
		budi.Join(asha.Invite(com, g))
		setMode(t, asha, node.ModeOffline)
		asha.Say(g, "before the night")
		opening := make(chan struct{})
		hold <- opening
		n, changed, stopped := asha.Node, make(chan struct{}), make(chan struct{})
		go func() {
			n.SetMode(context.Background(), node.ModeLowData) // an error is fine: the node is stopping
			close(changed)
		}()
		<-opening
		go func() {
			asha.Stop()
			close(stopped)
		}()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("it stopped while a host was being opened")
		default:
		}
		close(opening)
		<-changed
		<-stopped
		asha.Start()
		if asha.Mode() != node.ModeLowData {
			t.Errorf("it starts as %s", asha.Mode())
		}
		w.Eventually(time.Minute, "Budi reads it", func() bool { return budi.Shows(g, "before the night") })
	})
}

// TestStations: who comes before a host is the room's is not forgotten, and what the host before it tells late does not count.
func TestStations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asha := nodetest.New(t).Node("Asha")
		asha.Found("Sunrise")
		if before, between, after := asha.Restation("early", "late"); before != 0 || between != 1 || after != 1 {
			t.Errorf("connected: %d, then %d, then %d; want 0, 1, 1", before, between, after)
		}
	})
}

// TestModeOften: who cannot make up his mind loses nothing either, and the last word counts.
func TestModeOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, _, groups := meetup(w, "Asha", "Budi")
		asha, budi, g := nodes[0], nodes[1], groups[0]
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 5 {
				asha.SetMode(t.Context(), node.ModeOffline)
				asha.SetMode(t.Context(), node.ModeLowData)
			}
		}()
		var all []string
		for _, word := range strings.Fields("one two three four five six seven eight") {
			all = append(all, word)
			asha.Say(g, word)
			if err := asha.SetMode(t.Context(), node.ModeLAN); err != nil {
				t.Error(err)
			}
		}
		<-done
		setMode(t, asha, node.ModeNormal)
		w.Eventually(2*time.Minute, "Budi reads all", func() bool {
			return !slices.ContainsFunc(all, func(s string) bool { return !budi.Shows(g, s) })
		})
	})
}
