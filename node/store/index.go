package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// text is what the index is to hold of a row at the end of a transaction; there says that it holds something before.
type text struct {
	row        int64
	said, tags string
	there      bool
}

// A doc is a row's number in the index: the lamport time above, and below it the row's own number as far as it goes, so that the order of docs
// is that of time and two rows do not meet.
const docBits = 21

func docOf(order []byte, row int64) int64 {
	return min(timeOf(order), 1<<(62-docBits)-1)<<docBits | (2*max(row, -row)+int64(uint64(row)>>63))&(1<<docBits-1)
}

func timeOf(order []byte) int64 {
	if len(order) < 8 {
		return 0
	}
	return max(0, int64(binary.BigEndian.Uint64(order)))
}

// noteOf says what a row gives, and readies its text for the index. An edit of a message stands at the time of the message.
func (c *conn) noteOf(r *Row, space, n int64, old note) (note, error) {
	now := note{space: space, n: n, alert: r.Alert, order: r.Order}
	if id, ok := wireOf(r.Key); ok && now.alert > Silent {
		hushed, err := c.hushes(space, id)
		if err != nil {
			return now, err
		}
		if hushed {
			now.alert = -now.alert
		}
	}
	if r.Text == "" {
		return now, nil
	}
	t := &text{row: n, said: r.Text, tags: strings.Join(append(r.Tags, groupTag(space)), " ")}
	order := r.Order
	if about, ok := aboutWire(r.Key); ok {
		w, err := c.number(wireInSpace, about[:short], space)
		if err == nil {
			err = c.each(func(s *sqlite3.Stmt) error { order = blob(s, 0); return nil }, `SELECT ord FROM rows WHERE n = ?`, w)
		}
		if err != nil {
			return now, err
		}
	}
	now.doc = docOf(order, n)
	if d := c.docs[now.doc]; d != nil {
		t.there = d.there
	} else {
		t.there = old.doc == now.doc
	}
	c.docs[now.doc] = t
	return now, nil
}

// aboutWire reads the key of a row that says what a message says now, "e/" or "c/", the message's id in hex, and more.
func aboutWire(key string) (id [32]byte, ok bool) {
	if len(key) < 66 || key[:2] != "e/" && key[:2] != "c/" {
		return id, false
	}
	return wireOf("m/" + key[2:66])
}

// replaced takes away what a row gave and counts what comes in its place.
func (c *conn) replaced(old, now note) error {
	if old.alert != now.alert || old.alert != Silent && !bytes.Equal(old.order, now.order) {
		u, err := c.unreadOf(old.space)
		if err != nil {
			return err
		}
		u.add(old, -1)
		u.add(now, 1)
	}
	if old.doc == 0 || old.doc == now.doc {
		return nil
	}
	if d := c.docs[old.doc]; d != nil {
		d.said = ""
		return nil
	}
	c.docs[old.doc] = &text{there: true}
	return nil
}

// settleTexts takes what a transaction deletes out of the index, and gathers what it adds.
func (c *conn) settleTexts() error {
	if len(c.docs) == 0 {
		return nil
	}
	docs := slices.Sorted(maps.Keys(c.docs))
	for _, d := range docs {
		if !c.docs[d].there {
			continue
		}
		if err := c.exec(`DELETE FROM gathered WHERE doc = ?`, d); err != nil {
			return err
		}
		if c.db.Changes() > 0 {
			continue // the index has not seen it
		}
		if err := c.exec(`DELETE FROM texts WHERE rowid = ?`, d); err != nil {
			return err
		}
	}
	// Two rows of one doc would need the same millisecond and numbers a million apart; the later one is found then.
	s, err := c.prepared(`INSERT OR REPLACE INTO gathered (doc, row, said, tags) VALUES (?,?,?,?)`)
	if err != nil {
		return err
	}
	for _, d := range docs {
		t := c.docs[d]
		if t.said == "" {
			continue
		}
		if err := finish(s, errors.Join(s.BindInt64(1, d), s.BindInt64(2, t.row), s.BindText(3, t.said), s.BindText(4, t.tags))); err != nil {
			return err
		}
		c.gathered.Add(1)
		if c.left >= 0 {
			c.left++
		}
	}
	clear(c.docs)
	return nil
}

// How texts are gathered: so many go into the index at once; the writer does so after it had nothing to do for as long as indexAfter, or where
// more than mostGathered wait.
const (
	indexAtOnce  = 1000
	mostGathered = 20_000
	indexAfter   = time.Second
)

// index takes some of what is gathered into the index, in the order of docs: one that is smaller than the last would have the index write out
// what it holds in memory. more says that some is left.
func (c *conn) index() (more bool, err error) {
	in, err := c.prepared(`INSERT OR REPLACE INTO texts (rowid, words, tags, row) VALUES (?,?,?,?)`)
	if err != nil {
		return false, err
	}
	var last int64
	if err := c.each(func(s *sqlite3.Stmt) error {
		last = s.ColumnInt64(0)
		words := folded(s.ColumnText(2))
		if words == "" {
			return nil
		}
		return finish(in, errors.Join(in.BindInt64(1, last), in.BindText(2, words), in.BindText(3, s.ColumnText(3)), in.BindInt64(4, s.ColumnInt64(1))))
	}, `SELECT doc, row, said, tags FROM gathered ORDER BY doc LIMIT ?`, indexAtOnce); err != nil {
		return false, err
	}
	if err := c.exec(`DELETE FROM gathered WHERE doc <= ?`, last); err != nil {
		return false, err
	}
	left, err := c.number(`SELECT count(*) FROM gathered`)
	c.left = left
	return left > 0, err
}

// indexAll brings the index up to date, a transaction for each part, so that what others want to write waits little.
func (s *Store) indexAll(ctx context.Context) error {
	for more := s.gathered.Load() > 0; more; {
		if err := s.do(ctx, "index texts", func(c *conn) (err error) {
			more, err = c.index()
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// folded is a text as it is indexed.
func folded(s string) string {
	words := Words(s)
	n := 0
	for _, w := range words {
		n += len(w.Text) + 1
	}
	out := make([]byte, 0, n)
	for _, w := range words {
		out = append(append(out, w.Text...), ' ')
	}
	return strings.TrimSuffix(string(out), " ")
}

func groupTag(space int64) string { return fmt.Sprintf("g%d", space) }

// indexStep is how many old rows are indexed in one transaction.
const indexStep = 2000

// indexOld indexes what was stored before there was an index, as describe says, from the newest on. It goes on where it stopped.
func (c *conn) indexOld(describe func(Row) (text string, tags []string)) error {
	there, err := c.number(`SELECT count(*) FROM sqlite_schema WHERE name = 'unindexed'`)
	if err != nil || there == 0 {
		return err
	}
	for {
		below, err := c.number(`SELECT below FROM unindexed`)
		if err != nil {
			return err
		}
		if below <= 1 {
			return c.db.Exec(`DROP TABLE unindexed`)
		}
		step := func(c *conn) error {
			type old struct {
				n, space int64
				row      Row
			}
			var rows []old
			if err := c.each(func(s *sqlite3.Stmt) error {
				rows = append(rows, old{s.ColumnInt64(0), s.ColumnInt64(1), Row{List: s.ColumnText(2), Order: blob(s, 3), Value: blob(s, 4)}})
				return nil
			}, `SELECT n, space, list, ord, value FROM rows WHERE n > 0 AND n < ? ORDER BY n DESC LIMIT ?`, below, indexStep); err != nil {
				return err
			}
			below = 1
			for _, o := range rows {
				below = o.n
				if describe == nil {
					continue
				}
				o.row.Text, o.row.Tags = describe(o.row)
				now, err := c.noteOf(&o.row, o.space, o.n, note{})
				if err == nil && now.doc != 0 {
					err = c.exec(`UPDATE rows SET doc = ? WHERE n = ?`, now.doc, o.n)
				}
				if err != nil {
					return err
				}
			}
			return c.exec(`UPDATE unindexed SET below = ?`, below)
		}
		if err := c.transact([]*request{{apply: step}}); err != nil {
			return err
		}
	}
}
