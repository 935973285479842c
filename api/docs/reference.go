package docs

import (
	"html"
	"strings"
)

// Operation is one thing that the API does.
type Operation struct {
	ID, Method, Path, Tag string
	Summary, Description  string
	Query, Body           []Field
	Curl                  string // a line that works once the words in capitals are replaced
}

// Field is a parameter behind ?, or a field of the body.
type Field struct {
	Name, Type, Doc string
	Required        bool
}

// Reference returns the page that lists operations, in the order given; those of one tag stand together.
func Reference(ops []Operation) string {
	var b strings.Builder
	b.WriteString(Render("# API reference\n\nAll that this node can do for a program on the same computer: the same list as [openapi.json](/openapi.json), for reading. " +
		"How to begin, and what to rely on, is told in [Programs](program.md).\n\nThe lines need `T` and `A` of the [quick start](program.md#quick-start), and an id in place of each word in capitals.\n"))
	b.WriteString(`<ul class="doc-tags">`)
	for i, op := range ops {
		if i == 0 || ops[i-1].Tag != op.Tag {
			b.WriteString(`<li><a href="#` + Slug(op.Tag) + `">` + html.EscapeString(op.Tag) + "</a></li>\n")
		}
	}
	b.WriteString("</ul>\n")
	for i, op := range ops {
		if i == 0 || ops[i-1].Tag != op.Tag {
			b.WriteString(`<h2 id="` + Slug(op.Tag) + `">` + html.EscapeString(op.Tag) + "</h2>\n")
		}
		b.WriteString(`<details class="api-op" id="` + html.EscapeString(op.ID) + `"><summary><span class="verb v-` + strings.ToLower(op.Method) + `">` + op.Method +
			"</span><span class=\"grow\"><code>" + html.EscapeString(op.Path) + "</code><span class=\"block sm mu\">" + Inline(op.Summary) + "</span></span></summary>\n")
		if op.Description != "" {
			b.WriteString("<p>" + Inline(op.Description) + "</p>\n")
		}
		b.WriteString(`<pre tabindex="0"><code>` + html.EscapeString(op.Curl) + "</code></pre>\n")
		fields(&b, "In the address", op.Query)
		fields(&b, "In the body", op.Body)
		b.WriteString("</details>\n")
	}
	return Frame("api", "API reference", b.String())
}

func fields(b *strings.Builder, head string, list []Field) {
	if len(list) == 0 {
		return
	}
	b.WriteString(`<p class="sm"><b>` + head + "</b></p><ul class=\"fields\">\n")
	for _, f := range list {
		b.WriteString("<li><code>" + html.EscapeString(f.Name) + `</code> <span class="sm mu">` + html.EscapeString(f.Type))
		if f.Required {
			b.WriteString(", required")
		}
		b.WriteString("</span>")
		if f.Doc != "" {
			b.WriteString(`<span class="block sm">` + Inline(f.Doc) + "</span>")
		}
		b.WriteString("</li>\n")
	}
	b.WriteString("</ul>\n")
}
