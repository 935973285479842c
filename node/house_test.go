package node_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/pandal-chat/pandal"

// rooms says which rooms of ours each room may import: the arrows of the house. A room that is not here may not exist. Whoever changes a
// line says in the commit why the arrow is right. Tests may import what they like.
var rooms = map[string][]string{
	"identity": {},

	"crdt/op":        {"identity"},
	"crdt/dag":       {"crdt/op"},
	"crdt/acl":       {"crdt/op", "crdt/dag", "identity"}, // identity: the names of members and devices, and their certificates
	"crdt/epoch":     {"crdt/op", "identity"},
	"crdt/content":   {"crdt/op", "identity"},
	"crdt/reconcile": {"crdt/op"},
	"crdt/insight":   {"crdt/op", "identity"}, // identity: the names of members
	"crdt":           {"crdt/op", "crdt/dag", "crdt/acl", "crdt/epoch", "crdt/content", "identity"},

	"pubsub":       {},
	"node/host":    {"identity"},
	"node/store":   {"crdt/op"},
	"node/history": {"crdt/reconcile", "crdt/op"},
	"node/blob":    {"crdt/op", "identity"},
	"node/call":    {},
	"node": {"node/host", "node/store", "node/history", "node/blob", "node/call", "pubsub",
		"crdt", "crdt/op", "crdt/dag", "crdt/acl", "crdt/epoch", "crdt/content", "crdt/reconcile", "crdt/insight", "identity"},

	"api":        {},
	"api/web":    {},
	"api/docs":   {},
	"api/client": {"api"},
	"api/server": {"api", "api/web", "api/docs", "node"},

	"cmd/pandal": {"api", "api/client", "api/server", "node"}, // api: the types that its client returns
}

// forTests are rooms that only tests and benchmarks import, and that may import everything.
var forTests = []string{"crdt/crdttest", "node/nodetest"}

// pure rooms take values and return values. Beside the standard library they may import only what is listed.
var pure = map[string][]string{
	"identity":       {"github.com/tyler-smith/go-bip39", "golang.org/x/crypto"},
	"crdt/op":        {"github.com/fxamacker/cbor/v2"},
	"crdt/dag":       {},
	"crdt/acl":       {},
	"crdt/epoch":     {},
	"crdt/content":   {},
	"crdt/reconcile": {},
	"crdt/insight":   {},
	"crdt":           {},
}

// impure is what no pure room imports, with everything below it.
var impure = []string{"context", "time", "sync", "os", "net", "log", "syscall", "runtime", "unsafe", "plugin", "C", "math/rand", "github.com/libp2p"}

// random lists the files of pure rooms that may draw randomness: key creation, a new epoch, and sealing.
var random = []string{"identity/keys.go", "identity/seed.go", "identity/seal.go", "crdt/epoch/keys.go", "crdt/epoch/wire.go", "crdt/epoch/relay.go", "crdt/author.go"}

// long lists files of more than maxLines lines, with the reason.
var long = map[string]string{}

const maxLines = 400

type room struct {
	name  string // path below the module
	dir   string
	files map[string]*ast.File // non-test files of every platform, by path below the module
}

func (r room) imports() map[string]string { // path → a file that imports it
	out := map[string]string{}
	for file, f := range r.files {
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			out[p] = file
		}
	}
	return out
}

// house lists the module's rooms.
func house(t *testing.T) (root string, out []room) {
	t.Helper()
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Dir(strings.TrimSpace(string(gomod)))
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir", "./...")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var p struct{ ImportPath, Dir string }
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		r := room{name: strings.TrimPrefix(p.ImportPath, module+"/"), dir: p.Dir, files: map[string]*ast.File{}}
		names, _ := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(root, name)
			r.files[filepath.ToSlash(rel)] = f
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b room) int { return cmp.Compare(a.name, b.name) })
	if len(out) < 10 {
		t.Fatalf("only %d packages found below %s", len(out), root)
	}
	return root, out
}

func below(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

// TestArrows: a room imports only the rooms that the table gives it.
func TestArrows(t *testing.T) {
	_, all := house(t)
	for _, r := range all {
		if slices.Contains(forTests, r.name) || len(r.files) == 0 {
			continue
		}
		may, ok := rooms[r.name]
		if !ok {
			t.Errorf("%s is in no plan of the house: add it to the table, with a reason in the commit", r.name)
			continue
		}
		for p, file := range r.imports() {
			if to, ours := strings.CutPrefix(p, module+"/"); ours && !slices.Contains(may, to) {
				t.Errorf("%s imports %s: that arrow points the wrong way", file, to)
			}
		}
	}
}

// TestTableHasNoCycle: the arrows of the table lead down.
func TestTableHasNoCycle(t *testing.T) {
	done, open := map[string]bool{}, map[string]bool{}
	var walk func(string)
	walk = func(r string) {
		if open[r] {
			t.Fatalf("%s imports itself by way of others", r)
		}
		if done[r] {
			return
		}
		open[r] = true
		for _, to := range rooms[r] {
			if _, ok := rooms[to]; !ok {
				t.Fatalf("%s may import %s, which is not in the table", r, to)
			}
			walk(to)
		}
		open[r], done[r] = false, true
	}
	for r := range rooms {
		walk(r)
	}
	for r := range pure {
		for _, to := range rooms[r] {
			if _, ok := pure[to]; !ok {
				t.Errorf("the pure room %s may import %s, which is not", r, to)
			}
		}
	}
}

// TestPure: pure rooms know no clock, no network, no disk, no other goroutine, and draw randomness in the listed files only.
func TestPure(t *testing.T) {
	_, all := house(t)
	for _, r := range all {
		extern, ok := pure[r.name]
		if !ok {
			if below(r.name, "identity") || below(r.name, "crdt") && !slices.Contains(forTests, r.name) {
				t.Errorf("%s lies above the pure line and is not listed as pure", r.name)
			}
			continue
		}
		for file, f := range r.files {
			for _, i := range f.Imports {
				p, _ := strconv.Unquote(i.Path.Value)
				in := func(root string) bool { return below(p, root) }
				switch {
				case slices.ContainsFunc(impure, in):
					t.Errorf("%s imports %s: a pure room must not", file, p)
				case p == "crypto/rand" && !slices.Contains(random, file):
					t.Errorf("%s draws randomness", file)
				case strings.Contains(p, ".") && !below(p, module) && !slices.ContainsFunc(extern, in):
					t.Errorf("%s imports %s: not a dependency of this room", file, p)
				}
			}
		}
	}
}

// TestFiles: no file grows over maxLines without a reason, every package introduces itself in doc.go, and none is a drawer for odds and
// ends.
func TestFiles(t *testing.T) {
	root, all := house(t)
	for _, r := range all {
		if len(r.files) == 0 {
			continue
		}
		if name := filepath.Base(r.dir); slices.Contains([]string{"util", "utils", "common", "types", "helper", "helpers", "misc", "shared"}, name) {
			t.Errorf("%s: a package is named for what it does", r.name)
		}
		doc, ok := r.files[r.name+"/doc.go"]
		if r.name == "cmd/pandal" && !ok {
			doc, ok = r.files["cmd/pandal/main.go"]
		}
		if !ok || doc.Doc == nil {
			t.Errorf("%s has no doc.go that says what it is", r.name)
		}
		for file := range r.files {
			b, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			n := bytes.Count(b, []byte("\n"))
			if why := long[file]; n > maxLines && why == "" {
				t.Errorf("%s has %d lines: cut it, or list it with a reason", file, n)
			} else if n <= maxLines && why != "" {
				t.Errorf("%s has %d lines only: strike it from the list of long files", file, n)
			}
		}
	}
}

// TestTopLevel: the six folders, the pictures of the README, and nothing beside them.
func TestTopLevel(t *testing.T) {
	root, _ := house(t)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains([]string{"cmd", "node", "pubsub", "identity", "crdt", "api", "docs"}, e.Name()) {
			t.Errorf("the house has no room %s", e.Name())
		}
	}
}
