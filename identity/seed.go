package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"

	"github.com/tyler-smith/go-bip39"
)

// Seed is the 32 bytes a person keeps: everything that must survive a lost computer derives from it. Secret.
type Seed [32]byte

// ErrWords is returned for recovery words that are not 24 BIP-39 English words with a right checksum.
var ErrWords = errors.New("these are not 24 recovery words: check the spelling and the order")

// NewSeed draws a fresh seed.
func NewSeed() Seed {
	var s Seed
	rand.Read(s[:]) // never fails (crypto/rand, Go 1.24)
	return s
}

// Words returns the 24 BIP-39 English words of the seed.
func (s Seed) Words() string {
	w, err := bip39.NewMnemonic(s[:])
	if err != nil {
		panic("identity: 32 bytes always have words: " + err.Error())
	}
	return w
}

// ParseWords reads 24 words back, whatever their case and spacing. It errs with ErrWords.
func ParseWords(words string) (Seed, error) {
	f := strings.Fields(strings.ToLower(words))
	if len(f) != 24 {
		return Seed{}, ErrWords
	}
	b, err := bip39.EntropyFromMnemonic(strings.Join(f, " "))
	if err != nil || len(b) != 32 {
		return Seed{}, ErrWords
	}
	return Seed(b), nil
}

// Member derives the member key for one top community. The owner, who must have M before the community has an id, derives it
// from OwnerSalt of the Genesis salt instead (SPEC.md, "Two derivations").
func (s Seed) Member(community [32]byte) MemberKey {
	k, err := hkdf.Key(sha256.New, s[:], community[:], string(LabelMember), ed25519.SeedSize)
	if err != nil {
		panic("identity: derive member key: " + err.Error())
	}
	return MemberKey{ed25519.NewKeyFromSeed(k)}
}

// OwnerSalt is what the owner's member key derives from in place of the community id, which does not exist yet when Genesis is
// written.
func OwnerSalt(salt [32]byte) [32]byte { return LabelOwnerSalt.Hash(salt[:]) }
