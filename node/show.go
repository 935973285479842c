package node

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// view is what showing messages of a space needs beside their rows, read once for all of them.
type view struct {
	rows     map[string][]byte // what is said about them
	pins     map[[32]byte]content.PinRow
	names    map[identity.UserID]string
	desk     bool // of a community, and I am not of its desk: answers are known by roll-ups
	moderate bool
	now      op.Millis
}

func (v view) at(k content.RowKey) []byte { return v.rows[string(k)] }

func refOf(m content.MessageRow) content.Ref { return content.Ref{ID: m.ID, Author: m.Author} }

// shown turns rows into messages, with names, what is said about them and what is known of their delivery: two reads for any number of rows.
func (r *room) shown(s op.ID, rows []store.Row) (out []Message, err error) {
	var list []content.MessageRow
	var keys []string
	add := func(k content.RowKey) { keys = append(keys, string(k)) }
	me := r.fixed.Member
	for _, row := range rows {
		m, perr := content.ParseMessageRow(row.Value)
		if perr != nil {
			continue
		}
		list = append(list, m)
		of := refOf(m)
		keys = append(keys, ackKey(m.ID))
		add(of.About())
		switch b := m.Content().(type) {
		case *content.AnnouncementBody:
			add(of.Acked(me))
		case *content.PollBody:
			ballot := b.Ballot(of)
			add(ballot.Count())
			add(ballot.Closed())
			add(ballot.Vote(me))
		case *content.EventBody:
			add(of.Scheduled())
			add(of.Attendance())
			add(of.Answer(me))
		}
		if s == r.id {
			add(of.RolledUp())
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	v := view{pins: map[[32]byte]content.PinRow{}}
	if v.rows, err = r.n.store.Rows(r.n.ctx, s, keys); err != nil {
		return nil, fmt.Errorf("read what is said about messages: %w", err)
	}
	keys = keys[:0]
	for _, m := range list {
		of := refOf(m)
		a, aerr := content.ParseAboutRow(v.at(of.About()))
		if aerr == nil && a.Edited.Set() {
			add(of.Edited())
		}
		if aerr == nil && len(a.Reactions) > 0 || s == r.id {
			add(of.Reacted(me))
		}
	}
	more, err := r.n.store.Rows(r.n.ctx, s, keys)
	if err != nil {
		return nil, fmt.Errorf("read what is said about messages: %w", err)
	}
	for k, x := range more {
		v.rows[k] = x
	}
	pins, err := r.n.store.List(r.n.ctx, s, content.Pinned, store.Range{Limit: maxPins, Newest: true})
	if err != nil {
		return nil, fmt.Errorf("read pins: %w", err)
	}
	for _, row := range pins {
		if p, perr := content.ParsePinRow(row.Value); perr == nil {
			v.pins[p.ID] = p
		}
	}
	err = r.ask(r.n.ctx, func() {
		marks, reads := r.watermarks(s), r.readsOf(s)
		v.names, v.now = r.namesIn(s), r.n.now()
		v.desk = s == r.id && !r.c.OnDesk(me)
		if st := r.c.State(s); st != nil {
			bits, _ := st.Rights(me)
			v.moderate = bits&op.MODERATE != 0
		}
		for _, m := range list {
			d, _, _ := r.delivery(s, m, marks, reads, v.rows[ackKey(m.ID)])
			out = append(out, r.message(s, m, v, d))
		}
	})
	return out, err
}

// maxPins bounds the pins of a space that are shown.
const maxPins = 100

// message shows one, without asking the store. Owner only.
func (r *room) message(s op.ID, m content.MessageRow, v view, d Delivery) Message {
	of := refOf(m)
	out := Message{ID: msgID(m.ID), GroupID: grpID(s), CommunityID: r.name(), AuthorID: m.Author.String(), AuthorName: v.names[m.Author], Kind: "unknown",
		Mentions: []string{}, Reactions: []Reaction{}, Delivery: d, CreatedAt: timeOf(m.Time), Order: orderName(content.Order(m.Lamport, m.ID))}
	_, out.Starred = r.private().stars[m.ID]
	out.Blocked = r.private().blocked[m.Author]
	about, _ := content.ParseAboutRow(v.at(of.About()))
	out.ThreadCount = int(about.Replies)
	if p, ok := v.pins[m.ID]; ok && (p.Until == 0 || p.Until > v.now) {
		out.PinnedUntil = PinForever
		if p.Until > 0 {
			out.PinnedUntil = timeOf(p.Until)
		}
	}
	switch m.Kind {
	case content.Text:
		out.Kind = "text"
	case content.Announcement:
		out.Kind = "announcement"
	case content.Poll:
		out.Kind = "poll"
	case content.Event:
		out.Kind = "event"
	}
	up, rolled := content.ParseRollUpRow(v.at(of.RolledUp()))
	counted := about
	if v.desk && rolled == nil {
		counted.Acks, counted.Reactions, counted.Replies = up.Up.Acks, up.Up.Reactions, up.Up.Replies
		out.ThreadCount = int(max(counted.Replies, about.Replies))
	}
	switch {
	case about.Deleted.Set():
		out.Deleted = &Deleted{By: out.AuthorID}
		return out
	case about.Hidden.Hidden:
		out.Deleted = &Deleted{Hidden: true}
		if len(about.Hidden.By) == 32 {
			out.Deleted.By = identity.UserID(about.Hidden.By).String()
		}
		if !v.moderate {
			return out
		}
		out.Deleted.Reason = about.Hidden.Reason
	}
	out.Reactions = r.reactions(of, counted, v)
	body := m.Content()
	if e, err := content.ParseEditRow(v.at(of.Edited())); err == nil && e.Kind == m.Kind && about.Edited.Set() {
		out.EditedAt = timeOf(about.Edited.Time)
		body = edited(body, content.Parse(e.Kind, e.Body))
	}
	switch b := body.(type) {
	case *content.TextBody:
		out.Text = b.Text
		if len(b.Reply) == 32 {
			out.ReplyTo = msgID([32]byte(b.Reply))
		}
		if root, in := content.RefOf(b.Thread); in {
			out.ThreadRoot = msgID(root.ID)
		}
		for _, u := range b.Mentions {
			out.Mentions = append(out.Mentions, u.String())
		}
	case *content.AnnouncementBody:
		out.Text = b.Text
		out.Announcement = &Announcement{Groups: []string{}, Priority: priorities[b.Priority], AckWanted: b.AckWanted, Acks: int(counted.Acks), Reached: d.Reached,
			Acked: v.at(of.Acked(r.fixed.Member)) != nil, Replies: []string{"off", "threaded"}[b.Replies]}
		if v.desk && rolled == nil {
			out.Announcement.Reached = max(d.Reached, int(up.Up.Reached))
		}
		for _, g := range b.Groups {
			out.Announcement.Groups = append(out.Announcement.Groups, grpID(g))
		}
	case *content.PollBody:
		out.Text = b.Question
		out.Poll = r.poll(s, of, *b, v)
	case *content.EventBody:
		if sc, err := content.ParseScheduledRow(v.at(of.Scheduled())); err == nil {
			b = &sc.Event
			if about.Edited.Set() {
				out.EditedAt = timeOf(sc.At.Time)
			}
		}
		out.Text = b.Title
		out.Event = r.calendarEvent(s, of, *b, v)
	}
	return out
}

// edited is a body as an edit of the same kind leaves it: what a text answers and what an announcement asks stay as they were.
func edited(was, now any) any {
	switch w := was.(type) {
	case *content.TextBody:
		if n, ok := now.(*content.TextBody); ok {
			return &content.TextBody{Text: n.Text, Mentions: n.Mentions, Reply: w.Reply, Thread: w.Thread}
		}
	case *content.AnnouncementBody:
		if n, ok := now.(*content.AnnouncementBody); ok {
			c := *w
			c.Text = n.Text
			return &c
		}
	}
	return was
}

// maxReactionsShown: of one message no screen shows more.
const maxReactionsShown = 32

func (r *room) reactions(of content.Ref, a content.AboutRow, v view) []Reaction {
	mine := map[string]bool{}
	if x, err := content.ParseReactedRow(v.at(of.Reacted(r.fixed.Member))); err == nil {
		for _, e := range x.All {
			mine[e.Emoji] = e.Stands()
		}
	}
	out := []Reaction{}
	known := map[string]bool{}
	for _, t := range a.Reactions {
		out, known[t.Emoji] = append(out, Reaction{Emoji: t.Emoji, Count: int(t.Count), Mine: mine[t.Emoji]}), true
	}
	for e, stands := range mine { // not in the roll-up yet
		if stands && !known[e] {
			out = append(out, Reaction{Emoji: e, Count: 1, Mine: true})
		}
	}
	sortReactions(out)
	return out[:min(len(out), maxReactionsShown)]
}

// poll shows a poll. Owner only.
func (r *room) poll(s op.ID, of content.Ref, b content.PollBody, v view) *Poll {
	ballot := b.Ballot(of)
	out := &Poll{ID: polID(of.ID), MessageID: msgID(of.ID), GroupID: grpID(s), Question: b.Question, Multiple: b.Multiple, Anonymous: b.Anonymous, AfterClose: b.AfterClose,
		Mine: of.Author == r.fixed.Member}
	_, err := content.ParseClosedRow(v.at(ballot.Closed()))
	out.Closed = err == nil
	if b.Closes > 0 {
		out.ClosesAt = timeOf(b.Closes)
		out.Closed = out.Closed || b.Closes <= v.now
	}
	count, _ := content.ParseCountRow(v.at(ballot.Count()))
	if up, err := content.ParseRollUpRow(v.at(of.RolledUp())); v.desk && err == nil {
		count = content.CountRow{Votes: up.Up.Votes, Voters: up.Up.Voters}
	}
	mine, _ := content.ParseVoteRow(v.at(ballot.Vote(r.fixed.Member)))
	out.Voters = int(count.Voters)
	for i, text := range b.Options {
		o := PollOption{ID: strconv.Itoa(i + 1), Text: text}
		if i < len(count.Votes) && (!b.AfterClose || out.Closed) {
			o.Votes = int(count.Votes[i])
		}
		for _, x := range mine.Options {
			o.Mine = o.Mine || int(x) == i
		}
		out.Options = append(out.Options, o)
	}
	return out
}

// calendarEvent shows an event, as far as its rows tell without its list: whether I wait is asked of the list where it may be so. Owner only.
func (r *room) calendarEvent(s op.ID, of content.Ref, b content.EventBody, v view) *CalendarEvent {
	out := &CalendarEvent{ID: evtID(of.ID), MessageID: msgID(of.ID), GroupID: grpID(s), CommunityID: r.name(), Title: b.Title, Text: b.Text, StartsAt: timeOf(b.Starts), Zone: b.Zone,
		Place: b.Place, Capacity: int(b.Capacity), Cancelled: b.Cancelled, ByMe: of.Author == r.fixed.Member}
	if b.Ends > 0 {
		out.EndsAt = timeOf(b.Ends)
	}
	a, _ := content.ParseAttendanceRow(v.at(of.Attendance()))
	if up, err := content.ParseRollUpRow(v.at(of.RolledUp())); v.desk && err == nil {
		a = content.AttendanceRow{Yes: up.Up.Yes, No: up.Up.No, Maybe: up.Up.Maybe}
	}
	out.Yes, out.No, out.Maybe = int(a.Yes), int(a.No), int(a.Maybe)
	mine, err := content.ParseRSVPRow(v.at(of.Answer(r.fixed.Member)))
	if err == nil {
		out.Mine, out.MyGuests = statuses[mine.Status], int(mine.Guests)
	}
	switch {
	case b.Capacity == 0 || a.Yes <= b.Capacity:
	case v.desk: // who is in line is the desk's to know
		out.Yes, out.Waiting = int(b.Capacity), out.Yes-int(b.Capacity)
	default:
		in := r.seated(s, of, b.Capacity)
		out.Waiting = out.Yes - in.people
		out.Yes = in.people
		out.IWait = err == nil && mine.Status == content.Yes && !in.members[r.fixed.Member]
	}
	out.ETag = etag(of.ID[:], v.at(of.Scheduled()), v.at(of.Attendance()), v.at(of.Answer(r.fixed.Member)))
	return out
}

var statuses = []string{"", "yes", "no", "maybe"}

type seating struct {
	people  int
	members map[identity.UserID]bool
}

// seated walks the line of those who come until the places are taken: first come, first served, and nobody is overtaken. A company that does not fit
// whole waits, and who comes after it too.
func (r *room) seated(s op.ID, of content.Ref, capacity uint64) seating {
	in := seating{members: map[identity.UserID]bool{}}
	rows, err := r.n.store.List(r.n.ctx, s, of.Answers(), store.Range{Before: []byte{content.Yes + 1}, Limit: int(capacity)})
	if err != nil {
		return in
	}
	for _, row := range rows {
		a, err := content.ParseRSVPRow(row.Value)
		if err != nil || a.Status != content.Yes {
			continue
		}
		if in.people+1+int(a.Guests) > int(capacity) {
			break
		}
		in.people += 1 + int(a.Guests)
		in.members[a.Member] = true
	}
	return in
}

func timeOrZero(t time.Time) op.Millis {
	if t.IsZero() {
		return 0
	}
	return op.Millis(t.UnixMilli())
}
