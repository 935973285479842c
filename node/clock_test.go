package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestClockAhead: a clock 20 minutes ahead is pointed out to its person; what is posted under it waits until its time comes, and nothing
// is lost.
func TestClockAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha := w.Node("Asha")
		budi := w.Node("Budi", func(c *node.Config) { c.Now = func() time.Time { return time.Now().Add(20 * time.Minute) } })
		com := asha.Found("Sunrise")
		general := asha.Group(com, "General")
		budi.Join(asha.Invite(com, general))
		w.Eventually(time.Minute, "Budi is in", func() bool { return budi.In(general) && budi.CleanIn(general) })
		warned := func() bool {
			events, err := budi.Events(0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Type == "node.warning" && e.Detail["code"] == "clock_skew" {
					return true
				}
			}
			return false
		}
		w.Eventually(time.Minute, "Budi is warned", warned)
		budi.Say(general, "from the future")
		asha.Say(general, "from now")
		w.Eventually(time.Minute, "Budi reads Asha", func() bool { return budi.Shows(general, "from now") })
		time.Sleep(5 * time.Minute) // virtual
		if asha.Shows(general, "from the future") {
			t.Error("a message 20 minutes ahead is shown at once")
		}
		asha.Stop()
		asha.Start() // it waits over a restart too
		w.Eventually(10*time.Minute, "its time comes", func() bool { return asha.Shows(general, "from the future") })
	})
}

// TestOutsider: somebody with stock gossipsub on a connected host gets no message and learns no topic.
func TestOutsider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, _, groups := meetup(w, "Asha", "Budi")
		listen, opts := w.Options()
		outsider, err := libp2p.New(append(opts(), libp2p.ListenAddrStrings(listen), libp2p.DisableIdentifyAddressDiscovery(), libp2p.DisableMetrics())...)
		if err != nil {
			t.Fatal(err)
		}
		defer outsider.Close()
		ps, err := pubsub.NewGossipSub(t.Context(), outsider)
		if err != nil {
			t.Fatal(err)
		}
		if err := outsider.Connect(t.Context(), peer.AddrInfo{ID: nodes[0].Host().ID(), Addrs: nodes[0].Host().Bare().Addrs()}); err != nil {
			t.Fatal(err)
		}
		// It even knows a topic's name, which outsiders do not.
		got := 0
		for _, name := range nodes[0].Topics() {
			topic, err := ps.Join(name)
			if err != nil {
				t.Fatal(err)
			}
			sub, err := topic.Subscribe()
			if err != nil {
				t.Fatal(err)
			}
			defer sub.Cancel()
			go func() { // ends with the subscription
				for {
					if _, err := sub.Next(t.Context()); err != nil {
						return
					}
					got++
				}
			}()
			defer topic.Close()
		}
		time.Sleep(5 * time.Second) // virtual
		for range 20 {
			nodes[0].Say(groups[0], "members only")
		}
		time.Sleep(30 * time.Second) // virtual
		if len(outsider.Network().Peers()) == 0 {
			t.Fatal("the outsider is not connected")
		}
		if got != 0 {
			t.Errorf("the outsider got %d messages", got)
		}
		for _, name := range nodes[0].Topics() {
			if n := len(ps.ListPeers(name)); n != 0 {
				t.Errorf("the outsider learns of %d peers in a topic", n)
			}
		}
		if len(nodes[1].Texts(groups[0])) != 20 {
			t.Error("the member did not get everything")
		}
	})
}
