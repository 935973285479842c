package server

import (
	"context"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// recoveryRoutes hand a community on.
func (s *Server) recoveryRoutes() {
	const tag = "Recovery"
	type One struct {
		CommunityPath
		Conditions
	}
	render := func(r node.Recovery) api.Recovery { return api.Recovery(r) }
	add(s, route{method: "GET", path: "/communities/{c}/recovery", id: "getRecovery", summary: "Who may hand it on, and how many it takes", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.Recovery], error) {
			r, err := s.c.Node.Recovery(in.C)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", render(r))
		})
	add(s, route{method: "PUT", path: "/communities/{c}/recovery", id: "setRecovery", summary: "Name the recovery set, once", tag: tag, scope: api.ScopeCommunitiesAdmin, errors: []int{409}},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.SetRecovery
		}) (*reply[api.Recovery], error) {
			r, err := s.c.Node.SetRecovery(ctx, in.C, in.Body.Members)
			return renderOr(r, err, render)
		})
	add(s, route{method: "POST", path: "/communities/{c}/recovery/sign", id: "signHandover", summary: "Say yes to a new owner, as one of the recovery set; one for each turn", tag: tag, scope: api.ScopeCommunitiesAdmin},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.SignHandover
		}) (*reply[api.SignedHandover], error) {
			if in.Body.Preview {
				h, err := s.c.Node.PreviewHandover(ctx, in.C, in.Body.Request)
				return renderOr(api.SignedHandover{NewOwner: h.NewOwner}, err, func(v api.SignedHandover) api.SignedHandover { return v })
			}
			sig, h, err := s.c.Node.SignHandover(ctx, in.C, in.Body.Request)
			return renderOr(api.SignedHandover{Signature: sig, NewOwner: h.NewOwner}, err, func(v api.SignedHandover) api.SignedHandover { return v })
		})
	add(s, route{method: "POST", path: "/communities/{c}/recovery/rotate-owner", id: "rotateOwner", summary: "Ask to become the owner; with enough signatures, become it", tag: tag, scope: api.ScopeCommunitiesAdmin},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body *api.RotateOwner
		}) (*reply[api.Handover], error) {
			var b api.RotateOwner
			if in.Body != nil {
				b = *in.Body
			}
			if b.Request == "" {
				h, err := s.c.Node.RequestHandover(ctx, in.C, b.Members)
				return renderOr(h, err, func(h node.Handover) api.Handover {
					return api.Handover{Request: h.Request, Signers: h.Members, Need: h.Need}
				})
			}
			c, err := s.c.Node.RotateOwner(ctx, in.C, b.Request, b.Signatures)
			return renderOr(c, err, func(c node.Community) api.Handover { return api.Handover{Community: new(renderCommunity(c))} })
		})
	add(s, route{method: "POST", path: "/communities/{c}/transfer", id: "transferCommunity", summary: "Give a successor all rights; with a recovery set it takes its signatures", tag: tag, scope: api.ScopeCommunitiesAdmin},
		func(ctx context.Context, in *struct {
			CommunityPath
			Body api.Transfer
		}) (*reply[api.Member], error) {
			m, err := s.c.Node.Transfer(ctx, in.C, in.Body.UserID)
			return renderOr(m, err, renderMember)
		})
}
