package acl

import (
	"encoding/binary"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func TestMain(m *testing.M) {
	flag.Parse()
	checks := "60"
	if os.Getenv("PANDAL_FULL") != "" {
		checks = "1000"
	}
	flag.Set("rapid.checks", checks)
	os.Exit(m.Run())
}

// person is somebody with a seed and up to three devices, whatever the log says about them.
type person struct {
	name string
	key  identity.MemberKey
	devs []identity.DeviceKey
}

func (p *person) id() identity.UserID { return p.key.ID() }

// world is a history of really signed ops. Anybody can write anything with any past; what comes of it is Eval's business.
// direct is whom a direct message is with.
type direct struct {
	other   *person
	opening [64]byte
}

type world struct {
	t         rapid.TB
	community op.ID
	owner     *person
	people    []*person
	log       *Log
	ops       []*op.Op
	now       op.Millis
	invites   map[op.ID]identity.InviteKey
	directs   map[op.ID]direct
	guard     []identity.UserID // the recovery set that is signed for
	trusted   bool              // signatures are not checked again
}

func seed32(parts ...int) (s [32]byte) {
	for i, p := range parts {
		binary.BigEndian.PutUint64(s[8*i:], uint64(p)+1)
	}
	return s
}

// newWorld founds a community with an owner and n others, who are in nothing yet.
func newWorld(t rapid.TB, n int) *world {
	var set []identity.UserID
	for i := range 3 {
		set = append(set, identity.UserID(identity.DeviceKeyFromSeed(seed32(7, i)).ID()))
	}
	return foundWorld(t, n, sortedSet(set))
}

// foundWorld names this recovery set in Genesis.
func foundWorld(t rapid.TB, n int, set []identity.UserID) *world {
	w := &world{t: t, log: NewLog(), now: 1_790_000_000_000, invites: map[op.ID]identity.InviteKey{}, directs: map[op.ID]direct{}}
	salt := seed32(99)
	w.owner = &person{name: "owner", key: identity.Seed(seed32(0)).Member(identity.OwnerSalt(salt))}
	w.owner.devs = append(w.owner.devs, identity.DeviceKeyFromSeed(seed32(0, 0)), identity.DeviceKeyFromSeed(seed32(0, 1)))
	w.people = append(w.people, w.owner)
	cert := w.owner.key.Certify(identity.Certificate{Space: identity.OwnerSalt(salt)}, w.owner.devs[0])
	w.guard = set
	g, err := op.SignDevice(op.Op{Time: w.now, Body: op.GenesisBody{Name: "w", Salt: salt, Cert: cert, Recovery: append([]identity.UserID{}, set...)}}, w.owner.devs[0])
	if err != nil {
		t.Fatalf("genesis: %v", err)
	}
	w.take(g)
	w.community = g.ID()
	for i := range n {
		p := &person{name: string(rune('A' + i)), key: identity.Seed(seed32(i + 1)).Member(w.community)}
		for d := range 3 {
			p.devs = append(p.devs, identity.DeviceKeyFromSeed(seed32(i+1, d)))
		}
		w.people = append(w.people, p)
	}
	return w
}

func (w *world) p(i int) *person { return w.people[i] }

func (w *world) take(o *op.Op) op.ID {
	again, err := op.Parse(o.Raw())
	if err != nil || !w.trusted && !again.Verify() {
		w.t.Fatalf("%s does not come back: %v", o.Kind(), err)
	}
	if err := w.log.Add(EntryOf(again)); err != nil {
		w.t.Fatalf("add %s: %v", o.Kind(), err)
	}
	w.ops = append(w.ops, again)
	return again.ID()
}

func (w *world) node(id op.ID) dag.Node {
	n, ok := w.log.g.Find(id)
	if !ok {
		w.t.Fatalf("no op %s", id)
	}
	return n
}

// act is what to write. Without deps it sees everything that is there; with after, only what those ops saw, and them.
type act struct {
	by      *person
	dev     int
	asM     bool // signed by M
	space   op.ID
	cap     op.ID
	body    op.Body
	after   []op.ID // in this log
	parents []op.ID // in the parent's log; nil with after: none
	seq     uint64  // 0: the right one
	lift    uint64  // added to the right height
}

func (w *world) do(a act) op.ID {
	if a.space == (op.ID{}) {
		a.space = w.community
	}
	if a.cap == (op.ID{}) {
		a.cap = w.community
	}
	if a.by == nil {
		a.by = w.owner
	}
	deps, parents := slices.Clone(a.after), slices.Clone(a.parents)
	if a.after == nil {
		if deps = w.log.g.Heads(a.space); len(deps) == 0 {
			deps = []op.ID{a.space}
		}
		if p, ok := w.log.parent(a.space); ok {
			parents = w.log.g.Heads(p)
		}
	}
	sortIDs(deps)
	sortIDs(parents)
	deps, parents = slices.Compact(deps), slices.Compact(parents)
	if len(deps) > op.MaxDeps || len(parents) > op.MaxDeps {
		deps, parents = deps[:min(len(deps), op.MaxDeps)], parents[:min(len(parents), op.MaxDeps)]
	}
	w.now++
	o := op.Op{Space: a.space, Cap: a.cap, Deps: deps, ParentHeads: parents, Time: w.now, Body: a.body, Seq: a.seq}
	for _, d := range deps {
		o.Height = max(o.Height, w.log.g.Height(w.node(d))+1)
	}
	o.Height += a.lift
	key := op.Key(a.by.devs[a.dev].ID())
	if a.asM {
		key = op.Key(a.by.id())
	}
	if o.Seq == 0 {
		past, _ := w.log.g.PastOf(append(slices.Clone(deps), parents...)...)
		for n := range w.log.f {
			if f := &w.log.f[n]; f.wf && f.Space == a.space && f.Cap == a.cap && f.Key == key && past.Has(dag.Node(n)) {
				o.Seq = max(o.Seq, f.Seq)
			}
		}
		o.Seq++
	}
	var signed *op.Op
	var err error
	if a.asM {
		signed, err = op.SignMember(o, a.by.key)
	} else {
		signed, err = op.SignDevice(o, a.by.devs[a.dev])
	}
	if err != nil {
		w.t.Fatalf("%s writes %s: %v", a.by.name, a.body.Kind(), err)
	}
	return w.take(signed)
}

func sortIDs(ids []op.ID) {
	slices.SortFunc(ids, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
}

// lastOut is what a certificate of m must name, as seen after these ops.
func (w *world) lastOut(space op.ID, m identity.UserID, after, parents []op.ID) (last op.ID) {
	if after == nil {
		return w.log.LastOut(space, m)
	}
	past, _ := w.log.g.PastOf(append(slices.Clone(after), parents...)...)
	best := dag.Node(-1)
	for _, o := range w.log.outs[space][m] {
		if past.Has(o) && (best < 0 || w.log.byHeight(best, o) < 0) {
			best, last = o, w.log.f[o].ID
		}
	}
	return last
}

// admit writes an Admit of who's device, through an invite if one is named, with the consent that fits.
func (w *world) admit(a act, who *person, dev int, invite op.ID) op.ID {
	if a.space == (op.ID{}) {
		a.space = w.community
	}
	if a.cap == (op.ID{}) {
		a.cap = w.community
	}
	via := a.cap
	b := op.AdmitBody{Post: true, Invite: invite, Proof: []byte{}}
	if invite != (op.ID{}) {
		via = invite
		if k, ok := w.invites[invite]; ok {
			b.Proof = k.Prove(who.id(), who.devs[dev].ID())
		} else {
			b.Proof = make([]byte, 64)
		}
	}
	b.Cert = who.key.Certify(identity.Certificate{Space: a.space, Via: via, Last: w.lastOut(a.space, who.id(), a.after, a.parents)}, who.devs[dev])
	a.body = b
	return w.do(a)
}

func (w *world) invite(a act, auto bool, most uint32, groups ...op.ID) op.ID {
	k := identity.InviteKeyFromSeed([16]byte(binary.BigEndian.AppendUint64(make([]byte, 8), uint64(len(w.ops)))))
	if groups == nil {
		groups = []op.ID{}
	}
	sortIDs(groups)
	a.body = op.InviteBody{Key: k.Public(), Max: most, Auto: auto, Groups: groups}
	id := w.do(a)
	w.invites[id] = k
	return id
}

func (w *world) grant(a act, who *person, bits op.Bits) op.ID {
	a.body = op.GrantBody{Member: who.id(), Bits: bits}
	return w.do(a)
}

func (w *world) revoke(a act, who *person, target op.ID, cascade bool) op.ID {
	b := op.RevokeBody{Target: target, Cascade: cascade, Pins: []op.Pin{}}
	if who != nil {
		b.Member = who.id()
	}
	a.body = b
	return w.do(a)
}

func (w *world) group(a act, open bool) op.ID {
	a.body = op.CreateGroupBody{Name: "g", Open: open}
	return w.do(a)
}

// direct opens a direct message with somebody, and does not admit him yet.
func (w *world) direct(a act, other *person) op.ID {
	d := direct{other: other}
	binary.BigEndian.PutUint64(d.opening[:], uint64(len(w.ops)))
	a.body = op.CreateGroupBody{WhoPosts: op.Direct, JoinKey: DirectKey(other.id(), d.opening)}
	id := w.do(a)
	w.directs[id] = d
	return id
}

// admitDirect admits who to a direct message, with the opening of the one it is with.
func (w *world) admitDirect(a act, who *person, dev int) op.ID {
	b := op.AdmitBody{Post: true, Invite: a.space}
	opening := w.directs[a.space].opening
	b.Proof = opening[:]
	b.Cert = who.key.Certify(identity.Certificate{Space: a.space, Via: a.space, Last: w.lastOut(a.space, who.id(), a.after, a.parents)}, who.devs[dev])
	a.body = b
	return w.do(a)
}

func (w *world) leave(a act) op.ID {
	a.body = op.LeaveBody{Pins: []op.Pin{}}
	return w.do(a)
}

func (w *world) set(a act, key, value string) op.ID {
	a.body = op.SetBody{Key: key, Value: []byte(value)}
	return w.do(a)
}

func (w *world) revokeDevice(a act, dev int) op.ID {
	a.asM, a.body = true, op.DeviceRevokeBody{Device: a.by.devs[dev].ID(), Pins: []op.Pin{}}
	return w.do(a)
}

func (w *world) addDevice(a act, dev int) op.ID {
	if a.space == (op.ID{}) {
		a.space = w.community
	}
	a.asM = true
	a.body = op.DeviceAddBody{Cert: a.by.key.Certify(identity.Certificate{Space: a.space}, a.by.devs[dev])}
	return w.do(a)
}

// rotate hands the community to another person with the signatures of the recovery set.
func (w *world) rotate(a act, to *person, prev op.ID) op.ID {
	d := to.devs[1]
	cert := to.key.Certify(identity.Certificate{Space: w.community}, d)
	b := op.OwnerRotateBody{Prev: prev, Cert: cert, Recovery: w.guard, Sigs: w.handover(prev, to, d, w.guard, 0, 1)}
	a.body = b
	return w.do(a)
}

func sortedSet(set []identity.UserID) []identity.UserID {
	slices.SortFunc(set, func(a, b identity.UserID) int { return slices.Compare(a[:], b[:]) })
	return set
}

// handover signs with some of the three who keep the community.
func (w *world) handover(prev op.ID, to *person, d identity.DeviceKey, next []identity.UserID, keepers ...int) []op.Signature {
	sigs := []op.Signature{}
	for _, i := range keepers {
		k := identity.DeviceKeyFromSeed(seed32(7, i))
		sigs = append(sigs, op.Signature{Index: uint8(slices.Index(w.guard, identity.UserID(k.ID()))), Sig: k.Sign(identity.LabelRotate, Handover(w.community, prev, to.id(), d.ID(), next))})
	}
	slices.SortFunc(sigs, func(a, b op.Signature) int { return int(a.Index) - int(b.Index) })
	return sigs
}

func (w *world) states() map[op.ID]*State { return w.log.EvalAll(w.community) }

func (w *world) state(space ...op.ID) *State {
	if len(space) == 0 {
		return w.states()[w.community]
	}
	return w.states()[space[0]]
}

// copy is a world with the same history that can go on otherwise.
func (w *world) copy() *world {
	c := *w
	c.log, c.ops, c.invites, c.directs = NewLog(), nil, maps.Clone(w.invites), maps.Clone(w.directs)
	for _, o := range w.ops {
		c.take(o)
	}
	return &c
}

// view is all a state says, comparable.
type view struct {
	Effective, Live []op.ID
	Members         map[identity.UserID]Member
	Values          map[string][]byte
	Owner           identity.UserID
	Roster          []Seat
}

func viewOf(s *State) view {
	return view{s.EffectiveIDs(), s.LiveIDs(), maps.Collect(s.Members.All()), s.Values, s.Owner, s.Roster()}
}

func views(states map[op.ID]*State) map[op.ID]view {
	out := map[op.ID]view{}
	for id, s := range states {
		out[id] = viewOf(s)
	}
	return out
}

func (w *world) describe(id op.ID) string {
	n := w.node(id)
	f := &w.log.f[n]
	who := "?"
	for _, p := range w.people {
		if f.known && p.id() == f.author {
			who = p.name
		}
	}
	return who + " " + f.Kind.String() + " " + id.String()[:8]
}
