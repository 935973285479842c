package crdt

import (
	"errors"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Verdict is what Check found. Good and the two that may become good later are told apart from what proves its bearer wrong.
type Verdict uint8

// The verdicts.
const (
	Good          Verdict = iota
	UnknownEpoch          // no key for its tag: fetch keys, do not punish
	UnknownAuthor         // its device is no current member's: gossip ignores it, sync may still carry it
	Malformed             // no honest node makes or forwards this
	BadSignature          // forged
	FromFuture            // its day is after tomorrow
	NotAnnouncer          // a message in a community's announcements by somebody without the right
)

func (v Verdict) String() string {
	return [...]string{"good", "unknown epoch", "unknown author", "malformed", "bad signature", "from the future", "not an announcer"}[v]
}

// Checked is something verified: a message, a control op, or an op inside a wire. Only Check, CheckOp and Stored make one.
type Checked struct {
	op   *op.Op
	msg  *epoch.Message
	wire []byte
	body any // as content.Parse read it

	proven bool // an Admit whose proof of the invite was verified: with it, or before it got into our own store
}

// Space returns the space it belongs to.
func (c Checked) Space() op.ID {
	if c.msg != nil {
		return c.msg.Space
	}
	return c.op.Home()
}

// Wire returns the wire's id and whether it came as a wire at all.
func (c Checked) Wire() (id [32]byte, ok bool) {
	if c.msg == nil {
		return id, false
	}
	return c.msg.WireID, true
}

// Device returns the author's device of a message.
func (c Checked) Device() (d identity.DeviceID, ok bool) {
	if c.msg == nil {
		return d, false
	}
	return c.msg.Device, true
}

// Bytes returns what was checked.
func (c Checked) Bytes() []byte {
	if c.msg != nil {
		return c.wire
	}
	return c.op.Raw()
}

// Snapshot is what validators read: keys by tag and who speaks in which space. Immutable.
type Snapshot struct {
	keys   map[epoch.Tag]*epoch.Keys
	desk   map[epoch.Tag]*epoch.DeskKey // every desk epoch that is known; nil where its secret is not held
	spaces map[op.ID]speakers           // who speaks in which space
	root   op.ID
}

// Knows reports whether a tag's key is held, and which space it is of.
func (s *Snapshot) Knows(t epoch.Tag) (space op.ID, ok bool) {
	k, ok := s.keys[t]
	if !ok {
		return op.ID{}, false
	}
	return k.Space, true
}

// Carries reports whether bytes are a wire to the desk that this node cannot open and may carry to somebody who can.
func (s *Snapshot) Carries(wire []byte) bool {
	if !epoch.IsDesk(wire) {
		return false
	}
	tag, _, err := epoch.Peek(wire)
	k, known := s.desk[tag]
	return err == nil && known && k == nil
}

// Desk reports whether a tag is that of a desk epoch.
func (s *Snapshot) Desk(t epoch.Tag) bool { _, ok := s.desk[t]; return ok }

// Has reports whether a space is known.
func (s *Snapshot) Has(space op.ID) bool {
	_, ok := s.spaces[space]
	return ok
}

// Topic returns the gossip topic a message belongs on.
func (s *Snapshot) Topic(c Checked) (string, bool) {
	if c.msg == nil {
		return "", false
	}
	tag, _, err := epoch.Peek(c.wire)
	k, ok := s.keys[tag]
	if err != nil || !ok {
		return "", false
	}
	return k.Topic, true
}

// Check verifies a wire once: size, tag, day, opening, author, signature, and the op inside if it carries one; cheap before dear. With
// UnknownAuthor and NotAnnouncer the result is verified all the same, for callers (sync) that let newer state decide.
func Check(s *Snapshot, wire []byte, now op.Millis) (Checked, Verdict) {
	tag, day, err := epoch.Peek(wire)
	if err != nil {
		return Checked{}, Malformed
	}
	if epoch.IsDesk(wire) {
		if day > epoch.Day(now)+1 {
			return Checked{}, FromFuture
		}
		return checkDesk(s, wire)
	}
	k, ok := s.keys[tag]
	if !ok {
		return Checked{}, UnknownEpoch
	}
	if day > epoch.Day(now)+1 {
		return Checked{}, FromFuture
	}
	m, err := k.Open(wire)
	switch {
	case errors.Is(err, epoch.ErrSealed):
		return Checked{}, BadSignature // wears our tag without our key
	case err != nil:
		return Checked{}, Malformed
	}
	if !m.Verify() {
		return Checked{}, BadSignature
	}
	kind := content.Kind(m.Kind)
	c := Checked{msg: m, wire: wire, body: content.Parse(kind, m.Body)}
	if kind == content.Op {
		o, v := CheckOp(m.Body)
		if v != Good {
			return Checked{}, v
		}
		c.op = o.op
	}
	bits, member := s.spaces[m.Space].rights(m.Device)
	if !member {
		return c, UnknownAuthor
	}
	if m.Space == s.root && kind != content.Op {
		if need, posted := announced(kind); !posted || bits&need != need {
			return c, NotAnnouncer
		}
	}
	return c, Good
}

// CheckOp verifies a control op as it is.
func CheckOp(raw []byte) (Checked, Verdict) {
	o, err := op.Parse(raw)
	if err != nil {
		return Checked{}, Malformed
	}
	if !o.Verify() {
		return Checked{}, BadSignature
	}
	return Checked{op: o}, Good
}

// CheckOps verifies control ops that came together, and for Admits among them whose Invite is among them too the proof of that, once for all Admits that
// carry it: into the community and into groups. each calls its function for 0 to n-1, in any order or side by side. The first verdict that is not Good, if any.
func CheckOps(raw [][]byte, each func(n int, f func(i int))) ([]Checked, Verdict) {
	out, verdicts := make([]Checked, len(raw)), make([]Verdict, len(raw))
	each(len(raw), func(i int) { out[i], verdicts[i] = CheckOp(raw[i]) })
	invites := map[op.ID][32]byte{}
	for i, v := range verdicts {
		if v != Good {
			return nil, v
		}
		if b, ok := out[i].op.Body.(op.InviteBody); ok {
			invites[out[i].op.ID()] = b.Key
		}
	}
	type proof struct {
		key    [32]byte
		member identity.UserID
		device identity.DeviceID
		sig    string
	}
	by := map[proof][]int{} // the Admits that carry it
	var all []proof
	for i := range out {
		b, _ := out[i].op.Body.(op.AdmitBody)
		if key, ok := invites[b.Invite]; ok {
			c, _ := out[i].op.Certificate()
			p := proof{key, c.Member, c.Device, string(b.Proof)}
			if by[p] = append(by[p], i); len(by[p]) == 1 {
				all = append(all, p)
			}
		}
	}
	each(len(all), func(n int) {
		if p := all[n]; identity.VerifyInvite(p.key, []byte(p.sig), p.member, p.device) {
			for _, i := range by[p] {
				out[i].proven = true // the others Eval looks at itself, and refuses
			}
		}
	})
	return out, Good
}

// StoredOp takes back an op from our own store, where only verified bytes get.
func StoredOp(kept KeptOp) (Checked, error) {
	o, err := op.Parse(kept.Bytes)
	return Checked{op: o, proven: kept.Proven}, err
}

// Stored takes back a wire from our own store. It errs when its epoch's key is gone or the bytes are damaged.
func Stored(s *Snapshot, wire []byte) (Checked, error) {
	if epoch.IsStub(wire) {
		m, err := epoch.ReadStub(wire)
		return Checked{msg: m, wire: wire}, err
	}
	tag, _, err := epoch.Peek(wire)
	if err != nil {
		return Checked{}, err
	}
	if d := s.desk[tag]; d != nil && epoch.IsDesk(wire) {
		m, err := d.Open(wire)
		return Checked{msg: m, wire: wire}, err
	}
	k, ok := s.keys[tag]
	if !ok {
		return Checked{}, epoch.ErrSealed
	}
	m, err := k.Open(wire)
	if err != nil {
		return Checked{}, err
	}
	return Checked{msg: m, wire: wire}, nil
}

// IsOp reports whether something checked carries a control op, bare or in a wire.
func IsOp(c Checked) bool {
	return c.op != nil || c.msg != nil && content.Kind(c.msg.Kind) == content.Op
}

// EditOf reads an edit of a message, as its author wrote it; false for anything else.
func (c Checked) EditOf(of content.Ref) (kind content.Kind, body []byte, at op.Millis, ok bool) {
	if c.msg == nil || content.Kind(c.msg.Kind) != content.Edit {
		return 0, nil, 0, false
	}
	e, err := content.ParseEdit(c.msg.Body)
	return e.Kind, e.Body, c.msg.Time, err == nil && e.Of == of
}
