package node

import "testing"

func TestAnyPort(t *testing.T) {
	for addr, want := range map[string]bool{
		"/ip4/0.0.0.0/tcp/0":            true,
		"/ip4/127.0.0.1/udp/0/quic-v1":  true,
		"/ip4/0.0.0.0/tcp/4001":         false,
		"/ip4/0.0.0.0/udp/4001/quic-v1": false,
		"/ip6/::/tcp/4001":              false,
		"nonsense/0":                    false,
	} {
		if anyPort(addr) != want {
			t.Errorf("%s: %v", addr, !want)
		}
	}
}
