package server

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func (s *Server) communityRoutes() {
	const tag = "Communities"
	add(s, route{method: "GET", path: "/communities", id: "listCommunities", summary: "Communities on this node", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Community]], error) {
			return page(each(s.c.Node.Communities(), renderCommunity), func(c api.Community) string { return c.ID }, *in)
		})
	add(s, route{method: "POST", path: "/communities", id: "createCommunity", summary: "Start a community", tag: tag, scope: api.ScopeCommunitiesAdmin, status: 201},
		func(ctx context.Context, in *struct{ Body api.NewCommunity }) (*reply[api.Community], error) {
			c, err := s.c.Node.CreateCommunity(ctx, node.NewCommunity(in.Body))
			return renderOr(c, err, renderCommunity)
		})
	type One struct {
		CommunityPath
		Conditions
	}
	add(s, route{method: "GET", path: "/communities/{c}", id: "getCommunity", summary: "One community", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.Community], error) {
			c, err := s.c.Node.Community(in.C)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, c.ETag, renderCommunity(c))
		})
	addBare(s, route{method: "DELETE", path: "/communities/{c}", id: "forgetCommunity", summary: "Forget it on this node; others keep theirs", tag: tag,
		scope: api.ScopeCommunitiesAdmin, status: 204, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *One) (*none, error) {
			c, err := s.c.Node.Community(in.C)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, c.ETag, renderCommunity(c)); err != nil {
				return nil, err
			}
			return nil, s.c.Node.ForgetCommunity(ctx, in.C)
		})
	add(s, route{method: "GET", path: "/communities/{c}/storage", id: "getStorage", summary: "What this node keeps of it, by group", tag: tag, scope: api.ScopeRead,
		description: "Counted anew each time, from all that is stored of the community."},
		func(ctx context.Context, in *CommunityPath) (*reply[api.Storage], error) {
			u, err := s.c.Node.Storage(ctx, in.C)
			return renderOr(u, err, renderStorage)
		})
	addBare(s, route{method: "POST", path: "/communities/{c}/leave", id: "leaveCommunity", summary: "Leave it, in its log", tag: tag,
		scope: api.ScopeCommunitiesAdmin, status: 204},
		func(ctx context.Context, in *CommunityPath) (*none, error) {
			return nil, s.c.Node.LeaveCommunity(ctx, in.C)
		})
	me := func(c node.Community) (api.CommunityMe, error) {
		p, err := s.c.Node.MyProfile(c.ID)
		return api.CommunityMe{ID: c.MeID, DisplayName: c.DisplayName, Role: c.Role, Contacts: each(p.Contacts, func(c node.Contact) api.Contact { return api.Contact(c) }), HasPicture: len(p.Picture) > 0}, err
	}
	read := func(id string) (api.CommunityMe, error) {
		c, err := s.c.Node.Community(id)
		if err != nil {
			return api.CommunityMe{}, err
		}
		return me(c)
	}
	add(s, route{method: "GET", path: "/communities/{c}/me", id: "getCommunityMe", summary: "Who I am there", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.CommunityMe], error) {
			m, err := read(in.C)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", m)
		})
	add(s, route{method: "PATCH", path: "/communities/{c}/me", id: "patchCommunityMe", summary: "Change what I show there", tag: tag,
		scope: api.ScopeCommunitiesAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			One
			Body api.EditCommunityMe
		}) (*reply[api.CommunityMe], error) {
			m, err := read(in.C)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, "", m); err != nil {
				return nil, err
			}
			e := node.ProfileEdit{DisplayName: in.Body.DisplayName}
			if in.Body.Picture != nil { // a string, since the library takes an empty one for no base64
				raw, err := base64.StdEncoding.DecodeString(*in.Body.Picture)
				if err != nil {
					return nil, fieldProblem("body.picture", "expected string to be base64 encoded")
				}
				e.Picture = &raw
			}
			if in.Body.Contacts != nil {
				all := each(*in.Body.Contacts, func(c api.Contact) node.Contact { return node.Contact(c) })
				e.Contacts = &all
			}
			if _, err := s.c.Node.SetProfile(ctx, in.C, e); err != nil {
				return nil, err
			}
			if m, err = read(in.C); err != nil {
				return nil, err
			}
			return show(Conditions{}, "", m)
		})
}

func (s *Server) memberRoutes() {
	const tag = "Members"
	type One struct {
		CommunityPath
		Conditions
		U string `path:"u" doc:"Member id." example:"usr_mzxw6ytboi"`
	}
	add(s, route{method: "GET", path: "/communities/{c}/members", id: "listMembers", summary: "Members of a community", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
			Q     string `query:"q" maxLength:"128" doc:"A part of the name."`
			Role  string `query:"role" enum:"owner,admin,moderator,announcer,member,follower"`
			State string `query:"state" enum:"active,removed,banned,left"`
		}) (*reply[api.List[api.Member]], error) {
			var out api.List[api.Member]
			all, err := s.c.Node.Members(in.C, node.ListMembers{Query: in.Q, Role: in.Role, State: in.State, Cut: func(n int, id func(int) string) (from, to int, err error) {
				from, to, out.NextCursor, err = in.Paging.cut(n, id)
				return from, to, err
			}})
			if err != nil {
				return nil, err
			}
			out.Items = each(all, renderMember)
			return just(out)
		})
	add(s, route{method: "GET", path: "/communities/{c}/members/{u}", id: "getMember", summary: "One member", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.Member], error) {
			m, err := s.c.Node.Member(in.C, in.U)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, m.ETag, renderMember(m))
		})
	add(s, route{method: "GET", path: "/communities/{c}/members/{u}/profile", id: "getMemberProfile", summary: "What I may know of a member", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.MemberProfile], error) {
			p, visible, err := s.c.Node.MemberProfile(in.C, in.U)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", api.MemberProfile{ID: in.U, DisplayName: optional(p.DisplayName), Visible: visible, HasPicture: len(p.Picture) > 0,
				Contacts: each(p.Contacts, func(c node.Contact) api.Contact { return api.Contact(c) })})
		})
	addOwn(s, route{method: "GET", path: "/communities/{c}/members/{u}/picture", id: "getMemberPicture", summary: "The picture of a member, if I may see it", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*huma.StreamResponse, error) {
			p, _, err := s.c.Node.MemberProfile(in.C, in.U)
			if err != nil {
				return nil, err
			}
			kind := http.DetectContentType(p.Picture)
			if len(p.Picture) == 0 || kind != "image/png" && kind != "image/jpeg" { // what a patched node sent is no picture of ours
				return nil, api.NewProblem(api.CodeNotFound, "There is no picture of this member that this node may show.")
			}
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				ctx.SetHeader("Content-Type", kind)
				ctx.BodyWriter().Write(p.Picture)
			}}, nil
		})
	fresh := func(in *One) error {
		if in.IfMatch == "" {
			return nil
		}
		m, err := s.c.Node.Member(in.C, in.U)
		if err != nil {
			return err
		}
		return current(in.Conditions, m.ETag, renderMember(m))
	}
	add(s, route{method: "PATCH", path: "/communities/{c}/members/{u}", id: "patchMember", summary: "Set roles", tag: tag, scope: api.ScopeMembersAdmin,
		errors: []int{http.StatusPreconditionFailed, http.StatusConflict}},
		func(ctx context.Context, in *struct {
			One
			Body api.EditMember
		}) (*reply[api.Member], error) {
			if err := fresh(&in.One); err != nil {
				return nil, err
			}
			m, err := s.c.Node.SetRoles(ctx, in.C, in.U, in.Body.Roles)
			if err != nil {
				return nil, err
			}
			return show(Conditions{}, m.ETag, renderMember(m))
		})
	remove := func(ctx context.Context, in *One, o api.RemoveMember) (*reply[api.Removed], error) {
		if err := fresh(in); err != nil {
			return nil, err
		}
		cut, err := s.c.Node.Remove(ctx, in.C, in.U, node.RemoveOptions{Cascade: o.Cascade, Ban: o.Ban, RevokeInvites: o.RevokeInvites, Reason: o.Reason})
		return renderOr(cut, err, func(cut []string) api.Removed { return api.Removed{Removed: true, CutOps: list(cut)} })
	}
	add(s, route{method: "DELETE", path: "/communities/{c}/members/{u}", id: "deleteMember", summary: "Remove somebody", tag: tag, scope: api.ScopeMembersAdmin,
		errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *One) (*reply[api.Removed], error) {
			return remove(ctx, in, api.RemoveMember{})
		})
	add(s, route{method: "POST", path: "/communities/{c}/members/{u}/remove", id: "removeMember", summary: "Remove somebody, with options", tag: tag,
		scope: api.ScopeMembersAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			One
			Body *api.RemoveMember
		}) (*reply[api.Removed], error) {
			var o api.RemoveMember
			if in.Body != nil {
				o = *in.Body
			}
			return remove(ctx, &in.One, o)
		})
}
