package store

import (
	"context"
	"iter"

	"github.com/ncruces/go-sqlite3"
)

// page is how many rows an iterator reads at a time.
const page = 256

// bySpace is the number of a space inside a query; an unknown space matches nothing.
const bySpace = `space = (SELECT n FROM spaces WHERE id = ?)`

// reader reads the next page: it appends to out and moves a mark of its own.
type reader[T any] func(c *conn, out []T) ([]T, error)

// paged turns a query that reads one page after a mark into an iterator. start
// sets the mark; fewer than page rows end the loop. An error is yielded once,
// as the last pair.
func paged[T any](ctx context.Context, s *Store, verb string, start func() reader[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		next := start()
		var out []T
		for {
			err := s.read(ctx, verb, func(c *conn) (err error) {
				out, err = next(c, out[:0])
				return err
			})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range out {
				if !yield(v, nil) {
					return
				}
			}
			if len(out) < page {
				return
			}
		}
	}
}

// Ops yields the control ops of a space in the order they were stored.
func (s *Store) Ops(ctx context.Context, space [32]byte) iter.Seq2[Op, error] {
	return paged(ctx, s, "read ops", func() reader[Op] {
		var mark int64
		return func(c *conn, out []Op) ([]Op, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				mark = st.ColumnInt64(0)
				oid, err := id(st, 1)
				out = append(out, Op{Space: space, ID: oid, Bytes: blob(st, 2)})
				return err
			}, `SELECT n, id, bytes FROM ops WHERE `+bySpace+` AND n > ? ORDER BY n LIMIT ?`, space, mark, page)
			return out, err
		}
	})
}

// Op finds one control op.
func (s *Store) Op(ctx context.Context, opID [32]byte) (op Op, ok bool, err error) {
	err = s.read(ctx, "read op", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) (err error) {
			op, ok = Op{ID: opID, Bytes: blob(st, 1)}, true
			op.Space, err = id(st, 0)
			return err
		}, `SELECT s.id, o.bytes FROM ops o JOIN spaces s ON s.n = o.space WHERE o.id = ?`, opID)
	})
	return op, ok, err
}

// HasOp says whether an op is stored.
func (s *Store) HasOp(ctx context.Context, opID [32]byte) (ok bool, err error) {
	err = s.read(ctx, "find op", func(c *conn) error {
		n, err := c.number(`SELECT 1 FROM ops WHERE id = ?`, opID)
		ok = n == 1
		return err
	})
	return ok, err
}

const wireColumns = `SELECT w.n, w.id, s.id, w.day, w.device, w.seq, w.lamport, w.kind, w.bytes FROM wires w JOIN spaces s ON s.n = w.space `

func readWire(st *sqlite3.Stmt) (w Wire, err error) {
	if w.ID, err = id(st, 1); err != nil {
		return w, err
	}
	if w.Space, err = id(st, 2); err != nil {
		return w, err
	}
	if w.Device, err = id(st, 4); err != nil {
		return w, err
	}
	w.Day, w.Seq, w.Lamport = uint32(st.ColumnInt64(3)), uint64(st.ColumnInt64(5)), st.ColumnInt64(6)
	w.Kind, w.Bytes = st.ColumnText(7), blob(st, 8)
	return w, nil
}

// Wire finds one wire.
func (s *Store) Wire(ctx context.Context, wireID [32]byte) (w Wire, ok bool, err error) {
	found, err := s.Wires(ctx, [][32]byte{wireID})
	if err != nil || len(found) == 0 {
		return w, false, err
	}
	return found[0], true, nil
}

// Wires finds wires, in the order of ids; those not stored are left out.
func (s *Store) Wires(ctx context.Context, ids [][32]byte) (out []Wire, err error) {
	err = s.read(ctx, "read wires", func(c *conn) error {
		for _, wireID := range ids {
			err := c.each(func(st *sqlite3.Stmt) error {
				w, err := readWire(st)
				out = append(out, w)
				return err
			}, wireColumns+`WHERE w.id = ?`, wireID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// WireID names a wire for reconciliation.
type WireID struct {
	ID  [32]byte
	Day uint32
}

// WireIDs yields the wires of a space from a day on, by (day, id). What is
// committed while the loop runs may be in it or not.
func (s *Store) WireIDs(ctx context.Context, space [32]byte, fromDay uint32) iter.Seq2[WireID, error] {
	return paged(ctx, s, "read wire ids", func() reader[WireID] {
		day, last := int64(fromDay), []byte{}
		return func(c *conn, out []WireID) ([]WireID, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				wid, err := id(st, 1)
				day, last = st.ColumnInt64(0), wid[:]
				out = append(out, WireID{ID: wid, Day: uint32(day)})
				return err
			}, `SELECT day, id FROM wires WHERE `+bySpace+` AND (day, id) > (?, ?) ORDER BY day, id LIMIT ?`, space, day, last, page)
			return out, err
		}
	})
}

// WiresByDevice yields a device's wires in a space with a seq above afterSeq, by seq.
func (s *Store) WiresByDevice(ctx context.Context, space, device [32]byte, afterSeq uint64) iter.Seq2[Wire, error] {
	return paged(ctx, s, "read wires of a device", func() reader[Wire] {
		seq, n := int64(min(afterSeq, 1<<63-1)), int64(1<<63-1) // (seq, n): an equivocating device has two wires of one seq
		return func(c *conn, out []Wire) ([]Wire, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				w, err := readWire(st)
				seq, n = int64(w.Seq), st.ColumnInt64(0)
				out = append(out, w)
				return err
			}, wireColumns+`WHERE w.`+bySpace+` AND w.device = ? AND (w.seq, w.n) > (?, ?) ORDER BY w.seq, w.n LIMIT ?`,
				space, device, seq, n, page)
			return out, err
		}
	})
}

// WiresOf yields all wires of a space in the order they were stored.
func (s *Store) WiresOf(ctx context.Context, space [32]byte) iter.Seq2[Wire, error] {
	return paged(ctx, s, "read wires of a space", func() reader[Wire] {
		var mark int64
		return func(c *conn, out []Wire) ([]Wire, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				w, err := readWire(st)
				mark = st.ColumnInt64(0)
				out = append(out, w)
				return err
			}, wireColumns+`WHERE w.`+bySpace+` AND w.n > ? ORDER BY w.n LIMIT ?`, space, mark, page)
			return out, err
		}
	})
}

// WiresTouching returns the wires that have a part in a row, by (lamport, id).
func (s *Store) WiresTouching(ctx context.Context, space [32]byte, key string) (out []Wire, err error) {
	err = s.read(ctx, "read wires of a row", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			w, err := readWire(st)
			out = append(out, w)
			return err
		}, wireColumns+`JOIN touches t ON t.wire = w.id WHERE t.`+bySpace+` AND t.key = ? ORDER BY w.lamport, w.id`, space, key)
	})
	return out, err
}
