package docs

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forPeople are the pages that every language has.
var forPeople = []string{"index", "start", "join", "groups", "safe", "offline", "activists"}

// blocks are the parts that a page is built of, without what stands in them; only code stands as it is.
var (
	blocks = regexp.MustCompile(`(?s)<pre.*?</pre>|</?(?:h\d|p|div|ul|ol|li|table|tr|th|td)\b[^>]*>|<img [^>]*>`)
	hrefs  = regexp.MustCompile(`<a href="([^"]*)"`)
	codes  = regexp.MustCompile(`<code>[^<]*</code>`)
	alts   = regexp.MustCompile(` alt="[^"]*"`)
)

func find1(re *regexp.Regexp, text string) (out []string) {
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		out = append(out, m[len(m)-1])
	}
	return out
}

// TestTranslationsHoldToTheEnglish: a language that has a folder has all pages for people, each built as its English page is: the same headings with
// the same ids, lists, tables, pictures and blocks of code, and the same links in the same order.
func TestTranslationsHoldToTheEnglish(t *testing.T) {
	all, _ := fs.Glob(files, "pages/*/*")
	n := 0
	for i := range languages[1:] {
		l := &languages[1+i]
		if !l.here() {
			continue
		}
		for _, name := range forPeople {
			n++
			text, ok := l.source(name)
			if !ok {
				t.Errorf("%s lacks %s", l.code, name)
				continue
			}
			if strings.HasPrefix(text, "<!--") || !strings.HasPrefix(text, "# ") {
				t.Errorf("%s/%s begins with %.40q", l.code, name, text)
			}
			english, _ := languages[0].source(name)
			want, got := languages[0].render(name, english), l.render(name, text)
			same := func(what string, want, got []string) {
				t.Helper()
				for i := range max(len(want), len(got)) {
					if i >= len(want) || i >= len(got) || want[i] != got[i] {
						t.Errorf("%s/%s: %s number %d is %.200q, in English %.200q", l.code, name, what, i+1, got[min(i, len(got)):min(i+2, len(got))], want[min(i, len(want)):min(i+2, len(want))])
						return
					}
				}
			}
			bare := func(page string) []string { return blocks.FindAllString(alts.ReplaceAllString(page, ""), -1) }
			same("part", bare(want), bare(got))
			links := find1(hrefs, got)
			for i, to := range links {
				links[i] = strings.Replace(to, "/docs/"+l.code+"/", "/docs/", 1)
			}
			same("link", find1(hrefs, want), links)
			in, out := codes.FindAllString(want, -1), codes.FindAllString(got, -1)
			slices.Sort(in)
			slices.Sort(out)
			same("code in a line", in, out)
		}
	}
	if n != len(all) {
		t.Errorf("%d pages of %d files in %v", n, len(all), all)
	}
}

// TestTranslationsStayInTheirLanguage: from a translated page lead links to translated ones, and to English ones only where there is no other.
func TestTranslationsStayInTheirLanguage(t *testing.T) {
	for _, l := range languages {
		for _, name := range order {
			page, ok := Page(strings.TrimPrefix(l.address(name), "/docs/"))
			if _, its := l.source(name); !its || !ok {
				continue
			}
			if !strings.Contains(page, `<html lang="`+l.code+`" dir="`+l.dir+`">`) {
				t.Errorf("%s/%s does not say what it is in", l.code, name)
			}
			row := page[strings.Index(page, `class="doc-lang"`):strings.Index(page, `class="doc-in"`)]
			for _, o := range languages {
				to, current := o.address(name), ""
				if _, its := o.source(name); !its {
					to = o.address("index")
				}
				if o.code == l.code {
					current = ` aria-current="true"`
				}
				if got, want := strings.Contains(row, `<a href="`+to+`" lang="`+o.code+`" hreflang="`+o.code+`"`+current+`>`+o.name+"</a>"), o.here(); got != want {
					t.Errorf("%s/%s leads to it in %s: %v", l.code, name, o.code, got)
				}
			}
			rest := strings.Replace(page, row, "", 1)
			for _, to := range find1(hrefs, rest) {
				file, ok := strings.CutPrefix(to, "/docs/")
				if !ok {
					continue
				}
				file, _, _ = strings.Cut(file, "#")
				if file == "" {
					file = "index"
				}
				if _, its := l.source(file); its && l.code != "en" {
					t.Errorf("%s/%s leads to the English %s", l.code, name, to)
				}
			}
		}
	}
}

// TestTranslationsNameButtonsAsThePage: what a page of help calls by the name that it has on the screen is called so in every language.
func TestTranslationsNameButtonsAsThePage(t *testing.T) {
	words := func(lang string) map[string]string {
		raw, err := os.ReadFile(path.Join("../web/src/locales", lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for key, v := range all {
			if text, ok := v.(string); ok {
				out[key] = text
			}
		}
		return out
	}
	named := regexp.MustCompile(`<(?:b|a href="/settings/[a-z]+")>([^<]*)</`)
	english, n := words("en"), 0
	for i := range languages[1:] {
		l := &languages[1+i]
		if !l.here() {
			continue
		}
		its := words(l.code)
		for _, name := range forPeople {
			source, _ := languages[0].source(name)
			text, _ := l.source(name)
			got := find1(named, l.render(name, text))
			for _, button := range find1(named, languages[0].render(name, source)) {
				var may []string
				for key, v := range english {
					if v == button {
						may = append(may, its[key])
					}
				}
				if len(may) == 0 {
					continue
				}
				n++
				if !slices.ContainsFunc(may, func(v string) bool { return slices.Contains(got, v) }) {
					t.Errorf("%s/%s: %q is %q in the page, and here one of %q", l.code, name, button, may, got)
				}
			}
		}
		if n < 20 {
			t.Errorf("only %d names were looked for", n)
		}
	}
}
