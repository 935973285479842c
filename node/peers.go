package node

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// onPeer is told by the host, in order. Owner only.
func (r *room) onPeer(e host.PeerEvent) {
	was, known := r.peers[e.ID]
	if !e.Connected || !e.Member() {
		delete(r.peers, e.ID)
		if known {
			r.announceEvent("peer.disconnected", r.id, eventRecord{Actor: was.user.String(), Ref: peerID(e.ID)})
		}
		return
	}
	m := member{role: e.Role, since: r.n.cfg.Now()}
	if len(e.Device) == 32 {
		m.device = identity.DeviceID(e.Device)
		if st := r.c.State(r.id); st != nil {
			m.user, _ = st.Who(m.device)
		}
	}
	if known && was.device == m.device {
		m.since = was.since
	}
	r.peers[e.ID] = m
	r.protect()
	r.remember(e.Peer)
	if !known {
		r.announceEvent("peer.connected", r.id, eventRecord{Actor: m.user.String(), Ref: peerID(e.ID)})
	}
	r.syncWith(e.ID)
	r.wantAgain()
	r.flushDesk()
	r.askDecided(e.ID)
	if m.user == r.fixed.Member {
		r.tellOwn(e.ID)
	}
}

// protected is how many connections of each space the connection manager must not close.
const (
	protected       = 8
	frugalProtected = 3
)

// protect keeps some connections of every space I am in. Owner only.
func (r *room) protect() {
	keep := protected
	if r.n.frugal() {
		keep = frugalProtected
	}
	for _, s := range r.c.Spaces() {
		if !r.c.Mine(s) {
			continue
		}
		ids, _ := r.connected(s)
		for i, p := range ids {
			if i < keep {
				r.host().Protect(p, grpID(s))
			} else {
				r.host().Unprotect(p, grpID(s))
			}
		}
	}
}

func peerID(p peer.ID) string { return "peer_" + p.String() }

const metaPeer = "peer/"

// remember keeps a member's addresses for the next start.
func (r *room) remember(p host.Peer) {
	var b []byte
	for _, a := range p.Addrs[:min(len(p.Addrs), 8)] {
		b = append(append(b, a.String()...), '\n')
	}
	if len(b) == 0 {
		return
	}
	if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: metaPeer + hexID(r.id) + "/" + p.ID.String(), Value: b}}}); err != nil {
		r.n.log.Warn("peer could not be remembered", "err", err)
	}
}

// remembered is called by the host when it looks for members.
func (r *room) remembered() []peer.AddrInfo {
	prefix := metaPeer + hexID(r.id) + "/"
	list, err := r.n.store.MetaPrefix(r.ctx, prefix)
	if err != nil {
		return nil
	}
	var out []peer.AddrInfo
	for _, m := range list {
		id, err := peer.Decode(strings.TrimPrefix(m.Key, prefix))
		if err != nil {
			continue
		}
		info := peer.AddrInfo{ID: id}
		for _, s := range strings.Fields(string(m.Value)) {
			if a, err := ma.NewMultiaddr(s); err == nil {
				info.Addrs = append(info.Addrs, a)
			}
		}
		out = append(out, info)
	}
	return out
}

// enough is how many connected members I look for when others tell me of more.
const (
	enough       = 12
	frugalEnough = 3
)

// tellPeers names other connected members to a member.
func (r *room) tellPeers(to peer.ID) (out [][]byte) {
	all := r.host().Peers()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all {
		if !p.Member() || p.ID == to || len(p.Addrs) == 0 || len(out) == history.MaxPeers {
			continue
		}
		infos, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: p.ID, Addrs: p.Addrs[:1]})
		if err == nil && len(infos) == 1 && len(infos[0].Bytes()) <= 512 {
			out = append(out, infos[0].Bytes())
		}
	}
	return out
}

// met dials members that a member told me of, until I know enough.
func (r *room) met(_ peer.ID, addrs [][]byte) {
	want := enough
	if r.n.frugal() { // no more at once than lack, since all are dialled at the same time
		want = frugalEnough
		addrs = addrs[:min(len(addrs), max(0, want-r.host().Members()))]
	}
	for _, raw := range addrs {
		a, err := ma.NewMultiaddrBytes(raw)
		if err != nil {
			continue
		}
		info, err := peer.AddrInfoFromP2pAddr(a)
		if err != nil || info.ID == r.host().ID() || r.host().Bare().Network().Connectedness(info.ID) == network.Connected {
			continue
		}
		r.n.wg.Go(func() {
			if r.host().Members() >= want {
				return
			}
			ctx, cancel := context.WithTimeout(r.ctx, 10*time.Second)
			defer cancel()
			if _, err := r.host().Connect(ctx, *info); err != nil {
				r.n.log.Debug("a member told of could not be reached", "err", err)
			}
		})
	}
}

// dropOut ends the connections of peers who are members no more.
func (r *room) dropOut() {
	st := r.c.State(r.id)
	if st == nil {
		return
	}
	for id, m := range r.peers {
		if u, ok := st.Who(m.device); ok {
			m.user = u
			r.peers[id] = m
			continue
		}
		delete(r.peers, id)
		r.n.wg.Go(func() { // after what removed him had a moment to reach him
			select {
			case <-time.After(time.Second):
			case <-r.ctx.Done():
			}
			r.host().Drop(id)
		})
	}
}

// connected lists the devices of connected members of a space.
func (r *room) connected(space op.ID) (ids []peer.ID, devices []identity.DeviceID) {
	st := r.c.State(space)
	if st == nil {
		return nil, nil
	}
	for id, m := range r.peers {
		if _, ok := st.Members.Get(m.user); ok {
			ids, devices = append(ids, id), append(devices, m.device)
		}
	}
	slices.Sort(ids)
	return ids, devices
}
