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
	Stubs   []Stub
	Unread  []Unread
	Rows    []Row
	Touches []Touch
	Drops   []Touch // wires to be deleted, each with the one row that it has part in and that stays
	Secrets []Secret
	Meta    []Meta
	Events  []Event
}

// Op is a control operation as it was signed. The first bytes stored under an
// ID stay.
type Op struct {
	Space, ID [32]byte
	Bytes     []byte
	Proven    bool // the proof in it was verified; once true it stays so
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

// Stub is what stays of a wire, in place of its bytes. From then on the wire is under NoTag, and listed under no other; it is still found by
// its id, its device and the rows it touches.
type Stub struct {
	Space, ID [32]byte
	Bytes     []byte
}

// NoTag is the tag of wires of which a stub is left.
var NoTag [8]byte

// Row is a piece of a folded view. List and Order put it in a sorted list of
// its space; without List it is found by key alone. A nil Value deletes it.
// The key "m/" and a wire's id in hex names the row of that wire, which is
// found by way of the wire and costs less; List does not give it back.
type Row struct {
	Space [32]byte
	Key   string
	List  string
	Order []byte // begins with the lamport time, where there is a Text
	Value []byte
	Text  string   // what search finds this row by; empty: nothing
	Tags  []string // single words of letters and digits that a search may ask for besides
	Alert Alert

	// A message of the space of which this row says whether it counts as unread at all, as what is said about a message does; zero: none. Hushed says that
	// it does not, whatever Alert its row has, until a row says otherwise or goes.
	Hushes [32]byte
	Hushed bool
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
		o, proven := &b.Ops[i], 0
		if o.Proven {
			proven = 1
		}
		if err := c.inSpace(o.Space, `INSERT INTO ops (space, id, bytes, proven) VALUES (?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET proven = 1 WHERE excluded.proven = 1 AND proven = 0`, o.ID, o.Bytes, proven); err != nil {
			return err
		}
	}
	for i := range b.Wires {
		if err := c.putWire(&b.Wires[i]); err != nil {
			return err
		}
	}
	for _, st := range b.Stubs {
		space, err := c.space(st.Space)
		if err != nil {
			return err
		}
		tag, err := c.numbered(`tags`, `tag`, space, NoTag[:])
		if err == nil {
			err = c.exec(`UPDATE wires SET bytes = ?, tag = ? WHERE substr(id, 1, 20) = ? AND id = ?`, st.Bytes, tag, st.ID[:short], st.ID)
		}
		if err != nil {
			return err
		}
	}
	for _, u := range b.Unread {
		if err := c.putUnread(u); err != nil {
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
		space, err := c.space(t.Space)
		if err != nil {
			return err
		}
		if err := c.exec(`INSERT INTO touches (row, wire) SELECT ?, n FROM wires WHERE substr(id, 1, 20) = ? ON CONFLICT DO NOTHING`,
			rowHash(space, t.Key), t.Wire[:short]); err != nil {
			return err
		}
	}
	if err := c.dropWires(b.Drops); err != nil {
		return err
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
		var err error
		if eventIDs[i], err = c.putEvent(&b.Events[i]); err != nil {
			return err
		}
	}
	return nil
}

// short is how much of a wire's id the index holds. No two wires of a store may share so much.
const short = 20

func (c *conn) putWire(w *Wire) error {
	space, err := c.space(w.Space)
	if err != nil {
		return err
	}
	tag, err := c.numbered(`tags`, `tag`, space, w.Tag[:])
	if err != nil {
		return err
	}
	device, err := c.numbered(`devices`, `id`, space, w.Device[:])
	if err != nil {
		return err
	}
	last, err := c.last(&c.lastWire, `SELECT coalesce(max(n), 0) FROM wires`)
	if err != nil {
		return err
	}
	s, err := c.prepared(`INSERT INTO wires (n, id, tag, day, device, seq, lamport, kind, bytes) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (substr(id, 1, 20)) DO NOTHING`)
	if err != nil {
		return err
	}
	err = errors.Join(s.BindInt64(1, last+1), s.BindBlob(2, w.ID[:]), s.BindInt64(3, tag), s.BindInt64(4, int64(w.Day)), s.BindInt64(5, device),
		s.BindInt64(6, int64(w.Seq)), s.BindInt64(7, w.Lamport), s.BindText(8, w.Kind), bindBytes(s, 9, w.Bytes))
	if err := finish(s, err); err != nil {
		return err
	}
	if c.db.Changes() > 0 {
		c.lastWire++
		c.fresh[freshKey{space, [short]byte(w.ID[:short])}] = c.lastWire
	}
	return nil
}

// dropWires deletes wires that touch one row each and have none of their own.
func (c *conn) dropWires(drops []Touch) error {
	for i := range drops {
		d := &drops[i]
		space, err := c.space(d.Space)
		if err != nil {
			return err
		}
		n, err := c.number(wireInSpace, d.Wire[:short], space)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		delete(c.fresh, freshKey{space, [short]byte(d.Wire[:short])})
		if err := c.exec(`DELETE FROM touches WHERE row = ? AND wire = ?`, rowHash(space, d.Key), n); err != nil {
			return err
		}
		if err := c.exec(`DELETE FROM wires WHERE n = ?`, n); err != nil {
			return err
		}
	}
	if len(drops) == 0 {
		return nil
	}
	return c.exec(`UPDATE tallied SET n = min(n, (SELECT coalesce(max(n), 0) FROM wires))`) // numbers are given again
}

type freshKey struct {
	space int64
	id    [short]byte
}

const wireInSpace = `SELECT w.n FROM wires w JOIN devices d ON d.n = w.device WHERE substr(w.id, 1, 20) = ? AND d.space = ?`

// last returns the highest number given in a table.
func (c *conn) last(known *int64, sql string) (int64, error) {
	if *known < 0 {
		n, err := c.number(sql)
		if err != nil {
			return 0, err
		}
		*known = n
	}
	return *known, nil
}

// putEvent gives the event the next id: one more than the last there ever was.
func (c *conn) putEvent(e *Event) (int64, error) {
	last, err := c.last(&c.lastEvent, lastEvent)
	if err != nil {
		return 0, err
	}
	s, err := c.prepared(`INSERT INTO events (n, type, community, grp, time, data) VALUES (?,?,?,?,?,?)`)
	if err != nil {
		return 0, err
	}
	err = errors.Join(s.BindInt64(1, last+1), s.BindText(2, e.Type), s.BindText(3, e.Community), s.BindText(4, e.Group), s.BindInt64(5, e.Time), bindBytes(s, 6, e.Data))
	if err = finish(s, err); err != nil {
		return 0, err
	}
	c.lastEvent++
	return c.lastEvent, nil
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
	n, err := c.space(space)
	if err != nil {
		return err
	}
	return c.exec(sql, append([]any{n}, args...)...)
}

func (c *conn) space(id [32]byte) (int64, error) {
	if n := c.spaces[id]; n != 0 {
		return n, nil
	}
	if err := c.exec(`INSERT INTO spaces (id) VALUES (?) ON CONFLICT (id) DO NOTHING`, id); err != nil {
		return 0, err
	}
	n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, id)
	if err == nil {
		c.spaces[id] = n
	}
	return n, err
}

// numbered returns the number of a tag or a device in a space, giving it one where it has none.
func (c *conn) numbered(table, column string, space int64, id []byte) (int64, error) {
	k := numberKey{space: space, tag: table == `tags`}
	copy(k.id[:], id)
	if n := c.numbers[k]; n != 0 {
		return n, nil
	}
	if err := c.exec(`INSERT INTO `+table+` (space, `+column+`) VALUES (?,?) ON CONFLICT DO NOTHING`, space, id); err != nil {
		return 0, err
	}
	n, err := c.number(`SELECT n FROM `+table+` WHERE space = ? AND `+column+` = ?`, space, id)
	if err == nil {
		c.numbers[k] = n
	}
	return n, err
}

type numberKey struct {
	space int64
	tag   bool
	id    [32]byte
}

// forget drops what is remembered of numbers given: the transaction that gave them is gone, or what they named.
func (c *conn) forget() {
	clear(c.spaces)
	clear(c.numbers)
	clear(c.fresh)
	clear(c.docs)
	clear(c.unread)
	c.lastEvent, c.lastWire, c.early, c.hushed = -1, -1, -1, -1
}
