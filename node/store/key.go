package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/crypto/argon2"
)

// The key file, see SPEC.md. Both kinds start with magic, version and kind.
const (
	keyMagic   = "PDLKEY"
	keyVersion = 1
	kindBare   = 0
	kindSealed = 1

	keySize    = 32
	headSize   = len(keyMagic) + 2
	bareSize   = headSize + keySize + checkSize
	checkSize  = 8
	saltSize   = 16
	nonceSize  = 12
	paramsEnd  = headSize + 4 + 4 + 1 + saltSize + nonceSize
	sealedSize = paramsEnd + keySize + 16
)

// cost is what one guess at a passphrase takes: RFC 9106, second choice.
type cost struct {
	passes, kib uint32
	lanes       uint8
}

var defaultCost = cost{passes: 3, kib: 64 << 10, lanes: 4}

// sane bounds what a key file may ask for, before any of it is allocated.
func (c cost) sane() bool {
	return c.passes >= 1 && c.passes <= 64 && c.kib >= 8 && c.kib <= 1<<20 && c.lanes >= 1 && c.lanes <= 16
}

// sealKey makes a key file: sealed under the passphrase, or bare without one.
func sealKey(key [keySize]byte, passphrase []byte) []byte {
	out := append(make([]byte, 0, sealedSize), keyMagic...)
	out = append(out, keyVersion)
	if len(passphrase) == 0 {
		out = append(out, kindBare)
		out = append(out, key[:]...)
		sum := sha256.Sum256(out)
		return append(out, sum[:checkSize]...)
	}
	out = append(out, kindSealed)
	out = binary.BigEndian.AppendUint32(out, defaultCost.passes)
	out = binary.BigEndian.AppendUint32(out, defaultCost.kib)
	out = append(out, defaultCost.lanes)
	random := make([]byte, saltSize+nonceSize)
	rand.Read(random)
	out = append(out, random...)
	return keyAEAD(out, passphrase).Seal(out, out[paramsEnd-nonceSize:paramsEnd], key[:], out[:paramsEnd])
}

// openKey reads a key file. A sealed one that does not open is ErrPassphrase,
// since damage and a wrong passphrase look the same.
func openKey(file, passphrase []byte) (key [keySize]byte, sealed bool, err error) {
	if len(file) < headSize || string(file[:len(keyMagic)]) != keyMagic {
		return key, false, fmt.Errorf("read key file: not a key file: %w", ErrCorrupt)
	}
	if v := file[len(keyMagic)]; v > keyVersion {
		return key, false, fmt.Errorf("read key file: version %d: %w", v, ErrNewer)
	}
	switch kind := file[headSize-1]; {
	case kind == kindBare && len(file) == bareSize:
		sum := sha256.Sum256(file[:bareSize-checkSize])
		if !bytes.Equal(sum[:checkSize], file[bareSize-checkSize:]) {
			return key, false, fmt.Errorf("read key file: checksum differs: %w", ErrCorrupt)
		}
		return [keySize]byte(file[headSize:]), false, nil
	case kind == kindSealed && len(file) == sealedSize:
		if !readCost(file).sane() {
			return key, true, fmt.Errorf("read key file: bad parameters: %w", ErrCorrupt)
		}
		if len(passphrase) == 0 {
			return key, true, fmt.Errorf("read key file: a passphrase is needed: %w", ErrPassphrase)
		}
		plain, err := keyAEAD(file, passphrase).Open(nil, file[paramsEnd-nonceSize:paramsEnd], file[paramsEnd:], file[:paramsEnd])
		if err != nil {
			return key, true, fmt.Errorf("open key file: %w", ErrPassphrase)
		}
		return [keySize]byte(plain), true, nil
	}
	return key, false, fmt.Errorf("read key file: unknown kind or size: %w", ErrCorrupt)
}

func readCost(file []byte) cost {
	p := file[headSize:]
	return cost{binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:]), p[8]}
}

// keyAEAD derives the wrapping key from the parameters in a key file's head.
func keyAEAD(file, passphrase []byte) cipher.AEAD {
	c := readCost(file)
	salt := file[headSize+9 : headSize+9+saltSize]
	k := argon2.IDKey(passphrase, salt, c.passes, c.kib, c.lanes, keySize)
	block, err := aes.NewCipher(k)
	if err != nil {
		panic(err) // the key size is a constant
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// writeFile puts data at path so that a crash leaves the old file or the new.
func writeFile(path string, data []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}
