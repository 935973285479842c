package epoch

import (
	"encoding/binary"
	"math"

	"github.com/pandal-chat/pandal/crdt/op"
)

// read reads a header as every honest author writes it, without the reflection that op.Decode takes most of its time for. False: it is not such
// a header, and op.Decode says what it is. TestHeaderRead holds the two to each other.
func (h *Header) read(b []byte) bool {
	var got Header
	r := headerReader{b: b, ok: len(b) > 0 && b[0] == 0x87} // an array of seven
	if r.ok {
		r.b = b[1:]
	}
	r.bytes(got.Device[:])
	got.Seq = r.uint(math.MaxUint64)
	r.bytes(got.Prev[:])
	got.Lamport = op.Millis(r.uint(math.MaxInt64))
	got.Time = op.Millis(r.uint(math.MaxInt64))
	got.Kind = uint16(r.uint(math.MaxUint16))
	r.bytes(got.BodyHash[:])
	if !r.ok || len(r.b) > 0 {
		return false
	}
	*h = got
	return true
}

type headerReader struct {
	b  []byte
	ok bool
}

// bytes reads a byte string of 32.
func (r *headerReader) bytes(into []byte) {
	if r.ok = r.ok && len(r.b) >= 34 && r.b[0] == 0x58 && r.b[1] == 32; r.ok {
		copy(into, r.b[2:34])
		r.b = r.b[34:]
	}
}

// uint reads a whole number in its shortest form, at most limit.
func (r *headerReader) uint(limit uint64) (v uint64) {
	if r.ok = r.ok && len(r.b) > 0 && r.b[0] < 28; !r.ok {
		return 0
	}
	n := r.b[0]
	r.b = r.b[1:]
	if n < 24 {
		v, n = uint64(n), 0
	} else {
		var be [8]byte
		n = 1 << (n - 24)
		if r.ok = len(r.b) >= int(n); !r.ok {
			return 0
		}
		copy(be[8-n:], r.b[:n])
		v = binary.BigEndian.Uint64(be[:])
		r.b = r.b[n:]
		least := uint64(24)
		if n > 1 {
			least = 1 << (4 * n) // what the next shorter form does not hold
		}
		r.ok = v >= least
	}
	r.ok = r.ok && v <= limit
	return v
}
