package content

import (
	"encoding/binary"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Limits of an event.
const (
	MaxTitle    = 256
	MaxEvent    = 16 << 10 // bytes of its description
	MaxPlace    = 512
	MaxCapacity = 100_000
	MaxGuests   = 20
	maxZone     = 64
)

// EventBody is something people meet for. Rule: the author's last by (lamport, id) stands, of the event itself and its edits; deleted, it is in the calendar no more.
type EventBody struct {
	_         struct{} `cbor:",toarray"`
	Title     string
	Text      string
	Starts    op.Millis
	Ends      op.Millis // 0: not said
	Zone      string    // IANA name of the time zone it is meant in, or empty
	Place     string
	Capacity  uint64 // people, guests included; 0: no limit
	Cancelled bool
}

// Status of an answer to an invitation.
const (
	NoAnswer = iota
	Yes
	No
	Maybe
)

// RSVPBody says whether its author comes, and with how many others. Rule: a member's last by (lamport, id) stands, and has its place in the line by
// (lamport, id): who changes his answer goes to the end.
type RSVPBody struct {
	_      struct{} `cbor:",toarray"`
	Of     Ref
	Status uint8
	Guests uint8
}

// ScheduledRow is the value of an event's row in the calendar.
type ScheduledRow struct {
	_     struct{} `cbor:",toarray"`
	Of    Ref
	At    Stamp
	Event EventBody
}

// RSVPRow is the value of the row of a member's answer.
type RSVPRow struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	At     Stamp
	Status uint8
	Guests uint8
}

// AttendanceRow is the value of the row of how many come to an event. Yes counts people, guests included; the others answers.
type AttendanceRow struct {
	_     struct{} `cbor:",toarray"`
	Yes   uint64
	No    uint64
	Maybe uint64
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b EventBody) Encode() ([]byte, error) { return encode(b) }
func (b RSVPBody) Encode() ([]byte, error)  { return encode(b) }

// ParseEvent reads an event strictly. It errs with ErrBody.
func ParseEvent(raw []byte) (b EventBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b EventBody) check() error {
	for _, f := range []struct {
		name, text string
		limit      int
		empty      bool
	}{{"title", b.Title, MaxTitle, false}, {"text", b.Text, MaxEvent, true}, {"place", b.Place, MaxPlace, true}, {"time_zone", b.Zone, maxZone, true}} {
		if err := checkText(f.name, f.text, f.limit, f.empty); err != nil {
			return err
		}
	}
	switch {
	case b.Starts <= 0:
		return bad("starts_at", "must be given")
	case b.Ends != 0 && b.Ends < b.Starts:
		return bad("ends_at", "not before it starts")
	case b.Capacity > MaxCapacity:
		return bad("capacity", "at most 100000")
	}
	return nil
}

func (b RSVPBody) check() error {
	switch {
	case b.Status > Maybe:
		return bad("status", "0 to 3")
	case b.Guests > MaxGuests || b.Guests > 0 && b.Status != Yes:
		return bad("guests", "at most 20, of somebody who comes")
	}
	return nil
}

// Scheduled is the key of an event's row in the calendar.
func (r Ref) Scheduled() RowKey { return r.key("c") }

func eventKeys(m Msg) []RowKey {
	if m.Parsed == nil && Parse(m.Kind, m.Body) == nil {
		return nil
	}
	return []RowKey{MessageKey(m.ID), Ref{ID: m.ID, Author: m.Author}.Scheduled()}
}

func eventLooks(m Msg) []RowKey { return []RowKey{Ref{ID: m.ID, Author: m.Author}.About()} }

func foldEvent(rows Rows, m Msg) []Row {
	out := foldMessage(rows, m)
	b, ok := Parse(m.Kind, m.Body).(*EventBody)
	of := Ref{ID: m.ID, Author: m.Author}
	if !ok || about(rows, of).Deleted.Set() {
		return out
	}
	return append(out, schedule(rows, of, stampOf(m), *b)...)
}

// schedule puts an event into the calendar, where nothing newer is said of it.
func schedule(rows Rows, of Ref, at Stamp, b EventBody) []Row {
	if old, err := ParseScheduledRow(rows[of.Scheduled()].Value); err == nil && old.At.compare(at) >= 0 {
		return nil
	}
	order := append(binary.BigEndian.AppendUint64(nil, uint64(b.Starts)), of.ID[:]...)
	out := row(of.Scheduled(), Calendar, order, ScheduledRow{Of: of, At: at, Event: b})
	for i := range out {
		out[i].say(&b, of.Author)
	}
	return out
}

// ParseScheduledRow reads a row that Fold wrote.
func ParseScheduledRow(v []byte) (r ScheduledRow, err error) {
	err = parse(v, &r)
	return r, err
}

// Answer is the key of the row of a member's answer to an event, Attendance that of the counts; Answers names the list of answers: those who come first,
// in the order of the line.
func (r Ref) Answer(m identity.UserID) RowKey { return r.key("y", m[:]) }
func (r Ref) Attendance() RowKey              { return r.key("g") }
func (r Ref) Answers() string                 { return r.list("y") }

func rsvpKeys(m Msg) []RowKey {
	var b RSVPBody
	if read(m.Body, &b) != nil {
		return nil
	}
	return []RowKey{b.Of.Answer(m.Author), b.Of.Attendance()}
}

func foldRSVP(rows Rows, m Msg) []Row {
	var b RSVPBody
	if read(m.Body, &b) != nil {
		return nil
	}
	key, at := b.Of.Answer(m.Author), stampOf(m)
	old, _ := ParseRSVPRow(rows[key].Value)
	if old.At.Set() && old.At.compare(at) >= 0 {
		return nil
	}
	a, _ := ParseAttendanceRow(rows[b.Of.Attendance()].Value)
	a.count(old, -1)
	r := RSVPRow{Member: m.Author, At: at, Status: b.Status, Guests: b.Guests}
	a.count(r, 1)
	list := b.Of.Answers()
	if b.Status == NoAnswer {
		list = ""
	}
	out := row(key, list, append([]byte{b.Status}, Order(m.Lamport, m.ID)...), r)
	return append(out, row(b.Of.Attendance(), "", nil, a)...)
}

func (a *AttendanceRow) count(r RSVPRow, by int) {
	switch r.Status {
	case Yes:
		a.Yes += uint64(by * (1 + int(r.Guests)))
	case No:
		a.No += uint64(by)
	case Maybe:
		a.Maybe += uint64(by)
	}
}

// ParseRSVPRow reads a row that Fold wrote.
func ParseRSVPRow(v []byte) (r RSVPRow, err error) {
	err = parse(v, &r)
	return r, err
}

// ParseAttendanceRow reads a row that Fold wrote.
func ParseAttendanceRow(v []byte) (r AttendanceRow, err error) {
	err = parse(v, &r)
	return r, err
}
