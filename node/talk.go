package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What members do with messages that are there. Each act names its message with its author; of a community's announcements the answers go to the
// desk alone.

func polID(id [32]byte) string { return "pol_" + identity.Name32(id[:]) }
func evtID(id [32]byte) string { return "evt_" + identity.Name32(id[:]) }

// target is a message that something is to be said about.
type target struct {
	space op.ID
	row   content.MessageRow
	of    content.Ref
	about content.AboutRow
}

// thread is the message whose thread it is in itself.
func (t target) thread() (content.Ref, bool) {
	return content.RefOf(content.Rest(t.row.Kind, t.row.Body))
}

// aboutMessage finds a message by its msg_, pol_ or evt_ id. It errs with ErrNotFound, and with ErrGone where it is deleted.
func (n *Node) aboutMessage(id string) (*room, target, content.Ref, error) {
	if _, name, ok := strings.Cut(id, "_"); ok && (strings.HasPrefix(id, "pol_") || strings.HasPrefix(id, "evt_")) {
		id = "msg_" + name
	}
	r, w, err := n.messageRoom(id)
	if err != nil {
		return nil, target{}, content.Ref{}, err
	}
	key := content.MessageKey(w.ID)
	rows, err := n.store.Rows(n.ctx, w.Space, []string{string(key)})
	if err != nil {
		return nil, target{}, content.Ref{}, fmt.Errorf("read message: %w", err)
	}
	m, err := content.ParseMessageRow(rows[string(key)])
	if err != nil {
		return nil, target{}, content.Ref{}, fmt.Errorf("%w: no message %s", ErrNotFound, id)
	}
	t := target{space: w.Space, row: m, of: refOf(m)}
	said, err := n.store.Rows(n.ctx, w.Space, []string{string(t.of.About())})
	if err != nil {
		return nil, t, t.of, fmt.Errorf("read message: %w", err)
	}
	t.about, _ = content.ParseAboutRow(said[string(t.of.About())])
	if t.about.Deleted.Set() {
		return r, t, t.of, fmt.Errorf("%w: %s", ErrGone, id)
	}
	return r, t, t.of, nil
}

// say posts something about a message: to its space, or, where it is an answer to an announcement, to the desk.
func (r *room) say(ctx context.Context, s op.ID, kind content.Kind, encode func() ([]byte, error)) error {
	if s == r.id && answers(kind) {
		return r.untilKey(ctx, func() error {
			if !r.c.Mine(s) {
				return ErrNotMember
			}
			body, err := encode()
			if errors.Is(err, content.ErrBody) {
				return fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			if err == nil {
				_, err = r.toDesk(kind, body)
			}
			return err
		})
	}
	_, err := r.put(ctx, s, kind, encode)
	return err
}

func answers(k content.Kind) bool {
	return k == content.React || k == content.Vote || k == content.RSVP || k == content.Ack
}

// encoded wraps a body that can be encoded at once.
func encoded(b interface{ Encode() ([]byte, error) }) func() ([]byte, error) { return b.Encode }

// EditMessage gives a text or an announcement of mine new words. The old ones stay with those who keep them.
func (n *Node) EditMessage(ctx context.Context, id, text string, mentions []string) (Message, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	if of.Author != r.fixed.Member {
		return Message{}, ErrNotAuthor
	}
	if len(text) > content.MaxText {
		return Message{}, fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	err = r.say(ctx, t.space, content.Edit, func() ([]byte, error) {
		var body []byte
		switch b := t.row.Content().(type) {
		case *content.TextBody:
			next := content.TextBody{Text: text}
			for _, u := range mentions {
				m, ok := r.user(u)
				if !ok {
					return nil, fmt.Errorf("%w: no member %s", ErrNotFound, u)
				}
				next.Mentions = append(next.Mentions, m)
			}
			body, err = next.Encode()
		case *content.AnnouncementBody:
			next := *b
			next.Text = text
			body, err = next.Encode()
		default:
			return nil, fmt.Errorf("%w: a poll stands as it was asked; an event is changed in the calendar", ErrInvalid)
		}
		if err != nil {
			return nil, err
		}
		return content.EditBody{Of: of, Kind: t.row.Kind, Body: body}.Encode()
	})
	if err != nil {
		return Message{}, err
	}
	return n.Message(id)
}

// Edits lists what a message said, the newest first; the last is what it said at first.
func (n *Node) Edits(id string) ([]Version, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return nil, err
	}
	if t.about.Hidden.Hidden {
		return []Version{}, nil
	}
	wires, err := n.store.WiresTouching(n.ctx, t.space, string(of.Edited()))
	if err != nil {
		return nil, fmt.Errorf("read edits: %w", err)
	}
	var out []Version
	words := func(b any) string {
		switch b := b.(type) {
		case *content.TextBody:
			return b.Text
		case *content.AnnouncementBody:
			return b.Text
		}
		return ""
	}
	snap := r.snap.Load()
	for _, w := range slices.Backward(wires) {
		ck, err := crdt.Stored(snap, w.Bytes)
		if err != nil || epoch.IsStub(w.Bytes) {
			continue
		}
		if kind, body, at, ok := ck.EditOf(of); ok && kind == t.row.Kind {
			out = append(out, Version{Text: words(content.Parse(kind, body)), At: timeOf(at)})
		}
	}
	return append(out, Version{Text: words(t.row.Content()), At: timeOf(t.row.Time)}), nil
}

// Version is one state of a message's words.
type Version struct {
	Text string
	At   time.Time
}

// DeleteMessage takes a message of mine away, for everybody: their nodes drop its body as soon as they hear of it.
func (n *Node) DeleteMessage(ctx context.Context, id string) error {
	r, t, of, err := n.aboutMessage(id)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	if of.Author != r.fixed.Member {
		return ErrNotAuthor
	}
	return r.say(ctx, t.space, content.Delete, encoded(content.DeleteBody{Of: of, Stood: content.StoodAt(t.row)}))
}

// HideMessage hides somebody's message from those who read the group, or shows it again. It takes the right to moderate.
func (n *Node) HideMessage(ctx context.Context, id string, hide bool, reason string) (Message, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	if err := r.say(ctx, t.space, content.Moderate, encoded(content.ModerateBody{Of: of, Hide: hide, Reason: reason})); err != nil {
		return Message{}, err
	}
	return n.Message(id)
}

// React reacts to a message with an emoji, or takes that back. Doing it twice changes nothing.
func (n *Node) React(ctx context.Context, id, emoji string, on bool) (Message, error) {
	if !oneEmoji(emoji) {
		return Message{}, fmt.Errorf("%w: emoji: one emoji, such as 👍", ErrInvalid)
	}
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	mine, err := r.reactedBy(t.space, of, r.fixed.Member)
	if err != nil {
		return Message{}, err
	}
	var has content.Reacted
	standing := 0
	for _, x := range mine.All {
		if x.Emoji == emoji {
			has = x
		}
		if x.Stands() {
			standing++
		}
	}
	if has.Stands() == on {
		return n.Message(id)
	}
	if on && has.Emoji == "" && len(mine.All) >= content.MaxReactions {
		return Message{}, fmt.Errorf("%w: emoji: you reacted to this message with %d different ones already, and no more are counted", ErrInvalid, content.MaxReactions)
	}
	body := content.ReactBody{Of: of, Emoji: emoji, On: on}
	if !on {
		body.Seen = has.Added
	}
	if err := r.say(ctx, t.space, content.React, encoded(body)); err != nil {
		return Message{}, err
	}
	return n.Message(id)
}

func (r *room) reactedBy(s op.ID, of content.Ref, m identity.UserID) (content.ReactedRow, error) {
	key := string(of.Reacted(m))
	rows, err := r.n.store.Rows(r.n.ctx, s, []string{key})
	if err != nil {
		return content.ReactedRow{}, fmt.Errorf("read reactions: %w", err)
	}
	x, _ := content.ParseReactedRow(rows[key])
	return x, nil
}

// Reactor is a member with one emoji of his.
type Reactor struct{ UserID, DisplayName, Emoji string }

// Reactors lists who reacted to a message. Of an announcement only the desk knows.
func (n *Node) Reactors(id string) (out []Reactor, err error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return nil, err
	}
	rows, err := n.store.List(n.ctx, t.space, of.Reactors(), store.Range{Limit: 5000})
	if err != nil {
		return nil, fmt.Errorf("read reactions: %w", err)
	}
	err = r.ask(n.ctx, func() {
		names := r.namesIn(t.space)
		for _, row := range rows {
			x, perr := content.ParseReactedRow(row.Value)
			if perr != nil {
				continue
			}
			for _, e := range x.All {
				if e.Stands() {
					out = append(out, Reactor{UserID: x.Member.String(), DisplayName: names[x.Member], Emoji: e.Emoji})
				}
			}
		}
	})
	return out, err
}

// Pin keeps a message in sight until a time (zero: until it is unpinned), or lets it go. It takes the right to moderate.
func (n *Node) Pin(ctx context.Context, group, id string, pin bool, until time.Time) (Message, error) {
	_, s, err := n.groupRoom(group)
	if err != nil {
		return Message{}, err
	}
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	if t.space != s {
		return Message{}, fmt.Errorf("%w: message %s is in another group", ErrNotFound, id)
	}
	if pin && !until.IsZero() && op.Millis(until.UnixMilli()) <= n.now() {
		return Message{}, fmt.Errorf("%w: until: that time is over", ErrInvalid)
	}
	if err := r.say(ctx, s, content.Pin, encoded(content.PinBody{ID: of.ID, Pin: pin, Until: timeOrZero(until)})); err != nil {
		return Message{}, err
	}
	return n.Message(id)
}

// Pins lists the pinned messages of a group, the newest pin first.
func (n *Node) Pins(group string) ([]Message, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return nil, err
	}
	rows, err := n.store.List(n.ctx, s, content.Pinned, store.Range{Limit: maxPins, Newest: true})
	if err != nil {
		return nil, fmt.Errorf("read pins: %w", err)
	}
	var keys []string
	for _, row := range rows {
		if p, err := content.ParsePinRow(row.Value); err == nil && (p.Until == 0 || p.Until > n.now()) {
			keys = append(keys, string(content.MessageKey(p.ID)))
		}
	}
	got, err := n.store.Rows(n.ctx, s, keys)
	if err != nil {
		return nil, fmt.Errorf("read pins: %w", err)
	}
	var msgs []store.Row
	for _, k := range keys {
		if v, ok := got[k]; ok {
			msgs = append(msgs, store.Row{Value: v})
		}
	}
	return r.shown(s, msgs)
}

// Thread lists the replies in a message's thread.
func (n *Node) Thread(id string, p Page) ([]Message, bool, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil && !errors.Is(err, ErrGone) {
		return nil, false, err
	}
	return r.page(t.space, content.Threads(of.ID), p)
}

// Acknowledge says that I have taken note of an announcement.
func (n *Node) Acknowledge(ctx context.Context, id string) (Message, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	b, ok := t.row.Content().(*content.AnnouncementBody)
	if !ok || !b.AckWanted {
		return Message{}, fmt.Errorf("%w: nobody asked for an acknowledgement of this", ErrInvalid)
	}
	key := string(of.Acked(r.fixed.Member))
	if rows, err := n.store.Rows(n.ctx, t.space, []string{key}); err != nil || rows[key] == nil {
		if err != nil {
			return Message{}, fmt.Errorf("read acknowledgement: %w", err)
		}
		if err := r.say(ctx, t.space, content.Ack, encoded(content.AckBody{Of: of})); err != nil {
			return Message{}, err
		}
	}
	return n.Message(id)
}

func sortReactions(list []Reaction) {
	slices.SortStableFunc(list, func(a, b Reaction) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Emoji, b.Emoji)) })
}
