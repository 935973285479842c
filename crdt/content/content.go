package content

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Kind is a message's kind on the wire.
type Kind uint16

// The kinds.
const (
	Text         Kind = 1
	Announcement Kind = 2
	Profile      Kind = 3
	Receipt      Kind = 4
	Op           Kind = 5 // carries a control op; folded by crdt, not here
	JoinRequest  Kind = 6
	Decision     Kind = 7
	Suggestion   Kind = 8
	Edit         Kind = 9
	Delete       Kind = 10
	Moderate     Kind = 11
	React        Kind = 12
	Pin          Kind = 13
	Poll         Kind = 14
	Vote         Kind = 15
	PollClose    Kind = 16
	Event        Kind = 17
	RSVP         Kind = 18
	Ack          Kind = 19
	RollUp       Kind = 20
	Report       Kind = 21
	Read         Kind = 22
	Remind       Kind = 23
	Consent      Kind = 24
)

// Limits, in bytes or counts.
const (
	MaxText     = 64<<10 - 4<<10 // leaves room for the other fields in a 64 KiB body
	MaxName     = 128
	MaxMentions = 256
	MaxMarks    = 1000 // below the longest list the encoding takes
	maxGroups   = 64
)

// ErrBody is returned for a body that is malformed or over a limit; it names the field.
var ErrBody = errors.New("message body is malformed")

// Msg is a verified message as the fold sees it.
type Msg struct {
	ID      [32]byte // SHA-256(wire)
	Space   op.ID
	Author  identity.UserID
	Device  identity.DeviceID
	Seq     uint64
	Lamport op.Millis
	Time    op.Millis
	Kind    Kind
	Body    []byte
	Parsed  any  // what Parse made of Body, so that it is read once; nil: not done
	Deleted bool // its body is gone, and Body is its Rest
}

// Rest is what stays of a deleted message's body: which thread it was in.
func Rest(k Kind, body []byte) []byte {
	if b, ok := Parse(k, body).(*TextBody); ok {
		return b.Thread
	}
	return nil
}

// Shown reports whether messages of a kind have a place in the timeline. They are what their author can delete.
func Shown(k Kind) bool { return k == Text || k == Announcement || k == Poll || k == Event }

// Parse reads the body of a message that is shown in the timeline. It returns nil for any other kind, and for a body that is malformed.
func Parse(k Kind, body []byte) any {
	switch k {
	case Text:
		if b, err := ParseText(body); err == nil {
			return &b
		}
	case Announcement:
		if b, err := ParseAnnouncement(body); err == nil {
			return &b
		}
	case Poll:
		if b, err := ParsePoll(body); err == nil {
			return &b
		}
	case Event:
		if b, err := ParseEvent(body); err == nil {
			return &b
		}
	}
	return nil
}

// Alone reports whether a message makes its own row and looks at no other: most do, and need no rows to be read for them.
func Alone(m Msg) bool {
	switch b := m.Parsed.(type) {
	case *TextBody:
		return len(b.Thread) == 0
	case *AnnouncementBody, *PollBody:
		return true
	}
	return false
}

// RowKey names a row within its space.
type RowKey string

// Row is one materialised row. List and Order place it in a sorted list ("" = in none).
type Row struct {
	Key   RowKey
	List  string
	Order []byte
	Value []byte

	// Of the row of a message, and of its newest edit: what search finds it by, whose it is and whom it names. Without an Author it is
	// nothing that anybody need read.
	Text     string
	Author   identity.UserID
	Mentions []identity.UserID
}

// Rows is what Fold reads: absent keys are rows that do not exist yet.
type Rows map[RowKey]Row

// Messages is the list of all that is shown in a space, in (lamport, id) order.
const Messages = "m"

// Lists of a space: everybody's profiles, receipts and how far he has read; what is pinned; events by when they begin.
const (
	Profiles   = "p"
	Watermarks = "w"
	Reads      = "q"
	Pinned     = "n"
	Calendar   = "c"
)

// rule is the rule of one kind: the rows that a message of it makes, those that it only looks at, and what it makes of them. Nil keys: the body is
// malformed, or says what its author may not, and the message makes nothing.
type rule struct {
	keys, looks func(Msg) []RowKey
	rows        func(Rows, Msg) []Row
}

var folds map[Kind]rule

func init() {
	folds = map[Kind]rule{
		Text:         {keys: textKeys, rows: foldText},
		Announcement: {keys: ownKey, rows: foldMessage},
		Poll:         {keys: ownKey, rows: foldMessage},
		Event:        {keys: eventKeys, looks: eventLooks, rows: foldEvent},
		Profile:      {keys: profileKeys, rows: foldProfile},
		Receipt:      {keys: receiptKeys, rows: foldReceipt},
		JoinRequest:  {keys: deskKeys, rows: foldDesk},
		Decision:     {keys: deskKeys, rows: foldDesk},
		Suggestion:   {keys: deskKeys, rows: foldDesk},
		Report:       {keys: deskKeys, rows: foldDesk},
		Edit:         {keys: editKeys, rows: foldEdit},
		Delete:       {keys: deleteKeys, rows: foldDelete},
		Moderate:     {keys: moderateKeys, rows: foldModerate},
		React:        {keys: reactKeys, rows: foldReact},
		Pin:          {keys: pinKeys, rows: foldPin},
		Vote:         {keys: voteKeys, looks: voteLooks, rows: foldVote},
		PollClose:    {keys: closeKeys, rows: foldClose},
		RSVP:         {keys: rsvpKeys, rows: foldRSVP},
		Ack:          {keys: ackKeys, rows: foldAck},
		RollUp:       {keys: rollUpKeys, rows: foldRollUp},
		Read:         {keys: readKeys, rows: foldRead},
		Remind:       {keys: remindKeys, rows: foldRemind},
		Consent:      {keys: consentKeys, rows: foldConsent},
	}
}

// RowsVersion is the form that Fold gives rows. Where an older program made them, they are folded anew.
const RowsVersion = "2"

// Touches returns the keys of the rows that folding m makes, and reads for that. An op touches none. Of a kind that this program does not know a
// row of its own is made, so that the reader is told.
func Touches(m Msg) []RowKey {
	if m.Deleted {
		return deletedKeys(m)
	}
	if f, ok := folds[m.Kind]; ok {
		return f.keys(m)
	}
	if m.Kind == Op {
		return nil
	}
	return []RowKey{MessageKey(m.ID)}
}

// Looks returns the keys of rows that folding m looks at and leaves as they are. They must be as the messages that touch them make them.
func Looks(m Msg) []RowKey {
	if m.Deleted {
		return nil
	}
	if f := folds[m.Kind]; f.looks != nil {
		return f.looks(m)
	}
	return nil
}

// Again returns a row whose messages must be folded anew once m has changed what they look at, empty for none.
func Again(m Msg) RowKey {
	if m.Kind == PollClose {
		return closeAgain(m)
	}
	return ""
}

// Fold returns the rows that m changes, given what is there under Touches(m) and Looks(m); a row without a Value is to be deleted. Folding the same messages in any order, any
// number of times, gives the same rows, where the rows that Again names are folded anew.
func Fold(rows Rows, m Msg) []Row {
	f, ok := folds[m.Kind]
	switch {
	case m.Deleted && !Shown(m.Kind):
		return nil
	case m.Deleted:
		return foldText(rows, m)
	case m.Kind == Op || ok && m.Parsed == nil && len(f.keys(m)) == 0:
		return nil
	case !ok:
		return foldMessage(rows, m)
	}
	return f.rows(rows, m)
}

// deletedKeys: a deleted message keeps its place, and what it says about others goes.
func deletedKeys(m Msg) []RowKey {
	if !Shown(m.Kind) {
		return nil
	}
	keys := []RowKey{MessageKey(m.ID)}
	if root, in := RefOf(m.Body); in {
		keys = append(keys, root.About())
	}
	return keys
}

func ownKey(m Msg) []RowKey {
	if m.Parsed == nil && Parse(m.Kind, m.Body) == nil {
		return nil
	}
	return []RowKey{MessageKey(m.ID)}
}

// MessageKey is the key of the row of a message.
func MessageKey(id [32]byte) RowKey {
	var b [66]byte
	b[0], b[1] = 'm', '/'
	hex.Encode(b[2:], id[:])
	return RowKey(b[:])
}

// MessageOf returns the message whose row a key names, false for any other row. That message has part in the row without being noted.
func MessageOf(k RowKey) (id [32]byte, ok bool) {
	s, ok := strings.CutPrefix(string(k), "m/")
	if !ok || len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// Order is the place of a message in its space: by (lamport, id), everywhere.
func Order(lamport op.Millis, id [32]byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 40), uint64(lamport)), id[:]...)
}

func parse(b []byte, v any) error {
	if err := op.Decode(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	return nil
}

type checked interface{ check() error }

// encode writes a body that keeps its limits; read reads one strictly. They err with ErrBody, naming the field.
func encode(b checked) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

func read(raw []byte, b checked) error {
	if err := parse(raw, b); err != nil {
		return err
	}
	return b.check()
}

// row is a row with its value encoded; nil when that fails, which it does for no value of ours.
func row(key RowKey, list string, order []byte, v any) []Row {
	raw, err := op.Encode(v)
	if err != nil {
		return nil
	}
	return []Row{{Key: key, List: list, Order: order, Value: raw}}
}

func bad(field, want string) error { return fmt.Errorf("%w: %s: %s", ErrBody, field, want) }

func checkText(field, s string, limit int, empty bool) error {
	switch {
	case !utf8.ValidString(s):
		return bad(field, "must be UTF-8")
	case len(s) > limit:
		return bad(field, fmt.Sprintf("at most %d bytes", limit))
	case s == "" && !empty:
		return bad(field, "must not be empty")
	}
	return nil
}
