package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pandal": main})
}

// TestScripts plays testdata/*.txt: the program as a person runs it. Nodes
// listen on loopback only, look for nobody, and are stopped at the end.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PANDAL_DATA", e.WorkDir+"/a")
			e.Setenv("NO_COLOR", "1")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LOCAL", "--no-open --api-listen=127.0.0.1:0 --listen=/ip4/127.0.0.1/tcp/0 --bootstrap=none --mdns=false")
			return nil
		},
		Condition: func(cond string) (bool, error) { return cond == "full" && os.Getenv("PANDAL_FULL") == "1", nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   await,
			"capture": capture,
			"ends":    ends,
		},
	})
}

// await runs a command until it succeeds and prints what it should:
// await PATTERN command args…
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await text command args...")
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) { // run again: what is awaited happens in another process
		err := ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout")
		if err == nil && strings.Contains(out, args[0]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %q:\n%s%s%v", args[0], out, ts.ReadFile("stderr"), err)
		}
	}
}

// capture puts the last standard output, trimmed, into a variable.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// ends runs the program and looks at its exit code: ends CODE args…
func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: ends CODE args...")
	}
	err, code := ts.Exec("pandal", args[1:]...), 0
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		code = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("ended with %d, not %s\n%s%s", code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}
