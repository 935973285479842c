package main

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// TestSafetyWords: two people see the same six words of each other, and remember that they compared them; a third sees others.
func TestSafetyWords(t *testing.T) {
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	b.start()
	com, general := a.found()
	b.join(a.invite(com, general), general)
	me := func(p *process) string {
		var c struct {
			MeID string `json:"me_id"`
		}
		p.must("GET", "/communities/"+com, nil, &c)
		return c.MeID
	}
	var wa, wb struct{ Words []string }
	a.must("GET", "/communities/"+com+"/members/"+me(b)+"/safety-words", nil, &wa)
	b.must("GET", "/communities/"+com+"/members/"+me(a)+"/safety-words", nil, &wb)
	if len(wa.Words) != 6 || !slices.Equal(wa.Words, wb.Words) {
		t.Errorf("the words differ: %v, %v", wa.Words, wb.Words)
	}
	if code, _ := a.call("GET", "/communities/"+com+"/members/"+me(a)+"/safety-words", nil, nil); code != 422 {
		t.Errorf("words with oneself: %d", code)
	}
	var m struct{ Verified bool }
	a.must("PUT", "/communities/"+com+"/members/"+me(b)+"/verified", map[string]any{"verified": true}, &m)
	if !m.Verified {
		t.Error("not remembered")
	}
	a.stop()
	a.start()
	a.must("GET", "/communities/"+com+"/members/"+me(b), nil, &m)
	if !m.Verified {
		t.Error("forgotten over a restart")
	}
	out, err := exec.Command("pandal", "--data", a.data, "member", "verify", com, me(b)).Output()
	if err != nil || strings.TrimSpace(string(out)) != strings.Join(wa.Words, " ") {
		t.Errorf("the command line says %q: %v", out, err)
	}
}

// TestQR: an invite as a picture, for a screen and for a terminal.
func TestQR(t *testing.T) {
	p := newProcess(t, "asha")
	p.start()
	com, _ := p.found()
	var inv struct{ ID, Text string }
	p.must("POST", "/communities/"+com+"/invites", map[string]any{}, &inv)
	get := func(path string) (string, []byte) {
		req, err := http.NewRequest("GET", p.url+"/api/v1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %v %s", path, resp.StatusCode, err, raw)
		}
		return resp.Header.Get("Content-Type"), raw
	}
	kind, raw := get("/invites/" + inv.ID + "/qr.png")
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil || kind != "image/png" || img.Bounds().Dx() < 100 {
		t.Errorf("png: %s %v", kind, err)
	}
	photo := filepath.Join(t.TempDir(), "photo.PNG")
	if err := os.WriteFile(photo, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pandal", "--data", p.data, "me", "picture", photo, "--in", com).CombinedOutput()
	var me api.CommunityMe
	p.must("GET", "/communities/"+com+"/me", nil, &me)
	if err != nil || string(out) != "your picture is shown in 1 of your communities\n" || !me.HasPicture {
		t.Errorf("a picture of Asha: %v %s", err, out)
	}
	b := newProcess(t, "budi")
	b.start()
	for _, args := range [][]string{{"preview", photo}, {"accept", photo, "--as", "Budi"}} {
		out, err := exec.Command("pandal", append([]string{"--data", b.data, "invite"}, args...)...).CombinedOutput()
		if err != nil || args[0] == "accept" && !strings.HasSuffix(strings.TrimSpace(string(out)), com) {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
	out, err = exec.Command("pandal", "--data", b.data, "invite", "preview", photo[:len(photo)-4]+"s.jpeg").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "picture cannot be read") {
		t.Errorf("a file that is not there: %v %s", err, out)
	}
	if kind, raw = get("/invites/" + inv.ID + "/qr.svg"); kind != "image/svg+xml" || !bytes.HasPrefix(raw, []byte("<svg ")) || bytes.Contains(raw, []byte("script")) {
		t.Errorf("svg: %s", kind)
	}
	p.must("DELETE", "/invites/"+inv.ID, nil, nil)
	if code, _ := p.call("GET", "/invites/"+inv.ID+"/qr.png", nil, nil); code != 404 {
		t.Errorf("a revoked invite has a picture: %d", code)
	}
	out, err = exec.Command("pandal", "--data", p.data, "invite", "create", com, "--qr").Output()
	if err != nil || strings.Count(string(out), "\n") < 20 {
		t.Errorf("no picture in the terminal: %v", err)
	}
}

// TestRoles: a role that is given gives its rights on the other node, and taking it away takes them.
func TestRoles(t *testing.T) {
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	b.start()
	com, general := a.found()
	b.join(a.invite(com, general), general)
	var c struct {
		MeID string `json:"me_id"`
	}
	b.must("GET", "/communities/"+com, nil, &c)
	role := func() string {
		var m struct{ Role string }
		b.must("GET", "/communities/"+com, nil, &m)
		return m.Role
	}
	announces := func() int {
		code, _ := b.call("POST", "/communities/"+com+"/announcements", map[string]any{"text": "may I?"}, nil)
		return code
	}
	if code := announces(); code != 403 {
		t.Errorf("without the role: %d", code)
	}
	a.must("PUT", "/communities/"+com+"/members/"+c.MeID+"/roles/announcer", nil, nil)
	b.within(30*time.Second, "be announcer", func() bool { return role() == "announcer" })
	if code := announces(); code != 201 {
		t.Errorf("with the role: %d", code)
	}
	a.within(30*time.Second, "read the announcement", func() bool { return a.shows(a.group(com, "Announcements"), "may I?") })
	a.must("DELETE", "/communities/"+com+"/members/"+c.MeID+"/roles/announcer", nil, nil)
	b.within(30*time.Second, "be member", func() bool { return role() == "member" })
	if code := announces(); code != 403 {
		t.Errorf("after the role was taken: %d", code)
	}
	if !a.shows(a.group(com, "Announcements"), "may I?") {
		t.Error("what was announced with the right is gone with it")
	}
	if code, _ := b.call("PUT", "/communities/"+com+"/members/"+c.MeID+"/roles/admin", nil, nil); code != 403 {
		t.Errorf("a member makes himself admin: %d", code)
	}
}
