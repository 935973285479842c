package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ncruces/go-sqlite3"
)

var (
	// ErrPassphrase says that the key file did not open: the passphrase is
	// wrong, or there is one and none was given.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrCorrupt says that the key is good, or missing beside a database, but
	// the database is not readable. Nothing was changed or deleted.
	ErrCorrupt = errors.New("the store is damaged; nothing was changed: " +
		"keep a copy of the data directory, then restore a backup or join again with your recovery words")
	// ErrInUse says that another process holds the data directory.
	ErrInUse = errors.New("the data directory is in use by another pandal")
	// ErrFull says that there is no room left; nothing of the batch was written.
	ErrFull = errors.New("the disk is full")
	// ErrNewer says that a later version of the program wrote this store.
	ErrNewer = errors.New("the store was written by a newer version of pandal")
	// ErrClosed says that Close was called before.
	ErrClosed = errors.New("the store is closed")
)

// classify puts the sentinel a caller can act on in front of an error of
// SQLite or the file system. It drops paths.
func classify(verb string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrFull), errors.Is(err, ErrCorrupt), errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, sqlite3.FULL), errors.Is(err, errNoSpace):
		return fmt.Errorf("%s: %w", verb, ErrFull)
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return fmt.Errorf("%s: %w", verb, ErrCorrupt)
	case errors.Is(err, sqlite3.INTERRUPT):
		return fmt.Errorf("%s: %w", verb, context.Canceled)
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: %w", verb, err)
}
