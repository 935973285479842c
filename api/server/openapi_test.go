package server

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// TestOpenAPI compares the document in the repository with the live one, so
// that a change of the contract is seen in review.
func TestOpenAPI(t *testing.T) {
	s, h, _ := bare(t)
	w := ask(h, "GET", "/openapi.json", "")
	var live bytes.Buffer
	if err := json.Indent(&live, w.Body.Bytes(), "", " "); err != nil {
		t.Fatal(err)
	}
	live.WriteByte('\n')
	if *update {
		if err := os.WriteFile("openapi.json", live.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("openapi.json")
	if err != nil || !bytes.Equal(kept, live.Bytes()) {
		t.Error("openapi.json is not what the server serves; if the change is meant: go test ./api/server -run OpenAPI -update", err)
	}
	ids := map[string]string{}
	for path, item := range s.openapi.OpenAPI().Paths {
		raw, _ := json.Marshal(item)
		var ops map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Responses   map[string]any
			Parameters  []struct{ Name, In string }
		}
		json.Unmarshal(raw, &ops)
		for method, op := range ops {
			if op.OperationID == "" || op.Summary == "" || ids[op.OperationID] != "" || len(op.Responses) < 2 {
				t.Errorf("%s %s: id %q, also at %q, %d responses", method, path, op.OperationID, ids[op.OperationID], len(op.Responses))
			}
			ids[op.OperationID] = path
			described := 0
			for _, p := range op.Parameters {
				if p.In == "path" {
					described++
				}
			}
			if described != strings.Count(path, "{") {
				t.Errorf("%s %s: %d path parameters are described", method, path, described)
			}
		}
	}
	if ask(h, "GET", "/openapi.yaml", "").Code != 200 {
		t.Error("no YAML")
	}
}
