package server

import (
	"context"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func renderReport(q node.Report) api.Report {
	return api.Report{ID: q.ID, CommunityID: q.CommunityID, GroupID: optional(q.GroupID), MessageID: optional(q.MessageID), UserID: q.UserID,
		DisplayName: optional(q.DisplayName), By: q.By, ByName: optional(q.ByName), Reason: q.Reason, Excerpt: q.Excerpt, Held: q.Held,
		CreatedAt: api.Time{Time: q.CreatedAt}, State: q.State, DecidedBy: optional(q.DecidedBy), Note: q.Note, Mine: q.Mine}
}

// reportRoutes are what members want those who let people in to look at.
func (s *Server) reportRoutes() {
	const tag = "Reports"
	add(s, route{method: "POST", path: "/messages/{m}/report", id: "reportMessage", summary: "Report a message to those who let people in", tag: tag, scope: api.ScopeMessagesWrite, status: 201,
		errors: []int{410}, description: "They are told who reports, what is reported and what it said. Nobody else is."},
		func(ctx context.Context, in *struct {
			MessagePath
			Body api.NewReport
		}) (*reply[api.Report], error) {
			q, err := s.c.Node.ReportMessage(ctx, in.M, in.Body.Reason)
			return renderOr(q, err, renderReport)
		})
	type Member struct {
		CommunityPath
		U string `path:"u" doc:"Member id, of somebody who has gone too." example:"usr_mzxw6ytboi"`
	}
	add(s, route{method: "POST", path: "/communities/{c}/members/{u}/report", id: "reportMember", summary: "Report a person to those who let people in", tag: tag, scope: api.ScopeMessagesWrite, status: 201},
		func(ctx context.Context, in *struct {
			Member
			Body api.NewReport
		}) (*reply[api.Report], error) {
			q, err := s.c.Node.ReportMember(ctx, in.C, in.U, in.Body.Reason)
			return renderOr(q, err, renderReport)
		})
	add(s, route{method: "GET", path: "/communities/{c}/reports", id: "listReports", summary: "What was reported, the newest first: all for those who let people in, my own for others", tag: tag, scope: api.ScopeMembersAdmin},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
			State string `query:"state" enum:"open,resolved,dismissed"`
		}) (*reply[api.List[api.Report]], error) {
			all, err := s.c.Node.Reports(in.C, in.State)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderReport), func(q api.Report) string { return q.ID }, in.Paging)
		})
	type One struct {
		R    string `path:"r" doc:"Report id." example:"rep_mzxw6ytboi"`
		Body *api.Decision
	}
	for verb, yes := range map[string]bool{"resolve": true, "dismiss": false} {
		add(s, route{method: "POST", path: "/reports/{r}/" + verb, id: verb + "Report", summary: map[bool]string{true: "Close a report: something was done about it", false: "Close a report: nothing is to be done"}[yes],
			tag: tag, scope: api.ScopeMembersAdmin, errors: []int{403}},
			func(ctx context.Context, in *One) (*reply[api.Report], error) {
				q, err := s.c.Node.DecideReport(ctx, in.R, yes, reason(in.Body))
				return renderOr(q, err, renderReport)
			})
	}
}
