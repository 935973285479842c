package web

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// TestPacked: what the program holds is what dist holds.
func TestPacked(t *testing.T) {
	names, err := filepath.Glob("dist/*")
	if err != nil || len(names) != len(Names()) || len(names) < 10 {
		t.Fatalf("dist has %v, the program %v: npm run build", names, Names())
	}
	tags := map[string]bool{}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data, tag, ok := File(filepath.Base(name))
		if !ok || !bytes.Equal(data, want) {
			t.Errorf("%s is another in the program: npm run build", name)
		}
		tags[tag] = true
	}
	if len(tags) != len(names) {
		t.Error("two files have one tag")
	}
	if _, _, ok := File("../web.go"); ok {
		t.Error("a file that is not of the page")
	}
}

// TestUnpack: what is cut or has a wrong length is refused, and does not panic.
func TestUnpack(t *testing.T) {
	pack := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.Bytes()
	}
	if got, err := unpack(pack("a 1\nb 0\n\nx")); err != nil || string(got["a"].data) != "x" || len(got) != 2 {
		t.Error(got, err)
	}
	for _, bad := range [][]byte{nil, packed[:len(packed)/2], pack("a 2\n\nx"), pack("a 1\n\nxy"), pack("a -1\n\nx"), pack("a\n\nx")} {
		if got, err := unpack(bad); err == nil {
			t.Error(got)
		}
	}
}
