package store

import (
	"context"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// Tally counts what one device sent in a space on a day.
type Tally struct {
	Device [32]byte
	Day    int64 // in days since 1970, UTC, by lamport time
	Kind   string
	Count  int
}

// tallyStep is how many wires are counted in one transaction, so that others get their turn.
const tallyStep = 20_000

// Tally counts the wires of a space by device, day and kind, of days from one to another, both included. What was counted is kept: each call looks at the
// wires alone that came since the last, and sending pays nothing. First is the first day that anything was counted on, -1 without. Kinds must be the same in every call; a wire whose bytes went counts as before.
func (s *Store) Tally(ctx context.Context, space [32]byte, kinds []string, from, to int64) (out []Tally, first int64, err error) {
	count := `INSERT INTO days (space, day, device, kind, n) SELECT d.space, w.lamport / 86400000, w.device, w.kind, count(*)
		FROM wires w JOIN devices d ON d.n = w.device WHERE w.n > ? AND w.n <= ? AND w.kind IN ('` + strings.Join(kinds, `','`) + `') GROUP BY 1, 2, 3, 4
		ON CONFLICT (space, day, device, kind) DO UPDATE SET n = n + excluded.n`
	for more := true; more; {
		var done, last int64
		look := func(c *conn) (err error) {
			if done, err = c.number(`SELECT n FROM tallied`); err == nil {
				last, err = c.number(`SELECT coalesce(max(n), 0) FROM wires`)
			}
			return err
		}
		if err := s.read(ctx, "tally", look); err != nil {
			return nil, -1, err
		}
		if last <= done {
			break
		}
		if err := s.do(ctx, "tally", func(c *conn) error {
			if err := look(c); err != nil { // somebody else may have counted meanwhile
				return err
			}
			upTo := min(done+tallyStep, last)
			if more = upTo < last; upTo <= done {
				return nil
			}
			if err := c.exec(count, done, upTo); err != nil {
				return err
			}
			return c.exec(`UPDATE tallied SET n = ?`, upTo)
		}); err != nil {
			return nil, -1, err
		}
	}
	err = s.read(ctx, "tally", func(c *conn) error {
		if first, err = c.number(`SELECT coalesce((SELECT min(day) FROM days WHERE `+bySpace+`), -1)`, space); err != nil {
			return err
		}
		return c.each(func(st *sqlite3.Stmt) error {
			device, err := id(st, 0)
			out = append(out, Tally{Device: device, Day: st.ColumnInt64(1), Kind: st.ColumnText(2), Count: int(st.ColumnInt64(3))})
			return err
		}, `SELECT d.id, t.day, t.kind, t.n FROM days t JOIN devices d ON d.n = t.device WHERE t.`+bySpace+` AND t.day BETWEEN ? AND ?`, space, from, to)
	})
	return out, first, err
}
