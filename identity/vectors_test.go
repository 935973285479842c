package identity

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var write = flag.Bool("write", false, "write the vectors that randomness goes into (sealing) anew")

// vector is one file of testdata/vectors: "expect: …", then inputs in hex, one a line. What a file is about is the first word of its
// name. All but seal-* were made by a program that shares no code with this one.
type vector struct {
	name, kind, expect string
	in                 [][]byte
}

func (v vector) refused() bool { return strings.HasPrefix(v.expect, "refused") }

func vectors(t testing.TB) (out []vector) {
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		v := vector{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		v.kind, _, _ = strings.Cut(v.name, "-")
		var ok bool
		if v.expect, ok = strings.CutPrefix(lines[0], "expect: "); !ok {
			t.Fatalf("%s: no expectation", v.name)
		}
		for _, l := range lines[1:] {
			in, err := hex.DecodeString(l)
			if err != nil {
				t.Fatalf("%s: %v", v.name, err)
			}
			v.in = append(v.in, in)
		}
		out = append(out, v)
	}
	return out
}

// play computes what a vector is about.
func (v vector) play() string {
	switch v.kind {
	case "words":
		s, err := ParseWords(string(v.in[0]))
		if err != nil {
			return "refused"
		}
		if back, err := ParseWords(s.Words()); err != nil || back != s {
			return "words do not come back"
		}
		return hex.EncodeToString(s[:])
	case "member":
		m := Seed(v.in[0]).Member([32]byte(v.in[1])).ID()
		return hex.EncodeToString(m[:])
	case "owner":
		m := Seed(v.in[0]).Member(OwnerSalt([32]byte(v.in[1]))).ID()
		return hex.EncodeToString(m[:])
	case "cert":
		c, err := ParseCertificate(v.in[0])
		if (err == nil) != (len(v.in[0]) == CertSize) {
			return "width not checked"
		}
		if !VerifyCertificate(v.in[0]) {
			return "refused"
		}
		if string(c.fields()) != string(v.in[0][:160]) {
			return "fields differ"
		}
		return "valid"
	case "safety":
		return SafetyWords(UserID(v.in[0]), UserID(v.in[1]))
	case "invite":
		k := InviteKeyFromSeed([16]byte(v.in[0]))
		if !v.refused() && (k.Public() != [32]byte(v.in[1]) || string(k.Prove(UserID(v.in[3]), DeviceID(v.in[4]))) != string(v.in[2])) {
			return "the invite key makes something else"
		}
		if !VerifyInvite([32]byte(v.in[1]), v.in[2], UserID(v.in[3]), DeviceID(v.in[4])) {
			return "refused"
		}
		return "valid"
	case "name":
		if strings.HasPrefix(v.expect, "usr_") {
			return UserID(v.in[0]).String()
		}
		return DeviceID(v.in[0]).String()
	case "seal": // private key, info, encapsulation, sealed parts…
		priv, err := kem.NewPrivateKey(v.in[0])
		if err != nil {
			return err.Error()
		}
		parts, err := SealKey{priv}.Open(LabelKeyResp, v.in[1], v.in[2], v.in[3:])
		if err != nil {
			return "refused"
		}
		var out []string
		for _, p := range parts {
			out = append(out, hex.EncodeToString(p))
		}
		return strings.Join(out, " ")
	}
	return "unknown kind"
}

func TestVectors(t *testing.T) {
	if *write {
		writeSealed(t)
	}
	good, bad := 0, 0
	for _, v := range vectors(t) {
		got := v.play()
		other, differs := strings.CutPrefix(v.expect, "refused ") // must come out as anything but this
		switch {
		case differs && got == other:
			t.Errorf("%s: gives %s all the same", v.name, got)
		case !differs && got != v.expect:
			t.Errorf("%s: got %s, want %s", v.name, got, v.expect)
		}
		if v.refused() {
			bad++
		} else {
			good++
		}
	}
	if good < 15 || bad < good {
		t.Errorf("%d successes and %d refusals: want at least as many refusals", good, bad)
	}
}

// writeSealed makes the seal-* files: HPKE draws randomness, so that they can only be opened again.
func writeSealed(t *testing.T) {
	k, err := NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := NewSealKey()
	priv, _ := k.priv.Bytes()
	otherPriv, _ := other.priv.Bytes()
	info, a, b := []byte("context"), []byte("first secret"), []byte("second secret")
	enc, sealed, err := Seal(k.Public(), LabelKeyResp, info, [][]byte{a, b})
	if err != nil {
		t.Fatal(err)
	}
	_, wrongLabel, _ := Seal(k.Public(), LabelKeyReq, info, [][]byte{a, b})
	damaged := append([]byte{sealed[0][0] ^ 1}, sealed[0][1:]...)
	put := func(name, expect string, in ...[]byte) {
		var w strings.Builder
		w.WriteString("expect: " + expect + "\n")
		for _, b := range in {
			w.WriteString(hex.EncodeToString(b) + "\n")
		}
		if err := os.WriteFile("testdata/vectors/"+name+".txt", []byte(w.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("seal-0", hex.EncodeToString(a)+" "+hex.EncodeToString(b), priv, info, enc, sealed[0], sealed[1])
	put("seal-first-only", hex.EncodeToString(a), priv, info, enc, sealed[0])
	put("seal-bad-order", "refused", priv, info, enc, sealed[1], sealed[0])
	put("seal-bad-info", "refused", priv, []byte("other"), enc, sealed[0], sealed[1])
	put("seal-bad-key", "refused", otherPriv, info, enc, sealed[0], sealed[1])
	put("seal-bad-damaged", "refused", priv, info, enc, damaged)
	put("seal-bad-label", "refused", priv, info, enc, wrongLabel[0])
	put("seal-bad-enc-short", "refused", priv, info, enc[:len(enc)-1], sealed[0])
	put("seal-bad-enc-empty", "refused", priv, info, nil, sealed[0])
	put("seal-bad-part-empty", "refused", priv, info, enc, nil)
}
