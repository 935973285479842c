package content

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Bytes of CBOR that texts and message rows are made of.
const (
	cborBytes  = 2 << 5
	cborString = 3 << 5
	cborArray  = 4 << 5
)

// read takes a text body that mentions nobody, without reflection. It returns false for anything else, well formed or not: ParseText then
// reads it by the rule, which this is a shortcut of.
func (b *TextBody) read(raw []byte) bool {
	if len(raw) == 0 || raw[0] != cborArray|4 {
		return false
	}
	text, raw, ok := readString(raw[1:], cborString)
	if !ok || !utf8.Valid(text) {
		return false
	}
	reply, raw, ok := readString(raw, cborBytes)
	if !ok {
		return false
	}
	thread, raw, ok := readString(raw, cborBytes)
	if !ok || len(raw) != 1 || raw[0] != cborArray {
		return false
	}
	*b = TextBody{Text: string(text), Reply: append([]byte{}, reply...), Thread: append([]byte{}, thread...), Mentions: []identity.UserID{}}
	return true
}

// readString reads one string of a major type, its length in the shortest form; longer than 65535 bytes it is not read here.
func readString(b []byte, major byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || b[0]&0xe0 != major {
		return nil, nil, false
	}
	n, b := int(b[0]&0x1f), b[1:]
	switch {
	case n < 24:
	case n == 24 && len(b) >= 1 && b[0] >= 24:
		n, b = int(b[0]), b[1:]
	case n == 25 && len(b) >= 2 && b[0] > 0:
		n, b = int(binary.BigEndian.Uint16(b)), b[2:]
	default:
		return nil, nil, false
	}
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// messageRow writes the MessageRow of m as op.Encode does, without reflection. A body that is shown stands in it as it came.
func messageRow(m Msg) []byte {
	v := append(make([]byte, 0, 160+len(m.Body)), cborArray|8)
	v = appendID(appendID(appendID(v, m.ID), m.Author), m.Device)
	v = appendMillis(appendMillis(appendHead(v, 0, m.Seq), m.Lamport), m.Time)
	v = appendHead(v, 0, uint64(m.Kind))
	if m.Parsed == nil {
		return append(v, cborBytes)
	}
	return append(appendHead(v, cborBytes, uint64(len(m.Body))), m.Body...)
}

func appendID(v []byte, id [32]byte) []byte { return append(append(v, cborBytes|24, 32), id[:]...) }

func appendMillis(v []byte, t op.Millis) []byte {
	if t < 0 {
		return appendHead(v, 1<<5, uint64(^t))
	}
	return appendHead(v, 0, uint64(t))
}

// appendHead writes a major type with a number in its shortest form.
func appendHead(v []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(v, major|byte(n))
	case n < 1<<8:
		return append(v, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(v, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(v, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(v, major|27), n)
}
