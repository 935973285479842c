package crdt_test

import (
	"testing"
	"testing/cryptotest"

	"github.com/cockroachdb/datadriven"

	"github.com/pandal-chat/pandal/crdt/crdttest"
)

// TestScenarios plays testdata/*.txt: one file a rule, a pair of rules that can meet, or an attack. `go test ./crdt -run Scenarios -rewrite`
// writes what is seen; a person says whether that is right.
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var w *crdttest.World
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "story" || w == nil {
				cryptotest.SetGlobalRandom(t, 1)
				w = crdttest.NewWorld(t)
			}
			w.T = t
			return w.Play(d.Input)
		})
	})
}
