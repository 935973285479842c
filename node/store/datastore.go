package store

import (
	"context"
	"sync"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/ncruces/go-sqlite3"
)

// kvWriter is the second writer connection, opened on first use. It does not
// wait for the disk at each write (synchronous=NORMAL): Sync does.
type kvWriter struct {
	open func() (*conn, error)

	mu     sync.Mutex
	c      *conn
	closed bool
}

func (k *kvWriter) use(ctx context.Context, verb string, fn func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return ErrClosed
	}
	if k.c == nil {
		c, err := k.open()
		if err != nil {
			return classify(verb, err)
		}
		k.c = c
	}
	return classify(verb, fn(k.c))
}

func (k *kvWriter) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	if k.c != nil {
		k.c.close()
	}
}

// Datastore is the store of the network layer (DHT, peer store): keys and
// values under a prefix that no other prefix sees. Closing it does nothing;
// it ends with the store.
func (s *Store) Datastore(prefix string) ds.Batching { return &datastore{s, prefix} }

type datastore struct {
	s      *Store
	prefix string
}

var _ ds.Batching = (*datastore)(nil)

func (d *datastore) Get(ctx context.Context, key ds.Key) (value []byte, err error) {
	found := false
	err = d.s.read(ctx, "get", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error { value, found = blob(st, 0), true; return nil },
			`SELECT value FROM kv WHERE space = ? AND key = ?`, d.prefix, key.String())
	})
	if err == nil && !found {
		err = ds.ErrNotFound
	}
	return value, err
}

func (d *datastore) Has(ctx context.Context, key ds.Key) (bool, error) {
	_, err := d.GetSize(ctx, key)
	if err == ds.ErrNotFound {
		return false, nil
	}
	return err == nil, err
}

func (d *datastore) GetSize(ctx context.Context, key ds.Key) (size int, err error) {
	size = -1
	err = d.s.read(ctx, "get size", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error { size = st.ColumnInt(0); return nil },
			`SELECT length(value) FROM kv WHERE space = ? AND key = ?`, d.prefix, key.String())
	})
	if err == nil && size < 0 {
		err = ds.ErrNotFound
	}
	return size, err
}

// Query reads all that matches before it returns; these tables are small.
func (d *datastore) Query(ctx context.Context, q query.Query) (query.Results, error) {
	under := ds.NewKey(q.Prefix).String()
	if under != "/" {
		under += "/"
	}
	var entries []query.Entry
	err := d.s.read(ctx, "query", func(c *conn) error {
		value := `value`
		if q.KeysOnly {
			value = `NULL`
		}
		return c.each(func(st *sqlite3.Stmt) error {
			e := query.Entry{Key: st.ColumnText(0), Size: st.ColumnInt(2)}
			if !q.KeysOnly {
				e.Value = blob(st, 1)
			}
			entries = append(entries, e)
			return nil
		}, `SELECT key, `+value+`, length(value) FROM kv
			WHERE space = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2 ORDER BY key`, d.prefix, under)
	})
	if err != nil {
		return nil, err
	}
	rest := q
	rest.Prefix = ""
	return query.NaiveQueryApply(rest, query.ResultsWithEntries(q, entries)), nil
}

const (
	kvPut    = `INSERT INTO kv (space, key, value) VALUES (?,?,?) ON CONFLICT (space, key) DO UPDATE SET value = excluded.value`
	kvDelete = `DELETE FROM kv WHERE space = ? AND key = ?`
)

func (d *datastore) Put(ctx context.Context, key ds.Key, value []byte) error {
	return d.s.kv.use(ctx, "put", func(c *conn) error { return c.exec(kvPut, d.prefix, key.String(), value) })
}

func (d *datastore) Delete(ctx context.Context, key ds.Key) error {
	return d.s.kv.use(ctx, "delete", func(c *conn) error { return c.exec(kvDelete, d.prefix, key.String()) })
}

// Sync returns when all writes before it survive a power cut: an empty commit
// of the other writer flushes the log that both share.
func (d *datastore) Sync(ctx context.Context, _ ds.Key) error {
	return d.s.Commit(ctx, &Batch{Meta: []Meta{{Key: "datastore/synced", Value: []byte{1}}}})
}

func (d *datastore) Close() error { return nil }

func (d *datastore) Batch(context.Context) (ds.Batch, error) {
	return &kvBatch{d: d, puts: map[string][]byte{}}, nil
}

// kvBatch gathers writes; the last one of a key counts. A nil value deletes.
type kvBatch struct {
	d    *datastore
	puts map[string][]byte
}

func (b *kvBatch) Put(_ context.Context, key ds.Key, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	b.puts[key.String()] = value
	return nil
}

func (b *kvBatch) Delete(_ context.Context, key ds.Key) error {
	b.puts[key.String()] = nil
	return nil
}

// Commit writes all or nothing.
func (b *kvBatch) Commit(ctx context.Context) error {
	return b.d.s.kv.use(ctx, "write batch", func(c *conn) error {
		return c.transact([]*request{{apply: func(c *conn) error {
			for key, value := range b.puts {
				var err error
				if value == nil {
					err = c.exec(kvDelete, b.d.prefix, key)
				} else {
					err = c.exec(kvPut, b.d.prefix, key, value)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}}})
	})
}
