// Package docs holds the pages that explain Pandal to people, and the list of what the API can do. A node serves them at /docs, so they are there
// without the internet, with the node locked, and for the version that runs.
//
//	html, ok := docs.Page("join")
//
// pages/*.md are their sources, plain enough to be read in the repository too: a file begins with its title, and a paragraph that says what it is
// about. What stands in them is tested: links resolve (here), printed commands exist with those flags, and the lines of program.md work as they
// stand there (cmd/pandal). Render knows the part of Markdown that they use and nothing else; it makes no markup but its own, whatever the text
// says. screens/ are pictures that `npm run pictures` in api/web takes; that of the README alone is not embedded.
//
// Everything here goes into the program, so it is small: no template, since executing one makes the linker keep every exported method.
package docs

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

//go:embed pages/*.md screens/announcements.webp screens/group.webp screens/home.webp
var files embed.FS

// order is that of the list beside every page; the first is at /docs/ itself.
var order = []string{"index", "start", "join", "groups", "safe", "offline", "activists", "commands", "program"}

// entry is a page that is made.
type entry struct{ title, html string }

var pages = sync.OnceValue(func() map[string]entry {
	out := map[string]entry{}
	titles := map[string]string{}
	for _, name := range order {
		titles[name], _, _ = strings.Cut(strings.TrimPrefix(source(name), "# "), "\n")
	}
	for _, name := range order {
		out[name] = entry{titles[name], frame(name, titles[name], Render(source(name)), titles)}
	}
	return out
})

func source(name string) string {
	raw, err := files.ReadFile("pages/" + name + ".md")
	if err != nil {
		panic(err) // order names what is embedded
	}
	return string(raw)
}

// Page returns the page of a name as a whole HTML document: "index", "join", …
func Page(name string) (html string, ok bool) {
	e, ok := pages()[name]
	return e.html, ok
}

// Names are those of all pages, in the order of the list.
func Names() []string { return order }

// Screen returns a picture of screens/ by its file name, in WebP.
func Screen(name string) ([]byte, error) {
	raw, err := files.ReadFile("screens/" + name)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", fs.ErrNotExist)
	}
	return raw, nil
}

// Frame puts a body of HTML into the look of the pages. at is the name of what is open: that of a page, "api" or "problems".
func Frame(at, title, body string) string {
	titles := map[string]string{}
	for name, e := range pages() {
		titles[name] = e.title
	}
	return frame(at, title, body, titles)
}

// beside lists what is no page of its own.
var beside = [][2]string{{"api", "API reference"}, {"problems/", "Problem codes"}}

func frame(at, title, body string, titles map[string]string) string {
	var b strings.Builder
	link := func(name, path, title string) {
		b.WriteString(`<li><a href="/docs/` + path + `"`)
		if name == at {
			b.WriteString(` aria-current="page"`)
		}
		b.WriteString(">" + Inline(title) + "</a></li>\n")
	}
	b.WriteString(`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>` + Inline(title) + ` – Pandal</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/app.css"><script src="/look.js"></script></head>
<body class="docs"><a class="skip" href="#main">Skip to content</a>
<header class="canopy doc-top"><a class="doc-brand" href="/docs/"><svg aria-hidden="true"><use href="/i.svg#logo"/></svg><span>Pandal</span></a><a class="bt" href="/">Open Pandal</a></header>
<div class="doc-in"><nav aria-label="Help"><ul>
`)
	for _, name := range order {
		path := name
		if name == "index" {
			path = ""
		}
		link(name, path, titles[name])
	}
	for _, p := range beside {
		link(strings.TrimSuffix(p[0], "/"), p[0], p[1])
	}
	b.WriteString("</ul></nav>\n<main id=\"main\" tabindex=\"-1\"><article>\n" + body +
		"</article></main></div>\n<footer class=\"doc-foot sm mu\"><p>This page comes from the Pandal on this computer; nothing was fetched from the internet.</p></footer></body></html>\n")
	return b.String()
}
