package crdt

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Self is who this node is in one community.
type Self struct {
	Member identity.UserID
	Device identity.DeviceKey
}

// Community is a community with its groups: what is true on this node. It holds the control logs of the communities it stands under as well, since
// they say who acts in it from above, and nothing else of theirs.
type Community struct {
	id        op.ID
	above     []op.ID // communities that this one stands under, the nearest first, as far as their Genesis came
	self      Self
	log       *acl.Log
	states    map[op.ID]*acl.State
	spaces    map[op.ID]*space
	waiting   map[op.ID]Checked // ops whose past is not here yet
	waitedFor map[op.ID][]op.ID // and what they wait for
	desk      DeskAddress
	deskless  op.Millis            // since when I am of the desk without its key in use; 0: I have it
	unproved  map[op.ID][][32]byte // join requests by an invite that is not here yet
	snap      *Snapshot
}

// maxWaiting bounds the ops kept in memory for want of their past; beyond it they are fetched again later.
const maxWaiting = 4096

// space is what is held about one space besides its control state.
type space struct {
	id       op.ID
	epochs   map[op.ID]*epochState
	kids     map[op.ID][]*epochState // epochs by parent
	early    map[op.ID]epoch.Secret  // secrets that came before their Epoch op
	set      epoch.Set
	own      OwnChain
	lamport  op.Millis
	chains   map[identity.DeviceID]*chain
	recent   map[op.ID]op.Millis // epochs by when they last carried a message
	aside    []Aside
	judged   map[identity.UserID]string
	orphans  map[acl.Seat]bool // seats I once saw given by an op that stands no more: they may have had keys
	gone     []acl.Seat        // seats that may have had keys and are in the roster no more, in the order in which they went
	wasGone  map[acl.Seat]bool
	judging  int                             // grows when everything was judged anew: what was found out about gone seats before is stale
	unread   bool                            // some epoch could not be judged yet
	ended    map[identity.UserID]bool        // of judged, those who lost something once
	tethered map[identity.DeviceID]*tethered // pinned devices whose chain was read
	marks    map[identity.DeviceID]uint64    // delivered, not yet receipted
	doomed   map[[32]byte]identity.UserID    // deleted messages that are not here yet, with their authors
}

// chain is how far a device's messages have arrived without a gap, from the first one seen.
type chain struct {
	low, high uint64
	ahead     map[uint64]bool
	top       uint64   // highest seq seen
	hash      [32]byte // its header's hash; zero after a restart, until it writes again
}

func (ch *chain) add(m *epoch.Message) {
	if m.Seq > ch.top {
		ch.top, ch.hash = m.Seq, m.Hash()
	}
	switch {
	case ch.high == 0:
		ch.low, ch.high = m.Seq, m.Seq
	case m.Seq > ch.high:
		if ch.ahead == nil {
			ch.ahead = map[uint64]bool{}
		}
		if len(ch.ahead) < 10_000 {
			ch.ahead[m.Seq] = true
		}
	case m.Seq < ch.low:
		ch.low = m.Seq
	}
	for ch.ahead[ch.high+1] {
		ch.high++
		delete(ch.ahead, ch.high)
	}
}

func newCommunity(id op.ID, self Self) *Community {
	c := &Community{id: id, self: self, log: acl.NewLog(), states: map[op.ID]*acl.State{}, spaces: map[op.ID]*space{}, waiting: map[op.ID]Checked{}, waitedFor: map[op.ID][]op.ID{}, unproved: map[op.ID][][32]byte{}}
	c.space(id)
	c.snapAll()
	return c
}

// Found starts a community owned by m, with this device as its first and a first epoch. Where g names a parent, above is OpsFrom of it; it errs with
// acl.ErrDenied where g names no place there that m was given, or one too deep.
func Found(m identity.MemberKey, d identity.DeviceKey, g op.GenesisBody, now op.Millis, above ...[]byte) (*Community, Effects, error) {
	g.Cert = m.Certify(identity.Certificate{Space: identity.OwnerSalt(g.Salt)}, d)
	if g.Recovery == nil {
		g.Recovery = []identity.UserID{}
	}
	o, err := op.SignDevice(op.Op{Time: now, Body: g}, d)
	if err != nil {
		return nil, Effects{}, fmt.Errorf("sign genesis: %w", err)
	}
	c := newCommunity(o.ID(), Self{Member: m.ID(), Device: d})
	b := &batch{c: c, now: now}
	b.takeOp(Checked{op: o})
	for _, raw := range above {
		ck, err := StoredOp(KeptOp{Bytes: raw})
		if err != nil {
			return nil, Effects{}, fmt.Errorf("read the log above: %w", err)
		}
		b.takeOp(ck)
	}
	c.settle(b)
	if st := c.states[c.id]; st == nil || st.Parent != g.Parent {
		return nil, Effects{}, fmt.Errorf("%w: there is no place for it above", acl.ErrDenied)
	}
	if err := errors.Join(b.rotate(c.id, "genesis", nil), b.rotateDesk()); err != nil {
		return nil, Effects{}, err
	}
	return c, b.done(), nil
}

// Blank is a community of which nothing is known yet but its id: a joiner's.
func Blank(id op.ID, self Self) *Community { return newCommunity(id, self) }

func (c *Community) space(id op.ID) *space {
	s := c.spaces[id]
	if s == nil {
		s = &space{id: id, epochs: map[op.ID]*epochState{}, kids: map[op.ID][]*epochState{}, early: map[op.ID]epoch.Secret{}, own: OwnChain{Space: id}, chains: map[identity.DeviceID]*chain{},
			recent: map[op.ID]op.Millis{}, judged: map[identity.UserID]string{}, orphans: map[acl.Seat]bool{}, wasGone: map[acl.Seat]bool{}, ended: map[identity.UserID]bool{}, tethered: map[identity.DeviceID]*tethered{}, marks: map[identity.DeviceID]uint64{}, doomed: map[[32]byte]identity.UserID{}}
		c.spaces[id] = s
	}
	return s
}

// Kept is what the store gives back about one space.
type Kept struct {
	Space   op.ID
	Secrets map[op.ID]epoch.Secret
	Own     OwnChain
	Lamport op.Millis
	Aside   []Aside       // as it was last to be stored
	Dropped []op.ID       // epochs whose secret was forgotten
	Doomed  []content.Ref // as Doomed listed them last
	Heads   []KeptChain
}

// KeptOp is an op as it was stored.
type KeptOp struct {
	Bytes  []byte
	Proven bool // what StoredOpBytes said, or Log.Proven later; verifying it again costs 40 µs for each member
}

// KeptChain is how far a device's messages had arrived: all from Low to High, and none above Top.
type KeptChain struct {
	Device         identity.DeviceID
	Low, High, Top uint64
}

// Load rebuilds a community from its store: ops in the order they were stored, then what is kept of each space.
func Load(id op.ID, self Self, ops []KeptOp, kept []Kept) (*Community, error) {
	c := newCommunity(id, self)
	b := &batch{c: c, quiet: true}
	for _, o := range ops {
		ck, err := StoredOp(o)
		if err != nil {
			return nil, fmt.Errorf("read stored op: %w", err)
		}
		b.takeOp(ck)
	}
	for _, k := range kept {
		s := c.space(k.Space)
		s.own, s.lamport = k.Own, k.Lamport
		s.own.Space = k.Space
		s.aside = slices.Clone(k.Aside)
		for _, d := range k.Doomed {
			s.doomed[d.ID] = d.Author
		}
		for _, h := range k.Heads {
			s.chains[h.Device] = &chain{low: h.Low, high: h.High, top: h.Top}
		}
		for _, e := range k.Dropped {
			if x := s.epochs[e]; x != nil {
				x.dropped = true
			}
		}
		for e, secret := range k.Secrets {
			c.hold(s, e, secret)
		}
	}
	c.settle(b)
	return c, nil
}

// ID returns the community's id, Self who we are in it.
func (c *Community) ID() op.ID  { return c.id }
func (c *Community) Self() Self { return c.self }

// Snapshot returns what validators read. It changes only in Apply, Author, Hold and Tick.
func (c *Community) Snapshot() *Snapshot { return c.snap }

// State returns the control state of a space, nil if its log is not here or its root does not count.
func (c *Community) State(space op.ID) *acl.State { return c.states[space] }

// Above lists the communities that this one stands under, the nearest first: its log is judged with theirs.
func (c *Community) Above() []op.ID { return slices.Clone(c.above) }

// Top returns the founding op of the community at the top of the line, which is this one's own where it stands under none; false before it is here.
func (c *Community) Top() (id op.ID, g op.GenesisBody, ok bool) {
	id = c.id
	if n := len(c.above); n > 0 {
		id = c.above[n-1]
	}
	o := c.log.Op(id)
	if o == nil {
		return id, g, false
	}
	g, ok = o.Body.(op.GenesisBody)
	return id, g, ok && g.Parent == op.ID{}
}

// OpsFrom lists the ops of this community's own log and of those above it, in an order in which they can be taken in: what a node needs of it
// that is to hold a community under it.
func (c *Community) OpsFrom() (out [][]byte) {
	if o := c.log.Op(c.id); o != nil {
		out = append(out, o.Raw()) // says what it stands under; waits for it
	}
	for _, id := range c.above {
		if o := c.log.Op(id); o != nil {
			out = append(out, o.Raw())
		}
	}
	for _, id := range append(slices.Clone(c.above), c.id) {
		for _, n := range c.log.Graph().Nodes(id) {
			if nid := c.log.Graph().ID(n); nid != id {
				out = append(out, c.log.Op(nid).Raw())
			}
		}
	}
	return out
}

// belongs reports whether a Genesis is this community's, or of one it stands under; and learns of it what that one stands under.
func (c *Community) belongs(o *op.Op) bool {
	if o.ID() != c.id && !slices.Contains(c.above, o.ID()) {
		return false
	}
	if p := o.Body.(op.GenesisBody).Parent; p != (op.ID{}) && !slices.Contains(c.above, p) && len(c.above) < acl.MaxDepth-1 {
		c.above = append(c.above, p)
	}
	return true
}

// Log gives read access to the control log.
func (c *Community) Log() *acl.Log { return c.log }

// Spaces lists the community and every effective group, the community first.
func (c *Community) Spaces() []op.ID {
	out := []op.ID{c.id}
	for id := range c.states {
		if id != c.id {
			out = append(out, id)
		}
	}
	slices.SortFunc(out[1:], func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

// Mine reports whether I am a member of a space now, and this device one of mine.
func (c *Community) Mine(space op.ID) bool { return c.Seated(space) }

func (c *Community) isMember(space op.ID, m identity.UserID) bool {
	st := c.states[space]
	if st == nil {
		return false
	}
	_, ok := st.Members.Get(m)
	return ok
}

// Hash sums up the state of all spaces: equal on nodes that hold the same ops.
func (c *Community) Hash() [32]byte { return acl.Hash(c.states) }

// Group returns the CreateGroup body of a group.
func (c *Community) Group(id op.ID) (op.CreateGroupBody, bool) {
	o := c.log.Op(id)
	if o == nil {
		return op.CreateGroupBody{}, false
	}
	b, ok := o.Body.(op.CreateGroupBody)
	return b, ok
}

// Genesis returns the community's founding op, false before it is here.
func (c *Community) Genesis() (op.GenesisBody, bool) {
	o := c.log.Op(c.id)
	if o == nil {
		return op.GenesisBody{}, false
	}
	b, ok := o.Body.(op.GenesisBody)
	return b, ok
}
