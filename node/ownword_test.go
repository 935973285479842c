package node_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestNobodyConsentsForAnother: what a member says as if he were another one's device is not heard. That a person's own devices hear each other is played in
// cmd/pandal/testdata/insight.txt, since linking takes real sockets.
func TestNobodyConsentsForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen")
		agree(w, time.Minute, nodes...)
		for _, n := range []*nodetest.Node{nodes[0], nodes[1]} {
			w.Eventually(time.Minute, n.Name+" is connected", func() bool { return len(n.Peers()) == 2 })
			if heard := n.ClaimConsent(); heard != 0 {
				t.Errorf("%d heard what %s says for them", heard, n.Name)
			}
		}
		for _, n := range nodes {
			if c, err := n.InsightConsent(com); err != nil || c.On || !c.Since.IsZero() {
				t.Errorf("%s consents: %+v, %v", n.Name, c, err)
			}
		}
	})
}

// FuzzOwnWord: a frame is refused, or is in its one form.
func FuzzOwnWord(f *testing.F) {
	id := "5820" + hex.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for i, s := range []string{"8180", "818183" + "01" + id + "f5", "818283" + "01" + id + "f583" + "02" + id + "f4", "81f6", "818183" + "00" + id + "f5", "818183" + "20" + id + "f5", "8080", "818183" + "01" + "40" + "f5"} {
		raw, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		if _, ok := node.ParseOwnWord(raw); ok != (i < 3) {
			f.Fatalf("frame %d is read: %v", i, ok)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if again, ok := node.ParseOwnWord(raw); ok && !bytes.Equal(again, raw) {
			t.Fatalf("%x is read as %x", raw, again)
		}
	})
}
