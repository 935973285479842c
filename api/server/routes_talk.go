package server

import (
	"context"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

type ReactionPath struct {
	MessagePath
	Emoji string `path:"emoji" doc:"One emoji." example:"👍"`
}

type PinPath struct {
	GroupPath
	MessagePath
}

type PollPath struct {
	P string `path:"p" doc:"Poll id." example:"pol_mzxw6ytboi"`
}

type EventPath struct {
	E string `path:"e" doc:"Event id." example:"evt_mzxw6ytboi"`
}

// talkRoutes are those about messages that are there.
func (s *Server) talkRoutes() {
	const tag = "Messages"
	add(s, route{method: "PATCH", path: "/messages/{m}", id: "editMessage", summary: "Give a message of yours new words", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *struct {
			MessagePath
			Body api.EditMessage
		}) (*reply[api.Message], error) {
			m, err := s.c.Node.EditMessage(ctx, in.M, in.Body.Text, in.Body.Mentions)
			return renderOr(m, err, renderMessage)
		})
	add(s, route{method: "GET", path: "/messages/{m}/edits", id: "listEdits", summary: "What a message said, newest first", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *MessagePath) (*reply[api.List[api.MessageVersion]], error) {
			found, err := s.c.Node.Edits(in.M)
			return renderOr(found, err, func(l []node.Version) api.List[api.MessageVersion] {
				return api.List[api.MessageVersion]{Items: each(l, func(v node.Version) api.MessageVersion {
					return api.MessageVersion{Text: v.Text, At: api.Time{Time: v.At}}
				})}
			})
		})
	addBare(s, route{method: "DELETE", path: "/messages/{m}", id: "deleteMessage", summary: "Take a message of yours away, for everybody", tag: tag, scope: api.ScopeMessagesWrite, status: 204, errors: []int{403}},
		func(ctx context.Context, in *MessagePath) (*none, error) {
			return nil, s.c.Node.DeleteMessage(ctx, in.M)
		})
	add(s, route{method: "PUT", path: "/messages/{m}/hidden", id: "hideMessage", summary: "Hide a message from those who read the group, or show it again", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *struct {
			MessagePath
			Body api.Hide
		}) (*reply[api.Message], error) {
			m, err := s.c.Node.HideMessage(ctx, in.M, in.Body.Hidden == nil || *in.Body.Hidden, in.Body.Reason)
			return renderOr(m, err, renderMessage)
		})
	for method, on := range map[string]bool{"PUT": true, "DELETE": false} {
		id, summary := "react", "React to a message with an emoji"
		if !on {
			id, summary = "unreact", "Take a reaction back"
		}
		add(s, route{method: method, path: "/messages/{m}/reactions/{emoji}", id: id, summary: summary, tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
			func(ctx context.Context, in *ReactionPath) (*reply[api.Message], error) {
				m, err := s.c.Node.React(ctx, in.M, in.Emoji, on)
				return renderOr(m, err, renderMessage)
			})
	}
	add(s, route{method: "GET", path: "/messages/{m}/reactions", id: "listReactions", summary: "Who reacted; of an announcement only its admins know", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *struct {
			MessagePath
			Paging
		}) (*reply[api.List[api.Reactor]], error) {
			found, err := s.c.Node.Reactors(in.M)
			if err != nil {
				return nil, err
			}
			return page(each(found, func(x node.Reactor) api.Reactor {
				return api.Reactor{UserID: x.UserID, DisplayName: optional(x.DisplayName), Emoji: x.Emoji}
			}), func(x api.Reactor) string { return x.UserID + x.Emoji }, in.Paging)
		})
	add(s, route{method: "GET", path: "/messages/{m}/thread", id: "listThread", summary: "Replies in a message's thread, newest first (with after: oldest first)", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			MessagePath
			Window
		}) (*reply[api.List[api.Message]], error) {
			return cut(in.Window, func(p node.Page) ([]node.Message, bool, error) { return s.c.Node.Thread(in.M, p) })
		})
	add(s, route{method: "POST", path: "/messages/{m}/thread", id: "replyInThread", summary: "Answer in a message's thread", tag: tag, scope: api.ScopeMessagesWrite, status: 201, errors: []int{403, 410}},
		func(ctx context.Context, in *struct {
			MessagePath
			Body api.NewMessage
		}) (*reply[api.Message], error) {
			root, err := s.c.Node.Message(in.M)
			if err != nil {
				return nil, err
			}
			m, err := s.c.Node.Post(ctx, root.GroupID, node.NewMessage{Text: in.Body.Text, ReplyTo: in.Body.ReplyTo, ThreadRoot: in.M, Mentions: in.Body.Mentions})
			return renderOr(m, err, renderMessage)
		})
	add(s, route{method: "GET", path: "/groups/{g}/pins", id: "listPins", summary: "Pinned messages, the newest pin first", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *GroupPath) (*reply[api.List[api.Message]], error) {
			found, err := s.c.Node.Pins(in.G)
			return renderOr(found, err, func(l []node.Message) api.List[api.Message] {
				return api.List[api.Message]{Items: each(l, renderMessage)}
			})
		})
	add(s, route{method: "PUT", path: "/groups/{g}/pins/{m}", id: "pinMessage", summary: "Keep a message in sight", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *struct {
			PinPath
			Body *api.Pin
		}) (*reply[api.Message], error) {
			var until time.Time
			if in.Body != nil && in.Body.Until != nil {
				until = in.Body.Until.Time
			}
			m, err := s.c.Node.Pin(ctx, in.G, in.M, true, until)
			return renderOr(m, err, renderMessage)
		})
	add(s, route{method: "DELETE", path: "/groups/{g}/pins/{m}", id: "unpinMessage", summary: "Let a pinned message go", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *PinPath) (*reply[api.Message], error) {
			m, err := s.c.Node.Pin(ctx, in.G, in.M, false, time.Time{})
			return renderOr(m, err, renderMessage)
		})
	add(s, route{method: "PUT", path: "/announcements/{m}/ack", id: "acknowledge", summary: "Say that you have taken note of an announcement", tag: "Announcements", scope: api.ScopeMessagesWrite, errors: []int{410}},
		func(ctx context.Context, in *MessagePath) (*reply[api.Message], error) {
			m, err := s.c.Node.Acknowledge(ctx, in.M)
			return renderOr(m, err, renderMessage)
		})
	s.reachRoutes()
	s.pollRoutes()
	s.calendarRoutes()
}

func (s *Server) pollRoutes() {
	const tag = "Polls"
	add(s, route{method: "POST", path: "/groups/{g}/polls", id: "createPoll", summary: "Ask a group something", tag: tag, scope: api.ScopeMessagesWrite, status: 201, errors: []int{403}},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.NewPoll
		}) (*reply[api.Poll], error) {
			b := in.Body
			q := node.NewPoll{Question: b.Question, Options: b.Options, Multiple: b.Multiple, Anonymous: b.Anonymous, AfterClose: b.Results == "after_close"}
			if b.ClosesAt != nil {
				q.ClosesAt = b.ClosesAt.Time
			}
			p, err := s.c.Node.CreatePoll(ctx, in.G, q)
			return renderOr(p, err, renderPoll)
		})
	add(s, route{method: "GET", path: "/polls/{p}", id: "getPoll", summary: "A poll as it stands", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *struct {
			PollPath
			Conditions
		}) (*reply[api.Poll], error) {
			p, err := s.c.Node.Poll(in.P)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", renderPoll(p))
		})
	add(s, route{method: "PUT", path: "/polls/{p}/vote", id: "vote", summary: "Vote; the last vote counts", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 409, 410}},
		func(ctx context.Context, in *struct {
			PollPath
			Body api.Vote
		}) (*reply[api.Poll], error) {
			p, err := s.c.Node.Vote(ctx, in.P, in.Body.Options)
			return renderOr(p, err, renderPoll)
		})
	add(s, route{method: "DELETE", path: "/polls/{p}/vote", id: "unvote", summary: "Take your vote back", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 409, 410}},
		func(ctx context.Context, in *PollPath) (*reply[api.Poll], error) {
			p, err := s.c.Node.Vote(ctx, in.P, nil)
			return renderOr(p, err, renderPoll)
		})
	add(s, route{method: "POST", path: "/polls/{p}/close", id: "closePoll", summary: "Close a poll of yours: later votes do not count", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *PollPath) (*reply[api.Poll], error) {
			p, err := s.c.Node.ClosePoll(ctx, in.P)
			return renderOr(p, err, renderPoll)
		})
	add(s, route{method: "GET", path: "/polls/{p}/votes", id: "listVotes", summary: "Who voted for what", tag: tag, scope: api.ScopeRead, errors: []int{403, 410}},
		func(_ context.Context, in *struct {
			PollPath
			Paging
		}) (*reply[api.List[api.Voter]], error) {
			found, err := s.c.Node.Votes(in.P)
			if err != nil {
				return nil, err
			}
			return page(each(found, func(v node.Voter) api.Voter {
				return api.Voter{UserID: v.UserID, DisplayName: optional(v.DisplayName), Options: v.Options}
			}), func(v api.Voter) string { return v.UserID }, in.Paging)
		})
}

// Dates ask for a part of a calendar.
type Dates struct {
	From  string `query:"from" format:"date-time" doc:"Only events that begin after this."`
	To    string `query:"to" format:"date-time" doc:"Only events that begin before this."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (d Dates) ask() (q node.CalendarRange, err error) {
	q.Limit = d.Limit
	for _, f := range []struct {
		name, from string
		to         *time.Time
	}{{"from", d.From, &q.From}, {"to", d.To, &q.To}} {
		if f.from == "" {
			continue
		}
		if *f.to, err = time.Parse(time.RFC3339, f.from); err != nil {
			return q, fieldProblem("query."+f.name, "must be a time such as 2026-11-24T18:00:00Z")
		}
	}
	return q, nil
}

func (s *Server) calendarRoutes() {
	const tag = "Calendar"
	events := func(l []node.CalendarEvent) api.List[api.CalendarEvent] {
		return api.List[api.CalendarEvent]{Items: each(l, renderCalendarEvent)}
	}
	add(s, route{method: "GET", path: "/groups/{g}/calendar", id: "listGroupCalendar", summary: "Events of a group, the earliest first", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			GroupPath
			Dates
		}) (*reply[api.List[api.CalendarEvent]], error) {
			q, err := in.ask()
			if err != nil {
				return nil, err
			}
			found, err := s.c.Node.Calendar(in.G, q)
			return renderOr(found, err, events)
		})
	add(s, route{method: "GET", path: "/communities/{c}/calendar", id: "listCalendar", summary: "Events of all groups you are in, the earliest first", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Dates
		}) (*reply[api.List[api.CalendarEvent]], error) {
			q, err := in.ask()
			if err != nil {
				return nil, err
			}
			found, err := s.c.Node.CommunityCalendar(in.C, q)
			return renderOr(found, err, events)
		})
	add(s, route{method: "POST", path: "/groups/{g}/calendar", id: "createEvent", summary: "Invite a group to something", tag: tag, scope: api.ScopeMessagesWrite, status: 201, errors: []int{403}},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.NewEvent
		}) (*reply[api.CalendarEvent], error) {
			b := in.Body
			q := node.NewEvent{Title: b.Title, Text: b.Text, Zone: b.TimeZone, Place: b.Place, StartsAt: b.StartsAt.Time, Capacity: b.Capacity}
			if b.EndsAt != nil {
				q.EndsAt = b.EndsAt.Time
			}
			e, err := s.c.Node.CreateEvent(ctx, in.G, q)
			return renderOr(e, err, renderCalendarEvent)
		})
	add(s, route{method: "GET", path: "/calendar/{e}", id: "getEvent", summary: "One event", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *struct {
			EventPath
			Conditions
		}) (*reply[api.CalendarEvent], error) {
			e, err := s.c.Node.Event(in.E)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", renderCalendarEvent(e))
		})
	add(s, route{method: "PATCH", path: "/calendar/{e}", id: "editEvent", summary: "Change an event of yours, or call it off", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410, 412}},
		func(ctx context.Context, in *struct {
			EventPath
			Conditions
			Body api.EditEvent
		}) (*reply[api.CalendarEvent], error) {
			b := in.Body
			if in.IfMatch != "" {
				now, err := s.c.Node.Event(in.E)
				if err != nil {
					return nil, err
				}
				if err := current(in.Conditions, "", renderCalendarEvent(now)); err != nil {
					return nil, err
				}
			}
			q := node.EventEdit{Title: b.Title, Text: b.Text, Zone: b.TimeZone, Place: b.Place, Capacity: b.Capacity, Cancelled: b.Cancelled}
			if b.StartsAt != nil {
				q.StartsAt = &b.StartsAt.Time
			}
			if b.EndsAt != nil {
				q.EndsAt = &b.EndsAt.Time
			}
			e, err := s.c.Node.EditEvent(ctx, in.E, q)
			return renderOr(e, err, renderCalendarEvent)
		})
	addBare(s, route{method: "DELETE", path: "/calendar/{e}", id: "deleteEvent", summary: "Take an event of yours away", tag: tag, scope: api.ScopeMessagesWrite, status: 204, errors: []int{403}},
		func(ctx context.Context, in *EventPath) (*none, error) {
			return nil, s.c.Node.DeleteMessage(ctx, in.E)
		})
	add(s, route{method: "PUT", path: "/calendar/{e}/rsvp", id: "rsvp", summary: "Say whether you come", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 409, 410}},
		func(ctx context.Context, in *struct {
			EventPath
			Body api.RSVP
		}) (*reply[api.CalendarEvent], error) {
			e, err := s.c.Node.Answer(ctx, in.E, strings.TrimSuffix(in.Body.Status, "none"), in.Body.Guests)
			return renderOr(e, err, renderCalendarEvent)
		})
	add(s, route{method: "GET", path: "/calendar/{e}/rsvps", id: "listRSVPs", summary: "Who comes, in the order of the line; who does not; who may", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *struct {
			EventPath
			Paging
		}) (*reply[api.List[api.Guest]], error) {
			found, err := s.c.Node.Answers(in.E)
			if err != nil {
				return nil, err
			}
			return page(each(found, func(g node.Guest) api.Guest {
				return api.Guest{UserID: g.UserID, DisplayName: optional(g.DisplayName), Status: g.Status, Guests: g.Guests, Waiting: g.Waiting}
			}), func(g api.Guest) string { return g.UserID }, in.Paging)
		})
	addOwn(s, route{method: "GET", path: "/calendar/{e}/ics", id: "getEventICS", summary: "The event for other calendars (RFC 5545)", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *EventPath) (*icsFile, error) {
			e, err := s.c.Node.Event(in.E)
			if err != nil {
				return nil, err
			}
			return &icsFile{Type: "text/calendar; charset=utf-8", As: `attachment; filename="event.ics"`, Body: []byte(e.ICS(time.Now()))}, nil
		})
}

type icsFile struct {
	Type string `header:"Content-Type"`
	As   string `header:"Content-Disposition"`
	Body []byte
}

func renderPoll(p node.Poll) api.Poll {
	out := api.Poll{ID: p.ID, MessageID: p.MessageID, GroupID: p.GroupID, Question: p.Question, Multiple: p.Multiple, Anonymous: p.Anonymous, Results: "live",
		ClosesAt: timeOrNull(p.ClosesAt), Closed: p.Closed, Voters: p.Voters, Options: each(p.Options, func(o node.PollOption) api.PollOption { return api.PollOption(o) })}
	if p.AfterClose {
		out.Results = "after_close"
	}
	return out
}

func renderCalendarEvent(e node.CalendarEvent) api.CalendarEvent {
	out := api.CalendarEvent{ID: e.ID, MessageID: e.MessageID, GroupID: e.GroupID, CommunityID: e.CommunityID, Title: e.Title, Text: e.Text, StartsAt: api.Time{Time: e.StartsAt},
		EndsAt: timeOrNull(e.EndsAt), TimeZone: e.Zone, Place: e.Place, Cancelled: e.Cancelled, Mine: e.ByMe,
		RSVPs: api.RSVPs{Yes: e.Yes, No: e.No, Maybe: e.Maybe, Waiting: e.Waiting, Mine: optional(e.Mine), Guests: e.MyGuests, IWait: e.IWait}}
	if e.Capacity > 0 {
		out.Capacity = &e.Capacity
	}
	return out
}

func timeOrNull(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	return &api.Time{Time: t}
}
