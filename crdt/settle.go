package crdt

import (
	"maps"
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// changes is what ops have changed since everything that hangs on the control state was last brought up to it.
type changes struct {
	any     bool
	anew    bool // the states are to be computed anew: some op voids what stood
	old     map[op.ID]*acl.State
	members map[op.ID]map[identity.UserID]*acl.Member // who had what before, of those concerned, by space
	spaces  map[op.ID]bool                            // where ops came
	epochs  map[op.ID]bool                            // where Epoch ops came
	invites map[op.ID]bool                            // where invites were made or closed
	desk    bool                                      // who is of the desk, or its epochs
}

func (x *changes) fresh(space op.ID) { x.epochs[space] = true }

// concern notes that what somebody holds in a space may have changed.
func (x *changes) concern(space op.ID, m identity.UserID, was *acl.Member) {
	if x.members[space] == nil {
		x.members[space] = map[identity.UserID]*acl.Member{}
	}
	if _, known := x.members[space][m]; !known {
		x.members[space][m] = was
	}
}

// step brings the control states up to an op just integrated, and notes what hangs on it.
func (b *batch) step(o *op.Op) {
	c, x := b.c, &b.since
	if !x.any {
		*x = changes{any: true, old: maps.Clone(c.states), members: map[op.ID]map[identity.UserID]*acl.Member{}, spaces: map[op.ID]bool{}, epochs: map[op.ID]bool{},
			invites: map[op.ID]bool{}}
	}
	if !x.anew {
		list, ok := c.log.Step(c.states, c.id, o.ID())
		if x.anew = !ok; x.anew && b.quiet && c.log.Graph().Len() >= 2*b.whole {
			b.whole, c.states, x.anew = c.log.Graph().Len(), c.log.EvalAll(c.id), false
		}
		for _, ch := range list {
			x.concern(ch.Space, ch.Member, ch.Was)
		}
	}
	space := o.Home()
	x.spaces[space] = true
	switch body := o.Body.(type) {
	case op.InviteBody, op.RevokeInviteBody:
		x.invites[space] = true
	case op.RevokeBody:
		x.invites[space], x.desk = true, true
	case op.EpochBody:
		x.desk = x.desk || len(body.Desk) > 0
		for _, p := range body.Pins {
			if m, ok := c.log.Registered(p.Device); ok {
				x.concern(space, m, c.member(space, m))
			}
		}
	case op.GrantBody, op.LeaveBody, op.DeviceAddBody, op.DeviceRevokeBody:
		x.desk = true
	}
	if cert, ok := o.Certificate(); ok { // one device more that may have written
		for id, s := range c.spaces {
			if _, judged := s.judged[cert.Member]; judged {
				x.concern(id, cert.Member, c.member(id, cert.Member))
			}
		}
	}
}

// member returns what somebody holds in a space, nil for nothing.
func (c *Community) member(space op.ID, m identity.UserID) *acl.Member {
	if st := c.states[space]; st != nil {
		if mem, in := st.Members.Get(m); in {
			return &mem
		}
	}
	return nil
}

// knewAll reports whether the past that an Epoch op names is everything that is there, but for itself.
func (c *Community) knewAll(o *op.Op, ctl []op.ID) bool {
	g := c.log.Graph()
	past, all := g.PastOf(append(slices.Clone(ctl), o.ParentHeads...)...)
	has := func(id op.ID) bool {
		n, ok := g.Find(id)
		return id == o.ID() || ok && past.Has(n)
	}
	heads := append(g.Heads(o.Space), o.Deps...)
	if st := c.states[o.Space]; st != nil && st.Parent != (op.ID{}) {
		heads = append(heads, g.Heads(st.Parent)...)
	}
	return all && !slices.ContainsFunc(heads, func(id op.ID) bool { return !has(id) })
}

// settle brings everything that hangs on the control state up to it: gone seats, epochs, the desk, the snapshot, whose messages count, events.
// After ops that concern few it looks at those few.
func (c *Community) settle(b *batch) {
	x := &b.since
	if !x.any {
		return
	}
	if x.anew {
		c.states = c.log.EvalAll(c.id)
	}
	for id := range c.states {
		c.space(id)
	}
	if x.anew || b.quiet {
		c.settleAll(b)
	} else {
		c.settleFew(b)
	}
	*x = changes{}
}

func (c *Community) settleAll(b *batch) {
	for id, s := range c.spaces {
		was, now := b.since.old[id], c.states[id]
		if was != nil && now != nil {
			for _, seat := range was.Roster() {
				if !now.Effective(seat.Cap) {
					s.orphans[seat] = true
				}
			}
		}
		if now != nil {
			s.judging++
			s.gone, s.wasGone = nil, map[acl.Seat]bool{}
			s.leaves(now.Gone()...)
			for seat := range s.orphans {
				if !now.Seated(seat) {
					s.leaves(seat)
				}
			}
		}
		c.refreshEpochs(b, s)
	}
	c.refreshDesk()
	c.snapAll()
	for _, id := range c.sorted() {
		s := c.spaces[id]
		who := map[identity.UserID]bool{}
		if st := c.states[id]; st != nil {
			for m := range st.Members.All() {
				who[m] = true
			}
			for _, m := range st.Former() {
				who[m] = true
			}
		}
		for m := range s.judged {
			who[m] = true
		}
		c.rejudge(b, s, who)
	}
	if b.quiet {
		return
	}
	for id, st := range c.states {
		was := b.since.old[id]
		if was == nil {
			was = &acl.State{}
		}
		x := map[identity.UserID]*acl.Member{}
		for m, mem := range was.Members.All() {
			x[m] = &mem
		}
		for m := range st.Members.All() {
			if _, before := x[m]; !before {
				x[m] = nil
			}
		}
		c.tell(b, id, x, was.Space != id || len(was.Invites()) != len(st.Invites()))
	}
}

func (c *Community) settleFew(b *batch) {
	x := &b.since
	snap := map[op.ID][]identity.UserID{}
	for id, who := range x.members {
		s, st := c.spaces[id], c.states[id]
		if s == nil || st == nil {
			continue
		}
		went := len(s.gone)
		for m := range who {
			s.leaves(st.GoneOf(m)...)
			snap[id] = append(snap[id], m)
		}
		if len(s.gone) > went {
			x.epochs[id] = true
			x.desk = x.desk || id == c.id
		}
	}
	for id, s := range c.spaces {
		switch {
		case x.epochs[id] || s.unread && x.spaces[id]:
			c.refreshEpochs(b, s)
		case x.spaces[id]:
			c.wantKeys(b, s)
		}
	}
	if x.desk || c.space(c.id).unread && x.spaces[c.id] {
		c.refreshDesk()
	}
	c.snapFew(snap, len(x.epochs) > 0)
	for _, id := range c.sorted() {
		who := x.members[id]
		if len(who) == 0 {
			if x.invites[id] || x.old[id] == nil {
				c.tell(b, id, nil, x.invites[id])
			}
			continue
		}
		look := make(map[identity.UserID]bool, len(who))
		for m := range who {
			look[m] = true
		}
		c.rejudge(b, c.spaces[id], look)
		c.tell(b, id, who, x.invites[id])
	}
}

// leaves notes seats that are gone, each once.
func (s *space) leaves(seats ...acl.Seat) {
	for _, seat := range seats {
		if !s.wasGone[seat] {
			s.wasGone[seat] = true
			s.gone = append(s.gone, seat)
		}
	}
}

func (c *Community) sorted() []op.ID {
	return slices.SortedFunc(maps.Keys(c.spaces), func(x, y op.ID) int { return slices.Compare(x[:], y[:]) })
}

// tell turns what changed in a space, of people who had this before, into events.
func (c *Community) tell(b *batch, space op.ID, had map[identity.UserID]*acl.Member, invites bool) {
	st := c.states[space]
	if st == nil {
		return
	}
	if b.since.old[space] == nil && space != c.id {
		b.event("group.created", space, identity.UserID{}, space)
	}
	for _, m := range slices.SortedFunc(maps.Keys(had), func(x, y identity.UserID) int { return slices.Compare(x[:], y[:]) }) {
		was := had[m]
		now, in := st.Members.Get(m)
		switch {
		case in && was == nil:
			b.event("member.joined", space, m, [32]byte{})
		case in && was.Bits != now.Bits:
			b.event("member.role_changed", space, m, [32]byte{})
		case !in && was != nil && st.Banned(m):
			b.event("member.banned", space, m, [32]byte{})
		case !in && was != nil && st.Left(m):
			b.event("member.left", space, m, [32]byte{})
		case !in && was != nil:
			b.event("member.removed", space, m, [32]byte{})
		}
	}
	if invites && b.since.old[space] != nil {
		b.event("invite.changed", space, identity.UserID{}, [32]byte{})
	}
}
