package server

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
)

func TestTokens(t *testing.T) {
	s, h, tok := bare(t)
	auth := []string{"Authorization", "Bearer " + tok}
	var made api.Token
	w := ask(h, "POST", "/api/v1/tokens", `{"name":"bot","scopes":["read"],"expires_in":3600}`, auth...)
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || !strings.HasPrefix(made.Token, "pdl_") || made.ExpiresAt == nil {
		t.Fatal(w.Body)
	}
	if w := ask(h, "GET", "/api/v1/tokens", "", auth...); strings.Contains(w.Body.String(), "pdl_") || !strings.Contains(w.Body.String(), made.ID) {
		t.Error(w.Body)
	}
	for _, name := range []string{tokenFile} {
		if st, err := os.Stat(filepath.Join(s.c.Data, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Error(name, st, err)
		}
	}
	bot := []string{"Authorization", "Bearer " + made.Token}
	if w := ask(h, "GET", "/api/v1/version", "", bot...); w.Code != 200 {
		t.Error(w.Body)
	}
	wantProblem(t, ask(h, "POST", "/api/v1/tokens", `{"name":"x","scopes":["read"]}`, bot...), api.CodeScope)
	if again, err := build(s.c); err != nil || again.access.byToken(tok) == nil {
		t.Fatal("the node's own token is another after a restart", err)
	}
	s.access.tokens[0].Expires = time.Now().Add(-time.Second)
	wantProblem(t, ask(h, "GET", "/api/v1/version", "", bot...), api.CodeUnauthenticated)
	if w := ask(h, "DELETE", "/api/v1/tokens/"+made.ID, "", auth...); w.Code != 204 {
		t.Error(w.Body)
	}
	wantProblem(t, ask(h, "DELETE", "/api/v1/tokens/"+made.ID, "", auth...), api.CodeNotFound)

	s.access.tokens = append(s.access.tokens, &token{ID: "tok_bound", Scopes: api.Scopes, Groups: []string{"grp_a"}, Hash: hashed("bound")})
	bound := []string{"Authorization", "Bearer bound"}
	wantProblem(t, ask(h, "GET", "/api/v1/communities", "", bound...), api.CodeScope)
	wantProblem(t, ask(h, "GET", "/api/v1/groups/grp_b", "", bound...), api.CodeScope)
}

// TestTokensAreKept: in the node's store, as hashes.
func TestTokensAreKept(t *testing.T) {
	w := newWorld(t)
	var made api.Token
	w.do("POST", "/tokens", `{"name":"kept","scopes":["read"]}`, 201, &made)
	all, err := w.s.c.Node.Kept(tokenPrefix)
	if err != nil || len(all) != 2 || strings.Contains(string(all[tokenPrefix+made.ID]), made.Token) {
		t.Fatal(all, err)
	}
	again, err := build(w.s.c)
	if err != nil || again.access.byToken(made.Token) == nil {
		t.Fatal("forgotten", err)
	}
	w.do("DELETE", "/tokens/"+made.ID, "", 204, nil)
	if again, err = build(w.s.c); err != nil || again.access.byToken(made.Token) != nil {
		t.Fatal("comes back", err)
	}
}

func TestSessions(t *testing.T) {
	s, h, tok := bare(t)
	cookie, secret := signIn(t, s, h)
	page := []string{"Cookie", cookie, api.SessionHeader, secret, "Sec-Fetch-Site", "same-origin"}
	var list api.List[api.Session]
	json.Unmarshal(ask(h, "GET", "/api/v1/sessions", "", page...).Body.Bytes(), &list)
	if len(list.Items) != 1 || !list.Items[0].Current || list.NextCursor != nil {
		t.Fatalf("%+v", list)
	}
	if w := ask(h, "DELETE", "/api/v1/session", "", page...); w.Code != 204 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error(w.Code, w.Header())
	}
	wantProblem(t, ask(h, "GET", "/api/v1/sessions", "", page...), api.CodeUnauthenticated)
	wantProblem(t, ask(h, "DELETE", "/api/v1/session", "", "Authorization", "Bearer "+tok), api.CodeNotFound)

	cookie, secret = signIn(t, s, h)
	if raw, err := os.ReadFile(filepath.Join(s.c.Data, sessionFile)); err != nil || strings.Contains(string(raw), secret) {
		t.Error("the secret is on disk", err)
	}
	if again, err := build(s.c); err != nil || again.access.bySession(strings.TrimPrefix(cookie, "sid_7717="), secret) == nil {
		t.Error("signed out by a restart", err)
	}
	s.access.sessions[0].Used = time.Now().Add(-sessionIdle)
	wantProblem(t, ask(h, "GET", "/api/v1/sessions", "", "Cookie", cookie, api.SessionHeader, secret), api.CodeUnauthenticated)
	code, _ := s.access.login()
	s.access.logins[len(s.access.logins)-1].expires = time.Now()
	wantProblem(t, ask(h, "POST", "/api/v1/session", `{"code":"`+code+`"}`), api.CodeUnauthenticated)
}

func TestStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, socketFile), []byte("stale"), 0o600)
	s, err := Start(Config{Data: dir, Listen: taken.Addr().String(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "api.json"))
	var info api.Info
	if err != nil || json.Unmarshal(raw, &info) != nil || info.URL != s.URL() || strings.HasSuffix(info.URL, taken.Addr().String()) || info.PID != os.Getpid() {
		t.Fatal(string(raw), err)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", info.Socket)
	}}}
	get := func(url string, head ...string) (int, string) {
		r, _ := http.NewRequest("GET", url, nil)
		for i := 0; i+1 < len(head); i += 2 {
			r.Header.Set(head[i], head[i+1])
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	base := "http://" + api.SocketHost
	if code, body := get(base + "/api/v1/version"); code != 200 || !strings.Contains(body, `"test"`) {
		t.Error(code, body)
	}
	if code, _ := get(base + "/"); code != 200 {
		t.Error("no page on the socket", code)
	}
	for _, head := range [][]string{{"Origin", base}, {"Referer", base + "/"}, {"Sec-Fetch-Site", "same-origin"}} {
		if code, _ := get(base+"/api/v1/version", head...); code != 403 {
			t.Error(head, code)
		}
	}
	if code, _ := get("http://localhost/api/v1/version"); code != 421 {
		t.Error(code)
	}
	if st, err := os.Stat(info.Socket); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st, err)
	}
	client.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "api.json")); err == nil {
		t.Error("api.json is left behind")
	}
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", "localhost:1", ""} {
		if _, _, err := listenTCP(addr); err == nil {
			t.Errorf("listens on %q", addr)
		}
	}
}

func TestLongSocketPath(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("d", 60), strings.Repeat("e", 60))
	p, err := SocketPath(long)
	if err != nil || len(p) > maxSocketPath+8 || strings.HasPrefix(p, long) {
		t.Fatal(p, err)
	}
	if q, _ := SocketPath(long + "x"); q == p {
		t.Error("two directories share a socket")
	}
}
