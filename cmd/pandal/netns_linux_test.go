package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lan is a bridge without a route out, and a network namespace for each node on it. Needs root and iproute2, and fails without.
type lan struct {
	t    *testing.T
	name string
	n    int
}

func newLAN(t *testing.T) *lan {
	t.Helper()
	l := &lan{t: t, name: fmt.Sprintf("pdl%d", os.Getpid()%100000)}
	l.ip("netns", "add", l.name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", l.name).Run() })
	l.ip("-n", l.name, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	l.ip("-n", l.name, "link", "set", "br0", "up")
	return l
}

func (l *lan) ip(args ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v\n%s(network namespaces need root)", strings.Join(args, " "), err, out)
	}
}

// join makes a namespace with an address on the bridge.
func (l *lan) join() string {
	l.t.Helper()
	l.n++
	ns, host := fmt.Sprintf("%s-%d", l.name, l.n), fmt.Sprintf("h%d", l.n)
	l.ip("netns", "add", ns)
	l.t.Cleanup(func() { exec.Command("ip", "netns", "del", ns).Run() })
	l.ip("-n", l.name, "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", ns)
	l.ip("-n", l.name, "link", "set", host, "master", "br0", "up")
	l.ip("-n", ns, "addr", "add", fmt.Sprintf("10.77.0.%d/24", l.n), "dev", "eth0")
	l.ip("-n", ns, "link", "set", "lo", "up")
	l.ip("-n", ns, "link", "set", "eth0", "up")
	return ns
}

// housed is a node in a namespace, used through the command line.
type housed struct {
	t        *testing.T
	ns, data string
	cmd      *exec.Cmd
}

func (l *lan) node(name string) *housed {
	h := &housed{t: l.t, ns: l.join(), data: filepath.Join(l.t.TempDir(), name)}
	h.run("init", "--name", name)
	h.start()
	l.t.Cleanup(h.stop)
	return h
}

func (h *housed) start() {
	h.t.Helper()
	log, err := os.Create(filepath.Join(h.t.TempDir(), "log"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.cmd = exec.Command("ip", "netns", "exec", h.ns, "pandal", "--data", h.data, "up", "--no-open", "--bootstrap=none", "--api-listen=127.0.0.1:0")
	h.cmd.Stdout, h.cmd.Stderr = log, log
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.within(20*time.Second, "answer", func() bool { _, err := h.try("status"); return err == nil })
}

func (h *housed) stop() {
	if h.cmd != nil {
		h.cmd.Process.Kill()
		h.cmd.Wait()
		h.cmd = nil
	}
}

func (h *housed) try(args ...string) (string, error) {
	out, err := exec.Command("pandal", append([]string{"--data", h.data}, args...)...).CombinedOutput()
	return string(out), err
}

func (h *housed) run(args ...string) string {
	h.t.Helper()
	out, err := h.try(args...)
	if err != nil {
		h.t.Fatalf("pandal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (h *housed) within(d time.Duration, what string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			out, _ := h.try("net", "status")
			h.t.Fatalf("%s: %s not within %v\n%s", filepath.Base(h.data), what, d, out)
		}
	}
}

func (h *housed) shows(group, text string) bool {
	out, err := h.try("read", group, "-n", "50")
	return err == nil && strings.Contains(out, text)
}

// TestLAN: three computers on one bridge and no internet. Budi joins by Asha's link; Asha's computer is switched off; Chen joins by her
// original link, which names addresses where nobody is: the LAN alone brings him to Budi. Asha comes back and all talk.
func TestLAN(t *testing.T) {
	l := newLAN(t)
	asha, budi, chen := l.node("Asha"), l.node("Budi"), l.node("Chen")
	asha.run("community", "create", "Sunrise")
	var inv struct{ Link string }
	if err := json.Unmarshal([]byte(asha.run("invite", "create", "sunrise", "--group", "General", "--json")), &inv); err != nil {
		t.Fatal(err)
	}
	budi.run("invite", "accept", inv.Link)
	budi.within(30*time.Second, "be in General", func() bool { _, err := budi.try("read", "General"); return err == nil })
	asha.run("send", "General", "from Asha")
	budi.within(30*time.Second, "read Asha", func() bool { return budi.shows("General", "from Asha") })
	asha.stop()
	began := time.Now()
	chen.run("invite", "accept", inv.Link, "--timeout", "90s")
	t.Logf("Chen joined over the LAN in %v", time.Since(began).Round(time.Millisecond))
	chen.within(30*time.Second, "read Asha", func() bool { return chen.shows("General", "from Asha") })
	chen.run("send", "General", "from Chen")
	budi.within(30*time.Second, "read Chen", func() bool { return budi.shows("General", "from Chen") })
	asha.start()
	asha.within(time.Minute, "read Chen", func() bool { return asha.shows("General", "from Chen") })
	asha.within(30*time.Second, "see Chen", func() bool { return strings.Contains(asha.run("member", "list", "sunrise"), "Chen") })
	asha.run("announce", "sunrise", "water at six")
	for _, h := range []*housed{budi, chen} {
		h.within(30*time.Second, "read the announcement", func() bool { return h.shows("sunrise/Announcements", "water at six") })
	}
}
