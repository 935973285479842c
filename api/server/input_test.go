package server

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/api"
)

// Parameters that cannot be are named with their place, all at once, and those that can be are read.
func TestParameters(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		query string
		want  []string // "place: what is wrong"; none: 200
	}{
		{"", nil},
		{"?limit=200", nil},
		{"?limit=", nil},
		{"?limit=0", []string{"query.limit: expected number >= 1"}},
		{"?limit=201", []string{"query.limit: expected number <= 200"}},
		{"?limit=many", []string{"query.limit: invalid integer"}},
		{"?limit=9223372036854775808", []string{"query.limit: invalid integer"}},
		{"?q=x&has=link", nil},
		{"?q=x&has=link,mention", nil},
		{"?q=x&has=link,pictures", []string{`query.has[1]: expected value to be one of "link, mention"`}},
		{"?q=x&has=link,mention,link", []string{"query.has: expected array length <= 2"}},
		{"?q=x&limit=-1&order=odd", []string{"query.limit: expected number >= 1", `query.order: expected value to be one of "newest, best"`}},
	} {
		path := "/api/v1/tokens"
		if slices.Contains([]byte(c.query), 'q') {
			path = "/api/v1/search"
		}
		res := ask(w.h, "GET", path+c.query, "", w.auth...)
		var p api.Problem
		if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Location+": "+e.Message)
		}
		slices.Sort(got)
		if ok := res.Code == 200; !slices.Equal(got, c.want) || ok != (c.want == nil) {
			t.Errorf("%s%s: %d %q, want %q", path, c.query, res.Code, got, c.want)
		}
	}
}
