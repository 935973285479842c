package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Post writes a text message to a group. It returns once the message is durable here; the others get it when they can be reached.
func (n *Node) Post(ctx context.Context, group string, q NewMessage) (Message, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return Message{}, err
	}
	if s == r.id {
		return Message{}, ErrAnnounceOnly
	}
	if len(q.Text) > content.MaxText {
		return Message{}, fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	body := content.TextBody{Text: q.Text}
	for _, ref := range []struct {
		id string
		to *[]byte
	}{{q.ReplyTo, &body.Reply}, {q.ThreadRoot, &body.Thread}} {
		if ref.id == "" {
			continue
		}
		w, err := n.findMessage(ref.id)
		if err != nil {
			return Message{}, err
		}
		*ref.to = w.ID[:]
	}
	return r.send(ctx, s, content.Text, func() ([]byte, error) {
		for _, u := range q.Mentions {
			m, ok := r.user(u)
			if !ok {
				return nil, fmt.Errorf("%w: no member %s", ErrNotFound, u)
			}
			body.Mentions = append(body.Mentions, m)
		}
		return body.Encode()
	})
}

var priorities = []string{"normal", "important", "urgent"}

// Announce writes to everybody in the community.
func (n *Node) Announce(ctx context.Context, community string, q NewAnnouncement) (Message, error) {
	r, err := n.room(community)
	if err != nil {
		return Message{}, err
	}
	if len(q.Text) > content.MaxText {
		return Message{}, fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	if q.Priority == "" {
		q.Priority = priorities[0]
	}
	p := slices.Index(priorities, q.Priority)
	if p < 0 {
		return Message{}, fmt.Errorf("%w: priority: normal, important or urgent", ErrInvalid)
	}
	if q.Replies != "" && q.Replies != "off" && q.Replies != "threaded" {
		return Message{}, fmt.Errorf("%w: replies: off or threaded", ErrInvalid)
	}
	body := content.AnnouncementBody{Text: q.Text, Priority: uint8(p), AckWanted: q.AckWanted}
	if q.Replies == "threaded" {
		body.Replies = 1
	}
	m, err := r.send(ctx, r.id, content.Announcement, func() ([]byte, error) {
		body.Groups = nil
		for _, g := range q.Groups {
			i := slices.IndexFunc(r.c.Spaces(), func(s op.ID) bool { return grpID(s) == g })
			if i < 0 {
				return nil, fmt.Errorf("%w: no group %s", ErrNotFound, g)
			}
			body.Groups = append(body.Groups, r.c.Spaces()[i])
		}
		return body.Encode()
	})
	if e := (*MissingRight)(nil); errors.As(err, &e) {
		return m, ErrAnnounceOnly
	}
	return m, err
}

// send writes one message, waiting for a key to send with where there is none yet.
func (r *room) send(ctx context.Context, s op.ID, kind content.Kind, encode func() ([]byte, error)) (Message, error) {
	var id [32]byte
	var out Message
	err := r.untilKey(ctx, func() error {
		st := r.c.State(s)
		if st == nil || !r.c.Mine(s) {
			return ErrNotMember
		}
		if string(st.Values[acl.RegArchived]) == "1" {
			return ErrArchived
		}
		body, err := encode()
		if errors.Is(err, content.ErrBody) {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err != nil {
			return err
		}
		e, got, err := r.c.Post(s, kind, body, nil, r.n.now())
		if errors.Is(err, acl.ErrDenied) {
			return r.missing(s, r.c.Needed(s, kind))
		}
		if err != nil {
			return err
		}
		id = got
		if err := r.performOwn(e); err != nil {
			return err
		}
		out = r.fresh(s, e)
		return nil
	})
	if err != nil || out.ID != "" {
		return out, err
	}
	return r.n.Message(msgID(id))
}

// fresh shows the message that effects of mine store, which nobody else can have yet.
func (r *room) fresh(s op.ID, e crdt.Effects) Message {
	for _, row := range e.Store.Rows[s] {
		if row.List != content.Messages {
			continue
		}
		if m, err := content.ParseMessageRow(row.Value); err == nil {
			return r.message(s, m, r.knownNames(), Delivery{State: "waiting", Expected: max(r.c.State(s).Members.Len()-1, 0)})
		}
	}
	return Message{}
}

// findMessage finds a stored wire by its msg_ id.
func (n *Node) findMessage(id string) (store.Wire, error) {
	none := fmt.Errorf("%w: no message %s", ErrNotFound, id)
	raw, ok := decodeName(id, "msg_")
	if !ok {
		return store.Wire{}, none
	}
	w, ok, err := n.store.FindWire(n.ctx, raw)
	if err != nil {
		return w, fmt.Errorf("find message: %w", err)
	}
	if !ok {
		return w, none
	}
	return w, nil
}

// decodeName reads the 20 bytes of an id.
func decodeName(id, prefix string) (out [20]byte, ok bool) {
	s, ok := strings.CutPrefix(id, prefix)
	if !ok {
		return out, false
	}
	b, err := base32Lower.DecodeString(s)
	if err != nil || len(b) != len(out) {
		return out, false
	}
	return [20]byte(b), true
}

// Message shows one.
func (n *Node) Message(id string) (Message, error) {
	w, err := n.findMessage(id)
	if err != nil {
		return Message{}, err
	}
	r := n.roomOf(w.Space)
	if r == nil {
		return Message{}, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	rows, err := n.store.Rows(n.ctx, w.Space, []string{string(content.MessageKey(w.ID)), ackKey(w.ID)})
	if err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	v, ok := rows[string(content.MessageKey(w.ID))]
	if !ok {
		return Message{}, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	list, err := r.shown(w.Space, []store.Row{{Value: v}}, rows)
	if err != nil || len(list) == 0 {
		return Message{}, errors.Join(ErrNotFound, err)
	}
	return list[0], nil
}

func (n *Node) roomOf(space op.ID) *room {
	for _, r := range n.allRooms() {
		if r.snap.Load().Has(space) {
			return r
		}
	}
	for _, r := range n.allRooms() { // it may be as new as what is asked of it
		ok := false
		if r.ask(n.ctx, func() { ok = r.c.State(space) != nil }) == nil && ok {
			return r
		}
	}
	return nil
}

// CommunityOf returns the community that a grp_, msg_ or inv_ id belongs to.
func (n *Node) CommunityOf(id string) (string, bool) {
	switch {
	case strings.HasPrefix(id, "com_"):
		_, err := n.room(id)
		return id, err == nil
	case strings.HasPrefix(id, "grp_"):
		if r, _, err := n.groupRoom(id); err == nil {
			return r.name(), true
		}
	case strings.HasPrefix(id, "msg_"):
		if m, err := n.Message(id); err == nil {
			return m.CommunityID, true
		}
	case strings.HasPrefix(id, "inv_"):
		if inv, err := n.Invite(id); err == nil {
			return inv.CommunityID, true
		}
	}
	return "", false
}

// Messages lists a group's messages around a point; more tells whether there are others in that direction.
func (n *Node) Messages(group string, p Page) ([]Message, bool, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return nil, false, err
	}
	return r.messages(s, p)
}

func (r *room) messages(s op.ID, p Page) ([]Message, bool, error) {
	if p.Limit <= 0 {
		p.Limit = 50
	}
	order := func(id string) ([]byte, error) {
		w, err := r.n.findMessage(id)
		if err != nil {
			return nil, err
		}
		if op.ID(w.Space) != s {
			return nil, fmt.Errorf("%w: message %s is in another group", ErrNotFound, id)
		}
		return content.Order(op.Millis(w.Lamport), w.ID), nil
	}
	list := func(rg store.Range) ([]store.Row, error) { return r.n.store.List(r.n.ctx, s, content.Messages, rg) }
	var rows []store.Row
	var err error
	more := false
	switch {
	case p.Around != "":
		at, err := order(p.Around)
		if err != nil {
			return nil, false, err
		}
		half := p.Limit / 2
		older, err := list(store.Range{Before: append(at, 0), Limit: p.Limit - half, Newest: true})
		if err != nil {
			return nil, false, fmt.Errorf("read messages: %w", err)
		}
		newer, err := list(store.Range{After: at, Limit: half})
		if err != nil {
			return nil, false, fmt.Errorf("read messages: %w", err)
		}
		slices.Reverse(newer)
		rows, more = append(newer, older...), len(older) == p.Limit-half
	default:
		rg := store.Range{Limit: p.Limit + 1, Newest: p.After == ""}
		if p.Before != "" {
			if rg.Before, err = order(p.Before); err != nil {
				return nil, false, err
			}
		}
		if p.After != "" {
			if rg.After, err = order(p.After); err != nil {
				return nil, false, err
			}
		}
		if rows, err = list(rg); err != nil {
			return nil, false, fmt.Errorf("read messages: %w", err)
		}
		if more = len(rows) > p.Limit; more {
			rows = rows[:p.Limit]
		}
	}
	acks, err := r.acksOf(s, rows)
	if err != nil {
		return nil, false, err
	}
	out, err := r.shown(s, rows, acks)
	return out, more, err
}

// shown turns rows into messages, with names and what is known of their delivery; acks are the rows under their ackKeys.
func (r *room) shown(s op.ID, rows []store.Row, acks map[string][]byte) (out []Message, err error) {
	e := r.ask(r.n.ctx, func() {
		marks := r.watermarks(s)
		names := r.knownNames()
		for _, row := range rows {
			m, perr := content.ParseMessageRow(row.Value)
			if perr != nil {
				continue
			}
			out = append(out, r.message(s, m, names, r.delivery(s, m, marks, acks[ackKey(m.ID)])))
		}
	})
	return out, errors.Join(e, err)
}

func (r *room) message(s op.ID, m content.MessageRow, names map[identity.UserID]string, d Delivery) Message {
	out := Message{ID: msgID(m.ID), GroupID: grpID(s), CommunityID: r.name(), AuthorID: m.Author.String(), AuthorName: names[m.Author], Kind: "unknown",
		Mentions: []string{}, Delivery: d, CreatedAt: timeOf(m.Time), Order: hex.EncodeToString(content.Order(m.Lamport, m.ID)[:14])}
	switch {
	case m.Text != nil:
		out.Kind, out.Text = "text", m.Text.Text
		if len(m.Text.Reply) == 32 {
			out.ReplyTo = msgID([32]byte(m.Text.Reply))
		}
		if len(m.Text.Thread) == 32 {
			out.ThreadRoot = msgID([32]byte(m.Text.Thread))
		}
		for _, u := range m.Text.Mentions {
			out.Mentions = append(out.Mentions, u.String())
		}
	case m.Announcement != nil:
		a := m.Announcement
		out.Kind, out.Text = "announcement", a.Text
		out.Announcement = &Announcement{Groups: []string{}, Priority: priorities[a.Priority], AckWanted: a.AckWanted, Replies: []string{"off", "threaded"}[a.Replies]}
		for _, g := range a.Groups {
			out.Announcement.Groups = append(out.Announcement.Groups, grpID(g))
		}
	}
	return out
}
