package store

import "context"

// DropSpaces deletes everything that belongs to the given spaces: ops, wires,
// rows with their texts, and secrets. Deleted pages are overwritten. One space may be large, so
// this holds the writer for as long as it takes.
func (s *Store) DropSpaces(ctx context.Context, spaces ...[32]byte) error {
	return s.dropSpaces(ctx, true, spaces)
}

// DropMessages deletes everything of a space but its log.
func (s *Store) DropMessages(ctx context.Context, spaces ...[32]byte) error {
	return s.dropSpaces(ctx, false, spaces)
}

func (s *Store) dropSpaces(ctx context.Context, log bool, spaces [][32]byte) error {
	err := s.do(ctx, "drop spaces", func(c *conn) error {
		for _, space := range spaces {
			n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			c.forget()
			for _, sql := range []string{
				`DELETE FROM touches WHERE wire IN (SELECT w.n FROM wires w JOIN tags t ON t.n = w.tag WHERE t.space = ?)`,
				`DELETE FROM wires WHERE tag IN (SELECT n FROM tags WHERE space = ?)`,
				`DELETE FROM tags WHERE space = ?`, `DELETE FROM devices WHERE space = ?`,
				`DELETE FROM texts WHERE rowid IN (SELECT doc FROM rows WHERE space = ? AND doc <> 0)`,
				`DELETE FROM gathered WHERE doc IN (SELECT doc FROM rows WHERE space = ? AND doc <> 0)`, `DELETE FROM unread WHERE space = ?`,
				`DELETE FROM rows WHERE space = ?`, `DELETE FROM secrets WHERE space = ?`, `DELETE FROM days WHERE space = ?`, `DELETE FROM hushed WHERE space = ?`,
			} {
				if err := c.exec(sql, n); err != nil {
					return err
				}
			}
			if err := c.exec(`UPDATE tallied SET n = min(n, (SELECT coalesce(max(n), 0) FROM wires))`); err != nil { // numbers are given again
				return err
			}
			if !log {
				continue
			}
			if err := c.exec(`DELETE FROM ops WHERE space = ?`, n); err != nil {
				return err
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
			if err := c.keepLast(); err != nil {
				return err
			}
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
