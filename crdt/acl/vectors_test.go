package acl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pandal-chat/pandal/crdt/op"
)

var more = flag.String("vectors", "", "a folder of further histories, {ops, state} one a line or one a file")

// The vectors come from an independent executable model of the rules (SPEC.md, "Vectors").
type vecOp struct {
	ID, Space, Kind, Cap string
	AuthorDevice         string `json:"author_device"`
	Seq                  uint64
	Deps                 []string
	ParentHeads          []string `json:"parent_heads"`
	Body                 struct {
		Subject, Device, Invite, Target, Prev, Reg string
		Bits                                       []string
		Cascade, Auto, Open                        bool
		Max                                        uint32
		Val                                        json.RawMessage
	}
}

type vecState struct {
	Effective []string            `json:"effective"`
	Caps      []string            `json:"caps"`
	Members   map[string][]string `json:"members"`
	Devices   map[string][]string `json:"devices"`
	Registers map[string][]any    `json:"registers"`
	Owner     string              `json:"owner"`
}

type vector struct {
	Seed  int
	Ops   []vecOp
	State map[string]vecState
}

var vecKinds = map[string]op.Kind{}

func init() {
	for k := op.Genesis; k <= op.KeeperRevoke; k++ {
		vecKinds[k.String()] = k
	}
}

func vecID(s string) (id op.ID) {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	copy(id[:], b)
	return id
}

func name32(s string) (k [32]byte) { copy(k[:], s); return k }
func text32(k [32]byte) string     { return string(bytes.TrimRight(k[:], "\x00")) }

func vecIDs(ss []string) (out []op.ID) {
	for _, s := range ss {
		out = append(out, vecID(s))
	}
	return out
}

func (v vecOp) entry() Entry {
	e := Entry{ID: vecID(v.ID), Space: vecID(v.Space), Cap: vecID(v.Cap), Kind: vecKinds[v.Kind], Key: name32(v.AuthorDevice), Seq: v.Seq,
		Deps: vecIDs(v.Deps), Parents: vecIDs(v.ParentHeads), Member: name32(v.Body.Subject), Device: name32(v.Body.Device), Post: true,
		Cascade: v.Body.Cascade, Auto: v.Body.Auto, Max: v.Body.Max, Open: v.Body.Open, Reg: v.Body.Reg, Val: v.Body.Val, Invite: vecID(v.Body.Invite)}
	if v.Body.Prev != "" {
		e.Target = vecID(v.Body.Prev)
	} else {
		e.Target = vecID(v.Body.Target)
	}
	for i, b := range bitNames() {
		if slices.Contains(v.Body.Bits, strings.ToUpper(b)) {
			e.Bits |= 1 << i
		}
	}
	return e
}

func bitNames() []string { return op.AllBits.Names() }

// feed adds entries in any order until none can be added.
func feed(t testing.TB, entries []Entry) *Log {
	l := NewLog()
	for left := entries; len(left) > 0; {
		var again []Entry
		for _, e := range left {
			if len(l.Missing(e)) > 0 || l.Add(e) != nil {
				again = append(again, e)
			}
		}
		if len(again) == len(left) {
			break
		}
		left = again
	}
	return l
}

// vecView writes our states as the model writes its own.
func vecView(l *Log, genesis op.ID) map[string]vecState {
	short := func(ids []op.ID) []string {
		out := []string{}
		for _, id := range ids {
			out = append(out, hex.EncodeToString(id[:6]))
		}
		return out
	}
	out := map[string]vecState{}
	for id, s := range l.EvalAll(genesis) {
		v := vecState{Effective: short(s.EffectiveIDs()), Caps: short(s.LiveIDs()), Members: map[string][]string{}, Devices: map[string][]string{},
			Registers: map[string][]any{}, Owner: text32(s.Owner)}
		for m, mem := range s.Members.All() {
			bits := mem.Bits.Names()
			for i := range bits {
				bits[i] = strings.ToUpper(bits[i])
			}
			sort.Strings(bits)
			v.Members[text32(m)] = bits
			ds := []string{}
			for _, d := range mem.Devices {
				ds = append(ds, text32(d))
			}
			v.Devices[text32(m)] = ds
		}
		for reg, val := range s.Values {
			var x any
			json.Unmarshal(val, &x)
			id := l.f[s.writes[reg][0]].ID
			v.Registers[reg] = []any{x, hex.EncodeToString(id[:6])}
		}
		out[hex.EncodeToString(id[:6])] = v
	}
	return out
}

// TestVectors: our Eval gives the model's state for every history.
func TestVectors(t *testing.T) {
	files, _ := filepath.Glob("testdata/vectors/*.gz")
	if *more != "" {
		a, _ := filepath.Glob(filepath.Join(*more, "*.json*"))
		files = append(files, a...)
	}
	n := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var r io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			var v vector
			if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			var es []Entry
			var genesis op.ID
			for _, o := range v.Ops {
				es = append(es, o.entry())
				if o.Kind == "Genesis" {
					genesis = vecID(o.ID)
				}
			}
			got := vecView(feed(t, es), genesis)
			if d := cmp.Diff(v.State, got); d != "" {
				t.Fatalf("%s seed %d (-model +ours):\n%s", file, v.Seed, d)
			}
			n++
		}
		f.Close()
	}
	if n < 1000 {
		t.Fatalf("only %d histories found", n)
	}
	t.Logf("%d histories", n)
}
