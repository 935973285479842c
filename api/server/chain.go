package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// check looks at a request. It answers with the request to go on with, or with
// the problem that ends it.
type check func(*http.Request) (*http.Request, *api.Problem)

// The two doors. A request is refused by the first check that does not like it.
func (s *Server) tcpChecks() []check {
	return []check{
		s.hostIsOurs,     // 421: a name that was rebound to this machine
		s.notPreflight,   // 403: nobody is told what he may send
		s.sameSite,       // 403: the browser says that another site is behind it
		s.notCrossOrigin, // 403: the same by Origin, for browsers without the header
		s.originIsHost,   // 403: a page on another port of this machine
		s.bodyFits,       // 413
		s.notLocked,      // 503
		s.tokenOrSession, // 401: programs have a token, pages both halves of a session
		s.withinRate,     // 429
		s.settled,        // waits, refuses nothing
	}
}

func (s *Server) socketChecks() []check {
	return []check{
		s.hostIsSocket, // 421
		s.notBrowser,   // 403: no browser speaks on this socket
		s.bodyFits,     // 413
		s.notLocked,    // 503
		s.socketCaller, // the peer's uid was checked when it connected
		s.withinRate,   // 429
		s.settled,      // waits, refuses nothing
	}
}

// pageCSP is the content security policy of every answer: scripts from here
// only, no markup from strings, and nobody frames it.
const pageCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
	"connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"form-action 'self'; require-trusted-types-for 'script'; trusted-types pandal"

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", pageCSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()")
}

// serve runs the checks and then the routes.
func (s *Server) serve(checks []check, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &about{id: requestID(r), path: r.URL.Path}
		setHeaders(w.Header())
		w.Header().Set("X-Request-Id", a.id)
		if isAPI(r) {
			w.Header().Set("Cache-Control", "no-store")
		}
		r = with(r, a)
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				s.c.Log.Error("request failed", "request_id", a.id, "panic", v, slog.String("stack", string(debug.Stack())))
				writeProblem(w, r, api.NewProblem(api.CodeInternal, ""))
			}
		}()
		for _, c := range checks {
			passed, p := c(r)
			if p != nil {
				s.allowCORS(w, r)
				writeProblem(w, r, p)
				return
			}
			r = passed
		}
		if s.allowCORS(w, r) && r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// requestID takes over a caller's id where it is one, for logs on both sides.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	ok := id != "" && len(id) <= 64
	for _, c := range []byte(id) {
		ok = ok && (c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
	}
	if !ok {
		id = "req_" + strings.ToLower(rand.Text())[:16]
	}
	return id
}

func (s *Server) hostIsOurs(r *http.Request) (*http.Request, *api.Problem) {
	if !slices.Contains(s.hosts, r.Host) {
		return r, api.NewProblem(api.CodeBadHost, "")
	}
	return r, nil
}

func (s *Server) hostIsSocket(r *http.Request) (*http.Request, *api.Problem) {
	if r.Host != api.SocketHost {
		return r, api.NewProblem(api.CodeBadHost, "On the socket the Host is "+api.SocketHost+".")
	}
	return r, nil
}

// notBrowser refuses what a browser adds to a request: through a proxy that
// was pointed at the socket a page would act with full rights.
func (s *Server) notBrowser(r *http.Request) (*http.Request, *api.Problem) {
	if r.Header.Get("Origin") != "" || r.Header.Get("Referer") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return r, api.NewProblem(api.CodeCrossOrigin, "The socket is not for browsers.")
	}
	return r, nil
}

func (s *Server) notPreflight(r *http.Request) (*http.Request, *api.Problem) {
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" && !s.corsOrigin(r) {
		return r, api.NewProblem(api.CodeCrossOrigin, "")
	}
	return r, nil
}

// sameSite refuses API requests that a browser marks as another site's, GET
// too. An address typed into the address bar is marked "none" and may read.
func (s *Server) sameSite(r *http.Request) (*http.Request, *api.Problem) {
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case !isAPI(r), site == "", site == "same-origin", s.corsOrigin(r):
		return r, nil
	case site == "none" && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Dest") == "document":
		return r, nil
	}
	return r, api.NewProblem(api.CodeCrossOrigin, "")
}

func (s *Server) notCrossOrigin(r *http.Request) (*http.Request, *api.Problem) {
	if !s.corsOrigin(r) && s.csrf.Check(r) != nil {
		return r, api.NewProblem(api.CodeCrossOrigin, "")
	}
	return r, nil
}

func (s *Server) originIsHost(r *http.Request) (*http.Request, *api.Problem) {
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "http://"+r.Host || s.corsOrigin(r) ||
		origin == "https://"+r.Host && slices.Contains(s.c.AllowedHosts, r.Host) {
		return r, nil
	}
	return r, api.NewProblem(api.CodeCrossOrigin, "")
}

// corsOrigin says whether the request comes from an origin the person named
// with --api-cors-origin. Such a page still needs a token.
func (s *Server) corsOrigin(r *http.Request) bool {
	return slices.Contains(s.c.CORSOrigins, r.Header.Get("Origin"))
}

// allowCORS tells the browser that a named origin may read the answer.
func (s *Server) allowCORS(w http.ResponseWriter, r *http.Request) bool {
	if !isAPI(r) || !s.corsOrigin(r) {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Vary", "Origin")
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id")
	h.Set("Access-Control-Expose-Headers", "ETag, X-Request-Id, Idempotent-Replayed, Retry-After")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return true
}

// maxBody is the size of a JSON body at most.
const maxBody = 1 << 20

// bodyFits reads the body, so that what comes later has all of it or nothing.
func (s *Server) bodyFits(r *http.Request) (*http.Request, *api.Problem) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	most, tooLarge := int64(maxBody), api.NewProblem(api.CodeTooLarge, "")
	if r.Method == http.MethodPost && r.URL.Path == api.Prefix+decodePath {
		most, tooLarge = maxPicture, pictureTooLarge("The picture has more than 8 MiB.")
	}
	if r.ContentLength > most {
		return r, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return r, api.NewProblem(api.CodeMalformed, "The body ended early.")
	}
	if int64(len(body)) > most {
		return r, tooLarge
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return r, nil
}

// notLocked: of a locked store only its door is answered, and how to stop the node.
func (s *Server) notLocked(r *http.Request) (*http.Request, *api.Problem) {
	if s.c.Node != nil || s.c.Open == nil || !isAPI(r) {
		return r, nil
	}
	switch strings.TrimPrefix(r.URL.Path, api.Prefix) {
	case "/health", "/lock", "/unlock", "/session", "/session/login-links", "/node/shutdown":
		return r, nil
	}
	return r, api.NewProblem(api.CodeLocked, "")
}

// settled lets a request wait while a community is opened anew: for that moment the node would deny that it has it.
func (s *Server) settled(r *http.Request) (*http.Request, *api.Problem) {
	if s.c.Node != nil && isAPI(r) {
		ctx, done := context.WithTimeout(r.Context(), 5*time.Second)
		defer done()
		s.c.Node.Settled(ctx)
	}
	return r, nil
}

// public says which API routes need no caller.
func public(r *http.Request) bool {
	return !isAPI(r) ||
		r.URL.Path == api.Prefix+"/health" && (r.Method == http.MethodGet || r.Method == http.MethodHead) ||
		r.URL.Path == api.Prefix+"/session" && r.Method == http.MethodPost ||
		r.Method == http.MethodOptions
}

func (s *Server) tokenOrSession(r *http.Request) (*http.Request, *api.Problem) {
	if public(r) {
		return r, nil
	}
	who := s.access.caller(r, s.cookieName())
	if who == nil {
		return r, api.NewProblem(api.CodeUnauthenticated, "")
	}
	aboutOf(r.Context()).who = who
	return r, nil
}

func (s *Server) socketCaller(r *http.Request) (*http.Request, *api.Problem) {
	aboutOf(r.Context()).who = &caller{id: "socket", scopes: api.Scopes}
	return r, nil
}

func (s *Server) withinRate(r *http.Request) (*http.Request, *api.Problem) {
	who := aboutOf(r.Context()).who
	if who == nil || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r, nil
	}
	sends := r.Method == http.MethodPost &&
		(strings.HasSuffix(r.URL.Path, "/messages") || strings.HasSuffix(r.URL.Path, "/announcements"))
	if wait := s.limits.take(who.id, sends); wait > 0 {
		aboutOf(r.Context()).retry = wait
		return r, api.NewProblem(api.CodeRateLimited, "")
	}
	return r, nil
}
