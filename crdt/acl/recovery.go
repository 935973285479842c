package acl

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Recovery is who may hand a community on, now.
type Recovery struct {
	Set  []identity.UserID // whose signatures count; empty: nobody can, and the owner may name a set once
	By   op.ID             // what the next OwnerRotate replaces: the last one, or Genesis; it named Set
	Need int               // how many must sign: more than half; 0 without a set
}

// Recovery returns the recovery set in force.
func (s *State) Recovery() Recovery {
	last := s.chain[len(s.chain)-1]
	r := Recovery{Set: slices.Clone(s.l.recoveryAt(last)), By: s.l.f[last].ID}
	if len(r.Set) > 0 {
		r.Need = len(r.Set)/2 + 1
	}
	return r
}

// Handover is what a signer of the set signs, under identity.LabelRotate: that member m, with device d, owns the community after prev, and that
// recovery is the set from then on. A signer signs one per prev, ever: two would let two owners stand in turn.
func Handover(community, prev op.ID, m identity.UserID, d identity.DeviceID, recovery []identity.UserID) []byte {
	out := slices.Concat(community[:], prev[:], m[:], d[:])
	for _, k := range recovery {
		out = append(out, k[:]...)
	}
	return out
}

// Signed counts the signatures in an OwnerRotate that are good under this set. It has what it takes when they are at least Need and its Prev
// is By.
func (r Recovery) Signed(community op.ID, b op.OwnerRotateBody) int {
	cert, err := identity.ParseCertificate(b.Cert)
	if err != nil {
		return 0
	}
	return signatures(r.Set, community, b, cert)
}

// recoveryAt returns the set that Genesis or a rotation named. It is read of the predecessor an op names, so the op's past decides and no other.
func (l *Log) recoveryAt(n dag.Node) []identity.UserID {
	o := l.f[n].Signed
	if o == nil {
		return nil
	}
	switch b := o.Body.(type) {
	case op.GenesisBody:
		return b.Recovery
	case op.OwnerRotateBody:
		return b.Recovery
	}
	return nil
}

func signatures(set []identity.UserID, community op.ID, b op.OwnerRotateBody, cert identity.Certificate) (good int) {
	statement := Handover(community, b.Prev, cert.Member, cert.Device, b.Recovery)
	for i, s := range b.Sigs {
		if int(s.Index) < len(set) && (i == 0 || b.Sigs[i-1].Index < s.Index) && identity.Verify(set[s.Index], s.Sig, identity.LabelRotate, statement) {
			good++
		}
	}
	return good
}
