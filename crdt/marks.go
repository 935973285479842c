package crdt

import (
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Marks returns the receipt that is due in a space, nil if none; it is due once. Receipts go to groups of at most 64 members; those of the
// community go to its desk.
func (c *Community) Marks(space op.ID) *content.ReceiptBody {
	s := c.space(space)
	if len(s.marks) == 0 {
		return nil
	}
	marks := s.marks
	s.marks = map[identity.DeviceID]uint64{}
	if st := c.states[space]; st == nil || space != c.id && st.Members.Len() > 64 || !c.Mine(space) {
		return nil
	}
	body := &content.ReceiptBody{}
	for d, seq := range marks {
		body.Marks = append(body.Marks, content.Mark{Device: d, Seq: seq})
	}
	return body
}

// Arrived says that a message is here whose receipt is due: for what was found in the store after a start.
func (c *Community) Arrived(space op.ID, d identity.DeviceID, seq uint64) {
	if s := c.space(space); d != c.self.Device.ID() && seq > s.marks[d] {
		s.marks[d] = seq
	}
}

// MarksDue lists the spaces with a receipt due.
func (c *Community) MarksDue() []op.ID {
	var out []op.ID
	for id, s := range c.spaces {
		if len(s.marks) > 0 {
			out = append(out, id)
		}
	}
	return out
}
