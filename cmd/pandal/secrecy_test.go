package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disguises are the forms in which a string could stand in a file without being looked for: as it is (CBOR and JSON keep it so), in hex, and
// in base64 at each of the three offsets.
func disguises(s []byte) map[string][]byte {
	out := map[string][]byte{"raw": s, "hex": []byte(hex.EncodeToString(s)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(s)))}
	for shift := range 3 {
		b := append(make([]byte, shift), s...)
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			e := enc.EncodeToString(b[:len(b)-len(b)%3])
			skip := 0
			if shift > 0 {
				skip = 4
			}
			if len(e) > skip+8 {
				out[name+string(rune('0'+shift))] = []byte(e[skip:])
			}
		}
	}
	return out
}

// search reports where a planted string stands in a directory, in any disguise.
func search(t *testing.T, dir string, planted []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, s := range planted {
			for form, b := range disguises([]byte(s)) {
				if bytes.Contains(raw, b) {
					t.Errorf("%q stands in %s (%s)", s, filepath.Base(path), form)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 3 {
		t.Fatalf("only %d files in the data directory", files)
	}
}

// TestDataDirectory: names and texts stand nowhere in the data directory, -wal and logs included, while the node runs and after.
func TestDataDirectory(t *testing.T) {
	planted := []string{"Zarathustrapeople", "Xylophonegroup", "Quixoticdescription", "Asha-Wunderkammer", "Budi-Lepidoptera", "Hemlockannouncement",
		"first secret sentence 4711", "second secret sentence 4712", "नमस्ते दुनिया गुप्त", "مرحبا بالعالم السري", "秘密的消息在这里", "tokenname-Kaleidoscope", "Whisperinggallery"}
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	t.Setenv("PANDAL_LOG", "debug")
	a.start()
	b.start()
	a.must("PATCH", "/me", map[string]any{"display_name": planted[3]}, nil)
	var c idOnly
	a.must("POST", "/communities", map[string]any{"name": planted[0], "description": planted[2], "display_name": planted[3]}, &c)
	var g idOnly
	a.must("POST", "/communities/"+c.ID+"/groups", map[string]any{"name": planted[1], "description": planted[12]}, &g)
	link := a.invite(c.ID, g.ID)
	var job idOnly
	b.must("POST", "/invites/accept", map[string]any{"link": link, "display_name": planted[4]}, &job)
	b.within(time.Minute, "join", func() bool { return b.in(g.ID) })
	a.must("POST", "/communities/"+c.ID+"/announcements", map[string]any{"text": planted[5]}, nil)
	for _, s := range planted[6:11] {
		a.must("POST", "/groups/"+g.ID+"/messages", map[string]any{"text": s}, nil)
	}
	a.must("POST", "/tokens", map[string]any{"name": planted[11], "scopes": []string{"read"}}, nil)
	b.within(time.Minute, "have everything", func() bool { return len(b.texts(g.ID)) == 5 })
	for _, p := range []*process{a, b} {
		search(t, p.data, planted)
	}
	logged, err := os.ReadFile(a.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range planted {
		if bytes.Contains(logged, []byte(s)) {
			t.Errorf("%q stands in the log", s)
		}
	}
	if bytes.Contains(logged, []byte(a.token)) {
		t.Error("the API token stands in the log")
	}
	a.signal(syscall.SIGTERM)
	a.cmd.Wait()
	a.cmd = nil
	search(t, a.data, planted)

	control := filepath.Join(a.data, "control") // the search itself must be able to find
	if err := os.WriteFile(control, []byte("..Wkeyboard"+base64.StdEncoding.EncodeToString([]byte("xx"+planted[6]))), 0o600); err != nil {
		t.Fatal(err)
	}
	found := false
	raw, _ := os.ReadFile(control)
	for _, form := range disguises([]byte(planted[6])) {
		found = found || bytes.Contains(raw, form)
	}
	if !found {
		t.Error("the search does not find what is there in base64")
	}
}
