package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
)

// BenchmarkB14Search: a group of 100,000 messages, asked over HTTP: pages of 50, and searches of each kind for the newest 20, p99; against an FTS5
// index that is not encrypted, of the same texts, asked for the same in this process. The first search after so many messages have come finds
// them all in the index: filling it is not in the figure (B3 says what it costs).
func BenchmarkB14Search(b *testing.B) {
	const want, asked = 100_000, 200
	p := newProcess(b, "asha")
	p.start()
	_, general := p.found()
	p.kill()
	bare := bareFTS(b, want)
	if err := fill(p.data, general, want, phrase); err != nil {
		b.Fatal(err)
	}
	p.start()
	var pages, ours, anchor []float64
	for round := range rounds {
		pages = append(pages, page(b, p, general, asked))
		var mine, theirs []float64
		for i := range asked {
			q := query(round*asked + i)
			at := time.Now()
			n := bare.find(b, q)
			theirs = append(theirs, float64(time.Since(at).Microseconds())/1000)
			var found struct {
				Items []struct{ Ranges []struct{ Start int } }
			}
			at = time.Now()
			p.must("GET", "/search?limit=20&q="+url.QueryEscape(q), nil, &found)
			mine = append(mine, float64(time.Since(at).Microseconds())/1000)
			if len(found.Items) != n {
				b.Errorf("%q finds %d, bare FTS5 %d", q, len(found.Items), n)
			}
		}
		ours, anchor = append(ours, p99(mine)), append(anchor, p99(theirs))
	}
	report("page of 50 in a group of 100,000 by the API, p99", "ms", want, pages, nil, "", "≤ 5 ms")
	report("B14 search_100k by the API, p99", "ms", want, ours, anchor, "bare FTS5 in process", "≤ 2×")
}

// page asks for pages of a long list in turn from its end, and gives the 99th percentile.
func page(b *testing.B, p *process, group string, n int) float64 {
	var took []float64
	path := "/groups/" + group + "/messages?limit=50"
	next := path
	for range n {
		var got struct {
			Items      []idOnly
			NextCursor *string `json:"next_cursor"`
		}
		at := time.Now()
		p.must("GET", next, nil, &got)
		took = append(took, float64(time.Since(at).Microseconds())/1000)
		if len(got.Items) != 50 || got.NextCursor == nil {
			b.Fatal("no more messages")
		}
		next = path + "&cursor=" + url.QueryEscape(*got.NextCursor)
	}
	return p99(took)
}

func p99(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)*99/100]
}

// phrase is a message of words as frequent as those of a language are, and one word of its own.
func phrase(i int) string {
	rng := rand.New(rand.NewPCG(uint64(i), 14))
	zipf := rand.NewZipf(rng, 1.1, 2, 4999)
	words := []string{fmt.Sprint("only", i)}
	for range 8 + rng.IntN(20) {
		words = append(words, word(zipf.Uint64()))
	}
	return strings.Join(words, " ")
}

func word(k uint64) string { return "w" + strconv.FormatUint(k*7919+1000, 36) }

// query is one word, two, or a word that is there once; each word is the start of others too.
func query(i int) string {
	rng := rand.New(rand.NewPCG(uint64(i), 15))
	zipf := rand.NewZipf(rng, 1.1, 2, 4999)
	switch i % 3 {
	case 0:
		return word(zipf.Uint64())
	case 1:
		return word(zipf.Uint64()) + " " + word(zipf.Uint64())
	}
	return fmt.Sprint("only", 10_000+rng.IntN(90_000))
}

type plainIndex struct{ find func(*testing.B, string) int }

// bareFTS is the anchor.
func bareFTS(b *testing.B, n int) plainIndex {
	db, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(b.TempDir(), "plain.db")))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := fts5.Register(db); err != nil {
		b.Fatal(err)
	}
	if err := db.Exec(`PRAGMA journal_mode=wal; CREATE VIRTUAL TABLE t USING fts5 (words); BEGIN`); err != nil {
		b.Fatal(err)
	}
	in, _, err := db.Prepare(`INSERT INTO t (rowid, words) VALUES (?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if in.BindInt(1, i+1) != nil || in.BindText(2, phrase(i)) != nil || in.Exec() != nil {
			b.Fatal("insert")
		}
	}
	if err := db.Exec(`COMMIT`); err != nil {
		b.Fatal(err)
	}
	look, _, err := db.Prepare(`SELECT rowid, words FROM t WHERE t MATCH ? ORDER BY rowid DESC LIMIT 20`)
	if err != nil {
		b.Fatal(err)
	}
	return plainIndex{func(b *testing.B, q string) (n int) {
		var m []string
		for _, w := range strings.Fields(q) {
			m = append(m, `"`+w+`"*`)
		}
		if err := look.BindText(1, strings.Join(m, " ")); err != nil {
			b.Fatal(err)
		}
		for look.Step() {
			_ = look.ColumnText(1)
			n++
		}
		if err := look.Err(); err != nil {
			b.Fatal(err)
		}
		look.Reset()
		return n
	}}
}
