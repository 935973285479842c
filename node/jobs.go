package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// Jobs lists what takes time, the newest first.
func (n *Node) Jobs() []Job {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []Job{}
	for _, j := range n.jobs {
		out = append(out, j.copy())
	}
	slices.SortFunc(out, func(a, b Job) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out
}

func (j *Job) copy() Job {
	c := *j
	c.Steps = slices.Clone(j.Steps)
	return c
}

// Job shows one.
func (n *Node) Job(id string) (Job, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if j, ok := n.jobs[id]; ok {
		return j.copy(), nil
	}
	return Job{}, fmt.Errorf("%w: no job %s", ErrNotFound, id)
}

func (n *Node) newJob(kind string, steps ...string) *Job {
	var b [20]byte
	rand.Read(b[:])
	j := &Job{ID: "job_" + identity.Name32(b[:]), Kind: kind, State: "running", CreatedAt: n.cfg.Now().UTC()}
	for _, s := range steps {
		j.Steps = append(j.Steps, JobStep{Name: s, State: "queued"})
	}
	n.mu.Lock()
	n.jobs[j.ID] = j
	n.mu.Unlock()
	return j
}

// update changes a job and tells about it.
func (n *Node) update(j *Job, community, typ string, f func(*Job)) {
	n.mu.Lock()
	f(j)
	n.mu.Unlock()
	rec := fmt.Sprintf(`{"ref":%q}`, j.ID)
	if err := n.commit(n.ctx, &store.Batch{Events: []store.Event{{Type: typ, Community: community, Time: int64(n.now()), Data: []byte(rec)}}}); err != nil {
		n.log.Debug("job event could not be stored", "err", err)
	}
}

// Steps of a join.
const (
	stepLook = iota
	stepAsk
	stepKeys
)

// Accept joins by a link. It returns at once with a job, which goes on for as long as the node runs; until somebody of the community is
// reached it waits and keeps trying.
func (n *Node) Accept(ctx context.Context, q AcceptInvite) (Job, error) {
	l, err := parseLink(q.Link)
	if err != nil {
		return Job{}, err
	}
	if l.Expires > 0 && l.Expires < n.now() {
		return Job{}, ErrInviteExpired
	}
	name, err := n.nameFor(q.DisplayName)
	if err != nil {
		return Job{}, err
	}
	if len(q.Note) > content.MaxNote || !utf8.ValidString(q.Note) {
		return Job{}, fmt.Errorf("%w: note: at most %d bytes", ErrInvalid, content.MaxNote)
	}
	if !n.seeded() {
		return Job{}, ErrNotFirstDevice
	}
	for _, a := range q.Addrs {
		if _, err := ma.NewMultiaddr(a); err != nil {
			return Job{}, fmt.Errorf("%w: addrs: %.60q is no multiaddr", ErrInvalid, a)
		}
	}
	if old, err := n.room(comID(l.Community)); err == nil {
		mine := false
		if err := old.ask(ctx, func() { mine = old.c.Mine(old.id) }); err != nil {
			return Job{}, err
		}
		if mine {
			return Job{}, ErrAlreadyMember
		}
		if err := n.rejoin(ctx, old); err != nil {
			return Job{}, err
		}
	}
	salt := n.saltIn(cmp.Or(l.Top, l.Community))
	m := memberFrom(n.seed(), cmp.Or(l.Top, l.Community), salt)
	rec := newRecord(l.Community, m.ID(), l.JoinKey, name)
	rec.Salt = salt
	rec.Link = strings.TrimSpace(q.Link)
	meta, err := rec.meta()
	if err != nil {
		return Job{}, err
	}
	note := store.Meta{Key: metaNote + hexID(l.Community), Value: []byte(q.Note)}
	c := crdt.Blank(l.Community, crdt.Self{Member: m.ID(), Device: identity.DeviceKeyFromSeed(rec.Device)})
	if err := n.commit(ctx, &store.Batch{Meta: []store.Meta{meta, note, {Key: metaInvite + hexID(l.Community) + "/" + hexID(l.Invite), Value: []byte(rec.Link)}}}); err != nil {
		return Job{}, err
	}
	r := n.newRoom(rec, c)
	if err := r.start(); err != nil {
		return Job{}, err
	}
	n.addRoom(r)
	return n.startJoin(r, q.Addrs), nil
}

// rejoin clears what is left of a membership that ended, so that the new one starts afresh with a new device. What was read stays with
// those who have it; here the log comes back with the join.
func (n *Node) rejoin(ctx context.Context, old *room) error { return n.forget(ctx, old) }

func (n *Node) startJoin(r *room, addrs []string) Job {
	j := n.newJob("join", "Looking for somebody of the community", "Asking to join", "Receiving the keys")
	n.wg.Go(func() { n.join(r, j, addrs) })
	n.mu.Lock()
	defer n.mu.Unlock()
	return j.copy()
}

// join tries everybody it finds until somebody admits us or says for good that the invite does not carry. Ends with the room.
func (n *Node) join(r *room, j *Job, addrs []string) {
	n.update(j, r.name(), "job.progress", func(j *Job) { j.Steps[stepLook].State = "running" })
	m := r.memberKey()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := n.joinOnce(r, j, addrs, m)
		if err == nil {
			break
		}
		if final(err) {
			n.fail(r, j, err)
			return
		}
		if errors.Is(err, errWaiting) {
			n.update(j, r.name(), "job.progress", func(j *Job) {
				j.State, j.Progress = "waiting", 0.5
				j.Steps[stepLook].State, j.Steps[stepAsk].State = "done", "waiting"
				j.Steps[stepAsk].Detail = "An admin has to let you in. Your request is on its way; you may close this and come back."
			})
			wait = max(wait, 3*time.Second)
		}
		n.log.Debug("join attempt failed", "err", err)
		off := n.offline() != nil
		if (off || wait > 3*time.Second) && !errors.Is(err, errWaiting) {
			n.update(j, r.name(), "job.progress", func(j *Job) {
				j.State = "waiting"
				j.Steps[stepLook].Detail = "Nobody from this community could be reached. Leave this open, it keeps trying."
				if off {
					j.Steps[stepLook].Detail = "This node is offline by your wish. Joining goes on once it is on the network again."
				}
			})
		}
		select {
		case <-time.After(wait):
		case <-r.ctx.Done():
			return
		}
	}
	n.update(j, r.name(), "job.progress", func(j *Job) {
		j.State, j.Progress = "running", 0.7
		j.Steps[stepAsk].State, j.Steps[stepKeys].State = "done", "running"
	})
	if err := r.settle(); err != nil {
		return
	}
	n.leadSoon()
	n.update(j, r.name(), "job.done", func(j *Job) {
		j.State, j.Progress, j.CommunityID = "done", 1, r.name()
		j.Steps[stepKeys].State = "done"
	})
}

// final: another member would answer the same.
func final(err error) bool {
	for _, e := range []error{ErrInviteExpired, ErrInviteUsedUp, ErrInviteRevoked, ErrInviteForeign, ErrInvalid, ErrRemoved, ErrDeclined} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (n *Node) fail(r *room, j *Job, err error) {
	n.update(j, r.name(), "job.failed", func(j *Job) {
		j.State, j.Err = "failed", err
		for i := range j.Steps {
			if j.Steps[i].State == "running" {
				j.Steps[i].State = "failed"
			}
		}
	})
	n.wg.Go(func() { n.forget(n.ctx, r) })
}

// joinOnce dials the addresses it knows and asks every peer that answers under the join key.
func (n *Node) joinOnce(r *room, j *Job, addrs []string, m identity.MemberKey) error {
	l, err := r.link()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInviteUnreadable, err)
	}
	all := slices.Clone(addrs)
	for _, a := range l.Addrs {
		if x, err := ma.NewMultiaddrBytes(a); err == nil {
			all = append(all, x.String())
		}
	}
	infos, _ := host.ParseAddrs(all)
	for _, i := range infos {
		ctx, cancel := context.WithTimeout(r.ctx, 10*time.Second)
		if _, err := r.host().Connect(ctx, i); err != nil {
			n.log.Debug("dial for joining failed", "err", err)
		}
		cancel()
	}
	last := error(ErrNotConnected)
	for _, p := range r.host().Peers() {
		n.update(j, r.name(), "job.progress", func(j *Job) {
			j.State, j.Progress = "running", 0.4
			j.Steps[stepLook].State, j.Steps[stepAsk].State = "done", "running"
		})
		if last = r.admittedBy(p.ID, m); last == nil || final(last) {
			return last
		}
	}
	return last
}

func (r *room) admittedBy(p peer.ID, m identity.MemberKey) error {
	ctx, cancel := context.WithTimeout(r.ctx, joinTime)
	defer cancel()
	return r.tryJoin(ctx, p, m)
}

// settle waits until the new member can read, then marks the room as joined.
func (r *room) settle() error {
	for {
		var ready bool
		var changed chan struct{}
		var err error
		if e := r.ask(r.ctx, func() {
			changed = r.change
			if _, ready = r.c.Sending(r.id, r.n.now()); !ready {
				r.wantAgain()
				return
			}
			rec := r.rec
			rec.Joined = true
			var m store.Meta
			if m, err = rec.meta(); err == nil {
				err = r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{m}, Events: []store.Event{r.event("community.changed", r.id, eventRecord{Ref: r.name()})}})
			}
			if err == nil {
				r.rec = rec
			}
		}); e != nil || err != nil {
			return errors.Join(e, err)
		}
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
		case <-r.ctx.Done():
			return ErrClosed
		}
	}
}

func timeOf(m op.Millis) time.Time { return time.UnixMilli(int64(m)).UTC() }
