package host

import (
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Reach is whom a host may have connections with, whoever dials. It is asked before the first packet goes out, and before the first that came is
// answered.
type Reach uint8

const (
	Anywhere Reach = iota
	Local          // at private and link-local addresses, and this machine's own; no relays, which lead elsewhere
	Nowhere        // nobody
)

func (r Reach) allows(a ma.Multiaddr) bool {
	switch r {
	case Anywhere:
		return true
	case Local:
		_, err := a.ValueForProtocol(ma.P_CIRCUIT)
		return err != nil && manet.IsPrivateAddr(a)
	}
	return false
}

// InterceptPeerDial and those that follow are for libp2p, which asks them of every connection.
func (r Reach) InterceptPeerDial(peer.ID) bool { return r != Nowhere }

// InterceptAddrDial is asked of each address that would be dialled.
func (r Reach) InterceptAddrDial(_ peer.ID, a ma.Multiaddr) bool { return r.allows(a) }

// InterceptAccept is asked of who dials this host.
func (r Reach) InterceptAccept(c network.ConnMultiaddrs) bool { return r.allows(c.RemoteMultiaddr()) }

// InterceptSecured and InterceptUpgraded add nothing: the address was looked at, and who the peer is does not matter here.
func (r Reach) InterceptSecured(network.Direction, peer.ID, network.ConnMultiaddrs) bool { return true }

// InterceptUpgraded: see InterceptSecured.
func (r Reach) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
