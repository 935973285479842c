package server

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/docs"
)

// reference is the page about all operations. It is made of the document that openapi.json is, so it says the same.
func (s *Server) reference() string {
	doc := s.openapi.OpenAPI()
	by, order := map[string]docs.Operation{}, []string{}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				key := op.Tags[0] + " " + path + " " + op.Method
				by[key], order = describe(doc.Components.Schemas, path, op), append(order, key)
			}
		}
	}
	slices.Sort(order) // sorting what is large would be 20 KB more of the program
	ops := make([]docs.Operation, 0, len(order))
	for _, key := range order {
		ops = append(ops, by[key])
	}
	return docs.Reference(ops)
}

// places are what stands for an id in a line to copy, by the name of the parameter.
var places = map[string]string{"c": "COM", "g": "GRP", "m": "MSG", "u": "USR", "i": "INV", "j": "JRQ", "p": "POL", "e": "EVT", "d": "DEV", "t": "TOK", "r": "ROLE"}

func describe(schemas huma.Registry, path string, op *huma.Operation) docs.Operation {
	out := docs.Operation{ID: op.OperationID, Method: op.Method, Path: strings.TrimPrefix(path, api.Prefix), Tag: op.Tags[0], Summary: op.Summary, Description: op.Description}
	at := out.Path
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			place := places[p.Name]
			if place == "" {
				place = strings.ToUpper(p.Name)
			}
			at = strings.ReplaceAll(at, "{"+p.Name+"}", place)
		case "query":
			out.Query = append(out.Query, docs.Field{Name: p.Name, Type: typeName(p.Schema), Doc: p.Description, Required: p.Required})
		}
	}
	line := []string{"curl", "-s"}
	if len(op.Security) > 0 || op.Security == nil {
		line = []string{"curl", `-sH "Authorization: Bearer $T"`}
	}
	body := ""
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil {
			out.Body, body = bodyOf(schemas, m.Schema)
		} else {
			line = append(line, "-H 'Content-Type: image/png' --data-binary @picture.png")
		}
	}
	if body != "" {
		line = append(line, "--json '"+strings.ReplaceAll(body, "'", `'\''`)+"'")
	}
	if usual := map[bool]string{true: "POST", false: "GET"}[op.RequestBody != nil]; op.Method != usual {
		line = append(line, "-X "+op.Method)
	}
	out.Curl = strings.Join(append(line, `"$A`+at+`"`), " ")
	return out
}

// bodyOf lists the fields of a body, those that must be there first, and makes the smallest one with examples.
func bodyOf(schemas huma.Registry, sch *huma.Schema) (fields []docs.Field, example string) {
	if sch = resolved(schemas, sch); sch == nil {
		return nil, ""
	}
	small := map[string]any{}
	var optional []docs.Field
	for _, name := range slices.Sorted(maps.Keys(sch.Properties)) {
		if name == "$schema" {
			continue
		}
		f := resolved(schemas, sch.Properties[name])
		required := slices.Contains(sch.Required, name)
		field := docs.Field{Name: name, Type: typeName(f), Doc: f.Description, Required: required}
		if required {
			fields, small[name] = append(fields, field), sample(f)
		} else {
			optional = append(optional, field)
		}
	}
	fields = append(fields, optional...)
	if len(small) == 0 && len(fields) > 0 { // one of those that may be left out
		name := fields[0].Name
		small[name] = sample(resolved(schemas, sch.Properties[name]))
	}
	raw, err := json.Marshal(small)
	if err != nil {
		return fields, ""
	}
	return fields, string(raw)
}

func resolved(schemas huma.Registry, sch *huma.Schema) *huma.Schema {
	if sch != nil && sch.Ref != "" {
		return schemas.SchemaFromRef(sch.Ref)
	}
	return sch
}

func typeName(sch *huma.Schema) string {
	switch {
	case sch == nil || sch.Type == "":
		return "any"
	case sch.Type == "array":
		return "list"
	case sch.Format == "date-time":
		return "time"
	case len(sch.Enum) > 0:
		var of []string
		for _, v := range sch.Enum {
			if word, ok := v.(string); ok {
				of = append(of, word)
			}
		}
		return strings.Join(of, " | ")
	}
	return sch.Type
}

// sample is a value that the field takes.
func sample(sch *huma.Schema) any {
	switch {
	case sch == nil:
		return nil
	case len(sch.Examples) > 0:
		return sch.Examples[0]
	case len(sch.Enum) > 0:
		return sch.Enum[0]
	}
	switch sch.Type {
	case "integer", "number":
		return 1
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	}
	if sch.Format == "date-time" {
		return "2026-12-01T09:00:00Z"
	}
	return "…"
}
