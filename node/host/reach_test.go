package host

import (
	"context"
	"testing"
	"testing/synctest"

	ma "github.com/multiformats/go-multiaddr"
)

// TestReach: which addresses a host may be connected with.
func TestReach(t *testing.T) {
	relay := "/p2p/12D3KooWGBfKT8RZ7mEHzSoPsHZ5F5xBFbjNSKQ4DDd1cQ4mPBBB/p2p-circuit"
	for _, c := range []struct {
		addr            string
		local, anywhere bool
	}{
		{"/ip4/192.168.1.5/tcp/4001", true, true},
		{"/ip4/10.0.0.9/udp/4001/quic-v1", true, true},
		{"/ip4/127.0.0.1/tcp/4001", true, true},
		{"/ip4/169.254.7.7/tcp/4001", true, true},
		{"/ip6/fd00::7/tcp/4001", true, true},
		{"/ip6zone/eth0/ip6/fe80::7/tcp/4001", true, true},
		{"/ip4/203.0.114.5/tcp/4001", false, true},
		{"/ip6/2a00::7/udp/4001/quic-v1", false, true},
		{"/dns4/example.org/tcp/4001", false, true},
		{"/ip4/192.168.1.5/tcp/4001" + relay, false, true},
	} {
		a, err := ma.NewMultiaddr(c.addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := Local.allows(a); got != c.local {
			t.Errorf("Local allows %s: %v", c.addr, got)
		}
		if got := Anywhere.allows(a); got != c.anywhere {
			t.Errorf("Anywhere allows %s: %v", c.addr, got)
		}
		if Nowhere.allows(a) || Nowhere.InterceptPeerDial("") {
			t.Errorf("Nowhere allows %s", c.addr)
		}
	}
}

// TestReachHolds: a host that may reach nobody neither dials nor answers.
func TestReachHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		key := seed()
		a, _ := w.host(testAuth(key, "a", everybody))
		b, _ := w.within(Nowhere, testAuth(key, "b", everybody))
		if _, err := a.Connect(context.Background(), info(b)); err == nil {
			t.Error("it answered")
		}
		if _, err := b.Connect(context.Background(), info(a)); err == nil {
			t.Error("it dialled")
		}
	})
}
