package crdt

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// The desk of a community is whoever holds ADMIT there. Its epochs stand in the community's log beside the others, with a set and a roster of
// their own; what is sealed to one is read by all who hold ADMIT now and by nobody else, and travels by hand, never by gossip.

// ErrNoDesk: no key of the desk is known that nobody who is gone from it holds.
var ErrNoDesk = fmt.Errorf("%w: the desk's", ErrNoEpoch)

// DeskAddress is what it takes to write to the desk.
type DeskAddress struct {
	Epoch  op.ID
	Public []byte
}

func (e *epochState) isDesk() bool { return len(e.body.Desk) > 0 }

// OnDesk reports whether somebody is of the desk now.
func (c *Community) OnDesk(m identity.UserID) bool {
	st := c.states[c.id]
	return st != nil && st.Members.Of(m).Bits&op.ADMIT != 0
}

// refreshDesk chooses the epoch to write to the desk under: of those made by somebody with ADMIT whose roster is right and of whose roster
// nobody is gone, the highest generation, the most senior maker, the lowest id.
func (c *Community) refreshDesk() {
	c.desk = DeskAddress{}
	st := c.states[c.id]
	if st == nil {
		return
	}
	s := c.space(c.id)
	for i, e := range c.deskEpochs(s) {
		if i >= judgeBest {
			return
		}
		c.judgeEpoch(s, e)
		s.unread = s.unread || !e.judged
		if e.valid && c.clean(s, st, e) {
			c.desk = DeskAddress{Epoch: e.id, Public: e.body.Desk}
			return
		}
	}
}

// deskEpochs lists the desk's epochs by makers who held ADMIT, best first.
func (c *Community) deskEpochs(s *space) []*epochState {
	var all []*epochState
	for _, e := range s.epochs {
		if !e.isDesk() || !e.fits {
			continue
		}
		if bits, ok := c.log.IsAuthority(e.creator, s.id); ok && bits&op.ADMIT != 0 && c.states[s.id].Live(e.creator) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y *epochState) int {
		return cmp.Or(cmp.Compare(y.body.Gen, x.body.Gen), c.log.Rank(x.creator, y.creator), bytes.Compare(x.id[:], y.id[:]))
	})
	return all
}

// Desk returns what it takes to write to the desk; false while no key of it is fit to be used.
func (c *Community) Desk() (DeskAddress, bool) { return c.desk, c.desk.Public != nil }

// DeskDue reports whether I am of the desk and it lacks a key, or I have lacked the one in use for ten seconds, since nobody is there who would
// give it to me: then somebody of it makes one, and cause sorts who.
func (c *Community) DeskDue(now op.Millis) (cause [32]byte, due bool) {
	if !c.OnDesk(c.self.Member) {
		c.deskless = 0
		return cause, false
	}
	e := c.space(c.id).epochs[c.desk.Epoch]
	if e != nil && e.desk == nil && c.deskless == 0 {
		c.deskless = now
	} else if e == nil || e.desk != nil {
		c.deskless = 0
	}
	due = e == nil || c.deskless != 0 && now-c.deskless >= deskPatience
	return acl.RosterRoot(c.states[c.id].Desk()), due
}

const deskPatience = op.Millis(10_000)

// DeskHeld counts the desk's epochs whose secret I hold.
func (c *Community) DeskHeld() (held int) {
	for _, e := range c.space(c.id).epochs {
		if e.desk != nil {
			held++
		}
	}
	return held
}

// RotateDesk makes a new desk epoch. It errs with acl.ErrDenied when I am not of the desk.
func (c *Community) RotateDesk(now op.Millis) (Effects, error) {
	b := &batch{c: c, now: now}
	err := b.rotateDesk()
	return b.done(), err
}

func (b *batch) rotateDesk() error {
	c := b.c
	if !c.OnDesk(c.self.Member) {
		return fmt.Errorf("%w: only those who hold ADMIT make the desk's keys", acl.ErrDenied)
	}
	s := c.space(c.id)
	secret := epoch.NewSecret()
	pub, err := epoch.DeskPublic(c.id, secret)
	if err != nil {
		return fmt.Errorf("make the desk's key: %w", err)
	}
	best := c.deskEpochs(s)
	body := op.EpochBody{Gen: 1, Parents: []op.ID{}, RosterRoot: [32]byte{}, Commit: secret.Commit(c.id), Pins: []op.Pin{}, Reason: "desk", Desk: pub}
	for _, e := range best[:min(4, len(best))] {
		body.Parents = append(body.Parents, e.id)
		body.Gen = max(body.Gen, e.body.Gen+1)
	}
	slices.SortFunc(body.Parents, func(x, y op.ID) int { return bytes.Compare(x[:], y[:]) })
	body.CtlHeads, _ = c.heads(c.id)
	at := c.states[c.id]
	if len(c.log.Graph().Heads(c.id)) > op.MaxDeps {
		at = c.log.EvalAt(c.id, body.CtlHeads...)
	}
	body.RosterRoot = acl.RosterRoot(at.Desk())
	id, err := b.write(Draft{Space: c.id, Body: body})
	if err != nil {
		return err
	}
	c.hold(s, id, secret)
	b.eff.Store.Secrets = append(b.eff.Store.Secrets, StoredSecret{Space: c.id, Epoch: id, Secret: secret})
	c.refreshDesk()
	c.snapKeys()
	return nil
}

// DeskLacking lists desk epochs whose secret I may have and do not hold, newest first.
func (c *Community) DeskLacking() []op.ID {
	if !c.OnDesk(c.self.Member) {
		return nil
	}
	var out []op.ID
	for _, e := range c.deskEpochs(c.space(c.id)) {
		if e.desk == nil && len(out) < epoch.MaxRelay {
			out = append(out, e.id)
		}
	}
	return out
}

// PostDesk writes a message to the desk. Its rows are kept here too, so that its author sees what became of it. It errs with acl.ErrDenied,
// ErrNoDesk, ErrUnknownSpace or when the body is malformed.
func (c *Community) PostDesk(kind content.Kind, body []byte, rows Rows, now op.Millis) (Effects, [32]byte, error) {
	st := c.states[c.id]
	if st == nil {
		return Effects{}, [32]byte{}, ErrUnknownSpace
	}
	if mem, in := st.Members.Get(c.self.Member); !in || kind == content.Decision && mem.Bits&op.ADMIT == 0 {
		return Effects{}, [32]byte{}, fmt.Errorf("%w: needs the right to %s", acl.ErrDenied, op.ADMIT)
	}
	if len(content.Touches(content.Msg{Author: c.self.Member, Lamport: now, Kind: kind, Body: body})) == 0 {
		return Effects{}, [32]byte{}, content.ErrBody
	}
	to, ok := c.Desk()
	if !ok {
		return Effects{}, [32]byte{}, ErrNoDesk
	}
	wire, m, err := to.Seal(c.id, kind, body, c.self.Device, now)
	if err != nil {
		return Effects{}, [32]byte{}, err
	}
	b := &batch{c: c, now: now, rows: rows}
	if ck := (Checked{msg: m, wire: wire}); c.OnDesk(c.self.Member) {
		b.takeDesk(ck)
	} else if cm, ok := c.contentOf(ck); ok {
		b.fold(c.space(c.id), cm) // the rows alone: this node cannot open the wire again
	}
	b.eff.Publish = append(b.eff.Publish, Publication{Space: c.id, Wire: wire, Desk: true})
	return b.done(), m.WireID, nil
}

// Seal makes a desk wire; a joiner calls it before he is anything here.
func (a DeskAddress) Seal(community op.ID, kind content.Kind, body []byte, d identity.DeviceKey, now op.Millis) ([]byte, *epoch.Message, error) {
	return epoch.SealDesk(community, a.Epoch, a.Public, epoch.Header{Lamport: now, Time: now, Kind: uint16(kind)}, body, d)
}

// checkDesk is Check for a desk wire. Only the desk can open one; whoever else is handed one learns UnknownEpoch and may carry it.
func checkDesk(s *Snapshot, wire []byte) (Checked, Verdict) {
	tag, _, _ := epoch.Peek(wire)
	k := s.desk[tag]
	if k == nil {
		return Checked{}, UnknownEpoch
	}
	m, err := k.Open(wire)
	if err != nil || !m.Verify() {
		return Checked{}, BadSignature
	}
	c := Checked{msg: m, wire: wire}
	switch content.Kind(m.Kind) {
	case content.JoinRequest:
		b, err := content.ParseJoinRequest(m.Body)
		if err != nil {
			return Checked{}, Malformed
		}
		cert, err := identity.ParseCertificate(b.Cert)
		if err != nil || cert.Device != m.Device || cert.Space != s.root || !identity.VerifyCertificate(b.Cert) {
			return Checked{}, BadSignature
		}
		return c, Good // whether his invite carries him is judged by the log
	case content.Profile, content.Suggestion, content.Decision, content.Report, content.React, content.Vote, content.RSVP, content.Ack, content.Text, content.Receipt, content.Consent:
		if _, member := s.spaces[s.root].rights(m.Device); !member {
			return c, UnknownAuthor
		}
		return c, Good
	}
	return Checked{}, Malformed
}

// takeDesk stores a desk wire and folds it if it counts.
func (b *batch) takeDesk(ck Checked) {
	c, m := b.c, ck.msg
	s := c.space(c.id)
	cm, known := c.contentOf(ck)
	if !known {
		return
	}
	tag, day, _ := epoch.Peek(ck.wire)
	b.eff.Store.Wires = append(b.eff.Store.Wires, StoredWire{ID: m.WireID, Space: c.id, Tag: tag, Day: day, Device: m.Device, Lamport: m.Lamport,
		Kind: cm.Kind, Bytes: ck.wire})
	for _, k := range content.Touches(cm) {
		b.eff.Store.Touches = append(b.eff.Store.Touches, Touch{Space: c.id, Key: k, Wire: m.WireID})
	}
	if m.Lamport > b.now+asideAfter {
		b.putAside(s, cm)
		return
	}
	if r, err := content.ParseJoinRequest(m.Body); cm.Kind == content.JoinRequest && err == nil && !c.log.Has(r.Invite) && len(c.unproved) < maxWaiting {
		c.unproved[r.Invite] = append(c.unproved[r.Invite], m.WireID) // folded when the invite comes
		return
	}
	if c.deskCounts(cm) {
		b.fold(s, cm)
	}
}

// SpentReceipts lists those of one member's receipts to the desk, given as they are stored, that say nothing which the others do not. Who judges the same
// receipts in parts comes to keep the same ones. One that waits for the clock, or does not count, is none of them and overtakes none.
func (c *Community) SpentReceipts(in []Checked, now op.Millis) [][32]byte {
	var list []content.Msg
	for _, ck := range in {
		if m, known := c.contentOf(ck); known && ck.msg.Desk && m.Kind == content.Receipt && m.Lamport <= now+asideAfter && c.deskCounts(m) {
			list = append(list, m)
		}
	}
	return content.Spent(list)
}

// deskCounts decides whether a message to the desk counts: a request, if the holder of an invite of this community makes it; a decision, if its
// author holds ADMIT; anything else, if its author is a member.
func (c *Community) deskCounts(m content.Msg) bool {
	st := c.states[c.id]
	if st == nil {
		return false
	}
	switch m.Kind {
	case content.JoinRequest:
		r, err := content.ParseJoinRequest(m.Body)
		o := c.log.Op(r.Invite)
		if err != nil || o == nil || o.Space != c.id {
			return false
		}
		inv, ok := o.Body.(op.InviteBody)
		return ok && identity.VerifyInvite(inv.Key, r.Proof, m.Author, m.Device)
	case content.Decision:
		return st.Members.Of(m.Author).Bits&op.ADMIT != 0
	case content.Profile, content.Suggestion, content.Report, content.React, content.Vote, content.RSVP, content.Ack, content.Receipt:
		return c.isMember(c.id, m.Author)
	case content.Consent: // days before he left stay as they were
		_, known := c.log.Registered(m.Device)
		return known
	case content.Text: // a reply to an announcement
		return len(content.Rest(m.Kind, m.Body)) > 0 && c.isMember(c.id, m.Author)
	}
	return false
}
