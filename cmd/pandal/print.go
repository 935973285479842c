package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// show prints an answer: as JSON where that was asked for, else for people.
func (a *app) show(v any, people func(w io.Writer)) error {
	if a.json {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	people(a.out)
	return nil
}

// line prints one JSON line of a stream.
func (a *app) line(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// items is how a whole list is printed with --json.
func items[T any](v []T) map[string]any { return map[string]any{"items": v} }

// table prints rows under a head; the columns are as wide as they need.
func table(w io.Writer, head string, rows func(row func(cells ...any))) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(head, " ", "\t"))
	rows(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, plain(fmt.Sprint(c)))
		}
		fmt.Fprintln(t)
	})
	t.Flush()
}

// say tells the person something on stderr.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// plain makes text of others safe to print: no control characters, so that a
// name can neither move the cursor nor make a second line, and nothing that
// turns the direction of what follows. Marks of direction go, joiners stay:
// emoji and several scripts need them.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x200e || r == 0x200f || r == 0x061c:
			return -1
		case r == 0x2028 || r == 0x2029:
			return '\uFFFD'
		case r < ' ' || r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
}

// text is plain, with the line breaks of a message kept and indented.
func text(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = plain(strings.ReplaceAll(lines[i], "\t", "    "))
	}
	return strings.Join(lines, "\n    ")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func when(t *api.Time) string {
	if t == nil {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func name(s *string) string {
	if s == nil {
		return "(not visible)"
	}
	return *s
}

func (a *app) printMessage(m api.Message) error {
	if a.json {
		return a.line(m)
	}
	mark := ""
	if m.Kind == "announcement" {
		mark = " [announcement"
		if m.Priority != "" && m.Priority != "normal" {
			mark += ", " + m.Priority
		}
		mark += "]"
	}
	if m.AfterRemoval {
		mark += " [written after removal?]"
	}
	if m.EditedAt != nil {
		mark += " [edited]"
	}
	if m.PinnedUntil != nil {
		mark += " [pinned]"
	}
	said := text(m.Text)
	switch {
	case m.Deleted != nil && m.Deleted.Hidden:
		said = strings.TrimSpace("(hidden by a moderator) " + plain(m.Deleted.Reason))
	case m.Deleted != nil:
		said = "(deleted)"
	case m.Kind == "unknown":
		said = "(needs a newer version of Pandal)"
	case m.Poll != nil:
		said = "asks: " + said + " (" + m.Poll.ID + ")"
	case m.Event != nil:
		said = "invites: " + said + ", " + m.Event.StartsAt.Local().Format("2006-01-02 15:04") + " (" + m.Event.ID + ")"
	}
	for _, r := range m.Reactions {
		said += fmt.Sprintf("  %s%d", r.Emoji, r.Count)
	}
	if m.ThreadCount > 0 {
		said += fmt.Sprintf("  [%d in its thread]", m.ThreadCount)
	}
	if n := m.Delivery.Read; n != nil && *n > 0 {
		said += fmt.Sprintf("  [read by %d]", *n)
	}
	if a.ids {
		said += "  " + m.ID
	}
	if m.Kind == "system" {
		_, err := fmt.Fprintf(a.out, "%s  %s\n", a.paint(a.out, faint, m.CreatedAt.Local().Format("15:04:05")), a.paint(a.out, faint, "· "+said))
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s  %s%s: %s\n", a.paint(a.out, faint, m.CreatedAt.Local().Format("15:04:05")), a.paint(a.out, bold, plain(name(m.AuthorName))),
		a.paint(a.out, yellow, mark), said)
	return err
}

// terminal says whether f is a screen.
func terminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	st, err := file.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(st, null)
}

// Colours, as a terminal is told of them.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
)

// paint colours text that goes to a screen, unless the person wants none.
func (a *app) paint(w any, how, s string) string {
	if s == "" || a.noColor || os.Getenv("NO_COLOR") != "" || !terminal(w) {
		return s
	}
	return "\x1b[" + how + "m" + s + "\x1b[0m"
}

// span parses durations with days too: 90d, 36h, 15m.
func span(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days+"\n", "%d\n", &n); err != nil || n < 0 || n > 36500 {
			return 0, fail(exitUsage, "%q is no duration; write it like 7d, 36h or 15m", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fail(exitUsage, "%q is no duration; write it like 7d, 36h or 15m", s)
	}
	return d, nil
}

func decode(raw json.RawMessage, v any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, v)
}
