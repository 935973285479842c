package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Moved is a group that goes on in another community, and which of its members are not in that one.
type Moved struct {
	Group      Group
	LeftBehind []string // usr_
}

// Elsewhere names a group of another community of the tree.
type Elsewhere struct{ CommunityID, GroupID string }

// moving is what a group takes along.
type moving struct {
	q       NewGroup
	keep    op.Millis // how long its messages are kept, 0 for ever
	members map[identity.UserID]op.Bits
	to      op.ID // where it went already, zero if nowhere
}

// MoveGroup lets a group go on in another community of the same tree (acl's SPEC, "A group that moves"): it begins there with its name, settings,
// roles, and those of its members who are in that community; here it is archived and says where it went. What was said stays here, for those who
// could read it. Whoever asks must be in both, and in the group, and hold GROUPS in both. Asked again for the same community it does what is left to do.
func (n *Node) MoveGroup(ctx context.Context, id, community string) (Moved, error) {
	r, s, err := n.ruledRoom(id)
	if err != nil {
		return Moved{}, err
	}
	to, err := n.room(community)
	if err != nil {
		return Moved{}, err
	}
	switch {
	case s == r.id:
		return Moved{}, fmt.Errorf("%w: announcements stay with their community", ErrInvalid)
	case to == r:
		return Moved{}, fmt.Errorf("%w: community_id: the group is in this community", ErrInvalid)
	case to.top != r.top:
		return Moved{}, fmt.Errorf("%w: community_id: a group moves between communities of one tree; in another, everybody is somebody else", ErrInvalid)
	}
	var m moving
	var merr error
	if err := r.ask(ctx, func() { m, merr = r.baggage(s, to.id) }); err != nil || merr != nil {
		return Moved{}, errors.Join(err, merr)
	}
	var behind []string
	at := m.to
	if err := to.write(ctx, to.id, op.GROUPS, func() (_ crdt.Effects, err error) {
		st := to.c.State(to.id)
		if acl.Archived(st.Values[acl.RegArchived]) {
			return crdt.Effects{}, ErrArchived
		}
		for u := range m.members {
			if _, in := st.Members.Get(u); in {
				m.q.Members = append(m.q.Members, u.String())
			} else {
				behind = append(behind, u.String())
			}
		}
		at, err = to.unpack(at, m)
		return crdt.Effects{}, err
	}); err != nil {
		return Moved{}, err
	}
	if m.to == (op.ID{}) {
		if err := r.write(ctx, s, op.GROUPS, func() (crdt.Effects, error) {
			return r.setAndRotate(s, op.SetBody{Key: acl.RegArchived, Value: crdt.MovedValue(to.id, at)}, "group.archived")
		}); err != nil {
			return Moved{}, err
		}
	}
	slices.Sort(behind)
	g, err := to.group(at)
	return Moved{Group: g, LeftBehind: behind}, err
}

// baggage reads what a group takes along to another community, and refuses where it may not be moved. Owner only.
func (r *room) baggage(s, to op.ID) (m moving, err error) {
	st := r.c.State(s)
	if st == nil || !r.c.Mine(s) || !r.c.Mine(r.id) {
		return m, fmt.Errorf("%w: only who is in a group can move it", ErrNotMember)
	}
	if st.Can(r.fixed.Member, op.GROUPS) != nil {
		return m, r.missing(s, op.GROUPS)
	}
	if v := st.Values[acl.RegArchived]; acl.Archived(v) {
		com, g, ok := crdt.MovedTo(v)
		if !ok || com != to {
			return m, ErrArchived
		}
		m.to = g
	}
	var g Group
	r.describe(s, &g)
	m.q = NewGroup{Name: g.Name, Description: g.Description, WhoPosts: g.WhoPosts, Open: g.Open, continues: crdt.ContinuesValue(r.id, s)}
	m.keep, m.members = r.c.Retention(s), map[identity.UserID]op.Bits{}
	for u, in := range st.Members.All() {
		bits := op.POST
		for _, cap := range in.Caps {
			switch o := r.c.Log().Op(cap); b := o.Body.(type) {
			case op.GrantBody:
				if o.Home() == s {
					bits |= b.Bits
				}
			case op.CreateGroupBody:
				bits = op.AllBits
			}
		}
		m.members[u] = bits
	}
	return m, nil
}

// unpack makes the group here, or goes on with the one that this node had begun; then admits, grants and sets what is lacking. Owner only.
func (r *room) unpack(at op.ID, m moving) (op.ID, error) {
	for _, g := range r.c.Spaces() {
		if st := r.c.State(g); at == (op.ID{}) && st != nil && r.c.Mine(g) && string(st.Values[crdt.RegContinues]) == string(m.q.continues) {
			at = g
		}
	}
	if at == (op.ID{}) {
		var err error
		if at, err = r.newGroup(m.q); err != nil {
			return at, err
		}
	}
	st, changed := r.c.State(at), false
	if st == nil || !r.c.Mine(at) {
		return at, ErrNotMember
	}
	drafts := []crdt.Draft{}
	for _, u := range m.q.Members {
		who, ok := r.user(u)
		if _, in := st.Members.Get(who); ok && !in && r.c.Log().LastOut(at, who) == (op.ID{}) { // who left it here stays out
			if err := r.admitTo(at, who); err != nil {
				return at, err
			}
			changed = true
		}
	}
	st = r.c.State(at)
	for u, bits := range m.members {
		if in, ok := st.Members.Get(u); ok && bits&^in.Bits != 0 {
			drafts = append(drafts, crdt.Draft{Space: at, Body: op.GrantBody{Member: u, Bits: bits}})
		}
	}
	slices.SortFunc(drafts, func(a, b crdt.Draft) int {
		x, y := a.Body.(op.GrantBody).Member, b.Body.(op.GrantBody).Member
		return slices.Compare(x[:], y[:])
	})
	if r.c.Retention(at) != m.keep {
		drafts = append(drafts, crdt.Draft{Space: at, Body: op.SetBody{Key: crdt.RegDisappearing, Value: []byte(strconv.FormatInt(int64(m.keep/1000), 10))}})
	}
	if len(drafts) == 0 && !changed {
		return at, nil
	}
	e, _, err := r.c.Author(r.n.now(), drafts...)
	if err := errors.Join(err, r.perform(e)); err != nil {
		return at, err
	}
	e, err = r.c.Rotate(at, "moved", r.n.now())
	return at, errors.Join(err, r.perform(e))
}
