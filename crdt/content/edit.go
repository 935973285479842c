package content

import (
	"bytes"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// EditBody gives a message of its author's a new body of the same kind: a text, an announcement or an event. Rule: the author's last by (lamport, id)
// stands; once the message is deleted, none does. Of a text its words and mentions are taken, of an announcement its words.
type EditBody struct {
	_    struct{} `cbor:",toarray"`
	Of   Ref
	Kind Kind
	Body []byte
}

// DeleteBody takes a message of its author's away. Rule: it is deleted once any such is there; the first by (lamport, id) tells when. Where the message
// itself is not here, the first that says where it stood makes a row in its place, which goes as soon as the message comes.
type DeleteBody struct {
	_     struct{} `cbor:",toarray"`
	Of    Ref
	Stood Stood // zero: not said
}

// Stood is where a deleted message stood, on its author's word: what those who had the message know of it still.
type Stood struct {
	_       struct{} `cbor:",toarray"`
	Device  identity.DeviceID
	Seq     uint64
	Lamport op.Millis
	Time    op.Millis
	Kind    Kind
	Thread  []byte // id and author of the message whose thread it was in, or empty
}

// bareDelete is a deletion that does not say where the message stood.
type bareDelete struct {
	_  struct{} `cbor:",toarray"`
	Of Ref
}

// StoodAt is what a deletion says of a message that its author has.
func StoodAt(m MessageRow) Stood {
	return Stood{Device: m.Device, Seq: m.Seq, Lamport: m.Lamport, Time: m.Time, Kind: m.Kind, Thread: append([]byte{}, Rest(m.Kind, m.Body)...)}
}

// EditRow is the value of the row of a message's newest edit.
type EditRow struct {
	_    struct{} `cbor:",toarray"`
	At   Stamp
	Kind Kind
	Body []byte
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b EditBody) Encode() ([]byte, error) { return encode(b) }

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b DeleteBody) Encode() ([]byte, error) {
	if b.Stood.Kind == 0 {
		return op.Encode(bareDelete{Of: b.Of})
	}
	if b.Stood.Thread == nil {
		b.Stood.Thread = []byte{}
	}
	return encode(b)
}

// ParseEdit reads an edit strictly. It errs with ErrBody.
func ParseEdit(raw []byte) (b EditBody, err error) {
	err = read(raw, &b)
	return b, err
}

// ParseDelete reads a deletion strictly. It errs with ErrBody.
func ParseDelete(raw []byte) (b DeleteBody, err error) {
	if bare := (bareDelete{}); parse(raw, &bare) == nil {
		return DeleteBody{Of: bare.Of}, nil
	}
	err = read(raw, &b)
	return b, err
}

func (b EditBody) check() error {
	if b.Kind != Text && b.Kind != Announcement && b.Kind != Event {
		return bad("kind", "a text, an announcement or an event")
	}
	if Parse(b.Kind, b.Body) == nil {
		return bad("body", "must be well formed")
	}
	return nil
}

func (b DeleteBody) check() error {
	s := b.Stood
	switch {
	case !Shown(s.Kind):
		return bad("kind", "of a message that is shown")
	case s.Seq == 0 || s.Lamport <= 0 || s.Time < 0:
		return bad("stood", "a place in its author's chain and in time")
	case s.Thread == nil || len(s.Thread) != 0 && (len(s.Thread) != refSize || s.Kind != Text):
		return bad("thread", "want a message id and its author, of a text")
	}
	return nil
}

// Edited is the key of the row of a message's newest edit; an event has it in the calendar instead.
func (r Ref) Edited() RowKey { return r.key("e") }

func editKeys(m Msg) []RowKey {
	b, err := ParseEdit(m.Body)
	switch {
	case err != nil || b.Of.Author != m.Author:
		return nil
	case b.Kind == Event:
		return []RowKey{b.Of.About(), b.Of.Scheduled()}
	}
	return []RowKey{b.Of.About(), b.Of.Edited()}
}

func foldEdit(rows Rows, m Msg) []Row {
	b, err := ParseEdit(m.Body)
	if err != nil {
		return nil
	}
	var out []Row
	a, at := about(rows, b.Of), stampOf(m)
	if a.Deleted.Set() {
		return nil
	}
	if a.Edited.compare(at) < 0 {
		a.Edited = at
		out = a.row(b.Of)
	}
	if b.Kind == Event {
		e, _ := Parse(Event, b.Body).(*EventBody)
		return append(out, schedule(rows, b.Of, at, *e)...)
	}
	if old, err := ParseEditRow(rows[b.Of.Edited()].Value); err == nil && old.At.compare(at) >= 0 {
		return out
	}
	newest := row(b.Of.Edited(), "", nil, EditRow{At: at, Kind: b.Kind, Body: b.Body})
	for i := range newest {
		newest[i].say(Parse(b.Kind, b.Body), m.Author)
	}
	return append(out, newest...)
}

// ParseEditRow reads a row that Fold wrote.
func ParseEditRow(v []byte) (r EditRow, err error) {
	err = parse(v, &r)
	return r, err
}

func deleteKeys(m Msg) []RowKey {
	b, err := ParseDelete(m.Body)
	if err != nil || b.Of.Author != m.Author {
		return nil
	}
	keys := []RowKey{b.Of.About(), b.Of.Edited(), b.Of.Scheduled()}
	if b.Stood.Kind != 0 {
		keys = append(keys, MessageKey(b.Of.ID))
	}
	return keys
}

// toldRow is the row of a message that is not here: a MessageRow without a body, and which deletion tells of it.
type toldRow struct {
	_       struct{} `cbor:",toarray"`
	ID      [32]byte
	Author  identity.UserID
	Device  identity.DeviceID
	Seq     uint64
	Lamport op.Millis
	Time    op.Millis
	Kind    Kind
	Body    []byte
	Told    []byte // Order of the deletion
}

func isTold(v []byte) bool { return len(v) > 0 && v[0] == cborArray|9 }

// placeholder is the row of the message, where it is not here and no deletion before this one tells of it. A place that is not before the deletion is none.
func (b DeleteBody) placeholder(rows Rows, m Msg) []Row {
	s, key, told := b.Stood, MessageKey(b.Of.ID), Order(m.Lamport, m.ID)
	place := Order(s.Lamport, b.Of.ID)
	if s.Kind == 0 || bytes.Compare(place, told) >= 0 {
		return nil
	}
	if r, there := rows[key]; there {
		if old, err := ParseMessageRow(r.Value); err != nil || bytes.Compare(old.Told, told) <= 0 {
			return nil // the message itself is told of by none, which is before all
		}
	}
	list := Messages
	if root, in := RefOf(s.Thread); in {
		list = Threads(root.ID)
	}
	return row(key, list, place, toldRow{ID: b.Of.ID, Author: m.Author, Device: s.Device, Seq: s.Seq, Lamport: s.Lamport, Time: s.Time, Kind: s.Kind, Body: []byte{}, Told: told})
}

func foldDelete(rows Rows, m Msg) []Row {
	b, err := ParseDelete(m.Body)
	if err != nil {
		return nil
	}
	a, at := about(rows, b.Of), stampOf(m)
	var out []Row
	if !a.Deleted.Set() || a.Deleted.compare(at) > 0 {
		a.Deleted, a.Edited = at, Stamp{}
		out = a.row(b.Of)
	}
	for _, k := range []RowKey{b.Of.Edited(), b.Of.Scheduled()} {
		if _, there := rows[k]; there {
			out = append(out, Row{Key: k})
		}
	}
	return append(out, b.placeholder(rows, m)...)
}

// Hiding is whether a message is hidden from those who read it, by whom and why: of all that moderators said, what stands.
type Hiding struct {
	_      struct{} `cbor:",toarray"`
	At     Stamp
	By     []byte // member; empty: nobody said anything
	Hidden bool
	Reason string
}

// ModerateBody hides a message or shows it again. It takes the right to MODERATE. Rule: the last by (lamport, id) stands. Author and
// reason stay visible.
type ModerateBody struct {
	_      struct{} `cbor:",toarray"`
	Of     Ref
	Hide   bool
	Reason string
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b ModerateBody) Encode() ([]byte, error) { return encode(b) }

func (b ModerateBody) check() error { return checkText("reason", b.Reason, MaxReason, true) }

func moderateKeys(m Msg) []RowKey {
	var b ModerateBody
	if read(m.Body, &b) != nil {
		return nil
	}
	return []RowKey{b.Of.About()}
}

func foldModerate(rows Rows, m Msg) []Row {
	var b ModerateBody
	if read(m.Body, &b) != nil {
		return nil
	}
	a, at := about(rows, b.Of), stampOf(m)
	if a.Hidden.At.Set() && a.Hidden.At.compare(at) >= 0 {
		return nil
	}
	a.Hidden = Hiding{At: at, By: m.Author[:], Hidden: b.Hide, Reason: b.Reason}
	return a.row(b.Of)
}

// PinBody keeps a message in sight until a time, or lets it go. It takes the right to MODERATE. Rule: the last by (lamport, id) stands.
type PinBody struct {
	_     struct{} `cbor:",toarray"`
	ID    [32]byte
	Pin   bool
	Until op.Millis // 0: as long as nobody unpins it
}

// PinRow is the value of a pin's row.
type PinRow struct {
	_     struct{} `cbor:",toarray"`
	At    Stamp
	By    []byte
	ID    [32]byte
	Pin   bool
	Until op.Millis
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b PinBody) Encode() ([]byte, error) { return encode(b) }

func (b PinBody) check() error {
	if b.Until < 0 {
		return bad("until", "a time, or 0")
	}
	return nil
}

// PinKey is the key of the row that says whether a message is pinned.
func PinKey(id [32]byte) RowKey { return Ref{ID: id}.key("n") }

func pinKeys(m Msg) []RowKey {
	var b PinBody
	if read(m.Body, &b) != nil {
		return nil
	}
	return []RowKey{PinKey(b.ID)}
}

func foldPin(rows Rows, m Msg) []Row {
	var b PinBody
	if read(m.Body, &b) != nil {
		return nil
	}
	at := stampOf(m)
	if old, err := ParsePinRow(rows[PinKey(b.ID)].Value); err == nil && old.At.compare(at) >= 0 {
		return nil
	}
	list := ""
	if b.Pin {
		list = Pinned
	}
	return row(PinKey(b.ID), list, Order(m.Lamport, m.ID), PinRow{At: at, By: m.Author[:], ID: b.ID, Pin: b.Pin, Until: b.Until})
}

// ParsePinRow reads a row that Fold wrote.
func ParsePinRow(v []byte) (r PinRow, err error) {
	err = parse(v, &r)
	return r, err
}
