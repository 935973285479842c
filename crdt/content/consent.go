package content

import (
	"bytes"
	"encoding/hex"
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// ConsentBody says whether what its author does counts in the figures that the desk sees. Rule: each stands from when it was written until the next
// one; the newest maxSwitches of a member are kept, and before them he did not consent.
type ConsentBody struct {
	_  struct{} `cbor:",toarray"`
	On bool
}

// maxSwitches bounds a member's row; who changes his mind more often loses his oldest days from the figures.
const maxSwitches = 64

// Switch is one time that a member consented, or no longer did.
type Switch struct {
	_       struct{} `cbor:",toarray"`
	Lamport op.Millis
	ID      [32]byte
	On      bool
}

// ConsentRow is what a member consented to, and when: oldest first.
type ConsentRow struct {
	_        struct{} `cbor:",toarray"`
	Member   identity.UserID
	Switches []Switch
}

// Consents is the list of those who ever said whether they consent.
const Consents = "i"

func (b ConsentBody) check() error { return nil }

// Encode returns the body's bytes.
func (b ConsentBody) Encode() ([]byte, error) { return encode(b) }

// ConsentKey is the key of a member's row.
func ConsentKey(m identity.UserID) RowKey { return RowKey("i/" + hex.EncodeToString(m[:])) }

func consentKeys(m Msg) []RowKey {
	if read(m.Body, &ConsentBody{}) != nil {
		return nil
	}
	return []RowKey{ConsentKey(m.Author)}
}

func foldConsent(rows Rows, m Msg) []Row {
	var b ConsentBody
	if read(m.Body, &b) != nil {
		return nil
	}
	r, err := ParseConsentRow(rows[ConsentKey(m.Author)].Value)
	if err != nil {
		r = ConsentRow{Member: m.Author}
	}
	s := Switch{Lamport: m.Lamport, ID: m.ID, On: b.On}
	at, known := slices.BinarySearchFunc(r.Switches, s, func(a, b Switch) int { return bytes.Compare(Order(a.Lamport, a.ID), Order(b.Lamport, b.ID)) })
	if known || at == 0 && len(r.Switches) == maxSwitches {
		return nil
	}
	r.Switches = slices.Insert(r.Switches, at, s)
	r.Switches = r.Switches[max(0, len(r.Switches)-maxSwitches):]
	return row(ConsentKey(m.Author), Consents, m.Author[:], r)
}

// ParseConsentRow reads a row that Fold wrote.
func ParseConsentRow(v []byte) (r ConsentRow, err error) {
	err = parse(v, &r)
	return r, err
}
