package node_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestServed: what a peer without epoch keys can be served or overhear (wires, gossip topics, LAN names, DHT keys, what identify says)
// holds no name, text or key.
func TestServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi := w.Node("Asha Wunderkammer"), w.Node("Budi Lepidoptera")
		com := asha.Found("Zarathustra people")
		general := asha.Group(com, "General")
		budi.Join(asha.Invite(com, general))
		w.Eventually(time.Minute, "Budi is in", func() bool { return budi.In(general) && budi.CleanIn(general) })
		planted := map[string][]byte{}
		for _, s := range []string{"Asha Wunderkammer", "Budi Lepidoptera", "Zarathustra people"} {
			planted[s] = []byte(s)
		}
		for i := range 10 {
			text := fmt.Sprintf("a secret sentence, number %d of them", i)
			asha.Say(general, text)
			planted[text] = []byte(text)
		}
		announce(t, asha, com, "Hemlock announcement")
		planted["Hemlock announcement"] = []byte("Hemlock announcement")
		for name, key := range asha.Secrets() {
			planted[name] = key
		}
		if len(planted) < 20 {
			t.Fatalf("only %d planted strings", len(planted))
		}
		w.Eventually(time.Minute, "Budi has everything", func() bool { return len(budi.Texts(general)) == 10 })
		var shown [][]byte
		for _, n := range []*nodetest.Node{asha, budi} {
			shown = append(shown, n.WiresSince(nil)...)
			shown = append(shown, n.Overheard()...)
		}
		if len(shown) < 30 {
			t.Fatalf("only %d things are shown", len(shown))
		}
		for name, s := range planted {
			forms := [][]byte{s, []byte(hex.EncodeToString(s))}
			for shift := range 3 {
				b := append(make([]byte, shift), s...)
				e := base64.RawStdEncoding.EncodeToString(b[:len(b)-len(b)%3])
				forms = append(forms, []byte(e[min(4, shift*4):]))
			}
			for _, what := range shown {
				for _, f := range forms {
					if bytes.Contains(what, f) {
						t.Errorf("%q is shown to strangers", name)
					}
				}
			}
		}
	})
}
