package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Members lists a community's members.
func (n *Node) Members(community string, f ListMembers) ([]Member, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	return r.members(r.id, f)
}

// Member shows one.
func (n *Node) Member(community, user string) (Member, error) {
	r, err := n.room(community)
	if err != nil {
		return Member{}, err
	}
	return r.one(r.id, ListMembers{State: "any"}, user)
}

// one finds a member of those listed.
func (r *room) one(s op.ID, f ListMembers, user string) (Member, error) {
	f.Cut = func(n int, id func(int) string) (from, to int, err error) {
		for i := range n {
			if id(i) == user {
				return i, i + 1, nil
			}
		}
		return 0, 0, fmt.Errorf("%w: no member %s", ErrNotFound, user)
	}
	all, err := r.members(s, f)
	if err != nil {
		return Member{}, err
	}
	return all[0], nil
}

func (r *room) member(s op.ID, u identity.UserID) (Member, error) {
	return r.one(s, ListMembers{}, u.String())
}

func (r *room) members(s op.ID, f ListMembers) (out []Member, err error) {
	out = []Member{}
	if f.State == "" {
		f.State = "active"
	}
	e := r.ask(r.n.ctx, func() {
		st := r.c.State(s)
		if st == nil || s != r.id && !r.c.Mine(s) && st.Can(r.fixed.Member, op.REMOVE) != nil {
			err = fmt.Errorf("%w: only its members know who is in a group", ErrNotMember)
			return
		}
		type entry struct {
			user   identity.UserID
			state  string
			joined op.Millis
		}
		var all []entry
		var names map[identity.UserID]string
		if f.Query != "" {
			names = r.knownNames()
		}
		add := func(u identity.UserID, state string) {
			if f.State != "any" && f.State != state || f.Role != "" && roleOf(st, u) != f.Role ||
				f.Query != "" && !strings.Contains(strings.ToLower(names[u]), strings.ToLower(f.Query)) && !strings.HasPrefix(u.String(), f.Query) {
				return
			}
			all = append(all, entry{u, state, r.joined(st, u)})
		}
		for u := range st.Members.All() {
			add(u, "active")
		}
		for _, u := range st.Former() {
			state := "removed"
			switch {
			case st.Banned(u):
				state = "banned"
			case st.Left(u):
				state = "left"
			}
			add(u, state)
		}
		slices.SortFunc(all, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.joined, b.joined), bytes.Compare(a.user[:], b.user[:]))
		})
		if f.Cut != nil {
			var from, to int
			if from, to, err = f.Cut(len(all), func(i int) string { return all[i].user.String() }); err != nil {
				return
			}
			all = all[from:to]
		}
		if len(all) == 0 {
			return
		}
		online := map[identity.UserID]bool{r.fixed.Member: true}
		for _, p := range r.peers {
			online[p.user] = true
		}
		if names == nil {
			users := make([]identity.UserID, 0, len(all))
			for _, e := range all {
				users = append(users, e.user)
			}
			names = r.namesOf(users)
		}
		verified := r.verified()
		for _, e := range all {
			u := e.user
			m := Member{ID: u.String(), DisplayName: names[u], State: e.state, Online: online[u] && e.state == "active", Me: u == r.fixed.Member, Verified: verified[hexID(u)], Roles: []string{}}
			m.Visible = m.DisplayName != ""
			if role := roleOf(st, u); role != "" {
				m.Roles = append(m.Roles, role)
			}
			if e.joined != 0 {
				m.JoinedAt = timeOf(e.joined)
			}
			m.ETag = strings.Join(m.Roles, "+") + "." + e.state
			out = append(out, m)
		}
	})
	if err := errors.Join(e, err); err != nil {
		return nil, err
	}
	return out, nil
}

// joined is when a person was last let in, 0 for nobody. Owner only.
func (r *room) joined(st *acl.State, u identity.UserID) op.Millis {
	caps := st.Members.Of(u).Caps
	if len(caps) == 0 {
		return 0
	}
	return r.c.Log().Op(caps[len(caps)-1]).Time
}

// knownNames are the names of those who share a group with me, and for the desk of all: profiles are posted to groups, and one copy is sealed to
// the desk. Owner only.
func (r *room) knownNames() map[identity.UserID]string {
	if r.names != nil {
		return r.names
	}
	names, whole := map[identity.UserID]string{}, true
	desk := r.c.OnDesk(r.fixed.Member)
	for _, s := range r.c.Spaces() {
		if r.c.Mine(s) && (s != r.id || desk) {
			whole = r.addNames(names, s) && whole
		}
	}
	names[r.fixed.Member] = r.rec.Name
	if whole {
		r.names = names
	}
	return names
}

// namesIn are the names for what was written in a space. Whoever is out of a group keeps what he had of it, and that includes who wrote it. Owner only.
func (r *room) namesIn(s op.ID) map[identity.UserID]string {
	names := r.knownNames()
	if r.c.Mine(s) {
		return names
	}
	all := map[identity.UserID]string{}
	for _, o := range r.c.Spaces()[1:] { // a direct message may lack the profile that a group brought
		r.addNames(all, o)
	}
	maps.Copy(all, names)
	return all
}

// addNames takes the profiles that a space holds into names, if they can be read. Owner only.
func (r *room) addNames(names map[identity.UserID]string, s op.ID) bool {
	rows, err := r.n.store.List(r.ctx, s, content.Profiles, store.Range{Limit: 5000})
	for _, row := range rows {
		r.addName(names, s, row.Value)
	}
	return err == nil
}

// addName takes a profile of a space into names. That of somebody who is no longer there may be old: it counts where there is no other.
func (r *room) addName(names map[identity.UserID]string, s op.ID, profile []byte) {
	p, err := content.ParseProfileRow(profile)
	if err != nil || checkName(p.Profile.Name) != nil { // what another program lets him be called
		return
	}
	if st := r.c.State(s); names[p.Member] == "" || st != nil && st.Members.Has(p.Member) {
		names[p.Member] = p.Profile.Name
	}
}

// fewNames: a page of members looks up its own names; with more look-ups than this reading all of them is as fast.
const fewNames = 500

// namesOf says of each of some people what knownNames says, without reading everybody's profile. Owner only.
func (r *room) namesOf(users []identity.UserID) map[identity.UserID]string {
	if r.names != nil {
		return r.names
	}
	names, left := map[identity.UserID]string{}, fewNames
	desk := r.c.OnDesk(r.fixed.Member)
	for _, now := range []bool{true, false} { // those who are in a space now, then old profiles of those who have none
		for _, s := range r.c.Spaces() {
			if !r.c.Mine(s) || s == r.id && !desk {
				continue
			}
			st := r.c.State(s)
			var keys []string
			for _, u := range users {
				if in := st != nil && st.Members.Has(u); in && now || !in && !now && names[u] == "" {
					keys = append(keys, string(content.ProfileKey(u)))
				}
			}
			if left -= len(keys); left < 0 {
				return r.knownNames()
			}
			if len(keys) == 0 {
				continue
			}
			rows, err := r.n.store.Rows(r.ctx, s, keys)
			if err != nil {
				return names
			}
			for _, row := range rows {
				r.addName(names, s, row)
			}
		}
	}
	names[r.fixed.Member] = r.rec.Name
	return names
}

// Remove takes a member out of the community and of every group. It returns the ids of invites that were revoked with him.
func (n *Node) Remove(ctx context.Context, community, user string, o RemoveOptions) (cut []string, err error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	if len(o.Reason) > 1024 {
		return nil, fmt.Errorf("%w: reason: at most 1024 bytes", ErrInvalid)
	}
	cut = []string{}
	err = r.write(ctx, r.id, op.REMOVE, func() (crdt.Effects, error) {
		m, ok := r.user(user)
		if !ok {
			return crdt.Effects{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
		}
		if m == r.fixed.Member {
			return crdt.Effects{}, fmt.Errorf("%w: leave the community to take yourself out", ErrInvalid)
		}
		before := r.standing()
		if err := r.readTops(m); err != nil {
			return crdt.Effects{}, err
		}
		links := r.linksOf(m)
		e, _, err := r.c.Remove(r.id, m, op.RevokeBody{Cascade: o.Cascade, Ban: o.Ban, Reason: o.Reason}, n.now())
		if err != nil {
			return e, err
		}
		cut = r.cutSince(before)
		if o.RevokeInvites && r.c.State(r.id).Can(r.fixed.Member, op.INVITE) == nil {
			if err := r.perform(e); err != nil {
				return crdt.Effects{}, err
			}
			return crdt.Effects{}, r.closeLinks(links)
		}
		return e, nil
	})
	return cut, err
}

// linksOf lists open invites whose links a member is known to hold: the one he came by and the one that all members hand on. (Those he made end
// with his removal, R5a.) Owner only.
func (r *room) linksOf(m identity.UserID) (out []op.ID) {
	st := r.c.State(r.id)
	for _, cap := range st.Members.Of(m).Caps {
		if a, ok := r.c.Log().Op(cap).Body.(op.AdmitBody); ok && (a.Invite != op.ID{}) {
			out = append(out, a.Invite)
		}
	}
	if s, ok := r.shared(); ok {
		out = append(out, s.Invite)
	}
	return out
}

// closeLinks revokes invites; the one that members hand on is replaced. Owner only.
func (r *room) closeLinks(links []op.ID) error {
	for _, id := range links {
		if !r.c.State(r.id).InviteOpen(id) {
			continue
		}
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.RevokeInviteBody{Invite: id}})
		if err := errors.Join(err, r.perform(e)); err != nil {
			return err
		}
	}
	return r.keepShared()
}

// Ban keeps somebody out: no invite lets this identity in again until the ban is lifted. A member is removed by it; who has gone already can be
// banned too.
func (n *Node) Ban(ctx context.Context, community, user, reason string) (Member, error) {
	r, m, former, err := n.anyone(community, user)
	if err != nil {
		return Member{}, err
	}
	if !former {
		if _, err := n.Remove(ctx, community, user, RemoveOptions{Ban: true, Reason: reason}); err != nil {
			return Member{}, err
		}
		return n.Member(community, user)
	}
	if err := r.write(ctx, r.id, op.REMOVE, func() (crdt.Effects, error) {
		if r.c.State(r.id).Banned(m) {
			return crdt.Effects{}, nil
		}
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Body: op.RevokeBody{Member: m, Ban: true, Reason: reason, Pins: []op.Pin{}}})
		e.Events = append(e.Events, crdt.Event{Type: "member.banned", Space: r.id, Member: m})
		return e, err
	}); err != nil {
		return Member{}, err
	}
	return n.Member(community, user)
}

// Unban lets somebody come again by an invite. It does not bring him back.
func (n *Node) Unban(ctx context.Context, community, user string) (Member, error) {
	r, m, _, err := n.anyone(community, user)
	if err != nil {
		return Member{}, err
	}
	if err := r.write(ctx, r.id, op.REMOVE, func() (crdt.Effects, error) {
		if !r.c.State(r.id).Banned(m) {
			return crdt.Effects{}, nil
		}
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Body: op.SetBody{Key: acl.RegBan(m), Value: []byte("0")}})
		e.Events = append(e.Events, crdt.Event{Type: "member.changed", Space: r.id, Member: m})
		return e, err
	}); err != nil {
		return Member{}, err
	}
	return n.Member(community, user)
}

// formerUser finds somebody who is out by now. Owner only.
func (r *room) formerUser(user string) (m identity.UserID, found bool) {
	if st := r.c.State(r.id); st != nil {
		for _, u := range st.Former() {
			if u.String() == user {
				m, found = u, true
			}
		}
	}
	return m, found
}

// anyone finds a member, present or past.
func (n *Node) anyone(community, user string) (r *room, m identity.UserID, former bool, err error) {
	if r, err = n.room(community); err != nil {
		return nil, m, false, err
	}
	found := false
	if err := r.ask(n.ctx, func() {
		if m, found = r.user(user); found {
			return
		}
		m, former = r.formerUser(user)
		found = former
	}); err != nil {
		return nil, m, false, err
	}
	if !found {
		return nil, m, false, fmt.Errorf("%w: no member %s", ErrNotFound, user)
	}
	return r, m, former, nil
}
