package epoch

import (
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// vector is a file of "expect: …", then space, epoch id and secret in hex, one a line, and for wire-* and desk-* the wire. All were made by a program
// that shares no code with this one.
type vector struct {
	name, expect string
	keys         *Keys
	secret       Secret
	wire         []byte
}

func vectors(t testing.TB) (out []vector) {
	files, _ := filepath.Glob("testdata/vectors/*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		var in [][]byte
		for _, l := range lines[1:] {
			x, err := hex.DecodeString(l)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			in = append(in, x)
		}
		v := vector{name: strings.TrimSuffix(filepath.Base(file), ".txt"), expect: strings.TrimPrefix(lines[0], "expect: "), secret: Secret(in[2])}
		v.keys = Schedule(op.ID(in[0]), op.ID(in[1]), v.secret)
		if len(in) > 3 {
			v.wire = in[3]
		}
		out = append(out, v)
	}
	return out
}

// TestVectors: the key schedule, what opens, and why the rest does not.
func TestVectors(t *testing.T) {
	good, bad := 0, 0
	for _, v := range vectors(t) {
		if strings.HasPrefix(v.name, "keys-") {
			commit := v.secret.Commit(v.keys.Space)
			got := hex.EncodeToString(v.keys.Tag[:]) + " " + v.keys.Topic + " " + hex.EncodeToString(v.keys.Rendezvous[:]) + " " + hex.EncodeToString(commit[:])
			if got != v.expect {
				t.Errorf("%s: got %s, want %s", v.name, got, v.expect)
			}
			good++
			continue
		}
		open := v.keys.Open
		if strings.HasPrefix(v.name, "desk-") {
			k, _ := deskOf(t, v.keys.Space, v.keys.Epoch, v.secret)
			open = k.Open
		}
		m, err := open(v.wire)
		why, refused := strings.CutPrefix(v.expect, "refused ")
		switch {
		case refused:
			bad++
			if err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v; want it to say %q", v.name, err, why)
			}
			if err != nil && !errors.Is(err, ErrWire) && !errors.Is(err, ErrSealed) && !errors.Is(err, ErrInner) {
				t.Errorf("%s: %v wraps no sentinel", v.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", v.name, err)
		case v.expect == "forged":
			bad++
			if m.Verify() {
				t.Errorf("%s: verifies", v.name)
			}
		default:
			good++
			body := hex.EncodeToString(m.Body)
			if body == "" {
				body = "-"
			}
			if got := "ok " + hex.EncodeToString(m.WireID[:]) + " " + body; got != v.expect || !m.Verify() {
				t.Errorf("%s: got %s (verifies: %v), want %s", v.name, got, m.Verify(), v.expect)
			}
		}
	}
	if good < 6 || bad < good {
		t.Errorf("%d successes, %d refusals", good, bad)
	}
}

func testKeys(n byte) *Keys { return Schedule(op.ID{1}, op.ID{2, n}, Secret{3, n}) }

func testHeader() Header { return Header{Seq: 1, Lamport: 1_790_000_000_000, Time: 1, Kind: 1} }

// TestSealOpen: what is sealed opens as it was, at every size; and at one byte more than the largest it is not sealed.
func TestSealOpen(t *testing.T) {
	k, d := testKeys(0), identity.DeviceKeyFromSeed([32]byte{9})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 20, 100, 255, 256, 1000, 4000, MaxBody - 1, MaxBody}).Draw(t, "size")
		body := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n)
		wire, m, err := k.Seal(testHeader(), body, d)
		if err != nil {
			t.Fatal(err)
		}
		if len(wire) > MaxWire || WireID(wire) != m.WireID {
			t.Fatalf("%d bytes", len(wire))
		}
		got, err := k.Open(wire)
		if err != nil || !got.Verify() || !bytes.Equal(got.Body, body) || got.Header != m.Header || got.Hash() != m.Hash() || got.Device != d.ID() {
			t.Fatalf("%d bytes come back otherwise: %v", n, err)
		}
		at := rapid.IntRange(0, len(wire)-1).Draw(t, "at")
		wire[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.Open(wire); err == nil {
			t.Fatalf("byte %d may be changed", at)
		}
	})
	if _, _, err := k.Seal(testHeader(), make([]byte, MaxBody+1), d); err == nil {
		t.Error("an oversized body is sealed")
	}
	a, _, _ := k.Seal(testHeader(), nil, d)
	b, _, _ := k.Seal(testHeader(), nil, d)
	if WireID(a) == WireID(b) {
		t.Error("two sealings of one message look alike")
	}
	if _, err := k.Open(append(bytes.Clone(a), 0)); err == nil {
		t.Error("a longer wire opens")
	}
}

// TestPadded: never less, at most 12 % more above the minimum, monotone, its own fixed point, and few lengths in all.
func TestPadded(t *testing.T) {
	last, steps := 0, 0
	for n := range MaxWire + 1 {
		p := padded(n)
		switch {
		case p < n, p < last, p < minPlain, padded(p) != p:
			t.Fatalf("padded(%d) = %d", n, p)
		case n > minPlain && float64(p) > 1.12*float64(n):
			t.Fatalf("padded(%d) = %d: too much", n, p)
		}
		if p != last {
			last, steps = p, steps+1
		}
	}
	if steps > 16*bits.Len(MaxWire) {
		t.Errorf("%d lengths tell too much", steps)
	}
	k, d := testKeys(0), identity.DeviceKeyFromSeed([32]byte{9})
	a, _, _ := k.Seal(testHeader(), []byte("no"), d)
	b, _, _ := k.Seal(testHeader(), []byte("yes, and gladly"), d)
	if len(a) != len(b) {
		t.Error("short answers differ in length")
	}
}

// TestPeek: what everybody sees is checked before anything is opened.
func TestPeek(t *testing.T) {
	k, d := testKeys(0), identity.DeviceKeyFromSeed([32]byte{9})
	wire, _, _ := k.Seal(testHeader(), nil, d)
	tag, day, err := Peek(wire)
	if err != nil || tag != k.Tag || day != Day(testHeader().Lamport) || day != binary.BigEndian.Uint32(wire[9:13]) {
		t.Errorf("%x %d %v", tag, day, err)
	}
	for _, n := range []int{0, 1, prefix, prefix + minPlain + aeadTag - 1, MaxWire + 1} {
		if _, _, err := Peek(append(bytes.Clone(wire[:1]), make([]byte, max(0, n-1))...)[:n]); !errors.Is(err, ErrWire) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if Day(-1) != 0 || Day(86_400_000) != 1 || Day(86_399_999) != 0 {
		t.Error("days begin elsewhere")
	}
}

// TestKeysApart: no two epochs or spaces share anything that can be seen.
func TestKeysApart(t *testing.T) {
	seen := map[string]string{}
	for name, k := range map[string]*Keys{"a": testKeys(0), "other epoch": testKeys(1), "other secret": Schedule(op.ID{1}, op.ID{2}, Secret{4})} {
		for _, v := range []string{string(k.Tag[:]), k.Topic, string(k.Rendezvous[:]), string(k.msg)} {
			if other, dup := seen[v]; dup {
				t.Errorf("%s and %s share %x", name, other, v)
			}
			seen[v] = name
		}
	}
	if MeetingPoint([32]byte{1}, identity.LabelLANTag, []byte("x")) == MeetingPoint([32]byte{1}, identity.LabelDHTKey, []byte("x")) {
		t.Error("two purposes meet at one point")
	}
	if (Secret{1}).Commit(op.ID{1}) == (Secret{1}).Commit(op.ID{2}) {
		t.Error("a commitment is for any space")
	}
	if s := NewSecret(); s == NewSecret() || s == (Secret{}) {
		t.Error("secrets repeat")
	}
}

// FuzzOpen: any bytes, and any plaintext sealed rightly by a member, open or are refused, and what opens is in its one form.
func FuzzOpen(f *testing.F) {
	k, d := testKeys(0), identity.DeviceKeyFromSeed([32]byte{9})
	for _, n := range []int{0, 20, 300} {
		wire, m, _ := k.Seal(testHeader(), make([]byte, n), d)
		f.Add(wire, false)
		plain := binary.BigEndian.AppendUint16(nil, uint16(len(m.header)))
		plain = append(append(plain, m.header...), m.sig...)
		plain = append(binary.BigEndian.AppendUint32(plain, uint32(n)), m.Body...)
		f.Add(append(plain, make([]byte, padded(len(plain))-len(plain))...), true)
	}
	for _, v := range vectors(f) {
		if v.wire != nil {
			f.Add(v.wire, false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, inside bool) {
		wire := b
		if inside { // sealed as a member would, with anything in it
			wire = make([]byte, prefix)
			wire[0] = wireV1
			copy(wire[1:9], k.Tag[:])
			binary.BigEndian.PutUint32(wire[9:13], Day(testHeader().Lamport))
			aead, nonce, commit := k.single(wire[13:29])
			copy(wire[29:45], commit)
			wire = aead.Seal(wire, nonce, b, bytes.Clone(wire))
		}
		m, err := k.Open(wire)
		if err != nil {
			if !errors.Is(err, ErrWire) && !errors.Is(err, ErrSealed) && !errors.Is(err, ErrInner) {
				t.Fatalf("%v wraps no sentinel", err)
			}
			return
		}
		m.Verify()
		if len(m.Body) > MaxBody || len(wire) != prefix+padded(plainSize(len(m.header), len(m.Body)))+aeadTag {
			t.Fatal("opens in another form than it is sealed in")
		}
	})
}

func TestExpand60(t *testing.T) {
	for range 1000 {
		prk, info := make([]byte, 32), make([]byte, rand.IntN(33))
		crand.Read(prk)
		crand.Read(info)
		if got := expand60(prk, info); !bytes.Equal(got[:60], expand(prk, string(info), 60)) {
			t.Fatalf("%x of %x, %x", got, prk, info)
		}
	}
}

// TestHeaderRead: what read takes, op.Decode takes too, with the same result; and it takes what Encode makes.
func TestHeaderRead(t *testing.T) {
	edges := []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string) uint64 {
			return rapid.OneOf(rapid.SampledFrom(edges), rapid.Uint64()).Draw(t, name)
		}
		h := Header{Seq: pick("seq"), Lamport: op.Millis(pick("lamport")), Time: op.Millis(pick("time")), Kind: uint16(pick("kind"))}
		crand.Read(h.Device[:])
		crand.Read(h.BodyHash[:])
		raw, err := op.Encode(h)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "damage") {
			i := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				raw[i] = rapid.Byte().Draw(t, "byte")
			case 1:
				raw = raw[:i]
			default:
				raw = slices.Insert(raw, i, rapid.Byte().Draw(t, "byte"))
			}
		} else if h.Lamport >= 0 && h.Time >= 0 && !new(Header).read(raw) {
			t.Fatalf("%x is not read", raw)
		}
		var fast, strict Header
		if fast.read(raw) {
			if err := op.Decode(raw, &strict); err != nil || fast != strict {
				t.Fatalf("%x: %v, read as %+v, decoded as %+v", raw, err, fast, strict)
			}
		}
	})
}

// TestHeaderShortest: no number is read in a longer form than it needs.
func TestHeaderShortest(t *testing.T) {
	for _, form := range []string{"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "1c", "20", "3801"} {
		b, _ := hex.DecodeString(form)
		r := headerReader{b: b, ok: true}
		if r.uint(math.MaxUint64); r.ok {
			t.Errorf("%s is read", form)
		}
	}
}
