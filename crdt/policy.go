package crdt

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
)

// Registers that the rooms above the control log read. They are written like any other, with SETTINGS, and stand by R7.
const (
	RegHistory  = "set/history" // of the community: none, 7d, 30d (also when it is not written) or all
	RegWhoPosts = "who_posts"   // of a group: everyone or moderators, in place of what its CreateGroup says
)

// history is how far back newcomers may read: days before they came, all of it, or nothing that was sent before.
func (c *Community) history() (days op.Millis, all, none bool) {
	st := c.states[c.id]
	if st == nil {
		return 30, false, false
	}
	switch string(st.Values[RegHistory]) {
	case "none":
		return 0, false, true
	case "7d":
		return 7, false, false
	case "all":
		return 0, true, false
	}
	return 30, false, false
}

// moderated reports whether only moderators post in a group, by what is written in a state of its log.
func (c *Community) moderated(space op.ID, st *acl.State) bool {
	if v, ok := st.Values[RegWhoPosts]; ok {
		return string(v) == "moderators"
	}
	g, ok := c.Group(space)
	return ok && g.WhoPosts == 1
}

// WhoPosts reports whether only moderators post in a group now.
func (c *Community) WhoPosts(space op.ID) (moderators bool) {
	st := c.states[space]
	return st != nil && c.moderated(space, st)
}

// Needed returns the right that posting a message of a kind takes in a space now.
func (c *Community) Needed(space op.ID, k content.Kind) op.Bits {
	if need, posted := announced(k); posted && space == c.id {
		return need
	}
	if k == content.Pin && c.Direct(space) { // between two nobody moderates
		return op.POST
	}
	return needed(k, c.WhoPosts(space))
}

// announced returns the right that posting a message of a kind to a whole community takes, false for what is not posted there: answers go to
// the desk.
func announced(k content.Kind) (need op.Bits, posted bool) {
	switch k {
	case content.Announcement, content.Edit, content.Delete, content.Poll, content.PollClose, content.Event, content.Text, content.Remind:
		return op.ANNOUNCE, true
	case content.Moderate, content.Pin:
		return op.MODERATE, true
	case content.RollUp:
		return op.ADMIT, true
	}
	return 0, false
}

// needed returns the right that posting a message of a kind to a group takes. Where moderators alone post, others still answer.
func needed(k content.Kind, moderated bool) op.Bits {
	switch k {
	case content.Profile, content.Receipt, content.Read, content.Op, content.JoinRequest:
		return 0
	case content.Decision:
		return op.ADMIT
	case content.Moderate, content.Pin:
		return op.MODERATE
	case content.React, content.Vote, content.RSVP, content.Ack, content.Delete:
		return op.POST
	}
	if moderated {
		return op.MODERATE
	}
	return op.POST
}

// neededUnder is Needed for a message under an epoch: like R6, it is judged by what the epoch's maker knew, and a later change alters nothing.
func (c *Community) neededUnder(s *space, id op.ID, k content.Kind) op.Bits {
	if e := s.epochs[id]; e != nil && s.id != c.id {
		if _, ever := c.states[s.id].Values[RegWhoPosts]; ever {
			c.judgeEpoch(s, e)
			if e.judged {
				return needed(k, e.moderated)
			}
		}
	}
	return c.Needed(s.id, k)
}

// lateForSomebody reports whether history is withheld and somebody came in whom the maker of no clean epoch knew of: he gets no key that opens
// what was sent before, so a new one is made.
func (c *Community) lateForSomebody(s *space) bool {
	if _, _, none := c.history(); !none {
		return false
	}
	roster := c.states[s.id].Roster()
	for id, e := range s.epochs {
		if s.set.Clean(id) && !slices.ContainsFunc(roster, func(seat acl.Seat) bool { return !c.log.Knew(e.past, seat) }) {
			return false
		}
	}
	return true
}
