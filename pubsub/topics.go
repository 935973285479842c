package pubsub

import (
	"context"
	"errors"
	"fmt"

	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// topic is a joined topic, or one we have left whose last messages are still being received.
type topic struct {
	handle *lib.Topic
	sub    *lib.Subscription // nil once left
	done   chan struct{}     // closed when the receiving goroutine of the latest subscription has ended
}

// SetTopics joins and leaves topics so that exactly the named ones are joined. It does not wait for Receive.
func (g *Gossip) SetTopics(names []string) error {
	want := make(map[string]bool, len(names))
	for _, n := range names {
		want[n] = true
	}
	if len(want) > maxTopics {
		return fmt.Errorf("%d topics are more than %d", len(want), maxTopics)
	}
	g.sweep()
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, t := range g.topics {
		if !want[name] && t.sub != nil {
			t.sub.Cancel()
			t.sub = nil
		}
	}
	var errs []error
	for name := range want {
		if err := g.join(name); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// join is called with mu held.
func (g *Gossip) join(name string) error {
	t := g.topics[name]
	if t != nil && t.sub != nil {
		return nil
	}
	if t == nil {
		handle, err := g.ps.Join(name)
		if err != nil {
			return fmt.Errorf("join topic: %w", err)
		}
		if err := handle.SetScoreParams(topicScore()); err != nil {
			return errors.Join(fmt.Errorf("score topic: %w", err), handle.Close())
		}
		t = &topic{handle: handle, done: make(chan struct{})}
		close(t.done)
		g.topics[name] = t
	}
	sub, err := t.handle.Subscribe(lib.WithBufferSize(queued))
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	before, done := t.done, make(chan struct{})
	t.sub, t.done = sub, done
	g.wg.Go(func() { // ends when the subscription is cancelled, or gossip is
		defer close(done)
		<-before
		g.pump(name, sub)
	})
	return nil
}

// sweep closes the topics that were left and whose messages are all received.
func (g *Gossip) sweep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, t := range g.topics {
		if t.sub != nil {
			continue
		}
		select {
		case <-t.done:
			if t.handle.Close() == nil {
				delete(g.topics, name)
			}
		default:
		}
	}
}

// Publish gives a message to the topic's peers. It is best effort: a peer that has just come may miss it. Publishing the same
// bytes again within two minutes does nothing.
func (g *Gossip) Publish(ctx context.Context, name string, data []byte) error {
	if len(data) > MaxMessage {
		return ErrTooBig
	}
	g.mu.Lock()
	t := g.topics[name]
	joined := t != nil && t.sub != nil
	g.mu.Unlock()
	if !joined {
		return ErrTopic
	}
	if err := t.handle.Publish(ctx, data); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Peers returns who is in a topic, as far as they told us.
func (g *Gossip) Peers(name string) []peer.ID { return g.ps.ListPeers(name) }
