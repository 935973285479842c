package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a node in a process of its own, talked to over loopback HTTP only.
type process struct {
	t     testing.TB
	data  string
	cmd   *exec.Cmd
	url   string
	token string
	http  *http.Client // of one run: a connection of an earlier one would fail
	log   *os.File
	boot  string // what it bootstraps from; empty: nothing
}

func (p *process) bootstrap() string {
	if p.boot == "" {
		return "none"
	}
	return p.boot
}

func newProcess(t testing.TB, name string) *process {
	t.Helper()
	p := &process{t: t, data: filepath.Join(t.TempDir(), name)}
	if out, err := exec.Command("pandal", "--data", p.data, "init", "--name", name).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	var err error
	if p.log, err = os.Create(filepath.Join(t.TempDir(), name+".log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill(); p.log.Close() })
	return p
}

// start runs the node and waits until its API answers.
func (p *process) start(more ...string) {
	p.t.Helper()
	args := append([]string{"--data", p.data, "up", "--no-open", "--bootstrap=" + p.bootstrap(), "--mdns=false", "--api-listen=127.0.0.1:0", "--listen=/ip4/127.0.0.1/tcp/0"}, more...)
	p.cmd = exec.Command("pandal", args...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.http = &http.Client{Transport: &http.Transport{}}
	p.t.Cleanup(p.http.CloseIdleConnections)
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) { // asked again: another process writes it
		var info struct {
			URL string
			PID int
		}
		if raw, err := os.ReadFile(filepath.Join(p.data, "api.json")); err == nil && json.Unmarshal(raw, &info) == nil && info.PID == p.cmd.Process.Pid {
			p.url = info.URL
			if resp, err := p.http.Get(p.url + "/api/v1/health"); err == nil {
				resp.Body.Close()
				break
			}
		}
		if time.Now().After(end) {
			log, _ := os.ReadFile(p.log.Name())
			p.t.Fatalf("the node does not answer:\n%s", log)
		}
	}
	raw, err := os.ReadFile(filepath.Join(p.data, "api-token"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.token = strings.TrimSpace(string(raw))
}

// kill ends the node as a power cut would.
func (p *process) kill() {
	if p.cmd != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		p.cmd = nil
		p.http.CloseIdleConnections()
	}
}

func (p *process) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// call makes one API request and decodes the answer into out.
func (p *process) call(method, path string, body, out any) (int, error) {
	var rd io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, p.url+"/api/v1"+path, rd)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && out != nil && resp.StatusCode < 300 {
		err = json.Unmarshal(raw, out)
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	return resp.StatusCode, err
}

func (p *process) must(method, path string, body, out any) {
	p.t.Helper()
	if _, err := p.call(method, path, body, out); err != nil {
		p.t.Fatal(err)
	}
}

type idOnly struct{ ID string }

// found makes a community and returns it with its General group.
func (p *process) found() (community, general string) {
	p.t.Helper()
	var c idOnly
	p.must("POST", "/communities", map[string]any{"name": "Sunrise"}, &c)
	return c.ID, p.group(c.ID, "General")
}

func (p *process) group(community, name string) string {
	p.t.Helper()
	var list struct{ Items []struct{ ID, Name string } }
	p.must("GET", "/communities/"+community+"/groups", nil, &list)
	for _, g := range list.Items {
		if g.Name == name {
			return g.ID
		}
	}
	p.t.Fatalf("no group %s", name)
	return ""
}

func (p *process) invite(community string, groups ...string) string {
	p.t.Helper()
	var inv struct{ Link string }
	p.must("POST", "/communities/"+community+"/invites", map[string]any{"groups": groups}, &inv)
	return inv.Link
}

// join accepts a link and waits until the group is there.
func (p *process) join(link, group string) {
	p.t.Helper()
	var job struct {
		ID, State string
		Error     json.RawMessage
	}
	p.must("POST", "/invites/accept", map[string]any{"link": link, "display_name": filepath.Base(p.data)}, &job)
	p.within(time.Minute, "join", func() bool {
		p.must("GET", "/jobs/"+job.ID, nil, &job)
		if job.State == "failed" {
			p.t.Fatalf("join failed: %s", job.Error)
		}
		return job.State == "done"
	})
	p.within(time.Minute, "be in the group", func() bool { return p.in(group) })
}

func (p *process) in(group string) bool {
	var g struct{ Joined bool }
	_, err := p.call("GET", "/groups/"+group, nil, &g)
	return err == nil && g.Joined
}

// texts returns id → text of everything a node shows in a group, failing when an id or a text comes twice.
func (p *process) texts(group string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	cursor := ""
	for {
		var page struct {
			Items      []struct{ ID, Text string }
			NextCursor *string `json:"next_cursor"`
		}
		p.must("GET", "/groups/"+group+"/messages?limit=200"+cursor, nil, &page)
		for _, m := range page.Items {
			if _, twice := out[m.ID]; twice {
				p.t.Fatalf("%s is shown twice", m.ID)
			}
			out[m.ID] = m.Text
		}
		if page.NextCursor == nil {
			return out
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}

func (p *process) within(d time.Duration, what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(20 * time.Millisecond) { // asked again: it happens in another process
		if time.Now().After(end) {
			log, _ := os.ReadFile(p.log.Name())
			p.t.Fatalf("%s not within %v\n%s", what, d, log)
		}
	}
}

// TestKill9: a node is killed again and again in a burst of posts. Every message that was acknowledged is there afterwards, on both
// nodes, once. Half of the kills come the moment a message is acknowledged while the other node stands still, so that it is stored here and
// nowhere else.
func TestKill9(t *testing.T) {
	kills := 10
	if os.Getenv("PANDAL_FULL") == "1" {
		kills = 50
	}
	a, b := newProcess(t, "asha"), newProcess(t, "budi")
	a.start()
	b.start()
	com, general := a.found()
	b.join(a.invite(com, general), general)
	ledger, err := os.Create(filepath.Join(t.TempDir(), "acknowledged"))
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	acked := map[string]string{}
	var mu sync.Mutex
	post := func(p *process, text string) bool {
		var m idOnly
		if _, err := p.call("POST", "/groups/"+general+"/messages", map[string]any{"text": text}, &m); err != nil {
			t.Logf("%s: not acknowledged: %v", text, err)
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(ledger, m.ID)
		if err := ledger.Sync(); err != nil {
			t.Error(err)
		}
		acked[m.ID] = text
		return true
	}
	// Keys come a moment after membership; without one a lone member makes its own, which takes it longer than a post waits.
	b.within(time.Minute, "have a key", func() bool { return post(b, "hello") })
	alone := 0
	for round := range kills {
		if round%2 == 0 { // stored here and nowhere else
			a.signal(syscall.SIGSTOP)
			if post(b, fmt.Sprintf("round %d, alone", round)) {
				alone++
			}
			b.kill()
			a.signal(syscall.SIGCONT)
		} else {
			done := make(chan struct{})
			var wg sync.WaitGroup
			for who, p := range []*process{a, b, b} {
				wg.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-done:
							return
						default:
						}
						if !post(p, fmt.Sprintf("round %d, poster %d, %d", round, who, i)) && p == b {
							return
						}
						if i%5 == 4 {
							time.Sleep(10 * time.Millisecond) // a burst, not a flood: the API allows 10 a second beyond it
						}
					}
				})
			}
			time.Sleep(rand.N(200 * time.Millisecond)) // the kill comes at a random time: that is the test
			b.kill()
			close(done)
			wg.Wait()
		}
		b.start()
	}
	if alone != (kills+1)/2 {
		t.Errorf("only %d of %d lone messages were acknowledged", alone, (kills+1)/2)
	}
	for _, p := range []*process{a, b} {
		var got map[string]string
		p.within(2*time.Minute, "have everything", func() bool {
			got = p.texts(general)
			for id, text := range acked {
				if got[id] != text {
					return false
				}
			}
			return true
		})
		seen := map[string]bool{}
		for _, text := range got {
			if seen[text] {
				t.Errorf("%q is shown twice", text)
			}
			seen[text] = true
		}
	}
	t.Logf("%d kills, %d acknowledged messages, %d of them stored nowhere else when the node died", kills, len(acked), alone)
}
