package identity

import (
	"crypto/hpke"
	"errors"
	"fmt"
)

// The one HPKE suite (RFC 9180, draft-ietf-hpke-pq): MLKEM768-X25519, HKDF-SHA256, AES-256-GCM.
var kem, kdf, aead = hpke.MLKEM768X25519(), hpke.HKDFSHA256(), hpke.AES256GCM()

// Sizes of a sealing public key and of an encapsulation, in bytes.
const (
	SealKeySize = 1184 + 32
	SealEncSize = 1088 + 32
)

// ErrSealed is returned when something sealed does not open: damaged, or not for this key.
var ErrSealed = errors.New("sealed data does not open with this key")

// SealKey is a hybrid post-quantum private key, made fresh for one request and then forgotten.
type SealKey struct{ priv hpke.PrivateKey }

// NewSealKey draws a fresh key.
func NewSealKey() (SealKey, error) {
	k, err := kem.GenerateKey()
	if err != nil {
		return SealKey{}, fmt.Errorf("make sealing key: %w", err)
	}
	return SealKey{k}, nil
}

// Public returns the SealKeySize bytes that others seal to.
func (k SealKey) Public() []byte { return k.priv.PublicKey().Bytes() }

// Seal encrypts several parts to one public key with a single encapsulation; info binds them to their context and is checked by
// Open. It errs when pub is no key.
func Seal(pub []byte, l Label, info []byte, parts [][]byte) (enc []byte, sealed [][]byte, err error) {
	if len(pub) != SealKeySize {
		return nil, nil, fmt.Errorf("sealing key has %d bytes, want %d", len(pub), SealKeySize)
	}
	pk, err := kem.NewPublicKey(pub)
	if err != nil {
		return nil, nil, fmt.Errorf("read sealing key: %w", err)
	}
	enc, s, err := hpke.NewSender(pk, kdf, aead, l.Bytes(info))
	if err != nil {
		return nil, nil, fmt.Errorf("encapsulate: %w", err)
	}
	for _, p := range parts {
		c, err := s.Seal(nil, p)
		if err != nil {
			return nil, nil, fmt.Errorf("seal: %w", err)
		}
		sealed = append(sealed, c)
	}
	return enc, sealed, nil
}

// Open decrypts what Seal made, in the same order. It errs with ErrSealed.
func (k SealKey) Open(l Label, info, enc []byte, sealed [][]byte) ([][]byte, error) {
	if len(enc) != SealEncSize {
		return nil, fmt.Errorf("%w: encapsulation has %d bytes, want %d", ErrSealed, len(enc), SealEncSize)
	}
	r, err := hpke.NewRecipient(enc, k.priv, kdf, aead, l.Bytes(info))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrSealed, err)
	}
	parts := make([][]byte, 0, len(sealed))
	for _, c := range sealed {
		p, err := r.Open(nil, c)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrSealed, err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}
