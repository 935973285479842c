package node

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// NewEvent invites a group to something.
type NewEvent struct {
	Title, Text, Zone, Place string
	StartsAt, EndsAt         time.Time
	Capacity                 int
}

// EventEdit changes an event; nil leaves a field as it is.
type EventEdit struct {
	Title, Text, Zone, Place *string
	StartsAt, EndsAt         *time.Time
	Capacity                 *int
	Cancelled                *bool
}

func checkEvent(b content.EventBody) error {
	if b.Zone != "" {
		if _, err := time.LoadLocation(b.Zone); err != nil || b.Zone == "Local" {
			return fmt.Errorf("%w: time_zone: an IANA name such as Asia/Kolkata", ErrInvalid)
		}
	}
	return nil
}

func capacity(n int) (uint64, error) {
	if n < 0 || n > content.MaxCapacity {
		return 0, fmt.Errorf("%w: capacity: 1 to %d people, or none for no limit", ErrInvalid, content.MaxCapacity)
	}
	return uint64(n), nil
}

// CreateEvent posts an event; in the announcements it takes the right to announce. It must not be over yet.
func (n *Node) CreateEvent(ctx context.Context, group string, q NewEvent) (CalendarEvent, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return CalendarEvent{}, err
	}
	b := content.EventBody{Title: q.Title, Text: q.Text, Starts: timeOrZero(q.StartsAt), Ends: timeOrZero(q.EndsAt), Zone: q.Zone, Place: q.Place}
	if b.Capacity, err = capacity(q.Capacity); err != nil {
		return CalendarEvent{}, err
	}
	if err := checkEvent(b); err != nil {
		return CalendarEvent{}, err
	}
	if max(b.Starts, b.Ends) < n.now() {
		return CalendarEvent{}, fmt.Errorf("%w: starts_at: that is over already", ErrInvalid)
	}
	m, err := r.send(ctx, s, content.Event, encoded(b))
	if err != nil {
		return CalendarEvent{}, err
	}
	return n.Event(m.ID)
}

func (n *Node) anEvent(id string) (*room, target, error) {
	r, t, _, err := n.aboutMessage(id)
	if err != nil {
		return nil, t, err
	}
	if t.row.Kind != content.Event {
		return nil, t, fmt.Errorf("%w: no event %s", ErrNotFound, id)
	}
	return r, t, nil
}

// Event shows one.
func (n *Node) Event(id string) (CalendarEvent, error) {
	_, t, err := n.anEvent(id)
	if err != nil {
		return CalendarEvent{}, err
	}
	m, err := n.Message(msgID(t.of.ID))
	if err != nil {
		return CalendarEvent{}, err
	}
	if m.Event == nil {
		return CalendarEvent{}, fmt.Errorf("%w: %s is hidden", ErrGone, id)
	}
	return *m.Event, nil
}

// EditEvent changes an event of mine, or calls it off.
func (n *Node) EditEvent(ctx context.Context, id string, e EventEdit) (CalendarEvent, error) {
	r, t, err := n.anEvent(id)
	if err != nil {
		return CalendarEvent{}, err
	}
	if t.of.Author != r.fixed.Member {
		return CalendarEvent{}, ErrNotAuthor
	}
	rows, err := n.store.Rows(n.ctx, t.space, []string{string(t.of.Scheduled())})
	if err != nil {
		return CalendarEvent{}, fmt.Errorf("read event: %w", err)
	}
	row, err := content.ParseScheduledRow(rows[string(t.of.Scheduled())])
	if err != nil {
		return CalendarEvent{}, fmt.Errorf("read event: %w", err)
	}
	b := row.Event
	for _, f := range []struct{ to, from *string }{{&b.Title, e.Title}, {&b.Text, e.Text}, {&b.Zone, e.Zone}, {&b.Place, e.Place}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if e.StartsAt != nil {
		b.Starts = timeOrZero(*e.StartsAt)
	}
	if e.EndsAt != nil {
		b.Ends = timeOrZero(*e.EndsAt)
	}
	if e.Capacity != nil {
		if b.Capacity, err = capacity(*e.Capacity); err != nil {
			return CalendarEvent{}, err
		}
	}
	if e.Cancelled != nil {
		b.Cancelled = *e.Cancelled
	}
	if err := checkEvent(b); err != nil {
		return CalendarEvent{}, err
	}
	body, err := b.Encode()
	if err != nil {
		return CalendarEvent{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := r.say(ctx, t.space, content.Edit, encoded(content.EditBody{Of: t.of, Kind: content.Event, Body: body})); err != nil {
		return CalendarEvent{}, err
	}
	return n.Event(id)
}

// Answer says whether I come to an event: yes, no, maybe, or nothing any more; with so many guests. Over its capacity a yes waits in line.
func (n *Node) Answer(ctx context.Context, id, status string, guests int) (CalendarEvent, error) {
	r, t, err := n.anEvent(id)
	if err != nil {
		return CalendarEvent{}, err
	}
	i := slices.Index(statuses, status)
	if i < 0 {
		return CalendarEvent{}, fmt.Errorf("%w: status: yes, no or maybe", ErrInvalid)
	}
	if guests < 0 || guests > content.MaxGuests || guests > 0 && i != content.Yes {
		return CalendarEvent{}, fmt.Errorf("%w: guests: 0 to %d, of somebody who comes", ErrInvalid, content.MaxGuests)
	}
	now, err := n.Event(id)
	if err != nil {
		return now, err
	}
	if now.Cancelled {
		return now, fmt.Errorf("%w: the event is called off", ErrEventOver)
	}
	if end := timeOrZero(now.StartsAt); max(end, timeOrZero(now.EndsAt)) < n.now() {
		return now, ErrEventOver
	}
	if now.Mine == status && now.MyGuests == guests {
		return now, nil // and keep the place in line
	}
	if err := r.say(ctx, t.space, content.RSVP, encoded(content.RSVPBody{Of: t.of, Status: uint8(i), Guests: uint8(guests)})); err != nil {
		return now, err
	}
	return n.Event(id)
}

// Guest is a member's answer to an event. Waiting: he said yes, and there is no place for him yet.
type Guest struct {
	UserID, DisplayName, Status string
	Guests                      int
	Waiting                     bool
}

// Answers lists who comes, in the order of the line, then who does not, then who may.
func (n *Node) Answers(id string) (out []Guest, err error) {
	r, t, err := n.anEvent(id)
	if err != nil {
		return nil, err
	}
	e, err := n.Event(id)
	if err != nil {
		return nil, err
	}
	rows, err := n.store.List(n.ctx, t.space, t.of.Answers(), store.Range{Limit: 5000})
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	in := seating{}
	if e.Capacity > 0 {
		in = r.seated(t.space, t.of, uint64(e.Capacity))
	}
	err = r.ask(n.ctx, func() {
		names := r.namesIn(t.space)
		for _, row := range rows {
			a, perr := content.ParseRSVPRow(row.Value)
			if perr != nil || row.Key != string(t.of.Answer(a.Member)) {
				continue
			}
			out = append(out, Guest{UserID: a.Member.String(), DisplayName: names[a.Member], Status: statuses[a.Status], Guests: int(a.Guests),
				Waiting: e.Capacity > 0 && a.Status == content.Yes && !in.members[a.Member]})
		}
	})
	return out, err
}

// CalendarRange asks for events that begin between two times (zero: no bound), the earliest first.
type CalendarRange struct {
	From, To time.Time
	Limit    int
}

// Calendar lists the events of a group.
func (n *Node) Calendar(group string, q CalendarRange) ([]CalendarEvent, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return nil, err
	}
	return r.calendar([]op.ID{s}, q)
}

// CommunityCalendar lists the events of every group of a community that I am in, and of its announcements.
func (n *Node) CommunityCalendar(community string, q CalendarRange) ([]CalendarEvent, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	var spaces []op.ID
	if err := r.ask(n.ctx, func() {
		for _, s := range r.c.Spaces() {
			if r.c.Mine(s) {
				spaces = append(spaces, s)
			}
		}
	}); err != nil {
		return nil, err
	}
	return r.calendar(spaces, q)
}

func (r *room) calendar(spaces []op.ID, q CalendarRange) ([]CalendarEvent, error) {
	if q.Limit <= 0 || q.Limit > 200 {
		q.Limit = 200
	}
	bound := func(t time.Time) []byte {
		if t.IsZero() {
			return nil
		}
		return binary.BigEndian.AppendUint64(nil, uint64(max(t.UnixMilli(), 0)))
	}
	out := []CalendarEvent{}
	for _, s := range spaces {
		rows, err := r.n.store.List(r.n.ctx, s, content.Calendar, store.Range{After: bound(q.From), Before: bound(q.To), Limit: q.Limit})
		if err != nil {
			return nil, fmt.Errorf("read the calendar: %w", err)
		}
		var keys []string
		for _, row := range rows {
			if e, err := content.ParseScheduledRow(row.Value); err == nil {
				keys = append(keys, string(content.MessageKey(e.Of.ID)))
			}
		}
		got, err := r.n.store.Rows(r.n.ctx, s, keys)
		if err != nil {
			return nil, fmt.Errorf("read the calendar: %w", err)
		}
		var msgs []store.Row
		for _, k := range keys {
			if v, ok := got[k]; ok {
				msgs = append(msgs, store.Row{Value: v})
			}
		}
		list, err := r.shown(s, msgs)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.Event != nil {
				out = append(out, *m.Event)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b CalendarEvent) int { return a.StartsAt.Compare(b.StartsAt) })
	return out[:min(len(out), q.Limit)], nil
}

// ICS is an event as calendars read it (RFC 5545).
func (e CalendarEvent) ICS(stamp time.Time) string {
	var b strings.Builder
	line := func(name, value string) {
		s := name + ":" + value
		for len(s) > 73 { // lines are folded at 75 bytes, never inside a character
			cut := 73
			for cut > 0 && s[cut]&0xc0 == 0x80 {
				cut--
			}
			b.WriteString(s[:cut] + "\r\n ")
			s = s[cut:]
		}
		b.WriteString(s + "\r\n")
	}
	escape := strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace
	utc := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Pandal//Pandal//EN")
	line("BEGIN", "VEVENT")
	line("UID", e.ID+"@pandal")
	line("DTSTAMP", utc(stamp))
	line("DTSTART", utc(e.StartsAt))
	if !e.EndsAt.IsZero() {
		line("DTEND", utc(e.EndsAt))
	}
	line("SUMMARY", escape(e.Title))
	if e.Text != "" {
		line("DESCRIPTION", escape(e.Text))
	}
	if e.Place != "" {
		line("LOCATION", escape(e.Place))
	}
	if e.Cancelled {
		line("STATUS", "CANCELLED")
	}
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return b.String()
}

// etag sums up the parts that a resource is made of.
func etag(parts ...[]byte) string {
	h := identity.LabelBody.Hash(parts...)
	return hex.EncodeToString(h[:8])
}
