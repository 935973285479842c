package content

import (
	"bytes"
	"encoding/hex"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Limits of a profile.
const (
	MaxPicture      = 16 << 10
	MaxContacts     = 16
	maxContactKind  = 32
	maxContactValue = 256
)

// Contact is one way to reach a member, in his own words: kind "phone", value "+91 …".
type Contact struct {
	_     struct{} `cbor:",toarray"`
	Kind  string
	Value string
}

// ProfileBody is what a member shows of himself to one group, or to the desk. Rule: the last one by (lamport, id) stands.
type ProfileBody struct {
	_        struct{} `cbor:",toarray"`
	Name     string
	Picture  []byte // empty: none
	Contacts []Contact
}

// ProfileRow is the value of a member's profile row.
type ProfileRow struct {
	_       struct{} `cbor:",toarray"`
	Member  identity.UserID
	Profile ProfileBody
	Lamport op.Millis
	ID      [32]byte
}

func profileKey(m identity.UserID) RowKey { return RowKey("p/" + hex.EncodeToString(m[:])) }

// ProfileKey is the key of a member's profile row.
func ProfileKey(m identity.UserID) RowKey { return profileKey(m) }

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b ProfileBody) Encode() ([]byte, error) {
	if b.Picture == nil {
		b.Picture = []byte{}
	}
	if b.Contacts == nil {
		b.Contacts = []Contact{}
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseProfile reads a profile strictly. It errs with ErrBody.
func ParseProfile(raw []byte) (ProfileBody, error) {
	var b ProfileBody
	if err := parse(raw, &b); err != nil {
		return b, err
	}
	return b, b.check()
}

func (b ProfileBody) check() error {
	if err := checkText("name", b.Name, MaxName, false); err != nil {
		return err
	}
	if b.Picture == nil || len(b.Picture) > MaxPicture {
		return bad("picture", "at most 16 KiB")
	}
	if b.Contacts == nil || len(b.Contacts) > MaxContacts {
		return bad("contacts", "at most 16")
	}
	for _, c := range b.Contacts {
		if err := checkText("contacts: kind", c.Kind, maxContactKind, false); err != nil {
			return err
		}
		if err := checkText("contacts: value", c.Value, maxContactValue, false); err != nil {
			return err
		}
	}
	return nil
}

func profileKeys(m Msg) []RowKey {
	if _, err := ParseProfile(m.Body); err != nil {
		return nil
	}
	return []RowKey{profileKey(m.Author)}
}

func foldProfile(rows Rows, m Msg) []Row {
	b, err := ParseProfile(m.Body)
	if err != nil {
		return nil
	}
	if old, ok := rows[profileKey(m.Author)]; ok {
		if o, err := ParseProfileRow(old.Value); err == nil && bytes.Compare(Order(o.Lamport, o.ID), Order(m.Lamport, m.ID)) >= 0 {
			return nil
		}
	}
	v, err := op.Encode(ProfileRow{Member: m.Author, Profile: b, Lamport: m.Lamport, ID: m.ID})
	if err != nil {
		return nil
	}
	return []Row{{Key: profileKey(m.Author), List: Profiles, Order: m.Author[:], Value: v}}
}

// ParseProfileRow reads a row that Fold wrote.
func ParseProfileRow(v []byte) (ProfileRow, error) {
	var r ProfileRow
	return r, parse(v, &r)
}
