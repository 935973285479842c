package crdt

import (
	"fmt"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// A direct message is a group of two for ever: its CreateGroup commits to the other one without naming him, its log goes to the two alone, and
// nobody acts in it from above. Who is not one of them knows that its author has opened one, and holds no state of it.

// Direct reports whether a space is a direct message.
func (c *Community) Direct(space op.ID) bool { return c.log.Direct(space) }

// DirectWith finds the direct message in which I and another one both are: of several, which two who began at once have made, the one with the
// lowest id.
func (c *Community) DirectWith(m identity.UserID) (op.ID, bool) {
	for _, s := range c.Spaces()[1:] {
		if c.Direct(s) && c.Mine(s) && c.isMember(s, m) {
			return s, true
		}
	}
	return op.ID{}, false
}

// Other returns who is or was the other one in a direct message of mine.
func (c *Community) Other(space op.ID) (identity.UserID, bool) {
	st := c.states[space]
	if st == nil {
		return identity.UserID{}, false
	}
	for m := range st.Members.All() {
		if m != c.self.Member {
			return m, true
		}
	}
	for _, m := range st.Former() {
		if m != c.self.Member {
			return m, true
		}
	}
	return identity.UserID{}, false
}

// Ended reports that a space is a direct message that one of the two has left, or was taken out of with the community: he does not come back into it, and
// whoever writes to him begins another.
func (c *Community) Ended(space op.ID) bool {
	st := c.states[space]
	return st != nil && c.Direct(space) && st.Members.Len() < 2 && len(st.Former()) > 0 // before the other one's Admit is here, nobody is gone
}

// OpenDirect makes a direct message with a member of the community, whose certificate for it is given: CreateGroup, Admit and the first epoch in
// one. opening is random: whoever guesses it learns whom the direct message is with. It errs with acl.ErrDenied where I am no member, or he is none.
func (c *Community) OpenDirect(m identity.UserID, cert []byte, opening [64]byte, now op.Millis) (Effects, op.ID, error) {
	b := &batch{c: c, now: now}
	mine, in := c.states[c.id].Membership(c.self.Member)
	if !in || !c.isMember(c.id, m) || m == c.self.Member {
		return Effects{}, op.ID{}, fmt.Errorf("%w: a direct message is between two members", acl.ErrDenied)
	}
	if c.log.Op(mine).Kind() == op.OwnerRotate {
		mine = c.id
	}
	id, err := b.write(Draft{Space: c.id, Cap: mine, Body: op.CreateGroupBody{WhoPosts: op.Direct, JoinKey: acl.DirectKey(m, opening)}})
	if err != nil {
		return b.done(), id, err
	}
	c.log.Begin(c.states, id)
	c.space(id)
	if _, err := b.write(Draft{Space: id, Cap: id, Body: op.AdmitBody{Cert: cert, Post: true, Invite: id, Proof: opening[:]}}); err != nil {
		return b.done(), id, err
	}
	err = b.rotate(id, "new group", nil)
	return b.done(), id, err
}
