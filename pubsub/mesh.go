package pubsub

import (
	"slices"
	"sync"

	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// neighbours in a topic, below which more are sought at the next heartbeat
const (
	meshLow       = 2
	frugalMeshLow = 1
)

// meshParams asks for three neighbours where gossipsub asks for six, and New for none of the copies that flooding one's own messages to
// everybody makes: in a group of 20, with bursts, a message came 8.2 times and comes 2.3 times. What the wider mesh was for is done by
// gossipsub's own gossip a heartbeat later, by the direct push to whom the mesh does not reach, and to two whom the author asks, and by sync.
// In a wide community, where each more neighbour saves hops, gossipsub's own numbers stand. Who is frugal has two at most, whatever the community, and
// tells two others at each heartbeat what it has where gossipsub tells six.
func meshParams(wide, frugal bool) lib.GossipSubParams {
	p := lib.DefaultGossipSubParams()
	switch {
	case frugal:
		p.D, p.Dlo, p.Dhi, p.Dscore, p.Dout, p.Dlazy = 2, frugalMeshLow, 2, 1, 0, 2
	case !wide:
		p.D, p.Dlo, p.Dhi, p.Dscore, p.Dout = 3, meshLow, 4, 2, 0
	}
	return p
}

// mesh follows who our neighbours are, by topic. Gossipsub tells it from one goroutine; anybody may ask.
type mesh struct {
	mu sync.Mutex
	of map[string]map[peer.ID]bool
}

func (m *mesh) Graft(p peer.ID, topic string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[string]map[peer.ID]bool{}
	}
	if m.of[topic] == nil {
		m.of[topic] = map[peer.ID]bool{}
	}
	m.of[topic][p] = true
}

func (m *mesh) Prune(p peer.ID, topic string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of[topic], p)
}

func (m *mesh) Leave(topic string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, topic)
}

func (m *mesh) OnClosedOutboundStream(p peer.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, peers := range m.of {
		delete(peers, p)
	}
}

// Reached returns the peers of a topic that a message published now gets to by gossip: all of them, once this node has its neighbours; in the
// heartbeat before that, the neighbours it has.
func (g *Gossip) Reached(name string) []peer.ID {
	listed := g.ps.ListPeers(name)
	if g.wide {
		return listed
	}
	g.count.mesh.mu.Lock()
	defer g.count.mesh.mu.Unlock()
	near := g.count.mesh.of[name]
	if len(near) >= min(g.low, len(listed)) {
		return listed
	}
	return slices.DeleteFunc(listed, func(p peer.ID) bool { return !near[p] })
}
