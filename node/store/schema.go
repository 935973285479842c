package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// migrations takes a store from version i to i+1. Steps are only ever added;
// an old one is never changed.
var migrations = []string{
	`CREATE TABLE spaces (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE);

	CREATE TABLE ops (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, space INTEGER NOT NULL, bytes BLOB NOT NULL);
	CREATE INDEX ops_space ON ops (space);

	CREATE TABLE wires (n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, space INTEGER NOT NULL, tag BLOB NOT NULL, day INTEGER NOT NULL,
		device BLOB NOT NULL, seq INTEGER NOT NULL, lamport INTEGER NOT NULL, kind TEXT NOT NULL, bytes BLOB NOT NULL);
	CREATE INDEX wires_tag ON wires (space, tag, day, id);
	CREATE INDEX wires_device ON wires (space, device, seq);
	CREATE INDEX wires_lamport ON wires (space, lamport);

	CREATE TABLE rows (n INTEGER PRIMARY KEY, space INTEGER NOT NULL, key TEXT NOT NULL, list TEXT NOT NULL, ord BLOB NOT NULL,
		value BLOB NOT NULL, UNIQUE (space, key));
	CREATE INDEX rows_list ON rows (space, list, ord) WHERE list <> '';

	CREATE TABLE touches (space INTEGER NOT NULL, key TEXT NOT NULL, wire BLOB NOT NULL, PRIMARY KEY (space, key, wire)) WITHOUT ROWID;
	CREATE INDEX touches_wire ON touches (wire);
	CREATE TABLE secrets (space INTEGER NOT NULL, epoch BLOB NOT NULL, secret BLOB NOT NULL, PRIMARY KEY (space, epoch)) WITHOUT ROWID;
	CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
	CREATE TABLE events (n INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, community TEXT NOT NULL, grp TEXT NOT NULL,
		time INTEGER NOT NULL, data BLOB NOT NULL);
	CREATE TABLE kv (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;`,

	// What a message costs is how many pages it dirties: an entry whose place is random dirties one of its own. Of five such entries one is left,
	// the start of a wire's id. A row that belongs to a wire has the wire's number; only other rows, with numbers below zero, are found by a hash.
	`CREATE TABLE tags (n INTEGER PRIMARY KEY, space INTEGER NOT NULL, tag BLOB NOT NULL, UNIQUE (space, tag));
	CREATE TABLE devices (n INTEGER PRIMARY KEY, space INTEGER NOT NULL, id BLOB NOT NULL, UNIQUE (space, id));
	INSERT INTO tags (space, tag) SELECT DISTINCT space, tag FROM wires;
	INSERT INTO devices (space, id) SELECT DISTINCT space, device FROM wires;

	ALTER TABLE wires RENAME TO wires_1;
	CREATE TABLE wires (n INTEGER PRIMARY KEY, id BLOB NOT NULL, tag INTEGER NOT NULL, day INTEGER NOT NULL, device INTEGER NOT NULL, seq INTEGER NOT NULL,
		lamport INTEGER NOT NULL, kind TEXT NOT NULL, bytes BLOB NOT NULL);
	INSERT INTO wires SELECT w.n, w.id, t.n, w.day, d.n, w.seq, w.lamport, w.kind, w.bytes FROM wires_1 w
		JOIN tags t ON t.space = w.space AND t.tag = w.tag JOIN devices d ON d.space = w.space AND d.id = w.device ORDER BY w.n;

	ALTER TABLE rows RENAME TO rows_1;
	CREATE TABLE rows (n INTEGER PRIMARY KEY, hash BLOB, space INTEGER NOT NULL, key TEXT NOT NULL, list TEXT NOT NULL, ord BLOB NOT NULL, value BLOB NOT NULL);
	INSERT INTO rows SELECT w.n, NULL, r.space, '', r.list, r.ord, r.value FROM rows_1 r JOIN wires_1 w ON w.id = wire_of(r.key) AND w.space = r.space ORDER BY w.n;
	INSERT INTO rows SELECT -n, row_hash(space, key), space, key, list, ord, value FROM rows_1 r
		WHERE NOT EXISTS (SELECT 1 FROM wires_1 w WHERE w.id = wire_of(r.key) AND w.space = r.space) ORDER BY n DESC;
	DROP TABLE rows_1;
	CREATE UNIQUE INDEX rows_hash ON rows (hash) WHERE hash IS NOT NULL;
	CREATE INDEX rows_early ON rows (n) WHERE hash IS NOT NULL AND substr(key, 1, 2) = 'm/';
	CREATE INDEX rows_list ON rows (space, list, ord) WHERE list <> '';

	ALTER TABLE touches RENAME TO touches_1;
	CREATE TABLE touches (row BLOB NOT NULL, wire INTEGER NOT NULL, PRIMARY KEY (row, wire)) WITHOUT ROWID;
	INSERT INTO touches SELECT row_hash(t.space, t.key), w.n FROM touches_1 t JOIN wires_1 w ON w.id = t.wire
		WHERE wire_of(t.key) IS NOT t.wire;
	DROP TABLE touches_1;
	DROP TABLE wires_1;
	CREATE UNIQUE INDEX wires_id ON wires (substr(id, 1, 20));
	CREATE INDEX wires_tag ON wires (tag, n, day, id);
	CREATE INDEX wires_device ON wires (device, seq, n, lamport);

	ALTER TABLE events RENAME TO events_1;
	CREATE TABLE events (n INTEGER PRIMARY KEY, type TEXT NOT NULL, community TEXT NOT NULL, grp TEXT NOT NULL, time INTEGER NOT NULL, data BLOB NOT NULL);
	INSERT INTO events SELECT * FROM events_1 ORDER BY n;
	CREATE TABLE last_event (n INTEGER NOT NULL);
	INSERT INTO last_event SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events_1'), 0);
	DROP TABLE events_1;`,

	// What was verified once is not verified at every start.
	`ALTER TABLE ops ADD COLUMN proven INTEGER NOT NULL DEFAULT 0;`,

	// What search finds is a table of its own words, in the order of time: its rowid begins with the lamport time, so that the newest come first
	// and a span of time is a span of rowids. Unread messages are counted where they are stored. Both are noted on the row, so that whatever
	// comes in its place takes away what it gave. What was there before is indexed from the newest on, below unindexed.
	`ALTER TABLE rows ADD COLUMN alert INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE rows ADD COLUMN doc INTEGER NOT NULL DEFAULT 0;
	CREATE TABLE unread (space INTEGER PRIMARY KEY, mark BLOB NOT NULL, messages INTEGER NOT NULL, mentions INTEGER NOT NULL);
	CREATE VIRTUAL TABLE texts USING fts5 (words, tags, row UNINDEXED, tokenize = 'ascii', columnsize = 0);
	INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
	CREATE TABLE unindexed (below INTEGER NOT NULL);
	INSERT INTO unindexed SELECT coalesce(max(n), 0) + 1 FROM rows;`,

	// Texts are gathered until the writer has nothing else to do, or somebody searches: taken in by the thousand they cost the index a fraction.
	`CREATE TABLE gathered (doc INTEGER PRIMARY KEY, row INTEGER NOT NULL, said TEXT NOT NULL, tags TEXT NOT NULL);`,

	// What each device sent on a day, counted when somebody asks, up to the wire that tallied names.
	`CREATE TABLE days (space INTEGER NOT NULL, day INTEGER NOT NULL, device INTEGER NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL,
		PRIMARY KEY (space, day, device, kind)) WITHOUT ROWID;
	CREATE TABLE tallied (n INTEGER NOT NULL);
	INSERT INTO tallied VALUES (0);`,

	// Messages that count as unread for nobody, whether they are here or not: those that moderators hid.
	`CREATE TABLE hushed (space INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (space, id)) WITHOUT ROWID;`,
}

// wireOf reads the key of a row that belongs to a wire: "m/" and the wire's id in hex.
func wireOf(key string) (id [32]byte, ok bool) {
	if len(key) != 2+2*len(id) || key[:2] != "m/" {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(key[2:]))
	return id, err == nil
}

// rowHash finds any other row: 16 bytes, where the key would be several times that in an index.
func rowHash(space int64, key string) [16]byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 80), uint64(space))
	sum := sha256.Sum256(append(b, key...))
	return [16]byte(sum[:16])
}

// migrate brings the schema up to date, one transaction a step.
func migrate(c *conn, steps []string) error {
	v, err := c.number(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	if v > int64(len(steps)) {
		return fmt.Errorf("version %d, this program knows %d: %w", v, len(steps), ErrNewer)
	}
	if v == int64(len(steps)) {
		return nil
	}
	err = c.db.CreateFunction("row_hash", 2, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		h := rowHash(arg[0].Int64(), arg[1].Text())
		ctx.ResultBlob(h[:])
	})
	if err == nil {
		err = c.db.CreateFunction("wire_of", 1, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			if id, ok := wireOf(arg[0].Text()); ok {
				ctx.ResultBlob(id[:])
			}
		})
	}
	if err != nil {
		return err
	}
	for ; v < int64(len(steps)); v++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version=%d; COMMIT", steps[v], v+1)
		if err := c.db.Exec(step); err != nil {
			if !c.db.GetAutocommit() {
				c.db.Exec(`ROLLBACK`)
			}
			return fmt.Errorf("migrate to version %d: %w", v+1, err)
		}
	}
	return nil
}
