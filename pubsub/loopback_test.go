package pubsub_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/pubsub"
)

// member starts a host of the community on loopback TCP and QUIC, with gossip on its member view.
func member(t *testing.T, key []byte) (*host.Host, *pubsub.Gossip, chan string) {
	t.Helper()
	listen, err := host.FreeListen([]string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"})
	if err != nil {
		t.Fatal(err)
	}
	seed := make([]byte, 32)
	rand.Read(seed)
	keys := func() [][]byte { return [][]byte{key} }
	h, err := host.New(host.Config{
		Key: seed, Listen: listen,
		Auth: host.Auth{
			Offers: keys, Accepts: keys,
			Hello: func(channel []byte) []byte { return channel },
			Judge: func(_ peer.ID, channel, hello []byte, _ [][]byte) (host.Role, []byte, error) {
				if !bytes.Equal(channel, hello) {
					return host.Refused, nil, errors.New("hello of another channel")
				}
				return host.Member, nil, nil
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	got := make(chan string, 10)
	g, err := pubsub.New(context.Background(), pubsub.Config{
		Host: h.View(), Validate: accept, Receive: func(_ peer.ID, _ string, checked any) { got <- checked.(string) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	if err := g.SetTopics([]string{name}); err != nil {
		t.Fatal(err)
	}
	return h, g, got
}

func TestMembersGossipOverLoopback(t *testing.T) {
	key := bytes.Repeat([]byte{3}, 32)
	a, ga, _ := member(t, key)
	b, gb, atB := member(t, key)
	c, gc, atC := member(t, bytes.Repeat([]byte{4}, 32))
	for _, h := range []*host.Host{b, c} {
		_, err := a.Connect(t.Context(), peer.AddrInfo{ID: h.ID(), Addrs: h.Bare().Addrs()})
		if (h == c) != errors.Is(err, host.ErrRefused) {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(ga.Reached(name)) == 0 || len(gb.Reached(name)) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("they do not become neighbours")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := ga.Publish(t.Context(), name, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-atB:
		if s != "hello" {
			t.Error(s)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrives")
	}
	if len(gc.Peers(name)) != 0 || len(atC) != 0 {
		t.Error("another community takes part")
	}
}
