package server

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pandal-chat/pandal/api"
)

func (s *Server) accessRoutes() {
	const tag = "Access"
	type signedIn struct {
		SetCookie string `header:"Set-Cookie"`
		Body      api.Session
	}
	addSent(s, route{method: "POST", path: "/session", id: "createSession", summary: "Trade a login code for a session", tag: tag, status: 201,
		errors: []int{http.StatusUnauthorized}},
		func(_ context.Context, in *struct{ Body api.NewSession }) (*signedIn, error) {
			ses, cookie, header, err := s.access.redeem(in.Body.Code)
			if err != nil {
				return nil, err
			}
			c := http.Cookie{Name: s.cookieName(), Value: cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
				MaxAge: int(sessionIdle / time.Second)}
			out := renderSession(ses, ses.ID)
			out.Secret = header
			return &signedIn{SetCookie: c.String(), Body: out}, nil
		})
	type signedOut struct {
		SetCookie string `header:"Set-Cookie"`
	}
	addOwn(s, route{method: "DELETE", path: "/session", id: "deleteSession", summary: "Sign this page out", tag: tag, scope: api.ScopeRead, status: 204,
		errors: []int{http.StatusNotFound}},
		func(ctx context.Context, _ *none) (*signedOut, error) {
			if err := s.access.endSession(aboutOf(ctx).who.ses); err != nil {
				return nil, err
			}
			c := http.Cookie{Name: s.cookieName(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
			return &signedOut{c.String()}, nil
		})
	add(s, route{method: "GET", path: "/sessions", id: "listSessions", summary: "Browsers that are signed in", tag: tag, scope: api.ScopeNodeAdmin},
		func(ctx context.Context, in *Paging) (*reply[api.List[api.Session]], error) {
			me := aboutOf(ctx).who.ses
			all := each(s.access.listSessions(), func(x session) api.Session { return renderSession(x, me) })
			return page(all, func(x api.Session) string { return x.ID }, *in)
		})
	addBare(s, route{method: "DELETE", path: "/sessions/{id}", id: "revokeSession", summary: "Sign a browser out", tag: tag, scope: api.ScopeNodeAdmin, status: 204},
		func(_ context.Context, in *struct {
			ID string `path:"id"`
		}) (*none, error) {
			return nil, s.access.endSession(in.ID)
		})
	add(s, route{method: "POST", path: "/session/login-links", id: "createLoginLink", summary: "A link that opens the page once", tag: tag,
		scope: api.ScopeNodeAdmin, status: 201},
		func(context.Context, *none) (*reply[api.LoginLink], error) {
			code, expires := s.access.login()
			return just(api.LoginLink{URL: s.URL() + "/login#" + code, ExpiresAt: api.Time{Time: expires}})
		})
	add(s, route{method: "GET", path: "/tokens", id: "listTokens", summary: "Tokens of programs", tag: tag, scope: api.ScopeNodeAdmin},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Token]], error) {
			return page(each(s.access.listTokens(), renderToken), func(t api.Token) string { return t.ID }, *in)
		})
	add(s, route{method: "POST", path: "/tokens", id: "createToken", summary: "Make a token; its secret is shown once", tag: tag,
		scope: api.ScopeNodeAdmin, status: 201}, s.createToken)
	addBare(s, route{method: "DELETE", path: "/tokens/{t}", id: "revokeToken", summary: "Revoke a token", tag: tag, scope: api.ScopeNodeAdmin, status: 204},
		func(_ context.Context, in *struct {
			T string `path:"t" example:"tok_mzxw6ytboi"`
		}) (*none, error) {
			return nil, s.access.revoke(in.T)
		})
}

// createToken gives at most what the caller has.
func (s *Server) createToken(ctx context.Context, in *struct{ Body api.NewToken }) (*reply[api.Token], error) {
	who := aboutOf(ctx).who
	for _, scope := range in.Body.Scopes {
		if !slices.Contains(api.Scopes, scope) {
			return nil, fieldProblem("body.scopes", "holds a scope that does not exist")
		}
		if !who.has(scope) {
			return nil, api.NewProblem(api.CodeScope, "A token cannot give more than its maker has.")
		}
	}
	for _, g := range in.Body.GroupIDs {
		if _, err := s.c.Node.Group(g); err != nil {
			return nil, err
		}
	}
	t, plain, err := s.access.mint(in.Body)
	if err != nil {
		return nil, err
	}
	out := renderToken(t)
	out.Token = plain
	return just(out)
}

func renderToken(t token) api.Token {
	return api.Token{ID: t.ID, Name: t.Name, Scopes: list(t.Scopes), GroupIDs: list(t.Groups), CreatedAt: api.Time{Time: t.Created},
		ExpiresAt: api.At(t.Expires), LastUsedAt: api.At(t.Used)}
}

func renderSession(x session, current string) api.Session {
	return api.Session{ID: x.ID, CreatedAt: api.Time{Time: x.Created}, LastUsedAt: api.Time{Time: x.Used}, Current: x.ID == current}
}
