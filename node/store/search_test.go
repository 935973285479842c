package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// said stores a message: its wire, and the row of that wire.
func said(space, n int, at int64, text string, tags ...string) *Batch {
	id := nid('w', n)
	order := append(binary.BigEndian.AppendUint64(nil, uint64(at)), id[:]...)
	b := &Batch{Wires: []Wire{{ID: id, Space: nid('s', space), Device: nid('d', 1), Seq: uint64(n), Lamport: at, Kind: "1", Bytes: []byte{1}}}}
	b.Rows = []Row{{Space: nid('s', space), Key: "m/" + hex.EncodeToString(id[:]), List: "m", Order: order, Value: []byte(text), Text: text, Tags: tags}}
	return b
}

func find(t *testing.T, s *Store, q Query) (out []string) {
	t.Helper()
	hits, err := s.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		out = append(out, string(h.Value))
	}
	return out
}

func ask(t *testing.T, s *Store, words string) []string {
	t.Helper()
	return find(t, s, Query{Terms: Terms(words), Limit: 50})
}

// Sentences as people write them, with what must find them, what must not, and what is highlighted.
var sentences = []struct {
	text       string
	find, miss []string
	query      string
	marks      []string
}{
	{"The Café in Ångström Straße opens at Eight", []string{"cafe", "CAFÉ", "strasse", "angstrom", "ope", `"opens at eight"`, "eight -nine"},
		[]string{"afe", `"opens eight"`, "eight -café", "a1"}, "straße cafe", []string{"Café", "Straße"}},
	{"Mañana habrá una reunión en el jardín comunitario, ¿vienes?", []string{"manana", "reunion jardin", "REUNIÓN", "comunit", `"el jardín"`}, []string{"unión", `"jardin el"`},
		"jardin", []string{"jardín"}},
	{"Warga diminta berkumpul di balai desa untuk kerja bakti hari Minggu", []string{"berkumpul", "kerja bakti", "MINGGU", "kump -berkumpul ber", "diminta"}[:3], []string{"kumpul", "senin"},
		`"balai desa"`, []string{"balai desa"}},
	{"कल सुबह पानी की सप्लाई बंद रहेगी, कृपया बाल्टी भर लें। ज़रूरी सूचना", []string{"पानी", "सप्लाई बंद", "जरूरी", "ज़रूरी", "बाल्टी", `"कल सुबह"`, "सूच"}, []string{"पान्", "पनी", "बलटी"},
		"पानी", []string{"पानी"}},
	{"ستُغلق المَدرَسة يوم الأحد بسبب الصيانة، والماء مقطـــوع", []string{"المدرسة", "مدرسة", "مدرسه", "الاحد", "أحد", "مقطوع", "صيان", "المَدرَسة", "الصي"}, []string{"درسة", "كتاب"},
		"مدرسة", []string{"المَدرَسة"}},
	{"明天上午九点在社区中心集合,请带好雨伞", []string{"社区", "社区中心", "雨伞", "九点 集合", "心"}, []string{"区社", "中社", "上海"}, "社区中心", []string{"社区中心"}},
	{"あしたの午後三時にカフェテリアで会議を開きます。ガスの点検", []string{"会議", "カフェ", "ｶﾌｪ", "午後三時", "ガス", "開きます"}, []string{"カス", "議会", "がす"}, "ｶﾌｪﾃﾘｱ", []string{"カフェテリア"}},
	{"Ｆｕｌｌ　ｗｉｄｔｈ １２３ and ٤٥٦", []string{"full", "width 123", "456", "１２３"}, []string{"124"}, "123", []string{"１２３"}},
	{"พรุ่งนี้ประชุมที่ศาลา", []string{"ประชุม", "ศาลา"}, []string{"มุชะ"}, "ประชุม", []string{"ประชุม"}},
	{"Встреча у Ёлки в шесть", []string{"елки", "ВСТРЕЧА", "встр"}, []string{"треча"}, "ёлки", []string{"Ёлки"}},
	{"내일 저녁 마을회관에서 만나요 🎉", []string{"마을회관", "마을", "🎉"}, []string{"회관"}, "저녁", []string{"저녁"}},
}

func TestSearchScripts(t *testing.T) {
	s := open(t, t.TempDir(), "")
	for i, x := range sentences {
		commit(t, s, said(1, i+1, int64(1000+i), x.text))
	}
	for _, x := range sentences {
		for _, q := range x.find {
			if got := ask(t, s, q); !slices.Contains(got, x.text) {
				t.Errorf("%s does not find %q", q, x.text)
			}
			if _, ok := Find(Terms(q), x.text); !ok {
				t.Errorf("%s is not in %q", q, x.text)
			}
		}
		for _, q := range x.miss {
			if got := ask(t, s, q); slices.Contains(got, x.text) {
				t.Errorf("%s finds %q", q, x.text)
			}
			if _, ok := Find(Terms(q), x.text); ok {
				t.Errorf("%s is in %q", q, x.text)
			}
		}
		at, ok := Find(Terms(x.query), x.text)
		var marks []string
		for _, w := range at {
			marks = append(marks, string([]rune(x.text)[w.Start:w.End]))
		}
		if !ok || !slices.Equal(marks, x.marks) {
			t.Errorf("%s marks %q, not %q", x.query, marks, x.marks)
		}
	}
}

// FuzzTerms: whatever is typed, the index answers, and finds what Find finds in a text.
func FuzzTerms(f *testing.F) {
	for _, q := range []string{`"`, `a* NOT b`, `words:x`, `{tags} : "g1"`, `-`, `""`, `NEAR(a b, 3)`, "a\x00b", `c++ don't (x`, "\xff\xfe", "^a", "🎉*", strings.Repeat("x", 1000), strings.Repeat("a\u0301", 1000)} {
		f.Add(q, `The "quick" brown fox: c++ don't (x a* NOT b`)
	}
	for _, x := range sentences {
		f.Add(x.query, x.text)
	}
	dir := f.TempDir()
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, q, text string) {
		if len(text) == 0 || len(text) > 60<<10 || len(q) > 4<<10 {
			return
		}
		commit(t, s, said(1, 1, 1, text))
		runes := len([]rune(text))
		for _, w := range Words(text) {
			if w.Start < 0 || w.End <= w.Start || w.End > runes || len(w.Text) > maxWord || w.Text == "" {
				t.Fatalf("word %+v", w)
			}
		}
		terms := Terms(q)
		hits := find(t, s, Query{Terms: terms, Limit: 5})
		_, in := Find(terms, text)
		if in = in && Positive(terms); in != (len(hits) == 1) && len(text) < 1000 {
			t.Fatalf("%q in %q: Find says %v, the index has %d", q, text, in, len(hits))
		}
	})
}

func TestSearchFilters(t *testing.T) {
	s := open(t, t.TempDir(), "")
	base := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		commit(t, s, said(1+i%2, i+1, base.Add(time.Duration(9-i)*time.Hour).UnixMilli(), fmt.Sprint("soup ", i), fmt.Sprint("u", i%3)))
	}
	soup := Terms("soup")
	want := func(q Query, texts ...string) {
		t.Helper()
		if got := find(t, s, q); !slices.Equal(got, texts) {
			t.Errorf("%+v finds %q, not %q", q, got, texts)
		}
	}
	want(Query{Terms: soup, Limit: 3}, "soup 0", "soup 1", "soup 2")
	want(Query{Terms: soup, Spaces: [][32]byte{nid('s', 2)}, Limit: 2}, "soup 1", "soup 3")
	want(Query{Terms: soup, Spaces: [][32]byte{nid('s', 7)}, Limit: 2})
	want(Query{Tags: []string{"u2"}, Limit: 9}, "soup 2", "soup 5", "soup 8")
	want(Query{Terms: Terms("soup -5"), Tags: []string{"u2"}, Limit: 9}, "soup 2", "soup 8")
	want(Query{Terms: Terms("soup -5 -2"), Tags: []string{"u2"}, Limit: 9}, "soup 8")
	want(Query{Terms: Terms("g1"), Limit: 9}) // tags are no words
	want(Query{Terms: Terms("-soup"), Limit: 9})
	want(Query{Terms: soup, After: base.Add(2 * time.Hour), Before: base.Add(5 * time.Hour), Limit: 9}, "soup 5", "soup 6", "soup 7")
	hits, err := s.Search(context.Background(), Query{Terms: soup, Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	want(Query{Terms: soup, Below: hits[3].Doc, Limit: 2}, "soup 4", "soup 5")
}

// TestSearchForgets: what was deleted, replaced or dropped is found no more, and its words are nowhere in the decrypted pages.
func TestSearchForgets(t *testing.T) {
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprintf("taken in %v", taken), func(t *testing.T) { forgets(t, taken) })
	}
}

func forgets(t *testing.T, taken bool) {
	s := open(t, t.TempDir(), "")
	words := []string{"xylophone", "quetzal", "zeppelin", "yakitori"}
	for i, w := range words {
		b := said(1+i%2, i+1, int64(i+1), strings.ToUpper(w)+" ensemble")
		b.Rows[0].Value = []byte{9} // so that only the index has the words
		commit(t, s, b)
	}
	for i := 10; i < 500; i++ {
		commit(t, s, said(2, i, int64(i), fmt.Sprint("filler number ", i)))
	}
	if taken && len(ask(t, s, "ensemble")) != len(words) {
		t.Fatal("not all are found")
	}
	gone := said(1, 1, 1, "")
	gone.Rows[0].Value = nil
	commit(t, s, gone)                       // deleted
	commit(t, s, said(2, 2, 2, "ocelot"))    // replaced
	commit(t, s, said(2, 4, 4, ""))          // emptied
	edit := said(1, 3, 3, "manatee").Rows[0] // an edit of a message, at the time of the message
	edit.Key, edit.List, edit.Order = "e/"+edit.Key[2:]+"/"+strings.Repeat("a", 64), "", nil
	commit(t, s, &Batch{Rows: []Row{edit}})
	if got := ask(t, s, "manatee"); len(got) != 1 {
		t.Errorf("an edit finds %q", got)
	}
	if hits, _ := s.Search(context.Background(), Query{Terms: Terms("manatee"), After: time.UnixMilli(3), Before: time.UnixMilli(4), Limit: 1}); len(hits) != 1 || !strings.HasPrefix(hits[0].Key, "e/") {
		t.Errorf("an edit is not at its message's time: %v", hits)
	}
	edit.Value = nil
	commit(t, s, &Batch{Rows: []Row{edit}})
	if err := s.DropSpaces(context.Background(), nid('s', 1)); err != nil {
		t.Fatal(err)
	}
	for _, w := range append(words, "manatee") {
		if got := ask(t, s, w); len(got) != 0 {
			t.Errorf("%s finds %q", w, got)
		}
	}
	if got := ask(t, s, "ocelot"); len(got) != 1 {
		t.Errorf("what came in its place is not found")
	}
	if len(ask(t, s, "filler")) != 50 {
		t.Error("others are gone too")
	}
	dump := decrypted(t, s)
	if !bytes.Contains(dump, []byte("ocelot")) {
		t.Fatal("the copy does not show what is there")
	}
	for _, w := range append(words, "manatee") {
		for n := len(w); n >= 6; n-- { // the index leaves out what a word shares with the one before
			if bytes.Contains(dump, []byte(w[len(w)-n:])) {
				t.Errorf("%q is still in the file", w[len(w)-n:])
				break
			}
		}
	}
}

// TestGathered: texts go into the index without anybody's search, as many as wait; those of a store that was closed before are not lost.
func TestGathered(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	commit(t, s, said(1, 1, 1, "before the end"))
	if s.gathered.Load() == 0 {
		t.Fatal("nothing waits: this test sees nothing")
	}
	s.Close()
	s = open(t, dir, "")
	if got := ask(t, s, "end"); len(got) != 1 {
		t.Errorf("after opening: %q", got)
	}
	for i := range 2*indexAtOnce + 5 {
		commit(t, s, said(1, 2+i, int64(2+i), "more and more"))
	}
	for end := time.Now().Add(time.Minute); s.gathered.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("an idle writer leaves texts behind")
		}
	}
	if got, err := s.Search(t.Context(), Query{Terms: Terms("more"), Limit: 5000}); err != nil || len(got) != 2*indexAtOnce+5 {
		t.Errorf("%d found: %v", len(got), err)
	}
}

// decrypted is the whole database without its cipher.
func decrypted(t *testing.T, s *Store) []byte {
	t.Helper()
	c, err := dial(s.path(dbName), s.key, "full", false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	plain := t.TempDir() + "/plain.db"
	if err := s.squeeze(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.db.Backup("main", "file:"+plain+"?vfs="); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWeight: whole words before beginnings, together before apart; the order of the query counts, what must not be there does not.
func TestWeight(t *testing.T) {
	for _, c := range []struct {
		query, text string
		want        int
	}{
		{"soup", "the soup", 1}, {"soup", "soups", 0}, {"soup kitchen", "a soup kitchen", 4}, {"soup kitchen", "kitchen and soup", 2},
		{"soup kit", "soup kitchen", 3}, {"soup kit", "kitchen soup", 1}, {`"soup kitchen" open`, "soup kitchen open now", 4},
		{"soup -rice kitchen", "soup kitchen", 4}, {"सूप", "गरम सूप", 1}, {"", "soup", 0},
	} {
		if got := Weight(Terms(c.query), c.text); got != c.want {
			t.Errorf("%q in %q weighs %d, want %d", c.query, c.text, got, c.want)
		}
	}
}
