package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/history"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// room runs one community: one goroutine owns its crdt.Community; everybody else hands it work. Started by openRoom, ended by close.
type room struct {
	n      *Node
	id     op.ID
	top    op.ID           // the top community of its tree, often itself: my member key derives from it
	rec    communityRecord // owned by run; read elsewhere through ask
	fixed  communityRecord // as it was when the room was made: what never changes is read here, by anybody
	device identity.DeviceKey
	c      *crdt.Community // owned by run
	snap   atomic.Pointer[crdt.Snapshot]

	station atomic.Pointer[station] // nil before start; the owner replaces it
	closing sync.Once
	turning chan struct{} // held while it is being replaced, and for good once the room closes

	work     chan func()
	gossip   chan crdt.Checked
	arrive   chan arrival
	wake     chan struct{} // something was told
	toldMu   sync.Mutex
	told     []func()
	done     chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
	quota    authorQuota
	checking sync.Mutex
	awaited  awaited
	syncs    atomic.Int64 // comparisons begun
	askedAt  atomic.Int64 // when an unknown tag last made us ask for keys, ms
	face     atomic.Pointer[face]

	// owned by run
	peers     map[peer.ID]member
	sums      map[op.ID]map[epoch.Tag]*history.Sum
	rotate    map[op.ID]time.Time
	owed      []crdt.Refold          // stored, and not folded again yet
	sentAt    time.Time              // when the newest of the wires in parcels was published
	parcels   map[peer.ID][]sentWire // for those who are asked a moment after gossip
	marksAt   time.Time
	receiptAt map[op.ID]time.Time // when I last sent one, by space
	noted     map[op.ID]bool      // spaces whose receipt is noted to be due
	asking    map[op.ID]bool
	syncAt    time.Time
	syncing   map[peer.ID]bool
	named     map[op.ID]string // name last posted as my profile, by space
	names     map[identity.UserID]string
	lines     *lines
	typing    typing
	ledAt     time.Time                        // when my other devices were last led to where I am
	askedMe   typing                           // who asked what became of suggestions
	marks     map[op.ID][]content.WatermarkRow // as stored, by space
	reads     map[op.ID][]content.ReadRow      // as stored, by space
	readDue   map[op.ID][]byte                 // how far I have read and not told, by space
	readAt    map[op.ID]time.Time
	covered   map[op.ID]bool   // spaces that receipts came in, which may say what acks said
	newest    map[op.ID]string // my newest message, by space, while a transaction is made
	topics    map[string]op.ID
	carried   map[carriedKey]time.Time
	entering  bool
	handedOn  map[[32]byte]map[peer.ID]bool // desk wires of mine, by who carries them
	knocking  map[op.ID]time.Time           // groups that I asked to enter, by when to ask again
	accepting map[[32]byte]time.Time        // suggestions to accept, by when
	skewed    map[peer.ID]int64
	in        []crdt.Checked      // gossiped, and not taken in yet
	inAt      time.Time           // when the last were
	took      time.Duration       // to take them in
	due       *time.Timer         // for those, and for riders
	riders    store.Batch         // rows and events that need no commit of their own
	gone      map[[32]byte]bool   // wires whose body the transaction being made takes away
	arriving  map[[32]byte]bool   // wires that it brings
	ackRows   map[[32]byte][]byte // who has stored messages of mine, by message, with what still rides
	own       *private            // what the person decided for himself; nil: not read
	begun     map[op.ID]bool      // spaces that count what is unread
	change    chan struct{}       // closed when something was applied
	place     string              // what others find me by now
	moving    bool                // another node writes with my device key, and I get a new one
	ups       rollUps
	expireAt  time.Time // when messages may be over again
	nextDue   time.Time // when a scheduled announcement may be due
	turnAt    time.Time // not before then is it opened again in the node's mode
	consented bool      // the desk has been told whether I consent, or need not be
	spans     spans     // who was a member when
	deskHeld  int       // how many of the desk's keys I held when I last looked

	// of the goroutine that joins
	sending   sync.Map // scheduled announcements that are being sent, by id
	asked     []byte   // my request, sealed
	askedTo   op.ID    // under this epoch of the desk
	askedLast op.ID
}

type carriedKey struct {
	group  op.ID
	member identity.UserID
}

// member is a connected peer with who is behind it.
type member struct {
	device identity.DeviceID
	user   identity.UserID
	role   host.Role
	since  time.Time
}

const tickEvery = 500 * time.Millisecond

func (r *room) name() string { return comID(r.id) }

// newRoom makes a room without starting it.
func (n *Node) newRoom(rec communityRecord, c *crdt.Community) *room {
	r := &room{n: n, id: rec.ID, top: topOf(rec, c), rec: rec, fixed: rec, device: identity.DeviceKeyFromSeed(rec.Device), c: c, work: make(chan func(), 64), gossip: make(chan crdt.Checked, 1024), arrive: make(chan arrival, 8), wake: make(chan struct{}, 1), done: make(chan struct{}),
		reads: map[op.ID][]content.ReadRow{}, readDue: map[op.ID][]byte{}, readAt: map[op.ID]time.Time{}, covered: map[op.ID]bool{}, newest: map[op.ID]string{},
		peers: map[peer.ID]member{}, sums: map[op.ID]map[epoch.Tag]*history.Sum{}, rotate: map[op.ID]time.Time{}, parcels: map[peer.ID][]sentWire{},
		asking: map[op.ID]bool{}, syncing: map[peer.ID]bool{}, named: map[op.ID]string{}, topics: map[string]op.ID{}, carried: map[carriedKey]time.Time{},
		skewed: map[peer.ID]int64{}, change: make(chan struct{}), handedOn: map[[32]byte]map[peer.ID]bool{}, knocking: map[op.ID]time.Time{}, accepting: map[[32]byte]time.Time{}, marks: map[op.ID][]content.WatermarkRow{}, ackRows: map[[32]byte][]byte{}, gone: map[[32]byte]bool{}, arriving: map[[32]byte]bool{}, receiptAt: map[op.ID]time.Time{}, noted: map[op.ID]bool{}, begun: map[op.ID]bool{}}
	r.turning = make(chan struct{}, 1)
	r.ups = rollUps{told: map[identity.UserID]bool{}, due: map[[32]byte]time.Time{}, last: map[[32]byte]time.Time{}}
	r.ctx, r.cancel = context.WithCancel(n.ctx)
	r.snap.Store(c.Snapshot())
	return r
}

// openRoom loads a community from the store and starts it.
func (n *Node) openRoom(ctx context.Context, rec communityRecord) (*room, error) {
	c, err := n.loadCommunity(ctx, rec)
	if err != nil {
		return nil, err
	}
	r := n.newRoom(rec, c)
	if err := r.start(); err != nil {
		return nil, err
	}
	return r, nil
}

// start opens the network and runs the owner.
func (r *room) start() error {
	r.face.Store(r.newFace())
	s, err := r.openStation(r.plan())
	if err != nil {
		close(r.done)
		r.cancel()
		return err
	}
	r.install(s)
	r.n.wg.Go(r.run)
	return nil
}

// close ends the room: the owner first, then the network. Whoever calls it again waits until that is done.
func (r *room) close() {
	r.closing.Do(func() {
		r.cancel()
		<-r.done
		r.turning <- struct{}{} // what was being opened is closed by who opened it
		if s := r.station.Load(); s != nil {
			s.close()
		}
	})
}

// run is the owner of everything marked so. It ends when the room's context does.
func (r *room) run() {
	defer close(r.done)
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	r.due = time.NewTimer(0)
	<-r.due.C
	defer r.due.Stop()
	r.beginOld()
	r.readOwed()
	r.readUntold()
	r.recallDue()
	r.refresh()
	for {
		select {
		case <-r.ctx.Done():
			return
		case f := <-r.work:
			f()
		case <-r.wake:
			r.heed()
		case ck := <-r.gossip:
			r.receive(ck)
		case a := <-r.arrive:
			r.takeArrivals(a)
		case <-r.due.C:
			r.takeGathered()
		case <-t.C:
			r.tick()
		}
	}
}

// ask runs f in the owner and waits for it. It errs when the room is closing or ctx ends first; then f may or may not run.
func (r *room) ask(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	select {
	case r.work <- func() { f(); close(ran) }:
	case <-r.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ran:
		return nil
	case <-r.done:
		return ErrClosed
	}
}

// tell runs f in the owner some time later, without waiting, and after all that was told before: who came and who went stay in order.
// Called from goroutines that the owner may be waiting for.
func (r *room) tell(f func()) {
	r.toldMu.Lock()
	r.told = append(r.told, f)
	r.toldMu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// heed runs what was told. Owner only.
func (r *room) heed() {
	r.toldMu.Lock()
	told := r.told
	r.told = nil
	r.toldMu.Unlock()
	for _, f := range told {
		f()
	}
}

// take is the owner's only way in for what others made: it drops what is stored already, loads the rows, applies and performs. It
// returns the ids of the wires that are stored now.
func (r *room) take(in []crdt.Checked) ([][32]byte, error) {
	fresh, has, err := r.unknown(in)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(fresh, r.c.Elsewhere) {
		r.copied()
	}
	rows, err := r.rowsFor(r.c.TouchedBy(fresh))
	if err != nil {
		return nil, err
	}
	e := r.c.Apply(fresh, rows, r.n.now())
	if err := r.perform(e); err != nil {
		return nil, err
	}
	for _, w := range e.Store.Wires {
		has[w.ID] = true
	}
	var stored [][32]byte
	for _, ck := range in {
		if id, ok := ck.Wire(); ok && has[id] {
			stored = append(stored, id)
		}
	}
	return stored, nil
}

// unknown returns what is not stored, once, and which wires are. The store is asked only about what could be there. Owner only.
func (r *room) unknown(in []crdt.Checked) (fresh []crdt.Checked, has map[[32]byte]bool, err error) {
	var ask [][32]byte
	for _, ck := range in {
		if id, ok := ck.Wire(); ok && !r.c.Beyond(ck) {
			ask = append(ask, id)
		}
	}
	if has, err = r.n.store.HasWires(r.ctx, ask); err != nil {
		return nil, nil, err
	}
	twice := make(map[[32]byte]bool, len(in))
	for _, ck := range in {
		if id, ok := ck.Wire(); ok {
			if has[id] || twice[id] {
				continue
			}
			twice[id] = true
		}
		fresh = append(fresh, ck)
	}
	return fresh, has, nil
}

func (r *room) rowsFor(keys map[op.ID][]content.RowKey) (crdt.Rows, error) {
	rows := crdt.Rows{}
	for space, ks := range keys {
		names := make([]string, len(ks))
		for i, k := range ks {
			names[i] = string(k)
		}
		got, err := r.n.store.Rows(r.ctx, space, names)
		if err != nil {
			return nil, fmt.Errorf("read rows: %w", err)
		}
		rows[space] = content.Rows{}
		for k, v := range got {
			rows[space][content.RowKey(k)] = content.Row{Key: content.RowKey(k), Value: v}
		}
	}
	return rows, nil
}
