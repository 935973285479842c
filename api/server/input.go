package server

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// asked, sent and pictured are what the library sees of a request: one without a body, one with JSON, one with a picture. It makes its code anew,
// twenty kilobytes of it, for each pair of an input and an output: with the inputs of all routes that was near two megabytes of the program. What a
// route reads is in its own input type, which an inputs fills.
type (
	asked    struct{ ctx huma.Context }
	pictured struct {
		ctx     huma.Context
		RawBody []byte
	}
	sent struct {
		ctx  huma.Context
		Body any
	}
)

// Resolve keeps the request, to read its parameters from. The library calls it.
func (a *asked) Resolve(ctx huma.Context) []error    { return keep(&a.ctx, ctx) }
func (p *pictured) Resolve(ctx huma.Context) []error { return keep(&p.ctx, ctx) }
func (b *sent) Resolve(ctx huma.Context) []error     { return keep(&b.ctx, ctx) }

func keep(to *huma.Context, ctx huma.Context) []error {
	*to = ctx
	return nil
}

// inputs is how a route's input type is read: fields with a tag path, query or header are parameters of the kinds string, int, bool and []string
// (separated by commas); Body is the JSON body, a pointer where it may be missing; RawBody is the body as it came.
type inputs struct {
	params  []param
	body    []int // nil: none
	raw     []int
	schemas huma.Registry
}

type param struct {
	index     []int
	in, name  string
	required  bool
	otherwise string
	schema    *huma.Schema
}

// inputs reads a type and writes into the operation what it says of parameters and the body.
func (s *Server) inputs(op *huma.Operation, t reflect.Type) inputs {
	in := inputs{schemas: s.openapi.OpenAPI().Components.Schemas}
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Anonymous:
			continue
		case f.Name == "Body":
			in.body = f.Index
			op.RequestBody = &huma.RequestBody{Required: f.Type.Kind() != reflect.Pointer, Content: map[string]*huma.MediaType{
				"application/json": {Schema: huma.SchemaFromField(in.schemas, f, op.OperationID+"Request")}}}
			continue
		case f.Name == "RawBody":
			in.raw = f.Index
			continue
		}
		p := param{index: f.Index, otherwise: f.Tag.Get("default")}
		for _, p.in = range []string{"path", "query", "header"} {
			if p.name = f.Tag.Get(p.in); p.name != "" {
				break
			}
		}
		p.required = p.in == "path" || f.Tag.Get("required") == "true"
		p.schema = huma.SchemaFromField(in.schemas, f, "")
		in.params = append(in.params, p)
		if slices.ContainsFunc(op.Parameters, func(o *huma.Param) bool { return o.Name == p.name && o.In == p.in }) {
			continue
		}
		doc := &huma.Param{Name: p.name, Description: p.schema.Description, In: p.in, Required: p.required, Schema: p.schema}
		if p.in == "query" {
			doc.Explode = new(false) // lists are separated by commas
		}
		op.Parameters = append(op.Parameters, doc)
	}
	if len(in.params) > 0 {
		op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
	}
	return in
}

// fill reads a request into the struct that to points to. What cannot be is told all at once, with its place.
func (in *inputs) fill(ctx huma.Context, body any, raw []byte, to any) error {
	v := reflect.ValueOf(to).Elem()
	faults, at := &huma.ValidateResult{}, huma.NewPathBuffer(nil, 0)
	for _, p := range in.params {
		given := p.given(ctx)
		at.Reset()
		at.Push(p.in)
		at.Push(p.name)
		if given == "" {
			if p.required {
				faults.Add(at, "", "required "+p.in+" parameter is missing")
			}
			continue
		}
		got, fault := set(v.FieldByIndex(p.index), given)
		if fault != "" {
			faults.Add(at, given, fault)
			continue
		}
		huma.Validate(in.schemas, p.schema, at, huma.ModeWriteToServer, got, faults)
	}
	if len(faults.Errors) > 0 {
		return huma.NewErrorWithContext(ctx, http.StatusUnprocessableEntity, "", faults.Errors...)
	}
	if in.raw != nil {
		v.FieldByIndex(in.raw).SetBytes(raw)
	}
	if in.body == nil || body == nil {
		return nil
	}
	// The library has checked it against the schema of the field; only now is it read as what it is.
	again, err := json.Marshal(body)
	if err == nil {
		err = json.Unmarshal(again, v.FieldByIndex(in.body).Addr().Interface())
	}
	if err != nil {
		return fieldProblem("body", "is not what this route reads")
	}
	return nil
}

func (p *param) given(ctx huma.Context) string {
	got := ""
	switch p.in {
	case "path":
		got = ctx.Param(p.name)
	case "query":
		got = ctx.Query(p.name)
	case "header":
		got = ctx.Header(p.name)
	}
	if got == "" {
		return p.otherwise
	}
	return got
}

// set reads a parameter as what its field is, and says what is wrong with it.
func set(f reflect.Value, given string) (got any, fault string) {
	switch f.Kind() {
	case reflect.Int:
		n, err := strconv.ParseInt(given, 10, 64)
		if err != nil {
			return nil, "invalid integer"
		}
		f.SetInt(n)
		return n, ""
	case reflect.Bool:
		yes, err := strconv.ParseBool(given)
		if err != nil {
			return nil, "invalid boolean"
		}
		f.SetBool(yes)
		return yes, ""
	case reflect.Slice:
		list := strings.Split(given, ",")
		f.Set(reflect.ValueOf(list))
		return list, ""
	}
	f.SetString(given)
	return given, ""
}

// run is a route: fill reads the request into what the route wants of it.
type run[O any] func(ctx context.Context, fill func(to any) error) (*O, error)

func registerAsked[O any](s *Server, op huma.Operation, in inputs, do run[O]) {
	huma.Register(s.openapi, op, func(ctx context.Context, r *asked) (*O, error) {
		return do(ctx, func(to any) error { return in.fill(r.ctx, nil, nil, to) })
	})
}

func registerSent[O any](s *Server, op huma.Operation, in inputs, do run[O]) {
	huma.Register(s.openapi, op, func(ctx context.Context, r *sent) (*O, error) {
		return do(ctx, func(to any) error { return in.fill(r.ctx, r.Body, nil, to) })
	})
}

func registerPictured[O any](s *Server, op huma.Operation, in inputs, do run[O]) {
	huma.Register(s.openapi, op, func(ctx context.Context, r *pictured) (*O, error) {
		return do(ctx, func(to any) error { return in.fill(r.ctx, nil, r.RawBody, to) })
	})
}
