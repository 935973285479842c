package store

import (
	"context"
	"math"

	"github.com/ncruces/go-sqlite3"
)

// Rows returns the values of those keys that a space has.
func (s *Store) Rows(ctx context.Context, space [32]byte, keys []string) (map[string][]byte, error) {
	out := make(map[string][]byte, len(keys))
	err := s.read(ctx, "read rows", func(c *conn) error {
		return c.together(func() error {
			n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
			if err != nil || n == 0 {
				return err
			}
			early := int64(-1)
			for _, key := range keys {
				found := func(st *sqlite3.Stmt) error { out[key] = blob(st, 0); return nil }
				if id, ok := wireOf(key); ok {
					err := c.each(found, `SELECT value FROM rows WHERE n = (`+wireInSpace+`)`, id[:short], n)
					if err == nil && early < 0 {
						early, err = c.number(`SELECT EXISTS (SELECT 1 FROM ` + earlyRows + `)`)
					}
					if err != nil {
						return err
					}
					if early == 0 {
						continue
					}
				}
				if err := c.each(found, `SELECT value FROM rows WHERE hash = ?`, rowHash(n, key)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return out, err
}

// Range is a part of a list: rows whose Order lies strictly between After and
// Before (nil: no bound), at most Limit of them, from one end or the other.
type Range struct {
	After, Before []byte
	Limit         int // ≤ 0: all
	Newest        bool
}

// List reads a part of a sorted list, in the direction Range asks for.
func (s *Store) List(ctx context.Context, space [32]byte, list string, r Range) (out []Row, err error) {
	sql, args := `SELECT key, ord, value FROM rows WHERE `+bySpace+` AND list = ? AND list <> ''`, []any{space, list}
	if r.After != nil {
		sql, args = sql+` AND ord > ?`, append(args, r.After)
	}
	if r.Before != nil {
		sql, args = sql+` AND ord < ?`, append(args, r.Before)
	}
	if r.Newest {
		sql += ` ORDER BY ord DESC, n DESC LIMIT ?`
	} else {
		sql += ` ORDER BY ord, n LIMIT ?`
	}
	err = s.read(ctx, "read list", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			out = append(out, Row{Space: space, List: list, Key: st.ColumnText(0), Order: blob(st, 1), Value: blob(st, 2)})
			return nil
		}, sql, append(args, bound(r.Limit))...)
	})
	return out, err
}

// CountList counts the rows of a list whose Order is above after (nil: all),
// and stops at limit (≤ 0: never).
func (s *Store) CountList(ctx context.Context, space [32]byte, list string, after []byte, limit int) (n int, err error) {
	sql, args := `SELECT count(*) FROM (SELECT 1 FROM rows WHERE `+bySpace+` AND list = ? AND list <> ''`, []any{space, list}
	if after != nil {
		sql, args = sql+` AND ord > ?`, append(args, after)
	}
	err = s.read(ctx, "count list", func(c *conn) error {
		v, err := c.number(sql+` LIMIT ?)`, append(args, bound(limit))...)
		n = int(v)
		return err
	})
	return n, err
}

func bound(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// Secrets returns the epoch keys of a space.
func (s *Store) Secrets(ctx context.Context, space [32]byte) (out []Secret, err error) {
	err = s.read(ctx, "read secrets", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			epoch, err := id(st, 0)
			out = append(out, Secret{Space: space, Epoch: epoch, Secret: blob(st, 1)})
			return err
		}, `SELECT epoch, secret FROM secrets WHERE `+bySpace, space)
	})
	return out, err
}

// Meta reads a value of the node.
func (s *Store) Meta(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = s.read(ctx, "read meta", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error { value, ok = blob(st, 0), true; return nil },
			`SELECT value FROM meta WHERE key = ?`, key)
	})
	return value, ok, err
}

// MetaPrefix reads all values whose key starts with prefix, by key.
func (s *Store) MetaPrefix(ctx context.Context, prefix string) (out []Meta, err error) {
	err = s.read(ctx, "read meta", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			out = append(out, Meta{Key: st.ColumnText(0), Value: blob(st, 1)})
			return nil
		}, `SELECT key, value FROM meta WHERE substr(key, 1, length(?1)) = ?1 AND key >= ?1 ORDER BY key`, prefix)
	})
	return out, err
}
