package node

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// NewPoll asks a group something.
type NewPoll struct {
	Question            string
	Options             []string
	Multiple, Anonymous bool
	AfterClose          bool
	ClosesAt            time.Time // zero: when I close it
}

// CreatePoll posts a poll; in the announcements it takes the right to announce.
func (n *Node) CreatePoll(ctx context.Context, group string, q NewPoll) (Poll, error) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return Poll{}, err
	}
	if !q.ClosesAt.IsZero() && op.Millis(q.ClosesAt.UnixMilli()) <= n.now() {
		return Poll{}, fmt.Errorf("%w: closes_at: that time is over", ErrInvalid)
	}
	m, err := r.send(ctx, s, content.Poll, encoded(content.PollBody{Question: q.Question, Options: append([]string{}, q.Options...), Multiple: q.Multiple, Anonymous: q.Anonymous,
		AfterClose: q.AfterClose, Closes: timeOrZero(q.ClosesAt)}))
	if err != nil {
		return Poll{}, err
	}
	if m.Poll == nil {
		return n.Poll(m.ID)
	}
	return *m.Poll, nil
}

// aPoll finds a poll by its pol_ or msg_ id.
func (n *Node) aPoll(id string) (*room, target, content.PollBody, error) {
	r, t, _, err := n.aboutMessage(id)
	if err != nil {
		return nil, t, content.PollBody{}, err
	}
	b, ok := t.row.Content().(*content.PollBody)
	if !ok {
		return nil, t, content.PollBody{}, fmt.Errorf("%w: no poll %s", ErrNotFound, id)
	}
	return r, t, *b, nil
}

// Poll shows one.
func (n *Node) Poll(id string) (Poll, error) {
	_, t, _, err := n.aPoll(id)
	if err != nil {
		return Poll{}, err
	}
	m, err := n.Message(msgID(t.of.ID))
	if err != nil {
		return Poll{}, err
	}
	if m.Poll == nil {
		return Poll{}, fmt.Errorf("%w: %s is hidden", ErrGone, id)
	}
	return *m.Poll, nil
}

// Vote votes for options, by their ids; none takes my vote back. It errs with ErrClosedPoll once the poll is closed.
func (n *Node) Vote(ctx context.Context, id string, options []string) (Poll, error) {
	r, t, b, err := n.aPoll(id)
	if err != nil {
		return Poll{}, err
	}
	now, err := n.Poll(id)
	if err != nil {
		return now, err
	}
	if now.Closed {
		return now, ErrPollClosed
	}
	v := content.VoteBody{Ballot: b.Ballot(t.of), Options: []uint8{}}
	for _, o := range options {
		i, err := strconv.Atoi(o)
		if err != nil || i < 1 || i > len(b.Options) {
			return now, fmt.Errorf("%w: options: this poll has no option %q", ErrInvalid, o)
		}
		v.Options = append(v.Options, uint8(i-1))
	}
	slices.Sort(v.Options)
	v.Options = slices.Compact(v.Options)
	if len(v.Options) > 1 && !b.Multiple {
		return now, fmt.Errorf("%w: options: this poll takes one", ErrInvalid)
	}
	if err := r.say(ctx, t.space, content.Vote, encoded(v)); err != nil {
		return now, err
	}
	return n.Poll(id)
}

// ClosePoll ends a poll of mine: what is voted after that does not count.
func (n *Node) ClosePoll(ctx context.Context, id string) (Poll, error) {
	r, t, b, err := n.aPoll(id)
	if err != nil {
		return Poll{}, err
	}
	if t.of.Author != r.fixed.Member {
		return Poll{}, ErrNotAuthor
	}
	if now, err := n.Poll(id); err != nil || now.Closed {
		return now, err
	}
	if err := r.say(ctx, t.space, content.PollClose, encoded(content.PollCloseBody{Ballot: b.Ballot(t.of)})); err != nil {
		return Poll{}, err
	}
	return n.Poll(id)
}

// Voter is a member with what he voted for.
type Voter struct {
	UserID, DisplayName string
	Options             []string
}

// Votes lists who voted for what. It errs with ErrAnonymous for an anonymous poll, and gives none before the end where results are shown after it.
func (n *Node) Votes(id string) (out []Voter, err error) {
	r, t, b, err := n.aPoll(id)
	if err != nil {
		return nil, err
	}
	if b.Anonymous {
		return nil, ErrAnonymous
	}
	if b.AfterClose {
		if p, err := n.Poll(id); err != nil || !p.Closed {
			return nil, err
		}
	}
	rows, err := n.store.List(n.ctx, t.space, b.Ballot(t.of).Voters(), store.Range{Limit: 5000})
	if err != nil {
		return nil, fmt.Errorf("read votes: %w", err)
	}
	ballot := b.Ballot(t.of)
	err = r.ask(n.ctx, func() {
		names := r.namesIn(t.space)
		for _, row := range rows {
			v, perr := content.ParseVoteRow(row.Value)
			if perr != nil || len(v.Options) == 0 || row.Key != string(ballot.Vote(v.Member)) {
				continue
			}
			x := Voter{UserID: v.Member.String(), DisplayName: names[v.Member]}
			for _, o := range v.Options {
				x.Options = append(x.Options, strconv.Itoa(int(o)+1))
			}
			out = append(out, x)
		}
	})
	return out, err
}
