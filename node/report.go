package node

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Report is what a member wants those who let people in to look at: a message, or a person. They see all, its author his own. What it says is the
// reporter's word; Held says that this node has the message itself, so that one can look.
type Report struct {
	ID, CommunityID     string
	GroupID, MessageID  string // empty: the report is about the person
	UserID, DisplayName string // who is reported
	By, ByName          string // who reports
	Reason, Excerpt     string
	Held                bool
	CreatedAt           time.Time
	State               string // open, resolved, dismissed; whoever is not on the desk is not told what became of his
	DecidedBy, Note     string
	Mine                bool
}

// ReportMessage asks the desk to look at somebody's message. Whoever reads it may; nobody else is told. Reporting it again while the desk has not
// decided is the same report. It errs with ErrNotFound, ErrGone, ErrInvalid for one's own, and crdt.ErrNoDesk when ctx ends before a key of the
// desk's is here.
func (n *Node) ReportMessage(ctx context.Context, message, reason string) (Report, error) {
	r, t, of, err := n.aboutMessage(message)
	if err != nil {
		return Report{}, err
	}
	m, err := n.Message(msgID(of.ID))
	if err != nil {
		return Report{}, err
	}
	b := content.ReportBody{Space: t.space, Of: of, Reason: reason, Excerpt: m.Text}
	switch {
	case m.Poll != nil:
		b.Excerpt = m.Poll.Question
	case m.Event != nil:
		b.Excerpt = m.Event.Title
	}
	for len(b.Excerpt) > content.MaxExcerpt {
		_, last := utf8.DecodeLastRuneInString(b.Excerpt[:content.MaxExcerpt+1])
		b.Excerpt = b.Excerpt[:content.MaxExcerpt+1-last]
	}
	return r.report(ctx, b)
}

// ReportMember asks the desk to look at a person; else as ReportMessage.
func (n *Node) ReportMember(ctx context.Context, community, user, reason string) (Report, error) {
	r, err := n.room(community)
	if err != nil {
		return Report{}, err
	}
	b := content.ReportBody{Space: r.id, Reason: reason}
	known := false
	if err := r.ask(ctx, func() { b.Of.Author, known = r.user(user) }); err != nil {
		return Report{}, err
	}
	if !known {
		return Report{}, fmt.Errorf("%w: no member %s", ErrNotFound, user)
	}
	return r.report(ctx, b)
}

func (r *room) report(ctx context.Context, b content.ReportBody) (out Report, err error) {
	if len(b.Reason) > content.MaxNote || !utf8.ValidString(b.Reason) {
		return out, fmt.Errorf("%w: reason: at most %d bytes of UTF-8", ErrInvalid, content.MaxNote)
	}
	if b.Of.Author == r.fixed.Member {
		return out, fmt.Errorf("%w: that is yours; nobody reports himself", ErrInvalid)
	}
	body, err := b.Encode()
	if err != nil {
		return out, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	err = r.untilKey(ctx, func() error {
		if !r.c.Mine(r.id) {
			return ErrNotMember
		}
		for _, row := range r.reportRows() {
			if old, err := content.ParseReport(row.Body); err == nil && row.Author == r.fixed.Member && old.Space == b.Space && old.Of == b.Of {
				if out, _ = r.shownReport(row); out.State == "open" {
					return nil
				}
			}
		}
		id, err := r.toDesk(content.Report, body)
		if err != nil {
			return err
		}
		row, _ := r.deskRow(r.id, content.ReportKey(id))
		out, _ = r.shownReport(row)
		return nil
	})
	return out, err
}

// maxReports bounds the reports of a community that are shown, the newest.
const maxReports = 1000

// reportRows lists the reports that this person may see, the newest first. Owner only.
func (r *room) reportRows() (out []content.DeskRow) {
	rows, err := r.n.store.List(r.ctx, r.id, content.Reports, store.Range{Limit: maxReports, Newest: true})
	if err != nil {
		return nil
	}
	desk := r.c.OnDesk(r.fixed.Member)
	for _, row := range rows {
		if d, err := content.ParseDeskRow(row.Value); err == nil && (desk || d.Author == r.fixed.Member) { // who left the desk holds what he had read
			out = append(out, d)
		}
	}
	return out
}

// shownReport shows a row; false when it is none. Owner only.
func (r *room) shownReport(row content.DeskRow) (Report, bool) {
	b, err := content.ParseReport(row.Body)
	if err != nil {
		return Report{}, false
	}
	names := r.knownNames()
	q := Report{ID: repID(row.ID), CommunityID: r.name(), UserID: b.Of.Author.String(), DisplayName: names[b.Of.Author], By: row.Author.String(), ByName: names[row.Author],
		Reason: b.Reason, Excerpt: b.Excerpt, CreatedAt: timeOf(row.Time), State: "open", Mine: row.Author == r.fixed.Member}
	if b.Of.ID != [32]byte{} {
		q.GroupID, q.MessageID = grpID(b.Space), msgID(b.Of.ID)
		q.Held = r.holds(b.Space, b.Of)
	}
	if d, ok := r.deskRow(r.id, content.DecisionKey(row.ID)); ok {
		if dec, err := content.ParseDecision(d.Body); err == nil {
			q.State, q.Note, q.DecidedBy = "dismissed", dec.Reason, d.Author.String()
			if dec.Accepted {
				q.State = "resolved"
			}
		}
	}
	return q, true
}

// holds reports whether a message is here, and by whom it is said to be. Owner only.
func (r *room) holds(space op.ID, of content.Ref) bool {
	key := string(content.MessageKey(of.ID))
	rows, err := r.n.store.Rows(r.ctx, space, []string{key})
	if err != nil {
		return false
	}
	m, err := content.ParseMessageRow(rows[key])
	return err == nil && m.Author == of.Author
}

func repID(id [32]byte) string { return "rep_" + identity.Name32(id[:]) }

// Reports lists them, the newest first: all for those who let people in, one's own for others. State may be empty.
func (n *Node) Reports(community, state string) ([]Report, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []Report{}
	err = r.ask(n.ctx, func() {
		for _, row := range r.reportRows() {
			if q, ok := r.shownReport(row); ok && (state == "" || q.State == state) {
				out = append(out, q)
			}
		}
	})
	return out, err
}

// DecideReport closes a report: resolved where something was done about it, else dismissed. Those who let people in may, and read the note; of two who
// decide the last stands.
func (n *Node) DecideReport(ctx context.Context, id string, resolved bool, note string) (Report, error) {
	if len(note) > content.MaxReason || !utf8.ValidString(note) {
		return Report{}, fmt.Errorf("%w: reason: at most %d bytes of UTF-8", ErrInvalid, content.MaxReason)
	}
	for _, r := range n.allRooms() {
		var row content.DeskRow
		found := false
		if err := r.ask(ctx, func() {
			all := r.reportRows()
			if i := slices.IndexFunc(all, func(d content.DeskRow) bool { return repID(d.ID) == id }); i >= 0 {
				row, found = all[i], true
			}
		}); err != nil || !found {
			continue
		}
		body, err := content.DecisionBody{About: row.ID, Accepted: resolved, Reason: note}.Encode()
		if err != nil {
			return Report{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		var out Report
		err = r.write(ctx, r.id, op.ADMIT, func() (crdt.Effects, error) {
			if _, err := r.toDesk(content.Decision, body); err != nil { // denied without the right to admit
				return crdt.Effects{}, err
			}
			out, _ = r.shownReport(row)
			return crdt.Effects{}, nil
		})
		return out, err
	}
	return Report{}, fmt.Errorf("%w: no report %s", ErrNotFound, id)
}
