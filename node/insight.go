package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/insight"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// InsightDay is a day (UTC) of a community. What is nil is about fewer than insight.Few people, or the day is not over.
type InsightDay struct {
	Day               time.Time
	Complete          bool // the day is over
	Groups, OfGroups  int  // whose messages of that day this node could have, and how many there were
	Members           *int
	Active, Messages  *int // of those who consent
	Reached, Expected *int
}

// Coverage says what figures are made of: groups that this node is in now, of how many; since when it holds anything; how many members let their activity count,
// 0 for fewer than insight.Few. Text says the same.
type Coverage struct {
	Groups, OfGroups int
	HistorySince     time.Time // zero: it holds nothing
	Members, OptedIn int
	Text             string
}

// Insights are the figures of days, the oldest first.
type Insights struct {
	CommunityID string
	From, To    time.Time // the first day and the last
	Days        []InsightDay
	Coverage    Coverage
}

// MaxInsightDays bounds how many days one question is about.
const MaxInsightDays = 366

// insightKinds are what people do of their own accord; true: it is a message.
var insightKinds = map[content.Kind]bool{content.Text: true, content.Announcement: true, content.Poll: true, content.Event: true, content.React: false, content.Vote: false,
	content.RSVP: false, content.Ack: false}

// maxAnnouncements bounds those whose reach is looked up; of more the newest count.
const maxAnnouncements = 1000

// Insights counts what happened in a community on the days (UTC) from one to another, both included, from what this node holds; zero times: the last 30 days. It is for
// those who may admit, since they alone are told who consents. Of its days, groups and people package crdt/insight says what is told.
func (n *Node) Insights(ctx context.Context, community string, from, to time.Time) (out Insights, err error) {
	r, err := n.room(community)
	if err != nil {
		return out, err
	}
	today := insight.DayOf(n.now())
	last, first := today, today-29
	if !to.IsZero() {
		last = insight.DayOf(op.Millis(to.UnixMilli()))
		first = last - 29
	}
	if !from.IsZero() {
		first = insight.DayOf(op.Millis(from.UnixMilli()))
	}
	switch {
	case first < 0 || last < first:
		return out, fmt.Errorf("%w: from: must not be after to", ErrInvalid)
	case last-first >= MaxInsightDays:
		return out, fmt.Errorf("%w: from: at most %d days at once", ErrInvalid, MaxInsightDays)
	}
	f := insight.Facts{Now: n.now()}
	var groups []seenGroup
	var denied error
	err = r.ask(ctx, func() {
		if !r.c.OnDesk(r.fixed.Member) {
			denied = r.missing(r.id, op.ADMIT)
			return
		}
		st := r.c.State(r.id)
		f.Members = r.memberSpans(st)
		groups = r.seenGroups(st)
		out.Coverage.Members = st.Members.Len()
	})
	if err = errors.Join(err, denied); err != nil {
		return out, err
	}
	if f.Consents, err = r.consents(ctx); err != nil {
		return out, err
	}
	held := int64(-1)
	for _, g := range append(groups, seenGroup{space: r.id, mine: true}) {
		if !g.mine {
			continue
		}
		done, since, err := r.didIn(ctx, g.space, first, last)
		if err != nil {
			return out, err
		}
		f.Done = append(f.Done, done...)
		if since >= 0 && (held < 0 || since < held) {
			held = since
		}
	}
	if f.Reached, err = r.announced(ctx, first, last); err != nil {
		return out, err
	}
	out.CommunityID, out.From, out.To = r.name(), timeOf(first.Begins()), timeOf(last.Begins())
	for _, x := range insight.Days(f, first, last) {
		d := InsightDay{Day: timeOf(x.Day.Begins()), Complete: x.Over, Members: x.Members, Active: x.Active, Messages: x.Messages, Reached: x.Reached, Expected: x.Expected}
		for _, g := range groups {
			if g.made < (x.Day + 1).Begins() {
				d.OfGroups++
				if g.mine && g.from <= max(x.Day.Begins(), g.made) {
					d.Groups++
				}
			}
		}
		out.Days = append(out.Days, d)
	}
	c := &out.Coverage
	for _, g := range groups {
		if c.OfGroups++; g.mine {
			c.Groups++
		}
	}
	if held >= 0 {
		c.HistorySince = timeOf(insight.Day(held).Begins())
	}
	c.OptedIn = insight.Consenting(f)
	c.Text = c.words()
	return out, nil
}

func (c Coverage) words() string {
	s := fmt.Sprintf("This node is in %d of %d groups and sees the announcements", c.Groups, c.OfGroups)
	if c.HistorySince.IsZero() {
		s += "; it holds no message yet."
	} else {
		s += "; what it holds begins on " + c.HistorySince.Format(time.DateOnly) + "."
	}
	if c.OptedIn > 0 {
		s += fmt.Sprintf(" %d of %d members let what they do count.", c.OptedIn, c.Members)
	} else {
		s += fmt.Sprintf(" Fewer than %d members let what they do count.", insight.Few)
	}
	return s + fmt.Sprintf(" Days are of UTC. Nothing about fewer than %d people is shown, nor what people did on a day that is not over; what comes late counts on its own day.", insight.Few)
}

// seenGroup is a group as the figures see it.
type seenGroup struct {
	space op.ID
	mine  bool
	made  op.Millis
	from  op.Millis // since when history is given to this node
}

// seenGroups are all groups, direct messages not. Owner only.
func (r *room) seenGroups(st *acl.State) (out []seenGroup) {
	for _, s := range st.Groups() {
		g := seenGroup{space: s, mine: r.c.Mine(s), made: r.c.Log().Op(s).Time}
		if g.mine {
			g.from, g.mine = r.linesFrom(s, r.linesOf(s))
		}
		out = append(out, g)
	}
	return out
}

// spans are who was a member when, as one state says it.
type spans struct {
	of *acl.State
	by map[identity.UserID][]insight.Span
}

// memberSpans reads from the log when each person's caps began and ended. A log is walked once a change. Owner only.
func (r *room) memberSpans(st *acl.State) map[identity.UserID][]insight.Span {
	if r.spans.of == st {
		return r.spans.by
	}
	l, by := r.c.Log(), map[identity.UserID][]insight.Span{}
	for _, x := range l.Graph().Nodes(r.id) {
		id := l.Graph().ID(x)
		o := l.Op(id)
		switch o.Kind() {
		case op.Genesis, op.Grant, op.Admit, op.OwnerRotate:
		default:
			continue
		}
		m, ok := l.Subject(id)
		if !ok || !st.Effective(id) {
			continue
		}
		s := insight.Span{From: o.Time}
		if mem, in := st.Members.Get(m); !in || !st.Live(id) && o.Kind() != op.Genesis || len(mem.Caps) == 0 {
			if by := l.Op(st.Ended(id).By); by != nil {
				s.To = by.Time
			} else if !in {
				continue // it gave nothing that we know the end of
			}
		}
		by[m] = append(by[m], s)
	}
	r.spans = spans{of: st, by: by}
	return by
}

// consents are who lets his activity count, and since when.
func (r *room) consents(ctx context.Context) (map[identity.UserID][]insight.Switch, error) {
	rows, err := r.n.store.List(ctx, r.id, content.Consents, store.Range{})
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	out := map[identity.UserID][]insight.Switch{}
	for _, row := range rows {
		if c, err := content.ParseConsentRow(row.Value); err == nil {
			for _, s := range c.Switches {
				out[c.Member] = append(out[c.Member], insight.Switch{At: s.Lamport, On: s.On})
			}
		}
	}
	return out, nil
}

// didIn counts what was done in a space, and says on which day what this node holds of it begins, -1 for nothing.
func (r *room) didIn(ctx context.Context, s op.ID, from, to insight.Day) (out []insight.Done, since int64, err error) {
	kinds := make([]string, 0, len(insightKinds))
	for k := range insightKinds {
		kinds = append(kinds, strconv.Itoa(int(k)))
	}
	counted, since, err := r.n.store.Tally(ctx, s, kinds, int64(from), int64(to))
	if err != nil {
		return nil, -1, fmt.Errorf("count messages: %w", err)
	}
	e := r.ask(ctx, func() {
		for _, t := range counted {
			k, _ := strconv.Atoi(t.Kind)
			m, known := r.c.Log().Registered(t.Device)
			if !known {
				continue
			}
			d := insight.Done{Member: m, Day: insight.Day(t.Day)}
			if insightKinds[content.Kind(k)] {
				d.Messages = t.Count
			} else {
				d.Acts = t.Count
			}
			out = append(out, d)
		}
	})
	return out, since, e
}

// announced reads how far the announcements of some days got, as all members are told it.
func (r *room) announced(ctx context.Context, from, to insight.Day) (out []insight.Announced, err error) {
	rows, err := r.n.store.List(ctx, r.id, content.Messages, store.Range{After: content.Order(from.Begins()-1, [32]byte{0xff}), Before: content.Order((to + 1).Begins(), [32]byte{}),
		Limit: maxAnnouncements, Newest: true})
	if err != nil {
		return nil, fmt.Errorf("read announcements: %w", err)
	}
	day := map[string]insight.Day{}
	var keys []string
	for _, row := range rows {
		if m, err := content.ParseMessageRow(row.Value); err == nil && m.Kind == content.Announcement {
			key := string(refOf(m).RolledUp())
			day[key] = insight.DayOf(m.Lamport)
			keys = append(keys, key)
		}
	}
	ups, err := r.n.store.Rows(ctx, r.id, keys)
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	for _, key := range keys {
		if up, err := content.ParseRollUpRow(ups[key]); err == nil {
			out = append(out, insight.Announced{Day: day[key], Reached: int(min(up.Up.Reached, 1<<30))})
		}
	}
	return out, nil
}
