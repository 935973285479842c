package epoch

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// A desk wire is sealed to the desk of a space, those who hold ADMIT there: what it says reaches them and nobody who carries it.
const (
	deskV2     = 2
	deskPrefix = 1 + 8 + 4 + identity.SealEncSize // ver, tag, day, encapsulation
)

// DeskKey is the key pair of a desk epoch, for those who hold its secret.
type DeskKey struct {
	Space, Epoch op.ID
	key          identity.SealKey
}

// DeskPublic returns the public key that a desk epoch with this secret announces. It does not hang on the epoch's id, since the Epoch op
// that has the id contains it.
func DeskPublic(space op.ID, s Secret) ([]byte, error) {
	k, err := identity.DeriveSealKey(s[:], identity.LabelDesk, space[:])
	if err != nil {
		return nil, err
	}
	return k.Public(), nil
}

// OpenDesk returns the key pair of a desk epoch from its secret.
func OpenDesk(space, epoch op.ID, s Secret) (*DeskKey, error) {
	k, err := identity.DeriveSealKey(s[:], identity.LabelDesk, space[:])
	if err != nil {
		return nil, err
	}
	return &DeskKey{Space: space, Epoch: epoch, key: k}, nil
}

// DeskTag is what wires to a desk epoch show: the beginning of its id, which members know and others cannot tell from noise.
func DeskTag(epoch op.ID) Tag { return Tag(epoch[:8]) }

// IsDesk reports whether bytes have the shape of a desk wire.
func IsDesk(wire []byte) bool {
	return len(wire) >= deskPrefix+minPlain+aeadTag && len(wire) <= MaxWire && wire[0] == deskV2
}

// SealDesk makes a desk wire. A desk wire is of no chain: h.Seq is 1. It errs when pub is no key or the body is over MaxBody.
func SealDesk(space, epoch op.ID, pub []byte, h Header, body []byte, d identity.DeviceKey) ([]byte, *Message, error) {
	if len(body) > MaxBody {
		return nil, nil, fmt.Errorf("message body has %d bytes, at most %d", len(body), MaxBody)
	}
	h.Device, h.BodyHash, h.Seq, h.Prev = d.ID(), bodyHash(body), 1, [32]byte{}
	header, err := op.Encode(h)
	if err != nil {
		return nil, nil, fmt.Errorf("encode header: %w", err)
	}
	tag := DeskTag(epoch)
	wire := binary.BigEndian.AppendUint32(append([]byte{deskV2}, tag[:]...), Day(h.Lamport))
	s, err := identity.NewSealer(pub, identity.LabelDesk, deskInfo(space, epoch, wire[9:13]))
	if err != nil {
		return nil, nil, fmt.Errorf("seal to the desk: %w", err)
	}
	sig := d.Sign(identity.LabelDeskHeader, space[:], epoch[:], s.Enc, header)
	sealed, err := s.Seal(pack(header, sig, body))
	if err != nil {
		return nil, nil, fmt.Errorf("seal to the desk: %w", err)
	}
	wire = append(append(wire, s.Enc...), sealed...)
	return wire, &Message{Header: h, Space: space, Epoch: epoch, Body: body, Desk: true, WireID: WireID(wire), bound: s.Enc, header: header, sig: sig}, nil
}

// Open reads a wire to this desk epoch. It checks everything but the signature. Errors are those of Keys.Open.
func (k *DeskKey) Open(wire []byte) (*Message, error) {
	tag, day, err := Peek(wire)
	if err != nil {
		return nil, err
	}
	if !IsDesk(wire) || tag != DeskTag(k.Epoch) {
		return nil, ErrSealed
	}
	enc := wire[13:deskPrefix]
	parts, err := k.key.Open(identity.LabelDesk, deskInfo(k.Space, k.Epoch, wire[9:13]), enc, [][]byte{wire[deskPrefix:]})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	m := &Message{Space: k.Space, Epoch: k.Epoch, Desk: true, WireID: WireID(wire), bound: enc}
	if err := m.unpack(parts[0]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInner, err)
	}
	if day != Day(m.Lamport) || m.Lamport < 0 {
		return nil, fmt.Errorf("%w: day does not fit the lamport time", ErrInner)
	}
	if m.Seq != 1 {
		return nil, fmt.Errorf("%w: %w", ErrInner, errors.New("seq: a desk wire is of no chain"))
	}
	return m, nil
}

func deskInfo(space, epoch op.ID, day []byte) []byte {
	return append(append(append(make([]byte, 0, 68), space[:]...), epoch[:]...), day...)
}
