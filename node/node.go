package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// Config says how to run a node. The zero value of everything but Data works.
type Config struct {
	Data       string   // directory; made where it is missing
	Passphrase []byte   // nil: the bare key file
	Name       string   // display name on first start
	Listen     []string // multiaddrs of the first community's host; further ones take free ports on the same interfaces
	Bootstrap  []string // nil: the public DHT; "none": no DHT but that of DHTPrefix
	MDNS       bool
	DHTPrefix  string
	DHTServer  bool
	Mode       string // normal, lan_only, low_data or offline, for this run alone; empty: as SetMode said last, at first normal
	Log        *slog.Logger

	// The clock of nodes whose past is made up (nodetest, the demo), and the transports of simulated ones.
	Now     func() time.Time
	Options func() []libp2p.Option
	// ListenAt says, where Options makes simulated hosts, where that of a community listens; nil: at Listen.
	ListenAt func(community string) []string
}

func (c *Config) validate() error {
	if c.Data == "" {
		return errors.New("no data directory given")
	}
	if c.Mode != "" {
		if err := checkMode(c.Mode); err != nil {
			return err
		}
	}
	if len(c.Listen) == 0 {
		c.Listen = []string{"/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"}
	}
	for field, addrs := range map[string][]string{"listen": c.Listen, "bootstrap": c.Bootstrap} {
		for _, a := range addrs {
			if field == "bootstrap" && a == "none" && len(addrs) == 1 {
				continue
			}
			if err := host.CheckAddr(a, field == "bootstrap"); err != nil {
				return fmt.Errorf("%w: %s: %.80q is no multiaddr; it looks like %s", ErrInvalid, field, a, addrExample[field])
			}
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

var addrExample = map[string]string{"listen": "/ip4/0.0.0.0/tcp/4001", "bootstrap": "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…"}

// Node runs a person's communities. Its methods are safe for concurrent use.
type Node struct {
	cfg    Config
	store  *store.Store
	log    *slog.Logger
	ctx    context.Context // ends when the node closes; goroutines of rooms and jobs stop with it
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mode   atomic.Pointer[string] // how the network is used; SetMode changes it, and each room follows
	moding chan struct{}          // held while SetMode changes it

	mu      sync.Mutex
	me      selfRecord
	rooms   map[op.ID]*room
	anew    map[op.ID]chan struct{} // communities that are being opened anew; each is closed when it is there
	jobs    map[string]*Job
	notify  chan struct{}             // closed at the next event
	linking context.CancelFunc        // ends the device code that was made last
	leading sync.Mutex                // one device of mine leads or follows at a time
	coming  map[op.ID]communityRecord // where this device is about to follow; under leading
	cursor  int64
	live    live

	spentAtOnce atomic.Int64 // const spentAtOnce; tests make it small
}

// selfRecord is the person, in the store.
type selfRecord struct {
	_    struct{} `cbor:",toarray"`
	Seed identity.Seed
	Name string
}

const metaMe = "me"

// Open starts a node: its store, and a room for each community it knows. It errs with the sentinels of node/store.
func Open(ctx context.Context, c Config) (*Node, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{Dir: c.Data, Passphrase: c.Passphrase, Describe: describe})
	if err != nil {
		return nil, err
	}
	c.Passphrase = nil // a node that runs need not know it
	n := &Node{cfg: c, store: s, log: c.Log, rooms: map[op.ID]*room{}, anew: map[op.ID]chan struct{}{}, jobs: map[string]*Job{}, coming: map[op.ID]communityRecord{}, notify: make(chan struct{}), moding: make(chan struct{}, 1)}
	n.spentAtOnce.Store(spentAtOnce)
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := n.load(ctx); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func (n *Node) load(ctx context.Context) error {
	if err := n.loadMode(); err != nil {
		return err
	}
	raw, ok, err := n.store.Meta(ctx, metaMe)
	if err != nil {
		return fmt.Errorf("read identity: %w", err)
	}
	if !ok {
		n.me = selfRecord{Seed: identity.NewSeed(), Name: n.cfg.Name}
		if err := n.saveMe(ctx, n.me); err != nil {
			return err
		}
	} else if err := op.Decode(raw, &n.me); err != nil {
		return fmt.Errorf("read identity: %w", err)
	}
	if n.cursor, err = n.store.LastEvent(ctx); err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	records, err := n.store.MetaPrefix(ctx, metaCommunity)
	if err != nil {
		return fmt.Errorf("read communities: %w", err)
	}
	for _, m := range records {
		var rec communityRecord
		if err := op.Decode(m.Value, &rec); err != nil {
			return fmt.Errorf("read community: %w", err)
		}
		r, err := n.openRoom(ctx, rec)
		if err != nil {
			return fmt.Errorf("open community: %w", err)
		}
		n.addRoom(r)
		if !rec.Joined {
			n.startJoin(r, nil)
		}
	}
	return nil
}

func (n *Node) saveMe(ctx context.Context, me selfRecord) error {
	raw, err := op.Encode(me)
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	return n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaMe, Value: raw}}})
}

// commit writes a batch and wakes those who wait for events.
func (n *Node) commit(ctx context.Context, b *store.Batch) error {
	if err := n.store.Commit(ctx, b); err != nil {
		if errors.Is(err, store.ErrFull) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
		return fmt.Errorf("write to the store: %w", err)
	}
	if len(b.Events) > 0 {
		n.mu.Lock()
		n.cursor = max(n.cursor, b.Events[len(b.Events)-1].ID)
		close(n.notify)
		n.notify = make(chan struct{})
		n.mu.Unlock()
	}
	return nil
}

// Close stops all rooms and the store. It returns once nothing runs any more.
func (n *Node) Close() error {
	n.cancel()
	for again := true; again; { // a community that is being opened anew brings one more
		for _, r := range n.allRooms() {
			r.close()
		}
		n.mu.Lock()
		opening := slices.Collect(maps.Values(n.anew))
		n.mu.Unlock()
		for _, there := range opening {
			<-there
		}
		again = len(opening) > 0
	}
	n.wg.Wait()
	err := n.store.Close()
	n.mu.Lock()
	close(n.notify) // who waits for an event finds that there will be none, and lets go of the node
	n.notify = make(chan struct{})
	n.mu.Unlock()
	return err
}

func (n *Node) addRoom(r *room) {
	n.mu.Lock()
	n.rooms[r.id] = r
	n.mu.Unlock()
}

func (n *Node) now() op.Millis { return op.Millis(n.cfg.Now().UnixMilli()) }

func (n *Node) allRooms() []*room {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*room, 0, len(n.rooms))
	for _, r := range n.rooms {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *room) int { return slices.Compare(a.id[:], b.id[:]) })
	return out
}

// Settled returns once no community is being opened anew, which leaves it out for a moment, or when ctx ends. Whoever serves requests calls it
// before each.
func (n *Node) Settled(ctx context.Context) {
	n.mu.Lock()
	waits := slices.Collect(maps.Values(n.anew))
	n.mu.Unlock()
	for _, there := range waits {
		select {
		case <-there:
		case <-ctx.Done():
		case <-n.ctx.Done():
		}
	}
}

// beginAnew lets requests wait until endAnew.
func (n *Node) beginAnew(community op.ID) {
	n.mu.Lock()
	n.anew[community] = make(chan struct{})
	n.mu.Unlock()
}

func (n *Node) endAnew(community op.ID) {
	n.mu.Lock()
	close(n.anew[community])
	delete(n.anew, community)
	n.mu.Unlock()
}

// room finds a community by its com_ id.
func (n *Node) room(id string) (*room, error) {
	for _, r := range n.allRooms() {
		if r.name() == id {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: no community %s", ErrNotFound, id)
}

// Me returns the person.
func (n *Node) Me() Me {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, confirmed, _ := n.store.Meta(n.ctx, metaWordsConfirmed)
	return Me{DisplayName: n.me.Name, Devices: 1, WordsConfirmed: confirmed, First: n.me.Seed != identity.Seed{}}
}

// SetMe changes the name that new communities are joined under.
func (n *Node) SetMe(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	n.mu.Lock()
	me := n.me
	n.mu.Unlock()
	me.Name = name
	if err := n.saveMe(ctx, me); err != nil {
		return err
	}
	n.mu.Lock()
	n.me = me
	n.mu.Unlock()
	return nil
}

// Keep stores a small value of the API's under a key, encrypted like everything; nil deletes it.
func (n *Node) Keep(ctx context.Context, key string, value []byte) error {
	return n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: "api/" + key, Value: value}}})
}

// Kept returns what Keep stored under keys with a prefix.
func (n *Node) Kept(prefix string) (map[string][]byte, error) {
	all, err := n.store.MetaPrefix(n.ctx, "api/"+prefix)
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	out := make(map[string][]byte, len(all))
	for _, m := range all {
		out[strings.TrimPrefix(m.Key, "api/")] = m.Value
	}
	return out, nil
}

func hexID(id [32]byte) string { return hex.EncodeToString(id[:]) }

func comID(id op.ID) string    { return "com_" + identity.Name32(id[:]) }
func grpID(id op.ID) string    { return "grp_" + identity.Name32(id[:]) }
func invID(id op.ID) string    { return "inv_" + identity.Name32(id[:]) }
func msgID(id [32]byte) string { return "msg_" + identity.Name32(id[:]) }
