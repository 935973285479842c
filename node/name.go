package node

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/op"
)

// checkName accepts what people and what they make may be called: 1 to 128 bytes of UTF-8 without control characters, of which something is seen. Names are
// stored as they are given. That two look alike is nobody's fault: ids and safety words tell people apart.
func checkName(s string) error {
	if s == "" || len(s) > op.MaxName || !utf8.ValidString(s) {
		return fmt.Errorf("%w: name: 1 to 128 bytes of UTF-8", ErrInvalid)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("%w: name: no control characters", ErrInvalid)
	}
	if !strings.ContainsFunc(s, seen) {
		return fmt.Errorf("%w: name: nobody can see it; use at least one letter, digit or symbol", ErrInvalid)
	}
	return nil
}

// seen reports whether a character shows something by itself.
func seen(c rune) bool {
	switch {
	case unicode.IsSpace(c), unicode.In(c, unicode.Cf, unicode.M, unicode.Z, unicode.Co, unicode.Variation_Selector):
		return false
	case c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0 || c == 0x2800: // fillers and the empty braille cell
		return false
	}
	return !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c)
}
