package identity

import (
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
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

// DeriveSealKey returns the key pair that a secret gives for one use in one context: whoever holds the secret holds the key. The
// secret has at least 32 random bytes.
func DeriveSealKey(secret []byte, l Label, context []byte) (SealKey, error) {
	ikm, err := hkdf.Key(sha256.New, secret, context, string(l), 32)
	if err != nil {
		return SealKey{}, fmt.Errorf("derive sealing key: %w", err)
	}
	k, err := kem.DeriveKeyPair(ikm)
	if err != nil {
		return SealKey{}, fmt.Errorf("derive sealing key: %w", err)
	}
	return SealKey{k}, nil
}

// Public returns the SealKeySize bytes that others seal to.
func (k SealKey) Public() []byte { return k.priv.PublicKey().Bytes() }

// Sealer is one encapsulation to a public key. What is sealed may name Enc, so that a signature inside binds to this very sealing.
type Sealer struct {
	Enc []byte
	s   *hpke.Sender
}

// NewSealer encapsulates to a public key; info binds what is sealed to its context and is checked by Open. It errs when pub is no key.
func NewSealer(pub []byte, l Label, info []byte) (Sealer, error) {
	if len(pub) != SealKeySize {
		return Sealer{}, fmt.Errorf("sealing key has %d bytes, want %d", len(pub), SealKeySize)
	}
	pk, err := kem.NewPublicKey(pub)
	if err != nil {
		return Sealer{}, fmt.Errorf("read sealing key: %w", err)
	}
	enc, s, err := hpke.NewSender(pk, kdf, aead, l.Bytes(info))
	if err != nil {
		return Sealer{}, fmt.Errorf("encapsulate: %w", err)
	}
	return Sealer{enc, s}, nil
}

// Seal encrypts the next part.
func (s Sealer) Seal(part []byte) ([]byte, error) {
	c, err := s.s.Seal(nil, part)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return c, nil
}

// Seal encrypts several parts to one public key with a single encapsulation, as NewSealer. It errs when pub is no key.
func Seal(pub []byte, l Label, info []byte, parts [][]byte) (enc []byte, sealed [][]byte, err error) {
	s, err := NewSealer(pub, l, info)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range parts {
		c, err := s.Seal(p)
		if err != nil {
			return nil, nil, err
		}
		sealed = append(sealed, c)
	}
	return s.Enc, sealed, nil
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
