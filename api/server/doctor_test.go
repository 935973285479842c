package server

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/web"
)

// TestPageWhole: a page that lacks what its first file asks for is told of.
func TestPageWhole(t *testing.T) {
	if f := pageWhole(web.File); f.State != "ok" {
		t.Errorf("the page in this program: %+v", f)
	}
	for _, gone := range []string{"index.html", "app.js", "app.css", "icon.svg"} {
		without := func(name string) ([]byte, string, bool) {
			if name == gone {
				return nil, "", false
			}
			return web.File(name)
		}
		if f := pageWhole(without); f.State != "fail" || f.Do == "" {
			t.Errorf("without %s: %+v", gone, f)
		}
		empty := func(name string) ([]byte, string, bool) {
			data, tag, ok := web.File(name)
			if name == gone {
				data = nil
			}
			return data, tag, ok
		}
		if f := pageWhole(empty); f.State != "fail" {
			t.Errorf("with nothing in %s: %+v", gone, f)
		}
	}
}

// TestSocketAnswers: the socket is asked as the command line asks it, and a dead one is told of.
func TestSocketAnswers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no socket")
	}
	dir := t.TempDir()
	d, err := Start(Config{Data: dir, Listen: "127.0.0.1:0", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{c: Config{Data: dir}}
	if f := s.socketAnswers(t.Context()); f.State != "ok" {
		t.Errorf("%+v", f)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if f := s.socketAnswers(t.Context()); f.State != "fail" || f.Do == "" {
		t.Errorf("nobody is there: %+v", f)
	}
}

// TestDoctorFix: what others may read is told of, and mended with all in it; what a link leads to is left alone.
func TestDoctorFix(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have the rights of their directory")
	}
	w := newWorld(t)
	dir := w.s.c.Data
	deep, outside := filepath.Join(dir, "deep"), filepath.Join(t.TempDir(), "outside")
	for _, err := range []error{os.Chmod(dir, 0o750), os.Mkdir(deep, 0o755), os.WriteFile(filepath.Join(deep, "x"), nil, 0o644), os.WriteFile(outside, nil, 0o644), os.Chmod(outside, 0o644), os.Symlink(outside, filepath.Join(dir, "link"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	of := func(d api.Doctor, check string) (f api.Finding) {
		for _, f = range d.Findings {
			if f.Check == check {
				return f
			}
		}
		t.Fatalf("nothing is said of %s", check)
		return f
	}
	var d api.Doctor
	if w.do(http.MethodGet, "/doctor", "", 200, &d); of(d, "files").State != "fail" || d.State != "fail" || !strings.Contains(of(d, "files").Do, "--fix") {
		t.Errorf("%+v", d)
	}
	if w.do(http.MethodPost, "/doctor/fix", "", 200, &d); of(d, "files").State != "ok" {
		t.Errorf("%+v", d)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, deep: 0o700, filepath.Join(deep, "x"): 0o600, outside: 0o644} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s has %v, want %v", path, st.Mode(), want)
		}
	}
	for _, check := range []string{"disk", "open_files", "lan", "port", "dht", "page", "socket", "store", "clock"} {
		of(d, check)
	}
}

// TestFindingsHaveWords: the page has words of its own for whatever the node may find wrong, in every language, and says what to do.
func TestFindingsHaveWords(t *testing.T) {
	wrong := regexp.MustCompile(`Finding\{(?:Check: )?"(\w+)", (?:State: )?"(warn|fail)"`)
	keys := map[string]bool{"disk.warn": true, "disk.fail": true, "open_files.warn": true, "open_files.fail": true, "network.warn": true} // their state is set later
	for _, file := range []string{"doctor.go", "../../node/doctor.go", "../../node/around.go"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range wrong.FindAllStringSubmatch(string(raw), -1) {
			keys[m[1]+"."+m[2]] = true
		}
	}
	if len(keys) < 15 {
		t.Errorf("only %d things are found wrong: %v", len(keys), keys)
	}
	for _, lang := range []string{"en", "hi", "id", "es", "ar"} {
		raw, err := os.ReadFile("../web/src/locales/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		for key := range keys {
			if words["finding."+key] == nil || words["finding."+key+".do"] == nil && key != "recovery.warn" { // that one is a link
				t.Errorf("%s: no words for finding.%s", lang, key)
			}
		}
	}
}
