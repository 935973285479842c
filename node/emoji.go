package node

import (
	"unicode"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/content"
)

// oneEmoji reports whether s is one emoji, as people see it: a symbol or a flag, with what joins to it. Emoji that are newer than this
// program's tables are taken too, by their blocks.
func oneEmoji(s string) bool {
	if s == "" || len(s) > content.MaxEmoji || !utf8.ValidString(s) {
		return false
	}
	const (
		joiner = 0x200d
		keycap = 0x20e3
	)
	flag := func(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
	symbol := func(r rune) bool {
		return r >= 0x1f000 && r <= 0x1fbff || unicode.In(r, unicode.So, unicode.Sm) || r == 0x203c || r == 0x2049 || r == 0x2139 || r == 0x3030
	}
	rs := []rune(s)
	if rs[0] == '#' || rs[0] == '*' || rs[0] >= '0' && rs[0] <= '9' {
		return rs[len(rs)-1] == keycap && len(rs) <= 3 && (len(rs) == 2 || rs[1] == 0xfe0f)
	}
	if flag(rs[0]) {
		return len(rs) == 2 && flag(rs[1])
	}
	if !symbol(rs[0]) {
		return false
	}
	for i := 1; i < len(rs); i++ {
		switch r := rs[i]; {
		case r == joiner:
			if i+1 == len(rs) || !symbol(rs[i+1]) {
				return false
			}
			i++
		case r == 0xfe0f || r == 0xfe0e || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f:
		default:
			return false
		}
	}
	return true
}
