package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// maxCoalesced is how many commits share a transaction at most.
const maxCoalesced = 256

// request is work for the writer: apply runs inside a transaction, and may run
// a second time after a rollback.
type request struct {
	apply func(*conn) error
	reads bool       // and does nothing else
	done  chan error // room for one
}

// do queues work and waits until it is durable. ctx counts until the work is
// queued; what is queued is always waited for, so that nil and an error are
// never guesses.
func (s *Store) do(ctx context.Context, verb string, apply func(*conn) error) error {
	return s.queued(ctx, verb, &request{apply: apply, done: make(chan error, 1)})
}

// ask is do for work that only reads.
func (s *Store) ask(ctx context.Context, verb string, read func(*conn) error) error {
	return s.queued(ctx, verb, &request{apply: read, reads: true, done: make(chan error, 1)})
}

func (s *Store) queued(ctx context.Context, verb string, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	select {
	case s.queue <- r:
	case <-s.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return s.explain(verb, err)
	case <-s.done:
	}
	select { // the writer ended: either it answered before, or it never saw r
	case err := <-r.done:
		return s.explain(verb, err)
	default:
		return ErrClosed
	}
}

// lastRoom is less than a commit and the log's index may need.
const lastRoom = 128 << 10

// explain classifies a failed write. SQLite's VFS reports a full disk as an I/O error like any other; only the disk tells.
func (s *Store) explain(verb string, err error) error {
	if errors.Is(err, sqlite3.IOERR) {
		if left, e := roomLeft(s.dir); e == nil && left < lastRoom {
			return fmt.Errorf("%s: %w", verb, ErrFull)
		}
	}
	return classify(verb, err)
}

// write owns the writer connection. Open starts it; Close ends it, after what
// is queued by then.
func (s *Store) write(w *conn) {
	defer close(s.done)
	defer w.close()
	work := make([]*request, 0, maxCoalesced)
	idle := time.NewTimer(indexAfter)
	defer idle.Stop()
	index := &request{apply: func(c *conn) error { _, err := c.index(); return err }}
	for {
		work = work[:0]
		if n := w.gathered.Load(); n > mostGathered {
			w.transact([]*request{index}) // what fails stays gathered
		} else if n > 0 {
			idle.Reset(indexAfter)
		}
		select {
		case r := <-s.queue:
			work = append(work, r)
		case <-idle.C:
			for len(s.queue) == 0 && w.gathered.Load() > 0 && w.transact([]*request{index}) == nil {
			}
			continue
		case <-s.closing:
			select {
			case r := <-s.queue:
				work = append(work, r)
			default:
				return
			}
		}
		for more := true; more && len(work) < maxCoalesced; {
			select {
			case r := <-s.queue:
				work = append(work, r)
			default:
				more = false
			}
		}
		w.settle(work)
		clear(work)
	}
}

// settle commits all the work in one transaction; if that fails, each piece in
// its own, so that only what cannot be written fails.
func (c *conn) settle(work []*request) {
	err := c.transact(work)
	if err != nil && len(work) > 1 {
		for _, r := range work {
			r.done <- c.transact([]*request{r})
		}
		return
	}
	for _, r := range work {
		r.done <- err
	}
}

func (c *conn) transact(work []*request) (err error) {
	defer func() {
		if err != nil {
			c.forget()
			if !c.db.GetAutocommit() {
				err = errors.Join(err, c.db.Exec(`ROLLBACK`))
			}
			dropKept(c.path)
		}
	}()
	begin := `BEGIN`
	for _, r := range work {
		if !r.reads {
			begin = `BEGIN IMMEDIATE`
		}
	}
	if err := c.exec(begin); err != nil {
		return err
	}
	clear(c.fresh)
	c.left = -1
	for _, r := range work {
		if err := r.apply(c); err != nil {
			return err
		}
	}
	if err := c.settleTexts(); err != nil {
		return err
	}
	if err := c.settleUnread(); err != nil {
		return err
	}
	if err := c.exec(`COMMIT`); err != nil {
		return err
	}
	if c.left >= 0 { // not before: who sees that nothing waits finds all in the index
		c.gathered.Store(c.left)
	}
	return nil
}
