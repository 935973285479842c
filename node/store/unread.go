package store

import (
	"bytes"
	"context"
	"encoding/hex"

	"github.com/ncruces/go-sqlite3"
)

// Alert says whether a row counts among what is unread, as long as it lies behind the mark of its space. In the table one that is hushed is below zero.
type Alert int8

const (
	Silent  Alert = iota
	Counts        // as a message
	Mention       // as a message, and as one that names this person
)

// Unread sets how far a space was read. Nothing of a space counts before its first mark.
type Unread struct {
	Space [32]byte
	Mark  []byte // an Order: what lies behind it is unread
	Begin bool   // only where the space has no mark
}

// Counts is what is unread in a space.
type Unreads struct {
	Mark               []byte // nil: the space does not count yet
	Messages, Mentions int
}

// unread is a row of the table while a transaction runs.
type unread struct {
	mark               []byte
	messages, mentions int64
	changed            bool
}

// note is what a row gave to the counts and to the index.
type note struct {
	space, n, doc int64
	alert         Alert
	order         []byte
}

// noted reads what a row gave, n 0 where there is none.
func (c *conn) noted(space int64, sql string, args ...any) (old note, err error) {
	old.space = space
	return old, c.each(func(s *sqlite3.Stmt) error {
		old.n, old.alert, old.doc, old.order = s.ColumnInt64(0), Alert(s.ColumnInt64(1)), s.ColumnInt64(2), blob(s, 3)
		return nil
	}, sql, args...)
}

// unreadOf returns the counts of a space, nil where it has no mark.
func (c *conn) unreadOf(space int64) (*unread, error) {
	if u, known := c.unread[space]; known {
		return u, nil
	}
	var u *unread
	err := c.each(func(s *sqlite3.Stmt) error {
		u = &unread{mark: blob(s, 0), messages: s.ColumnInt64(1), mentions: s.ColumnInt64(2)}
		return nil
	}, `SELECT mark, messages, mentions FROM unread WHERE space = ?`, space)
	if err == nil {
		c.unread[space] = u
	}
	return u, err
}

func (u *unread) add(n note, by int64) {
	if u == nil || n.alert <= Silent || bytes.Compare(n.order, u.mark) <= 0 {
		return
	}
	u.messages, u.changed = u.messages+by, true
	if n.alert == Mention {
		u.mentions += by
	}
}

// putUnread moves a mark and counts what lies behind it. A read mark is mostly the newest message, so that is little.
func (c *conn) putUnread(m Unread) error {
	space, err := c.space(m.Space)
	if err != nil {
		return err
	}
	old, err := c.unreadOf(space)
	if err != nil || old != nil && (m.Begin || bytes.Compare(m.Mark, old.mark) <= 0) {
		return err
	}
	u := &unread{mark: m.Mark}
	if err := c.each(func(s *sqlite3.Stmt) error {
		u.messages, u.mentions = s.ColumnInt64(0), s.ColumnInt64(1)
		return nil
	}, `SELECT count(*), coalesce(sum(alert = 2), 0) FROM rows WHERE space = ? AND list <> '' AND list = 'm' AND ord > ? AND alert > 0`, space, m.Mark); err != nil {
		return err
	}
	c.unread[space] = u
	return c.exec(`INSERT INTO unread (space, mark, messages, mentions) VALUES (?,?,?,?)
		ON CONFLICT (space) DO UPDATE SET mark = excluded.mark, messages = excluded.messages, mentions = excluded.mentions`, space, m.Mark, u.messages, u.mentions)
}

// hushes reports whether a message counts for nothing, whoever it would alert. Mostly there are none such.
func (c *conn) hushes(space int64, id [32]byte) (bool, error) {
	some, err := c.last(&c.hushed, `SELECT EXISTS (SELECT 1 FROM hushed)`)
	if err != nil || some == 0 {
		return false, err
	}
	n, err := c.number(`SELECT EXISTS (SELECT 1 FROM hushed WHERE space = ? AND id = ?)`, space, id)
	return n == 1, err
}

// putHush lets a message count for nothing, or as it did before, be it here or not.
func (c *conn) putHush(space int64, id [32]byte, on bool) error {
	some, err := c.last(&c.hushed, `SELECT EXISTS (SELECT 1 FROM hushed)`)
	if err != nil || !on && some == 0 {
		return err
	}
	sql := `DELETE FROM hushed WHERE space = ? AND id = ?`
	if on {
		sql = `INSERT INTO hushed (space, id) VALUES (?,?) ON CONFLICT DO NOTHING`
		c.hushed = 1
	}
	if err := c.exec(sql, space, id); err != nil || c.db.Changes() == 0 {
		return err
	}
	wire, err := c.number(wireInSpace, id[:short], space)
	if err != nil {
		return err
	}
	for where, key := range map[string]any{`n = ?`: wire, `hash = ?`: rowHash(space, "m/"+hex.EncodeToString(id[:]))} { // its row may be here before it
		old, err := c.noted(space, `SELECT n, alert, doc, ord FROM rows WHERE `+where, key)
		if err != nil {
			return err
		}
		if old.n == 0 || old.alert == Silent || (old.alert < Silent) == on {
			continue
		}
		now := old
		now.alert = -old.alert
		if err := c.replaced(old, now); err != nil {
			return err
		}
		if err := c.exec(`UPDATE rows SET alert = ? WHERE n = ?`, int64(now.alert), old.n); err != nil {
			return err
		}
	}
	return nil
}

// settleUnread writes the counts that a transaction changed.
func (c *conn) settleUnread() error {
	for space, u := range c.unread {
		if u == nil || !u.changed {
			continue
		}
		if err := c.exec(`UPDATE unread SET messages = ?, mentions = ? WHERE space = ?`, u.messages, u.mentions, space); err != nil {
			return err
		}
		u.changed = false
	}
	return nil
}

// Unread returns what is unread in a space.
func (s *Store) Unread(ctx context.Context, space [32]byte) (u Unreads, err error) {
	err = s.read(ctx, "read unread", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			u = Unreads{blob(st, 0), int(st.ColumnInt64(1)), int(st.ColumnInt64(2))}
			return nil
		}, `SELECT mark, messages, mentions FROM unread WHERE `+bySpace, space)
	})
	return u, err
}

// FirstAlert returns the first row of a list behind an order that counts as unread.
func (s *Store) FirstAlert(ctx context.Context, space [32]byte, list string, after []byte) (r Row, ok bool, err error) {
	err = s.read(ctx, "find unread", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			r, ok = Row{Space: space, List: list, Order: blob(st, 0), Value: blob(st, 1)}, true
			return nil
		}, `SELECT ord, value FROM rows WHERE `+bySpace+` AND list = ? AND list <> '' AND ord > ? AND alert > 0 ORDER BY ord LIMIT 1`, space, list, after)
	})
	return r, ok, err
}
