package server

import (
	"context"
	"net/http"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func renderDevice(d node.Device) api.Device {
	return api.Device{ID: d.ID, Name: d.Name, This: d.This, First: d.First, Communities: list(d.Communities), AddedAt: api.At(d.AddedAt)}
}

// me is the person, with how many devices they have.
func (s *Server) me() api.Me {
	out := renderMe(s.c.Node.Me())
	if all, err := s.c.Node.Devices(); err == nil {
		out.Devices = max(1, len(all))
	}
	return out
}

// deviceRoutes are about the person's computers and the words behind them. What is secret is never kept for Idempotency-Key.
func (s *Server) deviceRoutes() {
	const tag = "Devices"
	add(s, route{method: "GET", path: "/devices", id: "listDevices", summary: "My computers", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Device]], error) {
			all, err := s.c.Node.Devices()
			if err != nil {
				return nil, err
			}
			return page(each(all, renderDevice), func(d api.Device) string { return d.ID }, *in)
		})
	add(s, route{method: "POST", path: "/devices/link-codes", id: "createLinkCode", summary: "A code for a new device: one use, five minutes", tag: tag, scope: api.ScopeNodeAdmin, status: 201},
		func(ctx context.Context, _ *none) (*reply[api.LinkCode], error) {
			c, err := s.c.Node.NewLinkCode(ctx)
			return renderOr(c, err, func(c node.LinkCode) api.LinkCode {
				return api.LinkCode{Code: c.Code, ExpiresAt: api.Time{Time: c.ExpiresAt}}
			})
		})
	add(s, route{method: "POST", path: "/devices/link", id: "linkDevice", summary: "Make this computer a further device of mine", tag: tag, scope: api.ScopeNodeAdmin, status: 201},
		func(ctx context.Context, in *struct{ Body api.LinkDevice }) (*reply[api.List[api.Community]], error) {
			all, err := s.c.Node.Link(ctx, in.Body.Code, in.Body.Name)
			return renderOr(all, err, func(all []node.Community) api.List[api.Community] {
				return api.List[api.Community]{Items: each(all, renderCommunity)}
			})
		})
	type One struct {
		Conditions
		D string `path:"d" doc:"Device id." example:"dev_mzxw6ytboi"`
	}
	add(s, route{method: "GET", path: "/devices/{d}", id: "getDevice", summary: "One of them", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *One) (*reply[api.Device], error) {
			d, err := s.c.Node.Device(in.D)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, d.Name, renderDevice(d))
		})
	add(s, route{method: "PATCH", path: "/devices/{d}", id: "nameDevice", summary: "Call it something, on this node", tag: tag, scope: api.ScopeNodeAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			One
			Body api.NameDevice
		}) (*reply[api.Device], error) {
			d, err := s.c.Node.Device(in.D)
			if err != nil {
				return nil, err
			}
			if err := current(in.Conditions, d.Name, renderDevice(d)); err != nil {
				return nil, err
			}
			if d, err = s.c.Node.NameDevice(ctx, in.D, in.Body.Name); err != nil {
				return nil, err
			}
			return show(Conditions{}, d.Name, renderDevice(d))
		})
	revoke := func(ctx context.Context, id, words string) (*reply[api.RevokedDevice], error) {
		cut, err := s.c.Node.RevokeDevice(ctx, id, words)
		return renderOr(cut, err, func(cut map[string][]string) api.RevokedDevice { return api.RevokedDevice{CutOps: cut} })
	}
	add(s, route{method: "DELETE", path: "/devices/{d}", id: "deleteDevice", summary: "Shut it out of every community", tag: tag, scope: api.ScopeNodeAdmin},
		func(ctx context.Context, in *struct {
			D string `path:"d" doc:"Device id." example:"dev_mzxw6ytboi"`
		}) (*reply[api.RevokedDevice], error) {
			return revoke(ctx, in.D, "")
		})
	add(s, route{method: "POST", path: "/devices/{d}/revoke", id: "revokeDevice", summary: "The same, with the recovery words where this device does not keep the seed", tag: tag, scope: api.ScopeNodeAdmin},
		func(ctx context.Context, in *struct {
			D    string `path:"d" doc:"Device id." example:"dev_mzxw6ytboi"`
			Body api.RevokeDevice
		}) (*reply[api.RevokedDevice], error) {
			return revoke(ctx, in.D, in.Body.Words)
		})
	add(s, route{method: "POST", path: "/me/recovery-words", id: "showRecoveryWords", summary: "The 24 words. Whoever has them is me.", tag: "Me", scope: api.ScopeNodeAdmin},
		func(context.Context, *none) (*reply[api.RecoveryWords], error) {
			w, err := s.c.Node.Words()
			return renderOr(w, err, func(w string) api.RecoveryWords { return api.RecoveryWords{Words: w} })
		})
	add(s, route{method: "POST", path: "/me/recovery-words/confirm", id: "confirmRecoveryWords", summary: "I wrote them down: type them back", tag: "Me", scope: api.ScopeNodeAdmin},
		func(ctx context.Context, in *struct{ Body api.RecoveryWords }) (*reply[api.Me], error) {
			if err := s.c.Node.ConfirmWords(ctx, in.Body.Words); err != nil {
				return nil, err
			}
			return just(s.me())
		})
	add(s, route{method: "POST", path: "/me/restore", id: "restoreMe", summary: "Come back from the words, into the community of a link", tag: "Me", scope: api.ScopeNodeAdmin, status: 201},
		func(ctx context.Context, in *struct{ Body api.Restore }) (*reply[api.Community], error) {
			c, err := s.c.Node.Restore(ctx, in.Body.Words, in.Body.Link)
			return renderOr(c, err, renderCommunity)
		})
	addBare(s, route{method: "PUT", path: "/passphrase", id: "changePassphrase", summary: "Seal this node's data under another passphrase", tag: "Me", scope: api.ScopeNodeAdmin, status: 204},
		func(_ context.Context, in *struct{ Body api.ChangePassphrase }) (*none, error) {
			return nil, s.c.Node.ChangePassphrase([]byte(in.Body.Old), []byte(in.Body.New))
		})
}
