package content

import (
	"bytes"
	"encoding/hex"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// ProfileBody is what a member shows of himself to one group. Rule: the last one by (lamport, id) stands.
type ProfileBody struct {
	_    struct{} `cbor:",toarray"`
	Name string
}

// ProfileRow is the value of a member's profile row.
type ProfileRow struct {
	_       struct{} `cbor:",toarray"`
	Member  identity.UserID
	Name    string
	Lamport op.Millis
	ID      [32]byte
}

func profileKey(m identity.UserID) RowKey { return RowKey("p/" + hex.EncodeToString(m[:])) }

// ProfileKey is the key of a member's profile row.
func ProfileKey(m identity.UserID) RowKey { return profileKey(m) }

// Encode returns the body's bytes. It errs on a name over its limit.
func (b ProfileBody) Encode() ([]byte, error) {
	if err := checkText("name", b.Name, MaxName, false); err != nil {
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
	return b, checkText("name", b.Name, MaxName, false)
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
	v, err := op.Encode(ProfileRow{Member: m.Author, Name: b.Name, Lamport: m.Lamport, ID: m.ID})
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
