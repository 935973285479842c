package acl

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Errors of ParseLink.
var (
	ErrLink        = errors.New("not an invite link")
	ErrLinkVersion = errors.New("an invite link of a newer version")
)

// Limits of a link.
const (
	MaxLink      = 2 << 10 // characters
	MaxLinkAddrs = 4
	linkVersion  = 1
	belowVersion = 2 // of a link to a community under another
	linkScheme   = "pandal://join/"
	linkText     = "PANDAL1"
)

// Link is an invite as it is handed from person to person. Names and sizes are the sharer's word, shown before any contact.
type Link struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Community  op.ID
	JoinKey    [32]byte
	Invite     op.ID
	Seed       [16]byte // of the invite key
	Rendezvous [32]byte // where members wait for joiners of this invite
	Name       string
	Members    uint32
	Groups     uint32
	Inviter    string
	Approval   bool
	Expires    op.Millis // 0: never
	Addrs      [][]byte  // multiaddrs with the peer id, in their binary form

	Top op.ID `cbor:"-"` // of a community under others: the top one, whose id the member key derives from; else zero
}

// linkBelow is how a link to a community under others stands there.
type linkBelow struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Link    Link
	Top     op.ID
}

var linkBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// Encode returns the link in both its forms: pandal://join/… and PANDAL1…, upper case for the alphanumeric mode of QR codes.
func (l Link) Encode() (link, text string, err error) {
	l.Version = linkVersion
	if l.Addrs == nil {
		l.Addrs = [][]byte{}
	}
	if err := l.check(); err != nil {
		return "", "", err
	}
	var v any = l
	if l.Top != (op.ID{}) {
		v = linkBelow{Version: belowVersion, Link: l, Top: l.Top}
	}
	b, err := op.Encode(v)
	if err != nil {
		return "", "", fmt.Errorf("encode link: %w", err)
	}
	sum := sha256.Sum256(b)
	s := linkBase32.EncodeToString(append(b, sum[:4]...))
	if n := len(linkScheme) + len(s); n > MaxLink {
		return "", "", fmt.Errorf("%w: addrs: they make it %d characters, at most %d", ErrLink, n, MaxLink)
	}
	return linkScheme + strings.ToLower(s), linkText + s, nil
}

// ParseLink reads either form, with white space around it. It errs with ErrLink or ErrLinkVersion.
func ParseLink(s string) (Link, error) {
	var l Link
	if len(s) > MaxLink {
		return l, fmt.Errorf("%w: %d characters, at most %d", ErrLink, len(s), MaxLink)
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	for _, prefix := range []string{strings.ToUpper(linkScheme), linkText} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return parseLink(rest)
		}
	}
	return l, fmt.Errorf("%w: it starts neither with %s nor with %s", ErrLink, linkScheme, linkText)
}

func parseLink(s string) (Link, error) {
	var l Link
	b, err := linkBase32.DecodeString(s)
	if err != nil || len(b) < 5 {
		return l, fmt.Errorf("%w: it has characters that do not belong, or is cut short", ErrLink)
	}
	if linkBase32.EncodeToString(b) != s {
		return l, fmt.Errorf("%w: not in its one form", ErrLink)
	}
	b, sum := b[:len(b)-4], b[len(b)-4:]
	if want := sha256.Sum256(b); !bytes.Equal(sum, want[:4]) {
		return l, fmt.Errorf("%w: a character is wrong or missing", ErrLink)
	}
	// A newer version may have other fields: its number stands first, a small integer at the head of the array.
	if len(b) > 1 && b[0]>>5 == 4 && b[1] < 24 && b[1] != linkVersion {
		if b[1] != belowVersion {
			return l, ErrLinkVersion
		}
		var below linkBelow
		if err := op.Decode(b, &below); err != nil {
			return l, fmt.Errorf("%w: %w", ErrLink, err)
		}
		if l, below.Link.Top = below.Link, below.Top; below.Top == (op.ID{}) {
			return l, fmt.Errorf("%w: top", ErrLink)
		}
		l.Top = below.Top
		return l, l.check()
	}
	if err := op.Decode(b, &l); err != nil {
		return l, fmt.Errorf("%w: %w", ErrLink, err)
	}
	return l, l.check()
}

func (l Link) check() error {
	switch {
	case l.Version != linkVersion:
		return ErrLinkVersion
	case len(l.Name) > op.MaxName || !utf8.ValidString(l.Name):
		return fmt.Errorf("%w: name", ErrLink)
	case len(l.Inviter) > op.MaxName || !utf8.ValidString(l.Inviter):
		return fmt.Errorf("%w: inviter", ErrLink)
	case l.Addrs == nil || len(l.Addrs) > MaxLinkAddrs:
		return fmt.Errorf("%w: addrs: at most %d", ErrLink, MaxLinkAddrs)
	case l.Expires < 0:
		return fmt.Errorf("%w: expires", ErrLink)
	}
	for _, a := range l.Addrs {
		if len(a) > 256 {
			return fmt.Errorf("%w: addrs: one is too long", ErrLink)
		}
	}
	return nil
}
