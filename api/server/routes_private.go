package server

import (
	"context"
	"net/http"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

type UserPath struct {
	U string `path:"u" doc:"Member id." example:"usr_mzxw6ytboi"`
}

// privateRoutes: what a person decides for himself, on this device.
func (s *Server) privateRoutes() {
	const tag = "Private"
	add(s, route{method: "PUT", path: "/groups/{g}/read", id: "putRead", summary: "I have read up to here; it only goes forward", tag: tag, scope: api.ScopeMessagesWrite},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.ReadUpTo
		}) (*reply[api.ReadState], error) {
			g, err := s.c.Node.MarkRead(ctx, in.G, in.Body.UpTo)
			return renderOr(g, err, renderRead)
		})
	add(s, route{method: "GET", path: "/me/privacy", id: "getPrivacy", summary: "What do I let others know of what I do?", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Conditions) (*reply[api.Privacy], error) {
			return show(*in, "", api.Privacy(s.c.Node.Privacy()))
		})
	add(s, route{method: "PATCH", path: "/me/privacy", id: "patchPrivacy", summary: "Set it, for this device", tag: tag, scope: api.ScopeNodeAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			Conditions
			Body api.EditPrivacy
		}) (*reply[api.Privacy], error) {
			p := s.c.Node.Privacy()
			if err := current(in.Conditions, "", api.Privacy(p)); err != nil {
				return nil, err
			}
			if on := in.Body.ReadReceipts; on != nil {
				p.ReadReceipts = *on
			}
			if on := in.Body.Typing; on != nil {
				p.Typing = *on
			}
			if err := s.c.Node.SetPrivacy(ctx, p); err != nil {
				return nil, err
			}
			return show(Conditions{}, "", api.Privacy(p))
		})
	addBare(s, route{method: "POST", path: "/groups/{g}/typing", id: "typing", summary: "Let those of a group who are there know that I am writing", tag: tag, scope: api.ScopeMessagesWrite, status: 204,
		description: "At most every 3 seconds; more is swallowed. Nothing happens where privacy does not let others know, and in groups of more than 64. They get an event `typing`, which has no id and is not kept: show it for 6 seconds."},
		func(ctx context.Context, in *GroupPath) (*none, error) { return nil, s.c.Node.Typing(ctx, in.G) })
	add(s, route{method: "PUT", path: "/groups/{g}/mute", id: "putMute", summary: "Keep a group quiet for a time", tag: tag, scope: api.ScopeMessagesWrite},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.Mute
		}) (*reply[api.Group], error) {
			var until = in.Body.Until
			if until == nil {
				until = &api.Time{}
			}
			g, err := s.c.Node.Mute(ctx, in.G, until.Time)
			return renderOr(g, err, renderGroup)
		})
	add(s, route{method: "GET", path: "/groups/{g}/notifications", id: "getNotifications", summary: "What may a group disturb me with?", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			GroupPath
			Conditions
		}) (*reply[api.Notifications], error) {
			now, err := s.notifications(in.G)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", now)
		})
	add(s, route{method: "PATCH", path: "/groups/{g}/notifications", id: "patchNotifications", summary: "Set it", tag: tag, scope: api.ScopeMessagesWrite,
		errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			GroupPath
			Conditions
			Body api.EditNotifications
		}) (*reply[api.Notifications], error) {
			now, err := s.notifications(in.G)
			if err == nil {
				err = current(in.Conditions, "", now)
			}
			if err == nil {
				err = s.c.Node.SetNotifications(ctx, in.G, in.Body.Level)
			}
			if err != nil {
				return nil, err
			}
			if now, err = s.notifications(in.G); err != nil {
				return nil, err
			}
			return show(Conditions{}, "", now)
		})
	add(s, route{method: "GET", path: "/groups/{g}/draft", id: "getDraft", summary: "What I have begun to write", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *GroupPath) (*reply[api.Draft], error) {
			d, err := s.c.Node.Draft(in.G)
			return renderOr(d, err, renderDraft)
		})
	add(s, route{method: "PUT", path: "/groups/{g}/draft", id: "putDraft", summary: "Keep what I have begun to write", tag: tag, scope: api.ScopeMessagesWrite},
		func(ctx context.Context, in *struct {
			GroupPath
			Body api.Draft
		}) (*reply[api.Draft], error) {
			d := node.Draft{Text: in.Body.Text}
			if in.Body.ReplyTo != nil {
				d.ReplyTo = *in.Body.ReplyTo
			}
			return renderOr(d, s.c.Node.SetDraft(ctx, in.G, d), renderDraft)
		})
	addBare(s, route{method: "PUT", path: "/me/stars/{m}", id: "putStar", summary: "Keep a message among those to find again", tag: tag, scope: api.ScopeMessagesWrite, status: 204},
		func(ctx context.Context, in *MessagePath) (*none, error) { return nil, s.c.Node.Star(ctx, in.M, true) })
	addBare(s, route{method: "DELETE", path: "/me/stars/{m}", id: "deleteStar", summary: "Let it go", tag: tag, scope: api.ScopeMessagesWrite, status: 204},
		func(ctx context.Context, in *MessagePath) (*none, error) { return nil, s.c.Node.Star(ctx, in.M, false) })
	add(s, route{method: "GET", path: "/me/stars", id: "listStars", summary: "Messages I keep, the last starred first", tag: tag, scope: api.ScopeRead}, s.stars)
	add(s, route{method: "GET", path: "/me/blocks", id: "listBlocks", summary: "Whom I have blocked", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Block]], error) {
			ids, err := s.c.Node.Blocked()
			if err != nil {
				return nil, err
			}
			return page(each(ids, func(u string) api.Block { return api.Block{UserID: u, Blocked: true} }), func(b api.Block) string { return b.UserID }, *in)
		})
	add(s, route{method: "GET", path: "/me/blocks/{u}", id: "getBlock", summary: "Have I blocked somebody?", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *UserPath) (*reply[api.Block], error) {
			on, err := s.c.Node.IsBlocked(in.U)
			return renderOr(api.Block{UserID: in.U, Blocked: on}, err, func(b api.Block) api.Block { return b })
		})
	addBare(s, route{method: "PUT", path: "/me/blocks/{u}", id: "putBlock", summary: "Block somebody; nobody is told", tag: tag, scope: api.ScopeMessagesWrite, status: 204,
		description: "The person's messages come marked as blocked, so that a screen folds them away, and neither count as unread nor notify. It is private to this device."},
		func(ctx context.Context, in *UserPath) (*none, error) { return nil, s.c.Node.Block(ctx, in.U, true) })
	addBare(s, route{method: "DELETE", path: "/me/blocks/{u}", id: "deleteBlock", summary: "No longer", tag: tag, scope: api.ScopeMessagesWrite, status: 204},
		func(ctx context.Context, in *UserPath) (*none, error) { return nil, s.c.Node.Block(ctx, in.U, false) })
	add(s, route{method: "GET", path: "/search", id: "search", summary: "Find messages, the newest first or the best first", tag: "Search", scope: api.ScopeRead,
		description: "Looks through all that this node may read, on this node alone. `q` holds words, \"phrases\" and -without; a word stands for all that begin so, in a phrase for itself. " +
			"Case, accents and width make no difference. Ranges are in Unicode code points. " +
			"With `order=best` whole words come before words that only begin so, and words that stand together before those apart, among the 1,000 newest found."}, s.search)
}

func (s *Server) notifications(group string) (out api.Notifications, err error) {
	g, err := s.c.Node.Group(group)
	return api.Notifications{Level: g.Notify, MutedUntil: api.At(g.MutedUntil)}, err
}

func renderRead(g node.Group) api.ReadState {
	return api.ReadState{GroupID: g.ID, Unread: g.Unread, Mentions: g.Mentions, FirstUnreadID: optional(g.FirstUnreadID)}
}

func renderDraft(d node.Draft) api.Draft {
	return api.Draft{Text: d.Text, ReplyTo: optional(d.ReplyTo)}
}

func (s *Server) stars(_ context.Context, in *Paging) (*reply[api.List[api.Message]], error) {
	ids, err := s.c.Node.Stars()
	if err != nil {
		return nil, err
	}
	some, err := page(ids, func(id string) string { return id }, *in)
	if err != nil {
		return nil, err
	}
	out := api.List[api.Message]{Items: []api.Message{}, NextCursor: some.Body.NextCursor}
	for _, id := range some.Body.Items {
		if m, err := s.c.Node.Message(id); err == nil { // what is gone is not shown
			out.Items = append(out.Items, renderMessage(m))
		}
	}
	return just(out)
}

func (s *Server) search(_ context.Context, in *struct {
	Paging
	Q         string   `query:"q" maxLength:"1024" doc:"Words, \"phrases\" and -without. May be missing beside from or has."`
	In        string   `query:"in" enum:"messages" default:"messages"`
	Order     string   `query:"order" enum:"newest,best" default:"newest"`
	Community string   `query:"community"`
	Group     string   `query:"group"`
	From      string   `query:"from" doc:"Of this member." example:"usr_mzxw6ytboi"`
	Has       []string `query:"has" maxItems:"2" enum:"link,mention" doc:"mention: of me."`
	Before    string   `query:"before" doc:"A point in time, RFC 3339."`
	After     string   `query:"after" doc:"A point in time, RFC 3339."`
}) (*reply[api.List[api.Hit]], error) {
	q := node.Search{Query: in.Q, Community: in.Community, Group: in.Group, From: in.From, Has: in.Has, Best: in.Order == "best", Cursor: in.Cursor, Limit: in.Limit}
	for name, v := range map[string]string{"before": in.Before, "after": in.After} {
		var t api.Time
		if v == "" {
			continue
		}
		if err := t.UnmarshalText([]byte(v)); err != nil {
			return nil, fieldProblem("query."+name, "is no time like 2026-11-24T09:00:00Z")
		}
		if name == "before" {
			q.Before = t.Time
		} else {
			q.After = t.Time
		}
	}
	found, next, err := s.c.Node.Search(q)
	if err != nil {
		return nil, err
	}
	return just(api.List[api.Hit]{NextCursor: optional(next), Items: each(found, func(f node.Found) api.Hit {
		return api.Hit{Kind: "message", Message: renderMessage(f.Message), Ranges: each(f.Ranges, func(r node.Range) api.TextRange { return api.TextRange(r) })}
	})})
}
