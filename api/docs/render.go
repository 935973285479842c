package docs

import (
	"html"
	"strconv"
	"strings"
)

// Render makes HTML of the part of Markdown that the pages use: headings, paragraphs, lists, numbered lists, quotes (a note), tables, blocks of code
// between fences, and in a line **bold**, `code`, links and pictures. All else is text.
func Render(source string) string {
	r := renderer{lines: strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")}
	for r.at < len(r.lines) {
		r.block()
	}
	return r.out.String()
}

type renderer struct {
	lines []string
	at    int
	out   strings.Builder
}

// take returns the lines from here on that begin with a prefix, without it.
func (r *renderer) take(prefix string) (out []string) {
	for ; r.at < len(r.lines) && strings.HasPrefix(r.lines[r.at], prefix); r.at++ {
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(r.lines[r.at], prefix), " "))
	}
	return out
}

func (r *renderer) block() {
	line := r.lines[r.at]
	switch {
	case strings.TrimSpace(line) == "":
		r.at++
	case strings.HasPrefix(line, "```"):
		r.code()
	case strings.HasPrefix(line, "#"):
		r.heading()
	case strings.HasPrefix(line, ">"):
		r.out.WriteString(`<div class="note wn"><p>` + Inline(strings.Join(r.take(">"), " ")) + "</p></div>\n")
	case strings.HasPrefix(line, "|"):
		r.table()
	case strings.HasPrefix(line, "- "):
		r.list("ul", func(l string) (string, bool) { return strings.CutPrefix(l, "- ") })
	case startsItem(line) > 0:
		r.list("ol", func(l string) (string, bool) { n := startsItem(l); return l[n:], n > 0 })
	case strings.HasPrefix(line, "!["):
		r.at++
		r.out.WriteString(`<p class="shot">` + Inline(line) + "</p>\n")
	default:
		var text []string
		for ; r.at < len(r.lines) && strings.TrimSpace(r.lines[r.at]) != "" && !strings.HasPrefix(r.lines[r.at], "```"); r.at++ {
			text = append(text, strings.TrimSpace(r.lines[r.at]))
		}
		r.out.WriteString("<p>" + Inline(strings.Join(text, " ")) + "</p>\n")
	}
}

// startsItem returns how long the "1. " at the begin of a line is.
func startsItem(l string) int {
	n, rest, ok := strings.Cut(l, ". ")
	if _, err := strconv.ParseUint(n, 10, 16); !ok || err != nil {
		return 0
	}
	return len(l) - len(rest)
}

func (r *renderer) heading() {
	line := r.lines[r.at]
	r.at++
	text := strings.TrimLeft(line, "#")
	level := min(len(line)-len(text), 4)
	text = strings.TrimSpace(text)
	h := "h" + strconv.Itoa(level)
	r.out.WriteString("<" + h + ` id="` + Slug(text) + `">` + Inline(text) + "</" + h + ">\n")
}

// Slug is what a heading is linked by.
func Slug(text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			b.WriteRune(c)
		case c == ' ' || c == '-':
			b.WriteByte('-')
		}
	}
	return b.String()
}

func (r *renderer) code() {
	r.at++
	begin := r.at
	for r.at < len(r.lines) && !strings.HasPrefix(r.lines[r.at], "```") {
		r.at++
	}
	text := strings.Join(r.lines[begin:r.at], "\n")
	r.at++ // the closing fence; where it is missing, the end
	r.out.WriteString(`<pre tabindex="0"><code>` + html.EscapeString(text) + "</code></pre>\n")
}

func (r *renderer) list(tag string, item func(string) (string, bool)) {
	r.out.WriteString("<" + tag + ">\n")
	for r.at < len(r.lines) {
		text, ok := item(r.lines[r.at])
		if !ok {
			break
		}
		// What is indented below belongs to it.
		for r.at++; r.at < len(r.lines) && strings.HasPrefix(r.lines[r.at], "  ") && strings.TrimSpace(r.lines[r.at]) != ""; r.at++ {
			text += " " + strings.TrimSpace(r.lines[r.at])
		}
		r.out.WriteString("<li>" + Inline(text) + "</li>\n")
	}
	r.out.WriteString("</" + tag + ">\n")
}

func (r *renderer) table() {
	rows := r.take("|")
	r.out.WriteString(`<div class="tw" tabindex="0"><table>` + "\n")
	for i, row := range rows {
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(row), "|"), "|")
		if i == 1 && strings.Trim(row, "|-: ") == "" {
			continue
		}
		cell := "td"
		if i == 0 {
			cell = "th"
		}
		r.out.WriteString("<tr>")
		for n, c := range cells {
			tag, scope := cell, ""
			if i == 0 {
				scope = ` scope="col"`
			} else if n == 0 {
				tag, scope = "th", ` scope="row"`
			}
			r.out.WriteString("<" + tag + scope + ">" + Inline(strings.TrimSpace(c)) + "</" + tag + ">")
		}
		r.out.WriteString("</tr>\n")
	}
	r.out.WriteString("</table></div>\n")
}

// Inline makes HTML of a line of text.
func Inline(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "`*[!")
		if i < 0 {
			b.WriteString(html.EscapeString(text))
			break
		}
		b.WriteString(html.EscapeString(text[:i]))
		text = text[i:]
		made, rest := mark(text)
		if rest == text { // only a character
			made, rest = html.EscapeString(text[:1]), text[1:]
		}
		b.WriteString(made)
		text = rest
	}
	return b.String()
}

// mark reads what begins at a special character; it returns all of the text where nothing does.
func mark(text string) (made, rest string) {
	switch {
	case text[0] == '`':
		if code, after, ok := strings.Cut(text[1:], "`"); ok {
			return "<code>" + html.EscapeString(code) + "</code>", after
		}
	case strings.HasPrefix(text, "**"):
		if bold, after, ok := strings.Cut(text[2:], "**"); ok && bold != "" {
			return "<b>" + Inline(bold) + "</b>", after
		}
	case strings.HasPrefix(text, "!["):
		if alt, file, after, ok := link(text[1:]); ok {
			name := file[strings.LastIndexByte(file, '/')+1:]
			w, h := size(name)
			return `<img src="/docs/screens/` + html.EscapeString(name) + `" alt="` + html.EscapeString(alt) + `" width="` + strconv.Itoa(w) + `" height="` + strconv.Itoa(h) + `" loading="lazy">`, after
		}
	case text[0] == '[':
		if label, to, after, ok := link(text); ok && safe(to) {
			return `<a href="` + html.EscapeString(address(to)) + `">` + Inline(label) + "</a>", after
		}
	}
	return "", text
}

// link reads [label](to).
func link(text string) (label, to, rest string, ok bool) {
	label, after, ok := strings.Cut(text[1:], "](")
	if !ok || strings.ContainsAny(label, "[]") {
		return "", "", text, false
	}
	to, rest, ok = strings.Cut(after, ")")
	return label, to, rest, ok
}

// safe: another page of ours, a place in this one, or a screen of the page. Nothing leads away from the node.
func safe(to string) bool {
	return to != "" && !strings.ContainsAny(to, ":\\") && !strings.HasPrefix(to, "//")
}

// address is where a link of the sources leads on a node: join.md#x is /docs/join#x.
func address(to string) string {
	if to[0] == '/' || to[0] == '#' {
		return to
	}
	name, place, _ := strings.Cut(to, "#")
	name = strings.TrimSuffix(name, ".md")
	if name == "index" {
		name = ""
	}
	if place != "" {
		place = "#" + place
	}
	return "/docs/" + name + place
}

// size reads how large a picture is, so that nothing jumps when it comes. Pictures are what Chromium writes: WebP with the long header.
func size(name string) (w, h int) {
	raw, err := Screen(name)
	if err != nil || len(raw) < 30 || string(raw[:4]) != "RIFF" || string(raw[12:16]) != "VP8X" {
		return 0, 0 // the test of the pages says so
	}
	three := func(at int) int { return 1 + int(raw[at]) + int(raw[at+1])<<8 + int(raw[at+2])<<16 }
	return three(24), three(27)
}
