package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Direct opens a direct message with a member whom I know: one who shares a group with me, or who runs the community. The one that is there is
// found again. It errs with ErrStranger for anybody else.
func (n *Node) Direct(ctx context.Context, user string) (Group, error) {
	if !strings.HasPrefix(user, "usr_") {
		return Group{}, fmt.Errorf("%w: user_id: the id of a member, usr_…", ErrInvalid)
	}
	for _, r := range n.allRooms() {
		var s op.ID
		var mine, found bool
		var err error
		if aerr := r.ask(ctx, func() {
			var m identity.UserID
			if m, found = r.user(user); !found {
				return
			}
			mine = r.c.Mine(r.id)
			if mine {
				s, err = r.directWith(m)
			}
		}); aerr != nil {
			return Group{}, aerr
		}
		switch {
		case !found:
			continue
		case !mine:
			return Group{}, ErrNotMember
		case err != nil:
			return Group{}, err
		}
		return r.group(s)
	}
	return Group{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
}

// directWith finds or makes the direct message with somebody. Owner only.
func (r *room) directWith(m identity.UserID) (op.ID, error) {
	if m == r.fixed.Member {
		return op.ID{}, fmt.Errorf("%w: user_id: that is you", ErrInvalid)
	}
	if s, ok := r.c.DirectWith(m); ok {
		return s, nil
	}
	if r.knownNames()[m] == "" && !runs(r.c.State(r.id), m) {
		return op.ID{}, ErrStranger
	}
	cert := r.certOf(m)
	if cert == nil {
		return op.ID{}, fmt.Errorf("%w: no member %s", ErrNotFound, m)
	}
	var opening [64]byte
	rand.Read(opening[:])
	e, s, err := r.c.OpenDirect(m, cert, opening, r.n.now())
	if err := r.perform(e); err != nil {
		return op.ID{}, err
	}
	if errors.Is(err, acl.ErrDenied) || errors.Is(err, crdt.ErrUnknownSpace) {
		return op.ID{}, ErrNotMember
	}
	return s, err
}

// ruledRoom is groupRoom for what somebody rules in a group. It errs with ErrDirect: in a direct message nobody does.
func (n *Node) ruledRoom(id string) (*room, op.ID, error) {
	r, s, err := n.groupRoom(id)
	if err != nil {
		return nil, s, err
	}
	direct := false
	if err := r.ask(n.ctx, func() { direct = r.c.Direct(s) }); err != nil {
		return nil, s, err
	}
	if direct {
		return nil, s, ErrDirect
	}
	return r, s, nil
}

// runs: whoever has a right that plain members lack may be written to by everybody.
func runs(st *acl.State, m identity.UserID) bool {
	return st != nil && st.Members.Of(m).Bits&^op.POST != 0
}

// showDirect fills in what a direct message has in place of a name. Owner only.
func (r *room) showDirect(s op.ID, g *Group) {
	g.Kind, g.Ended = "dm", r.c.Ended(s)
	if m, ok := r.c.Other(s); ok {
		g.UserID, g.Name = m.String(), r.namesIn(s)[m]
	}
}

// namedGroup resolves the id of a group that an invite or an announcement names. Owner only.
func (r *room) namedGroup(id string) (op.ID, error) {
	for _, s := range r.c.Spaces() {
		if grpID(s) != id {
			continue
		}
		if r.c.Direct(s) {
			return op.ID{}, fmt.Errorf("%w: groups: %s is a direct message, which stays between two", ErrInvalid, id)
		}
		return s, nil
	}
	return op.ID{}, fmt.Errorf("%w: no group %s", ErrNotFound, id)
}
