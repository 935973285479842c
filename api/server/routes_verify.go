package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"rsc.io/qr"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// verifyRoutes let two people make sure of each other, give roles, and hand an invite over as a picture.
func (s *Server) verifyRoutes() {
	type One struct {
		CommunityPath
		U string `path:"u" doc:"Member id." example:"usr_mzxw6ytboi"`
	}
	add(s, route{method: "GET", path: "/communities/{c}/members/{u}/safety-words", id: "getSafetyWords",
		summary: "Six words that both sides see, if nobody stands between them", tag: "Members", scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.SafetyWords], error) {
			words, err := s.c.Node.SafetyWords(in.C, in.U)
			return renderOr(words, err, func(w []string) api.SafetyWords { return api.SafetyWords{Words: w} })
		})
	add(s, route{method: "PUT", path: "/communities/{c}/members/{u}/verified", id: "setVerified",
		summary: "Note that the words were compared; only this node knows", tag: "Members", scope: api.ScopeCommunitiesAdmin},
		func(ctx context.Context, in *struct {
			One
			Body api.Verified
		}) (*reply[api.Member], error) {
			m, err := s.c.Node.SetVerified(ctx, in.C, in.U, in.Body.Verified)
			return renderOr(m, err, renderMember)
		})
	add(s, route{method: "GET", path: "/communities/{c}/roles", id: "listRoles", summary: "Roles and the rights they name", tag: "Members", scope: api.ScopeRead},
		func(_ context.Context, in *struct {
			CommunityPath
			Paging
		}) (*reply[api.List[api.Role]], error) {
			if _, err := s.c.Node.Community(in.C); err != nil {
				return nil, err
			}
			return page(each(node.Roles(), func(r node.Role) api.Role { return api.Role(r) }), func(r api.Role) string { return r.Name }, in.Paging)
		})
	type OneRole struct {
		One
		R string `path:"r" enum:"admin,moderator,announcer,member" example:"moderator"`
	}
	for method, give := range map[string]bool{"PUT": true, "DELETE": false} {
		add(s, route{method: method, path: "/communities/{c}/members/{u}/roles/{r}", id: map[bool]string{true: "giveRole", false: "takeRole"}[give],
			summary: map[bool]string{true: "Give a role", false: "Take a role away"}[give], tag: "Members", scope: api.ScopeMembersAdmin},
			func(ctx context.Context, in *OneRole) (*reply[api.Member], error) {
				m, err := s.c.Node.AddRole(ctx, in.C, in.U, in.R, give)
				return renderOr(m, err, renderMember)
			})
	}
	for name, kind := range map[string]string{"svg": "image/svg+xml", "png": "image/png"} {
		addOwn(s, route{method: "GET", path: "/invites/{i}/qr." + name, id: "getInviteQR" + strings.ToUpper(name), summary: "The link as a QR code", tag: "Invites", scope: api.ScopeMembersAdmin},
			func(_ context.Context, in *struct {
				I string `path:"i" doc:"Invite id." example:"inv_mzxw6ytboi"`
			}) (*huma.StreamResponse, error) {
				inv, err := s.c.Node.Invite(in.I)
				if err != nil {
					return nil, err
				}
				if inv.Text == "" {
					return nil, api.NewProblem(api.CodeNotFound, "This node never held the link of this invite, or it was revoked.")
				}
				code, err := qr.Encode(inv.Text, qr.M)
				if err != nil {
					return nil, fmt.Errorf("draw the QR code: %w", err)
				}
				body := code.PNG()
				if name == "svg" {
					body = []byte(drawSVG(code))
				}
				return &huma.StreamResponse{Body: func(ctx huma.Context) {
					ctx.SetHeader("Content-Type", kind)
					ctx.BodyWriter().Write(body)
				}}, nil
			})
	}
}

// drawSVG draws a QR code with the quiet zone of four modules that readers need, black on white in every theme.
func drawSVG(code *qr.Code) string {
	const quiet = 4
	side := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code of an invite link">`, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}
