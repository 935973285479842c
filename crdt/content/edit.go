package content

import "github.com/pandal-chat/pandal/crdt/op"

// EditBody gives a message of its author's a new body of the same kind: a text, an announcement or an event. Rule: the author's last by (lamport, id)
// stands; once the message is deleted, none does. Of a text its words and mentions are taken, of an announcement its words.
type EditBody struct {
	_    struct{} `cbor:",toarray"`
	Of   Ref
	Kind Kind
	Body []byte
}

// DeleteBody takes a message of its author's away. Rule: it is deleted once any such is there; the first by (lamport, id) tells when.
type DeleteBody struct {
	_  struct{} `cbor:",toarray"`
	Of Ref
}

// EditRow is the value of the row of a message's newest edit.
type EditRow struct {
	_    struct{} `cbor:",toarray"`
	At   Stamp
	Kind Kind
	Body []byte
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b EditBody) Encode() ([]byte, error)   { return encode(b) }
func (b DeleteBody) Encode() ([]byte, error) { return encode(b) }

// ParseEdit reads an edit strictly. It errs with ErrBody.
func ParseEdit(raw []byte) (b EditBody, err error) {
	err = read(raw, &b)
	return b, err
}

// ParseDelete reads a deletion strictly. It errs with ErrBody.
func ParseDelete(raw []byte) (b DeleteBody, err error) {
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

func (b DeleteBody) check() error { return nil }

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
	return []RowKey{b.Of.About(), b.Of.Edited(), b.Of.Scheduled()}
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
	return out
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
