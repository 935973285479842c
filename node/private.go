package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What a person decides for himself stays on this device: nobody is told of it.
const (
	metaGroup   = "private/" // + community + "/" + group: a groupPrivate
	metaBlocked = "blocked/" // + community + "/" + member
	metaStar    = "star/"    // + community + "/" + message: a starRecord
)

// What a group may disturb its reader with. The first is the default.
var notifies = []string{"all", "mentions", "none"}

// groupPrivate is what a person keeps of one group.
type groupPrivate struct {
	_      struct{}  `cbor:",toarray"`
	Muted  op.Millis // until then; 0: not
	Notify uint8     // in notifies
	Draft  string
	Reply  string // msg_ that the draft answers
}

type starRecord struct {
	_     struct{} `cbor:",toarray"`
	Space op.ID
	At    op.Millis
}

// private is all of it that a room needs at hand.
type private struct {
	groups  map[op.ID]groupPrivate
	blocked map[identity.UserID]bool
	stars   map[[32]byte]starRecord
}

// private reads it once. Owner only.
func (r *room) private() *private {
	if r.own != nil {
		return r.own
	}
	p := &private{groups: map[op.ID]groupPrivate{}, blocked: map[identity.UserID]bool{}, stars: map[[32]byte]starRecord{}}
	read := func(prefix string, take func(id [32]byte, value []byte)) {
		prefix += hexID(r.id) + "/"
		list, err := r.n.store.MetaPrefix(r.ctx, prefix)
		if err != nil {
			r.n.log.Error("what is private could not be read", "err", err)
		}
		for _, m := range list {
			if id, err := hex.DecodeString(strings.TrimPrefix(m.Key, prefix)); err == nil && len(id) == 32 {
				take([32]byte(id), m.Value)
			}
		}
	}
	read(metaGroup, func(id [32]byte, value []byte) {
		var g groupPrivate
		if op.Decode(value, &g) == nil {
			p.groups[id] = g
		}
	})
	read(metaBlocked, func(id [32]byte, _ []byte) { p.blocked[id] = true })
	read(metaStar, func(id [32]byte, value []byte) {
		var s starRecord
		if op.Decode(value, &s) == nil {
			p.stars[id] = s
		}
	})
	r.own = p
	return p
}

// mutedUntil is zero where a group is not muted now.
func (g groupPrivate) mutedUntil(now op.Millis) time.Time {
	if g.Muted <= now {
		return time.Time{}
	}
	return timeOf(g.Muted)
}

// changeGroup changes what is kept of a group, and tells the person's screens.
func (n *Node) changeGroup(ctx context.Context, group string, told bool, change func(*groupPrivate) error) (g groupPrivate, err error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return g, err
	}
	var werr error
	err = r.ask(ctx, func() {
		g = r.private().groups[s]
		if werr = change(&g); werr != nil {
			return
		}
		raw, err := op.Encode(g)
		if err != nil {
			werr = fmt.Errorf("encode what is private: %w", err)
			return
		}
		b := &store.Batch{Meta: []store.Meta{{Key: metaGroup + hexID(r.id) + "/" + hexID(s), Value: raw}}}
		if told {
			e := r.event("group.changed", s, eventRecord{Ref: grpID(s)})
			e.Group = grpID(s)
			b.Events = append(b.Events, e)
		}
		if werr = n.commit(ctx, b); werr == nil {
			r.private().groups[s] = g
		}
	})
	if err == nil {
		err = werr
	}
	return g, err
}

// Mute keeps a group from disturbing until a time; the zero time ends it. Urgent announcements disturb all the same.
func (n *Node) Mute(ctx context.Context, group string, until time.Time) (Group, error) {
	_, err := n.changeGroup(ctx, group, true, func(g *groupPrivate) error {
		g.Muted = 0
		if !until.IsZero() {
			g.Muted = op.Millis(until.UnixMilli())
			if g.Muted <= n.now() {
				return fmt.Errorf("%w: until: a time to come", ErrInvalid)
			}
		}
		return nil
	})
	if err != nil {
		return Group{}, err
	}
	return n.Group(group)
}

// Notifications says what a group may disturb with: all, mentions, none.
func (n *Node) Notifications(group string) (string, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return "", err
	}
	out := ""
	return out, r.ask(n.ctx, func() { out = notifies[r.private().groups[s].Notify%uint8(len(notifies))] })
}

// SetNotifications says what a group may disturb with.
func (n *Node) SetNotifications(ctx context.Context, group, what string) error {
	i := slices.Index(notifies, what)
	if i < 0 {
		return fmt.Errorf("%w: level: all, mentions or none", ErrInvalid)
	}
	_, err := n.changeGroup(ctx, group, true, func(g *groupPrivate) error { g.Notify = uint8(i); return nil })
	return err
}

// Draft is what a person has begun to write in a group.
type Draft struct{ Text, ReplyTo string }

// Draft returns it, empty for none.
func (n *Node) Draft(group string) (d Draft, err error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return d, err
	}
	err = r.ask(n.ctx, func() {
		g := r.private().groups[s]
		d = Draft{g.Draft, g.Reply}
	})
	return d, err
}

// SetDraft keeps it; an empty one is none.
func (n *Node) SetDraft(ctx context.Context, group string, d Draft) error {
	if len(d.Text) > content.MaxText {
		return fmt.Errorf("%w: text: at most %d bytes", ErrTooLarge, content.MaxText)
	}
	if !utf8.ValidString(d.Text) {
		return fmt.Errorf("%w: text: must be UTF-8", ErrInvalid)
	}
	if _, ok := decodeName(d.ReplyTo, "msg_"); d.ReplyTo != "" && !ok {
		return fmt.Errorf("%w: reply_to: want a message id", ErrInvalid)
	}
	_, err := n.changeGroup(ctx, group, false, func(g *groupPrivate) error {
		g.Draft, g.Reply = d.Text, d.ReplyTo
		return nil
	})
	return err
}

// Star keeps a message among those to find again, or lets it go.
func (n *Node) Star(ctx context.Context, message string, on bool) error {
	r, w, err := n.messageRoom(message)
	if err != nil {
		return err
	}
	var werr error
	err = r.ask(ctx, func() {
		p := r.private()
		if _, is := p.stars[w.ID]; is == on {
			return
		}
		rec, m := starRecord{Space: w.Space, At: n.now()}, store.Meta{Key: metaStar + hexID(r.id) + "/" + hexID(w.ID)}
		if on {
			if len(p.stars) >= maxStars {
				werr = fmt.Errorf("%w: at most %d messages are starred in a community: take a star away first", ErrInvalid, maxStars)
				return
			}
			if m.Value, werr = op.Encode(rec); werr != nil {
				return
			}
		}
		if werr = n.commit(ctx, &store.Batch{Meta: []store.Meta{m}}); werr != nil {
			return
		}
		if delete(p.stars, w.ID); on {
			p.stars[w.ID] = rec
		}
	})
	if err == nil {
		err = werr
	}
	return err
}

const maxStars = 10_000

// Stars lists the ids of starred messages, the last starred first.
func (n *Node) Stars() ([]string, error) {
	type star struct {
		id [32]byte
		at op.Millis
	}
	var all []star
	for _, r := range n.allRooms() {
		if err := r.ask(n.ctx, func() {
			for id, rec := range r.private().stars {
				all = append(all, star{id, rec.At})
			}
		}); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b star) int {
		if a.at != b.at {
			return int(b.at - a.at)
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = msgID(s.id)
	}
	return out, nil
}

// Block stops a person from disturbing: his messages are marked, so that a screen folds them away, and are neither unread nor told of. He is
// not told. It takes back nothing that he may do.
func (n *Node) Block(ctx context.Context, user string, on bool) error {
	r, m, err := n.anybody(user)
	if err != nil {
		return err
	}
	if m == r.fixed.Member {
		return fmt.Errorf("%w: that is you", ErrInvalid)
	}
	var werr error
	err = r.ask(ctx, func() {
		p := r.private()
		if p.blocked[m] == on {
			return
		}
		meta := store.Meta{Key: metaBlocked + hexID(r.id) + "/" + hexID(m)}
		if on {
			meta.Value = []byte{1}
		}
		if delete(p.blocked, m); on {
			p.blocked[m] = true
		}
		b := &store.Batch{Meta: []store.Meta{meta}}
		if werr = r.countAgain(b, m); werr == nil {
			werr = n.commit(ctx, b)
		}
		if werr != nil {
			r.own = nil
		}
	})
	if err == nil {
		err = werr
	}
	return err
}

// countAgain writes the unread messages of one author anew, since they count otherwise now. Owner only.
func (r *room) countAgain(b *store.Batch, author identity.UserID) error {
	for _, s := range r.c.Spaces() {
		u, err := r.n.store.Unread(r.ctx, s)
		if err != nil || u.Mark == nil {
			return err
		}
		rows, err := r.n.store.List(r.ctx, s, content.Messages, store.Range{After: u.Mark})
		if err != nil {
			return err
		}
		some := false
		for _, row := range rows {
			m, err := content.ParseMessageRow(row.Value)
			if err != nil || m.Author != author {
				continue
			}
			x := m.Says()
			x.Key, x.List, x.Order, x.Value = content.MessageKey(m.ID), row.List, row.Order, row.Value
			b.Rows = append(b.Rows, r.storeRows(map[op.ID][]content.Row{s: {x}})...)
			some = true
		}
		if some {
			b.Events = append(b.Events, r.readChanged(s))
		}
	}
	return nil
}

// Blocked lists the usr_ ids of those who are blocked, in all communities.
func (n *Node) Blocked() ([]string, error) {
	out := []string{}
	for _, r := range n.allRooms() {
		if err := r.ask(n.ctx, func() {
			for m := range r.private().blocked {
				out = append(out, m.String())
			}
		}); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return out, nil
}

// IsBlocked reports whether a person is.
func (n *Node) IsBlocked(user string) (on bool, err error) {
	r, m, err := n.anybody(user)
	if err != nil {
		return false, err
	}
	return on, r.ask(n.ctx, func() { on = r.private().blocked[m] })
}

// anybody finds a person by a usr_ id, which is another in every community: a member, somebody who is out by now and whose words are still here, or
// somebody who is blocked.
func (n *Node) anybody(user string) (*room, identity.UserID, error) {
	for _, r := range n.allRooms() {
		var m identity.UserID
		ok := false
		if err := r.ask(n.ctx, func() {
			if m, ok = r.user(user); ok {
				return
			}
			if m, ok = r.formerUser(user); ok {
				return
			}
			for b := range r.private().blocked {
				if b.String() == user {
					m, ok = b, true
				}
			}
		}); err != nil {
			return nil, m, err
		}
		if ok {
			return r, m, nil
		}
	}
	return nil, identity.UserID{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
}
