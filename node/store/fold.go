package store

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is what search compares: a word without its case, width, diacritics and the like. Start and End say where it stands in the text, in
// code points, End behind the last.
type Word struct {
	Text       string
	Start, End int
}

// Bounds of what is looked at: a longer word is cut, and of a text whose words come to more the rest is not found.
const (
	maxWord  = 64
	maxWords = 256 << 10
)

// Words takes a text apart. Where a script puts no spaces between words (Chinese, Japanese, Thai …) each character is one, and a search
// for several is one for a phrase. Marks that are part of the letter stay with it (Indic vowels); those that only help to read it go
// (Latin accents, Arabic vowels, the nukta), and so do the Arabic article and the tatweel.
func Words(text string) []Word {
	f := folder{}
	at := 0
	for _, r := range text {
		if f.size > maxWords {
			break
		}
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			f.letter(r, at)
		case 'A' <= r && r <= 'Z':
			f.letter(r+'a'-'A', at)
		case r < utf8.RuneSelf:
			f.end()
		default:
			f.other(r, at)
		}
		at++
	}
	f.end()
	return f.out
}

// folder builds words, one rune at a time.
type folder struct {
	out        []Word
	word       []byte
	start, fin int
	single     bool // the word is one character of a script without spaces
	size       int
}

func (f *folder) letter(r rune, at int) {
	if f.single {
		f.end()
	}
	f.add(r, at)
}

// character begins a word that holds one character and its marks.
func (f *folder) character(r rune, at int) {
	f.end()
	f.add(r, at)
	f.single = true
}

func (f *folder) add(r rune, at int) {
	if len(f.word) == 0 {
		f.start = at
	}
	f.fin = at + 1
	if len(f.word)+utf8.RuneLen(r) <= maxWord {
		f.word = utf8.AppendRune(f.word, r)
	}
}

func (f *folder) end() {
	if len(f.word) > 0 {
		w := withoutArticle(string(f.word))
		f.out = append(f.out, Word{w, f.start, f.fin})
		f.size += len(w) + 1
	}
	f.word, f.single = f.word[:0], false
}

// other takes a rune beyond ASCII, by the parts it is made of.
func (f *folder) other(r rune, at int) {
	var buf [utf8.UTFMax]byte
	n := utf8.EncodeRune(buf[:], r)
	for _, p := range string(norm.NFKD.Append(make([]byte, 0, 64), buf[:n]...)) {
		p = unicode.ToLower(p)
		switch {
		case p == tatweel || unicode.Is(unicode.Cf, p) || unicode.Is(unicode.Sk, p):
			f.grow(at)
		case unicode.Is(unicode.M, p):
			if len(f.word) > 0 && keptMark(p) {
				f.add(p, at)
			}
			f.grow(at)
		case unspaced(p):
			f.character(p, at)
		case unicode.IsDigit(p):
			f.letter(digit(p), at)
		case unicode.IsLetter(p) || unicode.IsNumber(p):
			if s, ok := alike[p]; ok {
				for _, q := range s {
					f.letter(q, at)
				}
				continue
			}
			f.letter(p, at)
		case unicode.Is(unicode.So, p): // an emoji is looked for like a word
			f.character(p, at)
		default:
			f.end()
		}
	}
}

// grow lets a mark that is not kept belong to its word all the same.
func (f *folder) grow(at int) {
	if len(f.word) > 0 {
		f.fin = at + 1
	}
}

const tatweel = 'ـ'

// alike are letters that people write for each other and that Unicode does not take apart.
var alike = map[rune]string{'ß': "ss", 'ς': "σ", 'ı': "i", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ħ': "h",
	'ى': "ي", 'ی': "ي", 'ة': "ه", 'ک': "ك", 'ٱ': "ا"}

// nukta of the Indic scripts: left out as often as it is written.
var nukta = map[rune]bool{0x93c: true, 0x9bc: true, 0xa3c: true, 0xabc: true, 0xb3c: true, 0xc3c: true, 0xcbc: true}

var readingMarks = []*unicode.RangeTable{unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Common}

// keptMark: the marks of kana and of scripts that write vowels with them make other letters.
func keptMark(r rune) bool {
	return r == 0x3099 || r == 0x309a || !nukta[r] && !unicode.In(r, readingMarks...)
}

func unspaced(r rune) bool {
	return r >= 0xe00 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) &&
		unicode.IsLetter(r))
}

// digit is the ASCII digit of a decimal digit of any script: Unicode keeps ten of them together.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

const article = "ال"

// withoutArticle takes the Arabic article off, where a word of three letters stays.
func withoutArticle(w string) string {
	if rest, ok := strings.CutPrefix(w, article); ok && utf8.RuneCountInString(rest) >= 3 {
		return rest
	}
	return w
}
