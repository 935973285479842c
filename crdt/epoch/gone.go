package epoch

import (
	"fmt"

	"github.com/pandal-chat/pandal/crdt/op"
)

// A message whose body is gone is kept as what its author signed about it: enough for the chain of his device, and for a row that says that there was
// one. It has a form of its own, for our own store alone: it never travels, since nobody else could tell that it belongs to that wire's id.

// Gone says how a body went.
type Gone uint8

// Deleted by its author, or Expired.
const (
	Deleted Gone = 1
	Expired Gone = 2
)

const goneV0 = 0

type stub struct {
	_            struct{} `cbor:",toarray"`
	Space, Epoch op.ID
	WireID       [32]byte
	Gone         Gone
	Rest         []byte
	Header       []byte
	Sig          []byte
	Bound        []byte
	Desk         bool
}

// Stub is what stays of a message, in place of its wire. rest is what must be known of the body all the same, at most 64 bytes.
func (m *Message) Stub(why Gone, rest []byte) ([]byte, error) {
	b, err := op.Encode(stub{Space: m.Space, Epoch: m.Epoch, WireID: m.WireID, Gone: why, Rest: append([]byte{}, rest...), Header: m.header, Sig: m.sig, Bound: m.bound, Desk: m.Desk})
	if err != nil {
		return nil, fmt.Errorf("encode what stays of a message: %w", err)
	}
	return append([]byte{goneV0}, b...), nil
}

// IsStub reports whether bytes from the store are what stays of a message.
func IsStub(b []byte) bool { return len(b) > 0 && b[0] == goneV0 }

// ReadStub reads what Stub wrote: a message with Gone set and Rest for its body. Only bytes from our own store may be given.
func ReadStub(b []byte) (*Message, error) {
	var s stub
	if !IsStub(b) || len(b) > 1<<12 {
		return nil, ErrWire
	}
	if err := op.Decode(b[1:], &s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWire, err)
	}
	m := &Message{Space: s.Space, Epoch: s.Epoch, WireID: s.WireID, Gone: s.Gone, Body: s.Rest, Desk: s.Desk, bound: s.Bound, header: s.Header, sig: s.Sig}
	if err := op.Decode(s.Header, &m.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrWire, err)
	}
	return m, nil
}
