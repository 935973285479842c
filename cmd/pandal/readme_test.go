package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// readme returns the indented blocks of README.md, without what stands beside the commands.
func readme(t *testing.T, path string) (blocks []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := ""
	for line := range strings.Lines(string(raw)) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			block += code
		} else if strings.TrimSpace(line) == "" && block != "" {
			block += "\n"
		} else if block != "" {
			blocks, block = append(blocks, strings.TrimSpace(block)), ""
		}
	}
	return blocks
}

// TestReadmeTwoPeople types what README.md says two people do, as it stands there.
func TestReadmeTwoPeople(t *testing.T) {
	var try string
	for _, b := range readme(t, "../../README.md") {
		if strings.Contains(b, "invite accept") {
			try = b
		}
	}
	if try == "" {
		t.Fatal("README.md has no try for two people")
	}
	bin, err := exec.LookPath("pandal")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// The program is built already, /tmp is a directory of the test, and the ports of this machine are left alone.
	try = strings.ReplaceAll(try, "/tmp/", dir+"/")
	try = strings.ReplaceAll(try, "go build -o pandal ./cmd/pandal\n", "ln -s '"+bin+"' pandal\n")
	try = strings.ReplaceAll(try, " --no-open &", " --no-open --mdns=false --api-listen 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0 >/dev/null 2>&1 &")
	out := transcript(t, dir, "set -e\n"+try+"\nwait\n", 90*time.Second)
	for _, want := range []string{": Mangoes at six?", ": I bring rice."} {
		if !strings.Contains(out, want) {
			t.Errorf("the transcript lacks %q:\n%s", want, out)
		}
	}
}

// TestReadmeDemo follows README.md from a clean clone: the demo, built and run, within two minutes when the modules are there.
func TestReadmeDemo(t *testing.T) {
	if os.Getenv("PANDAL_FULL") != "1" {
		t.Skip("builds everything anew: PANDAL_FULL=1 runs it")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	transcript(t, dir, "git clone -q '"+root+"' pandal", time.Minute)
	clone := filepath.Join(dir, "pandal")
	command := ""
	for _, b := range readme(t, filepath.Join(clone, "README.md")) {
		if strings.HasSuffix(b, " demo") {
			command = b
		}
	}
	if command != "go run ./cmd/pandal demo" {
		t.Fatalf("README.md says %q", command)
	}
	at := time.Now()
	out := transcript(t, clone, command, 5*time.Minute)
	took := time.Since(at)
	t.Logf("%s\nfrom the clone to the end of the demo: %s", out, took.Round(100*time.Millisecond))
	if !strings.Contains(out, "Done in") || took > 2*time.Minute {
		t.Errorf("took %s", took)
	}
}

// transcript runs a script in a directory and returns all that it printed.
func transcript(t *testing.T, dir, script string, within time.Duration) string {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := time.AfterFunc(within, func() { cmd.Process.Kill() })
	defer done.Stop()
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out.String())
	}
	return out.String()
}
