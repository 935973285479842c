package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/pandal-chat/pandal/api"
)

func open(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "token")
	os.WriteFile(file, []byte("pdl_x\n"), 0o600)
	c, err := Open(Options{URL: s.URL, TokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSend(t *testing.T) {
	keys := map[string]int{}
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		keys[key]++
		if r.Header.Get("Authorization") != "Bearer pdl_x" || (r.Method == "POST") != (key != "") {
			t.Error(r.Header)
		}
		switch r.URL.Path {
		case "/api/v1/me":
			fmt.Fprint(w, `{"display_name":"Asha","new_field":1}`)
		case "/api/v1/groups/x/messages":
			if keys[key] == 1 { // the first connection breaks after the work was done
				conn, _, _ := w.(http.Hijacker).Hijack()
				conn.Close()
				return
			}
			fmt.Fprint(w, `{"id":"msg_1"}`)
		case "/api/v1/plain":
			http.Error(w, "proxy says no", http.StatusBadGateway)
		default:
			w.WriteHeader(404)
			json.NewEncoder(w).Encode(api.NewProblem(api.CodeNotFound, ""))
		}
	})
	ctx := t.Context()
	if me, err := Get[api.Me](ctx, c, "/me"); err != nil || me.DisplayName != "Asha" {
		t.Fatal(me, err)
	}
	if m, err := Send[api.Message](ctx, c, "POST", "/groups/x/messages", api.NewMessage{Text: "x"}); err != nil || m.ID != "msg_1" {
		t.Fatal(m, err)
	}
	_, err := Get[api.Me](ctx, c, "/nope")
	if p := (*api.Problem)(nil); !errors.As(err, &p) || p.Code != api.CodeNotFound {
		t.Fatal(err)
	}
	if _, err := Get[api.Me](ctx, c, "/plain"); err == nil || errors.As(err, new(*api.Problem)) {
		t.Fatal(err)
	}
}

func TestNotRunning(t *testing.T) {
	if _, err := Open(Options{Data: t.TempDir()}); !errors.Is(err, ErrNotRunning) {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	file := filepath.Join(t.TempDir(), "token")
	os.WriteFile(file, []byte("x"), 0o600)
	c, err := Open(Options{URL: "http://" + l.Addr().String(), TokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Get[api.Health](t.Context(), c, "/health"); !errors.Is(err, ErrNotRunning) {
		t.Fatal(err)
	}
}

func TestEach(t *testing.T) {
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			fmt.Fprint(w, `{"items":[1,2],"next_cursor":"a b&c"}`)
		case "a b&c":
			fmt.Fprint(w, `{"items":[3],"next_cursor":null}`)
		}
	})
	got, err := All[int](t.Context(), c, "/x?y=1")
	if err != nil || len(got) != 3 || got[2] != 3 {
		t.Fatal(got, err)
	}
}

func TestEvents(t *testing.T) {
	n := 0
	c := open(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/status" {
			fmt.Fprint(w, `{"event_cursor":"7"}`)
			return
		}
		n++
		w.Header().Set("Content-Type", "text/event-stream")
		switch after := r.URL.Query().Get("after"); {
		case n == 1 && after == "7":
			fmt.Fprint(w, "retry: 2000\n\nid: 8\nevent: message.created\ndata: {\"id\":\"8\",\"type\":\"message.created\",\"data\":{\"text\":\"a\"}}\n\n: beat\nid: 9\n\nid: 10\nevent: x\ndata: {\"half")
		case n == 2 && after == "9":
			fmt.Fprint(w, "id: 12\nevent: resync\ndata: {\"event_cursor\":\"12\"}\n\nid: 13\nevent: a.b\ndata: {\"id\":\"13\",\"type\":\"a.b\"}\n\n")
		default:
			t.Errorf("connection %d after %s", n, after)
		}
	})
	var got []string
	for e, err := range c.Events(t.Context(), Filter{Types: "message.*"}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e.ID+e.Type); len(got) == 3 {
			break
		}
	}
	if fmt.Sprint(got) != "[8message.created 12resync 13a.b]" {
		t.Fatal(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range c.Events(ctx, Filter{After: "1"}) {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}
