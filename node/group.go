package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// groupRoom finds the room and space of a grp_ id.
func (n *Node) groupRoom(id string) (*room, op.ID, error) {
	for _, r := range n.allRooms() {
		var got op.ID
		found := false
		if r.ask(n.ctx, func() {
			for _, s := range r.c.Spaces() {
				if grpID(s) == id && r.rec.Joined {
					got, found = s, true
				}
			}
		}) == nil && found {
			return r, got, nil
		}
	}
	return nil, op.ID{}, fmt.Errorf("%w: no group %s", ErrNotFound, id)
}

// Groups lists a community's groups, announcements first. Members see that a group is there; who is in it, only those in it.
func (n *Node) Groups(community string) ([]Group, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	var spaces []op.ID
	if err := r.ask(n.ctx, func() { spaces = r.c.Spaces() }); err != nil {
		return nil, err
	}
	out := []Group{}
	for _, s := range spaces {
		g, err := r.group(s)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// Group shows one.
func (n *Node) Group(id string) (Group, error) {
	r, s, err := n.groupRoom(id)
	if err != nil {
		return Group{}, err
	}
	return r.group(s)
}

func (r *room) group(s op.ID) (g Group, err error) {
	e := r.ask(r.n.ctx, func() {
		st := r.c.State(s)
		if st == nil {
			err = fmt.Errorf("%w: no group %s", ErrNotFound, grpID(s))
			return
		}
		g = Group{ID: grpID(s), CommunityID: r.name(), Kind: "chat", Joined: r.c.Mine(s), WhoPosts: "everyone"}
		if s == r.id {
			b, _ := r.c.Genesis()
			g.Kind, g.Name, g.WhoPosts, g.MemberCount = "announcements", "Announcements", "moderators", st.Members.Len()
			g.Description = b.Name
		} else {
			r.describe(s, &g)
			g.Disappearing = time.Duration(r.c.Retention(s)) * time.Millisecond
			if g.Joined {
				g.MemberCount = st.Members.Len()
			}
			if r.c.Direct(s) {
				r.showDirect(s, &g)
			}
		}
		if com, to, ok := crdt.MovedTo(st.Values[acl.RegArchived]); ok && s != r.id {
			g.MovedTo = Elsewhere{comID(com), grpID(to)}
		}
		if com, from, ok := crdt.Continues(st.Values[crdt.RegContinues]); ok && s != r.id {
			g.Continues = Elsewhere{comID(com), grpID(from)}
		}
		g.Archived = acl.Archived(st.Values[acl.RegArchived])
		own := r.private().groups[s]
		g.MutedUntil, g.Notify = own.mutedUntil(r.n.now()), notifies[own.Notify%uint8(len(notifies))]
		g.ETag = fmt.Sprintf("%x", acl.RosterRoot(st.Roster()))[:16]
	})
	if err := errors.Join(e, err); err != nil {
		return g, err
	}
	last, _, err := r.messages(s, Page{Limit: 1})
	if err != nil {
		return g, err
	}
	if len(last) > 0 { // of a group that I am out of too: what I had is mine
		g.LastMessage = &last[0]
	}
	if g.Joined {
		u, first, err := r.unread(s)
		if err != nil {
			return g, fmt.Errorf("read unread: %w", err)
		}
		g.Unread, g.Mentions, g.FirstUnreadID = u.Messages, u.Mentions, first
	}
	return g, nil
}

// describe fills in what a group is called and who may write there. Owner only.
func (r *room) describe(s op.ID, g *Group) {
	b, _ := r.c.Group(s)
	g.Name, g.Description, g.Open, g.WhoPosts = b.Name, b.Description, b.Open, "everyone"
	if r.c.WhoPosts(s) {
		g.WhoPosts = "moderators"
	}
	top := r.c.State(r.id).Values
	if v, ok := top[groupRegister(s)+"name"]; ok && checkName(string(v)) == nil {
		g.Name = string(v)
	}
	if v, ok := top[groupRegister(s)+"description"]; ok && utf8.Valid(v) {
		g.Description = string(v)
	}
}

func (q NewGroup) check() error {
	if err := checkName(q.Name); err != nil {
		return err
	}
	if len(q.Description) > 4<<10 || !utf8.ValidString(q.Description) {
		return fmt.Errorf("%w: description: at most 4096 bytes of UTF-8", ErrInvalid)
	}
	if q.WhoPosts != "" && q.WhoPosts != "everyone" && q.WhoPosts != "moderators" {
		return fmt.Errorf("%w: who_posts: everyone or moderators", ErrInvalid)
	}
	return nil
}

func (q NewGroup) whoPosts() uint8 {
	if q.WhoPosts == "moderators" {
		return 1
	}
	return 0
}

// CreateGroup makes a group of a community, with me in it and whom I name.
func (n *Node) CreateGroup(ctx context.Context, community string, q NewGroup) (Group, error) {
	if err := q.check(); err != nil {
		return Group{}, err
	}
	r, err := n.room(community)
	if err != nil {
		return Group{}, err
	}
	var id op.ID
	err = r.write(ctx, r.id, op.GROUPS, func() (crdt.Effects, error) {
		for _, u := range q.Members {
			if _, ok := r.user(u); !ok {
				return crdt.Effects{}, fmt.Errorf("%w: no member %s", ErrNotFound, u)
			}
		}
		var err error
		id, err = r.newGroup(q)
		return crdt.Effects{}, err
	})
	if err != nil {
		return Group{}, err
	}
	return r.group(id)
}

// newGroup writes CreateGroup, the Admits and, last, the group's first epoch, whose roster they are. Owner only, or before the room runs.
func (r *room) newGroup(q NewGroup) (op.ID, error) {
	body := op.CreateGroupBody{Name: q.Name, Description: q.Description, Open: q.Open, WhoPosts: q.whoPosts()}
	e, ids, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: body})
	if err := errors.Join(err, r.perform(e)); err != nil {
		return op.ID{}, err
	}
	if len(q.continues) > 0 {
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: ids[0], Body: op.SetBody{Key: crdt.RegContinues, Value: q.continues}})
		if err := errors.Join(err, r.perform(e)); err != nil {
			return ids[0], err
		}
	}
	for _, u := range q.Members {
		m, _ := r.user(u)
		if m == r.fixed.Member {
			continue
		}
		if err := r.admitTo(ids[0], m); err != nil {
			return ids[0], err
		}
	}
	e, err = r.c.Rotate(ids[0], "new group", r.n.now())
	return ids[0], errors.Join(err, r.perform(e))
}

// admitTo puts a member of the community into a group. Being in the community is consent, until he leaves the group.
func (r *room) admitTo(g op.ID, m identity.UserID) error {
	cert := r.certOf(m)
	if cert == nil {
		return fmt.Errorf("%w: no member %s", ErrNotFound, m)
	}
	e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: g, Body: op.AdmitBody{Cert: cert, Post: true, Proof: []byte{}}})
	return errors.Join(err, r.perform(e))
}

// certOf returns the certificate a live member was admitted to the community with.
func (r *room) certOf(m identity.UserID) []byte {
	st := r.c.State(r.id)
	for _, cap := range st.Members.Of(m).Caps {
		switch b := r.c.Log().Op(cap).Body.(type) {
		case op.AdmitBody:
			return b.Cert
		case op.GenesisBody:
			return b.Cert
		case op.OwnerRotateBody:
			return b.Cert
		}
	}
	return nil
}

// user resolves a usr_ id among the community's members.
func (r *room) user(id string) (identity.UserID, bool) {
	st := r.c.State(r.id)
	if st == nil {
		return identity.UserID{}, false
	}
	for m := range st.Members.All() {
		if m.String() == id {
			return m, true
		}
	}
	return identity.UserID{}, false
}

// JoinGroup enters an open group: a connected member of it writes the Admit. It errs with ErrNotConnected when none can be asked.
func (n *Node) JoinGroup(ctx context.Context, id string) (Group, error) {
	r, s, err := n.groupRoom(id)
	if err != nil {
		return Group{}, err
	}
	var in, open bool
	var to []peer.ID
	if err := r.ask(ctx, func() {
		in = r.c.Mine(s)
		g, _ := r.c.Group(s)
		open = g.Open
		if !in && open && r.n.seeded() && r.c.State(s).Can(r.fixed.Member, op.ADMIT) == nil {
			cert := r.memberKey().Certify(identity.Certificate{Space: s, Via: s, Last: r.c.Log().LastOut(s, r.fixed.Member)}, r.device)
			e, _, err := r.c.Author(n.now(), crdt.Draft{Space: s, Body: op.AdmitBody{Cert: cert, Post: true, Invite: s, Proof: []byte{}}})
			in = errors.Join(err, r.perform(e)) == nil
		}
		for p := range r.peers {
			to = append(to, p)
		}
	}); err != nil {
		return Group{}, err
	}
	if !in && !open {
		return Group{}, ErrNotOpen
	}
	slices.Sort(to)
	for _, p := range to {
		if in {
			break
		}
		if r.enter(ctx, p, s, s, []byte{}, "") == nil {
			if _, err := r.hist().Sync(ctx, p); err != nil {
				n.log.Debug("sync after entering failed", "err", err)
			}
			r.ask(ctx, func() { in = r.c.Mine(s) })
		}
	}
	if !in {
		return Group{}, fmt.Errorf("%w: nobody of this group is online; try again later", ErrNotConnected)
	}
	return r.group(s)
}

// LeaveGroup ends my membership of a group.
func (n *Node) LeaveGroup(ctx context.Context, id string) error {
	r, s, err := n.groupRoom(id)
	if err != nil {
		return err
	}
	if s == r.id {
		return fmt.Errorf("%w: everybody in the community is in its announcements; leave the community instead", ErrInvalid)
	}
	return deniedAsNotMember(r.write(ctx, s, 0, func() (crdt.Effects, error) { return r.c.Leave(s, n.now()) }))
}

// AddToGroup admits a member of the community. It errs with ErrMustAsk for who was in and is not (R5d): a person is not put back without wanting to.
func (n *Node) AddToGroup(ctx context.Context, group, user string) (Member, error) {
	r, s, err := n.ruledRoom(group)
	if err != nil {
		return Member{}, err
	}
	var m identity.UserID
	err = r.write(ctx, s, op.ADMIT, func() (crdt.Effects, error) {
		var ok bool
		if m, ok = r.user(user); !ok {
			return crdt.Effects{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
		}
		if _, in := r.c.State(s).Members.Get(m); in {
			return crdt.Effects{}, ErrAlreadyMember
		}
		if r.c.State(s).Can(r.fixed.Member, op.ADMIT) == nil && r.c.Log().LastOut(s, m) != (op.ID{}) {
			return crdt.Effects{}, ErrMustAsk
		}
		return crdt.Effects{}, r.admitTo(s, m)
	})
	if err != nil {
		return Member{}, err
	}
	return r.member(s, m)
}

// RemoveFromGroup takes a member out of one group.
func (n *Node) RemoveFromGroup(ctx context.Context, group, user string) error {
	r, s, err := n.ruledRoom(group)
	if err != nil {
		return err
	}
	return r.write(ctx, s, op.REMOVE, func() (crdt.Effects, error) {
		m, ok := r.user(user)
		if _, in := r.c.State(s).Members.Get(m); !ok || !in {
			return crdt.Effects{}, fmt.Errorf("%w: no member %s in this group", ErrNotFound, user)
		}
		if err := r.readTops(m); err != nil {
			return crdt.Effects{}, err
		}
		e, _, err := r.c.Remove(s, m, op.RevokeBody{}, n.now())
		return e, err
	})
}

// GroupMembers lists who is in a group; its members only may know.
func (n *Node) GroupMembers(id string) ([]Member, error) {
	r, s, err := n.groupRoom(id)
	if err != nil {
		return nil, err
	}
	return r.members(s, ListMembers{})
}
