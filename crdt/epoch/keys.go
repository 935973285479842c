package epoch

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Secret is S, the one secret of an epoch: 32 random bytes, independent of all others.
type Secret [32]byte

// NewSecret draws a fresh one.
func NewSecret() Secret {
	var s Secret
	rand.Read(s[:])
	return s
}

// Commit is what the Epoch op says about S, so that a relayed secret can be checked.
func (s Secret) Commit(space op.ID) [32]byte { return identity.LabelCommit.Hash(space[:], s[:]) }

// Tag is the first thing a wire shows: which epoch sealed it, opaque to whoever has no key.
type Tag [8]byte

// Keys is the key schedule of one epoch (HKDF-SHA-256, RFC 5869).
type Keys struct {
	Space, Epoch op.ID
	Tag          Tag
	Topic        string   // gossip topic
	Rendezvous   [32]byte // K_rdv: handshake offers, LAN tags, DHT keys; kept for ever, though S may go
	msg          []byte
}

// Schedule derives everything from S.
func Schedule(space, epoch op.ID, s Secret) *Keys {
	prk, err := hkdf.Extract(sha256.New, s[:], epoch[:])
	if err != nil {
		panic("epoch: extract: " + err.Error())
	}
	k := &Keys{Space: space, Epoch: epoch, msg: expand(prk, string(identity.LabelMessages), 32)}
	k.Tag = Tag(expand(expand(prk, string(identity.LabelTag), 32), "", 8))
	k.Topic = base32Of(expand(expand(prk, string(identity.LabelTopic), 32), string(space[:]), 32))
	k.Rendezvous = [32]byte(expand(prk, string(identity.LabelRendezvous), 32))
	return k
}

func expand(prk []byte, info string, n int) []byte {
	b, err := hkdf.Expand(sha256.New, prk, info, n)
	if err != nil {
		panic("epoch: expand: " + err.Error())
	}
	return b
}

// expand60 is expand to 60 bytes, for the one call that every message makes: RFC 5869's two steps of HMAC-SHA-256 written out, on the stack.
// TestExpand60 holds it to expand. prk has at most 64 bytes, info at most 32.
func expand60(prk, info []byte) (out [64]byte) {
	var in, outer [64 + 32 + 32 + 1]byte
	for i := range 64 {
		in[i], outer[i] = 0x36, 0x5c
	}
	for i, b := range prk {
		in[i] ^= b
		outer[i] ^= b
	}
	n := 64
	for step := byte(1); step <= 2; step++ {
		m := n + copy(in[n:], info)
		in[m] = step
		sum := sha256.Sum256(in[:m+1])
		copy(outer[64:], sum[:])
		sum = sha256.Sum256(outer[:96])
		copy(out[(step-1)*32:], sum[:])
		n = 64 + copy(in[64:], sum[:])
	}
	return out
}

func base32Of(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// MeetingPoint is where holders of a rendezvous key find each other for one purpose: HMAC(K_rdv, parts…).
func MeetingPoint(rendezvous [32]byte, l identity.Label, parts ...[]byte) [32]byte {
	h := hmac.New(sha256.New, rendezvous[:])
	h.Write(l.Bytes(parts...))
	return [32]byte(h.Sum(nil))
}
