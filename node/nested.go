package node

import (
	"cmp"
	"context"
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

// A community under another is a room of its own: own host, own keys, own members. Its log is judged with the logs above it; what this node hears
// of those in their own rooms it hands down, and what comes up from others it takes by sync.

// topOf is the top community of a room's tree: as its log says, or, while it is joined, the link.
func topOf(rec communityRecord, c *crdt.Community) op.ID {
	id, _, ok := c.Top()
	if l, err := acl.ParseLink(rec.Link); !ok && err == nil && l.Top != (op.ID{}) {
		return l.Top
	}
	return id
}

// above is the top community where the room's is not itself the top.
func (r *room) above() op.ID {
	if r.top == r.id {
		return op.ID{}
	}
	return r.top
}

// memberFrom derives M: from the salt of the top community where this person founded that, else from its id.
func memberFrom(seed identity.Seed, top op.ID, salt [32]byte) identity.MemberKey {
	if salt != [32]byte{} {
		return seed.Member(identity.OwnerSalt(salt))
	}
	return seed.Member(top)
}

// saltIn is the salt that my member key of a tree derives from, zero where I did not found its top or hold nothing of it.
func (n *Node) saltIn(top op.ID) [32]byte {
	for _, r := range n.allRooms() {
		if r.top == top && r.fixed.Salt != [32]byte{} {
			return r.fixed.Salt
		}
	}
	return [32]byte{}
}

// keepPlace makes a place in a community where a community of that name can be founded, and returns what that one needs of the logs above it.
func (r *room) keepPlace(ctx context.Context, name string) (place op.ID, above [][]byte, err error) {
	if _, deep := r.depth(ctx); deep {
		return place, nil, fmt.Errorf("%w: parent_id: at most %d communities stand under each other", ErrInvalid, acl.MaxDepth)
	}
	err = r.write(ctx, r.id, op.GROUPS, func() (crdt.Effects, error) {
		e, ids, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.CreateGroupBody{Name: name, WhoPosts: op.Place}})
		if err == nil {
			place, above = ids[0], r.c.OpsFrom()
		}
		return e, err
	})
	return place, above, err
}

// depth counts the communities in the line down to this one, and says whether no more may stand below it.
func (r *room) depth(ctx context.Context) (n int, full bool) {
	err := r.ask(ctx, func() { n = 1 + len(r.c.Above()) })
	return n, err == nil && n >= acl.MaxDepth
}

// opsAbove reads the logs that a community is judged with, in the order of crdt.Community.OpsFrom: first the Genesis of each, from below.
func (n *Node) opsAbove(ctx context.Context, id op.ID) (ops []crdt.KeptOp, ids []op.ID, err error) {
	var founding, rest []store.Op
	for range acl.MaxDepth {
		var log []store.Op
		for o, err := range n.store.Ops(ctx, id) {
			if err != nil {
				return nil, nil, fmt.Errorf("read the logs above: %w", err)
			}
			if log = append(log, o); len(founding) == 0 && op.KindOf(o.Bytes) == op.Genesis {
				break // the community's own log is read by who asks
			}
		}
		i := slices.IndexFunc(log, func(o store.Op) bool { return op.KindOf(o.Bytes) == op.Genesis })
		if i < 0 {
			break
		}
		o, err := op.Parse(log[i].Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("read the logs above: %w", err)
		}
		if len(founding) > 0 {
			rest = append(log, rest...)
		}
		founding = append(founding, log[i])
		if id = o.Body.(op.GenesisBody).Parent; id == (op.ID{}) {
			break
		}
	}
	if len(founding) == 1 {
		return nil, nil, nil
	}
	for _, o := range append(founding, rest...) {
		ops, ids = append(ops, crdt.KeptOp{Bytes: o.Bytes, Proven: o.Proven}), append(ids, o.ID)
	}
	return ops, ids, nil
}

// tellBelow hands ops of a log to the rooms here that are judged with it. Owner only; the others take them in time.
func (r *room) tellBelow(ops []crdt.StoredOpBytes) {
	if len(ops) == 0 {
		return
	}
	by := map[op.ID][]crdt.Checked{}
	for _, o := range ops {
		if !slices.Contains(r.c.Above(), o.Space) && o.Space != r.id {
			continue
		}
		if ck, err := crdt.StoredOp(crdt.KeptOp{Bytes: o.Bytes, Proven: o.Proven}); err == nil {
			by[o.Space] = append(by[o.Space], ck)
		}
	}
	for _, b := range r.n.allRooms() {
		if b == r || b.top != r.top {
			continue
		}
		b.tell(func() {
			for space, list := range by {
				if space != b.id && !slices.Contains(b.c.Above(), space) {
					continue
				}
				fresh := slices.DeleteFunc(slices.Clone(list), func(ck crdt.Checked) bool { return b.c.Log().Has(crdt.OpID(ck.Bytes())) })
				if len(fresh) == 0 {
					continue
				}
				if _, err := b.take(fresh); err != nil {
					b.n.log.Warn("what was heard of a community above could not be taken in", "err", err)
				}
			}
		})
	}
}

// neededBy lists the logs that the other rooms here are judged by.
func (n *Node) neededBy(gone *room) map[[32]byte]bool {
	out := map[[32]byte]bool{}
	for _, r := range n.allRooms() {
		if r == gone {
			continue
		}
		r.ask(n.ctx, func() {
			out[r.id] = true
			for _, id := range r.c.Above() {
				out[id] = true
			}
		})
	}
	return out
}

// placesBelow lists the places of a community by their id, with the name that was given them: all that its members need know of who stands there. Owner only.
func (r *room) placesBelow(st *acl.State) map[op.ID]Below {
	out := map[op.ID]Below{}
	for _, id := range st.Places() {
		o := r.c.Log().Op(id)
		if b, ok := o.Body.(op.CreateGroupBody); ok {
			out[id] = Below{Name: b.Name, CreatedAt: timeOf(o.Time)}
		}
	}
	return out
}

// below lists what stands in places, the oldest first; of a community that this node is in with its id and the name that it has now.
func (n *Node) below(places map[op.ID]Below) []Below {
	if len(places) == 0 {
		return []Below{}
	}
	for _, b := range n.allRooms() {
		b.ask(n.ctx, func() {
			g, ok := b.c.Genesis()
			if x, stands := places[g.Under]; ok && stands && b.rec.Joined {
				x.CommunityID, x.Name = b.name(), b.title()
				places[g.Under] = x
			}
		})
	}
	return slices.SortedFunc(maps.Values(places), func(x, y Below) int { return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), strings.Compare(x.Name, y.Name)) })
}

// cascade writes an announcement of mine again in the communities below that I am a member of: what is said to all is said to them, each sealed with
// its own keys. Where I may not announce, nobody hears of it.
func (n *Node) cascade(ctx context.Context, from *room, body content.AnnouncementBody) {
	for _, b := range n.allRooms() {
		below := false
		if b == from || b.top != from.top || b.ask(ctx, func() {
			below = slices.Contains(b.c.Above(), from.id) && b.c.Mine(b.id) && b.c.State(b.id).Can(b.fixed.Member, op.ANNOUNCE) == nil
		}) != nil || !below {
			continue
		}
		if _, err := b.send(ctx, b.id, content.Announcement, body.Encode); err != nil {
			n.log.Warn("an announcement could not be handed down", "community", b.name(), "err", err)
		}
	}
}
