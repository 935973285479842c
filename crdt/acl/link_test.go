package acl

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
)

func someLink() Link {
	return Link{Community: op.ID{1}, JoinKey: [32]byte{2}, Invite: op.ID{3}, Seed: [16]byte{4}, Rendezvous: [32]byte{5}, Name: "Sunrise", Members: 181,
		Groups: 3, Inviter: "Asha", Expires: 1_790_000_000_000, Addrs: [][]byte{{4, 127, 0, 0, 1, 6, 31, 144}}}
}

// below is one to a community under another.
func below() Link {
	l := someLink()
	l.Top = op.ID{9}
	return l
}

// TestLink: both forms, in any case and with white space around, give back what was put in; it fits a QR code.
func TestLink(t *testing.T) {
	testLink(t, someLink())
	testLink(t, below())
	if l, _, err := (Link{}).Encode(); err != nil {
		t.Error(err)
	} else if got, err := ParseLink(l); err != nil || got.Version != linkVersion || got.Addrs == nil {
		t.Errorf("an empty link: %+v, %v", got, err)
	}
	b, err := op.Encode(linkBelow{Version: belowVersion, Link: Link{Version: linkVersion, Addrs: [][]byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if _, err := ParseLink(linkText + linkBase32.EncodeToString(append(b, sum[:4]...))); !errors.Is(err, ErrLink) {
		t.Errorf("a link below nothing: %v", err)
	}
}

func testLink(t *testing.T, want Link) {
	t.Helper()
	link, text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want.Version = linkVersion
	for _, s := range []string{link, text, strings.ToUpper(link), strings.ToLower(text), "\n  " + link + "\t"} {
		if got, err := ParseLink(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	if len(text) > 1000 || strings.ToUpper(text) != text {
		t.Errorf("%d characters", len(text))
	}
}

// TestLinkRefused: each wrong link for its reason; any single character that is changed is noticed.
func TestLinkRefused(t *testing.T) {
	link, text, _ := someLink().Encode()
	body := func(b []byte) string {
		sum := sha256.Sum256(b)
		return linkText + linkBase32.EncodeToString(append(bytes.Clone(b), sum[:4]...))
	}
	raw, err := linkBase32.DecodeString(strings.TrimPrefix(text, linkText))
	if err != nil {
		t.Fatal(err)
	}
	raw = raw[:len(raw)-4]
	newer := bytes.Clone(raw)
	newer[1] = 3
	negative := someLink()
	negative.Expires = -1
	for name, c := range map[string]struct {
		s    string
		want error
	}{
		"empty":         {"", ErrLink},
		"other scheme":  {"https://example.org/" + text, ErrLink},
		"prefix only":   {linkText, ErrLink},
		"scheme only":   {linkScheme, ErrLink},
		"cut short":     {link[:len(link)-3], ErrLink},
		"too long":      {link + strings.Repeat("a", MaxLink), ErrLink},
		"white inside":  {text[:40] + "\n" + text[40:], ErrLink},
		"not base32":    {text[:40] + "1" + text[41:], ErrLink},
		"trailing":      {body(append(bytes.Clone(raw), 0)), ErrLink},
		"newer version": {body(newer), ErrLinkVersion},
		"nothing in it": {body(nil), ErrLink},
		"no link":       {body([]byte{0x80}), ErrLink},
		"newer, other":  {body([]byte{0x82, 0x05, 0x01}), ErrLinkVersion},
	} {
		if _, err := ParseLink(c.s); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for i := len(linkText); i < len(text); i++ {
		x := []byte(text)
		if x[i]++; x[i] > 'Z' {
			x[i] = 'A'
		}
		if _, err := ParseLink(string(x)); err == nil {
			t.Errorf("character %d may be changed", i)
		}
	}
	for name, f := range map[string]func(*Link){
		"name":    func(l *Link) { l.Name = strings.Repeat("n", op.MaxName+1) },
		"utf8":    func(l *Link) { l.Name = "\xff" },
		"inviter": func(l *Link) { l.Inviter = strings.Repeat("n", op.MaxName+1) },
		"addrs":   func(l *Link) { l.Addrs = make([][]byte, MaxLinkAddrs+1) },
		"addr":    func(l *Link) { l.Addrs = [][]byte{make([]byte, 257)} },
		"expires": func(l *Link) { l.Expires = -1 },
	} {
		l := someLink()
		f(&l)
		if _, _, err := l.Encode(); !errors.Is(err, ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinkAtItsLimits: what is written can be read, however much is put in.
func TestLinkAtItsLimits(t *testing.T) {
	for addr := 0; addr <= 256; addr += 16 {
		l := someLink()
		l.Name, l.Inviter, l.Addrs = strings.Repeat("n", op.MaxName), strings.Repeat("i", op.MaxName), nil
		for range MaxLinkAddrs {
			l.Addrs = append(l.Addrs, make([]byte, addr))
		}
		link, text, err := l.Encode()
		if err != nil {
			if !errors.Is(err, ErrLink) || addr < 128 {
				t.Errorf("addresses of %d bytes: %v", addr, err)
			}
			continue
		}
		for _, s := range []string{link, text} {
			if _, err := ParseLink(s); err != nil {
				t.Errorf("addresses of %d bytes make a link of %d characters that nobody reads: %v", addr, len(s), err)
			}
		}
	}
}

// FuzzLink: any text is a link in its one form, or refused.
func FuzzLink(f *testing.F) {
	link, text, err := someLink().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(link)
	f.Add(text)
	link, _, err = below().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(link)
	f.Add("")
	f.Add(linkText + "AAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			if !errors.Is(err, ErrLink) && !errors.Is(err, ErrLinkVersion) {
				t.Fatalf("%v wraps no sentinel", err)
			}
			return
		}
		a, b, err := l.Encode()
		if s = strings.ToUpper(strings.TrimSpace(s)); err != nil || s != strings.ToUpper(a) && s != b {
			t.Fatalf("two forms of one link (%v)", err)
		}
	})
}
