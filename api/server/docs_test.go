package server

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/docs"
)

// TestDocsPages: each page is served to who has no session, under the policy of every answer, links only to what this node serves, and asks for
// nothing else.
func TestDocsPages(t *testing.T) {
	_, h, _ := bare(t)
	paths := []string{"/docs/", "/docs/api", "/docs/problems/", "/docs/problems/locked"}
	for _, name := range docs.Names()[1:] {
		paths = append(paths, "/docs/"+name)
	}
	links, seen := regexp.MustCompile(`(?:href|src)="([^"#]+)`), map[string]bool{}
	for _, path := range paths {
		w := ask(h, "GET", path, "", "Accept", "text/html")
		page := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || w.Header().Get("Content-Security-Policy") != pageCSP {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if !strings.Contains(page, `<a href="/docs/start"`) || !strings.Contains(page, `<a href="/docs/problems/"`) {
			t.Errorf("%s does not lead to the other pages", path)
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			to := html.UnescapeString(m[1])
			if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
				t.Errorf("%s leads away, to %s", path, to)
			}
			if !seen[to] && ask(h, "GET", to, "", "Accept", "text/html").Code != 200 {
				t.Errorf("%s leads to %s, which is not served", path, to)
			}
			seen[to] = true
		}
		for _, bad := range []string{"style=", "onclick", "<style", "<script>"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
	}
	if w := ask(h, "GET", "/docs/screens/home.webp", ""); w.Code != 200 || w.Header().Get("Content-Type") != "image/webp" || w.Body.Len() < 1000 {
		t.Error(w.Code, w.Header())
	}
	if w := ask(h, "GET", "/docs", ""); w.Header().Get("Location") != "/docs/" {
		t.Error(w.Code, w.Header())
	}
	if w := ask(h, "GET", "/docs/nope", "", "Accept", "text/html"); w.Code != 404 || !strings.Contains(w.Body.String(), "No such page") {
		t.Error(w.Code, w.Body)
	}
	for _, path := range []string{"/docs/nope", "/docs/screens/nope.webp", "/docs/screens/..%2fpages%2fjoin.md"} {
		wantProblem(t, ask(h, "GET", path, ""), api.CodeNotFound)
	}
}

// TestReference: the page lists what openapi.json lists, each with a line for curl whose body the node takes as JSON of the right fields.
func TestReference(t *testing.T) {
	s, h, _ := bare(t)
	page := html.UnescapeString(ask(h, "GET", "/docs/api", "").Body.String())
	n := 0
	for path, item := range s.openapi.OpenAPI().Paths {
		raw, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		var ops map[string]struct{ OperationID, Summary string }
		json.Unmarshal(raw, &ops)
		for method, op := range ops {
			n++
			if !strings.Contains(page, `id="`+op.OperationID+`"`) || !strings.Contains(page, "<code>"+strings.TrimPrefix(path, api.Prefix)+"</code>") {
				t.Errorf("%s %s is missing", method, path)
			}
		}
	}
	if got := strings.Count(page, "<details"); got != n {
		t.Errorf("%d of %d operations", got, n)
	}
	bodies := regexp.MustCompile(`--json '(.*)' (?:-X|"\$A)`).FindAllStringSubmatch(page, -1)
	if len(bodies) < 40 {
		t.Errorf("%d bodies", len(bodies))
	}
	for _, m := range bodies {
		var body map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(m[1], `'\''`, "'")), &body); err != nil || len(body) == 0 {
			t.Errorf("%s: %v", m[0], err)
		}
	}
	for _, want := range []string{
		`curl -sH "Authorization: Bearer $T" "$A/communities"`,
		`curl -sH "Authorization: Bearer $T" --json '{"text":"hello"}' "$A/groups/GRP/messages"`,
		`-X DELETE "$A/messages/MSG"`, `curl -s "$A/health"`, `-X POST "$A/groups/GRP/typing"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if regexp.MustCompile(`"\$A[^"]*\{`).MatchString(page) {
		t.Error("curl would read braces as a pattern")
	}
}
