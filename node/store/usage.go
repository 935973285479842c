package store

import (
	"context"

	"github.com/ncruces/go-sqlite3"
)

// Usage is what a space takes, in bytes of what is kept and not of the file, which has indexes and free pages beside.
type Usage struct {
	Ops, OpBytes     int64 // of its log
	Wires, WireBytes int64 // sealed messages, or what stays of them
	Rows, RowBytes   int64 // what is shown of them
	Messages         int64 // shown in the timeline and in threads
	Oldest           int64 // lamport of the oldest wire; 0: there is none
}

// Usage looks through all that is stored of a space, so it takes a while where that is much.
func (s *Store) Usage(ctx context.Context, space [32]byte) (u Usage, err error) {
	err = s.read(ctx, "count what is stored", func(c *conn) error {
		n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
		if err != nil || n == 0 {
			return err
		}
		for sql, into := range map[string][]*int64{
			`SELECT count(*), coalesce(sum(length(bytes)), 0) FROM ops WHERE space = ?`:                                                                               {&u.Ops, &u.OpBytes},
			`SELECT count(*), coalesce(sum(length(bytes)), 0), coalesce(min(lamport), 0) FROM wires WHERE tag IN (SELECT n FROM tags WHERE space = ?)`:                {&u.Wires, &u.WireBytes, &u.Oldest},
			`SELECT count(*), coalesce(sum(length(key) + length(ord) + length(value)), 0), coalesce(sum(list = 'm' OR list LIKE 't/%'), 0) FROM rows WHERE space = ?`: {&u.Rows, &u.RowBytes, &u.Messages},
		} {
			if err := c.each(func(st *sqlite3.Stmt) error {
				for i, to := range into {
					*to = st.ColumnInt64(i)
				}
				return nil
			}, sql, n); err != nil {
				return err
			}
		}
		return nil
	})
	return u, err
}

// Size is how large the file is that holds everything, without what waits to be written into it.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	err = s.read(ctx, "read the size", func(c *conn) error {
		pages, err := c.number(`PRAGMA page_count`)
		if err != nil {
			return err
		}
		size, err := c.number(`PRAGMA page_size`)
		n = pages * size
		return err
	})
	return n, err
}
