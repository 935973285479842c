package store

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
)

// Names in the data directory. SQLite adds pandal.db-wal and pandal.db-shm.
const (
	dbName   = "pandal.db"
	keyName  = "key"
	newName  = "key.new"
	lockName = "lock"
)

// Options say which store to open.
type Options struct {
	// Dir is the data directory; it is made, mode 0700, where it is missing.
	Dir string
	// Passphrase opens a sealed key file, and seals the key of a new store. On
	// a store that has none it is not looked at; ask Wrapped.
	Passphrase []byte
	// Describe says what search finds a row of a list by, where the row was stored before there was an index; nil: nothing.
	Describe func(Row) (text string, tags []string)
}

// Store is an open database. All methods may be called from any goroutine.
type Store struct {
	dir     string
	key     [keySize]byte
	wrapped atomic.Bool
	lock    io.Closer
	rekey   sync.Mutex // one ChangePassphrase at a time
	readers *readers
	queue   chan *request
	closing chan struct{}
	done    chan struct{} // closed when the writer has ended
	once    sync.Once
	kv      *kvWriter
	// gathered is about how many texts wait for the index, and 0 only where none does.
	gathered atomic.Int64
}

// Open locks the directory and opens the store in it, making a new one where
// there is none. It fails with ErrInUse, ErrPassphrase, ErrCorrupt, ErrNewer
// or ErrFull, and then has changed nothing in a store that was there.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, classify("make data directory", err)
	}
	if err := os.Chmod(o.Dir, 0o700); err != nil {
		return nil, classify("close data directory to others", err)
	}
	lock, err := Hold(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: o.Dir, lock: lock}
	if err := s.open(ctx, o); err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

// Hold keeps a directory whose store is closed to this process, until the answer is closed. It fails with ErrInUse.
func Hold(dir string) (io.Closer, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, classify("open lock file", err)
	}
	if err := flock(lock); err != nil {
		lock.Close()
		return nil, classify("lock data directory", err)
	}
	return lock, nil
}

// InUse reports whether some process holds the directory: its files may change. A directory that cannot be looked at is not.
func InUse(dir string) bool {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer lock.Close() // and gives the lock back
	return errors.Is(flock(lock), ErrInUse)
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Store) open(ctx context.Context, o Options) error {
	fresh, err := s.loadKey(o.Passphrase)
	if err != nil {
		return err
	}
	w, err := dial(s.path(dbName), s.key, "full", false)
	if err != nil {
		return classify("open store", err)
	}
	if err := s.check(w, fresh); err != nil {
		w.close()
		return err
	}
	w.gathered = &s.gathered
	s.gathered.Store(1) // perhaps: whoever looks first finds out
	if err := w.indexOld(o.Describe); err != nil {
		w.close()
		return classify("index what is stored", err)
	}
	if fresh {
		if err := s.finishNew(w); err != nil {
			w.close()
			return classify("make store", err)
		}
	}
	for _, name := range []string{dbName, dbName + "-wal", dbName + "-shm"} { // SQLite makes them readable to all
		if err := os.Chmod(s.path(name), 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.close()
			return classify("close store to others", err)
		}
	}
	s.readers = &readers{open: func() (*conn, error) { return dial(s.path(dbName), s.key, "full", true) }}
	s.kv = &kvWriter{open: func() (*conn, error) { return dial(s.path(dbName), s.key, "normal", false) }}
	s.queue = make(chan *request, maxCoalesced)
	s.closing = make(chan struct{})
	s.done = make(chan struct{})
	go s.write(w) // ends when Close closes s.closing
	return ctx.Err()
}

// loadKey reads the key file. A store is new while its key is still called
// key.new: then nobody was ever told that it was open, so what the last
// attempt left behind is cleared away.
func (s *Store) loadKey(passphrase []byte) (fresh bool, err error) {
	file, err := readSmall(s.path(keyName))
	if err == nil {
		var sealed bool
		s.key, sealed, err = openKey(file, passphrase)
		s.wrapped.Store(sealed)
		if err != nil {
			return false, err
		}
		if st, e := os.Stat(s.path(dbName)); e != nil || st.Size() == 0 {
			return false, fmt.Errorf("open store: the database is missing or empty: %w", ErrCorrupt)
		}
		return false, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return false, classify("read key file", err)
	}
	if _, err := os.Stat(s.path(newName)); err == nil {
		for _, name := range []string{dbName, dbName + "-wal", dbName + "-shm", newName} {
			if err := os.Remove(s.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return false, classify("clear unfinished store", err)
			}
		}
	}
	if _, err := os.Stat(s.path(dbName)); err == nil {
		return false, fmt.Errorf("read key file: it is missing beside a database: %w", ErrCorrupt)
	}
	rand.Read(s.key[:])
	s.wrapped.Store(len(passphrase) > 0)
	return true, classify("write key file", writeFile(s.path(newName), sealKey(s.key, passphrase)))
}

// check reads the header and the schema, so that a file that is no database
// under this key is found before anything is done with it. It does not read
// the whole file: that is Check.
func (s *Store) check(w *conn, fresh bool) error {
	v, err := w.number(`PRAGMA user_version`)
	if err == nil {
		_, err = w.number(`SELECT count(*) FROM sqlite_schema`)
	}
	if err != nil {
		return classify("open store", err)
	}
	if v == 0 && !fresh {
		return fmt.Errorf("open store: the database is blank: %w", ErrCorrupt)
	}
	return classify("open store", migrate(w, migrations))
}

// finishNew makes the new store durable and then gives the key its name.
func (s *Store) finishNew(w *conn) error {
	if err := w.db.Exec(`PRAGMA wal_checkpoint(truncate)`); err != nil {
		return err
	}
	if err := os.Rename(s.path(newName), s.path(keyName)); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// Close waits for the commits that were accepted, closes the database and
// gives up the lock. Later calls fail with ErrClosed.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		<-s.done
		s.readers.shut()
		s.kv.close()
		s.lock.Close()
	})
	return nil
}

// Wrapped says whether the key file needs a passphrase.
func (s *Store) Wrapped() bool { return s.wrapped.Load() }

// Sealed says whether the key file in a directory needs a passphrase. One that is not there or cannot be read does not.
func Sealed(dir string) bool {
	file, err := readSmall(filepath.Join(dir, keyName))
	if err != nil {
		return false
	}
	_, sealed, _ := openKey(file, nil)
	return sealed
}

// ChangePassphrase seals the key under another passphrase; an empty one leaves
// the key bare. It fails with ErrPassphrase where old is wrong. The database is
// not encrypted again: who has the old key file and its passphrase keeps the key.
func (s *Store) ChangePassphrase(old, new []byte) error {
	s.rekey.Lock()
	defer s.rekey.Unlock()
	file, err := readSmall(s.path(keyName))
	if err != nil {
		return classify("read key file", err)
	}
	key, _, err := openKey(file, old)
	if err != nil {
		return err
	}
	if err := writeFile(s.path(keyName), sealKey(key, new)); err != nil {
		return classify("write key file", err)
	}
	s.wrapped.Store(len(new) > 0)
	return nil
}

// Subkey derives a key for one use outside the database, such as the MAC of a
// snapshot. The same label gives the same key as long as the store lives.
func (s *Store) Subkey(label string) [32]byte {
	k, err := hkdf.Expand(sha256.New, s.key[:], label, 32)
	if err != nil {
		panic(err) // the length is a constant
	}
	return [32]byte(k)
}

// Check reads the whole database and fails with ErrCorrupt where its structure
// is damaged. It takes seconds on a large store.
func (s *Store) Check(ctx context.Context) error {
	return s.read(ctx, "check store", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			if st.ColumnText(0) != "ok" {
				return ErrCorrupt
			}
			return nil
		}, `PRAGMA quick_check(1)`)
	})
}

// readSmall reads a key file without trusting its size.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 4096))
}

// RoomLeft returns the bytes that can still be written where the store is.
func (s *Store) RoomLeft() (uint64, error) {
	left, err := roomLeft(s.dir)
	if err != nil {
		return 0, errors.New("ask for the room on the disk: the system does not tell")
	}
	return left, nil
}
