package op

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/pandal-chat/pandal/identity"
)

// Limits, all checked before anything is allocated for them (protocol.md section 8).
const (
	MaxSize      = 16 << 10
	MaxEpochSize = 64 << 10
	MaxDeps      = 32
	MaxName      = 128
	MaxValue     = 8 << 10
	maxText      = 4 << 10
	maxPins      = 180
	maxEpochPins = 800
	maxParents   = 4
	maxRecovery  = 32
	maxGroups    = 64
	sigSize      = 64
	version      = 1
)

// Sentinels a caller branches on; every error of Parse wraps one and names the field.
var (
	ErrTooLarge     = errors.New("op is too large")
	ErrMalformed    = errors.New("op is malformed")
	ErrNotCanonical = errors.New("op is not in its one canonical encoding")
)

// Modes of the one CBOR dialect: RFC 8949 §4.2 core deterministic, decoded strictly.
var (
	enc = must(cbor.CoreDetEncOptions().EncMode())
	dec = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 8, MaxArrayElements: 1024, MaxMapPairs: 64, UTF8: cbor.UTF8RejectInvalid,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Encode returns v in the one CBOR dialect of the protocol. It errs only for Go values that have no such encoding.
func Encode(v any) ([]byte, error) { return enc.Marshal(v) }

// Decode reads b strictly into v: anything that Encode would not have written is refused with ErrNotCanonical or ErrMalformed.
// The caller bounds len(b) first.
func Decode(b []byte, v any) error {
	if err := dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	again, err := enc.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if !bytes.Equal(again, b) {
		return ErrNotCanonical
	}
	return nil
}

type payload struct {
	_           struct{} `cbor:",toarray"`
	V           uint8
	Space       ID
	Kind        Kind
	Cap         ID
	Key         Key
	Seq         uint64
	Deps        []ID
	ParentHeads []ID
	Height      uint64
	Time        Millis
	Body        cbor.RawMessage
}

func encode(o *Op) ([]byte, error) {
	body, err := Encode(o.Body)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return Encode(payload{V: version, Space: o.Space, Kind: o.Body.Kind(), Cap: o.Cap, Key: o.Key, Seq: o.Seq, Deps: orEmpty(o.Deps),
		ParentHeads: orEmpty(o.ParentHeads), Height: o.Height, Time: o.Time, Body: body})
}

// Nil and empty lists have one encoding, the empty array.
func orEmpty(ids []ID) []ID {
	if ids == nil {
		return []ID{}
	}
	return ids
}

// Parse reads one op strictly. It checks size, encoding, limits and all an op can be checked for alone but signatures, which Verify
// checks. The result keeps raw, which the caller must not change.
func Parse(raw []byte) (*Op, error) {
	if len(raw) > MaxEpochSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxEpochSize)
	}
	n := len(raw) - sigSize
	if n < 1 {
		return nil, fmt.Errorf("%w: signature: missing", ErrMalformed)
	}
	var p payload
	if err := Decode(raw[:n], &p); err != nil {
		return nil, err
	}
	if p.V != version {
		return nil, fmt.Errorf("%w: v: version %d, this program reads %d", ErrMalformed, p.V, version)
	}
	if p.Kind != Epoch && len(raw) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxSize)
	}
	if err := checkLists(&p); err != nil {
		return nil, err
	}
	body, err := parseBody(p.Kind, p.Body)
	if err != nil {
		return nil, err
	}
	return &Op{Space: p.Space, Cap: p.Cap, Key: p.Key, Seq: p.Seq, Deps: p.Deps, ParentHeads: p.ParentHeads, Height: p.Height,
		Time: p.Time, Body: body, id: idOf(raw[:n]), raw: raw}, nil
}

// KindOf reads the kind of an op that Parse accepted before, without parsing it again: the array's head, v and the space before it have one
// length, and every kind is one byte.
func KindOf(raw []byte) Kind {
	const at = 1 + 1 + 2 + len(ID{})
	if len(raw) <= at {
		return 0
	}
	return Kind(raw[at])
}

func checkLists(p *payload) error {
	if p.Deps == nil || p.ParentHeads == nil {
		return fmt.Errorf("%w: deps: null", ErrNotCanonical)
	}
	if len(p.Deps) > MaxDeps || !ascending(p.Deps) {
		return fmt.Errorf("%w: deps: want at most %d, strictly ascending", ErrMalformed, MaxDeps)
	}
	if len(p.ParentHeads) > MaxDeps || !ascending(p.ParentHeads) {
		return fmt.Errorf("%w: parent_heads: want at most %d, strictly ascending", ErrMalformed, MaxDeps)
	}
	if p.Time < 0 || p.Time > maxTime {
		return fmt.Errorf("%w: time: out of range", ErrMalformed)
	}
	root := p.Kind == Genesis
	if root != (p.Space == ID{}) || root != (p.Cap == ID{}) || root != (len(p.Deps) == 0) || root != (p.Height == 0) || root != (p.Seq == 0) {
		return fmt.Errorf("%w: space, cap, deps, height and seq are empty in Genesis and only there", ErrMalformed)
	}
	if root && len(p.ParentHeads) != 0 {
		return fmt.Errorf("%w: parent_heads: not in Genesis", ErrMalformed)
	}
	return nil
}

// maxTime is the year 9999 in ms: anything later cannot be shown.
const maxTime Millis = 253402300799999

func ascending(ids []ID) bool {
	for i := 1; i < len(ids); i++ {
		if !ids[i-1].Less(ids[i]) {
			return false
		}
	}
	return true
}

func parseBody(k Kind, b []byte) (Body, error) {
	switch k {
	case Genesis:
		return body(b, checkGenesis)
	case Grant:
		return body(b, func(v *GrantBody) string { return when(v.Bits&^AllBits != 0, "bits: unknown right") })
	case Revoke:
		return body(b, func(v *RevokeBody) string {
			return first(when((v.Target == ID{}) == (v.Member == identity.UserID{}), "target: name exactly one of a cap and a person"),
				text("reason", v.Reason, maxText), pins(v.Pins, maxPins))
		})
	case Admit:
		return body(b, func(v *AdmitBody) string {
			return first(cert(v.Cert), when((v.Invite == ID{}) && len(v.Proof) != 0, "proof: goes with an invite"),
				when(len(v.Proof) != 0 && len(v.Proof) != sigSize, "proof: want 64 bytes"), when(v.Proof == nil, "proof: null"))
		})
	case Leave:
		return body(b, func(v *LeaveBody) string { return pins(v.Pins, maxPins) })
	case Invite:
		return body(b, func(v *InviteBody) string {
			return first(when(v.Groups == nil || len(v.Groups) > maxGroups || !ascending(v.Groups), "groups: want at most 64, strictly ascending"),
				when(v.Expires < 0 || v.Expires > maxTime, "expires: out of range"),
				when(v.Auto && (v.Max == 0 || v.Max > 1000), "max: an auto invite has 1 to 1000"))
		})
	case RevokeInvite:
		return body(b, func(*RevokeInviteBody) string { return "" })
	case CreateGroup:
		return body(b, func(v *CreateGroupBody) string {
			return first(text("name", v.Name, MaxName), text("description", v.Description, maxText), when(v.WhoPosts > Direct, "who_posts: 0 to 3"),
				when(v.WhoPosts == Place && v.Open, "open: not where no group is"),
				when(v.WhoPosts == Direct && (v.Open || v.Name+v.Description != ""), "who_posts: a direct message has no name, no description and is not open"))
		})
	case Set:
		return body(b, func(v *SetBody) string {
			return first(text("key", v.Key, MaxName), when(v.Value == nil || len(v.Value) > MaxValue, "value: want at most 8 KiB"))
		})
	case DeviceAdd:
		return body(b, func(v *DeviceAddBody) string { return cert(v.Cert) })
	case DeviceRevoke:
		return body(b, func(v *DeviceRevokeBody) string { return pins(v.Pins, maxPins) })
	case OwnerRotate:
		return body(b, checkRotate)
	case Epoch:
		return body(b, func(v *EpochBody) string {
			return first(when(v.Parents == nil || len(v.Parents) > maxParents || !ascending(v.Parents), "parents: want at most 4, strictly ascending"),
				when(v.CtlHeads == nil || len(v.CtlHeads) > MaxDeps || !ascending(v.CtlHeads), "ctl_heads: want at most 32, strictly ascending"),
				when(v.Gen == 0, "gen: starts at 1"), text("reason", v.Reason, maxText), pins(v.Pins, maxEpochPins),
				when(v.Desk == nil || len(v.Desk) != 0 && len(v.Desk) != identity.SealKeySize, "desk: want 0 or 1216 bytes"))
		})
	case KeeperAdd:
		return body(b, func(*KeeperAddBody) string { return "" })
	case KeeperRevoke:
		return body(b, func(*KeeperRevokeBody) string { return "" })
	}
	return nil, fmt.Errorf("%w: kind: %d is unknown", ErrMalformed, k)
}

// body decodes one body strictly and asks check for the first field that is wrong ("" = none).
func body[T Body](b []byte, check func(*T) string) (Body, error) {
	var v T
	if err := Decode(b, &v); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if bad := check(&v); bad != "" {
		return nil, fmt.Errorf("%w: body.%s", ErrMalformed, bad)
	}
	return v, nil
}

func checkGenesis(v *GenesisBody) string {
	return first(text("name", v.Name, MaxName), cert(v.Cert), when(v.Recovery == nil, "recovery: null"), recovery(v.Recovery),
		when((v.Parent == ID{}) != (v.Under == ID{}), "parent: goes with under"))
}

// recovery: nobody stands in a set twice, so nobody signs twice.
func recovery(set []identity.UserID) string {
	for i := 1; i < len(set); i++ {
		if string(set[i-1][:]) >= string(set[i][:]) {
			return "recovery: want strictly ascending"
		}
	}
	return when(len(set) > maxRecovery, "recovery: want at most 32")
}

func checkRotate(v *OwnerRotateBody) string {
	if len(v.Recovery) == 0 {
		return "recovery: want 1 to 32"
	}
	if bad := recovery(v.Recovery); bad != "" {
		return bad
	}
	if v.Sigs == nil || len(v.Sigs) > maxRecovery {
		return "sigs: want at most 32"
	}
	for i, s := range v.Sigs {
		if len(s.Sig) != sigSize || i > 0 && v.Sigs[i-1].Index >= s.Index {
			return "sigs: want 64 bytes each, ascending by signer"
		}
	}
	return cert(v.Cert)
}

func first(bad ...string) string {
	for _, b := range bad {
		if b != "" {
			return b
		}
	}
	return ""
}

func when(bad bool, what string) string {
	if bad {
		return what
	}
	return ""
}

func text(field, s string, limit int) string {
	return when(len(s) > limit || !utf8.ValidString(s), fmt.Sprintf("%s: want at most %d bytes of UTF-8", field, limit))
}

func pins(p []Pin, limit int) string {
	if p == nil || len(p) > limit {
		return fmt.Sprintf("pins: want at most %d", limit)
	}
	for i := 1; i < len(p); i++ {
		if string(p[i-1].Device[:]) >= string(p[i].Device[:]) {
			return "pins: want strictly ascending devices"
		}
	}
	return ""
}

func cert(b []byte) string { return when(len(b) != identity.CertSize, "cert: want 288 bytes") }
