package host

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/identity"
)

// Direct is a host for one meeting of two nodes that share a secret: of no community, with a key of its own that is forgotten afterwards, on no
// DHT and in no LAN's list.
type Direct struct{ bare host.Host }

const direct protocol.ID = "/pandal/1/direct"

// ErrNotShared says that the other side does not hold the secret.
var ErrNotShared = errors.New("the other side does not hold the secret")

// NewDirect starts one; without listen it only dials, and it meets whom reach lets it. Options are added last, as in Config. Close ends it.
func NewDirect(reach Reach, listen []string, options ...libp2p.Option) (*Direct, error) {
	opts := []libp2p.Option{libp2p.Transport(tcp.NewTCPTransport), libp2p.Transport(quic.NewTransport), libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Security(noise.ID, noise.New), libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery(),
		libp2p.UserAgent("go-libp2p"), libp2p.ProtocolVersion("ipfs/0.1.0"), libp2p.NoListenAddrs, libp2p.ConnectionGater(reach)}
	if len(listen) > 0 {
		opts = append(opts, libp2p.ListenAddrStrings(listen...))
	}
	h, err := libp2p.New(append(opts, options...)...)
	if err != nil {
		return nil, fmt.Errorf("start a host for one meeting: %w", err)
	}
	return &Direct{h}, nil
}

// Close ends it and all its streams.
func (d *Direct) Close() error { return d.bare.Close() }

// Addrs are where it can be dialled, each with its id.
func (d *Direct) Addrs() [][]byte {
	infos, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: d.bare.ID(), Addrs: d.bare.Addrs()})
	if err != nil {
		return nil
	}
	out := make([][]byte, 0, len(infos))
	for _, a := range infos {
		out = append(out, a.Bytes())
	}
	return out
}

// Serve hands each stream whose other side proved that it holds the secret to f, and tells failed of one that did not.
func (d *Direct) Serve(secret [32]byte, f func(network.Stream), failed func()) {
	d.bare.SetStreamHandler(direct, func(st network.Stream) {
		if err := prove(st, secret, false); err != nil {
			st.Reset()
			failed()
			return
		}
		f(st)
	})
}

// Dial connects to the first address that answers, and returns a stream once both have proved that they hold the secret. It errs with
// ErrNotShared.
func (d *Direct) Dial(ctx context.Context, secret [32]byte, addrs [][]byte) (network.Stream, error) {
	var as []ma.Multiaddr
	for _, raw := range addrs {
		if a, err := ma.NewMultiaddrBytes(raw); err == nil {
			as = append(as, a)
		}
	}
	infos, err := peer.AddrInfosFromP2pAddrs(as...)
	if err != nil || len(infos) == 0 {
		return nil, errors.New("no address to dial")
	}
	last := errors.New("no address to dial")
	for _, i := range infos {
		if last = d.bare.Connect(ctx, i); last != nil {
			continue
		}
		st, err := d.bare.NewStream(ctx, i.ID, direct)
		if err != nil {
			last = err
			continue
		}
		if err := prove(st, secret, true); err != nil {
			st.Reset()
			return nil, err
		}
		return st, nil
	}
	return nil, fmt.Errorf("dial the other side: %w", last)
}

// prove runs both ways over the encrypted stream, which says who both peers are: nonces, then each an HMAC over them and both ids. The dialer
// proves first: whoever merely finds the port gets nothing.
func prove(st network.Stream, secret [32]byte, dialer bool) error {
	st.SetDeadline(time.Now().Add(shakeTime))
	defer st.SetDeadline(time.Time{})
	var mine, theirs [nonceSize]byte
	rand.Read(mine[:])
	if _, err := st.Write(mine[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(st, theirs[:]); err != nil {
		return err
	}
	nd, nl, idD, idL := mine, theirs, st.Conn().LocalPeer(), st.Conn().RemotePeer()
	if !dialer {
		nd, nl, idD, idL = theirs, mine, idL, idD
	}
	hashD, hashL := sha256.Sum256([]byte(idD)), sha256.Sum256([]byte(idL))
	proof := func(word string) []byte {
		m := hmac.New(sha256.New, secret[:])
		m.Write(identity.LabelLink.Bytes(nd[:], nl[:], hashD[:], hashL[:], []byte(word)))
		return m.Sum(nil)
	}
	send := func(word string) error { _, err := st.Write(proof(word)); return err }
	check := func(word string) error {
		got := make([]byte, sha256.Size)
		if _, err := io.ReadFull(st, got); err != nil {
			return fmt.Errorf("%w: %w", ErrNotShared, err)
		}
		if subtle.ConstantTimeCompare(got, proof(word)) != 1 {
			return ErrNotShared
		}
		return nil
	}
	if !dialer {
		if err := check(wordDial); err != nil {
			return err
		}
		return send(wordListen)
	}
	if err := send(wordDial); err != nil {
		return err
	}
	return check(wordListen)
}
