package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// How the desktop is told what came.
const (
	notifyOff   = "off"
	notifyQuiet = "quiet" // that something came, and nothing of it: a screen is seen by more than its owner
	notifyText  = "text"  // who wrote where, and how it begins
)

// settle is how long a message may take to be read in the page before the desktop is told of it.
const settle = 2 * time.Second

// defaultNotify: quiet where there is a desktop.
func defaultNotify() string {
	if env := os.Getenv("PANDAL_NOTIFY"); env != "" {
		return env
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "linux" && (os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "") {
		return notifyQuiet
	}
	return notifyOff
}

// notifier tells the desktop about what is unread, each time there is more of it than before.
type notifier struct {
	n       *node.Node
	how     string
	tell    func(ctx context.Context, title, body string) error
	counted map[string]int // by group: how much of it the desktop knows
}

// run ends with ctx or when the node closes.
func (w *notifier) run(ctx context.Context) {
	at := w.n.EventCursor()
	for _, c := range w.n.Communities() { // what was unread before is no news
		list, err := w.n.Groups(c.ID)
		if err != nil {
			return
		}
		for _, g := range list {
			w.counted[g.ID] = counts(g)
		}
	}
	for {
		changed := w.n.Changed()
		found, err := w.n.Events(at, 256)
		if err != nil || ctx.Err() != nil {
			return
		}
		touched := map[string]bool{}
		for _, e := range found {
			at = e.ID
			if e.GroupID != "" {
				touched[e.GroupID] = true
			}
		}
		if len(touched) == 0 {
			if len(found) > 0 {
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
			continue
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return
		}
		w.look(ctx, slices.Sorted(maps.Keys(touched)))
	}
}

// look compares the groups with what was told, and tells the rest in one notification.
func (w *notifier) look(ctx context.Context, groups []string) {
	fresh, last := 0, ""
	for _, id := range groups {
		g, err := w.n.Group(id)
		if err != nil {
			continue
		}
		count := counts(g)
		if count > w.counted[id] {
			fresh, last = fresh+count-w.counted[id], id
		}
		w.counted[id] = count
	}
	if fresh == 0 {
		return
	}
	title, body := "Pandal", "New messages"
	if fresh == 1 {
		body = "A new message"
	}
	if w.how == notifyText {
		title, body = w.words(last, fresh)
	}
	w.tell(ctx, title, body) // a desktop that cannot be told is no reason to stop
}

// counts is how much of a group its person wants to be told of.
func counts(g node.Group) int {
	switch {
	case time.Now().Before(g.MutedUntil), g.Notify == "none":
		return 0
	case g.Notify == "mentions":
		return g.Mentions
	}
	return g.Unread
}

// words says who wrote where, of the newest message of a group.
func (w *notifier) words(group string, fresh int) (title, body string) {
	g, err := w.n.Group(group)
	list, _, e := w.n.Messages(group, node.Page{Limit: 1})
	if err != nil || e != nil || len(list) == 0 {
		return "Pandal", fmt.Sprintf("%d new messages", fresh)
	}
	m := list[0]
	body = plain(m.AuthorName) + ": " + plain(strings.Join(strings.Fields(m.Text), " "))
	if r := []rune(body); len(r) > 140 {
		body = string(r[:139]) + "…"
	}
	if fresh > 1 {
		body += fmt.Sprintf(" (+%d)", fresh-1)
	}
	return plain(g.Name), body
}

// desktop shows a notification, in a program of the system. What is shown is an argument or an environment variable, never code.
func desktop(ctx context.Context, title, body string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if runtime.GOOS == "darwin" {
		cmd := exec.CommandContext(ctx, "osascript", "-e", `display notification (system attribute "PANDAL_BODY") with title (system attribute "PANDAL_TITLE")`)
		cmd.Env = append(os.Environ(), "PANDAL_TITLE="+title, "PANDAL_BODY="+body)
		return cmd.Run()
	}
	return exec.CommandContext(ctx, "notify-send", "--app-name=Pandal", "--", title, body).Run()
}
