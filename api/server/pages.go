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
	"sync"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/docs"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// problemPage explains a code; it is plain HTML and needs no script. Neither page is a template: executing one makes the linker keep every exported
// method of every type, which is megabytes.
func problemPage(name string, code api.Code) string {
	title, meaning, advice := html.EscapeString(code.Title), html.EscapeString(code.Meaning), html.EscapeString(code.Advice)
	return docs.Frame("problems", code.Title, "<h1>"+title+"</h1><p><code>"+strconv.Itoa(code.Status)+" "+html.EscapeString(name)+"</code></p><p>"+meaning+
		"</p><h2>What to do</h2><p>"+advice+"</p>")
}

func problemIndex(names []string) string {
	var b strings.Builder
	b.WriteString("<h1>Problem codes</h1><p>What the API may answer instead of doing what was asked. The code is in the answer, and means the same in every version.</p><ul class=\"doc-codes\">")
	for _, name := range names {
		b.WriteString(`<li><a href="/docs/problems/` + url.PathEscape(name) + `">` + html.EscapeString(name) + "</a></li>")
	}
	b.WriteString("</ul>")
	return docs.Frame("problems", "Problem codes", b.String())
}

// pageRoutes serves the pages of help, the list of operations, and the explanations of problem codes.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	write := func(w http.ResponseWriter, status int, page string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.WriteHeader(status)
		io.WriteString(w, page)
	}
	mux.HandleFunc("GET /docs/problems/{code}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("code")
		code, ok := api.Codes[name]
		if !ok {
			writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
			return
		}
		write(w, http.StatusOK, problemPage(name, code))
	})
	mux.HandleFunc("GET /docs/problems/{$}", func(w http.ResponseWriter, r *http.Request) {
		names := []string{}
		for name := range api.Codes {
			names = append(names, name)
		}
		slices.Sort(names)
		write(w, http.StatusOK, problemIndex(names))
	})
	mux.HandleFunc("GET /docs/screens/{file}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := docs.Screen(r.PathValue("file"))
		if err != nil {
			writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
			return
		}
		w.Header().Set("Content-Type", "image/webp")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(raw)
	})
	reference := sync.OnceValue(s.reference)
	mux.HandleFunc("GET /docs/{page...}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("page")
		switch name {
		case "":
			name = "index"
		case "api":
			write(w, http.StatusOK, reference())
			return
		}
		if page, ok := docs.Page(name); ok {
			write(w, http.StatusOK, page)
			return
		}
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			writeProblem(w, r, api.NewProblem(api.CodeNotFound, ""))
			return
		}
		write(w, http.StatusNotFound, docs.Frame("", "No such page", "<h1>No such page</h1><p>There is no page at this address. The list has all there are.</p>"))
	})
}
