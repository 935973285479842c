package pubsub

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	lib "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	maxPacket      = 72 << 10         // one gossip packet: the largest wire (68 KiB) and its envelope
	MaxMessage     = 68 << 10         // what Publish takes
	outgoing       = 512              // packets that may wait for one slow peer; gossipsub's own 32 lose bursts
	maxTopics      = 16 * 64          // 16 a space
	maxTheirTopics = 2048             // that one packet of a peer may announce
	queued         = 1024             // messages that may wait for Receive, a topic, and for validation
	reconcileEvery = 15 * time.Second // see reconcile
)

var (
	ErrTopic  = errors.New("topic is not joined")
	ErrTooBig = errors.New("message longer than 68 KiB")
)

// Config is all a Gossip is told.
type Config struct {
	Host host.Host // the member view: whoever it shows may gossip
	// Validate checks a foreign message; it is called from several goroutines at once. What it returns beside Good comes with the
	// message to Receive.
	Validate func(from peer.ID, topic string, data []byte) (Reason, any)
	// Receive gets every accepted foreign message, from one goroutine a topic. It may block; while it does, messages of that topic
	// queue up, and beyond 1,024 are lost to sync.
	Receive func(from peer.ID, topic string, checked any)
	Quota   Quota // of one forwarding peer; zero is DefaultQuota
	Wide    bool  // a community of several hundreds: more neighbours a topic, fewer hops
	Frugal  bool  // as few neighbours as do, at the price of hops; it goes before Wide
}

// Gossip carries messages in topics among the peers of a member view. Its methods are safe for concurrent use.
type Gossip struct {
	self     peer.ID
	host     host.Host
	wide     bool
	low      int // neighbours of a topic that are enough
	validate func(from peer.ID, topic string, data []byte) (Reason, any)
	receive  func(from peer.ID, topic string, checked any)
	ps       *lib.PubSub
	quota    buckets
	count    counter
	nudge    event.Emitter
	pump     func(name string, sub *lib.Subscription) // hands over what a subscription brings, until it or gossip ends
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex
	topics map[string]*topic
}

// TopicName turns the 32 bytes an epoch gives a space into the topic's name.
func TopicName(raw []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

// New starts gossip on a host. It runs until ctx ends or Close.
func New(ctx context.Context, cfg Config) (*Gossip, error) {
	if cfg.Quota == (Quota{}) {
		cfg.Quota = DefaultQuota
	}
	cfg.Wide = cfg.Wide && !cfg.Frugal
	low := meshLow
	if cfg.Frugal {
		low = frugalMeshLow
	}
	ctx, cancel := context.WithCancel(ctx)
	g := &Gossip{
		self: cfg.Host.ID(), host: cfg.Host, wide: cfg.Wide, low: low, validate: cfg.Validate, receive: cfg.Receive, cancel: cancel,
		quota: buckets{quota: cfg.Quota, of: map[peer.ID]*bucket{}}, topics: map[string]*topic{},
	}
	g.pump = func(name string, sub *lib.Subscription) {
		for {
			m, err := sub.Next(ctx)
			if err != nil {
				return
			}
			if m.ReceivedFrom != g.self {
				g.receive(m.ReceivedFrom, name, m.ValidatorData)
			}
		}
	}
	var err error
	if g.nudge, err = cfg.Host.EventBus().Emitter(new(event.EvtPeerIdentificationCompleted)); err != nil {
		cancel()
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	score, limits := peerScore()
	g.ps, err = lib.NewGossipSub(ctx, cfg.Host,
		lib.WithMessageSignaturePolicy(lib.StrictNoSign),
		lib.WithNoAuthor(),
		lib.WithMessageIdFn(contentID),
		lib.WithMaxMessageSize(maxPacket),
		lib.WithPeerScore(score, limits),
		lib.WithGossipSubParams(meshParams(cfg.Wide, cfg.Frugal)),
		lib.WithFloodPublish(cfg.Wide),
		lib.WithPeerOutboundQueueSize(outgoing),
		lib.WithRawTracer(&g.count),
		lib.WithSubscriptionFilter(lib.WrapLimitSubscriptionFilter(anyTopic{}, maxTheirTopics)),
		// Inline: as many checks at once as there are cores, and what waits for them is bounded.
		lib.WithDefaultValidator(g.check, lib.WithValidatorInline(true)),
		lib.WithValidateWorkers(runtime.GOMAXPROCS(0)),
		lib.WithValidateQueueSize(queued),
	)
	if err != nil {
		cancel()
		g.nudge.Close()
		return nil, fmt.Errorf("start gossip: %w", err)
	}
	g.wg.Go(func() { g.reconcile(ctx) }) // ends with ctx
	return g, nil
}

// Close leaves all topics and ends gossip. It waits for calls of Receive under way.
func (g *Gossip) Close() {
	g.cancel()
	g.wg.Wait()
	g.nudge.Close()
}

// Stats returns the counters.
func (g *Gossip) Stats() Stats { return g.count.stats() }

// contentID makes equal messages one message, whoever sends them: there is neither author nor number on the outside.
func contentID(m *pb.Message) string {
	sum := sha256.Sum256(m.GetData())
	return string(sum[:])
}

// check is gossipsub's validator: size and quota, which cost nothing, before the caller's check.
func (g *Gossip) check(_ context.Context, from peer.ID, m *lib.Message) lib.ValidationResult {
	if from == g.self {
		return lib.ValidationAccept // our own: checked when it was made
	}
	reason, checked := Oversized, any(nil)
	switch {
	case len(m.GetData()) > MaxMessage:
	case !g.quota.take(from, time.Now()):
		reason = PeerQuota
	default:
		reason, checked = g.validate(from, m.GetTopic(), m.GetData())
	}
	switch reason.Verdict() {
	case Accept:
		m.ValidatorData = checked
		return lib.ValidationAccept
	case Reject:
		return lib.ValidationReject
	}
	return lib.ValidationIgnore
}

// anyTopic lets peers announce topics we are not in: we may join them later.
type anyTopic struct{}

func (anyTopic) CanSubscribe(string) bool { return true }

func (anyTopic) FilterIncomingSubscriptions(_ peer.ID, subs []*pb.RPC_SubOpts) ([]*pb.RPC_SubOpts, error) {
	return lib.FilterSubscriptions(subs, anyTopic{}.CanSubscribe), nil
}

// reconcile repairs what a fast reconnect can break: gossipsub gives up on a peer whose first streams failed, and then the peer is
// connected and in no topic. Each side mends its own direction by telling gossipsub about the peer again. New starts it.
func (g *Gossip) reconcile(ctx context.Context) {
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			g.quota.sweep(now)
			g.sweep()
		}
		known := map[peer.ID]bool{}
		for _, p := range g.ps.ListPeers("") {
			known[p] = true
		}
		for _, p := range g.host.Network().Peers() {
			if known[p] || g.host.Network().Connectedness(p) != network.Connected {
				continue
			}
			if protos, err := g.host.Peerstore().GetProtocols(p); err == nil {
				g.nudge.Emit(event.EvtPeerIdentificationCompleted{Peer: p, Protocols: protos})
			}
		}
	}
}
