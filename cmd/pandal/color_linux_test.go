package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestColor: a terminal gets colours, unless the person wants none; nothing else does.
func TestColor(t *testing.T) {
	for _, c := range []struct {
		args, env []string
		screen    bool
		want      bool
	}{
		{nil, nil, true, true},
		{nil, nil, false, false},
		{[]string{"--no-color"}, nil, true, false},
		{nil, []string{"NO_COLOR=1"}, true, false},
		{nil, []string{"TERM=dumb"}, true, false},
	} {
		cmd := exec.Command("pandal", append(c.args, "--data", t.TempDir(), "status")...)
		cmd.Env = append(os.Environ(), "NO_COLOR=", "TERM=xterm")
		cmd.Env = append(cmd.Env, c.env...)
		got := ""
		if c.screen {
			ours, theirs := screen(t)
			cmd.Stderr = theirs
			cmd.Run()
			theirs.Close()
			buf := make([]byte, 4096)
			n, _ := ours.Read(buf)
			got = string(buf[:n])
		} else {
			raw, _ := cmd.CombinedOutput()
			got = string(raw)
		}
		if !strings.Contains(got, "no node is running") || strings.Contains(got, "\x1b[31m") != c.want {
			t.Errorf("%v %v: %q", c.args, c.env, got)
		}
	}
}

// screen is a terminal: what is written to theirs is read from ours.
func screen(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	fd := int(ours.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}
