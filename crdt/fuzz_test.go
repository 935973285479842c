package crdt_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/pandal-chat/pandal/crdt/crdttest"
)

// scriptOf turns bytes into a story: three bytes a line, which say what is done, by whom, and to whom or with what.
func scriptOf(b []byte) []string {
	names := []string{"asha", "budi", "chen", "dilnoza", "emeka"}
	out := []string{"asha: found Sunrise by xenia,yaw,zora", "asha: admin budi as office", "asha: admit budi as seat", "asha: invite link auto into none",
		"asha: admit chen by link", "asha: group food", "asha: admit budi in food", "asha: admit chen in food", "budi: invite one max 1"}
	out[3] = "asha: invite link auto"
	phones := map[string]bool{}
	labels := []string{"office", "seat", "link", "food"}
	for i := 0; i+2 < len(b) && len(out) < 48; i += 3 {
		who, whom, n := names[int(b[i+1])%len(names)], names[int(b[i+2])%len(names)], b[i+2]
		if phones[who] && b[i+1]&0x80 != 0 {
			who += ".phone"
		}
		in := []string{"", " in food"}[b[i+1]>>6&1]
		label := fmt.Sprint("op", i)
		act := ""
		switch b[i] % 26 {
		case 0, 1:
			act = "admin " + whom + in
		case 2:
			act = "moderator " + whom + in
		case 3, 4:
			act = "admit " + whom + in
		case 5:
			act = "admit " + whom + " by link"
		case 6:
			act = "admit " + whom + " by one"
		case 7, 8:
			act = "remove " + whom + in
		case 9:
			act = "remove " + whom + " cascade" + in
		case 10:
			act = "remove " + whom + " ban"
		case 11:
			act = "leave" + in
		case 12:
			act = "close " + []string{"link", "one"}[n&1]
		case 13:
			act = fmt.Sprint("set name ", n, in)
		case 14:
			act = fmt.Sprint("post message ", i, " in food")
		case 15:
			act = fmt.Sprint("announce news ", i)
		case 16:
			if person, _, second := strings.Cut(who, "."); !second && !phones[person] {
				phones[person] = true
				act = "device phone"
			}
		case 17:
			if !strings.Contains(who, ".") && phones[who] {
				act = "lose phone"
			}
		case 18:
			act = "rotate by xenia,yaw"
		case 19:
			act = "archive in food"
		case 20:
			act = "epoch" + in
		case 21: // what no honest node writes
			act = fmt.Sprintf("remove %s under %s after %s,%s", whom, labels[int(b[i+1])%len(labels)], labels[int(n)%len(labels)], labels[int(n>>4)%len(labels)])
		case 22:
			act = fmt.Sprintf("admit %s by link under %s after link,%s", whom, labels[int(n)%len(labels)], labels[int(n>>4)%len(labels)])
		case 23:
			act = fmt.Sprintf("set name %d number %d", n, n%5)
		case 24:
			var l, r string
			for k, name := range names {
				if n>>k&1 == 1 {
					l += " " + name + " " + name + ".phone"
				} else {
					r += " " + name + " " + name + ".phone"
				}
			}
			out = append(out, "partition"+l+" |"+r)
			continue
		case 25:
			out = append(out, "heal")
			continue
		}
		if act != "" {
			out = append(out, who+": "+act+" as "+label)
		}
		if b[i]%26 < 4 || b[i]%26 == 13 {
			labels = append(labels, label)
		}
	}
	return out
}

// FuzzScript plays stories made of bytes, forged acts and partitions among them: nobody's node falls over, and when all have met, all have one
// state.
func FuzzScript(f *testing.F) {
	f.Add([]byte{24, 0, 3, 7, 1, 0, 8, 0, 1, 4, 1, 3, 25, 0, 0, 14, 2, 0})
	f.Add([]byte{0, 0, 2, 24, 0, 2, 9, 1, 2, 9, 2, 1, 6, 1, 3, 6, 0, 4, 25, 0, 0, 18, 1, 0, 13, 0, 7})
	f.Add([]byte{16, 1, 0, 24, 0, 1, 17, 1, 0, 3, 0x81, 3, 25, 0, 0, 21, 2, 0x13, 22, 2, 0x24, 23, 1, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		cryptotest.SetGlobalRandom(t, 1)
		w := crdttest.NewWorld(t)
		known := map[string]bool{}
		var script strings.Builder
		for _, line := range scriptOf(b) {
			words := strings.Fields(line)
			if name, acts := strings.CutSuffix(words[0], ":"); acts && w.Peer(name) == nil && words[1] != "found" {
				continue // he is not there yet
			}
			unknown := false
			for i, word := range words {
				if i > 0 && (words[i-1] == "under" || words[i-1] == "after") {
					for _, l := range strings.Split(word, ",") {
						unknown = unknown || strings.HasPrefix(l, "op") && !known[l]
					}
				}
			}
			if unknown {
				continue
			}
			script.WriteString(line + "\n")
			if out := w.Line(line); strings.Contains(out, "DISAGREE") {
				t.Fatalf("%s\n%s", script.String(), out)
			}
			if n := len(words); n > 1 && words[n-2] == "as" && w.Named(words[n-1]) {
				known[words[n-1]] = true
			}
		}
		if out := w.Line("heal"); out != "" {
			t.Fatalf("%s\n%s", script.String(), out)
		}
	})
}
