package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pandal-chat/pandal/api"
)

// route describes an operation. Scope is what a caller must have; only the two
// public routes have none.
type route struct {
	method, path string // path without the prefix
	id, summary  string
	tag          string
	scope        string
	status       int   // of success; 0: 200
	errors       []int // beside those that every route may answer
	description  string
	picture      bool // the body is a picture, PNG or JPEG
}

// routes builds the mux: pages, the OpenAPI document, and all operations.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Pandal local API", Version: "v1",
				Description: "What programs on this machine may ask of a node. Send a token as `Authorization: Bearer …`; the node's own is in the file that `pandal path token` names."},
			Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{
				"token": {Type: "http", Scheme: "bearer", Description: "A token of this node."},
			}},
			Security: []map[string][]string{{"token": {}}},
		},
		OpenAPIPath:   "/openapi",
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	s.openapi = humago.New(mux, config)
	s.nodeRoutes()
	s.accessRoutes()
	s.communityRoutes()
	s.memberRoutes()
	s.groupRoutes()
	s.inviteRoutes()
	s.adminRoutes()
	s.verifyRoutes()
	s.deskRoutes()
	s.deviceRoutes()
	s.recoveryRoutes()
	s.reportRoutes()
	s.insightRoutes()
	s.standingRoutes()
	s.messageRoutes()
	s.talkRoutes()
	s.privateRoutes()
	s.networkRoutes()
	s.eventRoutes(mux)
	s.pageRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !s.page(w, r) {
			s.noRoute(mux, w, r)
		}
	})
	openAnswers(s.openapi.OpenAPI())
	return s.answers.once(mux)
}

// openAnswers says in the document that answers may get more fields; requests
// with unknown fields are refused, so that a typo is noticed.
func openAnswers(doc *huma.OpenAPI) {
	asked := map[*huma.Schema]bool{}
	var mark func(*huma.Schema)
	mark = func(sch *huma.Schema) {
		if sch != nil && sch.Ref != "" {
			sch = doc.Components.Schemas.SchemaFromRef(sch.Ref)
		}
		if sch == nil || asked[sch] {
			return
		}
		asked[sch] = true
		mark(sch.Items)
		for _, p := range sch.Properties {
			mark(p)
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && op.RequestBody != nil {
				for _, m := range op.RequestBody.Content {
					mark(m.Schema)
				}
			}
		}
	}
	for _, sch := range doc.Components.Schemas.Map() {
		if sch.AdditionalProperties == false && !asked[sch] {
			sch.AdditionalProperties = nil
		}
	}
}

// noRoute tells a wrong method from a wrong path.
func (s *Server) noRoute(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := mux.Handler(other); pattern != "/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, r, api.NewProblem(api.CodeMethodNotAllowed, ""))
		return
	}
	writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
}

// add registers an operation that answers with a body.
func add[I, T any](s *Server, rt route, handle func(context.Context, *I) (*reply[T], error)) {
	op := s.operation(rt)
	in := s.inputs(&op, reflect.TypeFor[I]())
	body, _ := reflect.TypeFor[reply[T]]().FieldByName("Body")
	op.Responses = map[string]*huma.Response{strconv.Itoa(op.DefaultStatus): {Content: map[string]*huma.MediaType{
		"application/json": {Schema: huma.SchemaFromField(in.schemas, body, rt.id+"Response")}}}}
	do := func(ctx context.Context, fill func(any) error) (*answered, error) {
		out, err := handled(ctx, s, fill, handle)
		if err != nil {
			return nil, err
		}
		return &answered{ETag: out.ETag, Body: out.Body}, nil
	}
	switch {
	case in.raw != nil:
		registerPictured(s, op, in, do)
	case in.body != nil:
		registerSent(s, op, in, do)
	default:
		registerAsked(s, op, in, do)
	}
}

// addBare registers an operation that answers with no body.
func addBare[I any](s *Server, rt route, handle func(context.Context, *I) (*none, error)) {
	op := s.operation(rt)
	in := s.inputs(&op, reflect.TypeFor[I]())
	do := func(ctx context.Context, fill func(any) error) (*none, error) { return handled(ctx, s, fill, handle) }
	if in.body != nil {
		registerSent(s, op, in, do)
		return
	}
	registerAsked(s, op, in, do)
}

// addSent registers an operation that reads a JSON body and answers with headers or a status of its own.
func addSent[I, O any](s *Server, rt route, handle func(context.Context, *I) (*O, error)) {
	op := s.operation(rt)
	in := s.inputs(&op, reflect.TypeFor[I]())
	registerSent(s, op, in, func(ctx context.Context, fill func(any) error) (*O, error) { return handled(ctx, s, fill, handle) })
}

// addOwn registers an operation without a body whose answer is of its own making.
func addOwn[I, O any](s *Server, rt route, handle func(context.Context, *I) (*O, error)) {
	op := s.operation(rt)
	in := s.inputs(&op, reflect.TypeFor[I]())
	registerAsked(s, op, in, func(ctx context.Context, fill func(any) error) (*O, error) { return handled(ctx, s, fill, handle) })
}

// handled reads a request, lets the route handle it, and makes a problem of what went wrong.
func handled[I, O any](ctx context.Context, s *Server, fill func(any) error, handle func(context.Context, *I) (*O, error)) (*O, error) {
	var in I
	err := fill(&in)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	out, err := handle(ctx, &in)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	return out, nil
}

// operation describes a route to the library: its scope is checked before its
// body is looked at, and its errors become problems.
func (s *Server) operation(rt route) huma.Operation {
	op := huma.Operation{Method: rt.method, Path: api.Prefix + rt.path, OperationID: rt.id, Summary: rt.summary, Tags: []string{rt.tag},
		DefaultStatus: rt.status, MaxBodyBytes: 2 * maxBody, Middlewares: huma.Middlewares{s.allow(rt.scope)}}
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
	if rt.picture {
		content := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"image/png": content, "image/jpeg": content}}
		op.MaxBodyBytes = maxPicture + 1
	}
	if rt.scope == "" {
		op.Security = []map[string][]string{}
		op.Errors = []int{http.StatusForbidden, http.StatusMisdirectedRequest}
	} else {
		op.Description = strings.TrimSpace("Scope `" + rt.scope + "`. " + rt.description)
		op.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest, http.StatusServiceUnavailable}
	}
	if rt.method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
			http.StatusTooManyRequests, http.StatusInsufficientStorage)
	}
	if rt.method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "1 to 128 characters. The same key and body get the same answer for 24 hours.",
			Schema:      &huma.Schema{Type: "string", MaxLength: new(128)}, Example: "6f9c-1"})
	}
	if strings.Contains(rt.path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	op.Errors = append(op.Errors, rt.errors...)
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
	return op
}

// answered is any reply with a body.
type answered struct {
	ETag string `header:"ETag"`
	Body any
}

// Inputs and outputs that many routes share. Parts of inputs are exported
// because huma reads no others.
type (
	none struct{}

	reply[T any] struct {
		ETag string `header:"ETag"`
		Body T
	}
	CommunityPath struct {
		C string `path:"c" doc:"Community id." example:"com_mzxw6ytboi"`
	}
	GroupPath struct {
		G string `path:"g" doc:"Group id." example:"grp_mzxw6ytboi"`
	}
	Conditions struct {
		IfMatch     string `header:"If-Match" doc:"Change it only if its ETag is still this one."`
		IfNoneMatch string `header:"If-None-Match" doc:"Answer 304 if its ETag is still this one."`
	}
	Paging struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor string `query:"cursor" maxLength:"256" doc:"next_cursor of the page before."`
	}
)

func just[T any](body T) (*reply[T], error) { return &reply[T]{Body: body}, nil }

// tag is the ETag of a representation. The part before the dot is the version
// of the resource itself; what is behind it covers things that come and go,
// such as who is online, and plays no part in If-Match.
func tag(version string, body any) string {
	raw, _ := json.Marshal(body)
	h := sha256.Sum256(raw)
	all := base64.RawURLEncoding.EncodeToString(h[:9])
	if version == "" {
		return `"` + all + `"`
	}
	v := sha256.Sum256([]byte(version))
	return `"` + base64.RawURLEncoding.EncodeToString(v[:9]) + "." + all + `"`
}

// show answers a GET of one resource, or 304.
func show[T any](c Conditions, version string, body T) (*reply[T], error) {
	t := tag(version, body)
	if matches(c.IfNoneMatch, t, func(a, b string) bool { return strings.TrimPrefix(a, "W/") == b }) {
		return nil, huma.ErrorWithHeaders(&api.Problem{Status: http.StatusNotModified}, http.Header{"Etag": {t}})
	}
	return &reply[T]{ETag: t, Body: body}, nil
}

// current lets a change through if If-Match names the version at hand.
func current(c Conditions, version string, body any) error {
	if c.IfMatch == "" {
		return nil
	}
	same := func(a, b string) bool {
		va, _, ok := strings.Cut(a, ".")
		vb, _, _ := strings.Cut(b, ".")
		return a == b || ok && va == vb
	}
	if !matches(c.IfMatch, tag(version, body), same) {
		return api.NewProblem(api.CodeStale, "")
	}
	return nil
}

func matches(header, tag string, same func(a, b string) bool) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t != "" && same(t, tag) {
			return true
		}
	}
	return false
}

// page cuts a list. A cursor names the last item seen and its place, so that
// Paging goes on sensibly when the list changes in between.
func page[T any](items []T, id func(T) string, p Paging) (*reply[api.List[T]], error) {
	from, to, next, err := p.cut(len(items), func(i int) string { return id(items[i]) })
	if err != nil {
		return nil, err
	}
	return just(api.List[T]{Items: list(items[from:to]), NextCursor: next})
}

// cut finds the part of a list of n that a page shows, and the cursor of the next.
func (p Paging) cut(n int, id func(int) string) (from, to int, next *string, err error) {
	if p.Cursor != "" {
		place, last, err := readCursor(p.Cursor)
		if err != nil {
			return 0, 0, nil, err
		}
		from = min(place, n)
		if place < 1 || place > n || id(place-1) != last { // the list has changed
			for i := range n {
				if id(i) == last {
					from = i + 1
					break
				}
			}
		}
	}
	to = min(from+p.Limit, n)
	if to < n {
		next = new(writeCursor(to, id(to-1)))
	}
	return from, to, next, nil
}

func writeCursor(place int, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", place, id))
}

func readCursor(cursor string) (place int, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	first, id, ok := strings.Cut(string(raw), " ")
	place, e := strconv.Atoi(first)
	if err != nil || e != nil || !ok || place < 0 {
		return 0, "", fieldProblem("query.cursor", "is not a cursor of this list")
	}
	return place, id, nil
}
