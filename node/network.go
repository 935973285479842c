package node

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
	"github.com/pandal-chat/pandal/pubsub"
)

// face is what the host's goroutines read of a room without asking its owner.
type face struct {
	offers  [][]byte
	accepts [][]byte
	member  bool
	heads   [][32]byte
}

// wide is how many members a community has at least whose gossip has a wider mesh, from the next start on.
const wide = 256

// station is a community's place on the network, in one mode: host, gossip and history, which are opened and closed together.
type station struct {
	plan  // with the mode empty: it is closed, or being closed
	host  *host.Host
	goss  *pubsub.Gossip // nil: nothing is published any more
	hist  *history.History
	dht   bool
	since time.Time

	// owned by the room's owner
	installed bool             // it is the room's, or was
	early     []host.PeerEvent // who came before that
}

// plan is what a station needs of its room's owner.
type plan struct {
	mode    string
	listen  []string
	wide    bool
	in, out int64 // bytes that earlier stations of the room counted
}

func (r *room) host() *host.Host {
	if s := r.station.Load(); s != nil {
		return s.host
	}
	return nil
}

func (r *room) goss() *pubsub.Gossip {
	if s := r.station.Load(); s != nil {
		return s.goss
	}
	return nil
}

func (r *room) hist() *history.History { return r.station.Load().hist }

// plan says how the room is to be on the network. Owner only, or before it runs.
func (r *room) plan() plan {
	p := plan{mode: r.n.Mode(), listen: r.rec.Listen}
	if len(p.listen) == 0 {
		p.listen = r.n.cfg.Listen
	}
	st := r.c.State(r.id)
	p.wide = st != nil && st.Members.Len() > wide
	return p
}

// openStation starts host, gossip and history of a community, which the room uses after install.
func (r *room) openStation(p plan) (*station, error) {
	cfg := r.n.cfg
	offline, lan := p.mode == ModeOffline, p.mode == ModeLAN
	switch {
	case offline:
		p.listen = nil
	case cfg.ListenAt != nil:
		p.listen = cfg.ListenAt(r.name())
	case cfg.Options == nil: // simulated hosts have no ports to look for
		var err error
		if p.listen, err = host.FreeListen(p.listen); err != nil {
			return nil, fmt.Errorf("find a port: %w", err)
		}
	}
	none := slices.Equal(cfg.Bootstrap, []string{"none"})
	boot := cfg.Bootstrap
	if none {
		boot = nil
	} else if len(boot) == 0 && cfg.DHTPrefix == "" {
		boot = host.PublicBootstrap()
	}
	s := &station{plan: p, since: r.n.cfg.Now()}
	frugal := p.mode == ModeLowData
	hc := host.Config{Key: r.fixed.Host[:], Listen: p.listen, OnPeer: func(e host.PeerEvent) { r.tell(func() { r.fromHost(s, e) }) }, Remembered: r.remembered, Reach: reachOf(p.mode), NAT: !lan && !offline && !none,
		DHT: !lan && !offline && (!none || cfg.DHTPrefix != ""), DHTPrefix: cfg.DHTPrefix, DHTServer: cfg.DHTServer, Bootstrap: boot,
		Datastore: r.n.store.Datastore(r.name()), MDNS: cfg.MDNS && !offline, Frugal: frugal, Log: r.n.log,
		Auth: host.Auth{Offers: func() [][]byte { return r.face.Load().offers }, Accepts: func() [][]byte { return r.face.Load().accepts },
			Hello: r.hello, Ops: r.opsFor, Judge: r.judge}}
	s.dht = hc.DHT
	if cfg.Options != nil {
		hc.Options = cfg.Options()
	}
	h, err := host.New(hc)
	if err != nil {
		return nil, fmt.Errorf("start network: %w", err)
	}
	s.host = h
	if s.goss, err = pubsub.New(r.ctx, pubsub.Config{Host: h.View(), Validate: r.validate, Receive: r.gossiped, Wide: p.wide, Frugal: frugal}); err != nil {
		s.close()
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	s.hist = history.New(history.Config{Host: h.View(), Offer: r.offer, Ops: r.historyOps, IDs: r.historyIDs, Wires: r.historyWires, TakeOps: r.takeOps,
		TakeWires: r.takeWires, Answer: r.answerKeys, Unknown: func(_ peer.ID, space [32]byte) { r.tell(func() { r.askKeys(space, r.c.Lacking(space)) }) },
		Peers: r.tellPeers, Met: r.met, Clock: r.clock, Now: func() int64 { return int64(r.n.now()) }, Log: r.n.log})
	h.HandleJoiner(joinProtocol, r.serveJoin)
	h.HandleJoiner(restoreProtocol, r.serveRestore)
	h.View().SetStreamHandler(enterProtocol, r.serveEnter)
	h.View().SetStreamHandler(typingProtocol, r.serveTyping)
	h.View().SetStreamHandler(toldProtocol, r.serveTold)
	h.View().SetStreamHandler(ownWordProtocol, r.serveOwn)
	h.View().SetStreamHandler(followProtocol, r.serveFollow)
	return s, nil
}

// install makes a station the room's. Owner only, or before it runs.
func (r *room) install(s *station) {
	r.station.Store(s)
	r.keepPorts(s)
	s.installed = true
	for _, e := range s.early {
		r.onPeer(e)
	}
	s.early = nil
}

// fromHost takes what a station's host tells, in order. Owner only.
func (r *room) fromHost(s *station, e host.PeerEvent) {
	switch {
	case r.station.Load() == s:
		r.onPeer(e)
	case !s.installed:
		s.early = append(s.early, e)
	} // with one that is closed, all are gone
}

// close ends it; once more does nothing.
func (s *station) close() {
	if s.hist != nil {
		s.hist.Close()
	}
	if s.goss != nil {
		s.goss.Close()
	}
	s.host.Close()
}

// bytes counts what the room's hosts have read and written since the node was started.
func (s *station) bytes() (in, out int64) {
	in, out = s.host.Bytes()
	return s.in + in, s.out + out
}

// keepPorts remembers the ports that were found free, so that the addresses others remember stay right. The ports of simulated hosts and
// those the person named are not ours to keep.
func (r *room) keepPorts(s *station) {
	if r.n.cfg.Options != nil || len(r.rec.Listen) > 0 {
		return
	}
	var got []string
	for _, a := range s.host.Bare().Network().ListenAddresses() {
		if a := a.String(); !strings.Contains(a, "/p2p-circuit") { // what relays lend is no port of ours
			got = append(got, a)
		}
	}
	if asked := r.n.cfg.Listen; len(got) == 0 || len(asked) > 0 && !slices.ContainsFunc(asked, anyPort) {
		return
	}
	r.rec.Listen = got
	if m, err := r.rec.meta(); err == nil {
		if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{m}}); err != nil {
			r.n.log.Warn("ports could not be remembered", "err", err)
		}
	}
}

// anyPort says whether an address leaves the port to us.
func anyPort(addr string) bool {
	a, err := ma.NewMultiaddr(addr)
	if err != nil {
		return false
	}
	for _, p := range []int{ma.P_TCP, ma.P_UDP} {
		if port, err := a.ValueForProtocol(p); err == nil && port == "0" {
			return true
		}
	}
	return false
}

// newFace is computed by the owner.
func (r *room) newFace() *face {
	f := &face{member: r.c.Mine(r.id)}
	for _, k := range r.c.Meeting(r.id) {
		f.accepts = append(f.accepts, k[:])
	}
	f.offers = append(f.offers, f.accepts[:min(4, len(f.accepts))]...)
	join := r.fixed.JoinKey
	f.offers = append(f.offers, join[:])
	f.accepts = append(f.accepts, join[:])
	for _, h := range r.c.Log().Graph().Heads(r.id) {
		f.heads = append(f.heads, h)
	}
	f.heads = f.heads[:min(len(f.heads), 32)]
	return f
}

// helloBody is step 4 of the handshake: who I am, bound to the channel.
type helloBody struct {
	_      struct{} `cbor:",toarray"`
	Device identity.DeviceID
	Member identity.UserID
	Joiner bool
	Heads  [][32]byte
	Sig    []byte
}

func (h helloBody) signed(channel []byte) ([]byte, error) {
	h.Sig = []byte{}
	b, err := op.Encode(h)
	return append(slices.Clone(channel), b...), err
}

// hello is called by the host.
func (r *room) hello(channel []byte) []byte {
	f := r.face.Load()
	d := r.device
	h := helloBody{Device: d.ID(), Member: r.fixed.Member, Joiner: !f.member, Heads: f.heads}
	if h.Heads == nil {
		h.Heads = [][32]byte{}
	}
	b, err := h.signed(channel)
	if err != nil {
		return nil
	}
	h.Sig = d.Sign(identity.LabelHello, b)
	out, err := op.Encode(h)
	if err != nil {
		return nil
	}
	return out
}

func parseHello(b []byte) (helloBody, error) {
	var h helloBody
	if len(b) > 60<<10 {
		return h, fmt.Errorf("hello: %d bytes", len(b))
	}
	if err := op.Decode(b, &h); err != nil {
		return h, fmt.Errorf("read hello: %w", err)
	}
	if len(h.Heads) > 64 {
		return h, fmt.Errorf("hello: %d heads", len(h.Heads))
	}
	return h, nil
}

// opsFor is called by the host before a verdict: a member gets the ops it lacks; whom my view excludes, those that removed him and what they name;
// strangers nothing.
func (r *room) opsFor(theirs []byte) (out [][]byte) {
	h, err := parseHello(theirs)
	if err != nil {
		return nil
	}
	if r.ask(r.ctx, func() {
		st := r.c.State(r.id)
		if st == nil {
			return
		}
		if _, ok := st.Who(h.Device); ok {
			out = r.opsBeyond(r.id, h.Heads)
		} else if m, ok := r.c.Log().Registered(h.Device); ok {
			out = r.opsOut(m, h.Device, r.id, h.Heads)
		}
	}) != nil {
		return nil
	}
	size := 0
	for i, o := range out {
		if size += len(o) + 8; size > 900<<10 {
			return out[:i]
		}
	}
	return out
}

// opsOut lists what shows somebody who is not in a space that he is out: the ops that put him, or this device of his, out, and of what was before them
// all that he lacks, since no op is taken in before those it names. What was written since is not for him. Nil for who never was in.
func (r *room) opsOut(u identity.UserID, d identity.DeviceID, space op.ID, heads [][32]byte) (out [][]byte) {
	st := r.c.State(space)
	if st == nil {
		return nil
	}
	g := r.c.Log().Graph()
	his := make([]op.ID, len(heads))
	for i, h := range heads {
		his[i] = h
	}
	known, _ := g.PastOf(his...)
	past, _ := g.PastOf(append(st.OutBy(u), st.DeviceEndings(u, d)...)...)
	for _, n := range g.Nodes(space) {
		if past.Has(n) && !known.Has(n) {
			out = append(out, r.c.Log().Op(g.ID(n)).Raw())
		}
	}
	return out
}

// judge is called by the host: the other proves a device; my view says whose.
func (r *room) judge(p peer.ID, channel, theirs []byte, ops [][]byte) (host.Role, []byte, error) {
	h, err := parseHello(theirs)
	if err != nil {
		return host.Refused, nil, err
	}
	signed, err := h.signed(channel)
	if err != nil || !identity.Verify(h.Device, h.Sig, identity.LabelHello, signed) {
		return host.Refused, nil, fmt.Errorf("hello is not signed by its device")
	}
	if len(ops) > 0 {
		if _, err := r.takeOps(r.ctx, p, ops); err != nil {
			return host.Refused, nil, err
		}
	}
	role := host.Refused
	err = r.ask(r.ctx, func() {
		st := r.c.State(r.id)
		if st == nil { // I am joining myself and cannot tell yet
			role = host.Joiner
			return
		}
		if _, ok := st.Who(h.Device); ok {
			role = host.Member
		} else if h.Joiner {
			role = host.Joiner
		}
	})
	if err != nil {
		return host.Refused, nil, err
	}
	if role == host.Refused {
		return role, nil, fmt.Errorf("not a member")
	}
	return role, h.Device[:], nil
}
