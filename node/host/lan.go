package host

import (
	"context"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	maxTags   = 16
	tagChars  = 14              // of the service name, 70 bits of the tag
	lanSettle = 2 * time.Second // addresses come and go in bursts
)

// SetLANTags replaces the tags under which this host is found on the local network and looks for others, at most 16 of at least 9
// bytes each. Without mDNS it does nothing.
func (h *Host) SetLANTags(tags [][]byte) {
	replace(h.tags, slices.Clone(tags[:min(len(tags), maxTags)]))
}

// serviceName is what a tag looks like on the wire: _ and 14 characters, ._udp.
func serviceName(tag []byte) (string, error) {
	s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(tag))
	if len(s) < tagChars {
		return "", fmt.Errorf("tag of %d bytes is too short", len(tag))
	}
	return "_" + s[:tagChars] + "._udp", nil
}

func (h *Host) startLAN(ctx context.Context) error {
	addrs, err := h.bare.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
	if err != nil {
		return fmt.Errorf("follow addresses: %w", err)
	}
	h.spawn(func() { h.lan(ctx, addrs) })
	return nil
}

// lan keeps one mDNS service a tag. A service fixes its addresses when it starts and asks ever less often, so a change of tags or
// of addresses restarts all. New starts it and Close ends it.
func (h *Host) lan(ctx context.Context, addrs event.Subscription) {
	defer addrs.Close()
	var services []mdns.Service
	stop := func() {
		for _, s := range services {
			s.Close()
		}
		services = nil
	}
	defer stop()
	var tags [][]byte
	var said []ma.Multiaddr
	settle := time.NewTimer(0)
	defer settle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case next := <-h.tags:
			if !slices.EqualFunc(tags, next, slices.Equal[[]byte]) {
				tags, said = next, nil
				settle.Reset(0)
			}
			continue
		case <-addrs.Out():
			settle.Reset(lanSettle)
			continue
		case <-settle.C:
		}
		now, err := h.bare.Network().InterfaceListenAddresses()
		if err != nil || said != nil && sameAddrs(now, said) {
			continue
		}
		stop()
		said = now
		for _, t := range tags {
			s, err := h.serve(ctx, t)
			if err != nil {
				h.log.Debug("mDNS", "err", err)
				settle.Reset(redialEvery) // no network yet, for example
				said = nil
				continue
			}
			services = append(services, s)
		}
	}
}

func (h *Host) serve(ctx context.Context, tag []byte) (mdns.Service, error) {
	name, err := serviceName(tag)
	if err != nil {
		return nil, err
	}
	slots := make(chan struct{}, meetAtOnce)
	s := mdns.NewMdnsService(h.bare, name, lanFound(func(p peer.AddrInfo) {
		if p.ID == h.ID() || h.knows(p.ID) {
			return
		}
		select {
		case slots <- struct{}{}:
		default:
			return // whoever is there says so again
		}
		h.spawn(func() { defer func() { <-slots }(); h.meet(ctx, p) }) // ends within meetTime
	}))
	if err := s.Start(); err != nil {
		s.Close()
		return nil, fmt.Errorf("start mDNS: %w", err)
	}
	return s, nil
}

func sameAddrs(a, b []ma.Multiaddr) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x ma.Multiaddr) bool { return !ma.Contains(b, x) })
}

// lanFound is called by mDNS, on a goroutine of its own, for every answer.
type lanFound func(peer.AddrInfo)

func (f lanFound) HandlePeerFound(p peer.AddrInfo) { f(p) }
