package server

import (
	"context"
	"errors"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func (s *Server) groupRoutes() {
	const tag = "Groups"
	add(s, route{method: "GET", path: "/communities/{c}/groups", id: "listGroups", summary: "Groups of a community", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
		}) (*reply[api.List[api.Group]], error) {
			all, err := s.c.Node.Groups(in.C)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderGroup), func(g api.Group) string { return g.ID }, in.Paging)
		})
	add(s, route{method: "POST", path: "/communities/{c}/groups", id: "createGroup", summary: "Start a group", tag: tag, scope: api.ScopeCommunitiesAdmin, status: 201},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.NewGroup
		}) (*reply[api.Group], error) {
			b := in.Body
			g, err := s.c.Node.CreateGroup(ctx, in.C, node.NewGroup{Name: b.Name, Description: b.Description, Members: b.Members, WhoPosts: b.WhoPosts, Open: b.Open})
			return renderOr(g, err, renderGroup)
		})
	add(s, route{method: "POST", path: "/dms", id: "openDirect", summary: "Write to one member: the direct message with them, made if there is none", tag: tag, scope: api.ScopeMessagesWrite,
		status: 201, errors: []int{403}, description: "With whoever shares a group with you, and with those who run the community. Nobody else reads it or is ever in it."},
		func(ctx context.Context, in *struct{ Body api.NewDirect }) (*reply[api.Group], error) {
			g, err := s.c.Node.Direct(ctx, in.Body.UserID)
			return renderOr(g, err, renderGroup)
		})
	add(s, route{method: "GET", path: "/groups/{g}", id: "getGroup", summary: "One group", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			GroupPath
			Conditions
		}) (*reply[api.Group], error) {
			g, err := s.c.Node.Group(in.G)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, g.ETag, renderGroup(g))
		})
	addSent(s, route{method: "POST", path: "/groups/{g}/join", id: "joinGroup", summary: "Join an open group; ask to be let into another", tag: tag, scope: api.ScopeCommunitiesAdmin,
		description: "200 with the group when it is open. 202 with a join request when it is not."},
		func(ctx context.Context, in *struct {
			GroupPath
			Body *api.JoinGroup
		}) (*joined, error) {
			g, err := s.c.Node.JoinGroup(ctx, in.G)
			if !errors.Is(err, node.ErrNotOpen) {
				return &joined{Status: 200, Body: renderGroup(g)}, err
			}
			note := ""
			if in.Body != nil {
				note = in.Body.Note
			}
			q, err := s.c.Node.KnockGroup(ctx, in.G, note)
			return &joined{Status: 202, Body: renderRequest(q)}, err
		})
	addBare(s, route{method: "POST", path: "/groups/{g}/leave", id: "leaveGroup", summary: "Leave a group", tag: tag, scope: api.ScopeCommunitiesAdmin, status: 204},
		func(ctx context.Context, in *GroupPath) (*none, error) { return nil, s.c.Node.LeaveGroup(ctx, in.G) })
	add(s, route{method: "GET", path: "/groups/{g}/members", id: "listGroupMembers", summary: "Members of a group", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			GroupPath
			Paging
		}) (*reply[api.List[api.Member]], error) {
			all, err := s.c.Node.GroupMembers(in.G)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderMember), func(m api.Member) string { return m.ID }, in.Paging)
		})
	type One struct {
		GroupPath
		U string `path:"u" doc:"Member id." example:"usr_mzxw6ytboi"`
	}
	add(s, route{method: "GET", path: "/groups/{g}/members/{u}", id: "getGroupMember", summary: "One member of a group", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.Member], error) {
			all, err := s.c.Node.GroupMembers(in.G)
			if err != nil {
				return nil, err
			}
			for _, m := range all {
				if m.ID == in.U {
					return just(renderMember(m))
				}
			}
			return nil, api.NewProblem(api.CodeNotFound, "")
		})
	add(s, route{method: "PUT", path: "/groups/{g}/members/{u}", id: "putGroupMember", summary: "Take a member of the community in, with these roles in the group", tag: tag, scope: api.ScopeMembersAdmin},
		func(ctx context.Context, in *struct {
			One
			Body *api.PutGroupMember
		}) (*reply[api.Member], error) {
			m, err := s.c.Node.AddToGroup(ctx, in.G, in.U)
			if in.Body == nil || err != nil && !errors.Is(err, node.ErrAlreadyMember) {
				return renderOr(m, err, renderMember)
			}
			m, err = s.c.Node.SetGroupRoles(ctx, in.G, in.U, in.Body.Roles)
			return renderOr(m, err, renderMember)
		})
	addBare(s, route{method: "DELETE", path: "/groups/{g}/members/{u}", id: "removeGroupMember", summary: "Take somebody out of the group", tag: tag,
		scope: api.ScopeMembersAdmin, status: 204},
		func(ctx context.Context, in *One) (*none, error) {
			return nil, s.c.Node.RemoveFromGroup(ctx, in.G, in.U)
		})
}

// joined is a group, or the request to be let into one.
type joined struct {
	Status int
	Body   any
}

func (s *Server) inviteRoutes() {
	const tag = "Invites"
	add(s, route{method: "GET", path: "/communities/{c}/invites", id: "listInvites", summary: "Invites of a community", tag: tag, scope: api.ScopeMembersAdmin},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
		}) (*reply[api.List[api.Invite]], error) {
			all, err := s.c.Node.Invites(in.C)
			if err != nil {
				return nil, err
			}
			return page(each(all, renderInvite), func(i api.Invite) string { return i.ID }, in.Paging)
		})
	add(s, route{method: "POST", path: "/communities/{c}/invites", id: "createInvite", summary: "Make an invite link", tag: tag, scope: api.ScopeMembersAdmin, status: 201},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body *api.NewInvite
		}) (*reply[api.Invite], error) {
			var b api.NewInvite
			if in.Body != nil {
				b = *in.Body
			}
			i, err := s.c.Node.CreateInvite(ctx, in.C, node.NewInvite{MaxUses: b.MaxUses, ExpiresIn: time.Duration(b.ExpiresIn) * time.Second, Groups: b.Groups, Approval: b.Approval})
			return renderOr(i, err, renderInvite)
		})
	type One struct {
		Conditions
		I string `path:"i" doc:"Invite id." example:"inv_mzxw6ytboi"`
	}
	add(s, route{method: "GET", path: "/invites/{i}", id: "getInvite", summary: "One invite", tag: tag, scope: api.ScopeMembersAdmin},
		func(_ context.Context, in *One) (*reply[api.Invite], error) {
			i, err := s.c.Node.Invite(in.I)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, i.ETag, renderInvite(i))
		})
	addBare(s, route{method: "DELETE", path: "/invites/{i}", id: "revokeInvite", summary: "Take an invite back", tag: tag, scope: api.ScopeMembersAdmin, status: 204},
		func(ctx context.Context, in *One) (*none, error) { return nil, s.c.Node.RevokeInvite(ctx, in.I) })
	add(s, route{method: "POST", path: "/invites/preview", id: "previewInvite", summary: "Where does a link lead? Nobody is contacted.", tag: tag, scope: api.ScopeRead, errors: []int{410}},
		func(_ context.Context, in *struct{ Body api.InviteLink }) (*reply[api.InvitePreview], error) {
			p, err := s.c.Node.PreviewInvite(in.Body.Link)
			return renderOr(p, err, renderPreview)
		})
	add(s, route{method: "POST", path: decodePath, id: "decodeInvite", summary: "Read the link from a picture of its QR code. Nobody is contacted.", tag: tag, scope: api.ScopeRead, picture: true,
		description: "The body is the picture itself: PNG or JPEG, at most 8 MiB, 8,192 points a side and 16,777,216 points in all."},
		func(ctx context.Context, in *struct {
			RawBody []byte
			Frame   bool `query:"frame" doc:"The picture is one of many that a camera takes: the link is empty where it shows no invite, which is no error."`
		}) (*reply[api.FoundInvite], error) {
			link, err := s.linkIn(ctx, in.RawBody)
			if p := (*api.Problem)(nil); in.Frame && errors.As(err, &p) && p.Code == api.CodeInviteUnreadable {
				link, err = "", nil
			}
			return renderOr(link, err, func(link string) api.FoundInvite { return api.FoundInvite{Link: link} })
		})
	add(s, route{method: "POST", path: "/invites/accept", id: "acceptInvite", summary: "Join with a link; answers a job", tag: tag, scope: api.ScopeCommunitiesAdmin,
		status: 202, errors: []int{410}},
		func(ctx context.Context, in *struct{ Body api.AcceptInvite }) (*reply[api.Job], error) {
			j, err := s.c.Node.Accept(ctx, node.AcceptInvite(in.Body))
			return renderOr(j, err, renderJob)
		})
	add(s, route{method: "POST", path: "/invites/reshare", id: "reshareInvite", summary: "The same link with this node's addresses", tag: tag, scope: api.ScopeMembersAdmin, errors: []int{410}},
		func(_ context.Context, in *struct{ Body api.InviteLink }) (*reply[api.SharedInvite], error) {
			link, text, err := s.c.Node.Reshare(in.Body.Link)
			return renderOr(api.SharedInvite{Link: link, Text: text}, err, func(v api.SharedInvite) api.SharedInvite { return v })
		})
}

const decodePath = "/invites/decode"

// linkIn reads the one invite of a picture. Pictures are read one at a time, so that many at once do not take the machine's memory.
func (s *Server) linkIn(ctx context.Context, picture []byte) (string, error) {
	s.pictures.Lock()
	defer s.pictures.Unlock()
	texts, fault, err := readCodes(ctx, picture)
	if err != nil {
		return "", err
	}
	again := func(code, detail, hint string) error {
		p := api.NewProblem(code, detail)
		p.Hint = hint
		return p
	}
	switch fault {
	case pictureUnreadable:
		return "", again(api.CodeInvalid, "The picture is neither PNG nor JPEG, or it is damaged.", "Save it as PNG or JPEG.")
	case pictureHuge:
		return "", pictureTooLarge("The picture has too many points: at most 8,192 a side and 16,777,216 in all.")
	case pictureWithout:
		return "", again(api.CodeInviteUnreadable, "No QR code can be read in the picture.", "Take it again with the whole code in it, near and sharp.")
	}
	var link string
	last := again(api.CodeInviteUnreadable, "The QR code in the picture is no invite.", "Ask who invites you for the code of the invite.")
	for _, text := range texts {
		switch _, err := s.c.Node.PreviewInvite(text); {
		case err != nil && !errors.Is(err, node.ErrInviteUnreadable):
			last = err
		case err == nil && link != "" && text != link:
			return "", again(api.CodeInvalid, "The picture shows two invites.", "Cut it down to the one you mean.")
		case err == nil:
			link = text
		}
	}
	if link == "" {
		return "", last
	}
	return link, nil
}

func pictureTooLarge(detail string) *api.Problem {
	p := api.NewProblem(api.CodeTooLarge, detail)
	p.Hint = "Make it smaller, or cut it down to the code."
	return p
}
