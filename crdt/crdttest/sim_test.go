package crdttest

import (
	"os"
	"strconv"
	"testing"
	"testing/cryptotest"
	"time"
)

// TestSimulate runs seeds of the whole core: 30, 1,000 under PANDAL_FULL=1; PANDAL_SEED=n runs that one. The first seed runs twice and is the
// same bit by bit.
func TestSimulate(t *testing.T) {
	n := uint64(30)
	if os.Getenv("PANDAL_FULL") == "1" {
		n = 1000
	}
	first := uint64(0)
	if v := os.Getenv("PANDAL_SEED"); v != "" {
		var err error
		if first, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
		n = 1
	}
	var sum Run
	began := time.Now()
	seed := first
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again with PANDAL_SEED=%d", seed)
		}
	})
	for ; seed < first+n; seed++ {
		cryptotest.SetGlobalRandom(t, seed)
		run := Simulate(t, seed, 200)
		sum.Events += run.Events
		sum.Messages += run.Messages
		sum.Crashes += run.Crashes
		sum.Removed += run.Removed
		if seed == first {
			cryptotest.SetGlobalRandom(t, seed)
			if again := Simulate(t, seed, 200); again != run {
				t.Fatalf("one seed, two runs: %+v and %+v", run, again)
			}
		}
	}
	t.Logf("%d seeds: %d events (%.0f a second), %d messages, %d crashes, %d removals", n, sum.Events, float64(sum.Events)/time.Since(began).Seconds(), sum.Messages,
		sum.Crashes, sum.Removed)
}
