package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// An announcement for later waits on this node alone: it goes out once its time has come and the node runs.

// metaScheduled + community + "/" + name.
const metaScheduled = "scheduled/"

// maxScheduled bounds what may wait in one community.
const maxScheduled = 100

// Scheduled is an announcement that waits for its time. Error says what kept it from going out, if its time is over.
type Scheduled struct {
	ID, CommunityID string
	At              time.Time
	Announcement    NewAnnouncement
	Error           string
}

// Schedule keeps an announcement until its time, which must be to come.
func (n *Node) Schedule(ctx context.Context, community string, q NewAnnouncement, at time.Time) (Scheduled, error) {
	r, err := n.room(community)
	if err != nil {
		return Scheduled{}, err
	}
	if at.UnixMilli() <= int64(n.now()) || at.Sub(n.cfg.Now()) > 366*24*time.Hour {
		return Scheduled{}, fmt.Errorf("%w: at: a time to come, within a year", ErrInvalid)
	}
	if err := r.checkAnnouncement(&q); err != nil {
		return Scheduled{}, err
	}
	var name [20]byte
	rand.Read(name[:])
	s := Scheduled{ID: "sch_" + identity.Name32(name[:]), CommunityID: community, At: at.UTC(), Announcement: q}
	var werr error
	err = r.ask(ctx, func() {
		list, err := r.scheduled()
		if err == nil && len(list) >= maxScheduled {
			err = fmt.Errorf("%w: at: %d announcements wait already", ErrInvalid, maxScheduled)
		}
		if err == nil {
			err = r.keepScheduled(s)
		}
		werr = err
	})
	if err == nil {
		err = werr
	}
	return s, err
}

func (r *room) scheduledKey(id string) string { return metaScheduled + hexID(r.id) + "/" + id }

func (r *room) keepScheduled(s Scheduled) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode a scheduled announcement: %w", err)
	}
	r.nextDue = time.Time{}
	return r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: r.scheduledKey(s.ID), Value: raw}}})
}

// scheduled lists what waits, the earliest first.
func (r *room) scheduled() (out []Scheduled, err error) {
	list, err := r.n.store.MetaPrefix(r.n.ctx, metaScheduled+hexID(r.id)+"/")
	if err != nil {
		return nil, fmt.Errorf("read scheduled announcements: %w", err)
	}
	for _, m := range list {
		var s Scheduled
		if json.Unmarshal(m.Value, &s) == nil {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Scheduled) int { return a.At.Compare(b.At) })
	return out, nil
}

// Scheduled lists the announcements of a community that wait on this node.
func (n *Node) Scheduled(community string) ([]Scheduled, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	return r.scheduled()
}

// Unschedule takes one back.
func (n *Node) Unschedule(community, id string) error {
	r, err := n.room(community)
	if err != nil {
		return err
	}
	if _, ok, err := n.store.Meta(n.ctx, r.scheduledKey(id)); err != nil || !ok {
		if err != nil {
			return fmt.Errorf("read scheduled announcement: %w", err)
		}
		return fmt.Errorf("%w: nothing scheduled as %s", ErrNotFound, id)
	}
	return n.commit(n.ctx, &store.Batch{Meta: []store.Meta{{Key: r.scheduledKey(id)}}})
}

// announceDue sends what is due. What cannot go out, since the right to announce is gone, stays with the reason. Owner only; it reads the store only when
// something may be due.
func (r *room) announceDue(at time.Time) {
	if at.Before(r.nextDue) {
		return
	}
	list, err := r.scheduled()
	if err != nil {
		return
	}
	r.nextDue = at.Add(time.Minute)
	for _, s := range list {
		switch {
		case s.Error != "":
		case s.At.After(at):
			if s.At.Before(r.nextDue) {
				r.nextDue = s.At
			}
		default:
			r.n.wg.Go(func() { r.announceNow(s) })
		}
	}
}

func (r *room) announceNow(s Scheduled) {
	if !r.going(s.ID) {
		return // it is on its way
	}
	_, err := r.n.Announce(r.ctx, s.CommunityID, s.Announcement)
	switch {
	case err == nil:
		err = r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: r.scheduledKey(s.ID)}}})
	case r.ctx.Err() != nil:
		return
	default:
		s.Error = err.Error()
		r.n.log.Warn("a scheduled announcement did not go out", "id", s.ID, "err", err)
		err = r.ask(r.ctx, func() { r.keepScheduled(s) })
	}
	if err != nil {
		r.n.log.Error("a scheduled announcement could not be struck off", "id", s.ID, "err", err)
	}
}

// going notes that an announcement is being sent, once.
func (r *room) going(id string) bool {
	_, was := r.sending.LoadOrStore(id, true)
	return !was
}
