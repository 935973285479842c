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

// ErrNoEpoch: no clean epoch is held, so nothing can be sealed now. Its secret is on the way, or RotationDue will say to make one.
var ErrNoEpoch = errors.New("no key to send with yet")

// ErrUnknownSpace: there is no such space in this community, or its log is not here.
var ErrUnknownSpace = errors.New("unknown space")

// Draft is an op to write. Cap may be left zero: the most senior of mine that has the right is taken.
type Draft struct {
	Space  op.ID
	Cap    op.ID
	Body   op.Body
	Signer *identity.MemberKey // M, for DeviceAdd and DeviceRevoke; else my device signs
}

// Author writes ops in order, each seeing the ones before, and applies them to this Community. It errs with acl.ErrDenied where a
// right is missing or the op would not stand, before anything of that draft is written; effects of earlier drafts are returned all the same.
func (c *Community) Author(now op.Millis, drafts ...Draft) (Effects, []op.ID, error) {
	b := &batch{c: c, now: now}
	var ids []op.ID
	for _, d := range drafts {
		id, err := b.write(d)
		if err != nil {
			return b.done(), ids, err
		}
		ids = append(ids, id)
	}
	return b.done(), ids, nil
}

// write signs one op, integrates it and seals it for those who read op wires. What would not stand is refused with acl.ErrDenied and nothing
// of it stays: not in the log, not in the effects.
func (b *batch) write(d Draft) (op.ID, error) {
	c := b.c
	st := c.states[d.Space]
	if st == nil {
		return op.ID{}, ErrUnknownSpace
	}
	if d.Cap == (op.ID{}) {
		var err error
		if d.Cap, err = c.capFor(st, d.Body); err != nil {
			return op.ID{}, err
		}
	}
	if r, ok := d.Body.(op.RevokeBody); ok && c.Mine(d.Space) && len(r.Pins) == 0 {
		// Whoever revokes says how far the person's messages count (R8), for a demotion as for a removal.
		m := r.Member
		if (r.Target != op.ID{}) {
			m, _ = c.log.Subject(r.Target)
		}
		r.Pins = c.pinsOf(d.Space, m)
		d.Body = r
	}
	key := op.Key(c.self.Device.ID())
	if d.Signer != nil {
		key = op.Key(d.Signer.ID())
	}
	o := op.Op{Space: d.Space, Cap: d.Cap, Time: b.now, Body: d.Body, Seq: c.log.NextSeq(d.Space, d.Cap, key)}
	o.Deps, o.ParentHeads = c.heads(d.Space)
	g := c.log.Graph()
	for _, dep := range o.Deps {
		n, _ := g.Find(dep)
		o.Height = max(o.Height, g.Height(n)+1)
	}
	under := b.sealers(d)
	var signed *op.Op
	var err error
	if d.Signer != nil {
		signed, err = op.SignMember(o, *d.Signer)
	} else {
		signed, err = op.SignDevice(o, c.self.Device)
	}
	if err != nil {
		return op.ID{}, fmt.Errorf("write %s: %w", d.Body.Kind(), err)
	}
	if v := c.log.Try(c.states, acl.EntryOf(signed)); v.Why != acl.Stands {
		return op.ID{}, fmt.Errorf("%w: the %s does not stand: %s", acl.ErrDenied, d.Body.Kind(), v.Why)
	}
	b.takeOp(Checked{op: signed})
	c.settle(b)
	pub := Publication{Space: d.Space, Op: signed.Raw()}
	if e, ok := d.Body.(op.EpochBody); ok && len(e.Desk) == 0 {
		pub.Secret = signed.ID()
	}
	b.eff.Publish = append(b.eff.Publish, pub)
	for _, k := range under {
		ck, err := b.seal(k, content.Op, signed.Raw())
		if err != nil {
			return op.ID{}, err
		}
		b.eff.Publish = append(b.eff.Publish, Publication{Space: d.Space, Topic: k.Topic, Wire: ck.wire})
	}
	return signed.ID(), nil
}

// heads returns deps and parent heads of the next op in a space.
func (c *Community) heads(space op.ID) (deps, parents []op.ID) {
	deps = c.fewer(c.log.Graph().Heads(space))
	if len(deps) == 0 {
		deps = []op.ID{space}
	}
	parents = []op.ID{}
	if st := c.states[space]; st != nil && st.Parent != (op.ID{}) {
		parents = c.fewer(c.log.Graph().Heads(st.Parent))
	}
	return deps, parents
}

// fewer keeps at most op.MaxDeps heads: my own, then those of the most senior authors.
func (c *Community) fewer(heads []op.ID) []op.ID {
	if len(heads) <= op.MaxDeps {
		return heads
	}
	mine := op.Key(c.self.Device.ID())
	slices.SortStableFunc(heads, func(a, b op.ID) int {
		x, y := c.log.Op(a), c.log.Op(b)
		if (x.Key == mine) != (y.Key == mine) {
			if x.Key == mine {
				return -1
			}
			return 1
		}
		return c.log.Rank(x.Cap, y.Cap)
	})
	heads = heads[:op.MaxDeps]
	slices.SortFunc(heads, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
	return heads
}

// capFor chooses the cap to write a body under.
func (c *Community) capFor(st *acl.State, body op.Body) (op.ID, error) {
	me := c.self.Member
	member, in := st.Membership(me)
	switch b := body.(type) {
	case op.LeaveBody, op.DeviceAddBody, op.DeviceRevokeBody:
		if !in {
			return op.ID{}, fmt.Errorf("%w: you are not a member", acl.ErrDenied)
		}
		return member, nil
	case op.EpochBody:
		if len(b.Desk) > 0 {
			return st.CapFor(me, op.ADMIT)
		}
		if cap, err := st.CapFor(me, op.REMOVE); err == nil {
			return cap, nil
		}
		if !in {
			return op.ID{}, fmt.Errorf("%w: you are not a member", acl.ErrDenied)
		}
		return member, nil
	case op.AdmitBody:
		cap, err := st.CapFor(me, op.ADMIT)
		if err != nil && in && b.Invite != (op.ID{}) {
			return member, nil
		}
		return cap, err
	case op.SetBody:
		return st.CapFor(me, acl.Needs(op.Set, b.Key))
	}
	return st.CapFor(me, acl.Needs(body.Kind(), ""))
}

// sealers returns the keys an op is sealed under for gossip and keepers: what I send with; a removal and its Epoch, each parent epoch.
func (b *batch) sealers(d Draft) []*epoch.Keys {
	s := b.c.space(d.Space)
	if e, ok := d.Body.(op.EpochBody); ok && len(e.Desk) > 0 {
		d.Body = op.SetBody{} // an op like another: the spaces' own keys seal it
	}
	switch d.Body.Kind() {
	case op.Revoke, op.Leave, op.DeviceRevoke, op.Epoch:
		var out []*epoch.Keys
		parents, _ := s.set.Parents()
		for _, p := range parents {
			if k := s.epochs[p].keys; k != nil {
				out = append(out, k)
			}
		}
		return out
	}
	if k, ok := b.c.Sending(d.Space, b.now); ok {
		return []*epoch.Keys{k}
	}
	return nil
}

// seal makes a message of mine and takes it in.
func (b *batch) seal(k *epoch.Keys, kind content.Kind, body []byte) (Checked, error) {
	s := b.c.space(k.Space)
	s.lamport = max(s.lamport+1, b.now)
	h := epoch.Header{Seq: s.own.Seq + 1, Prev: s.own.Prev, Lamport: s.lamport, Time: b.now, Kind: uint16(kind)}
	wire, m, err := k.Seal(h, body, b.c.self.Device)
	if err != nil {
		return Checked{}, fmt.Errorf("seal message: %w", err)
	}
	s.own = OwnChain{Space: k.Space, Seq: h.Seq, Prev: m.Hash()}
	b.eff.Store.Chains = append(b.eff.Store.Chains, s.own)
	ck := Checked{msg: m, wire: wire}
	b.takeMessage(ck)
	return ck, nil
}

// Post writes a message. rows are what is stored under DraftRows. It errs with acl.ErrDenied, ErrNoEpoch, ErrUnknownSpace or when the
// body is malformed.
func (c *Community) Post(space op.ID, kind content.Kind, body []byte, rows Rows, now op.Millis) (Effects, [32]byte, error) {
	st := c.states[space]
	if st == nil {
		return Effects{}, [32]byte{}, ErrUnknownSpace
	}
	bits, in := st.Rights(c.self.Member)
	in = in && c.Seated(space)
	need := c.Needed(space, kind)
	if !in || bits&need != need {
		return Effects{}, [32]byte{}, fmt.Errorf("%w: needs the right to %s", acl.ErrDenied, need)
	}
	if len(content.Touches(content.Msg{Author: c.self.Member, Lamport: now, Kind: kind, Body: body})) == 0 {
		return Effects{}, [32]byte{}, content.ErrBody
	}
	k, ok := c.Sending(space, now)
	if !ok {
		return Effects{}, [32]byte{}, ErrNoEpoch
	}
	b := &batch{c: c, now: now, rows: rows}
	ck, err := b.seal(k, kind, body)
	if err != nil {
		return Effects{}, [32]byte{}, err
	}
	c.space(space).set.Sent()
	b.eff.Publish = append(b.eff.Publish, Publication{Space: space, Topic: k.Topic, Wire: ck.wire, Shown: content.Shown(kind)})
	return b.done(), ck.msg.WireID, nil
}

// Rotate makes a new epoch in a space I am a member of. It is used once Handed says so.
func (c *Community) Rotate(space op.ID, reason string, now op.Millis) (Effects, error) {
	b := &batch{c: c, now: now}
	err := b.rotate(space, reason, c.MissingPins(space))
	return b.done(), err
}

func (b *batch) rotate(space op.ID, reason string, pins []op.Pin) error {
	c := b.c
	st := c.states[space]
	if st == nil || !c.Mine(space) {
		return fmt.Errorf("%w: only members make epochs", acl.ErrDenied)
	}
	s := c.space(space)
	secret := epoch.NewSecret()
	parents, gen := s.set.Parents()
	deps, up := c.heads(space)
	ctl := deps
	if len(deps) == 1 && deps[0] == space && space != c.id {
		ctl = []op.ID{} // a group's root stands in the parent's log
	}
	at := st
	if len(c.log.Graph().Heads(space)) > op.MaxDeps || len(up) == op.MaxDeps {
		at = c.log.EvalAt(space, append(slices.Clone(ctl), up...)...)
	}
	if pins == nil {
		pins = []op.Pin{}
	}
	first := len(s.epochs) == 0
	id, err := b.write(Draft{Space: space, Body: op.EpochBody{Gen: gen, Parents: parents, CtlHeads: ctl, RosterRoot: at.RosterRoot(),
		Commit: secret.Commit(space), Pins: pins, Reason: reason, Desk: []byte{}}})
	if err != nil {
		return err
	}
	c.hold(s, id, secret)
	s.epochs[id].waits = !first
	b.eff.Store.Secrets = append(b.eff.Store.Secrets, StoredSecret{Space: space, Epoch: id, Secret: secret})
	c.refreshEpochs(b, s)
	c.snapKeys()
	b.event("community.keys_rotated", space, c.self.Member, id)
	return nil
}

// pinsOf says how far a member's devices have written in a space, as far as I know.
func (c *Community) pinsOf(space op.ID, m identity.UserID) []op.Pin {
	pins := []op.Pin{}
	for _, d := range c.log.DevicesOf(m) {
		p := op.Pin{Device: d}
		if ch := c.space(space).chains[d]; ch != nil {
			p.Seq, p.Hash = ch.top, ch.hash
		}
		pins = append(pins, p)
	}
	slices.SortFunc(pins, func(a, b op.Pin) int { return slices.Compare(a.Device[:], b.Device[:]) })
	return pins[:min(len(pins), 180)]
}

// Remove takes a member out of a space; out of the community, out of every group too. The Revoke carries pins where I read the space, a
// Revoke in each group's own log says which of the person's concurrent acts there stand, and every space I am in gets a new epoch in the
// same batch. It errs with acl.ErrDenied.
func (c *Community) Remove(space op.ID, m identity.UserID, r op.RevokeBody, now op.Millis) (Effects, op.ID, error) {
	b := &batch{c: c, now: now}
	in := []op.ID{space}
	if space == c.id {
		for _, g := range c.Spaces()[1:] {
			if _, err := c.states[g].CapFor(c.self.Member, op.REMOVE); err == nil && c.isMember(g, m) {
				in = append(in, g)
			}
		}
	}
	var id op.ID
	for i, s := range in {
		body := r
		body.Member, body.Pins = m, []op.Pin{}
		got, err := b.write(Draft{Space: s, Body: body})
		if err != nil {
			return b.done(), id, err
		}
		if i == 0 {
			id = got
		}
	}
	for _, s := range in {
		if c.Mine(s) && !c.space(s).set.CleanExists() {
			if err := b.rotate(s, "removal", c.MissingPins(s)); err != nil {
				return b.done(), id, err
			}
		}
	}
	if space == c.id && c.desk.Public == nil && c.OnDesk(c.self.Member) {
		err := b.rotateDesk()
		return b.done(), id, err
	}
	return b.done(), id, nil
}

// Leave ends every cap of mine in a space; the community is left after its groups, so that each log has the Leave with its pins.
func (c *Community) Leave(space op.ID, now op.Millis) (Effects, error) {
	b := &batch{c: c, now: now}
	if c.states[space] == nil || !c.Mine(space) {
		return Effects{}, fmt.Errorf("%w: you are not a member", acl.ErrDenied)
	}
	if space == c.id {
		for _, g := range c.Spaces()[1:] {
			if c.Mine(g) {
				if err := b.leave(g); err != nil {
					return b.done(), err
				}
			}
		}
	}
	err := b.leave(space)
	return b.done(), err
}

func (b *batch) leave(space op.ID) error {
	c := b.c
	st := c.states[space]
	for _, cap := range slices.Backward(st.Members.Of(c.self.Member).Caps) {
		if k := c.log.Op(cap).Kind(); k == op.Genesis || k == op.OwnerRotate {
			continue
		}
		if _, err := b.write(Draft{Space: space, Cap: cap, Body: op.LeaveBody{Pins: c.pinsOf(space, c.self.Member)}}); err != nil {
			return err
		}
	}
	return nil
}
