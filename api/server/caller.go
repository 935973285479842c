package server

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pandal-chat/pandal/api"
)

// caller is who is asking, once that is proved.
type caller struct {
	id     string   // of the token or session; limits and idempotency keys are per id
	scopes []string // what it may do
	groups []string // where not empty: in these groups only
	ses    string   // the session's id, for a page
}

func (c *caller) has(scope string) bool { return slices.Contains(c.scopes, scope) }

// about is what the chain knows of a request and the routes want to.
type about struct {
	id    string // X-Request-Id
	path  string
	retry time.Duration // with a rate limit: when to come back
	who   *caller       // nil before authentication, and on public routes
}

type aboutKey struct{}

func aboutOf(ctx context.Context) *about {
	if a, ok := ctx.Value(aboutKey{}).(*about); ok {
		return a
	}
	return &about{}
}

func with(r *http.Request, a *about) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), aboutKey{}, a))
}

// allow lets a request through to a route when its caller has the scope. A
// token bound to groups reaches only routes about one of those.
func (s *Server) allow(scope string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		if p := s.refuse(r, scope); p != nil {
			writeProblem(w, r, p)
			return
		}
		next(ctx)
	}
}

func (s *Server) refuse(r *http.Request, scope string) *api.Problem {
	who := aboutOf(r.Context()).who
	switch {
	case scope == "":
		return nil
	case who == nil:
		return api.NewProblem(api.CodeUnauthenticated, "")
	case !who.has(scope):
		return api.NewProblem(api.CodeScope, "This needs the scope "+scope+".")
	case len(who.groups) == 0:
		return nil
	}
	group := r.PathValue("g")
	if m := r.PathValue("m"); group == "" && m != "" {
		if msg, err := s.c.Node.Message(m); err == nil {
			group = msg.GroupID
		}
	}
	if group != "" && slices.Contains(who.groups, group) {
		return nil
	}
	return api.NewProblem(api.CodeScope, "This token is bound to certain groups.")
}
