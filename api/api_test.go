package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	in := Time{time.Date(2026, 1, 2, 3, 4, 5, 120_999_999, time.FixedZone("x", 3600))}
	b, err := json.Marshal(struct{ A, B *Time }{&in, At(time.Time{})})
	if err != nil || string(b) != `{"A":"2026-01-02T02:04:05.120Z","B":null}` {
		t.Fatal(string(b), err)
	}
	var out struct{ A, B *Time }
	if err := json.Unmarshal(b, &out); err != nil || out.A.Sub(in.Time.Truncate(time.Millisecond)) != 0 || out.B != nil {
		t.Fatal(out, err)
	}
}

// TestCodes: every constant has its row, and no row lacks its constant.
func TestCodes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Code") && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				constants[strings.Trim(lit.Value, `"`)] = true
			}
		}
		return true
	})
	for code := range constants {
		if _, ok := Codes[code]; !ok {
			t.Errorf("%s has no row", code)
		}
	}
	for code, c := range Codes {
		if !constants[code] || c.Status < 400 || c.Status > 599 || c.Title == "" || c.Meaning == "" || c.Advice == "" {
			t.Errorf("%s: %+v", code, c)
		}
	}
	if p := NewProblem("no_such_code", ""); p.Code != CodeInternal || p.Status != 500 {
		t.Errorf("%+v", p)
	}
}
