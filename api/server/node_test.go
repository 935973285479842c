package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// world is a server over a real node that is offline, with one community.
type world struct {
	*testing.T
	s       *Server
	h       http.Handler
	auth    []string
	com     api.Community
	general api.Group
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	n, err := node.Open(t.Context(), node.Config{Data: dir, Name: "Asha", Mode: node.ModeOffline, Bootstrap: []string{"none"}, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	s, err := build(Config{Data: dir, Node: n, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s.at(7717)
	w := &world{T: t, s: s, h: s.serve(s.tcpChecks(), s.routes())}
	_, tok, err := s.access.mint(api.NewToken{Name: "test", Scopes: api.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	w.auth = []string{"Authorization", "Bearer " + tok}
	w.do("POST", "/communities", `{"name":"Sunrise","description":"Our street"}`, 201, &w.com)
	var groups api.List[api.Group]
	w.do("GET", "/communities/"+w.com.ID+"/groups", "", 200, &groups)
	for _, g := range groups.Items {
		if g.Kind == "chat" {
			w.general = g
		}
	}
	if w.general.Name != "General" || !w.general.Joined {
		t.Fatalf("%+v", groups)
	}
	return w
}

// do asks and reads the answer into out; head is added to the token.
func (w *world) do(method, path, body string, status int, out any, head ...string) *httptest.ResponseRecorder {
	w.Helper()
	res := ask(w.h, method, api.Prefix+path, body, append(head, w.auth...)...)
	if res.Code != status {
		w.Fatalf("%s %s: %d %s", method, path, res.Code, res.Body)
	}
	if out != nil {
		if err := json.Unmarshal(res.Body.Bytes(), out); err != nil {
			w.Fatal(err, res.Body)
		}
	}
	return res
}

func (w *world) problem(method, path, body, code string, head ...string) *api.Problem {
	w.Helper()
	return wantProblem(w.T, ask(w.h, method, api.Prefix+path, body, append(head, w.auth...)...), code)
}

func TestCommunityRoutes(t *testing.T) {
	w := newWorld(t)
	c := "/communities/" + w.com.ID
	if w.com.Role != "owner" || w.com.AnnouncementsGroupID == "" || !strings.HasPrefix(w.com.MeID, "usr_") || w.com.State != "active" || len(w.com.Permissions) == 0 {
		t.Errorf("%+v", w.com)
	}
	w.problem("POST", "/communities", `{"name":""}`, api.CodeInvalid)
	w.problem("POST", "/communities", `{"name":"x","colour":"red"}`, api.CodeInvalid)
	w.problem("GET", "/communities/com_nope", "", api.CodeNotFound)
	w.problem("GET", "/groups/grp_nope", "", api.CodeNotFound)
	w.problem("GET", "/messages/msg_nope", "", api.CodeNotFound)
	w.problem("GET", "/invites/inv_nope", "", api.CodeNotFound)
	w.problem("GET", "/jobs/job_nope", "", api.CodeNotFound)
	w.problem("GET", c+"/members/usr_nope", "", api.CodeNotFound)

	tag := w.do("GET", c, "", 200, nil).Header().Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatal(tag)
	}
	if res := w.do("GET", c, "", 304, nil, "If-None-Match", tag); res.Body.Len() != 0 || res.Header().Get("ETag") != tag {
		t.Error(res.Body, res.Header())
	}
	me := w.do("GET", c+"/me", "", 200, nil).Header().Get("ETag")
	w.do("PATCH", c+"/me", `{"display_name":"Asha K"}`, 200, nil, "If-Match", me)
	w.problem("PATCH", c+"/me", `{"display_name":"Asha L"}`, api.CodeStale, "If-Match", me)
	w.do("PATCH", "/me", `{"display_name":"A"}`, 200, nil, "If-Match", "*")

	var members api.List[api.Member]
	w.do("GET", c+"/members", "", 200, &members)
	if len(members.Items) != 1 || !members.Items[0].Me || members.Items[0].Tags == nil {
		t.Errorf("%+v", members)
	}
	w.problem("GET", c+"/members?role=king", "", api.CodeInvalid)
	w.do("POST", c+"/groups", `{"name":"Food","open":true}`, 201, nil)
	var one, two api.List[api.Group]
	w.do("GET", c+"/groups?limit=2", "", 200, &one)
	w.do("GET", c+"/groups?limit=2&cursor="+*one.NextCursor, "", 200, &two)
	if len(one.Items) != 2 || len(two.Items) != 1 || two.NextCursor != nil {
		t.Errorf("%+v %+v", one, two)
	}
	w.problem("GET", c+"/groups?cursor=zzz", "", api.CodeInvalid)
	w.problem("GET", c+"/groups?limit=1000", "", api.CodeInvalid)

	var inv api.Invite
	w.do("POST", c+"/invites", "", 201, &inv)
	if inv.MaxUses != 50 || inv.ExpiresAt != nil || !strings.HasPrefix(inv.Link, "pandal://join/") || !strings.HasPrefix(inv.Text, "PANDAL1") {
		t.Errorf("%+v", inv)
	}
	var p api.InvitePreview
	w.do("POST", "/invites/preview", `{"link":"`+inv.Text+`"}`, 200, &p)
	if p.Community.Name != "Sunrise" || p.Community.ID != w.com.ID {
		t.Errorf("%+v", p)
	}
	w.problem("POST", "/invites/preview", `{"link":"pandal://join/aaaa"}`, api.CodeInviteUnreadable)
	w.problem("POST", "/invites/accept", `{"link":"`+inv.Link+`"}`, api.CodeAlreadyMember)
	w.do("DELETE", "/invites/"+inv.ID, "", 204, nil)
	w.do("GET", "/invites/"+inv.ID, "", 200, &inv)
	if !inv.Revoked {
		t.Error("not revoked")
	}
	w.problem("POST", c+"/leave", "", api.CodeLastOwner)
	w.do("DELETE", c, "", 204, nil)
	w.problem("GET", c, "", api.CodeNotFound)
}

func TestMessageRoutes(t *testing.T) {
	w := newWorld(t)
	g := "/groups/" + w.general.ID
	var ids []string
	for i := range 5 {
		var m api.Message
		w.do("POST", g+"/messages", fmt.Sprintf(`{"text":"no %d"}`, i), 201, &m)
		if m.Delivery.State != "waiting" || m.AuthorID != w.com.MeID || m.Mentions == nil || m.Reactions == nil || m.Attachments == nil {
			t.Fatalf("%+v", m)
		}
		ids = append(ids, m.ID)
	}
	shown := func(query string) (string, *string) {
		var list api.List[api.Message]
		w.do("GET", g+"/messages?"+query, "", 200, &list)
		text := ""
		for _, m := range list.Items {
			text += m.Text[3:]
		}
		return text, list.NextCursor
	}
	for query, want := range map[string]string{"": "43210", "before=" + ids[2]: "10", "after=" + ids[2]: "34", "limit=2&before=" + ids[4]: "32"} {
		if got, _ := shown(query); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	first, cursor := shown("limit=3")
	rest, end := shown("limit=3&cursor=" + *cursor)
	if first+rest != "43210" || end != nil {
		t.Error(first, rest, end)
	}
	if around, _ := shown("limit=3&around=" + ids[2]); len(around) != 3 || !strings.Contains(around, "2") {
		t.Error(around)
	}
	w.problem("GET", g+"/messages?before="+ids[0]+"&after="+ids[1], "", api.CodeInvalid)
	w.problem("GET", g+"/messages?cursor=x", "", api.CodeInvalid)
	w.problem("POST", g+"/messages", `{"text":""}`, api.CodeInvalid)
	w.problem("POST", g+"/messages", `{"text":"`+strings.Repeat("x", 64<<10+1)+`"}`, api.CodeTooLarge)
	begun := time.Now()
	w.do("POST", g+"/messages?wait=delivered&timeout=1", `{"text":"nobody hears"}`, 201, nil)
	if took := time.Since(begun); took < 900*time.Millisecond {
		t.Error("did not wait", took)
	}
	var a, b api.Message
	w.do("POST", g+"/messages", `{"text":"once"}`, 201, &a, "Idempotency-Key", "k")
	w.do("POST", g+"/messages", `{"text":"once"}`, 201, &b, "Idempotency-Key", "k")
	if a.ID != b.ID {
		t.Error("sent twice")
	}
	w.do("POST", "/communities/"+w.com.ID+"/announcements", `{"text":"hear","priority":"urgent","ack_wanted":true}`, 201, &a)
	if a.Kind != "announcement" || a.Priority != "urgent" || !a.Audience.All || !*a.AckWanted {
		t.Errorf("%+v", a)
	}

	// A token bound to the group reaches it, and nothing else.
	_, tok, err := w.s.access.mint(api.NewToken{Name: "bot", Scopes: []string{api.ScopeRead, api.ScopeMessagesWrite}, GroupIDs: []string{w.general.ID}})
	if err != nil {
		t.Fatal(err)
	}
	bot := *w
	bot.auth = []string{"Authorization", "Bearer " + tok}
	bot.do("POST", g+"/messages", `{"text":"beep"}`, 201, nil)
	bot.do("GET", "/messages/"+ids[0], "", 200, nil)
	bot.problem("GET", "/messages/"+a.ID, "", api.CodeScope)
	bot.problem("GET", "/groups/"+w.com.AnnouncementsGroupID+"/messages", "", api.CodeScope)
	bot.problem("GET", "/communities", "", api.CodeScope)
	var seen api.List[api.Event]
	bot.do("GET", "/events?after=0", "", 200, &seen)
	for _, e := range seen.Items {
		if e.GroupID != w.general.ID {
			t.Errorf("%+v", e)
		}
	}
}

func TestEventRoutes(t *testing.T) {
	w := newWorld(t)
	var start api.Start
	w.do("GET", "/start", "", 200, &start)
	if len(start.Communities) != 1 || len(start.Groups) < 2 || start.Me.DisplayName != "Asha" {
		t.Fatalf("%+v", start)
	}
	var page api.List[api.Event]
	w.do("GET", "/events?after="+start.EventCursor, "", 200, &page)
	if len(page.Items) != 0 || *page.NextCursor != start.EventCursor {
		t.Fatalf("%+v", page)
	}
	w.problem("GET", "/events?after=999999", "", api.CodeCursorExpired)
	w.problem("GET", "/events?after=x", "", api.CodeInvalid)
	w.problem("GET", "/events?wait=61", "", api.CodeInvalid)

	srv := httptest.NewServer(nil) // a real connection, for a real stream
	t.Cleanup(srv.Close)
	srv.Config.Handler = w.h
	w.s.hosts = append(w.s.hosts, srv.Listener.Addr().String())
	open := func(query, last string) (*bufio.Scanner, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/api/v1/events?"+query, nil)
		r.Header.Set(w.auth[0], w.auth[1])
		r.Header.Set("Accept", "text/event-stream")
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cancel(); res.Body.Close() })
		if res.StatusCode == 429 {
			return nil, cancel
		}
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") || res.Header.Get("Content-Encoding") != "" {
			t.Fatal(res.Status, res.Header)
		}
		return bufio.NewScanner(res.Body), cancel
	}
	next := func(s *bufio.Scanner) (id, kind string, e api.Event) {
		for s.Scan() {
			name, value, _ := strings.Cut(s.Text(), ": ")
			switch name {
			case "id":
				id = value
			case "event":
				kind = value
			case "data":
				if err := json.Unmarshal([]byte(value), &e); err != nil {
					t.Fatal(err)
				}
			case "":
				if kind != "" {
					return id, kind, e
				}
			}
		}
		t.Fatal("the stream ended", s.Err())
		return
	}
	s, stop := open("types=message.*&group="+w.general.ID, "")
	w.do("POST", "/communities/"+w.com.ID+"/announcements", `{"text":"not for this reader"}`, 201, nil)
	w.do("POST", "/groups/"+w.general.ID+"/messages", `{"text":"one"}`, 201, nil)
	id, kind, e := next(s)
	var m api.Message
	json.Unmarshal(e.Data, &m)
	if kind != "message.created" || e.ID != id || e.Type != kind || m.Text != "one" || e.GroupID != w.general.ID || e.CommunityID != w.com.ID || e.ActorID != w.com.MeID {
		t.Fatalf("%s %s %+v", id, kind, e)
	}
	stop()
	w.do("POST", "/groups/"+w.general.ID+"/messages", `{"text":"two"}`, 201, nil)
	s, stop = open("types=message.created", id) // goes on where it was
	defer stop()
	_, _, e = next(s)
	if json.Unmarshal(e.Data, &m); m.Text != "two" {
		t.Fatalf("%+v", e)
	}
	w.do("GET", "/events?wait=5&types=message.created&after="+id, "", 200, &page)
	if len(page.Items) != 1 || page.Items[0].ID != e.ID {
		t.Fatalf("%+v", page)
	}
	full := false
	for range maxStreams + 1 {
		if s, _ := open("", ""); s == nil {
			full = true
		}
	}
	if !full {
		t.Error("more than eight streams")
	}
}
