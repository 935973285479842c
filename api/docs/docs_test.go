package docs

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// served are the addresses that package server answers beside the pages.
var served = []string{"/", "/docs/", "/docs/api", "/docs/problems/", "/openapi.json", "/app.css", "/look.js", "/icon.svg", "/i.svg", "/settings/look", "/settings/privacy", "/settings/recovery", "/settings/devices"}

var (
	links = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	ids   = regexp.MustCompile(` id="([^"]*)"`)
)

// TestLinks: every link and picture of every page leads somewhere, and every place in a page that is linked is there, once.
func TestLinks(t *testing.T) {
	places := map[string][]string{}
	reference := Reference([]Operation{{ID: "x", Method: "GET", Path: "/x", Tag: "Me"}})
	for _, name := range append([]string{"api"}, order...) {
		page, _ := Page(name)
		if name == "api" {
			page = reference
		}
		for _, m := range ids.FindAllStringSubmatch(page, -1) {
			if slices.Contains(places[name], m[1]) {
				t.Errorf("%s has two places named %s", name, m[1])
			}
			places[name] = append(places[name], m[1])
		}
	}
	for name := range places {
		page, _ := Page(name)
		if name == "api" {
			page = reference
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			to, place, _ := strings.Cut(m[1], "#")
			if to == "/i.svg" { // its places are icons
				continue
			}
			at := name
			if p, ok := strings.CutPrefix(to, "/docs/"); ok && p == "" {
				at = "index"
			} else if ok {
				at = p
			}
			if file, ok := strings.CutPrefix(to, "/docs/screens/"); ok {
				if _, err := Screen(file); err != nil {
					t.Errorf("%s shows %s: %v", name, file, err)
				}
				continue
			}
			if to != "" && !slices.Contains(served, to) && (places[at] == nil || !strings.HasPrefix(to, "/docs/")) {
				t.Errorf("%s leads to %s, which is not there", name, m[1])
			}
			if place != "" && !slices.Contains(places[at], place) {
				t.Errorf("%s leads to %s, and %s has no such place", name, m[1], at)
			}
		}
	}
}

// TestPagesAreWhole: what is embedded is shown, pictures have words and a size, and nothing of a page needs what the policy refuses.
func TestPagesAreWhole(t *testing.T) {
	all, _ := files.ReadDir("pages")
	if len(all) != len(order) {
		t.Errorf("%d files for %d pages", len(all), len(order))
	}
	text := ""
	for _, name := range order {
		page, ok := Page(name)
		text += page
		if !ok || strings.Count(page, "<h1") != 1 || strings.Count(page, `aria-current="page"`) != 1 {
			t.Errorf("%s: one title, and one line of the list that is this page", name)
		}
		for _, bad := range []string{"style=", "<style", "<script>", `alt=""`, `width="0"`, "**", "](", "```", `href="http`, `src="http`} {
			if strings.Contains(strings.ReplaceAll(page, "/*", ""), bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
	}
	if _, ok := Page("nope"); ok {
		t.Error("a page that is not there")
	}
	size := 0
	pictures, _ := files.ReadDir("screens")
	for _, p := range pictures {
		info, err := p.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += int(info.Size())
		if !strings.Contains(text, path.Join("/docs/screens", p.Name())) {
			t.Errorf("%s is shown nowhere", p.Name())
		}
	}
	if size > 90_000 {
		t.Errorf("pictures of %d bytes go into every program", size)
	}
}

// TestRender: each part of Markdown that pages use becomes what it should, and what is no markup stays text.
func TestRender(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"heading", "## Two words!", "<h2 id=\"two-words\">Two words!</h2>\n"},
		{"paragraph", "a\nb\n\nc", "<p>a b</p>\n<p>c</p>\n"},
		{"list", "- a\n  b\n- c", "<ul>\n<li>a b</li>\n<li>c</li>\n</ul>\n"},
		{"numbers", "1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"},
		{"note", "> a\n> b", "<div class=\"note wn\"><p>a b</p></div>\n"},
		{"code", "```sh\na <b>\n\n**c**\n```", "<pre tabindex=\"0\"><code>a &lt;b&gt;\n\n**c**</code></pre>\n"},
		{"table", "| a | b |\n|---|---|\n| c | `d` |", "<div class=\"tw\" tabindex=\"0\"><table>\n<tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr>\n<tr><th scope=\"row\">c</th><td><code>d</code></td></tr>\n</table></div>\n"},
		{"bold", "a **b `c`** d", "<p>a <b>b <code>c</code></b> d</p>\n"},
		{"link", "[a](join.md#b) [c](index.md) [d](#e) [f](/docs/api)", `<p><a href="/docs/join#b">a</a> <a href="/docs/">c</a> <a href="#e">d</a> <a href="/docs/api">f</a></p>` + "\n"},
		{"hostile", "<script>alert(1)</script> \"' & [a](javascript:alert(1)) [b](//evil) [c](https://evil) **", "<p>&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39; &amp; [a](javascript:alert(1)) [b](//evil) [c](https://evil) **</p>\n"},
		{"hostile inside", "`<a>` **<b>** [<c>](d\"e.md)", "<p><code>&lt;a&gt;</code> <b>&lt;b&gt;</b> <a href=\"/docs/d&#34;e\">&lt;c&gt;</a></p>\n"},
		{"unfinished", "a ` b [c](d ![e", "<p>a ` b [c](d ![e</p>\n"},
		{"open fence", "```\na", "<pre tabindex=\"0\"><code>a</code></pre>\n"},
	} {
		if got := Render(c.in); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestReference: what an operation says is text, and each stands below its tag.
func TestReference(t *testing.T) {
	page := Reference([]Operation{
		{ID: "a", Method: "GET", Path: "/a", Tag: "One", Summary: "<x>", Description: "Scope `read`."},
		{ID: "b", Method: "POST", Path: "/b/{c}", Tag: "Two", Curl: `curl "<y>"`, Body: []Field{{Name: "n", Type: "string", Doc: "<z>", Required: true}}},
	})
	for _, want := range []string{`<h2 id="one">`, `<h2 id="two">`, "&lt;x&gt;", "<code>read</code>", "curl &#34;&lt;y&gt;&#34;", "string, required", "&lt;z&gt;</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.ContainsAny(strings.Join(regexp.MustCompile(`<[xyz]>`).FindAllString(page, -1), ""), "xyz") {
		t.Error("markup of an operation")
	}
}

func FuzzRender(f *testing.F) {
	for _, name := range order {
		f.Add(source(name))
	}
	f.Add("![a](b)\n|x|\n> [")
	allowed := regexp.MustCompile(`^</?(?:h[1-4]|p|div|ul|ol|li|pre|code|table|tr|th|td|b|a|img)(?: (?:id|class|tabindex|scope|href|src|alt|width|height|loading)="[^"<>]*")*>$`)
	f.Fuzz(func(t *testing.T, text string) {
		out := Render(text)
		for _, tag := range regexp.MustCompile(`<[^>]*>?`).FindAllString(out, -1) {
			if !allowed.MatchString(tag) {
				t.Fatalf("%q in %q", tag, out)
			}
		}
	})
}
