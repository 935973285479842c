package server

import (
	"cmp"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/pandal-chat/pandal/node"
)

// TestLockLetsGo: of a node that is locked nothing is kept, not even by who waits for its events; it opens again.
func TestLockLetsGo(t *testing.T) {
	dir := t.TempDir()
	open := func(passphrase []byte, mode string) (*node.Node, error) {
		return node.Open(t.Context(), node.Config{Data: dir, Name: "Asha", Mode: cmp.Or(mode, node.ModeLAN), Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}, Passphrase: passphrase})
	}
	d, old, woken := lockable(t, dir, open)
	if err := d.inside.Load().c.Node.SetMode(t.Context(), node.ModeOffline); err != nil {
		t.Fatal(err)
	}
	if err := d.lock(); err != nil {
		t.Fatal(err)
	}
	<-woken
	for end := time.Now().Add(10 * time.Second); old.Value() != nil; time.Sleep(10 * time.Millisecond) { // the collector tells nobody when it is done
		if runtime.GC(); time.Now().After(end) {
			t.Fatal("something holds on to a node that is locked")
		}
	}
	if err := d.unlock([]byte("wrong")); err == nil {
		t.Error("opened with a wrong passphrase")
	}
	if err := d.unlock([]byte("right")); err != nil || d.inside.Load().c.Node.Me().DisplayName != "Asha" {
		t.Error(err)
	}
	if mode := d.inside.Load().c.Node.Mode(); mode != node.ModeOffline {
		t.Errorf("locked offline, and opened again as %s", mode)
	}
}

// lockable starts an API, and somebody who waits for events. The node is in no variable of the test's.
func lockable(t *testing.T, dir string, open func([]byte, string) (*node.Node, error)) (*Door, weak.Pointer[node.Node], chan struct{}) {
	n, err := open([]byte("right"), "")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Start(Config{Data: dir, Node: n, Open: open, Listen: "127.0.0.1:0"})
	if err != nil {
		n.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	woken := make(chan struct{})
	go func() { // as the desktop's notifier does
		for {
			changed := n.Changed()
			if _, err := n.Events(0, 1); err != nil {
				close(woken)
				return
			}
			<-changed
		}
	}()
	return d, weak.Make(n), woken
}
