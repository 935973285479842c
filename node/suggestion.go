package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Suggestion is a group that a member would like to have. Admins see all, its author his own.
type Suggestion struct {
	ID, CommunityID   string
	UserID            string
	DisplayName       string
	Name, Description string
	WhoPosts          string
	Open              bool
	CreatedAt         time.Time
	State             string // pending, accepted, declined
	GroupID           string // that was made of it
	Reason            string // of a decline
	Mine              bool
}

func sugID(id [32]byte) string { return "sug_" + identity.Name32(id[:]) }

// Suggest puts a group before the admins; where members may create groups, the first admin's node that sees it makes it.
func (n *Node) Suggest(ctx context.Context, community string, q NewGroup) (Suggestion, error) {
	if err := q.check(); err != nil {
		return Suggestion{}, err
	}
	r, err := n.room(community)
	if err != nil {
		return Suggestion{}, err
	}
	body, err := content.SuggestionBody{Name: q.Name, Description: q.Description, Open: q.Open, WhoPosts: q.whoPosts()}.Encode()
	if err != nil {
		return Suggestion{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var out Suggestion
	err = r.untilKey(ctx, func() error {
		if !r.c.Mine(r.id) {
			return ErrNotMember
		}
		id, err := r.toDesk(content.Suggestion, body)
		if err != nil {
			return err
		}
		row, _ := r.deskRow(r.id, content.SuggestionKey(id))
		out, _ = r.suggestion(row)
		return nil
	})
	return out, err
}

// suggestion shows a row; false when it is none. Owner only.
func (r *room) suggestion(row content.DeskRow) (Suggestion, bool) {
	b, err := content.ParseSuggestion(row.Body)
	if err != nil {
		return Suggestion{}, false
	}
	s := Suggestion{ID: sugID(row.ID), CommunityID: r.name(), UserID: row.Author.String(), DisplayName: r.knownNames()[row.Author], Name: b.Name, Description: b.Description,
		WhoPosts: []string{"everyone", "moderators"}[b.WhoPosts], Open: b.Open, CreatedAt: timeOf(row.Time), State: "pending", Mine: row.Author == r.fixed.Member}
	if d, ok := r.deskRow(r.id, content.DecisionKey(row.ID)); ok {
		if dec, err := content.ParseDecision(d.Body); err == nil {
			s.State, s.Reason = "declined", dec.Reason
			if dec.Accepted {
				s.State, s.Reason, s.GroupID = "accepted", "", grpID(dec.Made)
			}
		}
	} else if g, ok := r.madeFor(row, b); ok {
		s.State, s.GroupID = "accepted", grpID(g)
	}
	return s, true
}

// madeFor finds the group that was made of a suggestion of mine: decisions are the desk's, but the group is before my eyes. Owner only.
func (r *room) madeFor(row content.DeskRow, b content.SuggestionBody) (op.ID, bool) {
	if row.Author != r.fixed.Member {
		return op.ID{}, false
	}
	for _, g := range r.c.Spaces()[1:] {
		body, ok := r.c.Group(g)
		by, _ := r.c.Log().Author(g)
		if ok && body.Name == b.Name && by != r.fixed.Member && r.c.State(g).Can(r.fixed.Member, op.GRANT) == nil && r.c.Log().Op(g).Time >= row.Time {
			return g, true
		}
	}
	return op.ID{}, false
}

// Suggestions lists them, the newest first.
func (n *Node) Suggestions(community, state string) ([]Suggestion, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []Suggestion{}
	err = r.ask(n.ctx, func() {
		for _, row := range r.deskRows(r.id, content.Suggestions) {
			if s, ok := r.suggestion(row); ok && (state == "" || s.State == state) {
				out = append(out, s)
			}
		}
	})
	slices.Reverse(out)
	return out, err
}

// DecideSuggestion makes the group, with its author as its admin, or says no. Whoever may create groups may.
func (n *Node) DecideSuggestion(ctx context.Context, id string, accept bool, reason string) (Suggestion, error) {
	if len(reason) > content.MaxReason || !utf8.ValidString(reason) {
		return Suggestion{}, fmt.Errorf("%w: reason: at most %d bytes", ErrInvalid, content.MaxReason)
	}
	for _, r := range n.allRooms() {
		var row content.DeskRow
		found := false
		if err := r.ask(ctx, func() { row, found = r.findSuggestion(id) }); err != nil || !found {
			continue
		}
		var out Suggestion
		err := r.write(ctx, r.id, op.GROUPS, func() (crdt.Effects, error) {
			if err := r.c.State(r.id).Can(r.fixed.Member, op.GROUPS|op.ADMIT); err != nil {
				return crdt.Effects{}, err
			}
			var err error
			out, err = r.decide(row, accept, reason)
			return crdt.Effects{}, err
		})
		return out, err
	}
	return Suggestion{}, fmt.Errorf("%w: no suggestion %s", ErrNotFound, id)
}

func (r *room) findSuggestion(id string) (content.DeskRow, bool) {
	for _, row := range r.deskRows(r.id, content.Suggestions) {
		if sugID(row.ID) == id {
			return row, true
		}
	}
	return content.DeskRow{}, false
}

// decide answers a suggestion that nobody has answered. Owner only.
func (r *room) decide(row content.DeskRow, accept bool, reason string) (Suggestion, error) {
	s, ok := r.suggestion(row)
	if !ok || s.State != "pending" {
		return s, nil
	}
	b, err := content.ParseSuggestion(row.Body)
	if err != nil {
		return s, err
	}
	d := content.DecisionBody{About: row.ID, Accepted: accept, Reason: reason}
	if accept {
		if d.Made, err = r.newGroup(NewGroup{Name: b.Name, Description: b.Description, Open: b.Open, WhoPosts: s.WhoPosts, Members: []string{s.UserID}}); err != nil {
			return s, err
		}
		if row.Author != r.fixed.Member {
			e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: d.Made, Body: op.GrantBody{Member: row.Author, Bits: op.AllBits}})
			if err := errors.Join(err, r.perform(e)); err != nil {
				return s, err
			}
		}
	}
	body, err := d.Encode()
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := r.toDesk(content.Decision, body); err != nil {
		return s, err
	}
	r.announceEvent("suggestion.decided", r.id, eventRecord{Actor: r.fixed.Member.String(), Ref: s.ID})
	s, _ = r.suggestion(row)
	return s, nil
}

// acceptDue accepts suggestions where members may create groups; of several admins' nodes the same order as for new keys spreads them. Owner
// only.
func (r *room) acceptDue(at time.Time) {
	st := r.c.State(r.id)
	if st == nil || !r.c.OnDesk(r.fixed.Member) || r.settingOf("who_creates_groups") != "members" || st.Can(r.fixed.Member, op.GROUPS|op.ADMIT) != nil {
		return
	}
	for _, row := range r.deskRows(r.id, content.Suggestions) {
		s, ok := r.suggestion(row)
		if _, in := st.Members.Get(row.Author); !ok || s.State != "pending" || !in {
			delete(r.accepting, row.ID)
			continue
		}
		when, set := r.accepting[row.ID]
		if !set {
			var devices []identity.DeviceID
			for _, m := range r.peers {
				if r.c.OnDesk(m.user) {
					devices = append(devices, m.device)
				}
			}
			r.accepting[row.ID] = at.Add(time.Duration(epoch.Place(row.ID, r.device.ID(), devices)) * time.Millisecond)
			continue
		}
		if at.Before(when) {
			continue
		}
		delete(r.accepting, row.ID)
		if _, err := r.decide(row, true, ""); err != nil {
			r.n.log.Warn("a suggested group could not be made", "err", err)
		}
	}
}
