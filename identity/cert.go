package identity

import (
	"errors"
	"fmt"
)

// CertSize is the width of an encoded certificate.
const CertSize = 5*32 + 2*64

// ErrCert is returned for a certificate of the wrong width.
var ErrCert = errors.New("bad device certificate")

// Certificate is M's signed word that device D acts for it in Space, and D's that it does: nobody takes another's device, and with it his
// messages, for his own. Via is the invite or the admitter's cap it consents to be
// admitted under (zero in Genesis and DeviceAdd), Last the id of M's last Leave or removal (zero if none), so that consent given
// once cannot be replayed after leaving. In Genesis, whose id is not known yet, Space is OwnerSalt(salt).
type Certificate struct {
	Space  [32]byte
	Member UserID
	Device DeviceID
	Via    [32]byte
	Last   [32]byte
}

// Certify signs c as this member and as the device d, and returns its CertSize bytes: space ‖ M ‖ D ‖ via ‖ last ‖ M's signature ‖ D's
// signature. c.Member and c.Device are ignored.
func (k MemberKey) Certify(c Certificate, d DeviceKey) []byte {
	c.Member, c.Device = k.ID(), d.ID()
	b := c.fields()
	byM, byD := k.Sign(LabelCert, b), d.Sign(LabelConsent, b)
	return append(append(b, byM...), byD...)
}

// ParseCertificate reads CertSize bytes without verifying them; VerifyCertificate does. It errs with ErrCert.
func ParseCertificate(b []byte) (Certificate, error) {
	if len(b) != CertSize {
		return Certificate{}, fmt.Errorf("%w: %d bytes, want %d", ErrCert, len(b), CertSize)
	}
	return Certificate{Space: [32]byte(b[:32]), Member: UserID(b[32:64]), Device: DeviceID(b[64:96]), Via: [32]byte(b[96:128]), Last: [32]byte(b[128:160])}, nil
}

// VerifyCertificate reports whether b is a certificate signed by the member and by the device it names.
func VerifyCertificate(b []byte) bool {
	return len(b) == CertSize && Verify([32]byte(b[32:64]), b[160:224], LabelCert, b[:160]) &&
		Verify([32]byte(b[64:96]), b[224:], LabelConsent, b[:160])
}

func (c Certificate) fields() []byte {
	b := make([]byte, 0, CertSize)
	for _, f := range [][32]byte{c.Space, c.Member, c.Device, c.Via, c.Last} {
		b = append(b, f[:]...)
	}
	return b
}

// Consent is D's half of a certificate for a device whose keys are elsewhere than M's: c names Space, Member, Via and Last.
func (k DeviceKey) Consent(c Certificate) []byte {
	c.Device = k.ID()
	return k.Sign(LabelConsent, c.fields())
}

// Endorse is M's half: it completes what another device consented to. It errs with ErrCert when consent is not c.Device's. c.Member is ignored.
func (k MemberKey) Endorse(c Certificate, consent []byte) ([]byte, error) {
	c.Member = k.ID()
	b := c.fields()
	if !Verify(c.Device, consent, LabelConsent, b) {
		return nil, fmt.Errorf("%w: the device does not consent", ErrCert)
	}
	return append(append(b, k.Sign(LabelCert, b)...), consent...), nil
}
