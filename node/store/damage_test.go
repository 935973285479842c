package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPassphrase(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "first")
	commit(t, s, &Batch{Meta: []Meta{{"k", []byte("v")}}})
	sub := s.Subkey("a")
	if !s.Wrapped() || sub == s.Subkey("b") {
		t.Fatal("wrapped, subkey")
	}
	if err := s.ChangePassphrase([]byte("wrong"), []byte("x")); !errors.Is(err, ErrPassphrase) {
		t.Fatal(err)
	}
	if err := s.ChangePassphrase([]byte("first"), []byte("second")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	for _, pass := range []string{"first", "", "secone"} {
		if _, err := Open(t.Context(), Options{Dir: dir, Passphrase: []byte(pass)}); !errors.Is(err, ErrPassphrase) || errors.Is(err, ErrCorrupt) {
			t.Fatalf("%q: %v", pass, err)
		}
	}
	s = open(t, dir, "second")
	if v, _, _ := s.Meta(t.Context(), "k"); string(v) != "v" || s.Subkey("a") != sub {
		t.Fatal("not the same store")
	}
	if err := s.ChangePassphrase([]byte("second"), nil); err != nil || s.Wrapped() {
		t.Fatal(err)
	}
	s.Close()
	open(t, dir, "")
}

func TestSecondOpener(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Fatal(err)
	}
	if !InUse(dir) {
		t.Error("an open store is free")
	}
	s.Close()
	if InUse(dir) || InUse(t.TempDir()) {
		t.Error("a closed store, or none, is in use")
	}
	open(t, dir, "")
}

func TestDamage(t *testing.T) {
	base := t.TempDir()
	s := open(t, base, "")
	b := &Batch{}
	for i := range 3000 {
		b.Wires = append(b.Wires, Wire{ID: nid('w', i), Space: nid('s', 1), Bytes: make([]byte, 300)})
	}
	commit(t, s, b)
	s.Close()
	cases := map[string]func(t *testing.T, dir string, db []byte){
		"header":    func(t *testing.T, dir string, db []byte) { copy(db, "not what it was"); put(t, dir, dbName, db) },
		"one bit":   func(t *testing.T, dir string, db []byte) { db[50] ^= 1; put(t, dir, dbName, db) },
		"truncated": func(t *testing.T, dir string, db []byte) { put(t, dir, dbName, db[:len(db)/2]) },
		"odd size":  func(t *testing.T, dir string, db []byte) { put(t, dir, dbName, db[:1000]) },
		"empty":     func(t *testing.T, dir string, db []byte) { put(t, dir, dbName, nil) },
		"missing":   func(t *testing.T, dir string, db []byte) { os.Remove(filepath.Join(dir, dbName)) },
		"zeros":     func(t *testing.T, dir string, db []byte) { clear(db); put(t, dir, dbName, db) },
		"no key":    func(t *testing.T, dir string, db []byte) { os.Remove(filepath.Join(dir, keyName)) },
		"other key": func(t *testing.T, dir string, db []byte) { put(t, dir, keyName, sealKey([32]byte{1}, nil)) },
		"bad key":   func(t *testing.T, dir string, db []byte) { put(t, dir, keyName, []byte("PDLKEY\x01\x00short")) },
		"key bit": func(t *testing.T, dir string, db []byte) {
			k := sealKey([32]byte{1}, nil)
			k[20] ^= 1
			put(t, dir, keyName, k)
		},
		"key asks for too much": func(t *testing.T, dir string, db []byte) {
			k := append([]byte("PDLKEY\x01\x01"), make([]byte, sealedSize-headSize)...)
			for i := range 9 {
				k[headSize+i] = 0xff
			}
			put(t, dir, keyName, k)
		},
	}
	for name, hurt := range cases {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, base)
			db, err := os.ReadFile(filepath.Join(dir, dbName))
			if err != nil {
				t.Fatal(err)
			}
			hurt(t, dir, db)
			before := snapshot(t, dir)
			s, err := Open(t.Context(), Options{Dir: dir, Passphrase: []byte("p")})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, ErrCorrupt) || errors.Is(err, ErrPassphrase) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), dir) {
				t.Error("the error names a path:", err)
			}
			for file, data := range before {
				if now, err := os.ReadFile(filepath.Join(dir, file)); err != nil || !bytes.Equal(now, data) {
					t.Errorf("%s was changed", file)
				}
			}
		})
	}
	t.Run("inside", func(t *testing.T) { // found when read, and by Check
		dir := copyDir(t, base)
		db, _ := os.ReadFile(filepath.Join(dir, dbName))
		for i := 40 * 4096; i < len(db); i += 4096 { // behind the roots of the tables, which are read when it is opened
			db[i+7] ^= 0xff
		}
		put(t, dir, dbName, db)
		s := open(t, dir, "")
		if err := s.Check(t.Context()); !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		var err error
		for _, err = range s.WiresOf(t.Context(), nid('s', 1)) {
		}
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

func TestUnfinishedStart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	s.Close()
	os.Rename(filepath.Join(dir, keyName), filepath.Join(dir, newName))
	s = open(t, dir, "") // as if the first start had died before the rename
	commit(t, s, &Batch{Meta: []Meta{{"k", []byte("v")}}})
}

func TestNewerVersion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	if err := s.do(t.Context(), "raise", func(c *conn) error { return c.exec(`PRAGMA user_version=99`) }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrNewer) {
		t.Fatal(err)
	}
	put(t, dir, keyName, []byte("PDLKEY\x02 whatever"))
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrNewer) {
		t.Fatal(err)
	}
}

func TestMigrationFails(t *testing.T) {
	s := open(t, t.TempDir(), "")
	steps := append(migrations[:len(migrations):len(migrations)], `CREATE TABLE extra (x); INSERT INTO nowhere VALUES (1)`)
	err := s.kv.use(t.Context(), "try", func(c *conn) error {
		if migrate(c, steps) == nil {
			t.Error("a bad step went through")
		}
		n, err := c.number(`SELECT count(*) FROM sqlite_schema WHERE name = 'extra'`)
		if n != 0 {
			t.Error("a failed step left something behind")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFull(t *testing.T) {
	s := open(t, t.TempDir(), "")
	limit := func(pages int64) {
		if err := s.do(t.Context(), "limit", func(c *conn) error {
			now, err := c.number(`PRAGMA page_count`)
			if err != nil {
				return err
			}
			_, err = c.number(fmt.Sprintf(`PRAGMA max_page_count=%d`, now+pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(10)
	big := &Batch{Meta: []Meta{{"first", []byte("x")}}, Wires: []Wire{{ID: nid('w', 1), Bytes: make([]byte, 100<<10)}}, Events: []Event{{Type: "t"}}}
	if err := s.Commit(t.Context(), big); !errors.Is(err, ErrFull) || big.Events[0].ID != 0 {
		t.Fatal(err, big.Events[0].ID)
	}
	if _, ok, _ := s.Meta(t.Context(), "first"); ok {
		t.Fatal("half of a batch was written")
	}
	commit(t, s, &Batch{Meta: []Meta{{"small", []byte("x")}}})
	limit(1000)
	commit(t, s, big)
}

func TestNoPlaintext(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "pass")
	plant := "PLANTED-STRING-0123456789"
	var batch Batch
	for i := range 200 {
		batch.Rows = append(batch.Rows, Row{Space: nid('s', 1), Key: fmt.Sprint(plant, i), List: plant, Order: []byte(plant), Value: bytes.Repeat([]byte(plant), 50)})
	}
	batch.Events = []Event{{Type: plant, Data: []byte(plant)}}
	batch.Meta = []Meta{{plant, []byte(plant)}}
	commit(t, s, &batch)
	d := s.Datastore(plant)
	if err := d.Put(t.Context(), dsKey("/"+plant), []byte(plant)); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		files := snapshot(t, dir)
		if len(files) < 3 {
			t.Fatal(when, len(files))
		}
		for name, data := range files {
			for _, needle := range []string{"PLANTED", "SQLite format 3", "CREATE TABLE", string(s.key[:]), hex.EncodeToString(s.key[:])} {
				if bytes.Contains(data, []byte(needle)) {
					t.Errorf("%s: %.7q stands in %s", when, needle, name)
				}
			}
		}
	}
	look("open")
	s.Close()
	look("closed")
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyDir(t *testing.T, from string) string {
	to := t.TempDir()
	for name, data := range snapshot(t, from) {
		put(t, to, name, data)
	}
	return to
}

func snapshot(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
