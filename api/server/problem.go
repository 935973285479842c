package server

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// codeOf is the one table from errors of node to problem codes. say tells
// whether the error's own words help the person; they hold no value he sent.
var codeOf = []struct {
	err  error
	code string
	say  bool
}{
	{node.ErrNotFound, api.CodeNotFound, false},
	{node.ErrInvalid, api.CodeInvalid, true},
	{node.ErrTooLarge, api.CodeTooLarge, true},
	{node.ErrAnnounceOnly, api.CodeAnnounceAdminOnly, false},
	{node.ErrNotMember, api.CodeNotMember, false},
	{node.ErrAlreadyMember, api.CodeAlreadyMember, false},
	{node.ErrLastOwner, api.CodeLastOwner, false},
	{node.ErrArchived, api.CodeArchived, false},
	{node.ErrNotAuthor, api.CodeNotAuthor, false},
	{node.ErrGone, api.CodeGone, false},
	{node.ErrPollClosed, api.CodePollClosed, false},
	{node.ErrAnonymous, api.CodeAnonymous, false},
	{node.ErrStranger, api.CodeStranger, false},
	{node.ErrDirect, api.CodeDirect, false},
	{node.ErrEnded, api.CodeEnded, false},
	{node.ErrMustAsk, api.CodeMustAsk, false},
	{node.ErrEventOver, api.CodeEventOver, false},
	{node.ErrNoReplies, api.CodeRepliesOff, false},
	{node.ErrRemoved, api.CodeRemoved, false},
	{node.ErrInviteUnreadable, api.CodeInviteUnreadable, false},
	{node.ErrInviteVersion, api.CodeInviteVersion, false},
	{node.ErrInviteExpired, api.CodeInviteExpired, false},
	{node.ErrInviteUsedUp, api.CodeInviteUsedUp, false},
	{node.ErrInviteRevoked, api.CodeInviteRevoked, false},
	{node.ErrInviteForeign, api.CodeInviteForeign, false},
	{node.ErrRecoverySet, api.CodeConflict, true},
	{node.ErrNoRecovery, api.CodeConflict, true},
	{node.ErrHandoverStale, api.CodeConflict, true},
	{node.ErrSignedAnother, api.CodeConflict, true},
	{node.ErrNeedsSignatures, api.CodeConflict, true},
	{node.ErrNotOpen, api.CodeNotMember, true},
	{node.ErrDeclined, api.CodeDeclined, false},
	{node.ErrStaleRequest, api.CodeRequestStale, false},
	{node.ErrNotFirstDevice, api.CodeNotFirstDevice, false},
	{node.ErrNotConnected, api.CodeUnreachable, false},
	{node.ErrPassphrase, api.CodeWrongPassphrase, false},
	{node.ErrFull, api.CodeDiskFull, false},
	{node.ErrCursorExpired, api.CodeCursorExpired, false},
	{node.ErrClosed, api.CodeStopping, false},
}

// problemOf turns any error into a problem. What is not in the table is
// internal, and its words go to the log only.
func problemOf(err error) *api.Problem {
	if p := (*api.Problem)(nil); errors.As(err, &p) {
		return p
	}
	if m := (*node.MissingRight)(nil); errors.As(err, &m) {
		text := m.Error()
		p := api.NewProblem(api.CodeMissingRight, strings.ToUpper(text[:1])+text[1:]+".")
		p.Bit, p.Who = m.Bit, m.Who
		return p
	}
	for _, row := range codeOf {
		if errors.Is(err, row.err) {
			p := api.NewProblem(row.code, "")
			if row.say {
				p.Detail = err.Error()
			}
			return p
		}
	}
	return api.NewProblem(api.CodeInternal, "")
}

// complete fills in what a problem says about its request.
func complete(p *api.Problem, a *about) *api.Problem {
	q := *p // table rows and shared errors stay as they are
	q.Instance, q.RequestID = a.path, a.id
	if q.Hint == "" && q.Code != "" {
		q.Hint = api.Codes[q.Code].Advice
	}
	return &q
}

// writeProblem answers with a problem.
func writeProblem(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	p = complete(p, aboutOf(r.Context()))
	h := w.Header()
	h.Set("Content-Type", p.ContentType(""))
	for name, values := range problemHeaders(p, aboutOf(r.Context())) {
		h[name] = values
	}
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func problemHeaders(p *api.Problem, a *about) http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("Www-Authenticate", `Bearer realm="pandal"`)
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(a.retry.Seconds())))))
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	return h
}

// statusCode is the code of problems that huma finds before a route runs.
var statusCode = map[int]string{
	http.StatusBadRequest:            api.CodeMalformed,
	http.StatusNotAcceptable:         api.CodeNotAcceptable,
	http.StatusRequestTimeout:        api.CodeMalformed,
	http.StatusRequestEntityTooLarge: api.CodeTooLarge,
	http.StatusUnsupportedMediaType:  api.CodeMediaType,
	http.StatusUnprocessableEntity:   api.CodeInvalid,
}

// teachHuma makes huma's problems ours, for all servers of the process: huma
// has one such function. They say where and what is wrong, never the value.
var teachHuma = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(&about{}, status, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(aboutOf(ctx.Context()), status, errs)
	}
})

func humaProblem(a *about, status int, errs []error) *api.Problem {
	if status == http.StatusNotModified || status == 0 {
		return &api.Problem{Status: status}
	}
	code, ok := statusCode[status]
	if !ok {
		code = api.CodeInternal
	}
	p := api.NewProblem(code, "")
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok || code == api.CodeInternal {
			continue
		}
		e := d.ErrorDetail()
		if code == api.CodeMalformed || code == api.CodeMediaType { // the parser's words may quote the body
			p.Errors = append(p.Errors, api.FieldError{Location: "body", Message: "is not readable"})
			continue
		}
		p.Errors = append(p.Errors, api.FieldError{Location: e.Location, Message: e.Message})
	}
	return complete(p, a)
}

// failed makes the answer to an error of a route, and logs what nobody expected.
func (s *Server) failed(ctx context.Context, err error) error {
	p, a := problemOf(err), aboutOf(ctx)
	if p.Status == http.StatusNotModified {
		return err // not an error, only huma's way of saying it
	}
	if p.Code == api.CodeInternal {
		s.c.Log.Error("request failed", "request_id", a.id, "err", err)
	}
	p = complete(p, a)
	if h := problemHeaders(p, a); len(h) > 0 {
		return huma.ErrorWithHeaders(p, h)
	}
	return p
}
