package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Term is a word or a phrase that is looked for. The last word of one that is no phrase stands for every word that begins so.
type Term struct {
	words []string
	exact bool
	not   bool
}

// maxTerms bounds how much one search may ask.
const maxTerms = 16

// Terms reads what a person typed: words, "phrases" and -without. Nothing in it is an error; what holds no word is left out.
func Terms(q string) (out []Term) {
	for q = strings.TrimSpace(q); q != "" && len(out) < maxTerms; q = strings.TrimSpace(q) {
		t := Term{}
		if rest, ok := strings.CutPrefix(q, "-"); ok {
			t.not, q = true, rest
		}
		part := ""
		if rest, ok := strings.CutPrefix(q, `"`); ok {
			t.exact = true
			part, q, _ = strings.Cut(rest, `"`)
		} else {
			end := strings.IndexFunc(q, func(r rune) bool { return r == '"' || strings.ContainsRune(" \t\r\n　", r) })
			if end < 0 {
				end = len(q)
			}
			part, q = q[:end], q[end:]
		}
		for _, w := range Words(part) {
			t.words = append(t.words, w.Text)
		}
		if len(t.words) > 0 {
			t.words = t.words[:min(len(t.words), maxTerms)]
			out = append(out, t)
		}
	}
	return out
}

// Positive reports whether something is looked for, and not only left out.
func Positive(terms []Term) bool {
	return slices.ContainsFunc(terms, func(t Term) bool { return !t.not })
}

// match writes the term in the query language of the index. Words hold neither quotes nor spaces.
func (t Term) match() string {
	s := `"` + strings.Join(t.words, " ") + `"`
	if t.exact || !t.prefix() {
		return s
	}
	s += "*"
	// A word that is only begun may be one with the article, which the index leaves out.
	if rest, ok := strings.CutPrefix(t.words[0], article); ok && len(t.words) == 1 && len(rest) > 2 {
		s = `(` + s + ` OR "` + rest + `"*)`
	}
	return s
}

// prefix: a single letter would stand for much of the index, and what has no spaces is looked for as it is.
func (t Term) prefix() bool {
	last := t.words[len(t.words)-1]
	return len(last) > 1 && !unspaced(firstRune(last))
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// Find says where the terms stand in a text, by code point, in order and not overlapping. ok is false where the text lacks one of them, or has
// one that it must not.
func Find(terms []Term, text string) (at []Word, ok bool) {
	words := Words(text)
	for _, t := range terms {
		found := false
		for i := range words {
			if n := t.at(words[i:]); n > 0 {
				found = true
				at = append(at, Word{Start: words[i].Start, End: words[i+n-1].End})
			}
		}
		if found == t.not {
			return nil, false
		}
	}
	slices.SortFunc(at, func(a, b Word) int { return a.Start - b.Start })
	joined := at[:0]
	for _, w := range at {
		if n := len(joined); n > 0 && w.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, w.End)
			continue
		}
		joined = append(joined, w)
	}
	return joined, true
}

// Weight says how well a text answers that Find has found the terms in, from 0 up: one for each term that stands there whole and not as a beginning
// only, and as many again where they all stand together as they were asked for.
func Weight(terms []Term, text string) (weight int) {
	words := Words(text)
	terms = slices.DeleteFunc(slices.Clone(terms), func(t Term) bool { return t.not })
	together := false
	for i := range words {
		end := i
		for _, t := range terms {
			n := t.at(words[end:])
			if end += n; n == 0 {
				end = -1
				break
			}
		}
		together = together || end > i
	}
	for _, t := range terms {
		t.exact = true
		for i := range words {
			if t.at(words[i:]) > 0 {
				weight++
				break
			}
		}
	}
	if together && len(terms) > 1 {
		weight += len(terms)
	}
	return weight
}

// at returns how many of the words, from the first on, are the term; 0 for none.
func (t Term) at(words []Word) int {
	if len(words) < len(t.words) {
		return 0
	}
	for i, w := range t.words {
		last := i == len(t.words)-1
		switch {
		case words[i].Text == w:
		case last && !t.exact && t.prefix() && (strings.HasPrefix(words[i].Text, w) ||
			i == 0 && len(w) > len(article)+2 && strings.HasPrefix(w, article) && strings.HasPrefix(words[i].Text, w[len(article):])):
		default:
			return 0
		}
	}
	return len(t.words)
}

// Query is a search. Terms or Tags must ask for something.
type Query struct {
	Terms         []Term
	Tags          []string // all of them
	Spaces        [][32]byte
	After, Before time.Time // of the lamport time; zero: no bound
	Below         int64     // Doc of the last hit of the page before; 0: the newest
	Limit         int
}

// Hit is a row that a search finds. Key is empty for the row of a wire.
type Hit struct {
	Row
	Doc int64
}

// Search finds rows, the newest first. Rows that were stored together with others of the same text each count.
// It brings the index up to date first.
func (s *Store) Search(ctx context.Context, q Query) (out []Hit, err error) {
	if err := s.indexAll(ctx); err != nil && !errors.Is(err, ErrFull) { // where nothing can be written, what is in the index is still found
		return nil, err
	}
	err = s.read(ctx, "search", func(c *conn) error {
		match, err := c.expression(q)
		if err != nil || match == "" {
			return err
		}
		low, high := int64(0), int64(1<<62)
		if !q.After.IsZero() {
			low = max(0, q.After.UnixMilli()) << docBits
		}
		if !q.Before.IsZero() {
			high = max(0, q.Before.UnixMilli()) << docBits
		}
		if q.Below > 0 {
			high = min(high, q.Below)
		}
		return c.each(func(st *sqlite3.Stmt) error {
			space, err := id(st, 1)
			out = append(out, Hit{Row{Space: space, Key: st.ColumnText(2), List: st.ColumnText(3), Order: blob(st, 4), Value: blob(st, 5)}, st.ColumnInt64(0)})
			return err
		}, `SELECT t.doc, s.id, r.key, r.list, r.ord, r.value FROM (SELECT rowid AS doc, row FROM texts WHERE texts MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) t
			JOIN rows r ON r.n = t.row JOIN spaces s ON s.n = r.space ORDER BY t.doc DESC`, match, low, high, bound(q.Limit))
	})
	return out, err
}

// expression writes a query in the language of the index; empty where nothing can be found.
func (c *conn) expression(q Query) (string, error) {
	var all, not []string
	var groups []string
	for _, space := range q.Spaces {
		n, err := c.number(`SELECT n FROM spaces WHERE id = ?`, space)
		if err != nil {
			return "", err
		}
		if n != 0 {
			groups = append(groups, groupTag(n))
		}
	}
	if len(q.Spaces) > 0 && len(groups) == 0 {
		return "", nil
	}
	for _, t := range q.Terms {
		if t.not {
			not = append(not, "words : "+t.match())
		} else {
			all = append(all, "words : "+t.match())
		}
	}
	for _, tag := range q.Tags {
		all = append(all, `tags : "`+tag+`"`)
	}
	if len(all) == 0 {
		return "", nil
	}
	if len(groups) > 0 {
		all = append(all, "tags : ("+strings.Join(groups, " OR ")+")")
	}
	s := "(" + strings.Join(all, " AND ") + ")"
	if len(not) > 0 {
		s += " NOT (" + strings.Join(not, " OR ") + ")"
	}
	return s, nil
}
