package store

import (
	"context"
	"errors"
	"math"
)

// Batch is what one Commit writes. Slices are applied in the order of the
// fields; nil slices cost nothing.
type Batch struct {
	Ops     []Op
	Wires   []Wire
	Rows    []Row
	Touches []Touch
	Secrets []Secret
	Meta    []Meta
	Events  []Event
}

// Op is a control operation as it was signed. The first bytes stored under an
// ID stay.
type Op struct {
	Space, ID [32]byte
	Bytes     []byte
}

// Wire is a sealed message or op, with what its header says once opened. The
// first bytes stored under an ID stay.
type Wire struct {
	ID, Space [32]byte
	Tag       [8]byte
	Day       uint32
	Device    [32]byte
	Seq       uint64
	Lamport   int64
	Kind      string
	Bytes     []byte
}

// Row is a piece of a folded view. List and Order put it in a sorted list of
// its space; without List it is found by key alone. A nil Value deletes it.
type Row struct {
	Space [32]byte
	Key   string
	List  string
	Order []byte
	Value []byte
}

// Touch says that a wire has a part in a row, so that the row can be folded
// again from the wires that made it.
type Touch struct {
	Space [32]byte
	Key   string
	Wire  [32]byte
}

// Secret is the key of an epoch. A nil Secret deletes it.
type Secret struct {
	Space, Epoch [32]byte
	Secret       []byte
}

// Meta is a value of the node itself. A nil Value deletes it.
type Meta struct {
	Key   string
	Value []byte
}

// Event is an entry of the stream the local API serves. Commit fills in ID,
// which only ever rises. Time is in Unix milliseconds, Data is JSON.
type Event struct {
	ID        int64
	Type      string
	Community string
	Group     string
	Time      int64
	Data      []byte
}

// Commit writes the batch and returns when it is durable. On an error nothing
// of it is written; ErrFull and ErrCorrupt are the two worth telling apart.
// The batch must not change until Commit returns.
func (s *Store) Commit(ctx context.Context, b *Batch) error {
	for i := range b.Wires {
		if b.Wires[i].Seq > math.MaxInt64 {
			return errors.New("commit: wire seq out of range")
		}
	}
	ids := make([]int64, len(b.Events))
	err := s.do(ctx, "commit", func(c *conn) error { return b.apply(c, ids) })
	if err != nil {
		return err
	}
	for i := range b.Events {
		b.Events[i].ID = ids[i]
	}
	return nil
}

func (b *Batch) apply(c *conn, eventIDs []int64) error {
	for i := range b.Ops {
		o := &b.Ops[i]
		if err := c.inSpace(o.Space, `INSERT INTO ops (space, id, bytes) VALUES (?,?,?) ON CONFLICT (id) DO NOTHING`,
			o.ID, o.Bytes); err != nil {
			return err
		}
	}
	for i := range b.Wires {
		w := &b.Wires[i]
		if err := c.inSpace(w.Space, `INSERT INTO wires (space, id, tag, day, device, seq, lamport, kind, bytes)
			VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`,
			w.ID, w.Tag[:], w.Day, w.Device, int64(w.Seq), w.Lamport, w.Kind, w.Bytes); err != nil {
			return err
		}
	}
	for i := range b.Rows {
		if err := c.putRow(&b.Rows[i]); err != nil {
			return err
		}
	}
	for i := range b.Touches {
		t := &b.Touches[i]
		if err := c.inSpace(t.Space, `INSERT INTO touches (space, key, wire) VALUES (?,?,?) ON CONFLICT DO NOTHING`,
			t.Key, t.Wire); err != nil {
			return err
		}
	}
	for i := range b.Secrets {
		if err := c.putSecret(&b.Secrets[i]); err != nil {
			return err
		}
	}
	for _, m := range b.Meta {
		var err error
		if m.Value == nil {
			err = c.exec(`DELETE FROM meta WHERE key = ?`, m.Key)
		} else {
			err = c.exec(`INSERT INTO meta (key, value) VALUES (?,?)
				ON CONFLICT (key) DO UPDATE SET value = excluded.value`, m.Key, m.Value)
		}
		if err != nil {
			return err
		}
	}
	for i := range b.Events {
		e := &b.Events[i]
		if err := c.exec(`INSERT INTO events (type, community, grp, time, data) VALUES (?,?,?,?,?)`,
			e.Type, e.Community, e.Group, e.Time, e.Data); err != nil {
			return err
		}
		eventIDs[i] = c.db.LastInsertRowID()
	}
	return nil
}

func (c *conn) putRow(r *Row) error {
	if r.Value == nil {
		return c.inSpace(r.Space, `DELETE FROM rows WHERE space = ? AND key = ?`, r.Key)
	}
	return c.inSpace(r.Space, `INSERT INTO rows (space, key, list, ord, value) VALUES (?,?,?,?,?)
		ON CONFLICT (space, key) DO UPDATE SET list = excluded.list, ord = excluded.ord, value = excluded.value`,
		r.Key, r.List, r.Order, r.Value)
}

func (c *conn) putSecret(s *Secret) error {
	if s.Secret == nil {
		return c.inSpace(s.Space, `DELETE FROM secrets WHERE space = ? AND epoch = ?`, s.Epoch)
	}
	return c.inSpace(s.Space, `INSERT INTO secrets (space, epoch, secret) VALUES (?,?,?)
		ON CONFLICT (space, epoch) DO UPDATE SET secret = excluded.secret`, s.Epoch, s.Secret)
}

// inSpace runs a statement whose first argument is the space's number, giving
// it one where it has none. Tables hold the number: it is a byte or two in
// every index, where the id would be 32.
func (c *conn) inSpace(space [32]byte, sql string, args ...any) error {
	n := c.spaces[space]
	if n == 0 {
		var err error
		if err = c.exec(`INSERT INTO spaces (id) VALUES (?) ON CONFLICT (id) DO NOTHING`, space); err != nil {
			return err
		}
		if n, err = c.number(`SELECT n FROM spaces WHERE id = ?`, space); err != nil {
			return err
		}
		c.spaces[space] = n
	}
	return c.exec(sql, append([]any{n}, args...)...)
}
