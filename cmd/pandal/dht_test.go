package main

import (
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt/acl"
)

// TestDHT: a joiner finds a member through a DHT of the community's own, when the link names no address.
func TestDHT(t *testing.T) {
	seed, a, b := newProcess(t, "seed"), newProcess(t, "asha"), newProcess(t, "budi")
	own := []string{"--dht-prefix=/pandal-test", "--dht-server"}
	seed.start(own...)
	seed.found()
	var net struct {
		Hosts []struct{ Addresses []string }
	}
	seed.must("GET", "/network", nil, &net)
	if len(net.Hosts) != 1 || len(net.Hosts[0].Addresses) == 0 {
		t.Fatalf("the seed has no address: %+v", net)
	}
	a.boot, b.boot = net.Hosts[0].Addresses[0], net.Hosts[0].Addresses[0]
	a.start(own...)
	com, general := a.found()
	l, err := acl.ParseLink(a.invite(com, general))
	if err != nil {
		t.Fatal(err)
	}
	l.Addrs = nil
	link, _, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b.start(own...)
	began := time.Now()
	b.join(link, general)
	t.Logf("joined through the DHT in %v", time.Since(began).Round(time.Millisecond))
}
