package server

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pandal-chat/pandal/api"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// problemPage explains a code; it is plain HTML and needs no script. Neither page is a template: executing one makes the linker keep every exported
// method of every type, which is megabytes.
func problemPage(name string, code api.Code) string {
	title, meaning, advice := html.EscapeString(code.Title), html.EscapeString(code.Meaning), html.EscapeString(code.Advice)
	return pageHead(title) + "<h1>" + title + "</h1><p><code>" + strconv.Itoa(code.Status) + " " + html.EscapeString(name) + "</code></p><p>" + meaning +
		"</p><h2>What to do</h2><p>" + advice + "</p>" + pageFoot
}

func problemIndex(names []string) string {
	var b strings.Builder
	b.WriteString(pageHead("Problem codes") + "<h1>Problem codes</h1><ul>")
	for _, name := range names {
		b.WriteString(`<li><a href="/docs/problems/` + url.PathEscape(name) + `">` + html.EscapeString(name) + "</a></li>")
	}
	b.WriteString("</ul>" + pageFoot)
	return b.String()
}

func pageHead(title string) string {
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + title + ` – Pandal</title><link rel="stylesheet" href="/app.css"></head>
<body><main>`
}

const pageFoot = "</main></body></html>\n"

// pageRoutes serves the explanations of problem codes.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /docs/problems/{code}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("code")
		code, ok := api.Codes[name]
		if !ok {
			writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, problemPage(name, code))
	})
	mux.HandleFunc("GET /docs/problems/{$}", func(w http.ResponseWriter, r *http.Request) {
		names := []string{}
		for name := range api.Codes {
			names = append(names, name)
		}
		slices.Sort(names)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, problemIndex(names))
	})
}
