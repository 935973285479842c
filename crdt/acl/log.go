package acl

import (
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Entry is what Eval reads of one op. EntryOf makes it from a signed op; vectors make it by hand.
type Entry struct {
	ID, Space, Cap op.ID // Space is the own id in Genesis
	Kind           op.Kind
	Key            op.Key
	Seq            uint64
	Height         uint64 // as signed; checked when Signed
	Deps, Parents  []op.ID

	Member  identity.UserID   // Genesis, OwnerRotate, Grant, Admit: whom; Revoke: the person it names (else zero)
	Device  identity.DeviceID // the device it registers or revokes
	Bits    op.Bits           // Grant
	Target  op.ID             // Revoke: a cap; RevokeInvite: the Invite; OwnerRotate: the predecessor
	Invite  op.ID             // Admit
	Post    bool              // Admit
	Cascade bool
	Ban     bool
	Auto    bool
	Max     uint32
	Open    bool
	Direct  bool    // CreateGroup: a direct message
	Place   bool    // CreateGroup: no group, a sub-community may be founded under it
	Under   op.ID   // Genesis: the CreateGroup it stands under
	Groups  []op.ID // Invite: groups it also admits to
	Reg     string
	Val     []byte

	Signed *op.Op // the op itself; nil in vectors, whose consent and signatures are taken as checked
	Proven bool   // Admit: its proof of the invite was verified before; only our own store and crdt.CheckOps may say so
}

// EntryOf flattens a signed op.
func EntryOf(o *op.Op) Entry {
	e := Entry{ID: o.ID(), Space: o.Home(), Cap: o.Cap, Kind: o.Kind(), Key: o.Key, Seq: o.Seq, Height: o.Height, Deps: o.Deps, Parents: o.ParentHeads, Signed: o}
	if c, ok := o.Certificate(); ok {
		e.Member, e.Device = c.Member, c.Device
	}
	switch b := o.Body.(type) {
	case op.GenesisBody:
		if b.Under != (op.ID{}) {
			e.Under, e.Parents = b.Under, []op.ID{b.Under}
		}
	case op.GrantBody:
		e.Member, e.Bits = b.Member, b.Bits
	case op.RevokeBody:
		e.Target, e.Member, e.Cascade, e.Ban = b.Target, b.Member, b.Cascade, b.Ban
	case op.AdmitBody:
		e.Invite, e.Post = b.Invite, b.Post
	case op.InviteBody:
		e.Auto, e.Max, e.Groups = b.Auto, b.Max, b.Groups
	case op.RevokeInviteBody:
		e.Target = b.Invite
	case op.CreateGroupBody:
		e.Open, e.Place, e.Direct = b.Open, b.WhoPosts == op.Place, b.WhoPosts == op.Direct
	case op.SetBody:
		e.Reg, e.Val = b.Key, b.Value
	case op.DeviceRevokeBody:
		e.Device = b.Device
	case op.OwnerRotateBody:
		e.Target = b.Prev
	}
	return e
}

// fact is an Entry with what its causal past fixes for ever.
type fact struct {
	Entry
	wf     bool
	author identity.UserID
	known  bool       // the author is known
	cap    dag.Node   // the cap's node; of a Genesis the CreateGroup it stands under, -1 for none
	bits   op.Bits    // as a cap: the rights in its home space
	depth  int        // as a cap: length of its grant path
	ends   []dag.Node // as a cap: well-formed Leaves under it and Revokes of it, in any log
}

type registration struct {
	node   dag.Node
	member identity.UserID
}

// Log is the control log of one community tree with its groups: the DAG and the facts. Ops that are not well-formed stand in the
// DAG, so that causality runs through them, and count for nothing.
type Log struct {
	g        *dag.Graph
	f        []fact
	people   map[identity.UserID]int                  // who was ever given a cap, numbered
	names    []identity.UserID                        // by number
	kinds    map[op.ID]map[op.Kind][]dag.Node         // well-formed ops of a log, without its root
	under    map[op.ID]map[dag.Node][]dag.Node        // the same by cap
	regs     map[op.Key][]registration                // by device
	regOps   map[identity.UserID][]dag.Node           // ops that register a device, by member
	capsOf   map[identity.UserID][]dag.Node           // caps by subject, in every space
	removals map[identity.UserID][]dag.Node           // well-formed Revokes that name a person, in every log
	outs     map[op.ID]map[identity.UserID][]dag.Node // Leaves of and Revokes naming a member, by log
	rotates  map[op.ID][]dag.Node                     // OwnerRotates by log, well-formed or not: whom a key speaks for is read from any past
	revInv   map[op.ID][]dag.Node                     // well-formed RevokeInvites by invite
	entries  map[op.ID][]dag.Node                     // well-formed Admits by invite
	lost     map[op.Key][]dag.Node                    // well-formed DeviceRevokes by device
	unbans   map[string][]dag.Node                    // well-formed Sets that lift a ban, by register
	seqs     map[seqKey][]dag.Node
	top      map[seqKey]uint64 // highest seq by (space, cap, key)
}

type seqKey struct {
	space, cap op.ID
	key        op.Key
	seq        uint64
}

// NewLog returns an empty log.
func NewLog() *Log {
	return &Log{g: dag.New(), people: map[identity.UserID]int{}, kinds: map[op.ID]map[op.Kind][]dag.Node{}, under: map[op.ID]map[dag.Node][]dag.Node{},
		regs: map[op.Key][]registration{}, regOps: map[identity.UserID][]dag.Node{}, capsOf: map[identity.UserID][]dag.Node{},
		removals: map[identity.UserID][]dag.Node{}, outs: map[op.ID]map[identity.UserID][]dag.Node{}, rotates: map[op.ID][]dag.Node{},
		revInv: map[op.ID][]dag.Node{}, entries: map[op.ID][]dag.Node{}, lost: map[op.Key][]dag.Node{}, unbans: map[string][]dag.Node{}, seqs: map[seqKey][]dag.Node{}, top: map[seqKey]uint64{}}
}

// Graph gives read access to the DAG.
func (l *Log) Graph() *dag.Graph { return l.g }

// Has reports whether the op is integrated; Op returns it (nil if it is not there or was made by hand).
func (l *Log) Has(id op.ID) bool { _, ok := l.g.Find(id); return ok }

// Op returns the signed op, nil if there is none.
func (l *Log) Op(id op.ID) *op.Op {
	if n, ok := l.g.Find(id); ok {
		return l.f[n].Signed
	}
	return nil
}

// Proven reports whether an Admit's proof of its invite was verified, now or before it was stored. Whoever keeps the op may keep that with it: both
// sides of the proof, and the invite's key, are fixed by the op's id.
func (l *Log) Proven(id op.ID) bool {
	n, ok := l.g.Find(id)
	return ok && l.f[n].Proven
}

// Missing returns the ops that must be added before e.
func (l *Log) Missing(e Entry) []op.ID { return l.g.Missing(e.ID, e.Space, e.Deps, e.Parents) }

// Add integrates e, whose past must be there (dag.ErrMissing). It errs with dag.ErrForeign when its edges lead into a log they must
// not lead into; such an op is not kept. Adding twice does nothing.
func (l *Log) Add(e Entry) error {
	if l.Has(e.ID) {
		return nil
	}
	if len(l.Missing(e)) > 0 {
		return dag.ErrMissing
	}
	if !l.edgesFit(e) {
		return dag.ErrForeign
	}
	n, err := l.g.Add(e.ID, e.Space, e.Deps, e.Parents)
	if err != nil {
		return err
	}
	l.f = append(l.f, fact{Entry: e, cap: -1})
	l.judge(n)
	return nil
}

func (l *Log) before(a, b dag.Node) bool { return l.g.Before(a, b) }

// facts fixes what node n's past says about it for ever. It reads nothing that index notes of n itself.
func (l *Log) facts(n dag.Node) {
	f := &l.f[n]
	above := f.Cap
	if f.Kind == op.Genesis { // its grant paths go on from where it stands
		above = f.Under
	}
	if c, ok := l.g.Find(above); ok && l.before(c, n) {
		f.cap = c
	}
	f.author, f.known = l.authorOf(n)
	f.wf = l.wellFormed(n)
	if isCap(f.Kind) {
		l.capFacts(n)
	}
}

// judge fixes the facts of node n and indexes it.
func (l *Log) judge(n dag.Node) {
	l.facts(n)
	l.index(n)
	f := &l.f[n]
	if !f.wf {
		return
	}
	if f.ID != f.Space {
		if l.under[f.Space] == nil {
			l.under[f.Space], l.kinds[f.Space] = map[dag.Node][]dag.Node{}, map[op.Kind][]dag.Node{}
		}
		l.under[f.Space][f.cap] = append(l.under[f.Space][f.cap], n)
		l.kinds[f.Space][f.Kind] = append(l.kinds[f.Space][f.Kind], n)
	}
	l.indexOuts(n)
	l.indexNames(n)
	k := seqKey{f.Space, f.Cap, f.Key, f.Seq}
	l.seqs[k] = append(l.seqs[k], n)
	k.seq = 0
	l.top[k] = max(l.top[k], f.Seq)
}

func isCap(k op.Kind) bool {
	return k == op.Genesis || k == op.Grant || k == op.CreateGroup || k == op.Admit
}

// authority: every one of these outranks every plain membership.
func isAuthority(k op.Kind) bool { return k == op.Genesis || k == op.Grant || k == op.CreateGroup }

// index notes the devices and caps an op names. Well-formedness plays no part: who a key speaks for is read from any past.
func (l *Log) index(n dag.Node) {
	f := &l.f[n]
	switch f.Kind {
	case op.Genesis, op.Admit, op.OwnerRotate:
		l.register(n, f.Member)
		l.regOps[f.Member] = append(l.regOps[f.Member], n)
	case op.DeviceAdd:
		l.register(n, identity.UserID(f.Key))
		l.regOps[identity.UserID(f.Key)] = append(l.regOps[identity.UserID(f.Key)], n)
	}
	if s, ok := l.subject(n); ok {
		l.capsOf[s] = append(l.capsOf[s], n)
		l.number(s)
	}
	if f.Kind == op.OwnerRotate {
		l.rotates[f.Space] = append(l.rotates[f.Space], n)
		l.number(f.Member)
	}
}

// number gives everybody who may hold something a number, the place of his Member in every State.
func (l *Log) number(m identity.UserID) {
	if _, known := l.people[m]; !known {
		l.people[m] = len(l.names)
		l.names = append(l.names, m)
	}
}

// indexNames notes what a well-formed op may void or end, so that Eval looks up what concerns an op and walks nothing for it.
func (l *Log) indexNames(n dag.Node) {
	f := &l.f[n]
	switch f.Kind {
	case op.Leave:
		l.f[f.cap].ends = append(l.f[f.cap].ends, n)
	case op.Revoke:
		if t, ok := l.g.Find(f.Target); ok {
			l.f[t].ends = append(l.f[t].ends, n)
		} else {
			l.removals[f.Member] = append(l.removals[f.Member], n)
		}
	case op.RevokeInvite:
		l.revInv[f.Target] = append(l.revInv[f.Target], n)
	case op.Admit:
		if f.Invite != (op.ID{}) {
			l.entries[f.Invite] = append(l.entries[f.Invite], n)
		}
	case op.Set:
		if strings.HasPrefix(f.Reg, regBan) {
			l.unbans[f.Reg] = append(l.unbans[f.Reg], n)
		}
	case op.DeviceRevoke:
		l.lost[op.Key(f.Device)] = append(l.lost[op.Key(f.Device)], n)
	}
}

// register keeps a device's registrations by (height, id): should a device consent to two members, every node takes it for the same one's.
func (l *Log) register(n dag.Node, m identity.UserID) {
	k := op.Key(l.f[n].Device)
	at, _ := slices.BinarySearchFunc(l.regs[k], n, func(r registration, n dag.Node) int { return l.byHeight(r.node, n) })
	l.regs[k] = slices.Insert(l.regs[k], at, registration{n, m})
}

func (l *Log) indexOuts(n dag.Node) {
	f := &l.f[n]
	var m identity.UserID
	switch {
	case f.Kind == op.Leave:
		m = f.author
	case f.Kind == op.Revoke && f.Target == (op.ID{}):
		m = f.Member
	case f.Kind == op.Revoke:
		t, _ := l.g.Find(f.Target)
		if l.f[t].Kind == op.Grant { // a demotion ends no stay
			return
		}
		m, _ = l.subject(t)
	default:
		return
	}
	if l.outs[f.Space] == nil {
		l.outs[f.Space] = map[identity.UserID][]dag.Node{}
	}
	l.outs[f.Space][m] = append(l.outs[f.Space][m], n)
}

// lastOut returns the last Leave or removal of m in the log that is in the past of n (any past when n < 0), by (height, id).
func (l *Log) lastOut(space op.ID, m identity.UserID, n dag.Node) (last op.ID) {
	best := dag.Node(-1)
	for _, o := range l.outs[space][m] {
		if (n < 0 || l.before(o, n)) && (best < 0 || l.byHeight(best, o) < 0) {
			best = o
		}
	}
	if best >= 0 {
		last = l.f[best].ID
	}
	return last
}

// byHeight orders by (height, id).
func (l *Log) byHeight(a, b dag.Node) int {
	switch ha, hb := l.g.Height(a), l.g.Height(b); {
	case ha < hb:
		return -1
	case ha > hb:
		return 1
	}
	return slices.Compare(l.f[a].ID[:], l.f[b].ID[:])
}

// subject returns whom a cap is for.
func (l *Log) subject(c dag.Node) (identity.UserID, bool) {
	f := &l.f[c]
	switch f.Kind {
	case op.Genesis, op.Grant, op.Admit:
		return f.Member, true
	case op.CreateGroup:
		return f.author, f.known
	}
	return identity.UserID{}, false
}

// authorOf finds the person behind an op: the key is a holder's own, or a device that a holder had registered in its past in this community
// or a group of it.
func (l *Log) authorOf(n dag.Node) (identity.UserID, bool) {
	f := &l.f[n]
	if f.Kind == op.Genesis {
		return f.Member, true
	}
	if f.cap < 0 {
		return identity.UserID{}, false
	}
	holders := l.holders(f.cap, n)
	for _, h := range holders {
		if op.Key(h) == f.Key {
			return h, true
		}
	}
	for _, h := range slices.Backward(holders) {
		for _, r := range l.regs[f.Key] {
			if r.member == h && l.before(r.node, n) && l.community(l.f[r.node].Space) == l.community(f.Space) {
				return h, true
			}
		}
	}
	return identity.UserID{}, false
}

// holders lists who may act under a cap, as seen from n: its subject, and for Genesis everybody ownership was rotated to before n.
func (l *Log) holders(c, n dag.Node) []identity.UserID {
	s, ok := l.subject(c)
	if !ok {
		return nil
	}
	hs := []identity.UserID{s}
	if l.f[c].Kind != op.Genesis {
		return hs
	}
	for _, o := range l.rotates[l.f[c].ID] {
		if l.before(o, n) {
			hs = append(hs, l.f[o].Member)
		}
	}
	return hs
}
