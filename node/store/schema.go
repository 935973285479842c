package store

import "fmt"

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
