package server

import (
	"cmp"
	"context"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func (s *Server) reachRoutes() {
	const tag = "Announcements"
	add(s, route{method: "GET", path: "/announcements/{m}/receipts", id: "listRecipients", summary: "Who has an announcement, and who acknowledged it; for those who may admit", tag: tag, scope: api.ScopeRead, errors: []int{403, 410}},
		func(_ context.Context, in *struct {
			MessagePath
			Paging
		}) (*reply[api.List[api.Recipient]], error) {
			found, err := s.c.Node.Recipients(in.M)
			if err != nil {
				return nil, err
			}
			return page(each(found, func(x node.Recipient) api.Recipient {
				return api.Recipient{UserID: x.UserID, DisplayName: optional(x.DisplayName), Reached: x.Reached, Acknowledged: x.Acknowledged}
			}), func(x api.Recipient) string { return x.UserID }, in.Paging)
		})
	add(s, route{method: "POST", path: "/announcements/{m}/remind", id: "remind", summary: "Alert those again who have not acknowledged an announcement", tag: tag, scope: api.ScopeMessagesWrite, errors: []int{403, 410}},
		func(ctx context.Context, in *MessagePath) (*reply[api.Message], error) {
			m, err := s.c.Node.Remind(ctx, in.M)
			return renderOr(m, err, renderMessage)
		})
	add(s, route{method: "GET", path: "/communities/{c}/announcements/scheduled", id: "listScheduled", summary: "Announcements that wait on this node for their time", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *CommunityPath) (*reply[api.List[api.Scheduled]], error) {
			found, err := s.c.Node.Scheduled(in.C)
			return renderOr(found, err, func(l []node.Scheduled) api.List[api.Scheduled] {
				return api.List[api.Scheduled]{Items: each(l, renderScheduled)}
			})
		})
	add(s, route{method: "POST", path: "/communities/{c}/announcements/scheduled", id: "schedule", summary: "Announce at a time to come; this node must run then", tag: tag, scope: api.ScopeMessagesWrite, status: 201, errors: []int{403}},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.NewScheduled
		}) (*reply[api.Scheduled], error) {
			got, err := s.c.Node.Schedule(ctx, in.C, announcement(in.Body.NewAnnouncement), in.Body.At.Time)
			return renderOr(got, err, renderScheduled)
		})
	addBare(s, route{method: "DELETE", path: "/communities/{c}/announcements/scheduled/{s}", id: "unschedule", summary: "Take a scheduled announcement back", tag: tag, scope: api.ScopeMessagesWrite, status: 204},
		func(_ context.Context, in *struct {
			CommunityPath
			S string `path:"s" doc:"Id of the scheduled announcement." example:"sch_mzxw6ytboi"`
		}) (*none, error) {
			return nil, s.c.Node.Unschedule(in.C, in.S)
		})
}

func renderScheduled(x node.Scheduled) api.Scheduled {
	a := x.Announcement
	return api.Scheduled{ID: x.ID, CommunityID: x.CommunityID, At: api.Time{Time: x.At}, Text: a.Text, Audience: &api.Audience{All: len(a.Groups) == 0, Groups: a.Groups},
		Priority: cmp.Or(a.Priority, "normal"), AckWanted: a.AckWanted, Replies: cmp.Or(a.Replies, "off"), Error: optional(x.Error)}
}
