package main

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPlain: what others wrote moves no cursor, makes no line and turns nothing round, and stays what it is otherwise.
func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[2Jb\rc\nd\u009b": "a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFD", "evil\u202egnp.exe": "evil\uFFFDgnp.exe", "\u2066x\u2069": "\uFFFDx\uFFFD",
		"\u200fשלום\u200e\u061c": "שלום", "a\u2028b\u2029c": "a\uFFFDb\uFFFDc", "👩\u200d🔧 क्\u200dष <b>&amp;</b>": "👩\u200d🔧 क्\u200dष <b>&amp;</b>",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q is printed as %q, want %q", in, got, want)
		}
	}
}

// TestBadInput: what people and programs send that is wrong, through the API of two nodes: each is refused with its code and the field's name, or is
// taken as it is and arrives at the other unchanged.
func TestBadInput(t *testing.T) {
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	b.start()
	com, general := a.found()
	b.join(a.invite(com, general), general)
	refused := func(p *process, method, path string, body any, code int, says ...string) {
		t.Helper()
		got, err := p.call(method, path, body, nil)
		if err == nil || got != code {
			t.Errorf("%s %s: %d %v, want %d", method, path, got, err, code)
			return
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s %s does not say %q: %v", method, path, s, err)
			}
		}
	}
	type some = map[string]any
	long := func(n int) string { return strings.Repeat("x", n) }
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339Nano) }
	g := "/groups/" + general

	// Names of which nothing is seen.
	for _, name := range []string{"\u200b\u200d", "  ", "\u0301\u0302", "\u3164", "\u2800", "\u202e", "\ufe0f"} {
		refused(a, "POST", "/communities", some{"name": name}, 422, "nobody can see it")
		refused(a, "POST", "/communities/"+com+"/groups", some{"name": name}, 422, "nobody can see it")
		refused(b, "PATCH", "/communities/"+com+"/me", some{"display_name": name}, 422, "nobody can see it")
	}
	b.must("PATCH", "/communities/"+com+"/me", some{"display_name": "Аsha\u200b <i>"}, nil) // looks like hers, and is stored as it is
	a.within(time.Minute, "see the name", func() bool {
		var list struct {
			Items []struct {
				DisplayName *string `json:"display_name"`
			}
		}
		a.must("GET", "/communities/"+com+"/members", nil, &list)
		for _, m := range list.Items {
			if m.DisplayName != nil && *m.DisplayName == "Аsha\u200b <i>" {
				return true
			}
		}
		return false
	})

	// Texts that are odd and right arrive as they are.
	odd := []string{"a" + strings.Repeat("\u0301", 30_719), "evil\u202egnp.exe\u2066", "\u200b", "<script>alert(1)</script> **b** [x](javascript:y) \x1b[2J", "' OR 1=1 -- \x00"}
	for _, text := range odd {
		a.must("POST", g+"/messages", some{"text": text}, nil)
	}
	for _, text := range odd {
		b.within(time.Minute, "read it unchanged", func() bool { return b.shows(general, text) })
	}
	refused(a, "POST", g+"/messages", some{"text": "a" + strings.Repeat("\u0301", 30_720)}, 413, "text")
	refused(a, "POST", g+"/messages", some{"text": long(61_441)}, 413, "text")
	refused(a, "POST", g+"/messages", some{"text": "x", "mentions": make([]string, 257)}, 422, "mentions")
	refused(a, "POST", g+"/messages", some{"text": "x", "mentions": []string{"usr_nobody"}}, 404)

	// Messages of others.
	var m, poll, event, soon struct {
		ID        string
		MessageID string `json:"message_id"`
		GroupID   string `json:"group_id"`
	}
	a.must("POST", g+"/messages", some{"text": "hers"}, &m)
	b.within(time.Minute, "read it", func() bool { return b.shows(general, "hers") })
	msg := "/messages/" + m.ID
	refused(b, "PATCH", msg, some{"text": "his now"}, 403)
	refused(b, "DELETE", msg, nil, 403)
	refused(b, "PUT", msg+"/hidden", some{}, 403)
	refused(b, "PUT", g+"/pins/"+m.ID, nil, 403)
	refused(a, "PATCH", msg, some{"text": long(61_441)}, 413)
	refused(a, "PUT", msg+"/hidden", some{"reason": long(257)}, 422, "reason")
	refused(a, "PUT", g+"/pins/"+m.ID, some{"until": in(-time.Minute)}, 422, "until")

	// Emoji.
	for _, e := range []string{"abc", "👍👍", "<b>", "\u200d", " ", "👍" + strings.Repeat("\ufe0f", 21)} {
		refused(b, "PUT", msg+"/reactions/"+url.PathEscape(e), nil, 422, "emoji")
	}
	b.must("PUT", msg+"/reactions/"+url.PathEscape("\U0001faff"), nil, nil) // newer than any table here

	// Polls.
	red := []string{"red", "<b>green</b>"}
	for field, q := range map[string]some{"question": {"question": long(1025), "options": red}, "options: 2": {"question": "?", "options": []string{"a", long(257)}},
		"options": {"question": "?", "options": []string{"a", "a"}}, "closes_at": {"question": "?", "options": red, "closes_at": in(-time.Minute)}} {
		refused(a, "POST", g+"/polls", q, 422, field)
	}
	refused(a, "POST", g+"/polls", some{"question": "?", "options": []string{"a"}}, 422, "options")
	refused(a, "POST", g+"/polls", some{"question": "?", "options": strings.Split(strings.Repeat("a,", 20)+"a", ",")}, 422, "options")
	a.must("POST", g+"/polls", some{"question": "Which <i>?", "options": red}, &poll)
	p := "/polls/" + poll.ID
	b.within(time.Minute, "see the poll", func() bool { code, _ := b.call("GET", p, nil, nil); return code == 200 })
	refused(b, "PUT", p+"/vote", some{"options": []string{"3"}}, 422, "options")
	refused(b, "PUT", p+"/vote", some{"options": []string{"0"}}, 422, "options")
	refused(b, "PUT", p+"/vote", some{"options": []string{"1", "2"}}, 422, "takes one")
	refused(b, "POST", p+"/close", nil, 403)
	refused(b, "PUT", "/polls/"+m.ID+"/vote", some{"options": []string{"1"}}, 404)
	b.must("PUT", p+"/vote", some{"options": []string{"1"}}, nil)
	a.must("POST", p+"/close", nil, nil)
	b.within(time.Minute, "see that it is closed", func() bool {
		var now struct{ Closed bool }
		b.must("GET", p, nil, &now)
		return now.Closed
	})
	refused(b, "PUT", p+"/vote", some{"options": []string{"2"}}, 409, "poll_closed")
	refused(b, "DELETE", p+"/vote", nil, 409, "poll_closed")
	refused(a, "PATCH", "/messages/"+poll.MessageID, some{"text": "another question"}, 422, "stands as it was asked")

	// Events.
	at := in(time.Hour)
	for field, e := range map[string]some{"title": {"title": long(257), "starts_at": at}, "text": {"title": "x", "text": long(16<<10 + 1), "starts_at": at},
		"place": {"title": "x", "place": long(513), "starts_at": at}, "time_zone": {"title": "x", "time_zone": "Mars/Olympus", "starts_at": at},
		"starts_at": {"title": "x", "starts_at": in(-time.Hour)}, "ends_at": {"title": "x", "starts_at": at, "ends_at": in(time.Minute)}, "capacity": {"title": "x", "starts_at": at, "capacity": 100_001}} {
		refused(a, "POST", g+"/calendar", e, 422, field)
	}
	a.must("POST", g+"/calendar", some{"title": "<b>Clean-up</b>", "text": "\u202egloves", "place": "pond\r\nBEGIN:VALARM", "starts_at": at, "capacity": 1}, &event)
	e := "/calendar/" + event.ID
	b.within(time.Minute, "see the event", func() bool { code, _ := b.call("GET", e, nil, nil); return code == 200 })
	refused(b, "PUT", e+"/rsvp", some{"status": "yes", "guests": 21}, 422, "guests")
	refused(b, "PUT", e+"/rsvp", some{"status": "no", "guests": 1}, 422, "guests")
	refused(b, "PUT", e+"/rsvp", some{"status": "perhaps"}, 422, "status")
	refused(b, "PATCH", e, some{"title": "his"}, 403)
	refused(b, "DELETE", e, nil, 403)
	a.must("PUT", e+"/rsvp", some{"status": "yes"}, nil)
	b.within(time.Minute, "see that it is full", func() bool {
		var now struct{ RSVPs struct{ Yes int } }
		b.must("GET", e, nil, &now)
		return now.RSVPs.Yes == 1
	})
	var mine struct {
		RSVPs        struct{ Yes, Waiting int }
		Title, Place string
	}
	b.must("PUT", e+"/rsvp", some{"status": "yes"}, &mine)
	if mine.RSVPs.Yes != 1 || mine.RSVPs.Waiting != 1 || mine.Title != "<b>Clean-up</b>" || mine.Place != "pond\r\nBEGIN:VALARM" {
		t.Errorf("over the capacity: %+v", mine)
	}
	a.must("POST", g+"/calendar", some{"title": "soon", "starts_at": in(3 * time.Second)}, &soon)
	a.within(time.Minute, "be over", func() bool {
		code, err := a.call("PUT", "/calendar/"+soon.ID+"/rsvp", some{"status": "maybe"}, nil)
		return code == 409 && strings.Contains(err.Error(), "event_over")
	})
	a.must("PATCH", e, some{"cancelled": true}, nil)
	refused(a, "PUT", e+"/rsvp", some{"status": "no"}, 409, "event_over")
}
