package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// What is unread is counted by the store where rows are written: a row that goes, or that comes in place of another, takes away what that one
// gave. So neither a deletion nor folding again leaves a wrong number, and reading it costs the same at any size.

// alertOf says what a row adds to what is unread: other people's messages in the timeline, but not those of somebody who is blocked. Owner only.
func (r *room) alertOf(x content.Row) store.Alert {
	switch {
	case x.Author == identity.UserID{} || x.Author == r.fixed.Member || x.List != content.Messages || r.private().blocked[x.Author]:
		return store.Silent
	case slices.Contains(x.Mentions, r.fixed.Member):
		return store.Mention
	}
	return store.Counts
}

// note says by which words a row is found beside its text, and what it adds to what is unread. Owner only.
func (r *room) note(row *store.Row, x content.Row) {
	if x.Author != (identity.UserID{}) {
		row.Tags = tagsOf(x.Author, x.Text, slices.Contains(x.Mentions, r.fixed.Member))
		row.Alert = r.alertOf(x)
	}
	r.hush(row, x.Key)
}

// hush lets a message that a moderator hid count for nothing, as long as it is hidden. Who hides a message by a wrong author hides none. Owner only.
func (r *room) hush(row *store.Row, key content.RowKey) {
	of, ok := content.AboutWhat(key)
	if !ok {
		return
	}
	row.Hushes = of.ID
	if a, err := content.ParseAboutRow(row.Value); err != nil || !a.Hidden.Hidden {
		return
	}
	own := string(content.MessageKey(of.ID))
	rows, err := r.n.store.Rows(r.ctx, row.Space, []string{own})
	if m, e := content.ParseMessageRow(rows[own]); err == nil && e == nil && m.Author != of.Author {
		row.Hushes = [32]byte{}
		return
	}
	row.Hushed = true
}

// beginUnread counts from now on in spaces that this device is new in, so that history is not unread. Owner only.
func (r *room) beginUnread(b *store.Batch) {
	for _, s := range r.c.Spaces() {
		if r.begun[s] || !r.c.Mine(s) {
			continue
		}
		r.begun[s] = true
		mark := binary.BigEndian.AppendUint64(nil, uint64(max(0, r.n.now())))
		b.Unread = append(b.Unread, store.Unread{Space: s, Mark: mark, Begin: true})
	}
}

// beginOld does so once for what an older program left.
func (r *room) beginOld() {
	for _, s := range r.c.Spaces() {
		if u, err := r.n.store.Unread(r.ctx, s); err == nil && u.Mark != nil {
			r.begun[s] = true
		}
	}
	b := &store.Batch{}
	if r.beginUnread(b); len(b.Unread) == 0 {
		return
	}
	if err := r.n.commit(r.ctx, b); err != nil {
		clear(r.begun)
		r.n.log.Error("the counts of what is unread could not be begun", "err", err)
	}
}

// unread reads what is unread in a space, and the first message of it.
func (r *room) unread(s op.ID) (u store.Unreads, first string, err error) {
	if u, err = r.n.store.Unread(r.n.ctx, s); err != nil || u.Messages == 0 {
		return u, "", err
	}
	row, ok, err := r.n.store.FirstAlert(r.n.ctx, s, content.Messages, u.Mark)
	if err != nil || !ok {
		return u, "", err
	}
	m, err := content.ParseMessageRow(row.Value)
	return u, msgID(m.ID), err
}

// MarkRead notes that a group was read up to a message. It only goes forward: a screen that is late takes nothing back. The others
// of a small group are told where this person lets them know (Privacy).
func (n *Node) MarkRead(ctx context.Context, group, upTo string) (Group, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return Group{}, err
	}
	mark, err := r.orderOf(s, upTo)
	if err != nil {
		return Group{}, err
	}
	before, err := n.store.Unread(ctx, s)
	if err != nil {
		return Group{}, fmt.Errorf("read unread: %w", err)
	}
	if before.Mark == nil || slices.Compare(mark, before.Mark) > 0 {
		b := &store.Batch{Unread: []store.Unread{{Space: s, Mark: mark}}}
		if before.Messages > 0 {
			b.Events = append(b.Events, r.readChanged(s))
		}
		var werr error
		err := r.ask(ctx, func() {
			tells := r.readers(s) && n.Privacy().ReadReceipts
			if tells { // noted in the same breath, so that it is told however soon this node stops
				b.Meta = append(b.Meta, store.Meta{Key: r.untoldKey(s), Value: mark})
			}
			if werr = n.commit(ctx, b); werr == nil && tells {
				r.readDue[s] = mark
			}
		})
		if err := errors.Join(err, werr); err != nil {
			return Group{}, err
		}
	}
	return r.group(s)
}

func (r *room) readChanged(s op.ID) store.Event {
	e := r.event("read.changed", s, eventRecord{Ref: grpID(s)})
	e.Group = grpID(s)
	return e
}
