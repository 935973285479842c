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
	Parsed  any // what Parse made of Body, so that it is read once; nil: not done
}

// Parse reads the body of a message that is shown as it was written. It returns nil for any other kind, and for a body that is malformed.
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
	}
	return nil
}

// RowKey names a row within its space.
type RowKey string

// Row is one materialised row. List and Order place it in a sorted list ("" = in none).
type Row struct {
	Key   RowKey
	List  string
	Order []byte
	Value []byte
}

// Rows is what Fold reads: absent keys are rows that do not exist yet.
type Rows map[RowKey]Row

// Messages is the list of all that is shown in a space, in (lamport, id) order.
const Messages = "m"

// Profiles and Watermarks are the lists of everybody's profile and receipt rows.
const (
	Profiles   = "p"
	Watermarks = "w"
)

// Touches returns the keys of the rows that folding m reads or writes.
func Touches(m Msg) []RowKey {
	switch m.Kind {
	case Op:
		return nil
	case Profile:
		if _, err := ParseProfile(m.Body); err != nil {
			return nil
		}
		return []RowKey{profileKey(m.Author)}
	case Receipt:
		if _, err := ParseReceipt(m.Body); err != nil {
			return nil
		}
		return []RowKey{watermarkKey(m.Author)}
	case JoinRequest, Decision, Suggestion:
		if k, _ := deskKey(m); k != "" {
			return []RowKey{k}
		}
		return nil
	case Text, Announcement:
		if m.Parsed == nil && Parse(m.Kind, m.Body) == nil {
			return nil
		}
	}
	return []RowKey{MessageKey(m.ID)}
}

// Fold returns the rows that m changes, given what is there under Touches(m). Folding the same messages in any order, any number of
// times, gives the same rows.
func Fold(rows Rows, m Msg) []Row {
	if m.Parsed == nil && len(Touches(m)) == 0 {
		return nil
	}
	switch m.Kind {
	case Profile:
		return foldProfile(rows, m)
	case Receipt:
		return foldReceipt(rows, m)
	case JoinRequest, Decision, Suggestion:
		return foldDesk(rows, m)
	}
	return foldMessage(m)
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
