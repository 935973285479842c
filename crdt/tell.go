package crdt

import (
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

// aboutEvents are the events of messages that say something about another, which the event names.
var aboutEvents = map[content.Kind]string{content.Delete: "message.deleted", content.Moderate: "message.moderated", content.Pin: "message.pinned",
	content.Vote: "poll.voted", content.PollClose: "poll.closed", content.RSVP: "event.rsvp", content.Ack: "announcement.reach", content.RollUp: "announcement.reach", content.Remind: "announcement.reminder"}

// tellOf makes the events of a message that was folded; changed tells whether it changed anything.
func (b *batch) tellOf(s *space, m content.Msg, changed bool) {
	about := func(typ string, of content.Ref) {
		if changed {
			b.event(typ, s.id, m.Author, of.ID)
		}
	}
	switch m.Kind {
	case content.Consent: // nobody need look at once
	case content.Profile:
		b.event("member.changed", s.id, m.Author, m.ID)
	case content.Receipt, content.Read:
		b.event("message.delivery", s.id, m.Author, m.ID)
	case content.JoinRequest:
		if r, err := content.ParseJoinRequest(m.Body); err == nil {
			b.event("join_request.created", s.id, r.Member(), r.ID())
		}
	case content.Decision:
		if d, err := content.ParseDecision(m.Body); err == nil {
			b.event("desk.decided", s.id, m.Author, d.About)
		}
	case content.Suggestion:
		b.event("suggestion.created", s.id, m.Author, m.ID)
	case content.Report:
		b.event("report.created", s.id, m.Author, m.ID)
	case content.React:
		if r, err := content.ParseReact(m.Body); err == nil {
			about(map[bool]string{true: "reaction.added", false: "reaction.removed"}[r.On], r.Of)
		}
	case content.Edit:
		e, _ := content.ParseEdit(m.Body)
		about("message.edited", e.Of)
		if e.Kind == content.Event {
			about("event.changed", e.Of)
		}
	default:
		if typ, ok := aboutEvents[m.Kind]; ok {
			of, _ := content.About(m)
			about(typ, of)
			return
		}
		b.event("message.created", s.id, m.Author, m.ID)
		switch m.Kind {
		case content.Poll:
			b.event("poll.created", s.id, m.Author, m.ID)
		case content.Event:
			b.event("event.created", s.id, m.Author, m.ID)
		}
	}
}

// purge asks for the body of a deleted message to go: when the deletion is folded, when the message comes after it, and when another edit of
// it does.
func (b *batch) purge(s *space, m content.Msg) {
	switch m.Kind {
	case content.Delete:
		if d, err := content.ParseDelete(m.Body); err == nil && d.Of.Author == m.Author {
			b.eff.Purge = append(b.eff.Purge, Purge{Space: s.id, Of: d.Of})
		}
	case content.Edit:
		e, err := content.ParseEdit(m.Body)
		if err != nil || e.Of.Author != m.Author {
			return
		}
		if a, err := content.ParseAboutRow(b.rows[s.id][e.Of.About()].Value); err == nil && a.Deleted.Set() {
			b.eff.Purge = append(b.eff.Purge, Purge{Space: s.id, Of: e.Of})
		}
	default:
		if who, doomed := s.doomed[m.ID]; doomed && who == m.Author && content.Shown(m.Kind) {
			b.eff.Purge = append(b.eff.Purge, Purge{Space: s.id, Of: content.Ref{ID: m.ID, Author: m.Author}})
		}
	}
}

// Purged returns what a stored message takes away, false for one that is no deletion or does not count. Rows are folded again without Apply, so
// whoever does that asks here.
func (c *Community) Purged(ck Checked) (Purge, bool) {
	m, known := c.contentOf(ck)
	if !known || m.Kind != content.Delete || ck.msg.Desk || !c.counts(c.space(m.Space), m, ck.msg.Epoch) {
		return Purge{}, false
	}
	d, err := content.ParseDelete(m.Body)
	return Purge{Space: m.Space, Of: d.Of}, err == nil && d.Of.Author == m.Author
}

// MaxDoomed bounds how many deleted messages are remembered that are not here yet.
const MaxDoomed = 1024

// Doom remembers that a message that is not here is deleted, so that its body goes as soon as it comes. Beyond MaxDoomed it does not: then the message is
// shown as deleted all the same, and its body stays in the store.
func (c *Community) Doom(space op.ID, of content.Ref) {
	if s := c.space(space); len(s.doomed) < MaxDoomed {
		s.doomed[of.ID] = of.Author
	}
}

// Doomed lists what Doom was told of a space and has not come.
func (c *Community) Doomed(space op.ID) (out []content.Ref) {
	for id, who := range c.space(space).doomed {
		out = append(out, content.Ref{ID: id, Author: who})
	}
	return out
}

// Stub returns what stays of a message that its author deleted, or of an edit of it, in place of the wire, and the message's row. False: it is neither,
// or not his, and stays. So a deletion stays, which others need, and whatever else somebody names in one.
func (c *Community) Stub(ck Checked, of content.Ref) (stub []byte, rows []content.Row, ok bool) {
	m, known := c.contentOf(ck)
	if !known || m.Author != of.Author || m.Deleted {
		return nil, nil, false
	}
	if _, _, _, edit := ck.EditOf(of); !edit && (m.ID != of.ID || !content.Shown(m.Kind)) {
		return nil, nil, false
	}
	s := c.space(ck.msg.Space)
	if m.ID == of.ID {
		delete(s.doomed, of.ID)
	}
	counted := ck.msg.Desk && c.deskCounts(m) || !ck.msg.Desk && c.counts(s, m, ck.msg.Epoch)
	if stub, rows, ok = c.stub(ck, m); !counted {
		rows = nil // what does not count has no row, deleted or not
	}
	return stub, rows, ok
}

func (c *Community) stub(ck Checked, m content.Msg) (stub []byte, rows []content.Row, ok bool) {
	raw, err := ck.msg.Stub(epoch.Deleted, content.Rest(m.Kind, m.Body))
	if err != nil {
		return nil, nil, false
	}
	m.Body, m.Parsed, m.Deleted = content.Rest(m.Kind, m.Body), nil, true
	own := content.MessageKey(m.ID)
	for _, r := range content.Fold(content.Rows{own: {Key: own}}, m) { // its own row is there: a reply is counted already
		if r.Key == own {
			rows = append(rows, r)
		}
	}
	return raw, rows, true
}
