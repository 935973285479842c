package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt/acl"
)

func (p *process) shows(group, text string) bool {
	for _, got := range p.texts(group) {
		if got == text {
			return true
		}
	}
	return false
}

func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the node did not stop cleanly: %v", err)
	}
	p.cmd = nil
}

// TestThreeOverHTTP: three nodes in three processes, used through HTTP only. Asha founds; Budi joins by her link; she goes away; Budi
// re-shares the link and Chen joins through him; she comes back and sees Chen. Messages flow in all directions, an announcement of hers
// reaches all, one of Budi's is refused.
func TestThreeOverHTTP(t *testing.T) {
	a, b, c := newProcess(t, "asha"), newProcess(t, "budi"), newProcess(t, "chen")
	for _, p := range []*process{a, b, c} {
		p.start()
	}
	com, general := a.found()
	link := a.invite(com, general)
	b.join(link, general)
	a.must("POST", "/groups/"+general+"/messages", map[string]any{"text": "from Asha"}, nil)
	b.must("POST", "/groups/"+general+"/messages", map[string]any{"text": "from Budi"}, nil)
	a.within(time.Minute, "read Budi", func() bool { return a.shows(general, "from Budi") })
	a.stop()
	var shared struct{ Link string }
	b.must("POST", "/invites/reshare", map[string]any{"link": link}, &shared)
	c.join(shared.Link, general)
	c.must("POST", "/groups/"+general+"/messages", map[string]any{"text": "from Chen"}, nil)
	a.start()
	for _, p := range []*process{a, b, c} {
		for _, text := range []string{"from Asha", "from Budi", "from Chen"} {
			p.within(time.Minute, "read "+text, func() bool { return p.shows(general, text) })
		}
	}
	a.within(time.Minute, "see Chen", func() bool {
		var list struct {
			Items []struct {
				DisplayName *string `json:"display_name"`
			}
		}
		a.must("GET", "/communities/"+com+"/members", nil, &list)
		for _, m := range list.Items {
			if m.DisplayName != nil && *m.DisplayName == "chen" {
				return true
			}
		}
		return false
	})
	a.must("POST", "/communities/"+com+"/announcements", map[string]any{"text": "water at six"}, nil)
	channel := a.group(com, "Announcements")
	for _, p := range []*process{a, b, c} {
		p.within(time.Minute, "read the announcement", func() bool { return p.shows(channel, "water at six") })
	}
	for _, path := range []string{"/communities/" + com + "/announcements", "/groups/" + channel + "/messages"} {
		if code, err := b.call("POST", path, map[string]any{"text": "no"}, nil); code != 403 || !strings.Contains(err.Error(), "announce_admin_only") {
			t.Errorf("Budi announces by %s: %d %v", path, code, err)
		}
	}
	var waited struct{ Delivery struct{ State string } }
	a.must("POST", "/groups/"+general+"/messages?wait=delivered&timeout=20", map[string]any{"text": "did it arrive?"}, &waited)
	if waited.Delivery.State != "delivered" {
		t.Errorf("after waiting the message is %q", waited.Delivery.State)
	}
}

// TestInviteProblems: each way an invite can fail has its own code and sentence.
func TestInviteProblems(t *testing.T) {
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	b.start()
	com, general := a.found()
	other, _ := a.found()
	make := func(com string, more map[string]any) (id, link string) {
		t.Helper()
		var inv struct{ ID, Link string }
		a.must("POST", "/communities/"+com+"/invites", more, &inv)
		return inv.ID, inv.Link
	}
	codes := map[string]string{}
	refused := func(p *process, link string) string { // the code of the refusal, or of the job's failure
		t.Helper()
		var job struct {
			ID, State string
			Error     struct{ Code, Detail, Title string }
		}
		if _, err := p.call("POST", "/invites/accept", map[string]any{"link": link, "display_name": "Budi"}, &job); err != nil {
			var problem struct{ Code, Title string }
			_, body, _ := strings.Cut(err.Error(), "{")
			if e := json.Unmarshal([]byte("{"+body), &problem); e != nil {
				t.Fatal(err)
			}
			codes[problem.Code] = problem.Title
			return problem.Code
		}
		p.within(time.Minute, "fail", func() bool { p.must("GET", "/jobs/"+job.ID, nil, &job); return job.State == "failed" })
		codes[job.Error.Code] = job.Error.Title
		return job.Error.Code
	}
	_, link := make(com, map[string]any{})
	for name, bad := range map[string]string{"truncated": link[:len(link)-9], "a letter changed": link[:40] + "aa" + link[42:], "nothing": "pandal://join/", "a web address": "https://example.org/"} {
		if got := refused(b, bad); got != "invite_unreadable" {
			t.Errorf("%s: %s", name, got)
		}
	}
	revoked, link := make(com, map[string]any{})
	a.must("DELETE", "/invites/"+revoked, nil, nil)
	if got := refused(b, link); got != "invite_revoked" {
		t.Errorf("revoked: %s", got)
	}
	_, link = make(com, map[string]any{"expires_in": 1})
	time.Sleep(1100 * time.Millisecond) // it lasts one second: there is nothing else to wait for
	if got := refused(b, link); got != "invite_expired" {
		t.Errorf("expired: %s", got)
	}
	_, link = make(com, map[string]any{"max_uses": 1, "groups": []string{general}})
	c := newProcess(t, "chen")
	c.start()
	c.join(link, general)
	if got := refused(b, link); got != "invite_used_up" {
		t.Errorf("used up: %s", got)
	}
	if got := refused(c, link); got != "already_member" {
		t.Errorf("a member again: %s", got)
	}
	// Everybody who ever saw a link holds the join key. A link of one community with another's invite in it is foreign there.
	_, theirs := make(other, map[string]any{})
	if got := refused(b, mixed(t, link, theirs)); got != "invite_foreign" {
		t.Errorf("foreign: %s", got)
	}
	seen := map[string]string{}
	for code, title := range codes {
		if title == "" || seen[title] != "" {
			t.Errorf("%s and %s have the same sentence %q", code, seen[title], title)
		}
		seen[title] = code
	}
	t.Log(fmt.Sprint(codes))
}

// mixed is the link of one community with the invite of another.
func mixed(t *testing.T, link, other string) string {
	t.Helper()
	a, err := acl.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	b, err := acl.ParseLink(other)
	if err != nil {
		t.Fatal(err)
	}
	a.Invite, a.Seed = b.Invite, b.Seed
	out, _, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
