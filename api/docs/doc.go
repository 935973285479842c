// Package docs holds the pages that explain Pandal to people, and the list of what the API can do. A node serves them at /docs, so they are there
// without the internet, with the node locked, and for the version that runs.
//
//	html, ok := docs.Page("join")    // in English
//	html, ok  = docs.Page("es/join") // in Spanish
//
// pages/*.md are their sources, plain enough to be read in the repository too: a file begins with its title, and a paragraph that says what it is
// about. What stands in them is tested: links resolve (here), printed commands exist with those flags, and the lines of program.md work as they
// stand there (cmd/pandal).
//
// pages/es and the like hold what is for people in other languages; what is for programs is in English. A translation is built as its English page
// is, heading by heading and link by link, and names buttons as the page does in that language: tests hold it to both. Its headings have the ids
// of the English ones, so a link to a place in a page is the same everywhere. What no native reader has looked at says so in its first line.
// Render knows the part of Markdown that they use and nothing else; it makes no markup but its own, whatever the text
// says. screens/ are pictures that `npm run pictures` in api/web takes; that of the README alone is not embedded.
//
// Everything here goes into the program, so it is small: no template, since executing one makes the linker keep every exported method.
package docs

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed pages screens/announcements.webp screens/group.webp screens/home.webp
var files embed.FS

// order is that of the list beside every page; the first is at /docs/ itself.
var order = []string{"index", "start", "join", "groups", "safe", "offline", "activists", "commands", "program"}

// beside are listed too, and are pages of package server.
var beside = []string{"api", "problems"}

// machineMade is the first line of a page that a machine translated. It is for those who mend it, and not shown.
const machineMade = "<!-- needs a native reader: translated by machine -->\n"

// source returns the text of a page as it is in a language.
func (l *language) source(name string) (text string, ok bool) {
	file := "pages/" + l.code + "/" + name + ".md"
	if l.english() {
		file = "pages/" + name + ".md"
	}
	raw, err := files.ReadFile(file)
	return strings.TrimPrefix(string(raw), machineMade), err == nil
}

// here says whether there are pages in the language.
func (l *language) here() bool {
	_, ok := l.source("index")
	return ok
}

// address is where a page is: in the language where it is translated, else in English.
func (l *language) address(name string) string {
	at := "/docs/"
	if _, ok := l.source(name); ok && !l.english() {
		at += l.code + "/"
	}
	switch name {
	case "index":
		return at
	case "problems":
		return at + "problems/"
	}
	return at + name
}

// title is what a page is called in the list.
func (l *language) title(name string) string {
	text, ok := l.source(name)
	if !ok {
		return l.titles[name]
	}
	title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
	return title
}

// find returns what a path below /docs/ means: "", "join", "es/", "es/join".
func find(path string) (l *language, name, text string, ok bool) {
	l, name = &languages[0], path
	if code, rest, cut := strings.Cut(path, "/"); cut {
		for i := range languages[1:] {
			if o := &languages[1+i]; o.code == code {
				l, name = o, rest
			}
		}
	}
	if name == "" {
		name = "index"
	}
	text, ok = l.source(name)
	return l, name, text, ok
}

// Page returns the page at a path below /docs/ as a whole HTML document: "" is the first, then "join", "es/", "es/join". Anybody may read it.
func Page(path string) (html string, ok bool) {
	l, name, text, ok := find(path)
	if !ok {
		return "", false
	}
	return l.frame(name, l.title(name), l.render(name, text)), true
}

// Paths are those of all pages, as Page takes them, one language after the other in the order of the list.
func Paths() (out []string) {
	for i := range languages {
		for _, name := range order {
			if _, ok := languages[i].source(name); ok {
				out = append(out, strings.TrimPrefix(languages[i].address(name), "/docs/"))
			}
		}
	}
	return out
}

// Screen returns a picture of screens/ by its file name, in WebP.
func Screen(name string) ([]byte, error) {
	raw, err := files.ReadFile("screens/" + name)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", fs.ErrNotExist)
	}
	return raw, nil
}

// Frame puts a body of HTML, in English, into the look of the pages. at is the name of what is open: "api" or "problems".
func Frame(at, title, body string) string { return languages[0].frame(at, title, body) }

func (l *language) frame(at, title, body string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html>
<html lang="` + l.code + `" dir="` + l.dir + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>` + Inline(title) + ` – Pandal</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/app.css"><script src="/look.js"></script></head>
<body class="docs"><a class="skip" href="#main">` + l.skip + `</a>
<header class="canopy doc-top"><a class="doc-brand" href="` + l.address("index") + `"><svg aria-hidden="true"><use href="/i.svg#logo"/></svg><span>Pandal</span></a><a class="bt" href="/">` + l.open + `</a></header>
<nav class="doc-lang" aria-label="` + l.choose + `"><ul>
`)
	for i := range languages {
		l.other(&b, &languages[i], at)
	}
	b.WriteString("</ul></nav>\n<div class=\"doc-in\"><nav aria-label=\"" + l.help + "\"><ul>\n")
	for _, name := range append(order[:len(order):len(order)], beside...) {
		b.WriteString(`<li><a href="` + l.address(name) + `"`)
		if name == at {
			b.WriteString(` aria-current="page"`)
		}
		b.WriteString(">" + Inline(l.title(name)) + "</a></li>\n")
	}
	b.WriteString("</ul></nav>\n<main id=\"main\" tabindex=\"-1\"><article>\n" + body +
		"</article></main></div>\n<footer class=\"doc-foot sm mu\"><p>" + l.foot + "</p></footer></body></html>\n")
	return b.String()
}

// other writes the way to what is open in another language; where it is not translated, to the first page of that language.
func (l *language) other(b *strings.Builder, o *language, at string) {
	if !o.here() {
		return
	}
	if _, ok := o.source(at); !ok && o.code != l.code {
		at = "index"
	}
	b.WriteString(`<li><a href="` + o.address(at) + `" lang="` + o.code + `" hreflang="` + o.code + `"`)
	if o.code == l.code {
		b.WriteString(` aria-current="true"`)
	}
	b.WriteString(">" + o.name + "</a></li>\n")
}
