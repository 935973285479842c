package content

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/identity"
)

// Limits of reactions.
const (
	MaxEmoji     = 64 // bytes of one
	MaxReactions = 16 // different ones of one member on one message
	maxSeen      = 16 // devices
)

// ReactBody reacts to a message with an emoji, or takes that back. Rule: add wins, for each member and emoji: it stands while some device of the member's
// added it later than what a taking back had seen of that device. Of a member's different emoji on one message the first 16 by bytes
// stand, which no order of folding changes.
type ReactBody struct {
	_     struct{} `cbor:",toarray"`
	Of    Ref
	Emoji string
	On    bool
	Seen  []Mark // of a taking back: the newest addition it has seen of each device, by lamport; ascending by device
}

// ReactedRow is the value of the row of one member's reactions to one message.
type ReactedRow struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	All    []Reacted // ascending by emoji
}

// Reacted is what became of one emoji: what each device added last, and what of it was taken back.
type Reacted struct {
	_     struct{} `cbor:",toarray"`
	Emoji string
	Added []Mark
	Gone  []Mark
}

// Stands reports whether the reaction is there.
func (r Reacted) Stands() bool {
	return slices.ContainsFunc(r.Added, func(a Mark) bool { return a.Seq > seqOf(r.Gone, a.Device) })
}

func seqOf(marks []Mark, d identity.DeviceID) uint64 {
	for _, m := range marks {
		if m.Device == d {
			return m.Seq
		}
	}
	return 0
}

// raise sets a device's mark to seq where that is higher. Of more devices than a mark list may have the first by id stand.
func raise(marks []Mark, d identity.DeviceID, seq uint64) []Mark {
	i, found := slices.BinarySearchFunc(marks, d, func(m Mark, d identity.DeviceID) int { return bytes.Compare(m.Device[:], d[:]) })
	if !found {
		marks = slices.Insert(marks, i, Mark{Device: d})
	}
	marks[i].Seq = max(marks[i].Seq, seq)
	return marks[:min(len(marks), maxSeen)]
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b ReactBody) Encode() ([]byte, error) {
	if b.Seen == nil {
		b.Seen = []Mark{}
	}
	return encode(b)
}

// ParseReact reads a reaction strictly. It errs with ErrBody.
func ParseReact(raw []byte) (b ReactBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b ReactBody) check() error {
	switch {
	case b.Emoji == "" || len(b.Emoji) > MaxEmoji || !utf8.ValidString(b.Emoji) || strings.ContainsFunc(b.Emoji, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return bad("emoji", "1 to 64 bytes, no space")
	case b.Seen == nil || len(b.Seen) > maxSeen || b.On && len(b.Seen) > 0:
		return bad("seen", "of a taking back, at most 16")
	}
	for i := 1; i < len(b.Seen); i++ {
		if byDevice(b.Seen[i-1], b.Seen[i]) >= 0 {
			return bad("seen", "strictly ascending by device")
		}
	}
	return nil
}

// Reacted is the key of the row of a member's reactions to a message.
func (r Ref) Reacted(m identity.UserID) RowKey { return r.key("x", m[:]) }

// Reactors names the list of those rows.
func (r Ref) Reactors() string { return r.list("x") }

func reactKeys(m Msg) []RowKey {
	b, err := ParseReact(m.Body)
	if err != nil || m.Lamport < 0 {
		return nil
	}
	return []RowKey{b.Of.Reacted(m.Author), b.Of.About()}
}

func foldReact(rows Rows, m Msg) []Row {
	b, err := ParseReact(m.Body)
	if err != nil {
		return nil
	}
	key := b.Of.Reacted(m.Author)
	r, _ := ParseReactedRow(rows[key].Value)
	r.Member = m.Author
	before := r.standing()
	i, found := slices.BinarySearchFunc(r.All, b.Emoji, func(x Reacted, e string) int { return strings.Compare(x.Emoji, e) })
	if !found {
		r.All = slices.Insert(r.All, i, Reacted{Emoji: b.Emoji, Added: []Mark{}, Gone: []Mark{}})
	}
	if x := &r.All[i]; b.On {
		x.Added = raise(x.Added, m.Device, uint64(m.Lamport))
	} else {
		for _, s := range b.Seen {
			x.Gone = raise(x.Gone, s.Device, s.Seq)
		}
	}
	r.All = r.All[:min(len(r.All), MaxReactions)]
	out := row(key, b.Of.Reactors(), m.Author[:], r)
	a, changed := about(rows, b.Of), false
	after := r.standing()
	for e := range before {
		if !after[e] {
			a.count(e, -1)
			changed = true
		}
	}
	for e := range after {
		if !before[e] {
			a.count(e, 1)
			changed = true
		}
	}
	if changed {
		out = append(out, a.row(b.Of)...)
	}
	return out
}

func (r ReactedRow) standing() map[string]bool {
	out := map[string]bool{}
	for _, x := range r.All {
		if x.Stands() {
			out[x.Emoji] = true
		}
	}
	return out
}

// ParseReactedRow reads a row that Fold wrote.
func ParseReactedRow(v []byte) (r ReactedRow, err error) {
	err = parse(v, &r)
	return r, err
}

// AckBody says that its author has taken note of an announcement. Rule: it stands once it is there; the first by (lamport, id) tells when.
type AckBody struct {
	_  struct{} `cbor:",toarray"`
	Of Ref
}

// AckRow is the value of the row of a member's acknowledgement.
type AckRow struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	At     Stamp
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b AckBody) Encode() ([]byte, error) { return encode(b) }

func (b AckBody) check() error { return nil }

// Acked is the key of the row of a member's acknowledgement of a message; Ackers names the list of those rows.
func (r Ref) Acked(m identity.UserID) RowKey { return r.key("k", m[:]) }
func (r Ref) Ackers() string                 { return r.list("k") }

func ackKeys(m Msg) []RowKey {
	var b AckBody
	if read(m.Body, &b) != nil {
		return nil
	}
	return []RowKey{b.Of.Acked(m.Author), b.Of.About()}
}

func foldAck(rows Rows, m Msg) []Row {
	var b AckBody
	if read(m.Body, &b) != nil {
		return nil
	}
	key, at := b.Of.Acked(m.Author), stampOf(m)
	old, there := rows[key]
	if was, err := ParseAckRow(old.Value); there && err == nil && was.At.compare(at) <= 0 {
		return nil
	}
	out := row(key, b.Of.Ackers(), m.Author[:], AckRow{Member: m.Author, At: at})
	if there {
		return out
	}
	a := about(rows, b.Of)
	a.Acks++
	return append(out, a.row(b.Of)...)
}

// ParseAckRow reads a row that Fold wrote.
func ParseAckRow(v []byte) (r AckRow, err error) {
	err = parse(v, &r)
	return r, err
}

// RollUpBody is what the desk makes known of the answers to an announcement: counts, and nobody's name. It takes the right to ADMIT. Rule: the last by
// (lamport, id) stands.
type RollUpBody struct {
	_         struct{} `cbor:",toarray"`
	Of        Ref
	Reached   uint64
	Acks      uint64
	Reactions []Tally // ascending by emoji, at most 64
	Votes     []uint64
	Voters    uint64
	Yes       uint64
	No        uint64
	Maybe     uint64
	Replies   uint64
}

// RollUpRow is the value of the row of a message's roll-up.
type RollUpRow struct {
	_  struct{} `cbor:",toarray"`
	At Stamp
	By []byte
	Up RollUpBody
}

const maxTallies = 64

// Encode returns the body's bytes. It errs on a field over its limit, naming it. Of too many emoji those with the highest counts are taken.
func (b RollUpBody) Encode() ([]byte, error) {
	b.Reactions = append([]Tally{}, b.Reactions...)
	if len(b.Reactions) > maxTallies {
		slices.SortStableFunc(b.Reactions, func(x, y Tally) int { return int(min(y.Count, 1<<30)) - int(min(x.Count, 1<<30)) })
		b.Reactions = b.Reactions[:maxTallies]
		slices.SortFunc(b.Reactions, func(x, y Tally) int { return strings.Compare(x.Emoji, y.Emoji) })
	}
	if b.Votes == nil {
		b.Votes = []uint64{}
	}
	return encode(b)
}

// ParseRollUp reads a roll-up strictly. It errs with ErrBody.
func ParseRollUp(raw []byte) (b RollUpBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b RollUpBody) check() error {
	if b.Reactions == nil || len(b.Reactions) > maxTallies {
		return bad("reactions", "at most 64")
	}
	for i, t := range b.Reactions {
		if t.Emoji == "" || len(t.Emoji) > MaxEmoji || i > 0 && b.Reactions[i-1].Emoji >= t.Emoji {
			return bad("reactions", "strictly ascending by emoji")
		}
	}
	if b.Votes == nil || len(b.Votes) > MaxOptions {
		return bad("votes", "at most 20")
	}
	return nil
}

// RolledUp is the key of the row of a message's roll-up.
func (r Ref) RolledUp() RowKey { return r.key("u") }

func rollUpKeys(m Msg) []RowKey {
	b, err := ParseRollUp(m.Body)
	if err != nil {
		return nil
	}
	return []RowKey{b.Of.RolledUp()}
}

func foldRollUp(rows Rows, m Msg) []Row {
	b, err := ParseRollUp(m.Body)
	if err != nil {
		return nil
	}
	at := stampOf(m)
	if old, err := ParseRollUpRow(rows[b.Of.RolledUp()].Value); err == nil && old.At.compare(at) >= 0 {
		return nil
	}
	return row(b.Of.RolledUp(), "", nil, RollUpRow{At: at, By: m.Author[:], Up: b})
}

// ParseRollUpRow reads a row that Fold wrote.
func ParseRollUpRow(v []byte) (r RollUpRow, err error) {
	err = parse(v, &r)
	return r, err
}

// RemindBody asks again for the acknowledgement of an announcement. It takes the right to ANNOUNCE. Rule: the last by (lamport, id) stands.
type RemindBody struct {
	_  struct{} `cbor:",toarray"`
	Of Ref
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b RemindBody) Encode() ([]byte, error) { return encode(b) }

func (b RemindBody) check() error { return nil }

// Reminded is the key of the row of when a message was last recalled: a Stamp.
func (r Ref) Reminded() RowKey { return r.key("b") }

func remindKeys(m Msg) []RowKey {
	var b RemindBody
	if read(m.Body, &b) != nil {
		return nil
	}
	return []RowKey{b.Of.Reminded()}
}

func foldRemind(rows Rows, m Msg) []Row {
	var b RemindBody
	if read(m.Body, &b) != nil {
		return nil
	}
	var old Stamp
	if r, ok := rows[b.Of.Reminded()]; ok && parse(r.Value, &old) == nil && old.compare(stampOf(m)) >= 0 {
		return nil
	}
	return row(b.Of.Reminded(), "", nil, stampOf(m))
}
