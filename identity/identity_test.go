package identity

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLabels: every label is in the table, unique, and none contains the zero byte that ends it or begins another one that way.
func TestLabels(t *testing.T) {
	seen := map[Label]bool{}
	for _, l := range Labels() {
		if seen[l] {
			t.Errorf("%q stands for two uses", l)
		}
		seen[l] = true
		if strings.ContainsRune(string(l), 0) || !strings.HasPrefix(string(l), "pandal/1 ") {
			t.Errorf("%q is no label", l)
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), "label.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	consts := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"pandal/1 `) {
				consts++
				text := strings.Trim(lit.Value, `"`)
				if !seen[Label(text)] {
					t.Errorf("%s is missing from Labels()", text)
				}
				if !bytes.Contains(spec, []byte("`"+text+"`")) {
					t.Errorf("%s is missing from the table in SPEC.md", text)
				}
			}
		}
		return true
	})
	if consts != len(seen) {
		t.Errorf("%d constants, %d labels listed", consts, len(seen))
	}
}

// TestSignaturesKeepToTheirLabel: what is signed for one use verifies for no other, nor by another key, nor with its parts shifted.
func TestSignaturesKeepToTheirLabel(t *testing.T) {
	d := NewDeviceKey()
	if got := DeviceKeyFromSeed(d.Seed()); got.ID() != d.ID() {
		t.Fatal("a stored device key comes back as another")
	}
	sig := d.Sign(LabelOp, []byte("bytes"))
	for _, l := range Labels() {
		if got := Verify(d.ID(), sig, l, []byte("bytes")); got != (l == LabelOp) {
			t.Errorf("%q: verifies %v", l, got)
		}
	}
	for name, ok := range map[string]bool{
		"other key":  Verify(NewDeviceKey().ID(), sig, LabelOp, []byte("bytes")),
		"other":      Verify(d.ID(), sig, LabelOp, []byte("byte")),
		"short":      Verify(d.ID(), sig[:63], LabelOp, []byte("bytes")),
		"long":       Verify(d.ID(), append(bytes.Clone(sig), 0), LabelOp, []byte("bytes")),
		"none":       Verify(d.ID(), nil, LabelOp, []byte("bytes")),
		"label only": Verify(d.ID(), sig, LabelOp),
	} {
		if ok {
			t.Errorf("%s verifies", name)
		}
	}
}

// TestOneSeedManyPeople: two communities see unrelated keys, and the same community the same one again.
func TestOneSeedManyPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Seed(draw32(t, "seed"))
		a, b := draw32(t, "a"), draw32(t, "b")
		if a == b {
			return
		}
		ma := s.Member(a).ID()
		if again := s.Member(a).ID(); again != ma || s.Member(b).ID() == ma || s.Member(OwnerSalt(a)).ID() == ma {
			t.Fatal("member keys do not keep apart")
		}
		if back, err := ParseWords(s.Words()); err != nil || back != s {
			t.Fatalf("words: %v", err)
		}
	})
}

func draw32(t *rapid.T, name string) [32]byte {
	return [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
}

// TestSafetyWords: both sides see the same six, and another pair sees others.
func TestSafetyWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := UserID(draw32(t, "a")), UserID(draw32(t, "b")), UserID(draw32(t, "c"))
		w := SafetyWords(a, b)
		if len(strings.Fields(w)) != 6 || SafetyWords(b, a) != w {
			t.Fatalf("%q", w)
		}
		if c != a && c != b && SafetyWords(a, c) == w {
			t.Fatal("another pair has the same words")
		}
	})
}

// TestSealing: any number of parts with one encapsulation, opened by the one key, in order, in the one context.
func TestSealing(t *testing.T) {
	k, err := NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Public()) != SealKeySize {
		t.Fatalf("public key has %d bytes", len(k.Public()))
	}
	for _, n := range []int{0, 1, 64} {
		var parts [][]byte
		for i := range n {
			parts = append(parts, bytes.Repeat([]byte{byte(i)}, i))
		}
		enc, sealed, err := Seal(k.Public(), LabelKeyResp, []byte("info"), parts)
		if err != nil || len(enc) != SealEncSize || len(sealed) != n {
			t.Fatalf("%d parts: %v", n, err)
		}
		got, err := k.Open(LabelKeyResp, []byte("info"), enc, sealed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range parts {
			if !bytes.Equal(got[i], parts[i]) {
				t.Errorf("part %d differs", i)
			}
		}
	}
	for _, pub := range [][]byte{nil, make([]byte, SealKeySize-1), bytes.Repeat([]byte{0xff}, SealKeySize)} {
		if _, _, err := Seal(pub, LabelKeyResp, nil, nil); err == nil {
			t.Errorf("sealed to %d bytes that are no key", len(pub))
		}
	}
}

// FuzzCertificate: any bytes parse or are refused, and what verifies is what its member signed.
func FuzzCertificate(f *testing.F) {
	seed := Seed{1}
	m := seed.Member([32]byte{2})
	f.Add(m.Certify(Certificate{Space: [32]byte{2}, Via: [32]byte{4}, Last: [32]byte{5}}, DeviceKeyFromSeed([32]byte{3})))
	f.Add([]byte{})
	for _, v := range vectors(f) {
		if v.kind == "cert" {
			f.Add(v.in[0])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCertificate(b)
		if (err == nil) != (len(b) == CertSize) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err != nil {
			if VerifyCertificate(b) {
				t.Fatal("verifies what does not parse")
			}
			return
		}
		if !bytes.Equal(c.fields(), b[:160]) {
			t.Fatal("fields come out otherwise")
		}
		if VerifyCertificate(b) {
			for _, i := range []int{0, 33, 65, 97, 129, 161, 223, 225, 287} {
				x := bytes.Clone(b)
				x[i] ^= 4
				if VerifyCertificate(x) {
					t.Fatalf("byte %d is not covered", i)
				}
			}
		}
	})
}

// TestEndorse: a certificate made in two places is the one that would have been made in one; nobody's consent is taken for another's.
func TestEndorse(t *testing.T) {
	m, d := NewSeed().Member([32]byte{1}), NewDeviceKey()
	c := Certificate{Space: [32]byte{1}, Member: m.ID(), Device: d.ID(), Via: [32]byte{2}, Last: [32]byte{3}}
	got, err := m.Endorse(c, d.Consent(c))
	if err != nil || string(got) != string(m.Certify(c, d)) || !VerifyCertificate(got) {
		t.Fatalf("made apart it is another (%v)", err)
	}
	other := c
	other.Space = [32]byte{9}
	for why, consent := range map[string][]byte{"another space": d.Consent(other), "another device": NewDeviceKey().Consent(c), "none": nil} {
		if _, err := m.Endorse(c, consent); err == nil {
			t.Errorf("consent of %s is taken", why)
		}
	}
}
