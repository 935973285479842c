package epoch

import (
	"errors"
	"fmt"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// MaxRelay bounds how many epochs one request names.
const MaxRelay = 64

// MaxRelayBytes bounds an encoded request or response.
const MaxRelayBytes = 16 << 10

// ErrRelay is returned for a request or response that is malformed or not signed by its device.
var ErrRelay = errors.New("bad key relay message")

// KeyRequest asks a member for the secrets of epochs. The public key is made fresh for this one request.
type KeyRequest struct {
	_      struct{} `cbor:",toarray"`
	Space  op.ID
	Epochs []op.ID
	Device identity.DeviceID
	Public []byte
	Sig    []byte
}

// KeyResponse carries the secrets that the responder holds and the requester is entitled to.
type KeyResponse struct {
	_       struct{} `cbor:",toarray"`
	Enc     []byte
	Epochs  []op.ID
	Secrets [][]byte // sealed, one for each of Epochs
}

// NewKeyRequest makes a signed request and the key that opens its answer, which the caller forgets afterwards.
func NewKeyRequest(space op.ID, epochs []op.ID, d identity.DeviceKey) ([]byte, identity.SealKey, error) {
	if len(epochs) == 0 || len(epochs) > MaxRelay {
		return nil, identity.SealKey{}, fmt.Errorf("%w: epochs: want 1 to %d", ErrRelay, MaxRelay)
	}
	k, err := identity.NewSealKey()
	if err != nil {
		return nil, k, err
	}
	r := KeyRequest{Space: space, Epochs: epochs, Device: d.ID(), Public: k.Public(), Sig: []byte{}}
	signed, err := op.Encode(r)
	if err != nil {
		return nil, k, fmt.Errorf("encode request: %w", err)
	}
	r.Sig = d.Sign(identity.LabelKeyReq, signed)
	b, err := op.Encode(r)
	return b, k, err
}

// ParseKeyRequest reads a request strictly and verifies its signature. It errs with ErrRelay, naming the field.
func ParseKeyRequest(b []byte) (*KeyRequest, error) {
	if len(b) > MaxRelayBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrRelay, len(b))
	}
	var r KeyRequest
	if err := op.Decode(b, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRelay, err)
	}
	if len(r.Epochs) == 0 || len(r.Epochs) > MaxRelay {
		return nil, fmt.Errorf("%w: epochs: want 1 to %d", ErrRelay, MaxRelay)
	}
	if len(r.Public) != identity.SealKeySize {
		return nil, fmt.Errorf("%w: public: want %d bytes", ErrRelay, identity.SealKeySize)
	}
	sig := r.Sig
	r.Sig = []byte{}
	signed, err := op.Encode(r)
	if err != nil || !identity.Verify(r.Device, sig, identity.LabelKeyReq, signed) {
		return nil, fmt.Errorf("%w: sig: not the device's", ErrRelay)
	}
	r.Sig = sig
	return &r, nil
}

// Answer seals secrets to the requester with one encapsulation. Whoever calls it has checked that he is entitled to each.
func (r *KeyRequest) Answer(secrets map[op.ID]Secret) ([]byte, error) {
	resp := KeyResponse{Epochs: []op.ID{}, Secrets: [][]byte{}}
	var parts [][]byte
	for _, e := range r.Epochs {
		if s, ok := secrets[e]; ok {
			resp.Epochs = append(resp.Epochs, e)
			parts = append(parts, s[:])
		}
	}
	var err error
	if resp.Enc, resp.Secrets, err = identity.Seal(r.Public, identity.LabelKeyResp, r.Space[:], parts); err != nil {
		return nil, fmt.Errorf("seal secrets: %w", err)
	}
	if resp.Secrets == nil {
		resp.Secrets = [][]byte{}
	}
	return op.Encode(resp)
}

// OpenAnswer reads a response. The caller still checks each secret against its epoch's commitment. It errs with ErrRelay.
func OpenAnswer(b []byte, space op.ID, k identity.SealKey) (map[op.ID]Secret, error) {
	if len(b) > MaxRelayBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrRelay, len(b))
	}
	var r KeyResponse
	if err := op.Decode(b, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRelay, err)
	}
	if len(r.Epochs) != len(r.Secrets) || len(r.Epochs) > MaxRelay {
		return nil, fmt.Errorf("%w: secrets: one for each epoch", ErrRelay)
	}
	parts, err := k.Open(identity.LabelKeyResp, space[:], r.Enc, r.Secrets)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRelay, err)
	}
	out := map[op.ID]Secret{}
	for i, p := range parts {
		if len(p) != len(Secret{}) {
			return nil, fmt.Errorf("%w: secret: want 32 bytes", ErrRelay)
		}
		out[r.Epochs[i]] = Secret(p)
	}
	return out, nil
}
