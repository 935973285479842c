package crdt

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// epochState is one epoch of a space.
type epochState struct {
	id        op.ID
	body      op.EpochBody
	at        op.Millis
	parents   []op.ID // parent_heads of the op: the roster is what they and ctl_heads give
	creator   op.ID   // cap
	authority bool
	remover   bool
	rank      int
	secret    epoch.Secret
	keys      *epoch.Keys    // nil: secret not held
	desk      *epoch.DeskKey // instead of keys, in an epoch of the desk
	waits     bool           // mine, and nobody else holds the secret yet: not used
	made      *acl.State     // what it was made from
	roster    []acl.Seat     // of a desk epoch
	past      dag.Past       // what its roster was made from
	fits      bool           // its generation follows from its parents', and theirs from theirs
	judged    bool           // roster computed
	valid     bool           // its roster_root is right and it covers its parents
	archived  bool           // the space was archived then
	moderated bool           // only moderators posted then
	retention op.Millis      // how long what it seals is kept; 0 for ever
	dropped   bool           // its secret was forgotten, with the last of its messages
	tainted   bool           // somebody who may have its secret is gone, as far as …
	seen      int            // … so many of the space's gone seats tell, …
	judging   int            // … counted since then
}

// How many of a space's epochs, best first, are considered for sending; older ones are only read under. Those whose secret is held and
// those still wanted are counted apart, and of the latter few of one maker, so that nobody who keeps secrets to himself crowds the others out.
const (
	judgeBest  = 16
	wantOfSame = 4
)

func (b *batch) takeEpoch(o *op.Op) {
	c := b.c
	s := c.space(o.Space)
	body := o.Body.(op.EpochBody)
	e := &epochState{id: o.ID(), body: body, at: o.Time, parents: o.ParentHeads, creator: o.Cap}
	bits, ok := c.log.IsAuthority(o.Cap, o.Space)
	e.authority, e.remover = ok, ok && bits&op.REMOVE != 0
	s.epochs[e.id] = e
	for _, p := range body.Parents {
		s.kids[p] = append(s.kids[p], e)
	}
	if c.knewAll(o, body.CtlHeads) && !b.since.anew {
		e.made = c.states[s.id] // the roster of now is that of its past: no need to go back for it
	}
	b.since.fresh(s.id)
	s.settle(e)
	if secret, ok := s.early[e.id]; ok {
		delete(s.early, e.id)
		c.hold(s, e.id, secret)
	}
}

// hold takes a secret whose commitment fits, or keeps it until its Epoch op comes. It reports whether it fits (or may).
func (c *Community) hold(s *space, id op.ID, secret epoch.Secret) bool {
	e := s.epochs[id]
	if e == nil {
		if len(s.early) < epoch.MaxRelay {
			s.early[id] = secret
		}
		return true
	}
	if secret.Commit(s.id) != e.body.Commit {
		return false
	}
	switch {
	case e.keys != nil || e.desk != nil:
	case e.dropped:
		return false
	case e.isDesk():
		pub, err := epoch.DeskPublic(s.id, secret)
		if err != nil || !bytes.Equal(pub, e.body.Desk) {
			return false
		}
		if e.desk, err = epoch.OpenDesk(s.id, id, secret); err != nil {
			return false
		}
		e.secret = secret
	default:
		e.secret, e.keys = secret, epoch.Schedule(s.id, id, secret)
	}
	return true
}

// Hold takes relayed secrets in. Those that do not fit their epoch's commitment are dropped.
func (c *Community) Hold(space op.ID, secrets map[op.ID]epoch.Secret, now op.Millis) Effects {
	b := &batch{c: c, now: now}
	s := c.space(space)
	for id, secret := range secrets {
		e := s.epochs[id]
		if e != nil && (e.keys != nil || e.desk != nil) || !c.hold(s, id, secret) {
			continue
		}
		b.eff.Store.Secrets = append(b.eff.Store.Secrets, StoredSecret{Space: space, Epoch: id, Secret: secret})
	}
	if len(b.eff.Store.Secrets) > 0 {
		c.refreshEpochs(b, s)
		c.snapKeys()
		b.event("community.keys_rotated", space, identity.UserID{}, [32]byte{})
	}
	return b.done()
}

// refreshEpochs judges the best epochs against the state: whose roster is right, and is nobody of it gone?
func (c *Community) refreshEpochs(b *batch, s *space) {
	st := c.states[s.id]
	if st == nil {
		s.set.Update(nil)
		return
	}
	all := make([]*epochState, 0, len(s.epochs))
	for _, e := range s.epochs {
		if e.fits && !e.isDesk() {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y *epochState) int {
		return cmp.Or(c.log.Rank(x.creator, y.creator), bytes.Compare(x.creator[:], y.creator[:]))
	})
	for i, e := range all {
		e.rank = i
		if i > 0 && all[i-1].creator == e.creator {
			e.rank = all[i-1].rank
		}
	}
	slices.SortFunc(all, func(x, y *epochState) int {
		return cmp.Or(cmp.Compare(y.body.Gen, x.body.Gen), x.rank-y.rank, bytes.Compare(x.id[:], y.id[:]))
	})
	s.unread = false
	infos := make([]epoch.Info, 0, len(all))
	_, _, withheld := c.history()
	held, wanted, by := 0, 0, map[op.ID]int{}
	for _, e := range all {
		if e.dropped {
			continue
		}
		info := epoch.Info{ID: e.id, Gen: e.body.Gen, Rank: e.rank, Held: e.keys != nil && !e.waits, Early: e.remover || withheld, At: e.at}
		judge := held < judgeBest
		if e.keys != nil {
			held++
		} else {
			by[e.creator]++
			if judge = wanted < judgeBest && by[e.creator] <= wantOfSame; judge {
				wanted++
			}
		}
		if judge {
			c.judgeEpoch(s, e)
			s.unread = s.unread || !e.judged
			info.Clean = e.valid && c.clean(s, st, e)
		}
		infos = append(infos, info)
	}
	s.set.Update(infos)
	c.wantKeys(b, s)
}

// wantKeys asks for secrets of better epochs than those I hold.
func (c *Community) wantKeys(b *batch, s *space) {
	if c.Mine(s.id) {
		if w := s.set.Wanted(); len(w) > 0 {
			b.want(s.id).Epochs = w
		}
	}
}

// settle finds out whether the generation of e, and then of those that build on it, is one more than the highest of the parents', which
// are here and fit themselves. Nobody gets ahead of the others by naming a large number.
func (s *space) settle(e *epochState) {
	gen := uint64(0)
	for _, p := range e.body.Parents {
		pe := s.epochs[p]
		if pe == nil || !pe.fits || pe.isDesk() != e.isDesk() {
			return
		}
		gen = max(gen, pe.body.Gen)
	}
	if e.fits = e.body.Gen == gen+1; !e.fits {
		return
	}
	for _, kid := range s.kids[e.id] {
		s.settle(kid)
	}
}

// clean: nobody who can have the secret of e is gone. That is its roster; and, since nobody rotates for a newcomer and members hand him
// the epoch in use, also everybody who came in without e's maker knowing.
func (c *Community) clean(s *space, st *acl.State, e *epochState) bool {
	if e.judging != s.judging {
		e.judging, e.seen = s.judging, 0
		if e.isDesk() {
			e.tainted = slices.ContainsFunc(e.roster, func(seat acl.Seat) bool { return !st.Seated(seat) })
		} else {
			e.tainted = !e.made.Within(st)
		}
	}
	for ; e.seen < len(s.gone) && !e.tainted; e.seen++ { // nobody comes back to a seat, unless everything is judged anew
		seat := s.gone[e.seen]
		switch {
		case !e.isDesk():
			e.tainted = e.made.Seated(seat) || !c.log.Knew(e.past, seat)
		case len(c.log.Admitters(s.id, []acl.Seat{seat})) > 0:
			e.tainted = slices.Contains(e.roster, seat) || !c.log.Knew(e.past, seat)
		}
	}
	return !e.tainted
}

func (c *Community) judgeEpoch(s *space, e *epochState) {
	if e.judged {
		return
	}
	heads := append(slices.Clone(e.body.CtlHeads), e.parents...)
	past, all := c.log.Graph().PastOf(heads...)
	if !all || slices.ContainsFunc(e.body.Parents, func(p op.ID) bool { return s.epochs[p] == nil }) {
		return // what it names is not here yet: looked at again when more is
	}
	e.judged, e.past = true, past
	if e.made == nil {
		e.made = c.log.EvalAt(s.id, heads...)
	}
	st := e.made
	if st == nil {
		return
	}
	e.archived, e.moderated = acl.Archived(st.Values[acl.RegArchived]), c.moderated(s.id, st)
	e.retention = retentionOf(st)
	for _, p := range e.body.Parents {
		for _, h := range s.epochs[p].body.CtlHeads {
			if n, ok := c.log.Graph().Find(h); !ok || !past.Has(n) {
				return
			}
		}
	}
	if e.isDesk() {
		e.roster = st.Desk()
		e.valid = acl.RosterRoot(e.roster) == e.body.RosterRoot
		return
	}
	e.valid = st.RosterRoot() == e.body.RosterRoot
}

// archivedIn (R6): the space was archived when the epoch was made. A message under it does not count, whatever came later.
func (c *Community) archivedIn(s *space, id op.ID) bool {
	e := s.epochs[id]
	if _, ever := c.states[s.id].Values[acl.RegArchived]; !ever || e == nil {
		return false
	}
	c.judgeEpoch(s, e)
	return e.archived
}

// Sending returns the keys to seal with in a space now; false: no clean epoch is held.
func (c *Community) Sending(space op.ID, now op.Millis) (*epoch.Keys, bool) {
	s := c.space(space)
	id, ok := s.set.Sending(now, c.Retention(space))
	if !ok {
		return nil, false
	}
	return s.epochs[id].keys, true
}

// Handed tells that somebody else holds the secret of an epoch I made, or that nobody is there to: it may be used now.
func (c *Community) Handed(space, id op.ID, now op.Millis) {
	s := c.space(space)
	if e := s.epochs[id]; e != nil && e.waits {
		e.waits = false
		b := &batch{c: c, now: now}
		c.refreshEpochs(b, s)
	}
}

// RotationDue says what a space needs: a rotation because no epoch is clean, or because mine is stale, in which case cause sorts who
// does it first; nobody is bound to. lost: nothing clean has been held for ten seconds.
func (c *Community) RotationDue(space op.ID, now op.Millis) (cause [32]byte, due, lost bool) {
	s := c.space(space)
	st := c.states[space]
	if st == nil || !c.Mine(space) {
		return cause, false, false
	}
	cause = st.RosterRoot()
	_, sending := s.set.Sending(now, c.Retention(space))
	if sending && c.lateForSomebody(s) {
		return cause, true, false
	}
	if !s.set.CleanExists() || len(c.MissingPins(space)) > 0 {
		return cause, true, s.set.Lost(now)
	}
	return cause, sending && s.set.Stale(now, c.Retention(space)), !sending && s.set.Lost(now)
}

// Lacking lists epochs of a space whose secret I do not hold, newest first, at most epoch.MaxRelay: old ones are asked for when their
// messages are.
func (c *Community) Lacking(space op.ID) []op.ID {
	var out []*epochState
	for _, e := range c.space(space).epochs {
		if e.keys == nil && !e.isDesk() && !e.dropped {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y *epochState) int {
		return cmp.Or(cmp.Compare(y.body.Gen, x.body.Gen), bytes.Compare(x.id[:], y.id[:]))
	})
	ids := []op.ID{}
	for _, e := range out[:min(len(out), epoch.MaxRelay)] {
		ids = append(ids, e.id)
	}
	return ids
}

// Entitled returns the secrets among those asked for that a device may have: its person is a member in my newest view and was when the
// epoch was made, or the epoch is one that members send with now, or the history policy grants it.
func (c *Community) Entitled(space op.ID, d identity.DeviceID, asked []op.ID) map[op.ID]epoch.Secret {
	st := c.states[space]
	out := map[op.ID]epoch.Secret{}
	if st == nil {
		return out
	}
	m, ok := st.Who(d)
	if !ok {
		return out
	}
	s := c.space(space)
	days, all, none := c.history()
	for _, id := range asked {
		e := s.epochs[id]
		if e == nil || e.keys == nil && e.desk == nil {
			continue
		}
		if e.isDesk() { // all of them go to whoever is of the desk now
			if st.Members.Of(m).Bits&op.ADMIT != 0 {
				out[id] = e.secret
			}
			continue
		}
		n, _ := c.log.Graph().Find(id)
		for _, cap := range st.Members.Of(m).Caps {
			cn, _ := c.log.Graph().Find(cap)
			since := c.log.Op(cap).Time
			if c.log.Graph().Before(cn, n) || !none && (all || s.set.Clean(id) || e.at >= since-days*86_400_000) {
				out[id] = e.secret
				break
			}
		}
	}
	return out
}

// Tags lists the tags of a space's epochs whose secret is held, the desk's too.
func (c *Community) Tags(space op.ID) []epoch.Tag {
	var out []epoch.Tag
	for _, e := range c.space(space).epochs {
		if e.keys != nil {
			out = append(out, e.keys.Tag)
		}
		if e.desk != nil {
			out = append(out, epoch.DeskTag(e.id))
		}
	}
	return out
}

// Wanted lists clean epochs better than any I hold: their secrets are needed now.
func (c *Community) Wanted(space op.ID) []op.ID {
	if !c.Mine(space) {
		return nil
	}
	w := c.space(space).set.Wanted()
	return w[:min(len(w), epoch.MaxRelay)]
}
