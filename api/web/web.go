package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

//go:embed dist.gz
var packed []byte

type file struct {
	data []byte
	tag  string
}

var files = sync.OnceValue(func() map[string]file {
	out, err := unpack(packed)
	if err != nil {
		panic(err) // what is embedded was read by a test
	}
	return out
})

// File returns what a browser may ask for by name (index.html, app.js, app.css, …), and its strong entity tag. Nobody may change the bytes.
func File(name string) (data []byte, tag string, ok bool) {
	f, ok := files()[name]
	return f.data, f.tag, ok
}

// Names lists all files.
func Names() []string { return slices.Sorted(maps.Keys(files())) }

// unpack reads what scripts/pack.mjs writes.
func unpack(packed []byte) (map[string]file, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack the page: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack the page: %w", err)
	}
	head, rest, _ := bytes.Cut(plain, []byte("\n\n"))
	out := map[string]file{}
	for line := range bytes.Lines(head) {
		var name string
		var size int
		if n, err := fmt.Sscanf(string(line), "%s %d", &name, &size); n != 2 || size < 0 || size > len(rest) {
			return nil, fmt.Errorf("unpack the page: %q: %w", line, err)
		}
		sum := sha256.Sum256(rest[:size])
		out[name], rest = file{rest[:size:size], `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, rest[size:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unpack the page: %d bytes belong to no file", len(rest))
	}
	return out, nil
}
