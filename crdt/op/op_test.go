package op

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/identity"
)

type vector struct {
	name, expect string
	raw          []byte
}

// vectors are files of "expect: Kind id" or "expect: refused words of the error", then the op's bytes in hex. They were made by a program
// that shares no code with this one.
func vectors(t testing.TB) (out []vector) {
	files, _ := filepath.Glob("testdata/vectors/*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		expect, body, _ := strings.Cut(string(b), "\n")
		raw, err := hex.DecodeString(strings.TrimSpace(body))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, vector{strings.TrimSuffix(filepath.Base(file), ".txt"), strings.TrimPrefix(expect, "expect: "), raw})
	}
	return out
}

// TestVectors: every op of the independent program parses to the id it computed, verifies, and is written back byte for byte; what it
// made wrong is refused for the reason it was made for.
func TestVectors(t *testing.T) {
	good, bad := 0, 0
	if KindOf(nil) != 0 || KindOf(make([]byte, 36)) != 0 {
		t.Error("a kind of what is too short")
	}
	kinds := map[Kind]bool{}
	for _, v := range vectors(t) {
		o, err := Parse(v.raw)
		if why, refused := strings.CutPrefix(v.expect, "refused "); refused {
			bad++
			switch {
			case err == nil:
				t.Errorf("%s: accepted", v.name)
			case !strings.Contains(err.Error(), why):
				t.Errorf("%s: %v; want it to name %q", v.name, err, why)
			case !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNotCanonical) && !errors.Is(err, ErrTooLarge):
				t.Errorf("%s: %v wraps no sentinel", v.name, err)
			}
			continue
		}
		good++
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		kinds[o.Kind()] = true
		if got := KindOf(v.raw); got != o.Kind() {
			t.Errorf("%s: its kind read alone is %s", v.name, got)
		}
		if got := o.Kind().String() + " " + o.ID().String(); got != v.expect {
			t.Errorf("%s: got %s, want %s", v.name, got, v.expect)
		}
		if !o.Verify() {
			t.Errorf("%s does not verify", v.name)
		}
		payload, err := encode(o)
		if err != nil || !bytes.Equal(payload, v.raw[:len(v.raw)-sigSize]) {
			t.Errorf("%s is written back otherwise (%v)", v.name, err)
		}
		for _, i := range []int{0, len(v.raw) / 2, len(v.raw) - 1} {
			x := bytes.Clone(v.raw)
			x[i] ^= 1
			if y, err := Parse(x); err == nil && y.Verify() {
				t.Errorf("%s: byte %d may be changed", v.name, i)
			}
		}
	}
	if len(kinds) != len(kindNames)-1 {
		t.Errorf("vectors of %d kinds, there are %d", len(kinds), len(kindNames)-1)
	}
	if bad < good || good < 15 {
		t.Errorf("%d successes, %d refusals", good, bad)
	}
}

// device is a fixed key for tests.
func device(n byte) identity.DeviceKey { return identity.DeviceKeyFromSeed([32]byte{n}) }

func id(n int) (i ID) {
	binary.BigEndian.PutUint64(i[:], uint64(n))
	i[31] = 1
	return i
}

func ids(n int) []ID {
	out := []ID{}
	for i := range n {
		out = append(out, id(i))
	}
	return out
}

func pinList(n int) []Pin {
	out := []Pin{}
	for i := range n {
		out = append(out, Pin{Device: identity.DeviceID(id(i)), Seq: uint64(i)})
	}
	return out
}

func someCert() []byte { return make([]byte, identity.CertSize) }

// TestLimits: at each limit an op is written and read; one beyond it is refused, by the writer too, and the error names the field.
func TestLimits(t *testing.T) {
	epoch := EpochBody{Gen: 1, Parents: []ID{}, CtlHeads: []ID{}, Pins: []Pin{}, Desk: []byte{}}
	with := func(f func(*EpochBody)) EpochBody { e := epoch; f(&e); return e }
	sigs := func(n int) (out []Signature) {
		for i := range n {
			out = append(out, Signature{Index: uint8(i), Sig: make([]byte, 64)})
		}
		return out
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		field string
		body  func(int) Body
		limit int
	}{
		{"body.name", func(n int) Body { return CreateGroupBody{Name: long(n)} }, MaxName},
		{"body.description", func(n int) Body { return CreateGroupBody{Description: long(n)} }, maxText},
		{"body.key", func(n int) Body { return SetBody{Key: long(n), Value: []byte{}} }, MaxName},
		{"body.value", func(n int) Body { return SetBody{Value: make([]byte, n)} }, MaxValue},
		{"body.reason", func(n int) Body { return RevokeBody{Target: id(1), Reason: long(n), Pins: []Pin{}} }, maxText},
		{"body.pins", func(n int) Body { return RevokeBody{Target: id(1), Pins: pinList(n)} }, maxPins},
		{"body.pins", func(n int) Body { return LeaveBody{Pins: pinList(n)} }, maxPins},
		{"body.pins", func(n int) Body { return DeviceRevokeBody{Pins: pinList(n)} }, maxPins},
		{"body.pins", func(n int) Body { return with(func(e *EpochBody) { e.Pins = pinList(n) }) }, maxEpochPins},
		{"body.parents", func(n int) Body { return with(func(e *EpochBody) { e.Parents = ids(n) }) }, maxParents},
		{"body.ctl_heads", func(n int) Body { return with(func(e *EpochBody) { e.CtlHeads = ids(n) }) }, MaxDeps},
		{"body.reason", func(n int) Body { return with(func(e *EpochBody) { e.Reason = long(n) }) }, maxText},
		{"body.groups", func(n int) Body { return InviteBody{Max: 1, Groups: ids(n)} }, maxGroups},
		{"body.max", func(n int) Body { return InviteBody{Max: uint32(n), Auto: true, Groups: []ID{}} }, 1000},
		{"body.sigs", func(n int) Body {
			return OwnerRotateBody{Cert: someCert(), Recovery: []identity.UserID{{1}}, Sigs: sigs(n)}
		}, maxRecovery},
	} {
		o := Op{Space: id(1), Cap: id(2), Seq: 1, Deps: ids(1), Height: 1, Body: c.body(c.limit)}
		got, err := SignDevice(o, device(1))
		if err != nil {
			t.Errorf("%s: refused at %d: %v", c.field, c.limit, err)
			continue
		}
		if again, err := Parse(got.Raw()); err != nil || !reflect.DeepEqual(again.Body, o.Body) {
			t.Errorf("%s at %d comes back otherwise: %v", c.field, c.limit, err)
		}
		o.Body = c.body(c.limit + 1)
		if _, err := SignDevice(o, device(1)); err == nil || !strings.Contains(err.Error(), c.field) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: one over %d gives %v", c.field, c.limit, err)
		}
	}
	o := Op{Space: id(1), Cap: id(2), Seq: 1, Height: 1, Body: LeaveBody{Pins: []Pin{}}}
	for _, c := range []struct {
		field string
		set   func(n int)
	}{{"deps", func(n int) { o.Deps = ids(n) }}, {"parent_heads", func(n int) { o.Deps = ids(1); o.ParentHeads = ids(n) }}} {
		c.set(MaxDeps)
		if _, err := SignDevice(o, device(1)); err != nil {
			t.Errorf("%s at the limit: %v", c.field, err)
		}
		c.set(MaxDeps + 1)
		if _, err := SignDevice(o, device(1)); err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s over the limit: %v", c.field, err)
		}
	}
}

// TestSizes: 16 KiB, and 64 KiB for an Epoch, both before anything is decoded.
func TestSizes(t *testing.T) {
	for _, n := range []int{MaxEpochSize + 1, 1 << 20} {
		if _, err := Parse(make([]byte, n)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	base := Op{Space: id(1), Cap: id(2), Seq: 1, Deps: ids(MaxDeps), ParentHeads: ids(MaxDeps), Height: 1}
	base.Body = RevokeBody{Target: id(1), Reason: strings.Repeat("r", maxText), Pins: pinList(maxPins)}
	if o, err := SignDevice(base, device(1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a Revoke at all its limits: %v, %v", o, err)
	}
	base.Body = EpochBody{Gen: 1, Parents: ids(maxParents), CtlHeads: ids(MaxDeps), Pins: pinList(maxEpochPins), Reason: strings.Repeat("r", maxText), Desk: []byte{}}
	if o, err := SignDevice(base, device(1)); err != nil || len(o.Raw()) > MaxEpochSize {
		t.Errorf("an Epoch at all its limits: %v", err)
	}
}

// randomOp draws a well-formed op of any kind.
func randomOp(r *rand.Rand) Op {
	draw := func() (b [32]byte) {
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	sorted := func(n int) []ID {
		out := ids(r.IntN(n + 1))
		for i := range out {
			out[i][0] = byte(i * 7)
			out[i][20] = byte(r.Uint32())
		}
		return out
	}
	pins := func() []Pin { return pinList(r.IntN(4)) }
	bytesOf := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	o := Op{Space: draw(), Cap: draw(), Seq: 1 + r.Uint64N(1<<r.IntN(60)), Deps: append(sorted(3), ID{0xff}), ParentHeads: sorted(3),
		Height: 1 + r.Uint64N(1<<r.IntN(60)), Time: Millis(r.Int64N(int64(maxTime)))}
	switch k := Kind(1 + r.IntN(int(KeeperRevoke))); k {
	case Genesis:
		o = Op{Time: o.Time, Body: GenesisBody{Name: "n", Salt: draw(), JoinKey: draw(), Cert: bytesOf(identity.CertSize), Recovery: []identity.UserID{draw()}}}
	case Grant:
		o.Body = GrantBody{Member: draw(), Bits: Bits(r.IntN(int(AllBits) + 1))}
	case Revoke:
		o.Body = RevokeBody{Member: draw(), Cascade: r.IntN(2) == 0, Ban: r.IntN(2) == 0, Reason: "spám", Pins: pins()}
	case Admit:
		o.Body = AdmitBody{Cert: bytesOf(identity.CertSize), Post: true, Invite: draw(), Proof: bytesOf(64)}
	case Leave:
		o.Body = LeaveBody{Pins: pins()}
	case Invite:
		o.Body = InviteBody{Key: draw(), Max: r.Uint32N(1000) + 1, Expires: o.Time, Auto: true, Groups: sorted(2), Epoch: draw()}
	case RevokeInvite:
		o.Body = RevokeInviteBody{Invite: draw()}
	case CreateGroup:
		o.Body = CreateGroupBody{Name: "g", Description: "d", Open: true, WhoPosts: 1, JoinKey: draw()}
	case Set:
		o.Body = SetBody{Key: "k", Value: bytesOf(r.IntN(40))}
	case DeviceAdd:
		o.Body = DeviceAddBody{Cert: bytesOf(identity.CertSize)}
	case DeviceRevoke:
		o.Body = DeviceRevokeBody{Device: draw(), Pins: pins()}
	case OwnerRotate:
		o.Body = OwnerRotateBody{Prev: draw(), Cert: bytesOf(identity.CertSize), Recovery: []identity.UserID{identity.UserID(draw())}, Sigs: []Signature{{Index: 3, Sig: bytesOf(64)}}}
	case Epoch:
		o.Body = EpochBody{Gen: 1 + r.Uint64N(300), Parents: sorted(3), CtlHeads: sorted(5), RosterRoot: draw(), Commit: draw(), Pins: pins(), Reason: "weekly", Desk: bytesOf(identity.SealKeySize)}
	case KeeperAdd:
		o.Body = KeeperAddBody{Key: draw()}
	default:
		o.Body = KeeperRevokeBody{Key: draw()}
	}
	return o
}

// TestAccumulated pins the bytes of thousands of seeded ops with one hash: a change of the encoding anywhere shows.
func TestAccumulated(t *testing.T) {
	const n, want = 10_000, "5d6df8a659369677dba62d86641415cf01cb1d22f95268d13484fe2a5ea85f02"
	r := rand.New(rand.NewPCG(1, 2))
	all := sha256.New()
	for i := range n {
		o := randomOp(r)
		signed, err := SignDevice(o, device(byte(i%5)))
		if err != nil {
			t.Fatalf("%d: %s: %v", i, o.Body.Kind(), err)
		}
		got, err := Parse(signed.Raw())
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if got.ID() != signed.ID() || !reflect.DeepEqual(got.Body, o.Body) || got.Seq != o.Seq || got.Height != o.Height || got.Time != o.Time {
			t.Fatalf("%d: %s comes back otherwise", i, o.Body.Kind())
		}
		all.Write(signed.Raw())
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != want {
		t.Errorf("%d ops hash to %s, want %s", n, got, want)
	}
}

// FuzzParse: any bytes parse or are refused; what parses is the one encoding of what it says, and costs no memory beyond its size.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := Parse(raw)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNotCanonical) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("%v wraps no sentinel", err)
			}
			return
		}
		payload, err := encode(o)
		if err != nil || !bytes.Equal(payload, raw[:len(raw)-sigSize]) {
			t.Fatalf("two encodings of one op (%v)", err)
		}
		if o.ID() != sha256.Sum256(payload) {
			t.Fatal("id is not the hash of the payload")
		}
		o.Verify()
		o.Certificate()
	})
}

// TestAllocations: a short input that promises much costs little.
func TestAllocations(t *testing.T) {
	for _, head := range []string{"8b01582000", "9a7fffffff", "5a7fffffff", "bb7fffffffffffffff", "8b015820" + strings.Repeat("00", 32) + "09" + "9a00ffffff"} {
		b, err := hex.DecodeString(head)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, make([]byte, 200)...)
		if n := allocated(func() { _, _ = Parse(b) }); n > 64<<10 {
			t.Errorf("%s: %d bytes taken", head, n)
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / 100
}
