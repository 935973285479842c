package epoch

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Limits of a wire, in bytes.
const (
	MaxWire   = 68 << 10
	MaxBody   = 64 << 10
	maxHeader = 512
	minPlain  = 256
	prefix    = 1 + 8 + 4 + 16 + 16 // ver, tag, day, salt, key commitment
	aeadTag   = 16
	sigSize   = 64
	wireV1    = 1
	msPerDay  = 86_400_000
)

// What can be wrong with a wire. ErrWire: no wire at all. ErrSealed: this epoch's key does not open it. ErrInner: sealed under the
// right key, but malformed inside, which only a member can do.
var (
	ErrWire   = errors.New("not a wire")
	ErrSealed = errors.New("the wire does not open with this key")
	ErrInner  = errors.New("the wire is malformed inside")
)

// Header is what an author signs about a message; the body is only named by its hash, so it can go and the header stay.
type Header struct {
	_        struct{} `cbor:",toarray"`
	Device   identity.DeviceID
	Seq      uint64   // 1 + the last of this device in this space
	Prev     [32]byte // hash of the header before, zero at first
	Lamport  op.Millis
	Time     op.Millis // shown to people, orders nothing
	Kind     uint16    // crdt/content lists them
	BodyHash [32]byte
}

// Message is an opened wire.
type Message struct {
	Header
	Space, Epoch op.ID
	Body         []byte
	WireID       [32]byte // SHA-256(wire)
	Desk         bool     // it was sealed to the desk
	Gone         Gone     // its body is not here any more, and Body is what stays of it

	bound  []byte // salt or encapsulation: what the signature binds the message to
	header []byte
	sig    []byte
}

// Hash is what the next header of the chain names as Prev and what a pin names.
func (m *Message) Hash() [32]byte { return sha256.Sum256(m.header) }

// Verify checks the author's signature: the one dear check.
func (m *Message) Verify() bool {
	l := identity.LabelHeader
	if m.Desk {
		l = identity.LabelDeskHeader
	}
	return identity.Verify(m.Device, m.sig, l, m.Space[:], m.Epoch[:], m.bound, m.header)
}

// WireID names a wire. Only its author can choose it, since the salt is signed.
func WireID(wire []byte) [32]byte { return sha256.Sum256(wire) }

// Peek reads what a wire shows to everybody. It errs with ErrWire on a wrong size or version.
func Peek(wire []byte) (tag Tag, day uint32, err error) {
	if len(wire) < prefix+minPlain+aeadTag || len(wire) > MaxWire {
		return tag, 0, fmt.Errorf("%w: %d bytes", ErrWire, len(wire))
	}
	if wire[0] != wireV1 && !IsDesk(wire) {
		return tag, 0, fmt.Errorf("%w: version %d with %d bytes", ErrWire, wire[0], len(wire))
	}
	return Tag(wire[1:9]), binary.BigEndian.Uint32(wire[9:13]), nil
}

// Day is the day number that a wire with this lamport shows.
func Day(lamport op.Millis) uint32 { return uint32(max(lamport, 0) / msPerDay) }

// Seal makes a wire: h.BodyHash is filled in, the header signed by the device, everything padded and sealed under a single-use key.
// It errs when the body is over MaxBody.
func (k *Keys) Seal(h Header, body []byte, d identity.DeviceKey) ([]byte, *Message, error) {
	if len(body) > MaxBody {
		return nil, nil, fmt.Errorf("message body has %d bytes, at most %d", len(body), MaxBody)
	}
	h.Device, h.BodyHash = d.ID(), bodyHash(body)
	header, err := op.Encode(h)
	if err != nil {
		return nil, nil, fmt.Errorf("encode header: %w", err)
	}
	wire := make([]byte, prefix, prefix+padded(plainSize(len(header), len(body)))+aeadTag)
	wire[0] = wireV1
	copy(wire[1:9], k.Tag[:])
	binary.BigEndian.PutUint32(wire[9:13], Day(h.Lamport))
	salt := wire[13:29]
	rand.Read(salt)
	sig := d.Sign(identity.LabelHeader, k.Space[:], k.Epoch[:], salt, header)

	plain := pack(header, sig, body)
	aead, nonce, commit := k.single(salt)
	copy(wire[29:45], commit)
	wire = aead.Seal(wire, nonce, plain, wire[:prefix])
	m := &Message{Header: h, Space: k.Space, Epoch: k.Epoch, Body: body, WireID: WireID(wire), bound: salt, header: header, sig: sig}
	return wire, m, nil
}

// Open reads a wire of this epoch. It checks everything but the signature.
func (k *Keys) Open(wire []byte) (*Message, error) {
	tag, day, err := Peek(wire)
	if err != nil {
		return nil, err
	}
	if wire[0] != wireV1 || tag != k.Tag {
		return nil, ErrSealed
	}
	aead, nonce, commit := k.single(wire[13:29])
	if subtle.ConstantTimeCompare(commit, wire[29:45]) != 1 {
		return nil, fmt.Errorf("%w: key commitment", ErrSealed)
	}
	plain, err := aead.Open(nil, nonce, wire[prefix:], wire[:prefix])
	if err != nil {
		return nil, ErrSealed
	}
	m := &Message{Space: k.Space, Epoch: k.Epoch, WireID: WireID(wire), bound: wire[13:29]}
	if err := m.unpack(plain); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInner, err)
	}
	if day != Day(m.Lamport) || m.Lamport < 0 {
		return nil, fmt.Errorf("%w: day does not fit the lamport time", ErrInner)
	}
	return m, nil
}

// pack lays out what is sealed, padded.
func pack(header, sig, body []byte) []byte {
	plain := make([]byte, 0, padded(plainSize(len(header), len(body))))
	plain = binary.BigEndian.AppendUint16(plain, uint16(len(header)))
	plain = append(append(plain, header...), sig...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(body)))
	plain = append(plain, body...)
	return plain[:cap(plain)]
}

func (m *Message) unpack(plain []byte) error {
	if len(plain) < 2 {
		return errors.New("header: missing")
	}
	n := int(binary.BigEndian.Uint16(plain))
	if n > maxHeader || len(plain) < 2+n+sigSize+4 {
		return errors.New("header: length out of range")
	}
	m.header, plain = plain[2:2+n], plain[2+n:]
	m.sig, plain = plain[:sigSize], plain[sigSize:]
	size := int(binary.BigEndian.Uint32(plain))
	if plain = plain[4:]; size > MaxBody || size > len(plain) {
		return errors.New("body: length out of range")
	}
	m.Body = plain[:size:size]
	for _, b := range plain[size:] {
		if b != 0 {
			return errors.New("padding: not zero")
		}
	}
	if 2+n+sigSize+4+len(plain) != padded(plainSize(n, size)) {
		return errors.New("padding: not the one length")
	}
	if !m.Header.read(m.header) {
		if err := op.Decode(m.header, &m.Header); err != nil {
			return fmt.Errorf("header: %w", err)
		}
	}
	if m.BodyHash != bodyHash(m.Body) {
		return errors.New("body: not the one the header names")
	}
	if m.Seq == 0 || (m.Seq == 1) != (m.Prev == [32]byte{}) {
		return errors.New("seq: starts at 1, and only the first has no prev")
	}
	return nil
}

// single derives the single-use key, its nonce and its commitment from the salt.
func (k *Keys) single(salt []byte) (cipher.AEAD, []byte, []byte) {
	b := expand60(k.msg, salt)
	block, err := aes.NewCipher(b[:32])
	if err != nil {
		panic("epoch: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("epoch: " + err.Error())
	}
	return aead, b[32:44], b[44:60]
}

func bodyHash(body []byte) [32]byte { return identity.LabelBody.Hash(body) }

func plainSize(header, body int) int { return 2 + header + sigSize + 4 + body }

// padded is Padmé (Nikitin et al., PETS 2019): at most 12 % more, O(log log n) bits of the length shown; 256 bytes at least.
func padded(n int) int {
	if n <= minPlain {
		return minPlain
	}
	e := bits.Len(uint(n)) - 1
	s := bits.Len(uint(e))
	mask := 1<<(e-s) - 1
	return (n + mask) &^ mask
}
