package store

import "context"

// DropSpaces deletes everything that belongs to the given spaces: ops, wires,
// rows and secrets. Deleted pages are overwritten. One space may be large, so
// this holds the writer for as long as it takes.
func (s *Store) DropSpaces(ctx context.Context, spaces ...[32]byte) error {
	err := s.do(ctx, "drop spaces", func(c *conn) error {
		for _, space := range spaces {
			n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			delete(c.spaces, space)
			for _, table := range []string{"ops", "wires", "rows", "touches", "secrets"} {
				if err := c.exec(`DELETE FROM `+table+` WHERE space = ?`, n); err != nil {
					return err
				}
			}
			if err := c.exec(`DELETE FROM spaces WHERE n = ?`, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.squeeze(ctx)
}

// Traces are what the node remembers about a community outside its spaces.
// Empty fields name nothing.
type Traces struct {
	Community  string // of events
	MetaPrefix string
	Datastore  string
}

// DropTraces deletes the events, meta values and datastore of a community.
func (s *Store) DropTraces(ctx context.Context, t Traces) error {
	return s.do(ctx, "drop traces", func(c *conn) error {
		if t.Community != "" {
			if err := c.exec(`DELETE FROM events WHERE community = ?`, t.Community); err != nil {
				return err
			}
		}
		if t.MetaPrefix != "" {
			if err := c.exec(`DELETE FROM meta WHERE substr(key, 1, length(?1)) = ?1`, t.MetaPrefix); err != nil {
				return err
			}
		}
		if t.Datastore != "" {
			return c.exec(`DELETE FROM kv WHERE space = ?`, t.Datastore)
		}
		return nil
	})
}

// squeeze moves the log into the database and empties it, so that what was
// deleted is not still lying in the log.
func (s *Store) squeeze(ctx context.Context) error {
	return s.kv.use(ctx, "empty log", func(c *conn) error {
		_, err := c.number(`PRAGMA wal_checkpoint(truncate)`)
		return err
	})
}
