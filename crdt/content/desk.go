package content

import (
	"bytes"
	"encoding/hex"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Lists of what the desk of a space has before it. A request to enter a group stands in the group itself.
const (
	Requests    = "j"
	Suggestions = "s"
	Reports     = "o"
)

// Limits of what is addressed to the desk, in bytes.
const (
	MaxNote    = 1 << 10
	MaxReason  = 256
	MaxExcerpt = 4 << 10
)

// JoinRequestBody is somebody's wish to come in, with all it takes to let him: the certificate by which he consents and, for a community,
// the proof that he holds the invite. Rule: of one person by one invite the last by (lamport, id) stands.
type JoinRequestBody struct {
	_      struct{} `cbor:",toarray"`
	Cert   []byte
	Invite op.ID  // in a group, the group itself
	Proof  []byte // by the invite key over M ‖ D; empty in a group
	Name   string
	Note   string
}

// DecisionBody says what became of a request or suggestion: About is its RequestID, or the suggestion's message id. Rule: the last by
// (lamport, id) stands. That somebody was let in shows in the control log and needs none.
type DecisionBody struct {
	_        struct{} `cbor:",toarray"`
	About    [32]byte
	Accepted bool
	Made     op.ID // the group that was made of a suggestion
	Reason   string
}

// SuggestionBody is a group that a member would like to have. Rule: it stands as it was written.
type SuggestionBody struct {
	_           struct{} `cbor:",toarray"`
	Name        string
	Description string
	Open        bool
	WhoPosts    uint8 // 0 everyone, 1 moderators
}

// ReportBody asks the desk to look at a message, by the reporter's word: those of the desk may not be in its group. Rule: it stands as it was written.
type ReportBody struct {
	_       struct{} `cbor:",toarray"`
	Space   op.ID    // where the message is
	Of      Ref
	Reason  string
	Excerpt string // of its text
}

// DeskRow is the value of a row of something addressed to the desk: who wrote it, when, and its body.
type DeskRow struct {
	_       struct{} `cbor:",toarray"`
	ID      [32]byte // of the message
	Author  identity.UserID
	Device  identity.DeviceID
	Lamport op.Millis
	Time    op.Millis
	Body    []byte
}

// RequestID names what one person asks by one invite: what jrq_ shows.
func RequestID(m identity.UserID, invite op.ID) [32]byte {
	return identity.LabelJoinAsk.Hash(m[:], invite[:])
}

// RequestKey, DecisionKey and SuggestionKey are the keys of their rows.
func RequestKey(request [32]byte) RowKey { return RowKey("j/" + hex.EncodeToString(request[:])) }
func DecisionKey(about [32]byte) RowKey  { return RowKey("d/" + hex.EncodeToString(about[:])) }
func SuggestionKey(msg [32]byte) RowKey  { return RowKey("s/" + hex.EncodeToString(msg[:])) }
func (b JoinRequestBody) ID() [32]byte   { return RequestID(b.Member(), b.Invite) }
func (b JoinRequestBody) Member() (m identity.UserID) {
	if c, err := identity.ParseCertificate(b.Cert); err == nil {
		m = c.Member
	}
	return m
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b JoinRequestBody) Encode() ([]byte, error) {
	if b.Proof == nil {
		b.Proof = []byte{}
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseJoinRequest reads a request strictly. It errs with ErrBody. Whether certificate and proof are right is for who lets people in.
func ParseJoinRequest(raw []byte) (JoinRequestBody, error) {
	var b JoinRequestBody
	if err := parse(raw, &b); err != nil {
		return b, err
	}
	return b, b.check()
}

func (b JoinRequestBody) check() error {
	if len(b.Cert) != identity.CertSize {
		return bad("cert", "288 bytes")
	}
	if (b.Invite == op.ID{}) {
		return bad("invite", "must be given")
	}
	if b.Proof == nil || len(b.Proof) != 0 && len(b.Proof) != 64 {
		return bad("proof", "64 bytes, or none")
	}
	if err := checkText("name", b.Name, MaxName, false); err != nil {
		return err
	}
	return checkText("note", b.Note, MaxNote, true)
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b DecisionBody) Encode() ([]byte, error) { return encode(b) }

// ParseDecision reads a decision strictly. It errs with ErrBody.
func ParseDecision(raw []byte) (b DecisionBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b DecisionBody) check() error { return checkText("reason", b.Reason, MaxReason, true) }

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b SuggestionBody) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseSuggestion reads a suggestion strictly. It errs with ErrBody.
func ParseSuggestion(raw []byte) (SuggestionBody, error) {
	var b SuggestionBody
	if err := parse(raw, &b); err != nil {
		return b, err
	}
	return b, b.check()
}

func (b SuggestionBody) check() error {
	if err := checkText("name", b.Name, MaxName, false); err != nil {
		return err
	}
	if b.WhoPosts > 1 {
		return bad("who_posts", "0 or 1")
	}
	return checkText("description", b.Description, 4<<10, true)
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b ReportBody) Encode() ([]byte, error) { return encode(b) }

// ParseReport reads a report strictly. It errs with ErrBody.
func ParseReport(raw []byte) (b ReportBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b ReportBody) check() error {
	if err := checkText("reason", b.Reason, MaxNote, true); err != nil {
		return err
	}
	return checkText("excerpt", b.Excerpt, MaxExcerpt, true)
}

// ReportKey is the key of a report's row.
func ReportKey(msg [32]byte) RowKey { return RowKey("o/" + hex.EncodeToString(msg[:])) }

func deskKeys(m Msg) []RowKey {
	if k, _ := deskKey(m); k != "" {
		return []RowKey{k}
	}
	return nil
}

// deskKey is the row that a message to the desk makes; empty when its body is malformed.
func deskKey(m Msg) (key RowKey, list string) {
	switch m.Kind {
	case JoinRequest:
		if b, err := ParseJoinRequest(m.Body); err == nil {
			return RequestKey(b.ID()), Requests
		}
	case Decision:
		if b, err := ParseDecision(m.Body); err == nil {
			return DecisionKey(b.About), ""
		}
	case Suggestion:
		if _, err := ParseSuggestion(m.Body); err == nil {
			return SuggestionKey(m.ID), Suggestions
		}
	case Report:
		if _, err := ParseReport(m.Body); err == nil {
			return ReportKey(m.ID), Reports
		}
	}
	return "", ""
}

// foldDesk keeps the last by (lamport, id).
func foldDesk(rows Rows, m Msg) []Row {
	key, list := deskKey(m)
	if old, ok := rows[key]; ok {
		if o, err := ParseDeskRow(old.Value); err == nil && bytes.Compare(Order(o.Lamport, o.ID), Order(m.Lamport, m.ID)) >= 0 {
			return nil
		}
	}
	v, err := op.Encode(DeskRow{ID: m.ID, Author: m.Author, Device: m.Device, Lamport: m.Lamport, Time: m.Time, Body: m.Body})
	if err != nil {
		return nil
	}
	return []Row{{Key: key, List: list, Order: Order(m.Lamport, m.ID), Value: v}}
}

// ParseDeskRow reads a row that Fold wrote.
func ParseDeskRow(v []byte) (DeskRow, error) {
	var r DeskRow
	return r, parse(v, &r)
}
