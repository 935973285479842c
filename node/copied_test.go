package node_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// copiedNode runs on a copy of a node's data directory and was just told so, by a message that the original wrote after it was copied.
func copiedNode(t *testing.T) (two *node.Node, general, was string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	home, copied := t.TempDir(), t.TempDir()+"/copy"
	start := func(data string) *node.Node {
		n, err := node.Open(t.Context(), node.Config{Data: data, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
		must(err)
		return n
	}
	one := start(home)
	c, err := one.CreateCommunity(t.Context(), node.NewCommunity{Name: "Sunrise", DisplayName: "Asha"})
	must(err)
	groups, err := one.Groups(c.ID)
	must(err)
	general = groups[1].ID
	_, err = one.Post(t.Context(), general, node.NewMessage{Text: "before"})
	must(err)
	must(one.Close())
	must(os.CopyFS(copied, os.DirFS(home)))
	one = start(home)
	before := one.WireIDs()
	_, err = one.Post(t.Context(), general, node.NewMessage{Text: "from the original"})
	must(err)
	wires := one.WiresSince(before)
	must(one.Close())

	two = start(copied)
	was = thisDevice(t, two)
	_, err = two.TakeWires(t.Context(), wires)
	must(err)
	late := time.After(time.Minute)
	for {
		more := two.Changed()
		events, err := two.Events(0, 1000)
		must(err)
		if slices.ContainsFunc(events, func(e node.Event) bool { return e.Type == "node.warning" }) {
			return two, general, was
		}
		select {
		case <-more:
		case <-late:
			t.Fatal("nobody is warned")
		}
	}
}

func thisDevice(t *testing.T, n *node.Node) string {
	t.Helper()
	devices, err := n.Devices()
	i := slices.IndexFunc(devices, func(d node.Device) bool { return d.This })
	if err != nil || i < 0 {
		t.Fatalf("this device is not among %v (%v)", devices, err)
	}
	return devices[i].ID
}

// TestCopied: a node finds that its data directory was copied, and goes on with a new key. Whoever heard of it and asks then is answered by what runs with
// the new key, which has everything.
func TestCopied(t *testing.T) {
	two, general, was := copiedNode(t)
	defer two.Close()
	two.Settled(t.Context())
	if is := thisDevice(t, two); is == was {
		t.Errorf("%s is still the device here", is)
	}
	if _, err := two.Post(t.Context(), general, node.NewMessage{Text: "from the copy"}); err != nil {
		t.Fatal(err)
	}
	list, _, err := two.Messages(general, node.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range list {
		texts = append(texts, m.Text)
	}
	if got := strings.Join(texts, ", "); got != "from the copy, from the original, before" {
		t.Errorf("the copy shows: %s", got)
	}
}

// TestCopiedStops: a node that is stopped while it opens a community with a new key comes to an end, and what listened for it does too.
func TestCopiedStops(t *testing.T) {
	two, general, was := copiedNode(t)
	for { // until the room of the old key is closed
		if _, err := two.Group(general); err != nil {
			break
		}
		if d, err := two.Devices(); err != nil || d[0].ID != was {
			break
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- two.Close() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}
