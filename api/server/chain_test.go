package server

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/web"
)

// bare is a server without a node, for what is decided before a route runs.
func bare(t *testing.T) (*Server, http.Handler, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := build(Config{Data: dir, Version: "test", CORSOrigins: []string{"https://dash.example"}, AllowedHosts: []string{"pandal.example"}})
	if err != nil {
		t.Fatal(err)
	}
	s.at(7717)
	tok, err := os.ReadFile(filepath.Join(dir, tokenFile))
	if err != nil {
		t.Fatal(err)
	}
	return s, s.serve(s.tcpChecks(), s.routes()), strings.TrimSpace(string(tok))
}

// ask sends a request; head is name, value, name, value …; "Host" is the host.
func ask(h http.Handler, method, path, body string, head ...string) *httptest.ResponseRecorder {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, path, nil)
	} else {
		r = httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	r.Host = "127.0.0.1:7717"
	for i := 0; i+1 < len(head); i += 2 {
		if head[i] == "Host" {
			r.Host = head[i+1]
		} else {
			r.Header.Set(head[i], head[i+1])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func wantProblem(t *testing.T, w *httptest.ResponseRecorder, code string) *api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != code || w.Code != api.Codes[code].Status ||
		w.Header().Get("Content-Type") != "application/problem+json" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Fatalf("want %s, got %d %s %v", code, w.Code, w.Body.String(), err)
	}
	return &p
}

// signIn makes a session and returns the two headers of its page.
func signIn(t *testing.T, s *Server, h http.Handler) (cookie, secret string) {
	t.Helper()
	code, _ := s.access.login()
	w := ask(h, "POST", "/api/v1/session", `{"code":"`+code+`"}`, "Origin", "http://127.0.0.1:7717", "Sec-Fetch-Site", "same-origin")
	if w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	var ses api.Session
	json.Unmarshal(w.Body.Bytes(), &ses)
	set := w.Header().Get("Set-Cookie")
	for _, part := range []string{"sid_7717=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(set, part) {
			t.Fatalf("cookie %q lacks %s", set, part)
		}
	}
	if strings.Contains(set, "Secure") {
		t.Fatal("Safari refuses Secure cookies over http")
	}
	wantProblem(t, ask(h, "POST", "/api/v1/session", `{"code":"`+code+`"}`), api.CodeUnauthenticated) // once
	return strings.SplitN(set, ";", 2)[0], ses.Secret
}

// TestRefusals is the list of chain.go, one way each that a stranger may try.
func TestRefusals(t *testing.T) {
	s, h, tok := bare(t)
	bearer := "Bearer " + tok
	cookie, secret := signIn(t, s, h)
	for _, c := range []struct {
		name, method, path string
		head               []string
		code               string
	}{
		{"rebound host", "GET", "/api/v1/version", []string{"Host", "evil.example:7717", "Authorization", bearer}, api.CodeBadHost},
		{"rebound host, page", "GET", "/", []string{"Host", "evil.example"}, api.CodeBadHost},
		{"host of another port", "GET", "/api/v1/version", []string{"Host", "127.0.0.1:7718", "Authorization", bearer}, api.CodeBadHost},
		{"host without port", "GET", "/api/v1/version", []string{"Host", "127.0.0.1", "Authorization", bearer}, api.CodeBadHost},
		{"preflight", "OPTIONS", "/api/v1/tokens", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, api.CodeCrossOrigin},
		{"cross-site GET", "GET", "/api/v1/version", []string{"Sec-Fetch-Site", "cross-site", "Authorization", bearer}, api.CodeCrossOrigin},
		{"same-site is another port", "GET", "/api/v1/version", []string{"Sec-Fetch-Site", "same-site", "Cookie", cookie}, api.CodeCrossOrigin},
		{"typed, but not a document", "GET", "/api/v1/version", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "image", "Authorization", bearer}, api.CodeCrossOrigin},
		{"typed POST", "POST", "/api/v1/tokens", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document", "Authorization", bearer}, api.CodeCrossOrigin},
		{"another origin", "POST", "/api/v1/tokens", []string{"Origin", "https://evil.example", "Authorization", bearer}, api.CodeCrossOrigin},
		{"another origin reads", "GET", "/api/v1/version", []string{"Origin", "https://evil.example", "Authorization", bearer}, api.CodeCrossOrigin},
		{"another port", "POST", "/api/v1/tokens", []string{"Origin", "http://127.0.0.1:8000", "Cookie", cookie, api.SessionHeader, secret}, api.CodeCrossOrigin},
		{"another port reads", "GET", "/api/v1/version", []string{"Origin", "http://127.0.0.1:8000", "Cookie", cookie, api.SessionHeader, secret}, api.CodeCrossOrigin},
		{"null origin", "GET", "/api/v1/version", []string{"Origin", "null", "Authorization", bearer}, api.CodeCrossOrigin},
		{"no token", "GET", "/api/v1/version", nil, api.CodeUnauthenticated},
		{"wrong token", "GET", "/api/v1/version", []string{"Authorization", bearer + "x"}, api.CodeUnauthenticated},
		{"token in the query", "GET", "/api/v1/version?token=" + tok + "&access_token=" + tok, nil, api.CodeUnauthenticated},
		{"basic", "GET", "/api/v1/version", []string{"Authorization", "Basic " + tok}, api.CodeUnauthenticated},
		{"cookie alone", "GET", "/api/v1/version", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, api.CodeUnauthenticated},
		{"header alone", "GET", "/api/v1/version", []string{api.SessionHeader, secret}, api.CodeUnauthenticated},
		{"cookie of another port", "GET", "/api/v1/version", []string{"Cookie", strings.Replace(cookie, "7717", "7718", 1), api.SessionHeader, secret}, api.CodeUnauthenticated},
		{"wrong login code", "POST", "/api/v1/session", nil, api.CodeMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.method, c.path, "", c.head...)
			wantProblem(t, w, c.code)
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("a stranger's page may read this")
			}
			if strings.Contains(w.Body.String(), tok) || strings.Contains(w.Body.String(), s.c.Data) {
				t.Error("the problem tells too much:", w.Body)
			}
		})
	}
	for _, c := range []struct {
		name string
		head []string
	}{
		{"token", []string{"Authorization", bearer}},
		{"token, lower case scheme", []string{"Authorization", "bearer " + tok}},
		{"session", []string{"Cookie", cookie, api.SessionHeader, secret}},
		{"session of a page", []string{"Cookie", cookie, api.SessionHeader, secret, "Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1:7717"}},
		{"localhost", []string{"Host", "localhost:7717", "Authorization", bearer}},
		{"v6", []string{"Host", "[::1]:7717", "Authorization", bearer}},
		{"behind a proxy", []string{"Host", "pandal.example", "Origin", "https://pandal.example", "Authorization", bearer}},
		{"typed address", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document", "Authorization", bearer}},
		{"named origin", []string{"Origin", "https://dash.example", "Sec-Fetch-Site", "cross-site", "Authorization", bearer}},
	} {
		t.Run("let in: "+c.name, func(t *testing.T) {
			if w := ask(h, "GET", "/api/v1/version", "", c.head...); w.Code != 200 {
				t.Fatal(w.Code, w.Body)
			}
		})
	}
	w := ask(h, "OPTIONS", "/api/v1/version", "", "Origin", "https://dash.example", "Access-Control-Request-Method", "GET")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://dash.example" {
		t.Error(w.Code, w.Header())
	}
}

func TestHeaders(t *testing.T) {
	_, h, tok := bare(t)
	for _, path := range []string{"/", "/login", "/app.js", "/docs/problems/invalid", "/docs/problems/", "/openapi.json", "/nope", "/api/v1/health"} {
		w := ask(h, "GET", path, "", "X-Request-Id", "mine-1")
		if w.Header().Get("Content-Security-Policy") != pageCSP || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
			w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("X-Request-Id") != "mine-1" {
			t.Errorf("%s: %v", path, w.Header())
		}
		if strings.HasPrefix(path, "/api") != (w.Header().Get("Cache-Control") == "no-store") {
			t.Errorf("%s: Cache-Control %q", path, w.Header().Get("Cache-Control"))
		}
	}
	if w := ask(h, "GET", "/api/v1/version", "", "Authorization", "Bearer "+tok, "X-Request-Id", "no<script>"); strings.Contains(w.Header().Get("X-Request-Id"), "<") {
		t.Error(w.Header())
	}
	wantProblem(t, ask(h, "GET", "/api/v1/nope", "", "Authorization", "Bearer "+tok), api.CodeNotFound)
	if w := ask(h, "DELETE", "/api/v1/version", "", "Authorization", "Bearer "+tok); w.Header().Get("Allow") != "GET" {
		t.Error(w.Header())
	} else {
		wantProblem(t, w, api.CodeMethodNotAllowed)
	}
}

// TestPagesAreClean: the policy forbids what would break it, so no document may
// rely on it, and nothing names another host. What scripts do, the browser
// tests see: Trusted Types refuse any markup from a string.
func TestPagesAreClean(t *testing.T) {
	_, h, _ := bare(t)
	for _, path := range []string{"/", "/login", "/c/com_x", "/docs/problems/invalid", "/docs/problems/"} {
		w := ask(h, "GET", path, "", "Accept", "text/html")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		for _, bad := range []string{"style=", "onclick", "javascript:", "http://", "https://", "<style", "<script>"} {
			if strings.Contains(w.Body.String(), bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
	}
	for _, name := range web.Names() {
		body := ask(h, "GET", "/"+name, "").Body.String()
		body = strings.ReplaceAll(body, "http://www.w3.org/", "") // names of XML namespaces
		for _, bad := range []string{"http://", "https://", "//cdn", "eval(", "document.write", "@import", "url(", "sourceMappingURL"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}

// TestPageFiles: each file is served by its name with a tag that saves sending
// it again; what is no file is a screen to a browser and not found to programs.
func TestPageFiles(t *testing.T) {
	_, h, _ := bare(t)
	if len(web.Names()) < 5 {
		t.Fatal(web.Names())
	}
	for _, name := range web.Names() {
		_, tag, _ := web.File(name)
		w := ask(h, "GET", "/"+name, "")
		if w.Code != 200 || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") != "no-cache" || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if w = ask(h, "GET", "/"+name, "", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("%s again: %d", name, w.Code)
		}
	}
	for path, kind := range map[string]string{"/app.js": "text/javascript", "/app.css": "text/css", "/i.svg": "image/svg+xml", "/manifest.webmanifest": "application/manifest+json"} {
		if got := ask(h, "GET", path, "").Header().Get("Content-Type"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s is %s", path, got)
		}
	}
	wantProblem(t, ask(h, "GET", "/nope.js", ""), api.CodeNotFound)
	wantProblem(t, ask(h, "POST", "/c/com_x", "", "Accept", "text/html"), api.CodeNotFound)
}

// TestProblemPages: every code has a page that the index leads to, which says what happened and what to do; what it says is text, never markup.
func TestProblemPages(t *testing.T) {
	_, h, _ := bare(t)
	index := ask(h, "GET", "/docs/problems/", "").Body.String()
	for name, code := range api.Codes {
		if !strings.Contains(index, `<li><a href="/docs/problems/`+name+`">`+name+`</a></li>`) {
			t.Errorf("the index lacks %s", name)
		}
		page := ask(h, "GET", "/docs/problems/"+name, "").Body.String()
		for _, want := range []string{"<title>" + html.EscapeString(code.Title) + " – Pandal</title>", fmt.Sprintf("<code>%d %s</code>", code.Status, name),
			"<p>" + html.EscapeString(code.Meaning) + "</p>", "<p>" + html.EscapeString(code.Advice) + "</p>"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
	}
	page := problemPage("<a>", api.Code{Title: "<b>", Meaning: "<c>", Advice: "<d>"})
	if strings.Contains(page, "<a>") || strings.Contains(page, "<b>") || strings.Contains(page, "<c>") || strings.Contains(page, "<d>") {
		t.Error(page)
	}
}

func TestBodies(t *testing.T) {
	_, h, tok := bare(t)
	auth := []string{"Authorization", "Bearer " + tok}
	secretText := "do-not-echo-me"
	p := wantProblem(t, ask(h, "POST", "/api/v1/tokens", `{"name":7,"scopes":["`+secretText+`"]}`, auth...), api.CodeInvalid)
	if len(p.Errors) == 0 || p.Errors[0].Location != "body.name" || p.Type != "/docs/problems/invalid" || p.Instance != "/api/v1/tokens" || p.Hint == "" {
		t.Errorf("%+v", p)
	}
	for _, body := range []string{`{"` + secretText, `{"name":"x","scopes":["` + secretText + `"]}`, `{"` + secretText + `":1}`, `["` + secretText + `"]`,
		`{"name":"` + strings.Repeat(secretText, 50) + `","scopes":["read"]}`} {
		w := ask(h, "POST", "/api/v1/tokens", body, auth...)
		if w.Code/100 != 4 || strings.Contains(w.Body.String(), "not-echo") && !strings.Contains(body, `":1`) {
			t.Errorf("%s: %d %s", body[:20], w.Code, w.Body)
		}
	}
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", strings.Repeat(" ", maxBody+1), auth...), api.CodeTooLarge)
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", "x=1", append(auth, "Content-Type", "application/x-www-form-urlencoded")...), api.CodeMediaType)
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", "", auth...), api.CodeMalformed)
}

func TestIdempotency(t *testing.T) {
	s, h, tok := bare(t)
	auth := []string{"Authorization", "Bearer " + tok, "Idempotency-Key", "k1"}
	body := `{"name":"a","scopes":["read"]}`
	first := ask(h, "POST", "/api/v1/tokens", body, auth...)
	again := ask(h, "POST", "/api/v1/tokens", body, auth...)
	if first.Code != 201 || again.Code != 201 || first.Body.String() != again.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" ||
		first.Header().Get("Idempotent-Replayed") != "" {
		t.Fatal(first, again)
	}
	if n := len(s.access.listTokens()); n != 1 {
		t.Fatal(n)
	}
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", `{"name":"b","scopes":["read"]}`, auth...), api.CodeIdempotencyReused)
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", body, "Authorization", "Bearer "+tok, "Idempotency-Key", strings.Repeat("k", 129)), api.CodeMalformed)
	held, _ := s.answers.begin(sum("main", "k2"), [32]byte{})
	if held == nil {
		t.Fatal("not free")
	}
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", body, "Authorization", "Bearer "+tok, "Idempotency-Key", "k2"), api.CodeIdempotencyBusy)
	var other api.Token
	json.Unmarshal(ask(h, "POST", "/api/v1/tokens", `{"name":"c","scopes":["node:admin","read"]}`, "Authorization", "Bearer "+tok).Body.Bytes(), &other)
	if w := ask(h, "POST", "/api/v1/tokens", body, "Authorization", "Bearer "+other.Token, "Idempotency-Key", "k1"); w.Header().Get("Idempotent-Replayed") != "" {
		t.Error("one caller sees another's answers")
	}
}

func TestRate(t *testing.T) {
	_, h, tok := bare(t)
	for i := range burst + 1 {
		w := ask(h, "DELETE", "/api/v1/tokens/none", "", "Authorization", "Bearer "+tok)
		if w.Code == http.StatusTooManyRequests {
			if i < burst || w.Header().Get("Retry-After") == "" {
				t.Fatal(i, w.Header())
			}
			return
		}
	}
	// A slow machine may earn turns back while it asks; then nothing is shown.
	t.Log("never too fast")
}

// TestAnswersSurvive: what the store kept answers a retry after a restart.
func TestAnswersSurvive(t *testing.T) {
	s, h, tok := bare(t)
	s.answers.save = make(chan saved, 8)
	auth := []string{"Authorization", "Bearer " + tok, "Idempotency-Key", "k"}
	body := `{"name":"a","scopes":["read"]}`
	first := ask(h, "POST", "/api/v1/tokens", body, auth...)
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", `{"name":""}`, "Authorization", "Bearer "+tok, "Idempotency-Key", "bad"), api.CodeInvalid)
	if len(s.answers.save) != 1 {
		t.Fatal("kept", len(s.answers.save))
	}
	kept := <-s.answers.save
	again, err := build(s.c)
	if err != nil {
		t.Fatal(err)
	}
	again.at(7717)
	again.answers.load(map[string][]byte{kept.key: kept.value, answerPrefix + "zz": []byte("x"), answerPrefix + "00": nil})
	w := ask(again.serve(again.tcpChecks(), again.routes()), "POST", "/api/v1/tokens", body, auth...)
	if w.Code != 201 || w.Body.String() != first.Body.String() || w.Header().Get("Idempotent-Replayed") != "true" {
		t.Fatal(w.Code, w.Body)
	}
	again.answers.save = make(chan saved, 8)
	again.answers.order[0].at = again.answers.order[0].at.Add(-keepAnswers)
	again.answers.begin([32]byte{1}, [32]byte{})
	if gone := <-again.answers.save; gone.key != kept.key || gone.value != nil {
		t.Fatal("an old answer stays in the store")
	}
}
