package crdt

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// asideAfter: a message this far ahead of my clock is kept aside until its time comes.
const asideAfter = op.Millis(10 * 60_000)

// batch gathers the effects of one call.
type batch struct {
	c     *Community
	now   op.Millis
	rows  Rows
	eff   Effects
	quiet bool    // loading: everything is stored already
	since changes // what the ops so far have changed
	whole int     // while loading: how many ops there were when the states were last computed anew
	wants map[op.ID]*Want
}

// Apply takes in what was checked. rows are what is stored under TouchedBy(in). The result is to be performed at once and in order.
// Applying the same things again, or in another order, ends in the same state.
func (c *Community) Apply(in []Checked, rows Rows, now op.Millis) Effects {
	b := &batch{c: c, now: now, rows: rows}
	for _, ck := range in {
		if ck.op != nil {
			b.takeOp(ck)
		}
	}
	c.settle(b)
	for _, ck := range in {
		if ck.msg != nil {
			b.takeMessage(ck)
		}
	}
	return b.done()
}

// TouchedBy names the rows that applying in will read, by space.
func (c *Community) TouchedBy(in []Checked) map[op.ID][]content.RowKey {
	out := map[op.ID][]content.RowKey{}
	for _, ck := range in {
		if ck.msg == nil || ck.op != nil {
			continue
		}
		if m, _ := c.contentOf(ck); !content.Alone(m) {
			out[m.Space] = append(append(out[m.Space], content.Touches(m)...), content.Looks(m)...)
		}
	}
	return out
}

// DraftRows names the rows that posting a message of mine will read.
func (c *Community) DraftRows(space op.ID, kind content.Kind, body []byte, now op.Millis) map[op.ID][]content.RowKey {
	m := content.Msg{Space: space, Author: c.self.Member, Device: c.self.Device.ID(), Lamport: now, Kind: kind, Body: body}
	if m.Parsed = content.Parse(kind, body); content.Alone(m) {
		return nil
	}
	return map[op.ID][]content.RowKey{space: append(content.Touches(m), content.Looks(m)...)}
}

// Looked names the rows that folding a stored message looks at and leaves.
func (c *Community) Looked(ck Checked) []content.RowKey {
	m, _ := c.contentOf(ck)
	return content.Looks(m)
}

// Following returns the row to be folded again once those of a stored message were, empty for none.
func (c *Community) Following(ck Checked) content.RowKey {
	m, _ := c.contentOf(ck)
	return content.Again(m)
}

// Beyond reports that a message cannot have been applied before: its number is above all that were of its device.
func (c *Community) Beyond(ck Checked) bool {
	s := c.spaces[ck.msg.Space]
	return s == nil || s.chains[ck.msg.Device] == nil || ck.msg.Seq > s.chains[ck.msg.Device].top
}

// Touched names the rows that a stored message has part in.
func (c *Community) Touched(ck Checked) []content.RowKey {
	m, _ := c.contentOf(ck)
	return content.Touches(m)
}

func (b *batch) done() Effects {
	for _, w := range b.wants {
		b.eff.Want = append(b.eff.Want, *w)
	}
	if b.quiet {
		return Effects{}
	}
	return b.eff
}

func (b *batch) want(space op.ID) *Want {
	if b.wants == nil {
		b.wants = map[op.ID]*Want{}
	}
	if b.wants[space] == nil {
		b.wants[space] = &Want{Space: space}
	}
	return b.wants[space]
}

func (b *batch) event(typ string, space op.ID, m identity.UserID, ref [32]byte) {
	if !b.quiet {
		b.eff.Events = append(b.eff.Events, Event{Type: typ, Space: space, Member: m, Ref: ref})
	}
}

// takeOp integrates an op, and all that waited for it; or lets it wait.
func (b *batch) takeOp(ck Checked) {
	c := b.c
	if o := ck.op; o.Kind() == op.Genesis && !c.belongs(o) {
		return // another community's
	}
	queue := []Checked{ck}
	for len(queue) > 0 {
		ck, queue = queue[0], queue[1:]
		id := ck.op.ID()
		if c.log.Has(id) {
			continue
		}
		e := acl.EntryOf(ck.op)
		e.Proven = ck.proven
		if miss := c.log.Missing(e); len(miss) > 0 {
			if _, waits := c.waiting[id]; !waits && len(c.waiting) < maxWaiting {
				c.waiting[id] = Checked{op: ck.op, proven: ck.proven}
				for _, m := range miss {
					c.waitedFor[m] = append(c.waitedFor[m], id)
				}
			}
			w := b.want(c.id)
			w.Ops = append(w.Ops, miss...)
			continue
		}
		if c.log.Add(e) != nil {
			continue // its edges lead where they must not: no honest node made it
		}
		b.eff.Store.Ops = append(b.eff.Store.Ops, StoredOpBytes{Space: ck.op.Home(), ID: id, Bytes: ck.op.Raw(), Proven: c.log.Proven(id)})
		b.step(ck.op)
		switch ck.op.Kind() {
		case op.Epoch:
			if !slices.Contains(c.above, ck.op.Space) { // their keys are theirs
				b.takeEpoch(ck.op)
			}
		case op.Invite:
			if waiting := c.unproved[id]; len(waiting) > 0 {
				delete(c.unproved, id)
				b.eff.Refold = append(b.eff.Refold, Refold{Space: c.id, Wires: waiting})
			}
		}
		for _, wid := range c.waitedFor[id] {
			w, still := c.waiting[wid]
			if still && len(c.log.Missing(acl.EntryOf(w.op))) == 0 {
				delete(c.waiting, wid)
				queue = append(queue, w)
			}
		}
		delete(c.waitedFor, id)
	}
}

// contentOf turns an opened message into what the fold reads; false while nobody registered its device.
func (c *Community) contentOf(ck Checked) (content.Msg, bool) {
	m := ck.msg
	author, ok := c.log.Registered(m.Device)
	if m.Desk && content.Kind(m.Kind) == content.JoinRequest { // he is nobody here yet, and says who he is
		if r, err := content.ParseJoinRequest(m.Body); err == nil {
			author, ok = r.Member(), true
		}
	}
	return content.Msg{ID: m.WireID, Space: m.Space, Author: author, Device: m.Device, Seq: m.Seq, Lamport: m.Lamport, Time: m.Time,
		Kind: content.Kind(m.Kind), Body: m.Body, Parsed: ck.body, Deleted: m.Gone == epoch.Deleted}, ok && m.Gone != epoch.Expired
}

// takeMessage stores a wire and folds it if it counts.
func (b *batch) takeMessage(ck Checked) {
	if ck.msg.Desk {
		b.takeDesk(ck)
		return
	}
	c, m := b.c, ck.msg
	s := c.space(m.Space)
	cm, known := c.contentOf(ck)
	if !known {
		return // its author's op is not here: sync brings both
	}
	if c.over(s, m.Epoch, cm, b.now) {
		return // its time is over: whoever still has it will see that too
	}
	tag, day, _ := epoch.Peek(ck.wire)
	b.eff.Store.Wires = append(b.eff.Store.Wires, StoredWire{ID: m.WireID, Space: m.Space, Tag: tag, Day: day, Device: m.Device, Seq: m.Seq,
		Lamport: m.Lamport, Kind: cm.Kind, Bytes: ck.wire})
	ch := s.chains[m.Device]
	if ch == nil {
		ch = &chain{}
		s.chains[m.Device] = ch
	}
	ch.add(m)
	if m.Lamport <= b.now+asideAfter {
		s.lamport = max(s.lamport, m.Lamport)
	}
	s.recent[m.Epoch] = b.now
	if !content.Alone(cm) { // what is shown as it was written has part in no row but its own
		for _, k := range content.Touches(cm) {
			if k != content.MessageKey(m.WireID) {
				b.eff.Store.Touches = append(b.eff.Store.Touches, Touch{Space: m.Space, Key: k, Wire: m.WireID})
			}
		}
	}
	held := b.holdTo(s, ck)
	if cm.Kind == content.Op {
		return
	}
	if m.Lamport > b.now+asideAfter {
		b.putAside(s, cm)
		return
	}
	if !held {
		return
	}
	if c.counts(s, cm, m.Epoch) {
		b.fold(s, cm)
	}
	if mine := m.Device == c.self.Device.ID(); !mine && content.Shown(cm.Kind) {
		s.marks[m.Device] = ch.high
	}
}

func (b *batch) fold(s *space, m content.Msg) {
	rows := b.rows[s.id]
	made := content.Fold(rows, m)
	for _, r := range made {
		if b.eff.Store.Rows == nil {
			b.eff.Store.Rows = map[op.ID][]content.Row{}
		}
		b.eff.Store.Rows[s.id] = append(b.eff.Store.Rows[s.id], r)
		if rows == nil {
			rows = content.Rows{}
			if b.rows == nil {
				b.rows = Rows{}
			}
			b.rows[s.id] = rows
		}
		if rows[r.Key] = r; r.Value == nil {
			delete(rows, r.Key)
		}
	}
	if k := content.Again(m); k != "" && len(made) > 0 {
		b.eff.Refold = append(b.eff.Refold, Refold{Space: s.id, Rows: []content.RowKey{k}})
	}
	b.purge(s, m)
	b.tellOf(s, m, len(made) > 0)
}

// putAside keeps a message until its time comes (Tick).
func (s *space) putAside(m content.Msg) {
	if !slices.ContainsFunc(s.aside, func(a Aside) bool { return a.Wire == m.ID }) {
		s.aside = append(s.aside, Aside{m.ID, m.Lamport})
	}
}

func (b *batch) putAside(s *space, m content.Msg) {
	s.putAside(m)
	b.keepAside(s)
}

// keepAside has the list of what is aside stored.
func (b *batch) keepAside(s *space) {
	if b.eff.Store.Aside == nil {
		b.eff.Store.Aside = map[op.ID][]Aside{}
	}
	b.eff.Store.Aside[s.id] = slices.Clone(s.aside)
}

// Refolded folds rows again from all stored messages that touch them: keys are the rows, msgs those messages in any order, looked what is stored of the
// rows that they look at. What no message that counts makes any more is deleted.
func (c *Community) Refolded(space op.ID, keys []content.RowKey, msgs []Checked, looked content.Rows, now op.Millis) Store {
	s := c.space(space)
	rows, made, aside := content.Rows{}, map[content.RowKey]bool{}, false
	for _, ck := range msgs {
		m, ok := c.contentOf(ck)
		if !ok {
			continue
		}
		for _, k := range content.Looks(m) {
			if r, there := looked[k]; there && !made[k] {
				rows[k] = r
			}
		}
		if m.Lamport > now+asideAfter { // my clock was set back since it was folded
			s.putAside(m)
			aside = true
			continue
		}
		if ck.msg.Desk && !c.deskCounts(m) || !ck.msg.Desk && !c.counts(s, m, ck.msg.Epoch) {
			continue
		}
		for _, r := range content.Fold(rows, m) {
			made[r.Key] = true
			if rows[r.Key] = r; r.Value == nil {
				delete(rows, r.Key)
			}
		}
	}
	out := Store{Rows: map[op.ID][]content.Row{}}
	if aside {
		out.Aside = map[op.ID][]Aside{space: slices.Clone(s.aside)}
	}
	for _, k := range keys {
		r, ok := rows[k]
		if !ok {
			r = content.Row{Key: k}
		}
		out.Rows[space] = append(out.Rows[space], r)
	}
	return out
}

// Tick does what only time brings: messages that were ahead of the clock are folded now.
func (c *Community) Tick(now op.Millis) Effects {
	b := &batch{c: c, now: now}
	for _, s := range c.spaces {
		var due [][32]byte
		s.aside = slices.DeleteFunc(s.aside, func(a Aside) bool {
			if a.Lamport <= now+asideAfter {
				due = append(due, a.Wire)
				return true
			}
			return false
		})
		if len(due) > 0 {
			b.keepAside(s)
			b.eff.Refold = append(b.eff.Refold, Refold{Space: s.id, Wires: due})
		}
		for e, at := range s.recent {
			if now-at > asideAfter {
				delete(s.recent, e)
			}
		}
	}
	return b.done()
}
