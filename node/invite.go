package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// metaInvite + community + invite: the link of an invite that this node made or was handed.
const metaInvite = "invite/"

const maxUses = 1000

// Invites lists the open invites of a community, and revoked ones that this node made.
func (n *Node) Invites(community string) ([]Invite, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []Invite{}
	err = r.ask(n.ctx, func() {
		st := r.c.State(r.id)
		if st == nil {
			return
		}
		for _, id := range st.AllInvites() {
			out = append(out, r.invite(id))
		}
	})
	return out, err
}

// invite is an Invite op as the API shows it. Owner only.
func (r *room) invite(id op.ID) Invite {
	o := r.c.Log().Op(id)
	b := o.Body.(op.InviteBody)
	st := r.c.State(r.id)
	inv := Invite{ID: invID(id), CommunityID: r.name(), GroupIDs: []string{}, NeedsApproval: !b.Auto, MaxUses: int(b.Max), Uses: st.Uses(id), Revoked: !st.InviteOpen(id)}
	for _, g := range b.Groups {
		inv.GroupIDs = append(inv.GroupIDs, grpID(g))
	}
	if b.Expires > 0 {
		inv.ExpiresAt = timeOf(b.Expires)
	}
	if by, ok := r.c.Log().Author(id); ok {
		inv.CreatedBy = by.String()
	}
	if l, ok := r.sharedLink(); ok && l.Invite == id {
		inv.Link, inv.Text, _ = encodeLink(l)
	} else if l, err := r.heldLink(id); err == nil && !inv.Revoked {
		inv.Link, inv.Text, _ = encodeLink(r.refreshed(l))
	}
	inv.ETag = fmt.Sprintf("%d.%v", inv.Uses, inv.Revoked)
	return inv
}

func (r *room) heldLink(id op.ID) (acl.Link, error) {
	raw, ok, err := r.n.store.Meta(r.ctx, metaInvite+hexID(r.id)+"/"+hexID(id))
	if err != nil || !ok {
		return acl.Link{}, errors.Join(ErrNotFound, err)
	}
	return acl.ParseLink(string(raw))
}

// refreshed puts my addresses, my name and today's sizes into a link. Owner only.
func (r *room) refreshed(l acl.Link) acl.Link {
	if st := r.c.State(r.id); st != nil {
		l.Members, l.Groups = uint32(st.Members.Len()), uint32(len(st.Groups()))
	}
	l.Inviter = r.rec.Name
	l.Addrs = r.linkAddrs()
	return l
}

// linkAddrs chooses up to four addresses to be found by: TCP before QUIC, and loopback last.
func (r *room) linkAddrs() [][]byte {
	if r.host() == nil {
		return [][]byte{}
	}
	addrs := slices.Clone(r.host().Addrs())
	rank := func(a ma.Multiaddr) int {
		n := 0
		if _, err := a.ValueForProtocol(ma.P_TCP); err != nil {
			n++
		}
		if ip, err := a.ValueForProtocol(ma.P_IP4); err != nil {
			n += 2
		} else if ip == "127.0.0.1" {
			n += 8
		}
		return n
	}
	slices.SortStableFunc(addrs, func(a, b ma.Multiaddr) int { return rank(a) - rank(b) })
	out := [][]byte{}
	for _, a := range addrs[:min(len(addrs), acl.MaxLinkAddrs)] {
		out = append(out, a.Bytes())
	}
	return out
}

// encodeLink writes a link, with fewer addresses where it would get too long: it can be found by without them.
func encodeLink(l acl.Link) (link, text string, err error) {
	for {
		link, text, err = l.Encode()
		if err == nil || len(l.Addrs) == 0 {
			return link, text, err
		}
		l.Addrs = l.Addrs[:len(l.Addrs)-1]
	}
}

// Invite shows one.
func (n *Node) Invite(id string) (Invite, error) {
	_, _, inv, err := n.findInvite(id)
	return inv, err
}

func (n *Node) findInvite(id string) (*room, op.ID, Invite, error) {
	for _, r := range n.allRooms() {
		var got op.ID
		var inv Invite
		found := false
		if r.ask(n.ctx, func() {
			if st := r.c.State(r.id); st != nil {
				for _, i := range st.AllInvites() {
					if invID(i) == id {
						got, inv, found = i, r.invite(i), true
					}
				}
			}
		}) == nil && found {
			return r, got, inv, nil
		}
	}
	return nil, op.ID{}, Invite{}, fmt.Errorf("%w: no invite %s", ErrNotFound, id)
}

// CreateInvite makes a link that anybody who has it can join by, as long as any member is online.
func (n *Node) CreateInvite(ctx context.Context, community string, q NewInvite) (Invite, error) {
	if q.MaxUses == 0 {
		q.MaxUses = 50
	}
	if q.MaxUses < 1 || q.MaxUses > maxUses {
		return Invite{}, fmt.Errorf("%w: max_uses: 1 to %d", ErrInvalid, maxUses)
	}
	if q.ExpiresIn < 0 || q.ExpiresIn > 10*365*24*time.Hour {
		return Invite{}, fmt.Errorf("%w: expires_in: up to ten years", ErrInvalid)
	}
	r, err := n.room(community)
	if err != nil {
		return Invite{}, err
	}
	var inv Invite
	err = r.write(ctx, r.id, op.INVITE, func() (crdt.Effects, error) {
		if st := r.c.State(r.id); st.Can(r.fixed.Member, op.INVITE) != nil && r.settingOf("who_invites") == "members" {
			l, ok := r.sharedLink()
			if !ok {
				return crdt.Effects{}, ErrInviteUsedUp
			}
			if q.Approval || len(q.Groups) > 0 || q.ExpiresIn > 0 {
				return crdt.Effects{}, fmt.Errorf("%w: members hand on the community's own invite, which lands in the announcements and does not expire", ErrInvalid)
			}
			inv = r.invite(l.Invite)
			var err error
			inv.Link, inv.Text, err = encodeLink(l)
			return crdt.Effects{}, err
		}
		groups := []op.ID{}
		for _, g := range q.Groups {
			s, err := r.namedGroup(g)
			if err != nil {
				return crdt.Effects{}, err
			}
			if s != r.id && !slices.Contains(groups, s) {
				groups = append(groups, s)
			}
		}
		slices.SortFunc(groups, bytesCompare)
		var seed [16]byte
		rand.Read(seed[:])
		body := op.InviteBody{Key: identity.InviteKeyFromSeed(seed).Public(), Max: uint32(q.MaxUses), Auto: !q.Approval, Groups: groups}
		if q.ExpiresIn > 0 {
			body.Expires = n.now() + op.Millis(q.ExpiresIn.Milliseconds())
		}
		if k, ok := r.c.Sending(r.id, n.now()); ok {
			body.Epoch = k.Epoch
		}
		e, ids, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Body: body})
		if err != nil {
			return e, err
		}
		rdv, _ := r.c.RendezvousOf(r.id, body.Epoch)
		l := r.refreshed(acl.Link{Community: r.id, JoinKey: r.fixed.JoinKey, Invite: ids[0], Seed: seed, Rendezvous: invitePoint(rdv, ids[0]), Name: r.title(), Top: r.above(), Approval: q.Approval, Expires: body.Expires})
		link, _, err := encodeLink(l)
		if err != nil {
			return e, err
		}
		if err := r.perform(e, store.Meta{Key: metaInvite + hexID(r.id) + "/" + hexID(ids[0]), Value: []byte(link)}); err != nil {
			return crdt.Effects{}, err
		}
		inv = r.invite(ids[0])
		return crdt.Effects{}, nil
	})
	return inv, err
}

// RevokeInvite closes an invite: whoever joins by it from now on is no member.
func (n *Node) RevokeInvite(ctx context.Context, id string) error {
	r, inv, _, err := n.findInvite(id)
	if err != nil {
		return err
	}
	return r.write(ctx, r.id, op.INVITE, func() (crdt.Effects, error) {
		if !r.c.State(r.id).InviteOpen(inv) {
			return crdt.Effects{}, nil
		}
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Body: op.RevokeInviteBody{Invite: inv}})
		return e, err
	})
}

func parseLink(s string) (acl.Link, error) {
	l, err := acl.ParseLink(s)
	switch {
	case errors.Is(err, acl.ErrLinkVersion):
		return l, ErrInviteVersion
	case err != nil:
		return l, fmt.Errorf("%w: %w", ErrInviteUnreadable, err)
	}
	return l, nil
}

// PreviewInvite reads what a link says, without any contact.
func (n *Node) PreviewInvite(link string) (Preview, error) {
	l, err := parseLink(link)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{CommunityID: comID(l.Community), Name: l.Name, MemberCount: int(l.Members), GroupCount: int(l.Groups), InvitedBy: l.Inviter, NeedsApproval: l.Approval}
	if l.Expires > 0 {
		p.ExpiresAt = timeOf(l.Expires)
	}
	return p, nil
}

// Reshare returns a link with this node's addresses in it, so that who gets it joins through this node. Any member may.
func (n *Node) Reshare(link string) (out, text string, err error) {
	l, err := parseLink(link)
	if err != nil {
		return "", "", err
	}
	r, err := n.room(comID(l.Community))
	if err != nil {
		return "", "", err
	}
	e := r.ask(n.ctx, func() {
		if !r.c.Mine(r.id) {
			err = ErrNotMember
			return
		}
		out, text, err = encodeLink(r.refreshed(l))
	})
	return out, text, errors.Join(e, err)
}
