package epoch

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func deskOf(t testing.TB, space, epoch op.ID, s Secret) (*DeskKey, []byte) {
	t.Helper()
	k, err := OpenDesk(space, epoch, s)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := DeskPublic(space, s)
	if err != nil {
		t.Fatal(err)
	}
	return k, pub
}

// TestDeskWire: what is sealed to a desk opens with its key and says who wrote it, and any changed byte, another epoch, another space or
// another author is noticed.
func TestDeskWire(t *testing.T) {
	space, epoch, d := op.ID{1}, op.ID{2}, identity.DeviceKeyFromSeed([32]byte{3})
	k, pub := deskOf(t, space, epoch, Secret{4})
	h := Header{Lamport: 1_790_000_000_000, Time: 7, Kind: 6}
	wire, sent, err := SealDesk(space, epoch, pub, h, []byte("may I come in?"), d)
	if err != nil {
		t.Fatal(err)
	}
	if !IsDesk(wire) || len(wire) != deskPrefix+minPlain+aeadTag {
		t.Errorf("a short desk wire has %d bytes", len(wire))
	}
	if tag, day, err := Peek(wire); err != nil || tag != DeskTag(epoch) || day != Day(h.Lamport) {
		t.Errorf("a desk wire shows %x of day %d: %v", tag, day, err)
	}
	m, err := k.Open(wire)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Verify() || !m.Desk || m.Device != d.ID() || string(m.Body) != "may I come in?" || m.Kind != 6 || m.WireID != sent.WireID || m.Hash() != sent.Hash() {
		t.Errorf("it opens to %+v", m)
	}
	for i := range wire {
		x := bytes.Clone(wire)
		x[i] ^= 1
		if m, err := k.Open(x); err == nil && m.Verify() {
			t.Fatalf("byte %d may be changed", i)
		} else if err != nil && !errors.Is(err, ErrSealed) && !errors.Is(err, ErrWire) && !errors.Is(err, ErrInner) {
			t.Fatalf("byte %d: %v wraps no sentinel", i, err)
		}
	}
	for what, other := range map[string]struct {
		space, epoch op.ID
		secret       Secret
	}{"another desk": {space, epoch, Secret{5}}, "another epoch": {space, op.ID{9}, Secret{4}}, "another space": {op.ID{9}, epoch, Secret{4}}} {
		o, _ := deskOf(t, other.space, other.epoch, other.secret)
		x := bytes.Clone(wire)
		tag := DeskTag(other.epoch)
		copy(x[1:9], tag[:])
		if _, err := o.Open(x); !errors.Is(err, ErrSealed) {
			t.Errorf("%s opens it: %v", what, err)
		}
	}
	// Somebody of the desk cannot seal an opened message again as its author's.
	s, err := identity.NewSealer(pub, identity.LabelDesk, deskInfo(space, epoch, wire[9:13]))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal(pack(m.header, m.sig, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.Open(append(append(bytes.Clone(wire[:13]), s.Enc...), sealed...)); err != nil || again.Verify() {
		t.Errorf("a message can be sealed again by somebody else (%v)", err)
	}
	// An ordinary epoch's key does not open it, nor a desk key an ordinary wire.
	keys := Schedule(space, epoch, Secret{4})
	if _, err := keys.Open(wire); !errors.Is(err, ErrSealed) {
		t.Errorf("an ordinary key opens it: %v", err)
	}
	plain, _, err := keys.Seal(Header{Seq: 1, Lamport: 5}, []byte("x"), d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(plain); !errors.Is(err, ErrSealed) {
		t.Errorf("a desk key opens an ordinary wire: %v", err)
	}
	if _, _, err := SealDesk(space, epoch, pub[:len(pub)-1], h, nil, d); err == nil {
		t.Error("a short key is taken")
	}
	if _, _, err := SealDesk(space, epoch, pub, h, make([]byte, MaxBody+1), d); err == nil {
		t.Error("a long body is taken")
	}
}

// FuzzOpenDesk: any bytes open or are refused, at a cost within their size.
func FuzzOpenDesk(f *testing.F) {
	space, epoch := op.ID{1}, op.ID{2}
	k, pub := deskOf(f, space, epoch, Secret{4})
	wire, _, err := SealDesk(space, epoch, pub, Header{Lamport: 1}, []byte("x"), identity.DeviceKeyFromSeed([32]byte{3}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Add(wire[:deskPrefix])
	f.Add([]byte{deskV2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := k.Open(b); err == nil {
			m.Verify()
		} else if !errors.Is(err, ErrSealed) && !errors.Is(err, ErrWire) && !errors.Is(err, ErrInner) {
			t.Fatalf("%v wraps no sentinel", err)
		}
	})
}
