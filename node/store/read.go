package store

import (
	"context"
	"encoding/hex"
	"errors"
	"iter"
	"slices"

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
				out = append(out, Op{Space: space, ID: oid, Bytes: blob(st, 2), Proven: st.ColumnInt64(3) == 1})
				return err
			}, `SELECT n, id, bytes, proven FROM ops WHERE `+bySpace+` AND n > ? ORDER BY n LIMIT ?`, space, mark, page)
			return out, err
		}
	})
}

// Op finds one control op.
func (s *Store) Op(ctx context.Context, opID [32]byte) (op Op, ok bool, err error) {
	err = s.read(ctx, "read op", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) (err error) {
			op, ok = Op{ID: opID, Bytes: blob(st, 1), Proven: st.ColumnInt64(2) == 1}, true
			op.Space, err = id(st, 0)
			return err
		}, `SELECT s.id, o.bytes, o.proven FROM ops o JOIN spaces s ON s.n = o.space WHERE o.id = ?`, opID)
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

const wireColumns = `SELECT w.n, w.id, s.id, w.day, d.id, w.seq, w.lamport, w.kind, w.bytes, t.tag FROM wires w
	JOIN devices d ON d.n = w.device JOIN tags t ON t.n = w.tag JOIN spaces s ON s.n = d.space `

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
		return c.together(func() error {
			for _, wireID := range ids {
				err := c.each(func(st *sqlite3.Stmt) error {
					w, err := readWire(st)
					out = append(out, w)
					return err
				}, wireColumns+`WHERE substr(w.id, 1, 20) = ? AND w.id = ?`, wireID[:short], wireID)
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	return out, err
}

// WireID names a wire for reconciliation.
type WireID struct {
	ID  [32]byte
	Tag [8]byte
	Day uint32
}

// WireIDs yields the wires of a space in the order they were stored, one tag after the other. What is committed while the loop runs may be in
// it or not.
func (s *Store) WireIDs(ctx context.Context, space [32]byte) iter.Seq2[WireID, error] {
	return func(yield func(WireID, error) bool) {
		tags := map[int64][8]byte{}
		err := s.read(ctx, "read tags", func(c *conn) error {
			return c.each(func(st *sqlite3.Stmt) error {
				var tag [8]byte
				copy(tag[:], blob(st, 1))
				tags[st.ColumnInt64(0)] = tag
				return nil
			}, `SELECT n, tag FROM tags WHERE `+bySpace, space)
		})
		if err != nil {
			yield(WireID{}, err)
			return
		}
		for n, tag := range tags {
			for w, err := range s.idsOfTag(ctx, n, tag) {
				if !yield(w, err) || err != nil {
					return
				}
			}
		}
	}
}

// TaggedIDs yields the wires of a space under one tag, in the order they were stored.
func (s *Store) TaggedIDs(ctx context.Context, space [32]byte, tag [8]byte) iter.Seq2[WireID, error] {
	return func(yield func(WireID, error) bool) {
		var n int64
		err := s.read(ctx, "read tag", func(c *conn) (err error) {
			n, err = c.number(`SELECT n FROM tags WHERE `+bySpace+` AND tag = ?`, space, tag[:])
			return err
		})
		if err != nil {
			yield(WireID{}, err)
			return
		}
		s.idsOfTag(ctx, n, tag)(yield)
	}
}

func (s *Store) idsOfTag(ctx context.Context, n int64, tag [8]byte) iter.Seq2[WireID, error] {
	return paged(ctx, s, "read wire ids", func() reader[WireID] {
		var mark int64
		return func(c *conn, out []WireID) ([]WireID, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				wid, err := id(st, 2)
				mark = st.ColumnInt64(0)
				out = append(out, WireID{ID: wid, Tag: tag, Day: uint32(st.ColumnInt64(1))})
				return err
			}, `SELECT n, day, id FROM wires WHERE tag = ? AND n > ? ORDER BY n LIMIT ?`, n, mark, page)
			return out, err
		}
	})
}

// Chain is how far a device's wires are stored in a space: from seq Low to High, Count of them.
type Chain struct {
	Device           [32]byte
	Low, High, Count uint64
}

const byDevices = ` FROM wires w JOIN devices d ON d.n = w.device WHERE d.` + bySpace

// Chains returns one Chain for each device that has wires in a space; wires with seq 0 are of no chain.
func (s *Store) Chains(ctx context.Context, space [32]byte) (out []Chain, err error) {
	err = s.read(ctx, "read chains", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			d, err := id(st, 0)
			out = append(out, Chain{d, uint64(st.ColumnInt64(1)), uint64(st.ColumnInt64(2)), uint64(st.ColumnInt64(3))})
			return err
		}, `SELECT d.id, min(w.seq), max(w.seq), count(*)`+byDevices+` AND w.seq > 0 GROUP BY d.id`, space)
	})
	return out, err
}

// Before returns wires under a tag up to a lamport time but for two kinds, at most limit of them. It looks at all that have the tag and a day up to that one.
func (s *Store) Before(ctx context.Context, space [32]byte, tag [8]byte, lamport int64, but [2]string, limit int) (out []Wire, err error) {
	err = s.read(ctx, "read old wires", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			w, err := readWire(st)
			out = append(out, w)
			return err
		}, wireColumns+`WHERE w.tag = (SELECT n FROM tags WHERE `+bySpace+` AND tag = ?) AND w.day <= ? AND w.lamport <= ? AND w.kind <> ? AND w.kind <> ? LIMIT ?`,
			space, tag[:], lamport/86_400_000, lamport, but[0], but[1], limit)
	})
	return out, err
}

// Newest returns the highest lamport time of the wires under a tag but for some kinds, 0 without any.
func (s *Store) Newest(ctx context.Context, space [32]byte, tag [8]byte, but ...string) (top int64, err error) {
	err = s.read(ctx, "read the newest wire", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			if !slices.Contains(but, st.ColumnText(1)) {
				top = max(top, st.ColumnInt64(0))
			}
			return nil
		}, `SELECT max(lamport), kind FROM wires WHERE tag = (SELECT n FROM tags WHERE `+bySpace+` AND tag = ?) GROUP BY kind`, space, tag[:])
	})
	return top, err
}

// Devices lists the devices whose wires are stored in a space.
func (s *Store) Devices(ctx context.Context, space [32]byte) (out [][32]byte, err error) {
	err = s.read(ctx, "read devices", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			d, err := id(st, 0)
			out = append(out, d)
			return err
		}, `SELECT id FROM devices WHERE `+bySpace, space)
	})
	return out, err
}

// TopLamport returns the highest lamport time of a space's wires up to a limit, 0 without any.
func (s *Store) TopLamport(ctx context.Context, space [32]byte, limit int64) (top int64, err error) {
	err = s.read(ctx, "read lamport", func(c *conn) error {
		top, err = c.number(`SELECT coalesce(max(w.lamport), 0)`+byDevices+` AND w.lamport <= ?`, space, limit)
		return err
	})
	return top, err
}

// WiresByDevice yields a device's wires in a space from a seq on, by seq.
func (s *Store) WiresByDevice(ctx context.Context, space, device [32]byte, from uint64) iter.Seq2[Wire, error] {
	return paged(ctx, s, "read wires of a device", func() reader[Wire] {
		seq, n := int64(min(from, 1<<63-1)), int64(0) // (seq, n): an equivocating device has two wires of one seq
		return func(c *conn, out []Wire) ([]Wire, error) {
			err := c.each(func(st *sqlite3.Stmt) error {
				w, err := readWire(st)
				seq, n = int64(w.Seq), st.ColumnInt64(0)
				out = append(out, w)
				return err
			}, wireColumns+`WHERE d.`+bySpace+` AND d.id = ? AND (w.seq, w.n) > (?, ?) ORDER BY w.seq, w.n LIMIT ?`,
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
			}, wireColumns+`WHERE +d.`+bySpace+` AND w.n > ? ORDER BY w.n LIMIT ?`, space, mark, page)
			return out, err
		}
	})
}

// WiresTouching returns the wires that were said to touch a row, by (lamport, id).
func (s *Store) WiresTouching(ctx context.Context, space [32]byte, key string) (out []Wire, err error) {
	err = s.read(ctx, "read wires of a row", func(c *conn) error {
		n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
		if err != nil || n == 0 {
			return err
		}
		return c.each(func(st *sqlite3.Stmt) error {
			w, err := readWire(st)
			out = append(out, w)
			return err
		}, wireColumns+`JOIN touches x ON x.wire = w.n WHERE x.row = ? ORDER BY w.lamport, w.id`, rowHash(n, key))
	})
	return out, err
}

// FindWire returns the wire whose id starts with prefix.
func (s *Store) FindWire(ctx context.Context, prefix [short]byte) (w Wire, ok bool, err error) {
	err = s.read(ctx, "find wire", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			ok = true
			w, err = readWire(st)
			return err
		}, wireColumns+`WHERE substr(w.id, 1, 20) = ?`, prefix[:])
	})
	return w, ok, err
}

// FindEarly finds the row of a message whose wire is not here, by the start of the message's id.
func (s *Store) FindEarly(ctx context.Context, prefix [short]byte) (r Row, ok bool, err error) {
	err = s.read(ctx, "find row", func(c *conn) error {
		return c.each(func(st *sqlite3.Stmt) error {
			copy(r.Space[:], blob(st, 0))
			r.Key, r.Order, r.Value, ok = st.ColumnText(1), blob(st, 2), blob(st, 3), true
			return nil
		}, `SELECT (SELECT id FROM spaces WHERE n = rows.space), key, ord, value FROM `+earlyRows+` AND substr(key, 3, 40) = ? LIMIT 1`, hex.EncodeToString(prefix[:]))
	})
	return r, ok, err
}

// HasWires reports which of the wires are stored. It asks the writer: its pages are in memory, where those of a reader are gone after every
// commit.
func (s *Store) HasWires(ctx context.Context, ids [][32]byte) (map[[32]byte]bool, error) {
	out := make(map[[32]byte]bool, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := s.ask(ctx, "look for wires", func(c *conn) error {
		for _, w := range ids {
			st, err := c.prepared(`SELECT 1 FROM wires WHERE substr(id, 1, 20) = ?`)
			if err != nil {
				return err
			}
			err = st.BindBlob(1, w[:short])
			if err == nil && st.Step() {
				out[w] = true
			}
			if err := errors.Join(err, st.Err(), st.Reset()); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
