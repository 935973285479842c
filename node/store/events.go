package store

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// How much of the event stream TrimEvents keeps.
const (
	keepEvents   = 100_000
	keepEventFor = 7 * 24 * time.Hour
)

// Events returns what came after an id, oldest first, at most limit (≤ 0: all).
func (s *Store) Events(ctx context.Context, after int64, limit int) (out []Event, err error) {
	err = s.read(ctx, "read events", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			out = append(out, Event{ID: st.ColumnInt64(0), Type: st.ColumnText(1), Community: st.ColumnText(2),
				Group: st.ColumnText(3), Time: st.ColumnInt64(4), Data: blob(st, 5)})
			return nil
		}, `SELECT n, type, community, grp, time, data FROM events WHERE n > ? ORDER BY n LIMIT ?`, after, bound(limit))
	})
	return out, err
}

const lastEvent = `SELECT max(coalesce((SELECT max(n) FROM events), 0), (SELECT n FROM last_event))`

// keepLast notes the last event's id before events are deleted, so that it is never given twice.
func (c *conn) keepLast() error { return c.exec(`UPDATE last_event SET n = (` + lastEvent + `)`) }

// LastEvent is the id of the newest event there ever was, 0 before the first.
func (s *Store) LastEvent(ctx context.Context) (n int64, err error) {
	err = s.read(ctx, "read events", func(c *conn) error {
		n, err = c.number(lastEvent)
		return err
	})
	return n, err
}

// OldestEvent is the id of the oldest event kept. Where none is kept it is one
// more than LastEvent, so that a reader at id a has missed something exactly
// when a+1 < OldestEvent.
func (s *Store) OldestEvent(ctx context.Context) (n int64, err error) {
	err = s.read(ctx, "read events", func(c *conn) error {
		n, err = c.number(`SELECT coalesce((SELECT min(n) FROM events), (` + lastEvent + `) + 1)`)
		return err
	})
	return n, err
}

// TrimEvents deletes events beyond the newest 100,000 and those older than
// seven days at now, oldest first, so that what is kept has no holes.
func (s *Store) TrimEvents(ctx context.Context, now time.Time) error {
	old := now.Add(-keepEventFor).UnixMilli()
	return s.do(ctx, "trim events", func(c *conn) error {
		if err := c.keepLast(); err != nil {
			return err
		}
		// The first event that is young enough; clocks may have jumped since, so
		// it is looked for by id and not by comparing every time.
		cut, err := c.number(`SELECT coalesce((SELECT n FROM events WHERE time >= ? ORDER BY n LIMIT 1),
			(SELECT max(n) + 1 FROM events), 0)`, old)
		if err != nil {
			return err
		}
		many, err := c.number(`SELECT coalesce(max(n), 0) - ? + 1 FROM events`, keepEvents)
		if err != nil {
			return err
		}
		return c.exec(`DELETE FROM events WHERE n < ?`, max(cut, many))
	})
}
