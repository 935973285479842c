package server

import (
	"bytes"
	"html/template"
	"net/http"
	"reflect"
	"slices"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/web"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// problemPage explains a code; it is plain HTML and needs no script.
var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Code.Title}} – Pandal</title><link rel="stylesheet" href="/app.css"></head>
<body><main><h1>{{.Code.Title}}</h1><p><code>{{.Code.Status}} {{.Name}}</code></p><p>{{.Code.Meaning}}</p><h2>What to do</h2><p>{{.Code.Advice}}</p></main></body></html>
`))

// pageRoutes serves what a browser sees: the status page, the sign-in and the
// explanations of problem codes. None of it needs a session; none of it holds
// anything of the person.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	for path, file := range map[string]string{
		"/{$}": "index.html", "/login": "login.html", "/app.css": "app.css", "/app.js": "app.js", "/login.js": "login.js",
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, web.Files, file)
		})
	}
	mux.HandleFunc("GET /docs/problems/{code}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("code")
		code, ok := api.Codes[name]
		if !ok {
			writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
			return
		}
		var b bytes.Buffer
		if err := problemPage.Execute(&b, struct {
			Name string
			Code api.Code
		}{name, code}); err != nil {
			writeProblem(w, r, api.NewProblem(api.CodeInternal, ""))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(b.Bytes())
	})
	mux.HandleFunc("GET /docs/problems/{$}", func(w http.ResponseWriter, r *http.Request) {
		names := []string{}
		for name := range api.Codes {
			names = append(names, name)
		}
		slices.Sort(names)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		problemIndex.Execute(w, names)
	})
}

var problemIndex = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Problem codes – Pandal</title><link rel="stylesheet" href="/app.css"></head>
<body><main><h1>Problem codes</h1><ul>{{range .}}<li><a href="/docs/problems/{{.}}">{{.}}</a></li>{{end}}</ul></main></body></html>
`))
