package pubsub

// Neighbours counts those of a topic's mesh.
func (g *Gossip) Neighbours(name string) int {
	g.count.mesh.mu.Lock()
	defer g.count.mesh.mu.Unlock()
	return len(g.count.mesh.of[name])
}
