package server

import (
	"context"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

type MessagePath struct {
	M string `path:"m" doc:"Message id." example:"msg_mzxw6ytboi"`
}

// Waiting lets a script block until a message has got somewhere.
type Waiting struct {
	Wait    string `query:"wait" enum:"sent,delivered" doc:"Answer when another node has stored it, or a member has it."`
	Timeout int    `query:"timeout" minimum:"0" maximum:"60" default:"10" doc:"Seconds to wait at most. The answer is 201 in any case."`
}

func (s *Server) messageRoutes() {
	const tag = "Messages"
	add(s, route{method: "GET", path: "/groups/{g}/messages", id: "listMessages", summary: "Messages of a group, newest first (with after: oldest first)", tag: tag, scope: api.ScopeRead}, s.listMessages)
	add(s, route{method: "POST", path: "/groups/{g}/messages", id: "createMessage", summary: "Post a message; 201 once it is durable here", tag: tag,
		scope: api.ScopeMessagesWrite, status: 201},
		func(ctx context.Context, in *struct {
			GroupPath
			Waiting
			Body api.NewMessage
		}) (*reply[api.Message], error) {
			b := in.Body
			m, err := s.c.Node.Post(ctx, in.G, node.NewMessage{Text: b.Text, ReplyTo: b.ReplyTo, ThreadRoot: b.ThreadRoot, Mentions: b.Mentions})
			return s.posted(ctx, m, err, in.Waiting)
		})
	add(s, route{method: "GET", path: "/messages/{m}", id: "getMessage", summary: "One message", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			MessagePath
			Conditions
		}) (*reply[api.Message], error) {
			m, err := s.c.Node.Message(in.M)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", renderMessage(m))
		})
	add(s, route{method: "GET", path: "/messages/{m}/delivery", id: "getDelivery", summary: "How far did it get, and to whom?", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *MessagePath) (*reply[api.DeliveryTo], error) {
			d, err := s.c.Node.Delivery(in.M)
			return renderOr(d, err, renderDeliveryTo)
		})
	add(s, route{method: "GET", path: "/communities/{c}/announcements", id: "listAnnouncements", summary: "Announcements, newest first", tag: "Announcements", scope: api.ScopeRead},
		func(ctx context.Context, in *struct {
			CommunityPath
			Window
		}) (*reply[api.List[api.Message]], error) {
			c, err := s.c.Node.Community(in.C)
			if err != nil {
				return nil, err
			}
			return s.window(c.AnnouncementsID, in.Window, false)
		})
	add(s, route{method: "POST", path: "/communities/{c}/announcements", id: "createAnnouncement", summary: "Tell everybody", tag: "Announcements",
		scope: api.ScopeMessagesWrite, status: 201},
		func(ctx context.Context, in *struct {
			CommunityPath
			Waiting
			Body api.NewAnnouncement
		}) (*reply[api.Message], error) {
			m, err := s.c.Node.Announce(ctx, in.C, announcement(in.Body))
			return s.posted(ctx, m, err, in.Waiting)
		})
}

func announcement(b api.NewAnnouncement) node.NewAnnouncement {
	n := node.NewAnnouncement{Text: b.Text, Priority: b.Priority, AckWanted: b.AckWanted, Replies: b.Replies}
	if b.Audience != nil && !b.Audience.All {
		n.Groups = b.Audience.Groups
	}
	return n
}

// posted answers a send, after the wait that was asked for. A wait that runs
// out is no error: the message is kept and goes on waiting.
func (s *Server) posted(ctx context.Context, m node.Message, err error, w Waiting) (*reply[api.Message], error) {
	if err != nil {
		return nil, err
	}
	if w.Wait != "" {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(w.Timeout)*time.Second)
		defer cancel()
		if d, err := s.c.Node.WaitDelivery(ctx, m.ID, w.Wait); err == nil {
			m.Delivery = d
		}
	}
	return just(renderMessage(m))
}

// Window is a part of a timeline.
type Window struct {
	Paging
	Before string `query:"before" doc:"Only messages before this one."`
	After  string `query:"after" doc:"Only messages after this one, oldest first."`
	Around string `query:"around" doc:"Messages on both sides of this one."`
}

// Lines asks for what nobody wrote too.
type Lines struct {
	System bool `query:"system" doc:"With the lines that follow from who did what (kind system): who came and went, what was set."`
}

func (s *Server) listMessages(_ context.Context, in *struct {
	GroupPath
	Window
	Lines
}) (*reply[api.List[api.Message]], error) {
	return s.window(in.G, in.Window, in.System)
}

func (s *Server) window(group string, in Window, lines bool) (*reply[api.List[api.Message]], error) {
	return cut(in, func(p node.Page) ([]node.Message, bool, error) {
		p.Lines = lines
		return s.c.Node.Messages(group, p)
	})
}

// cut answers with a part of a timeline.
func cut(in Window, read func(node.Page) ([]node.Message, bool, error)) (*reply[api.List[api.Message]], error) {
	given := 0
	for _, v := range []string{in.Before, in.After, in.Around, in.Cursor} {
		if v != "" {
			given++
		}
	}
	if given > 1 {
		return nil, fieldProblem("query", "takes one of before, after, around and cursor")
	}
	p := node.Page{Before: in.Before, After: in.After, Around: in.Around, Limit: in.Limit}
	if in.Cursor != "" {
		way, id, ok := strings.Cut(in.Cursor, ".")
		switch {
		case ok && way == "b":
			p.Before = id
		case ok && way == "a":
			p.After = id
		default:
			return nil, fieldProblem("query.cursor", "is not a cursor of this list")
		}
	}
	found, more, err := read(p)
	if err != nil {
		return nil, err
	}
	out := api.List[api.Message]{Items: each(found, renderMessage)}
	if more && len(found) > 0 && p.Around == "" {
		way := "b."
		if p.After != "" {
			way = "a."
		}
		out.NextCursor = new(way + found[len(found)-1].ID)
	}
	return just(out)
}

func fieldProblem(where, what string) *api.Problem {
	p := api.NewProblem(api.CodeInvalid, "")
	p.Errors = []api.FieldError{{Location: where, Message: what}}
	return p
}
