package content

import (
	"encoding/hex"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TextBody is a text message. Rule: it stands as it was written; what is said about it later stands in rows beside its own. In a thread it
// is listed there and not in the timeline, and counted with the message that the thread is under.
type TextBody struct {
	_        struct{} `cbor:",toarray"`
	Text     string
	Reply    []byte // message id it quotes, or empty
	Thread   []byte // id and author of the message whose thread it is in (Ref.Bytes), or empty
	Mentions []identity.UserID
}

// AnnouncementBody is an announcement. Audience decides who is alerted and counted; everybody in the space can read it.
type AnnouncementBody struct {
	_         struct{} `cbor:",toarray"`
	Text      string
	Groups    []op.ID // audience; empty: everybody
	Priority  uint8   // 0 normal, 1 important, 2 urgent
	AckWanted bool
	Replies   uint8 // 0 off, 1 threaded
}

// MessageRow is the value of a message's row. Its Body is empty for a kind that this program does not know, and for a message whose body is gone.
type MessageRow struct {
	_       struct{} `cbor:",toarray"`
	ID      [32]byte
	Author  identity.UserID
	Device  identity.DeviceID
	Seq     uint64
	Lamport op.Millis
	Time    op.Millis
	Kind    Kind
	Body    []byte
	Told    []byte `cbor:"-"` // the message is not here: Order of the deletion that tells where it stood
}

// Content returns what the message says, as Parse reads it; nil where the body is gone or not known.
func (m MessageRow) Content() any { return Parse(m.Kind, m.Body) }

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b TextBody) Encode() ([]byte, error) {
	if b.Reply == nil {
		b.Reply = []byte{}
	}
	if b.Thread == nil {
		b.Thread = []byte{}
	}
	if b.Mentions == nil {
		b.Mentions = []identity.UserID{}
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseText reads a text body strictly. It errs with ErrBody.
func ParseText(raw []byte) (TextBody, error) {
	var b TextBody
	if !b.read(raw) {
		if err := parse(raw, &b); err != nil {
			return b, err
		}
	}
	return b, b.check()
}

func (b TextBody) check() error {
	if err := checkText("text", b.Text, MaxText, false); err != nil {
		return err
	}
	switch {
	case b.Reply == nil || len(b.Reply) != 0 && len(b.Reply) != 32:
		return bad("reply", "want a message id")
	case b.Thread == nil || len(b.Thread) != 0 && len(b.Thread) != refSize:
		return bad("thread", "want a message id and its author")
	case b.Mentions == nil || len(b.Mentions) > MaxMentions:
		return bad("mentions", "at most 256")
	}
	return nil
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b AnnouncementBody) Encode() ([]byte, error) {
	if b.Groups == nil {
		b.Groups = []op.ID{}
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseAnnouncement reads an announcement strictly. It errs with ErrBody.
func ParseAnnouncement(raw []byte) (AnnouncementBody, error) {
	var b AnnouncementBody
	if err := parse(raw, &b); err != nil {
		return b, err
	}
	return b, b.check()
}

func (b AnnouncementBody) check() error {
	if err := checkText("text", b.Text, MaxText, false); err != nil {
		return err
	}
	switch {
	case b.Groups == nil || len(b.Groups) > maxGroups:
		return bad("groups", "at most 64")
	case b.Priority > 2:
		return bad("priority", "0, 1 or 2")
	case b.Replies > 1:
		return bad("replies", "0 or 1")
	}
	return nil
}

// Threads names the list of what is in a message's thread.
func Threads(root [32]byte) string { return "t/" + hex.EncodeToString(root[:]) }

func textKeys(m Msg) []RowKey {
	if m.Parsed == nil {
		m.Parsed = Parse(m.Kind, m.Body)
	}
	b, ok := m.Parsed.(*TextBody)
	if !ok {
		return nil
	}
	keys := []RowKey{MessageKey(m.ID)}
	if root, in := RefOf(b.Thread); in {
		keys = append(keys, root.About())
	}
	return keys
}

// foldText counts a reply with its root once: as long as it has no row of its own.
func foldText(rows Rows, m Msg) []Row {
	thread := m.Body
	if m.Deleted {
		m.Body = nil
	} else {
		thread = Rest(m.Kind, m.Body)
	}
	out := foldMessage(rows, m)
	root, in := RefOf(thread)
	if !in {
		return out
	}
	out[0].List = Threads(root.ID)
	if r, here := rows[MessageKey(m.ID)]; here && !isTold(r.Value) {
		return out
	}
	a := about(rows, root)
	a.Replies++
	return append(out, a.row(root)...)
}

func foldMessage(_ Rows, m Msg) []Row {
	if m.Parsed == nil {
		m.Parsed = Parse(m.Kind, m.Body)
	}
	r := Row{Key: MessageKey(m.ID), List: Messages, Order: Order(m.Lamport, m.ID), Value: messageRow(m)}
	r.say(m.Parsed, m.Author)
	return []Row{r}
}

// say notes what a row's message says, and who says it.
func (r *Row) say(parsed any, author identity.UserID) {
	switch b := parsed.(type) {
	case *TextBody:
		r.Author, r.Text, r.Mentions = author, b.Text, b.Mentions
	case *AnnouncementBody:
		r.Author, r.Text = author, b.Text
	case *PollBody:
		r.Author, r.Text = author, b.Question
	case *EventBody:
		r.Author, r.Text = author, b.Title
	}
}

// ParseMessageRow reads a row that Fold wrote.
func ParseMessageRow(v []byte) (r MessageRow, err error) {
	if !isTold(v) {
		return r, parse(v, &r)
	}
	var t toldRow
	err = parse(v, &t)
	return MessageRow{ID: t.ID, Author: t.Author, Device: t.Device, Seq: t.Seq, Lamport: t.Lamport, Time: t.Time, Kind: t.Kind, Body: t.Body, Told: t.Told}, err
}

// Says returns what search finds a message's row by, whose it is and whom it names, as Fold noted it.
func (m MessageRow) Says() (r Row) {
	r.say(m.Content(), m.Author)
	return r
}
