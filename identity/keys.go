package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// UserID is a member's public key M: their pseudonym in one top community.
type UserID [32]byte

// DeviceID is a device's public key D in one community.
type DeviceID [32]byte

// MemberKey is M's private half. It signs only certificates, DeviceAdd and DeviceRevoke.
type MemberKey struct{ priv ed25519.PrivateKey }

// DeviceKey is D's private half. It signs ops, messages and handshakes.
type DeviceKey struct{ priv ed25519.PrivateKey }

// NewDeviceKey draws a fresh device key.
func NewDeviceKey() DeviceKey {
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:])
	return DeviceKey{ed25519.NewKeyFromSeed(seed[:])}
}

// DeviceKeyFromSeed restores a stored device key.
func DeviceKeyFromSeed(seed [32]byte) DeviceKey { return DeviceKey{ed25519.NewKeyFromSeed(seed[:])} }

// Seed returns the 32 bytes to store. Secret.
func (k DeviceKey) Seed() [32]byte { return [32]byte(k.priv.Seed()) }

// ID returns D.
func (k DeviceKey) ID() DeviceID { return DeviceID(k.priv.Public().(ed25519.PublicKey)) }

// Sign signs label ‖ 0 ‖ parts.
func (k DeviceKey) Sign(l Label, parts ...[]byte) []byte {
	return ed25519.Sign(k.priv, l.Bytes(parts...))
}

// ID returns M.
func (k MemberKey) ID() UserID { return UserID(k.priv.Public().(ed25519.PublicKey)) }

// Sign signs label ‖ 0 ‖ parts.
func (k MemberKey) Sign(l Label, parts ...[]byte) []byte {
	return ed25519.Sign(k.priv, l.Bytes(parts...))
}

// Verify reports whether sig is the signature of the key pub (M, D or an invite key) over label ‖ 0 ‖ parts, by the one rule of
// Go's crypto/ed25519.
func Verify(pub [32]byte, sig []byte, l Label, parts ...[]byte) bool {
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(pub[:], l.Bytes(parts...), sig)
}

// InviteKey is the key pair that an invite link carries the seed of.
type InviteKey struct{ priv ed25519.PrivateKey }

// InviteKeyFromSeed derives the invite key from the seed in the link.
func InviteKeyFromSeed(seed [16]byte) InviteKey {
	h := LabelInviteKey.Hash(seed[:])
	return InviteKey{ed25519.NewKeyFromSeed(h[:])}
}

// Public returns what the Invite op names.
func (k InviteKey) Public() [32]byte { return [32]byte(k.priv.Public().(ed25519.PublicKey)) }

// Prove signs M ‖ D: whoever holds the link consents to this very person and device using it.
func (k InviteKey) Prove(m UserID, d DeviceID) []byte {
	return ed25519.Sign(k.priv, LabelInviteProof.Bytes(m[:], d[:]))
}

// VerifyInvite checks what Prove made.
func VerifyInvite(key [32]byte, proof []byte, m UserID, d DeviceID) bool {
	return Verify(key, proof, LabelInviteProof, m[:], d[:])
}

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Name32 is the lower-case base32 of the first 20 bytes of b, the tail of every id on the API. b has at least 20 bytes.
func Name32(b []byte) string { return base32Lower.EncodeToString(b[:20]) }

// String returns the usr_ id: it derives from M's hash, so it survives rejoining and says nothing by itself.
func (u UserID) String() string {
	h := LabelUser.Hash(u[:])
	return "usr_" + Name32(h[:])
}

// String returns the dev_ id.
func (d DeviceID) String() string {
	h := LabelDeviceName.Hash(d[:])
	return "dev_" + Name32(h[:])
}

// SafetyWords returns the six words two people compare: the first 66 bits of a hash over both member keys, smaller first, so
// both sides see the same.
func SafetyWords(a, b UserID) string {
	if string(b[:]) < string(a[:]) {
		a, b = b, a
	}
	h := LabelSafety.Hash(a[:], b[:])
	words := make([]string, 6)
	for i := range words {
		n := 0
		for bit := i * 11; bit < i*11+11; bit++ {
			n = n<<1 | int(h[bit/8]>>(7-bit%8)&1)
		}
		words[i] = wordlists.English[n]
	}
	return strings.Join(words, " ")
}
