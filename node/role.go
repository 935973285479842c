package node

import (
	"context"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Roles are named sets of rights.
var roles = map[string]op.Bits{
	"admin":     op.AllBits,
	"moderator": op.ADMIT | op.REMOVE | op.MODERATE | op.INVITE | op.POST,
	"announcer": op.ANNOUNCE | op.POST,
	"member":    op.POST,
	"follower":  0,
}

// roleNames in order of seniority.
var roleNames = []string{"admin", "moderator", "announcer", "member", "follower"}

func roleOf(st *acl.State, m identity.UserID) string {
	mem, in := st.Members.Get(m)
	if !in {
		return ""
	}
	if st.Owner == m && st.IsCommunity() {
		return "owner"
	}
	for _, name := range roleNames {
		if b := roles[name]; mem.Bits&b == b {
			return name
		}
	}
	return "follower"
}

// rolesOf turns names of roles into rights.
func rolesOf(want []string) (bits op.Bits, err error) {
	for _, w := range want {
		b, ok := roles[w]
		if !ok || w == "follower" {
			return 0, fmt.Errorf("%w: roles: one of admin, moderator, announcer, member", ErrInvalid)
		}
		bits |= b
	}
	return bits, nil
}

// SetRoles gives a member exactly the named roles, by granting and revoking grants.
func (n *Node) SetRoles(ctx context.Context, community, user string, want []string) (Member, error) {
	r, err := n.room(community)
	if err != nil {
		return Member{}, err
	}
	if err := r.setRoles(ctx, r.id, user, want); err != nil {
		return Member{}, err
	}
	return n.Member(community, user)
}

// SetGroupRoles does it in one group alone, which only somebody who may grant there can.
func (n *Node) SetGroupRoles(ctx context.Context, group, user string, want []string) (Member, error) {
	r, s, err := n.ruledRoom(group)
	if err != nil {
		return Member{}, err
	}
	if err := r.setRoles(ctx, s, user, want); err != nil {
		return Member{}, err
	}
	var m identity.UserID
	if err := r.ask(ctx, func() { m, _ = r.user(user) }); err != nil {
		return Member{}, err
	}
	return r.member(s, m)
}

func (r *room) setRoles(ctx context.Context, s op.ID, user string, want []string) error {
	bits, err := rolesOf(want)
	if err != nil {
		return err
	}
	return r.write(ctx, s, op.GRANT, func() (crdt.Effects, error) {
		m, ok := r.user(user)
		st := r.c.State(s)
		mem, in := st.Members.Get(m)
		if !ok || !in {
			return crdt.Effects{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
		}
		if s == r.id && st.Owner == m {
			return crdt.Effects{}, fmt.Errorf("%w: roles: the owner's role is handed on by a transfer", ErrInvalid)
		}
		var drafts []crdt.Draft
		for _, cap := range mem.Caps {
			if _, ok := r.c.Log().Op(cap).Body.(op.GrantBody); ok && r.c.Log().Op(cap).Home() == s {
				drafts = append(drafts, crdt.Draft{Space: s, Body: op.RevokeBody{Target: cap, Pins: []op.Pin{}}})
			}
		}
		if bits&^op.POST != 0 {
			drafts = append(drafts, crdt.Draft{Space: s, Body: op.GrantBody{Member: m, Bits: bits}})
		}
		e, _, err := r.c.Author(r.n.now(), drafts...)
		return e, err
	})
}

// Role is a named set of rights.
type Role struct {
	Name        string
	Permissions []string
}

// Roles lists the roles a member can be given, the most powerful first. The owner's is not given but handed on.
func Roles() []Role {
	out := []Role{}
	for _, name := range roleNames {
		out = append(out, Role{Name: name, Permissions: roles[name].Names()})
	}
	return out
}

// AddRole gives a member one more role, or takes one away; the others stay.
func (n *Node) AddRole(ctx context.Context, community, user, role string, add bool) (Member, error) {
	if _, ok := roles[role]; !ok {
		return Member{}, fmt.Errorf("%w: no role %.40q", ErrNotFound, role)
	}
	m, err := n.Member(community, user)
	if err != nil {
		return Member{}, err
	}
	want := slices.DeleteFunc(slices.Clone(m.Roles), func(r string) bool { return r == role || r == "member" })
	if add {
		want = append(want, role)
	}
	if len(want) == 0 {
		want = []string{"member"}
	}
	return n.SetRoles(ctx, community, user, want)
}
