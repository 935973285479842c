package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// TestDemoKeep: three nodes with two weeks behind them, which go on.
func TestDemoKeep(t *testing.T) {
	cmd := exec.Command("pandal", "demo", "--keep")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	found := regexp.MustCompile(`http://127\.0\.0\.1:\d+/login#\S+ +--data (\S+)`).FindAllStringSubmatch(string(out), -1)
	if len(found) != 3 {
		t.Fatalf("no three links:\n%s", out)
	}
	for _, f := range found {
		defer exec.Command("pandal", "--data", f[1], "down").Run()
		c, err := client.Open(client.Options{Data: f[1]})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		start, err := client.Get[api.Start](t.Context(), c, "/start")
		if err != nil || len(start.Communities) != 1 || start.Communities[0].MemberCount != 3 || len(start.Groups) < 4 {
			t.Fatalf("%s: %+v, %v", filepath.Base(f[1]), start, err)
		}
		messages, kinds, oldest := 0, map[string]int{}, time.Now()
		for _, g := range start.Groups {
			page, err := client.Get[api.List[api.Message]](t.Context(), c, "/groups/"+g.ID+"/messages?limit=100")
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Items {
				messages++
				kinds[m.Kind]++
				if at := m.CreatedAt.Time; at.Before(oldest) {
					oldest = at
				}
				if strings.HasPrefix(m.Text, "Thanks!") && m.ReplyTo != nil {
					t.Error("who answers nobody is shown as answering")
				}
			}
		}
		if messages < 35 || kinds["poll"] != 1 || kinds["event"] != 1 || kinds["announcement"] < 3 {
			t.Errorf("%s has %d messages: %v", filepath.Base(f[1]), messages, kinds)
		}
		if age := time.Since(oldest); age < 13*24*time.Hour || age > 15*24*time.Hour {
			t.Errorf("the oldest is %s old", age)
		}
	}
}
