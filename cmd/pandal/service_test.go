package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestServiceWords: a path with everything that means something to a system comes through as itself. The cases are those of the documents named
// at the functions.
func TestServiceWords(t *testing.T) {
	for _, c := range []struct {
		how      func(string) string
		in, want string
	}{
		{systemdWord, `/home/a b/100% "x" \ $HOME`, `"/home/a b/100%% \"x\" \\ $$HOME"`},
		{desktopWord, `/home/a b/100% "x" \ $HOME` + "`", `"/home/a b/100%% \\"x\\" \\\\ \\$HOME` + "\\\\`\""},
		{windowsWord, `C:\a b\c`, `"C:\a b\c"`},
		{windowsWord, `C:\a b\`, `"C:\a b\\"`},
		{windowsWord, `a"b`, `"a\"b"`},
		{windowsWord, `a\"b`, `"a\\\"b"`},
		{windowsWord, ``, `""`},
	} {
		if got := c.how(c.in); got != c.want {
			t.Errorf("%s is %s, want %s", c.in, got, c.want)
		}
	}
}

// TestServicePlans: what other systems than this one are given is well formed, and has each word of the command line in its place.
func TestServicePlans(t *testing.T) {
	data := `/Users/a & b/<Pandal>`
	mac := place{os: "darwin", home: "/Users/a & b", uid: 501, exe: "/bin/pandal", data: data, up: []string{"--mode", "lan_only"}}.plan()
	words := within(t, mac.files[0].text, "string")
	want := []string{serviceLabel, "/bin/pandal", "up", "--no-open", "--quiet", "--data", data, "--log-file", data + "/log", "--mode", "lan_only"}
	if strings.Join(words, "|") != strings.Join(want, "|") {
		t.Errorf("launchd runs %q", words)
	}
	win := place{os: "windows", user: `BOX\a & b`, exe: `C:\p\pandal.exe`, data: `C:\d "x"`}.plan()
	if got := within(t, win.files[0].text, "Arguments"); len(got) != 1 || !strings.HasPrefix(got[0], `--headless "C:\p\pandal.exe" "up" "--no-open" "--quiet" "--data" "C:\d \"x\""`) {
		t.Errorf("the task runs %q", got)
	}
	if got := within(t, win.files[0].text, "UserId"); len(got) != 2 || got[0] != `BOX\a & b` || got[0] != got[1] {
		t.Errorf("the task is for %q", got)
	}
}

// within reads all of an XML document and returns what stands in elements of a name.
func within(t *testing.T, doc, name string) (out []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	in := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if in = e.Name.Local == name; in {
				out = append(out, "")
			}
		case xml.CharData:
			if in {
				out[len(out)-1] += string(e)
			}
		case xml.EndElement:
			in = false
		}
	}
}
