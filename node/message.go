package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// Post writes a text message to a group. It returns once the message is durable here; the others get it when they can be reached.
func (n *Node) Post(ctx context.Context, group string, q NewMessage) (Message, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return Message{}, err
	}
	if s == r.id && q.ThreadRoot == "" {
		return Message{}, ErrAnnounceOnly
	}
	if len(q.Text) > content.MaxText {
		return Message{}, fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	body := content.TextBody{Text: q.Text}
	if q.ReplyTo != "" {
		w, err := n.place(q.ReplyTo)
		if err != nil {
			return Message{}, err
		}
		body.Reply = w.ID[:]
	}
	if q.ThreadRoot != "" {
		_, root, of, err := n.aboutMessage(q.ThreadRoot)
		if err != nil {
			return Message{}, err
		}
		if in, ok := root.thread(); ok { // threads do not branch
			of = in
		}
		if root.space != s {
			return Message{}, fmt.Errorf("%w: thread_root: that message is in another group", ErrInvalid)
		}
		body.Thread = of.Bytes()
		if a, ok := root.row.Content().(*content.AnnouncementBody); s == r.id && (!ok || a.Replies == 0) {
			return Message{}, ErrNoReplies
		}
	}
	post := r.send
	if s == r.id {
		post = r.reply
	}
	return post(ctx, s, content.Text, func() ([]byte, error) {
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

// checkAnnouncement checks what can be checked before it is sent, and fills in what was left out.
func (r *room) checkAnnouncement(q *NewAnnouncement) error {
	if len(q.Text) > content.MaxText {
		return fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	if q.Text == "" {
		return fmt.Errorf("%w: text: must not be empty", ErrInvalid)
	}
	if q.Priority == "" {
		q.Priority = priorities[0]
	}
	if !slices.Contains(priorities, q.Priority) {
		return fmt.Errorf("%w: priority: normal, important or urgent", ErrInvalid)
	}
	if q.Replies != "" && q.Replies != "off" && q.Replies != "threaded" {
		return fmt.Errorf("%w: replies: off or threaded", ErrInvalid)
	}
	return nil
}

// Announce writes to everybody in the community.
func (n *Node) Announce(ctx context.Context, community string, q NewAnnouncement) (Message, error) {
	r, err := n.room(community)
	if err != nil {
		return Message{}, err
	}
	if err := r.checkAnnouncement(&q); err != nil {
		return Message{}, err
	}
	p := slices.Index(priorities, q.Priority)
	body := content.AnnouncementBody{Text: q.Text, Priority: uint8(p), AckWanted: q.AckWanted}
	if q.Replies == "threaded" {
		body.Replies = 1
	}
	m, err := r.send(ctx, r.id, content.Announcement, func() ([]byte, error) {
		body.Groups = nil
		for _, g := range q.Groups {
			s, err := r.namedGroup(g)
			if err != nil {
				return nil, err
			}
			body.Groups = append(body.Groups, s)
		}
		return body.Encode()
	})
	if err == nil && len(body.Groups) == 0 {
		n.cascade(ctx, r, body)
	}
	return m, err
}

// send writes one message that is shown, waiting for a key to send with where there is none yet.
func (r *room) send(ctx context.Context, s op.ID, kind content.Kind, encode func() ([]byte, error)) (Message, error) {
	out, err := r.put(ctx, s, kind, encode)
	if e := (*MissingRight)(nil); s == r.id && errors.As(err, &e) {
		return out, ErrAnnounceOnly
	}
	return out, err
}

// reply answers an announcement: for everybody to see by those who announce, for the desk by others.
func (r *room) reply(ctx context.Context, s op.ID, kind content.Kind, encode func() ([]byte, error)) (out Message, err error) {
	out, err = r.put(ctx, s, kind, encode)
	if e := (*MissingRight)(nil); !errors.As(err, &e) {
		return out, err
	}
	err = r.untilKey(ctx, func() error {
		body, err := encode()
		if errors.Is(err, content.ErrBody) {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err != nil {
			return err
		}
		e, err := r.postDesk(kind, body)
		if err == nil {
			out = r.fresh(s, e)
		}
		return err
	})
	return out, err
}

// put writes one message and shows it, if it is of a kind that is.
func (r *room) put(ctx context.Context, s op.ID, kind content.Kind, encode func() ([]byte, error)) (out Message, err error) {
	err = r.untilKey(ctx, func() error {
		st := r.c.State(s)
		if st == nil || !r.c.Mine(s) {
			return ErrNotMember
		}
		if acl.Archived(st.Values[acl.RegArchived]) {
			return ErrArchived
		}
		if content.Shown(kind) && r.c.Ended(s) {
			return ErrEnded // to nobody; what is there can still be taken away
		}
		body, err := encode()
		if errors.Is(err, content.ErrBody) {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err != nil {
			return err
		}
		now := r.n.now()
		rows, err := r.rowsFor(r.c.DraftRows(s, kind, body, now))
		if err != nil {
			return err
		}
		e, _, err := r.c.Post(s, kind, body, rows, now)
		if errors.Is(err, acl.ErrDenied) {
			return r.missing(s, r.c.Needed(s, kind))
		}
		if err != nil {
			return err
		}
		if err := r.performOwn(e); err != nil {
			return err
		}
		out = r.fresh(s, e)
		return nil
	})
	return out, err
}

// fresh shows the message that effects of mine store, which nobody else can have yet.
func (r *room) fresh(s op.ID, e crdt.Effects) Message {
	for _, row := range e.Store.Rows[s] {
		if _, own := content.MessageOf(row.Key); !own {
			continue
		}
		if m, err := content.ParseMessageRow(row.Value); err == nil {
			return r.message(s, m, view{names: r.namesIn(s), now: r.n.now()}, Delivery{State: "waiting", Expected: max(r.c.State(s).Members.Len()-1, 0)})
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
	r, w, err := n.messageRoom(id)
	if err != nil {
		if m, ok := n.lineMessage(id); ok && errors.Is(err, ErrNotFound) {
			return m, nil
		}
		return Message{}, err
	}
	rows, err := n.store.Rows(n.ctx, w.Space, []string{string(content.MessageKey(w.ID))})
	if err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	v, ok := rows[string(content.MessageKey(w.ID))]
	if !ok {
		return Message{}, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	list, err := r.shown(w.Space, []store.Row{{Value: v}})
	if err != nil || len(list) == 0 {
		return Message{}, errors.Join(ErrNotFound, err)
	}
	return list[0], nil
}

// placed is where a message is shown: its whole id, its space, and its place there.
type placed struct {
	ID    [32]byte
	Space op.ID
	Order []byte
}

// place finds a stored message, or one that is known from its deletion alone. It errs with ErrNotFound.
func (n *Node) place(id string) (placed, error) {
	w, err := n.findMessage(id)
	if raw, ok := decodeName(id, "msg_"); ok && errors.Is(err, ErrNotFound) {
		row, found, ferr := n.store.FindEarly(n.ctx, raw)
		if ferr != nil {
			return placed{}, fmt.Errorf("find message: %w", ferr)
		}
		if m, ok := content.MessageOf(content.RowKey(row.Key)); found && ok {
			return placed{ID: m, Space: row.Space, Order: row.Order}, nil
		}
	}
	return placed{ID: w.ID, Space: w.Space, Order: content.Order(op.Millis(w.Lamport), w.ID)}, err
}

// messageRoom finds a message and the room it is in.
func (n *Node) messageRoom(id string) (*room, placed, error) {
	w, err := n.place(id)
	if err != nil {
		return nil, w, err
	}
	r := n.roomOf(w.Space)
	if r == nil {
		return nil, w, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	return r, w, nil
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
	return r.page(s, content.Messages, p)
}

// page lists messages of one list of a space.
func (r *room) page(s op.ID, of string, p Page) ([]Message, bool, error) {
	if p.Limit <= 0 {
		p.Limit = 50
	}
	lines := p.Lines && of == content.Messages
	if p.Around != "" {
		at, err := r.orderOf(s, p.Around)
		if err != nil {
			return nil, false, err
		}
		half := p.Limit / 2
		older, err := r.stretch(s, of, store.Range{Before: append(slices.Clone(at), 0), Limit: p.Limit - half, Newest: true}, lines)
		if err != nil {
			return nil, false, err
		}
		newer, err := r.stretch(s, of, store.Range{After: at, Limit: half}, lines)
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(newer.rows)
		out, err := r.messagesOf(s, stretch{rows: append(newer.rows, older.rows...), lines: append(newer.lines, older.lines...)}, true)
		return out, older.more, err
	}
	rg := store.Range{Limit: p.Limit, Newest: p.After == ""}
	for _, end := range []struct {
		id string
		to *[]byte
	}{{p.Before, &rg.Before}, {p.After, &rg.After}} {
		if end.id == "" {
			continue
		}
		var err error
		if *end.to, err = r.orderOf(s, end.id); err != nil {
			return nil, false, err
		}
	}
	w, err := r.stretch(s, of, rg, lines)
	if err != nil {
		return nil, false, err
	}
	out, err := r.messagesOf(s, w, rg.Newest)
	return out, w.more, err
}
