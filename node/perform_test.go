package node

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEventRecord: what is written by hand is what json.Marshal writes, whatever is in it.
func TestEventRecord(t *testing.T) {
	parts := []string{"", "usr_abc234", "0", "Z", "a\"b", "<", "é", "\x00", "\xff", "a b", strings.Repeat("a", 300)}
	for _, actor := range parts {
		for _, ref := range parts {
			for _, detail := range []map[string]string{nil, {}, {"code": "clock_skew"}} {
				e := eventRecord{Actor: actor, Ref: ref, Detail: detail}
				want, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				if got := e.encode(); string(got) != string(want) {
					t.Errorf("%q, want %q", got, want)
				}
			}
		}
	}
}
