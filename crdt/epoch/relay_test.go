package epoch

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func ids(n int) (out []op.ID) {
	for i := range n {
		out = append(out, op.ID{byte(i), 7})
	}
	return out
}

// TestRelay: a member gets the secrets that were handed out and no others, for this request and space only.
func TestRelay(t *testing.T) {
	space, d := op.ID{1}, identity.DeviceKeyFromSeed([32]byte{9})
	for _, n := range []int{1, 3, MaxRelay} {
		raw, key, err := NewKeyRequest(space, ids(n), d)
		if err != nil || len(raw) > MaxRelayBytes {
			t.Fatalf("%d epochs: %d bytes, %v", n, len(raw), err)
		}
		req, err := ParseKeyRequest(raw)
		if err != nil || req.Device != d.ID() || req.Space != space || len(req.Epochs) != n {
			t.Fatalf("%d epochs: %v", n, err)
		}
		have := map[op.ID]Secret{}
		for i, id := range ids(n) {
			if i%2 == 0 {
				have[id] = Secret{byte(i + 1)}
			}
		}
		have[op.ID{99}] = Secret{99} // not asked for
		ans, err := req.Answer(have)
		if err != nil || len(ans) > MaxRelayBytes {
			t.Fatalf("%d bytes: %v", len(ans), err)
		}
		got, err := OpenAnswer(ans, space, key)
		if err != nil || len(got) != (n+1)/2 {
			t.Fatalf("%d of %d: %v", len(got), n, err)
		}
		for id, s := range got {
			if s != have[id] {
				t.Errorf("another secret for %s", id)
			}
		}
		if _, err := OpenAnswer(ans, op.ID{2}, key); !errors.Is(err, ErrRelay) {
			t.Errorf("opens for another space: %v", err)
		}
		_, other, _ := NewKeyRequest(space, ids(n), d)
		if _, err := OpenAnswer(ans, space, other); !errors.Is(err, ErrRelay) {
			t.Errorf("opens for another request: %v", err)
		}
		if none, err := req.Answer(nil); err != nil {
			t.Error(err)
		} else if got, err := OpenAnswer(none, space, key); err != nil || len(got) != 0 {
			t.Errorf("an empty answer: %v, %v", got, err)
		}
	}
	for _, n := range []int{0, MaxRelay + 1} {
		if _, _, err := NewKeyRequest(space, ids(n), d); !errors.Is(err, ErrRelay) {
			t.Errorf("%d epochs are asked for: %v", n, err)
		}
	}
}

// TestRequestRefused: a request that was tampered with names what is wrong.
func TestRequestRefused(t *testing.T) {
	space, d := op.ID{1}, identity.DeviceKeyFromSeed([32]byte{9})
	raw, _, err := NewKeyRequest(space, ids(2), d)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := ParseKeyRequest(raw)
	remake := func(f func(*KeyRequest)) []byte {
		r := *good
		f(&r)
		b, err := op.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		b   []byte
		why string
	}{
		"empty":         {nil, "malformed"},
		"truncated":     {raw[:len(raw)-1], "malformed"},
		"trailing":      {append(bytes.Clone(raw), 0), "malformed"},
		"too long":      {make([]byte, MaxRelayBytes+1), "bytes"},
		"other space":   {remake(func(r *KeyRequest) { r.Space[0]++ }), "sig"},
		"other epoch":   {remake(func(r *KeyRequest) { r.Epochs = ids(3) }), "sig"},
		"other device":  {remake(func(r *KeyRequest) { r.Device = identity.NewDeviceKey().ID() }), "sig"},
		"other key":     {remake(func(r *KeyRequest) { r.Public = bytes.Repeat([]byte{1}, identity.SealKeySize) }), "sig"},
		"no signature":  {remake(func(r *KeyRequest) { r.Sig = []byte{} }), "sig"},
		"no epochs":     {remake(func(r *KeyRequest) { r.Epochs = []op.ID{} }), "epochs"},
		"many epochs":   {remake(func(r *KeyRequest) { r.Epochs = ids(MaxRelay + 1) }), "epochs"},
		"short key":     {remake(func(r *KeyRequest) { r.Public = r.Public[1:] }), "public"},
		"null epochs":   {remake(func(r *KeyRequest) { r.Epochs = nil }), "epochs"},
		"null sig":      {remake(func(r *KeyRequest) { r.Sig = nil }), "sig"},
		"signed by m's": {remake(func(r *KeyRequest) { r.Sig = d.Sign(identity.LabelOp, []byte("x")) }), "sig"},
	} {
		if _, err := ParseKeyRequest(c.b); !errors.Is(err, ErrRelay) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v; want %q", name, err, c.why)
		}
	}
}

// TestAnswerRefused: an answer that is no answer.
func TestAnswerRefused(t *testing.T) {
	space, d := op.ID{1}, identity.DeviceKeyFromSeed([32]byte{9})
	raw, key, _ := NewKeyRequest(space, ids(2), d)
	req, _ := ParseKeyRequest(raw)
	ans, _ := req.Answer(map[op.ID]Secret{ids(2)[0]: {1}, ids(2)[1]: {2}})
	var r KeyResponse
	if err := op.Decode(ans, &r); err != nil {
		t.Fatal(err)
	}
	remake := func(f func(*KeyResponse)) []byte {
		x := r
		f(&x)
		b, _ := op.Encode(x)
		return b
	}
	enc, short, _ := identity.Seal(req.Public, identity.LabelKeyResp, space[:], [][]byte{make([]byte, 31)})
	for name, b := range map[string][]byte{
		"empty":          nil,
		"truncated":      ans[:len(ans)-1],
		"too long":       make([]byte, MaxRelayBytes+1),
		"one too few":    remake(func(r *KeyResponse) { r.Secrets = r.Secrets[:1] }),
		"swapped":        remake(func(r *KeyResponse) { r.Secrets = [][]byte{r.Secrets[1], r.Secrets[0]} }),
		"damaged":        remake(func(r *KeyResponse) { r.Secrets = [][]byte{r.Secrets[0], append([]byte{1}, r.Secrets[1][1:]...)} }),
		"no enc":         remake(func(r *KeyResponse) { r.Enc = []byte{} }),
		"31-byte secret": remake(func(r *KeyResponse) { r.Enc, r.Secrets, r.Epochs = enc, short, ids(1) }),
		"too many":       remake(func(r *KeyResponse) { r.Epochs, r.Secrets = ids(MaxRelay+1), make([][]byte, MaxRelay+1) }),
	} {
		if got, err := OpenAnswer(b, space, key); !errors.Is(err, ErrRelay) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	// the epochs named beside the secrets are the responder's word: the caller checks each against its commitment
	if (Secret{1}).Commit(space) == (Secret{2}).Commit(space) {
		t.Error("a commitment fits two secrets")
	}
}

// FuzzKeyRequest: any bytes are read or refused; what is read is signed and in its one form.
func FuzzKeyRequest(f *testing.F) {
	d := identity.DeviceKeyFromSeed([32]byte{9})
	for _, n := range []int{1, 5, MaxRelay} {
		raw, _, err := NewKeyRequest(op.ID{1}, ids(n), d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseKeyRequest(b)
		if err != nil {
			if !errors.Is(err, ErrRelay) {
				t.Fatalf("%v wraps no sentinel", err)
			}
			return
		}
		again, err := op.Encode(r)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatal("two encodings of one request")
		}
		if _, err := r.Answer(map[op.ID]Secret{r.Epochs[0]: {1}}); err != nil {
			t.Logf("not answered: %v", err)
		}
	})
}

// FuzzKeyResponse: any bytes are opened or refused.
func FuzzKeyResponse(f *testing.F) {
	space, d := op.ID{1}, identity.DeviceKeyFromSeed([32]byte{9})
	raw, key, err := NewKeyRequest(space, ids(3), d)
	if err != nil {
		f.Fatal(err)
	}
	req, _ := ParseKeyRequest(raw)
	for n := range 4 {
		have := map[op.ID]Secret{}
		for _, id := range ids(n) {
			have[id] = Secret{id[0]}
		}
		ans, err := req.Answer(have)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ans)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := OpenAnswer(b, space, key)
		if err != nil && !errors.Is(err, ErrRelay) {
			t.Fatalf("%v wraps no sentinel", err)
		}
		if len(got) > MaxRelay {
			t.Fatalf("%d secrets", len(got))
		}
	})
}
