package acl

import (
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// DirectKey is what the CreateGroup of a direct message has as its join key: a commitment to the one person who will be admitted, which tells
// nobody who he is. opening is random, and stands as the proof in the Admit.
func DirectKey(other identity.UserID, opening [64]byte) [32]byte {
	return identity.LabelDirect.Hash(other[:], opening[:])
}

// directFits: in a direct message nobody acts from above; its author admits the one that his CreateGroup commits to; each of the two leaves,
// minds his devices and makes keys. Nothing else is written there.
func (l *Log) directFits(n dag.Node, home op.ID) bool {
	f := &l.f[n]
	if home != f.Space || !plainKind(f.Kind) {
		return false
	}
	if f.Kind != op.Admit {
		return true
	}
	if f.Invite != f.Space || f.Signed == nil || f.Member == f.author { // the other one, who is the only one to be admitted, admits nobody
		return false
	}
	root := l.Op(f.Space)
	b, ok := f.Signed.Body.(op.AdmitBody)
	return ok && root != nil && len(b.Proof) == 64 && DirectKey(f.Member, [64]byte(b.Proof)) == root.Body.(op.CreateGroupBody).JoinKey
}

// Direct reports whether a space is a direct message.
func (l *Log) Direct(space op.ID) bool { return l.direct(space) }

// Directs lists the effective direct messages of this log whose own log is here: those of others are known by their CreateGroup alone, and have
// no state.
func (s *State) Directs() []op.ID {
	return s.idsOf(op.CreateGroup, func(id op.ID) bool { return s.l.direct(id) && s.l.begun(id) })
}

// begun: something well-formed stands in the space's own log.
func (l *Log) begun(space op.ID) bool { return len(l.kinds[space]) > 0 }

// beginning is the state of a direct message that counts and has none, since nothing stood in its log until now; nil where that is not so.
func (l *Log) beginning(states map[op.ID]*State, space op.ID) *State {
	n, ok := l.g.Find(space)
	if !ok || !l.f[n].Direct || states[space] != nil {
		return nil
	}
	if up := states[l.f[n].Space]; up != nil && up.counts(n) {
		return l.evalIn(space, up, all)
	}
	return nil
}

// Begin adds the state of a direct message in whose log nothing stands yet, so that its author can write there.
func (l *Log) Begin(states map[op.ID]*State, direct op.ID) {
	if s := l.beginning(states, direct); s != nil {
		states[direct] = s
	}
}
