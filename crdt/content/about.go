package content

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Ref names a message and says who wrote it. What is said about a message is kept under both, so that a fold need not have seen the message:
// who names a wrong author speaks of a message that there is not, and nobody looks there.
type Ref struct {
	_      struct{} `cbor:",toarray"`
	ID     [32]byte
	Author identity.UserID
}

const refSize = 64

// RefOf reads what Bytes wrote, false for anything of another length.
func RefOf(b []byte) (r Ref, ok bool) {
	if len(b) != refSize {
		return r, false
	}
	return Ref{ID: [32]byte(b[:32]), Author: identity.UserID(b[32:])}, true
}

// Bytes are the id, then the author.
func (r Ref) Bytes() []byte { return append(r.ID[:], r.Author[:]...) }

// key makes a row key of a kind of row, the message and what else tells the row from others.
func (r Ref) key(kind string, more ...[]byte) RowKey {
	b := make([]byte, 0, 256)
	b = append(append(b, kind...), '/')
	b = hex.AppendEncode(b, r.ID[:])
	b = append(b, '/')
	b = hex.AppendEncode(b, r.Author[:])
	for _, m := range more {
		b = append(b, '/')
		b = hex.AppendEncode(b, m)
	}
	return RowKey(b)
}

func (r Ref) list(kind string) string { return kind + "/" + hex.EncodeToString(r.ID[:]) }

// About returns the message that a message says something about, false for one that says nothing about any. Of a pin the author is not named.
func About(m Msg) (Ref, bool) {
	switch m.Kind {
	case Edit:
		b, err := ParseEdit(m.Body)
		return b.Of, err == nil
	case Delete:
		b, err := ParseDelete(m.Body)
		return b.Of, err == nil
	case Moderate:
		var b ModerateBody
		err := read(m.Body, &b)
		return b.Of, err == nil
	case Pin:
		var b PinBody
		err := read(m.Body, &b)
		return Ref{ID: b.ID}, err == nil
	case React:
		b, err := ParseReact(m.Body)
		return b.Of, err == nil
	case Vote:
		b, err := ParseVote(m.Body)
		return b.Ballot.Of, err == nil
	case PollClose:
		var b PollCloseBody
		err := read(m.Body, &b)
		return b.Ballot.Of, err == nil
	case RSVP:
		var b RSVPBody
		err := read(m.Body, &b)
		return b.Of, err == nil
	case Ack:
		var b AckBody
		err := read(m.Body, &b)
		return b.Of, err == nil
	case Remind:
		var b RemindBody
		err := read(m.Body, &b)
		return b.Of, err == nil
	case RollUp:
		b, err := ParseRollUp(m.Body)
		return b.Of, err == nil
	}
	return Ref{}, false
}

// Stamp is the place of a message in its space, and the time it gives.
type Stamp struct {
	_       struct{} `cbor:",toarray"`
	Lamport op.Millis
	Time    op.Millis
	ID      [32]byte
}

func stampOf(m Msg) Stamp { return Stamp{Lamport: m.Lamport, Time: m.Time, ID: m.ID} }

// Set reports whether there is one.
func (s Stamp) Set() bool { return s.ID != [32]byte{} }

func (s Stamp) compare(o Stamp) int {
	return bytes.Compare(Order(s.Lamport, s.ID), Order(o.Lamport, o.ID))
}

// Tally is how many members reacted with one emoji.
type Tally struct {
	_     struct{} `cbor:",toarray"`
	Emoji string
	Count uint64
}

// AboutRow is the value of the row of all that is said about one message, but for its edited text and its answers: counts and states, so that showing
// it costs the same however many said something.
type AboutRow struct {
	_         struct{} `cbor:",toarray"`
	Edited    Stamp    // the newest edit
	Deleted   Stamp    // the first deletion by its author
	Hidden    Hiding
	Replies   uint64 // in its thread
	Acks      uint64
	Reactions []Tally // by emoji, ascending by bytes
}

// About is the key of the row of what is said about a message.
func (r Ref) About() RowKey { return r.key("a") }

// AboutWhat returns the message that a row of what is said about one is about, false for any other row.
func AboutWhat(k RowKey) (r Ref, ok bool) {
	rest, ok := strings.CutPrefix(string(k), "a/")
	id, author, cut := strings.Cut(rest, "/")
	if !ok || !cut || len(id) != 2*len(r.ID) || len(author) != 2*len(r.Author) {
		return Ref{}, false
	}
	_, err := hex.Decode(r.ID[:], []byte(id))
	if _, e := hex.Decode(r.Author[:], []byte(author)); err != nil || e != nil {
		return Ref{}, false
	}
	return r, true
}

func about(rows Rows, r Ref) AboutRow {
	a, _ := ParseAboutRow(rows[r.About()].Value)
	return a
}

// row is the row to store: without anything said there is none.
func (a AboutRow) row(r Ref) []Row {
	if !a.Edited.Set() && !a.Deleted.Set() && !a.Hidden.At.Set() && a.Replies+a.Acks == 0 && len(a.Reactions) == 0 {
		return []Row{{Key: r.About()}}
	}
	if a.Reactions == nil {
		a.Reactions = []Tally{}
	}
	return row(r.About(), "", nil, a)
}

// ParseAboutRow reads a row that Fold wrote.
func ParseAboutRow(v []byte) (a AboutRow, err error) {
	err = parse(v, &a)
	return a, err
}

// count adds to the tally of an emoji; one that is down to nothing goes.
func (a *AboutRow) count(emoji string, by int) {
	i, found := slices.BinarySearchFunc(a.Reactions, emoji, func(t Tally, e string) int { return bytes.Compare([]byte(t.Emoji), []byte(e)) })
	if !found {
		a.Reactions = slices.Insert(a.Reactions, i, Tally{Emoji: emoji})
	}
	a.Reactions[i].Count += uint64(by)
	if a.Reactions[i].Count == 0 {
		a.Reactions = slices.Delete(a.Reactions, i, i+1)
	}
}
