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

const wireColumns = `SELECT w.n, w.id, s.id, w.day, w.device, w.seq, w.lamport, w.kind, w.bytes, w.tag FROM wires w JOIN spaces s ON s.n = w.space `

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
	copy(w.Tag[:], blob(st, 9))
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
	Tag [8]byte
	Day uint32
}

// WireIDs yields the wires of a space, by (tag, day, id). What is committed
// while the loop runs may be in it or not.
func (s *Store) WireIDs(ctx context.Context, space [32]byte) iter.Seq2[WireID, error] {
	return paged(ctx, s, "read wire ids", func() reader[WireID] {
		tag, day, last := []byte{}, int64(0), []byte{}
		return func(c *conn, out []WireID) ([]WireID, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				wid, err := id(st, 2)
				tag, day, last = blob(st, 0), st.ColumnInt64(1), wid[:]
				out = append(out, WireID{ID: wid, Tag: [8]byte(append(tag[:len(tag):len(tag)], make([]byte, 8)...)[:8]), Day: uint32(day)})
				return err
			}, `SELECT tag, day, id FROM wires WHERE `+bySpace+` AND (tag, day, id) > (?, ?, ?) ORDER BY tag, day, id LIMIT ?`, space, tag, day, last, page)
			return out, err
		}
	})
}

// Chain is how far a device's wires are stored in a space: from seq Low to High, Count of them.
type Chain struct {
	Device           [32]byte
	Low, High, Count uint64
}

// Chains returns one Chain for each device that has wires in a space.
func (s *Store) Chains(ctx context.Context, space [32]byte) (out []Chain, err error) {
	err = s.read(ctx, "read chains", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			d, err := id(st, 0)
			out = append(out, Chain{d, uint64(st.ColumnInt64(1)), uint64(st.ColumnInt64(2)), uint64(st.ColumnInt64(3))})
			return err
		}, `SELECT device, min(seq), max(seq), count(*) FROM wires WHERE `+bySpace+` GROUP BY device`, space)
	})
	return out, err
}

// Late returns the ids and lamport times of the wires of a space above a lamport time.
func (s *Store) Late(ctx context.Context, space [32]byte, above int64) (out []Wire, err error) {
	err = s.read(ctx, "read wires ahead of the clock", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			wid, err := id(st, 0)
			out = append(out, Wire{ID: wid, Space: space, Lamport: st.ColumnInt64(1)})
			return err
		}, `SELECT id, lamport FROM wires WHERE `+bySpace+` AND lamport > ?`, space, above)
	})
	return out, err
}

// TopLamport returns the highest lamport time of a space's wires up to a limit, 0 without any.
func (s *Store) TopLamport(ctx context.Context, space [32]byte, limit int64) (top int64, err error) {
	err = s.read(ctx, "read lamport", func(c *conn) error {
		top, err = c.number(`SELECT coalesce(max(lamport), 0) FROM wires WHERE `+bySpace+` AND lamport <= ?`, space, limit)
		return err
	})
	return top, err
}

// TouchedKeys returns the keys of the rows that a device's wires have part in.
func (s *Store) TouchedKeys(ctx context.Context, space, device [32]byte) (out []string, err error) {
	err = s.read(ctx, "read touched rows", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			out = append(out, st.ColumnText(0))
			return nil
		}, `SELECT DISTINCT t.key FROM touches t JOIN wires w ON w.id = t.wire WHERE t.`+bySpace+` AND w.device = ?`, space, device)
	})
	return out, err
}

// TouchedBy returns the keys of the rows that one wire has part in.
func (s *Store) TouchedBy(ctx context.Context, space, wire [32]byte) (out []string, err error) {
	err = s.read(ctx, "read touched rows", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			out = append(out, st.ColumnText(0))
			return nil
		}, `SELECT key FROM touches WHERE `+bySpace+` AND wire = ?`, space, wire)
	})
	return out, err
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

// FindWire returns the wire whose id starts with prefix, which has 20 bytes.
func (s *Store) FindWire(ctx context.Context, prefix [20]byte) (w Wire, ok bool, err error) {
	var low, high [32]byte
	copy(low[:], prefix[:])
	copy(high[:], prefix[:])
	for i := 20; i < len(high); i++ {
		high[i] = 0xff
	}
	err = s.read(ctx, "find wire", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			ok = true
			w, err = readWire(st)
			return err
		}, wireColumns+`WHERE w.id >= ? AND w.id <= ? LIMIT 1`, low, high)
	})
	return w, ok, err
}

// HasWires reports which of the wires are stored.
func (s *Store) HasWires(ctx context.Context, ids [][32]byte) (map[[32]byte]bool, error) {
	out := make(map[[32]byte]bool, len(ids))
	err := s.read(ctx, "look for wires", func(c *conn) error {
		for _, w := range ids {
			n, err := c.number(`SELECT count(*) FROM wires WHERE id = ?`, w)
			if err != nil {
				return err
			}
			if n > 0 {
				out[w] = true
			}
		}
		return nil
	})
	return out, err
}
