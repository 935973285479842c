package main

import (
	"slices"
	"strings"
	"testing"
)

// TestPortTaken: a node whose ports are taken, the API's and the one for other nodes, takes the next free ones and says which.
func TestPortTaken(t *testing.T) {
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	a.found()
	addr := func(p *process) string {
		var n struct {
			Hosts []struct{ Addresses []string }
		}
		p.must("GET", "/network", nil, &n)
		all := n.Hosts[0].Addresses
		i := slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, "/ip4/127.0.0.1/tcp/") })
		if i < 0 {
			t.Fatalf("no address: %v", all)
		}
		at, _, _ := strings.Cut(all[i], "/p2p/")
		return at
	}
	b.start("--api-listen="+strings.TrimPrefix(a.url, "http://"), "--listen="+addr(a))
	b.found()
	if a.url == b.url || addr(a) == addr(b) {
		t.Fatalf("both are at %s and %s", a.url, addr(a))
	}
	a.must("GET", "/status", nil, nil)
	b.must("GET", "/status", nil, nil)
}
