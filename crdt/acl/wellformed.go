package acl

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// needs names the right an op of a kind takes; kinds that are not listed take none.
var needs = map[op.Kind]op.Bits{
	op.Grant: op.GRANT, op.Admit: op.ADMIT, op.Revoke: op.REMOVE, op.Invite: op.INVITE, op.RevokeInvite: op.INVITE,
	op.CreateGroup: op.GROUPS, op.Set: op.SETTINGS, op.KeeperAdd: op.SETTINGS, op.KeeperRevoke: op.SETTINGS,
}

// Needs returns the right that an op takes ("archived" is a register of those who hold GROUPS, "ban/…" of those who hold REMOVE).
func Needs(k op.Kind, reg string) op.Bits {
	switch {
	case k == op.Set && reg == RegArchived:
		return op.GROUPS
	case k == op.Set && strings.HasPrefix(reg, regBan):
		return op.REMOVE
	}
	return needs[k]
}

// RegBan is the register that lifts a ban of a person; like the ban it takes REMOVE. Any write of it lifts every ban before it.
func RegBan(m identity.UserID) string { return regBan + hex.EncodeToString(m[:20]) }

const regBan = "ban/"

// RegArchived is the register that closes a group; it alone takes GROUPS instead of SETTINGS.
const RegArchived = "archived"

// Archived reports whether a value of RegArchived closes: it begins with 1, and may go on with where the group went (crdt.MovedTo).
func Archived(v []byte) bool { return len(v) > 0 && v[0] == '1' }

// Kinds a plain member may write under the own membership.
func plainKind(k op.Kind) bool {
	return k == op.Admit || k == op.Leave || k == op.DeviceAdd || k == op.DeviceRevoke || k == op.Epoch
}

// wellFormed says whether the op at n can ever count. It reads the causal past only, so every node agrees for ever.
func (l *Log) wellFormed(n dag.Node) bool {
	f := &l.f[n]
	if f.Kind == op.Genesis {
		return len(f.Deps) == 0 && l.nests(f) && (f.Signed == nil || l.genesisConsent(f))
	}
	if f.cap < 0 || !l.chained(n) {
		return false
	}
	c := &l.f[f.cap]
	if f.Kind == op.OwnerRotate {
		return l.rotationFits(n)
	}
	if !isCap(c.Kind) {
		return false
	}
	home := l.home(f.cap)
	switch {
	case !l.within(f.Space, home),
		c.Kind == op.Admit && home != f.Space,
		!f.known,
		(f.Kind == op.DeviceAdd || f.Kind == op.DeviceRevoke) != (f.Key == op.Key(f.author)),
		c.Kind == op.Admit && !plainKind(f.Kind) && !f.Direct,
		l.direct(f.Space) && !l.directFits(n, home),
		f.Kind == op.Leave && (c.Kind == op.Genesis || home != f.Space):
		return false
	}
	return l.namesFit(n) && l.rightsFit(n) && l.consentFits(n)
}

// namesFit: what the op points at lies in its past and is of the right kind.
func (l *Log) namesFit(n dag.Node) bool {
	f := &l.f[n]
	in := func(id op.ID) (dag.Node, bool) {
		t, ok := l.g.Find(id)
		return t, ok && l.before(t, n)
	}
	switch f.Kind {
	case op.Revoke:
		if (f.Target == op.ID{}) == (f.Member == identity.UserID{}) {
			return false
		}
		if (f.Target != op.ID{}) {
			t, ok := in(f.Target)
			return ok && (l.f[t].Kind == op.Grant || l.f[t].Kind == op.Admit || l.f[t].Kind == op.CreateGroup)
		}
	case op.RevokeInvite:
		t, ok := in(f.Target)
		return ok && l.f[t].Kind == op.Invite && l.f[t].Space == f.Space
	case op.Admit:
		if (f.Invite != op.ID{}) {
			t, ok := in(f.Invite)
			return ok && l.inviteOf(t, f.Space)
		}
	case op.Invite:
		return !f.Auto || f.Max > 0 && f.Max <= 1000
	case op.CreateGroup:
		return f.Space == l.community(f.Space) // a group's parent is a community: a removal there acts one level down and no further
	}
	return true
}

// inviteOf: the Invite stands in this very log; or it stands in the parent's and names this group; or it is the group's own open
// CreateGroup, an invite to everybody in the community.
func (l *Log) inviteOf(t dag.Node, space op.ID) bool {
	i := &l.f[t]
	if i.Kind == op.CreateGroup {
		return i.ID == space && (i.Open || i.Direct)
	}
	if i.Kind != op.Invite {
		return false
	}
	return i.Space == space || i.Space == l.community(space) && slices.Contains(i.Groups, space)
}

// rightsFit: the cap has the right, and a grant gives no more than it has.
func (l *Log) rightsFit(n dag.Node) bool {
	f := &l.f[n]
	c := &l.f[f.cap]
	if f.Kind == op.Admit && c.Kind == op.Admit { // a plain member admits by an auto invite only: the invite is the authority
		t, ok := l.g.Find(f.Invite)
		return ok && (l.f[t].Auto || l.f[t].Kind == op.CreateGroup || l.f[t].Space != f.Space) // one of the parent's is auto here
	}
	if f.Direct || l.direct(f.Space) { // anybody opens one, and directFits says what there is in it
		return true
	}
	have := l.rights(f.cap, f.Space)
	if f.Kind == op.Grant && f.Bits&^have != 0 {
		return false
	}
	need := Needs(f.Kind, f.Reg)
	if f.Kind == op.Set && f.Signed == nil {
		need = op.SETTINGS // the oracle gives every register one right
	}
	return need&^have == 0
}

// rotationFits: OwnerRotate stands under Genesis in the community's own log, after the one it replaces, with enough signatures.
func (l *Log) rotationFits(n dag.Node) bool {
	f := &l.f[n]
	if l.f[f.cap].Kind != op.Genesis || f.Space != l.f[f.cap].ID {
		return false
	}
	p, ok := l.g.Find(f.Target)
	if !ok || !l.before(p, n) || (p != f.cap && l.f[p].Kind != op.OwnerRotate) {
		return false
	}
	return f.Signed == nil || l.rotationAgreed(f, p)
}

// rotationAgreed: more than half of the recovery set before it signed; where there was none, the owner himself, with M, names one and hands
// nothing on.
func (l *Log) rotationAgreed(f *fact, prev dag.Node) bool {
	b := f.Signed.Body.(op.OwnerRotateBody)
	cert, ok := f.Signed.Certificate()
	if !ok || cert.Space != f.Space {
		return false
	}
	set := l.recoveryAt(prev)
	if len(set) == 0 {
		return cert.Member == l.f[prev].Member && f.Key == op.Key(cert.Member)
	}
	return 2*signatures(set, f.Space, b, cert) > len(set)
}

// chained: a signed op's height and seq follow from its past. (The oracle's histories leave both free.)
func (l *Log) chained(n dag.Node) bool {
	f := &l.f[n]
	if f.Signed == nil {
		return true
	}
	if f.Height != l.g.Height(n) {
		return false
	}
	// Every numbered op has the one before it in its own past, so two look-ups tell the highest in this past.
	return !l.numbered(n, f.Seq) && (f.Seq == 1 || l.numbered(n, f.Seq-1))
}

// numbered: an op of the same (cap, key) with this seq is in n's past.
func (l *Log) numbered(n dag.Node, seq uint64) bool {
	f := &l.f[n]
	for _, o := range l.seqs[seqKey{f.Space, f.Cap, f.Key, seq}] {
		if l.before(o, n) {
			return true
		}
	}
	return false
}

// genesisConsent: the owner's certificate names the salt, since the community has no id yet.
func (l *Log) genesisConsent(f *fact) bool {
	c, ok := f.Signed.Certificate()
	b := f.Signed.Body.(op.GenesisBody)
	return ok && c.Space == identity.OwnerSalt(b.Salt) && op.Key(c.Device) == f.Key
}

// founders: the Admit carries the certificate of Genesis, which is the founder's for the community though it names the salt.
func (l *Log) founders(f *fact) bool {
	p := l.community(f.Space)
	if p == f.Space { // consent to one community is none to one below it
		return false
	}
	g, ok := l.Op(p).Body.(op.GenesisBody)
	return ok && bytes.Equal(f.Signed.Body.(op.AdmitBody).Cert, g.Cert)
}

// consentedBefore: a well-formed Admit in the past of the one at n, which may have been cut, carried the very same certificate. What M
// consented to then is done again; consent ends when M leaves or is removed, which last tells.
func (l *Log) consentedBefore(n dag.Node) bool {
	f := &l.f[n]
	cert := f.Signed.Body.(op.AdmitBody).Cert
	return slices.ContainsFunc(l.capsOf[f.Member], func(c dag.Node) bool {
		o := &l.f[c]
		a, ok := o.Signed.Body.(op.AdmitBody)
		return ok && o.wf && o.Space == f.Space && l.before(c, n) && bytes.Equal(a.Cert, cert)
	})
}

// consentFits: what M signed covers this very admission (R5d). Consent given once cannot be replayed after M left or was removed:
// it names the last time. Being in a community is consent to be put into its groups, until M leaves that group.
func (l *Log) consentFits(n dag.Node) bool {
	f := &l.f[n]
	if f.Signed == nil {
		return true
	}
	c, ok := f.Signed.Certificate()
	switch f.Kind {
	case op.DeviceAdd:
		return ok && op.Key(c.Member) == f.Key && (c.Space == f.Space || c.Space == l.community(f.Space))
	case op.Admit:
	default:
		return true
	}
	if !ok {
		return false
	}
	if b := f.Signed.Body.(op.AdmitBody); (f.Invite != op.ID{}) {
		t, _ := l.g.Find(f.Invite)
		if i, ok := l.f[t].Signed.Body.(op.InviteBody); ok && !f.Proven {
			if f.Proven = identity.VerifyInvite(i.Key, b.Proof, c.Member, c.Device); !f.Proven {
				return false
			}
		}
	}
	last := l.lastOut(f.Space, f.Member, n)
	if l.founders(f) {
		return last == op.ID{}
	}
	if c.Space != f.Space {
		return (last == op.ID{}) && c.Space == l.community(f.Space)
	}
	via := f.Cap
	if (f.Invite != op.ID{}) {
		via = f.Invite
	} else if c.Via == f.Space || l.consentedBefore(n) {
		via = c.Via // to whoever may admit here
	}
	return c.Via == via && c.Last == last
}
