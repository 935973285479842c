package server

import (
	"context"
	"net/http"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func renderRequest(q node.JoinRequest) api.JoinRequest {
	return api.JoinRequest{ID: q.ID, CommunityID: q.CommunityID, GroupID: optional(q.GroupID), UserID: q.UserID, DisplayName: q.DisplayName, Note: q.Note,
		InviteID: optional(q.InviteID), CreatedAt: api.Time{Time: q.CreatedAt}, State: q.State, Reason: q.Reason, Mine: q.Mine}
}

func renderSuggestion(g node.Suggestion) api.Suggestion {
	return api.Suggestion{ID: g.ID, CommunityID: g.CommunityID, UserID: g.UserID, DisplayName: optional(g.DisplayName), Name: g.Name, Description: g.Description,
		WhoPosts: g.WhoPosts, Open: g.Open, CreatedAt: api.Time{Time: g.CreatedAt}, State: g.State, GroupID: optional(g.GroupID), Reason: g.Reason, Mine: g.Mine}
}

// deskRoutes are what is put before those who let people in.
func (s *Server) deskRoutes() {
	const tag = "Requests"
	add(s, route{method: "GET", path: "/communities/{c}/join-requests", id: "listJoinRequests", summary: "Who wants to come in: for those who may admit; and my own", tag: tag, scope: api.ScopeMembersAdmin},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
			State string `query:"state" enum:"pending,approved,declined"`
		}) (*reply[api.List[api.JoinRequest]], error) {
			all, err := s.c.Node.JoinRequests(in.C, in.State)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderRequest), func(q api.JoinRequest) string { return q.ID }, in.Paging)
		})
	type One struct {
		J    string `path:"j" doc:"Join request id." example:"jrq_mzxw6ytboi"`
		Body *api.Decision
	}
	for verb, yes := range map[string]bool{"approve": true, "decline": false} {
		add(s, route{method: "POST", path: "/join-requests/{j}/" + verb, id: verb + "JoinRequest", summary: map[bool]string{true: "Let the person in", false: "Say no; the person is told the reason"}[yes],
			tag: tag, scope: api.ScopeMembersAdmin, errors: []int{http.StatusGone}},
			func(ctx context.Context, in *One) (*reply[api.JoinRequest], error) {
				q, err := s.c.Node.DecideRequest(ctx, in.J, yes, reason(in.Body))
				return renderOr(q, err, renderRequest)
			})
	}
	add(s, route{method: "POST", path: "/communities/{c}/join-requests/bulk", id: "decideJoinRequests", summary: "Decide several", tag: tag, scope: api.ScopeMembersAdmin},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.BulkDecision
		}) (*reply[api.BulkResult], error) {
			if _, err := s.c.Node.Community(in.C); err != nil {
				return nil, err
			}
			out := api.BulkResult{Items: []api.JoinRequest{}, Failed: map[string]api.Problem{}}
			for yes, ids := range map[bool][]string{true: in.Body.Approve, false: in.Body.Decline} {
				for _, id := range ids {
					q, err := s.c.Node.DecideRequest(ctx, id, yes, in.Body.Reason)
					if err != nil {
						out.Failed[id] = *problemOf(err)
						continue
					}
					out.Items = append(out.Items, renderRequest(q))
				}
			}
			return just(out)
		})

	add(s, route{method: "GET", path: "/communities/{c}/suggestions", id: "listSuggestions", summary: "Groups that members would like: all for admins, my own for others", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
			State string `query:"state" enum:"pending,accepted,declined"`
		}) (*reply[api.List[api.Suggestion]], error) {
			all, err := s.c.Node.Suggestions(in.C, in.State)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderSuggestion), func(g api.Suggestion) string { return g.ID }, in.Paging)
		})
	add(s, route{method: "POST", path: "/communities/{c}/suggestions", id: "createSuggestion", summary: "Ask the admins for a group", tag: tag, scope: api.ScopeCommunitiesAdmin, status: 201},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.NewSuggestion
		}) (*reply[api.Suggestion], error) {
			b := in.Body
			g, err := s.c.Node.Suggest(ctx, in.C, node.NewGroup{Name: b.Name, Description: b.Description, WhoPosts: b.WhoPosts, Open: b.Open})
			return renderOr(g, err, renderSuggestion)
		})
	type OneSuggestion struct {
		S    string `path:"s" doc:"Suggestion id." example:"sug_mzxw6ytboi"`
		Body *api.Decision
	}
	for verb, yes := range map[string]bool{"accept": true, "decline": false} {
		add(s, route{method: "POST", path: "/suggestions/{s}/" + verb, id: verb + "Suggestion", summary: map[bool]string{true: "Make the group; who suggested it becomes its admin", false: "Say no"}[yes],
			tag: tag, scope: api.ScopeCommunitiesAdmin},
			func(ctx context.Context, in *OneSuggestion) (*reply[api.Suggestion], error) {
				g, err := s.c.Node.DecideSuggestion(ctx, in.S, yes, reason(in.Body))
				return renderOr(g, err, renderSuggestion)
			})
	}
}

func reason(d *api.Decision) string {
	if d == nil {
		return ""
	}
	return d.Reason
}

// standingRoutes are about who may be here: welcome, bans, and acts done again.
func (s *Server) standingRoutes() {
	type Community struct {
		CommunityPath
		Conditions
	}
	render := func(w node.Welcome) api.Welcome { return api.Welcome{Message: w.Message, Steps: list(w.Steps)} }
	add(s, route{method: "GET", path: "/communities/{c}/welcome", id: "getWelcome", summary: "What newcomers are met with", tag: "Communities", scope: api.ScopeRead},
		func(_ context.Context, in *Community) (*reply[api.Welcome], error) {
			w, err := s.c.Node.Welcome(in.C)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, w.ETag, render(w))
		})
	add(s, route{method: "PUT", path: "/communities/{c}/welcome", id: "setWelcome", summary: "Change it", tag: "Communities", scope: api.ScopeCommunitiesAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			Community
			Body api.Welcome
		}) (*reply[api.Welcome], error) {
			w, err := s.c.Node.Welcome(in.C)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, w.ETag, render(w)); err != nil {
				return nil, err
			}
			if w, err = s.c.Node.SetWelcome(ctx, in.C, node.Welcome{Message: in.Body.Message, Steps: in.Body.Steps}); err != nil {
				return nil, err
			}
			return show(Conditions{}, w.ETag, render(w))
		})
	type One struct {
		CommunityPath
		U string `path:"u" doc:"Member id, of somebody who has gone too." example:"usr_mzxw6ytboi"`
	}
	add(s, route{method: "POST", path: "/communities/{c}/members/{u}/ban", id: "banMember", summary: "Remove somebody, and let no invite bring this identity back", tag: "Members", scope: api.ScopeMembersAdmin},
		func(ctx context.Context, in *struct {
			One
			Body *api.NewBan
		}) (*reply[api.Member], error) {
			why := ""
			if in.Body != nil {
				why = in.Body.Reason
			}
			m, err := s.c.Node.Ban(ctx, in.C, in.U, why)
			return renderOr(m, err, renderMember)
		})
	add(s, route{method: "DELETE", path: "/communities/{c}/members/{u}/ban", id: "unbanMember", summary: "Lift a ban; an invite works again", tag: "Members", scope: api.ScopeMembersAdmin},
		func(ctx context.Context, in *One) (*reply[api.Member], error) {
			m, err := s.c.Node.Unban(ctx, in.C, in.U)
			return renderOr(m, err, renderMember)
		})
	add(s, route{method: "GET", path: "/communities/{c}/bans", id: "listBans", summary: "Who is banned", tag: "Members", scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
		}) (*reply[api.List[api.Member]], error) {
			all, err := s.c.Node.Members(in.C, node.ListMembers{State: "banned"})
			if err != nil {
				return nil, err
			}
			return page(each(all, renderMember), func(m api.Member) string { return m.ID }, in.Paging)
		})
	add(s, route{method: "POST", path: "/communities/{c}/reissue", id: "reissueActs", summary: "Do acts again that fell with a removed admin, under my own authority", tag: "Administration", scope: api.ScopeMembersAdmin},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.Reissue
		}) (*reply[api.Reissued], error) {
			r, err := s.c.Node.Reissue(ctx, in.C, in.Body.Ops)
			return renderOr(r, err, func(r node.Reissued) api.Reissued { return api.Reissued{Ops: r.New, Skipped: r.Skipped} })
		})
}
