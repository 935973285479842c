package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDiskFull: on a full disk a post is refused with 507, nothing is half-written, and all goes on once there is room.
func TestDiskFull(t *testing.T) {
	p := newProcess(t, "asha")
	if err := syscall.Mount("tmpfs", p.data, "tmpfs", 0, "size=12m"); err != nil {
		t.Fatalf("mount a small disk (needs root): %v", err)
	}
	t.Cleanup(func() { p.kill(); syscall.Unmount(p.data, syscall.MNT_DETACH) })
	p.start()
	p.must("PATCH", "/me", map[string]any{"display_name": "Asha"}, nil)
	_, general := p.found()
	acked := map[string]string{}
	say := func(text string) (int, error) {
		var m idOnly
		code, err := p.call("POST", "/groups/"+general+"/messages", map[string]any{"text": text}, &m)
		if err == nil {
			acked[m.ID] = text
		}
		return code, err
	}
	if _, err := say("while there is room"); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(p.data, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil { // until the disk is full to the last page
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	full := 0
	for i := range 40 {
		code, err := say(fmt.Sprintf("message %d %s", i, strings.Repeat("x", 2000)))
		if code == 507 {
			full++
			if !strings.Contains(err.Error(), "disk_full") {
				t.Errorf("the refusal does not say why: %v", err)
			}
		} else if code != 201 {
			log, _ := os.ReadFile(p.log.Name())
			t.Logf("%s", log)
			t.Fatalf("want 201 or 507, got %d: %v", code, err)
		}
	}
	if full == 0 {
		t.Fatal("the disk never was full")
	}
	same := func(when string) {
		t.Helper()
		got := p.texts(general)
		if len(got) != len(acked) {
			t.Errorf("%s: %d messages are shown, %d were acknowledged", when, len(got), len(acked))
		}
		for id, text := range acked {
			if got[id] != text {
				t.Errorf("%s: an acknowledged message is gone", when)
			}
		}
	}
	same("on the full disk")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := say("room again"); err != nil {
		t.Errorf("with room again: %v", err)
	}
	same("with room again")
	p.kill()
	p.start()
	same("after a restart")
	t.Logf("%d posts were refused", full)
}
