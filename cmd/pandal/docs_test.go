package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// codeBlocks returns what stands between fences in the pages of api/docs, by file.
func codeBlocks(t *testing.T) map[string][]string {
	t.Helper()
	names, err := filepath.Glob("../../api/docs/pages/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	out := map[string][]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(raw), "```")
		for i := 1; i < len(parts); i += 2 {
			_, block, _ := strings.Cut(parts[i], "\n")
			out[filepath.Base(name)] = append(out[filepath.Base(name)], block)
		}
	}
	return out
}

// typed splits a line as a shell does, up to where its output goes.
func typed(line string) (args []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		if m[3] == "&" || strings.HasPrefix(m[3], ">") || strings.HasPrefix(m[3], "<") || m[3] == "|" {
			break
		}
		args = append(args, m[1]+m[2]+m[3])
	}
	return args
}

// TestDocsCommands: each command that a page prints is one, with those flags and as many words as it takes.
func TestDocsCommands(t *testing.T) {
	try := func(file, line string, whole bool) {
		args := typed(line)[1:]
		cmd, rest, err := (&app{}).root().Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil && cmd.Args != nil && whole {
			err = cmd.Args(cmd, cmd.Flags().Args())
		}
		if err == nil && whole && !cmd.Runnable() {
			t.Errorf("%s: %q only lists other commands", file, line)
		}
		if err != nil {
			t.Errorf("%s: %q: %v", file, line, err)
		}
	}
	n := 0
	for file, blocks := range codeBlocks(t) {
		for _, b := range blocks {
			for line := range strings.Lines(b) {
				if strings.HasPrefix(line, "pandal") {
					n++
					try(file, strings.TrimSpace(line), true)
				}
			}
		}
		raw, err := os.ReadFile("../../api/docs/pages/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`(pandal [^`]+)`").FindAllStringSubmatch(string(raw), -1) {
			if m[1] != "pandal help" {
				n++
				try(file, m[1], false) // in a sentence it may lack its words
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d commands were found", n)
	}
}

// TestDocsTwoPeople types what start.md says one person does as two.
func TestDocsTwoPeople(t *testing.T) {
	var try string
	for _, b := range codeBlocks(t)["start.md"] {
		if strings.Contains(b, "invite accept") {
			try = b
		}
	}
	dir := t.TempDir()
	try = strings.ReplaceAll(try, "/tmp/", dir+"/")
	try = strings.ReplaceAll(try, " --no-open &", " --no-open --mdns=false --api-listen 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0 >/dev/null 2>&1 &")
	out := transcript(t, dir, "set -e\n"+try+"\nwait\n", 90*time.Second)
	if !strings.Contains(out, ": Mangoes at six?") {
		t.Errorf("Budi does not read it:\n%s", out)
	}
}

// TestDocsQuickStart pastes the lines of program.md into a shell as they stand there, with the id of a group in place of GRP; the node has the port
// that they name.
func TestDocsQuickStart(t *testing.T) {
	if raw, err := exec.Command("curl", "--help", "all").Output(); err != nil || !strings.Contains(string(raw), "--json") {
		t.Skip("the lines need curl 7.82")
	}
	l, err := net.Listen("tcp", "127.0.0.1:7717")
	if err != nil {
		t.Skip("another program has port 7717 here: ", err)
	}
	l.Close()
	lines := strings.TrimSpace(codeBlocks(t)["program.md"][0])
	if strings.Count(lines, "\n") != 3 || !strings.Contains(lines, "GRP") {
		t.Fatalf("the quick start is\n%s", lines)
	}
	last := lines[strings.LastIndexByte(lines, '\n')+1:]
	// The last line reads events until somebody stops it: it runs beside the others, and is stopped when it has seen the message.
	script := `set -e
export PANDAL_DATA="$PWD/data"
pandal init --name Asha >/dev/null
pandal up --no-open --mdns=false --bootstrap none --listen /ip4/127.0.0.1/tcp/0 >/dev/null 2>&1 &
node=$!
trap 'kill $node $stream 2>/dev/null || true' EXIT
until pandal status >/dev/null 2>&1; do sleep 0.1; done
pandal community create Sunrise -q >/dev/null
GRP=$(pandal group list sunrise | sed -n 's/^General.* //p')
test -n "$GRP"
` + strings.Split(lines, "\n")[0] + "\n(" + last + ` >events) &
stream=$!
until grep -q retry events 2>/dev/null; do sleep 0.1; done
` + strings.ReplaceAll(strings.Join(strings.Split(lines, "\n")[1:3], "\necho\n"), "GRP", "$GRP") + `
echo
i=0; until grep -q message.created events; do i=$((i+1)); test $i -lt 100; sleep 0.1; done
kill $stream
cat events
pandal down
wait $node
trap - EXIT
`
	out := transcript(t, t.TempDir(), script, 60*time.Second)
	for _, want := range []string{`"name":"Sunrise"`, `"text":"hello"`, "event: message.created"} {
		if !strings.Contains(out, want) {
			t.Errorf("the transcript lacks %s:\n%s", want, out)
		}
	}
}
