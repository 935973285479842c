package store

import "errors"

// putRow writes a row, and what it gives to the counts of unread messages and to the index of texts.
func (c *conn) putRow(r *Row) error {
	space, err := c.space(r.Space)
	if err != nil {
		return err
	}
	if r.Hushes != [32]byte{} {
		if err := c.putHush(space, r.Hushes, r.Hushed && r.Value != nil); err != nil {
			return err
		}
	}
	if id, ok := wireOf(r.Key); ok {
		key := freshKey{space, [short]byte(id[:short])}
		n, isNew := c.fresh[key]
		if !isNew {
			if n, err = c.number(wireInSpace, id[:short], space); err != nil {
				return err
			}
		}
		delete(c.fresh, key) // a second row for it in this transaction finds the first
		if n != 0 {
			return c.putOwnRow(r, space, n, isNew)
		}
	}
	hash := rowHash(space, r.Key)
	old, err := c.noted(space, `SELECT n, alert, doc, ord FROM rows WHERE hash = ?`, hash)
	if err != nil {
		return err
	}
	if r.Value == nil {
		if err := c.replaced(old, note{}); err != nil {
			return err
		}
		return c.exec(`DELETE FROM rows WHERE hash = ?`, hash)
	}
	if c.early >= 0 && r.Key[:min(len(r.Key), 2)] == "m/" {
		c.early++
	}
	n := old.n
	if n == 0 {
		if n, err = c.number(`SELECT min(0, coalesce(min(n), 0)) - 1 FROM rows`); err != nil {
			return err
		}
	}
	now, err := c.noteOf(r, space, n, old)
	if err != nil {
		return err
	}
	if err := c.replaced(old, now); err != nil {
		return err
	}
	return c.exec(`INSERT INTO rows (n, hash, space, key, list, ord, value, alert, doc) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (hash) WHERE hash IS NOT NULL DO UPDATE SET list = excluded.list, ord = excluded.ord, value = excluded.value, alert = excluded.alert, doc = excluded.doc`,
		n, hash, space, r.Key, r.List, r.Order, r.Value, int64(now.alert), now.doc)
}

// earlyRows are rows of wires that came earlier than the wire; mostly there are none. Left to itself SQLite looks through all rows that are found by
// a hash, which are many where many have answered.
const earlyRows = `rows INDEXED BY rows_early WHERE hash IS NOT NULL AND substr(key, 1, 2) = 'm/'`

// putOwnRow writes the row of a wire, in place of one that came earlier than the wire.
func (c *conn) putOwnRow(r *Row, space, n int64, isNew bool) error {
	early, err := c.last(&c.early, `SELECT count(*) FROM `+earlyRows)
	if err != nil {
		return err
	}
	var old note
	if early > 0 {
		hash := rowHash(space, r.Key)
		if old, err = c.noted(space, `SELECT n, alert, doc, ord FROM rows WHERE hash = ?`, hash); err != nil {
			return err
		}
		if err := c.replaced(old, note{}); err != nil {
			return err
		}
		if err := c.exec(`DELETE FROM rows WHERE hash = ?`, hash); err != nil {
			return err
		}
	}
	old = note{space: space}
	if !isNew { // a wire that has just come has no row
		if old, err = c.noted(space, `SELECT n, alert, doc, ord FROM rows WHERE n = ?`, n); err != nil {
			return err
		}
	}
	if r.Value == nil {
		if err := c.replaced(old, note{}); err != nil {
			return err
		}
		return c.exec(`DELETE FROM rows WHERE n = ?`, n)
	}
	now, err := c.noteOf(r, space, n, old)
	if err != nil {
		return err
	}
	if err := c.replaced(old, now); err != nil {
		return err
	}
	s, err := c.prepared(`INSERT INTO rows (n, space, key, list, ord, value, alert, doc) VALUES (?,?,'',?,?,?,?,?)
		ON CONFLICT (n) DO UPDATE SET list = excluded.list, ord = excluded.ord, value = excluded.value, alert = excluded.alert, doc = excluded.doc`)
	if err != nil {
		return err
	}
	return finish(s, errors.Join(s.BindInt64(1, n), s.BindInt64(2, space), s.BindText(3, r.List), bindBytes(s, 4, r.Order), bindBytes(s, 5, r.Value),
		s.BindInt64(6, int64(now.alert)), s.BindInt64(7, now.doc)))
}
