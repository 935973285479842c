package node

import (
	"context"
	"fmt"
	"strings"

	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// metaVerified + community + member: this person compared safety words with them.
const metaVerified = "verified/"

// SafetyWords returns the six words that two people compare, over a way they trust, to know that each talks to the other: both see the same.
// Somebody who is out by now has them still: who looks at a person while they are removed gets no error for it.
func (n *Node) SafetyWords(community, user string) ([]string, error) {
	r, m, _, err := n.anyone(community, user)
	if err != nil {
		return nil, err
	}
	if m == r.fixed.Member {
		return nil, fmt.Errorf("%w: safety words are compared with somebody else", ErrInvalid)
	}
	return strings.Fields(identity.SafetyWords(r.fixed.Member, m)), nil
}

// SetVerified notes that the words were compared, or takes the note back. It is private to this node.
func (n *Node) SetVerified(ctx context.Context, community, user string, verified bool) (Member, error) {
	r, m, err := n.memberOf(community, user)
	if err != nil {
		return Member{}, err
	}
	note := store.Meta{Key: metaVerified + hexID(r.id) + "/" + hexID(m)}
	if verified {
		note.Value = []byte{1}
	}
	if err := n.commit(ctx, &store.Batch{Meta: []store.Meta{note}}); err != nil {
		return Member{}, err
	}
	return n.Member(community, user)
}

func (n *Node) memberOf(community, user string) (r *room, m identity.UserID, err error) {
	if r, err = n.room(community); err != nil {
		return nil, m, err
	}
	ok := false
	if err := r.ask(n.ctx, func() { m, ok = r.user(user) }); err != nil {
		return nil, m, err
	}
	if !ok {
		return nil, m, fmt.Errorf("%w: no member %s", ErrNotFound, user)
	}
	return r, m, nil
}

// verified lists whom this person has verified in a community. Owner only.
func (r *room) verified() map[string]bool {
	out := map[string]bool{}
	prefix := metaVerified + hexID(r.id) + "/"
	list, err := r.n.store.MetaPrefix(r.ctx, prefix)
	if err != nil {
		return out
	}
	for _, m := range list {
		out[strings.TrimPrefix(m.Key, prefix)] = true
	}
	return out
}
