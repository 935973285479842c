package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
)

// conn is one SQLite connection with its prepared statements. One goroutine
// uses it at a time.
type conn struct {
	db    *sqlite3.Conn
	path  string // of the database, as SQLite names it
	stmts map[string]*sqlite3.Stmt

	// Writer only: numbers given to spaces, tags and devices, and to the wires of this transaction; the highest numbers of events and wires; and
	// at most how many rows came before their wire. Negative is not known.
	spaces                             map[[32]byte]int64
	numbers                            map[numberKey]int64
	fresh                              map[freshKey]int64
	lastEvent, lastWire, early, hushed int64
	gathered                           *atomic.Int64     // the store's
	left                               int64             // how many texts wait once this transaction is through; negative: as many more as it gathers
	docs                               map[int64]*text   // what this transaction changes in the index of texts
	unread                             map[int64]*unread // what is unread, by space; nil: this space does not count
}

// dial opens path with key. The key goes in by a pragma, so it is in no file
// name that SQLite keeps or prints.
func dial(path string, key [keySize]byte, synchronous string, readonly bool) (*conn, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	slash := filepath.ToSlash(abs)
	if !strings.HasPrefix(slash, "/") {
		slash = "/" + slash
	}
	cipher := gathered
	if synchronous != "full" || readonly {
		cipher = "adiantum"
	}
	u := url.URL{Scheme: "file", Path: slash, RawQuery: "vfs=" + cipher}
	db, err := sqlite3.Open(u.String())
	if err != nil {
		return nil, err
	}
	c := &conn{db: db, path: abs, stmts: map[string]*sqlite3.Stmt{}, spaces: map[[32]byte]int64{}, numbers: map[numberKey]int64{}, fresh: map[freshKey]int64{}, docs: map[int64]*text{}, unread: map[int64]*unread{}}
	c.forget()
	setup := "PRAGMA hexkey='" + hex.EncodeToString(key[:]) + "'"
	if err = db.Exec(setup); err == nil {
		err = db.BusyTimeout(30 * time.Second)
	}
	if err == nil {
		err = db.Exec(`PRAGMA temp_store=memory; PRAGMA journal_mode=wal; PRAGMA secure_delete=on;
			PRAGMA cache_size=-4096; PRAGMA wal_autocheckpoint=4000; PRAGMA synchronous=` + synchronous)
	}
	if err == nil {
		err = fts5.Register(db)
	}
	if err == nil && readonly {
		err = db.Exec(`PRAGMA query_only=on`)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.db.Close()
}

// each runs one statement and calls row for each row of its answer. Arguments
// are int64, int, uint32, string, []byte (never NULL), [16]byte, [32]byte or nil.
func (c *conn) each(row func(*sqlite3.Stmt) error, sql string, args ...any) error {
	s, err := c.prepared(sql)
	if err != nil {
		return err
	}
	for i, a := range args {
		if err := bind(s, i+1, a); err != nil {
			return err
		}
	}
	for s.Step() {
		if row == nil {
			continue
		}
		if err := row(s); err != nil {
			s.Reset()
			return err
		}
	}
	err = s.Err()
	if e := s.Reset(); err == nil {
		err = e
	}
	return err
}

func (c *conn) prepared(sql string) (*sqlite3.Stmt, error) {
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	s, _, err := c.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err == nil {
		c.stmts[sql] = s
	}
	return s, err
}

// finish runs a prepared statement that answers nothing, if binding its arguments went well. The writer's statements of every message go this
// way: arguments in a list would be one more allocation each.
func finish(s *sqlite3.Stmt, err error) error {
	if err == nil {
		s.Step()
		err = s.Err()
	}
	if e := s.Reset(); err == nil {
		err = e
	}
	return err
}

// bindBytes binds bytes that are never NULL.
func bindBytes(s *sqlite3.Stmt, i int, b []byte) error {
	if b == nil {
		b = []byte{}
	}
	return s.BindBlob(i, b)
}

func (c *conn) exec(sql string, args ...any) error { return c.each(nil, sql, args...) }

// number reads one integer; without a row it is 0.
func (c *conn) number(sql string, args ...any) (n int64, err error) {
	err = c.each(func(s *sqlite3.Stmt) error { n = s.ColumnInt64(0); return nil }, sql, args...)
	return n, err
}

func bind(s *sqlite3.Stmt, i int, a any) error {
	switch a := a.(type) {
	case nil:
		return s.BindNull(i)
	case int:
		return s.BindInt(i, a)
	case int64:
		return s.BindInt64(i, a)
	case uint32:
		return s.BindInt64(i, int64(a))
	case string:
		return s.BindText(i, a)
	case [32]byte:
		return s.BindBlob(i, a[:])
	case [16]byte:
		return s.BindBlob(i, a[:])
	case []byte:
		return bindBytes(s, i, a)
	}
	return fmt.Errorf("bind a %T", a)
}

// blob copies a column; an empty one is empty, not nil.
func blob(s *sqlite3.Stmt, col int) []byte { return s.ColumnBlob(col, []byte{}) }

// id copies a column of 32 bytes; a column of another size is damage.
func id(s *sqlite3.Stmt, col int) (out [32]byte, err error) {
	if b := s.ColumnRawBlob(col); len(b) == len(out) {
		return [32]byte(b), nil
	}
	return out, ErrCorrupt
}

// readers is a pool of read-only connections. It never waits: when all are
// taken it opens one more, so a reader may read inside a read.
type readers struct {
	open func() (*conn, error)

	mu     sync.Mutex
	idle   []*conn
	taken  int
	closed bool
}

const idleReaders = 4

func (r *readers) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, ErrClosed
	}
	r.taken++
	var c *conn
	if n := len(r.idle); n > 0 {
		c, r.idle = r.idle[n-1], r.idle[:n-1]
	}
	r.mu.Unlock()
	if c == nil {
		var err error
		if c, err = r.open(); err != nil {
			r.mu.Lock()
			r.taken--
			r.mu.Unlock()
			return nil, err
		}
	}
	c.db.SetInterrupt(ctx)
	return c, nil
}

func (r *readers) put(c *conn) {
	c.db.SetInterrupt(context.Background())
	if !c.db.GetAutocommit() {
		c.db.Exec(`ROLLBACK`) // what together began and could not end
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken--
	if r.closed || len(r.idle) >= idleReaders {
		c.close()
		return
	}
	r.idle = append(r.idle, c)
}

// shut closes what is idle; what is taken closes when it is put back.
func (r *readers) shut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, c := range r.idle {
		c.close()
	}
	r.idle = nil
}

// read runs fn on a reader.
func (s *Store) read(ctx context.Context, verb string, fn func(*conn) error) error {
	c, err := s.readers.take(ctx)
	if err != nil {
		return classify(verb, err)
	}
	err = fn(c)
	s.readers.put(c)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: %w", verb, ctx.Err())
	}
	return classify(verb, err)
}

// together runs fn in one read transaction: each statement alone would take the locks anew, and forget the pages read.
func (c *conn) together(fn func() error) error {
	if err := c.exec(`BEGIN`); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err // put ends the transaction
	}
	return c.exec(`COMMIT`)
}
