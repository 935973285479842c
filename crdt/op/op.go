package op

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pandal-chat/pandal/identity"
)

// ID names an op: SHA-256 of its payload. A space is named by the ID of its root op (Genesis or CreateGroup).
type ID [32]byte

// String returns the hex form, for logs and tests.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Less orders ids by their bytes.
func (id ID) Less(other ID) bool { return string(id[:]) < string(other[:]) }

// Millis is a time in milliseconds since 1970. In an op it is shown to people and orders nothing.
type Millis int64

// Key is the Ed25519 public key an op is signed by: a device D, or the member M itself for DeviceAdd and DeviceRevoke.
type Key [32]byte

// Op is one signed entry of a control log. Fields are read-only once parsed or signed.
type Op struct {
	Space       ID // root op of the log; zero in Genesis
	Cap         ID // the Genesis, Grant, CreateGroup or Admit it is made under; zero in Genesis
	Key         Key
	Seq         uint64 // 1 + the highest seq of the same (cap, key) in its own past
	Deps        []ID   // strictly ascending, ≤ MaxDeps
	ParentHeads []ID   // strictly ascending, ≤ MaxDeps; only in a group's log
	Height      uint64 // 1 + the highest of Deps; 0 in Genesis
	Time        Millis
	Body        Body

	id  ID
	raw []byte // payload ‖ signature
}

// ID returns the op's id. It is zero before signing.
func (o *Op) ID() ID { return o.id }

// Raw returns the signed bytes. The caller must not change them.
func (o *Op) Raw() []byte { return o.raw }

// Kind returns the kind of its body.
func (o *Op) Kind() Kind { return o.Body.Kind() }

// Home returns the space the op's log belongs to: its own id for Genesis.
func (o *Op) Home() ID {
	if o.Kind() == Genesis {
		return o.id
	}
	return o.Space
}

// Verify checks the op's signature and that of the certificate inside, if it has one. It is the only dear check and is done once,
// by crdt.Check.
func (o *Op) Verify() bool {
	n := len(o.raw) - sigSize
	if n <= 0 || !identity.Verify(o.Key, o.raw[n:], identity.LabelOp, o.raw[:n]) {
		return false
	}
	b := o.cert()
	return b == nil || identity.VerifyCertificate(b)
}

// Certificate returns the certificate that a Genesis, Admit, DeviceAdd or OwnerRotate carries, and whether there is one.
func (o *Op) Certificate() (identity.Certificate, bool) {
	c, err := identity.ParseCertificate(o.cert())
	return c, err == nil
}

func (o *Op) cert() []byte {
	switch b := o.Body.(type) {
	case GenesisBody:
		return b.Cert
	case AdmitBody:
		return b.Cert
	case DeviceAddBody:
		return b.Cert
	case OwnerRotateBody:
		return b.Cert
	}
	return nil
}

// SignDevice fills in the device's key, signs o and returns it complete.
func SignDevice(o Op, k identity.DeviceKey) (*Op, error) {
	o.Key = Key(k.ID())
	return sign(o, func(payload []byte) []byte { return k.Sign(identity.LabelOp, payload) })
}

// SignMember is SignDevice for the ops that only M signs.
func SignMember(o Op, k identity.MemberKey) (*Op, error) {
	o.Key = Key(k.ID())
	return sign(o, func(payload []byte) []byte { return k.Sign(identity.LabelOp, payload) })
}

// sign errs when o breaks a limit of its own: what we write, others must be able to parse.
func sign(o Op, f func([]byte) []byte) (*Op, error) {
	payload, err := encode(&o)
	if err != nil {
		return nil, err
	}
	return Parse(append(payload, f(payload)...))
}

func idOf(payload []byte) ID { return sha256.Sum256(payload) }
