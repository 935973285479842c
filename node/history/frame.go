package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Limits of what is read, checked before allocation.
const (
	maxFrame   = 64 << 10
	maxBodies  = 1 << 20
	maxSpaces  = 256
	MaxPeers   = 16
	maxHeads   = 1024
	maxTags    = 1024
	maxIDs     = 1 << 20 // named in one session
	idSize     = 32
	batchBytes = maxBodies - 80<<10 // leaves room for one more wire
	batchItems = 512
)

// ErrFrame is returned for a frame that is too long, truncated or malformed; the wrapping error names it.
var ErrFrame = errors.New("bad sync frame")

func writeFrame(w *bufio.Writer, b []byte) error {
	var n [binary.MaxVarintLen64]byte
	if _, err := w.Write(n[:binary.PutUvarint(n[:], uint64(len(b)))]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// readFrame reads one frame of at most limit bytes. It allocates as bytes arrive, so a short stream that promises much costs nothing.
func readFrame(r *bufio.Reader, limit int) ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, fmt.Errorf("%w: length: %w", ErrFrame, err)
	}
	if n > uint64(limit) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrFrame, n, limit)
	}
	b := make([]byte, 0, min(n, 4096))
	for uint64(len(b)) < n {
		chunk := min(n-uint64(len(b)), 64<<10)
		at := len(b)
		b = append(b, make([]byte, chunk)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return nil, fmt.Errorf("%w: truncated: %w", ErrFrame, err)
		}
	}
	return b, nil
}

// Kinds of frames of a sync session.
const (
	frameOffer = 1 + iota
	frameOps
	frameIDs
	frameFetch
	frameWires
	frameDone
)

// Sum describes the wires held under one tag: how many, and the sum of their ids mod 2^256.
type Sum struct {
	_     struct{} `cbor:",toarray"`
	Tag   [8]byte
	Count uint64
	Sum   [32]byte
}

// Add adds an id.
func (s *Sum) Add(id [32]byte) {
	s.Count++
	carry := uint16(0)
	for i := len(s.Sum) - 1; i >= 0; i-- {
		carry += uint16(s.Sum[i]) + uint16(id[i])
		s.Sum[i] = byte(carry)
		carry >>= 8
	}
}

// Remove takes an id that was added away.
func (s *Sum) Remove(id [32]byte) {
	s.Count--
	borrow := int16(0)
	for i := len(s.Sum) - 1; i >= 0; i-- {
		d := int16(s.Sum[i]) - int16(id[i]) - borrow
		if borrow = 0; d < 0 {
			borrow = 1
		}
		s.Sum[i] = byte(d)
	}
}

// Space is what one side says it has of a space.
type Space struct {
	_     struct{} `cbor:",toarray"`
	ID    [32]byte
	Heads [][32]byte
	Sums  []Sum
}

type offer struct {
	_      struct{} `cbor:",toarray"`
	Now    int64    // ms, so that clocks far apart are noticed
	Spaces []Space
	Peers  [][]byte // multiaddrs of other members, so that who knows one member gets to know more
}

type opsFrame struct {
	_     struct{} `cbor:",toarray"`
	Space [32]byte
	Ops   [][]byte
}

type idsFrame struct {
	_     struct{} `cbor:",toarray"`
	Space [32]byte
	Tag   [8]byte
	IDs   []byte // idSize each, newest day first
	More  bool
}

type wiresFrame struct {
	_     struct{} `cbor:",toarray"`
	Wires [][]byte
}

func encodeFrame(kind byte, v any) ([]byte, error) {
	b := []byte{kind}
	if v == nil {
		return b, nil
	}
	c, err := op.Encode(v)
	return append(b, c...), err
}

// decodeFrame reads a session frame into one of the types above; nil for done.
func decodeFrame(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrFrame)
	}
	kind, b := b[0], b[1:]
	switch kind {
	case frameOffer:
		return strict(b, func(o *offer) string { return o.bad() })
	case frameOps:
		return strict(b, func(f *opsFrame) string { return tooMany("ops", len(f.Ops), batchItems) })
	case frameIDs, frameFetch:
		v, err := strict(b, func(f *idsFrame) string {
			if len(f.IDs)%idSize != 0 {
				return "ids: not a multiple of 32 bytes"
			}
			return ""
		})
		if kind == frameFetch && err == nil {
			return fetchFrame(v.(idsFrame)), nil
		}
		return v, err
	case frameWires:
		return strict(b, func(f *wiresFrame) string { return tooMany("wires", len(f.Wires), batchItems) })
	case frameDone:
		if len(b) != 0 {
			return nil, fmt.Errorf("%w: done: bytes left over", ErrFrame)
		}
		return nil, nil
	}
	return nil, fmt.Errorf("%w: kind %d is unknown", ErrFrame, kind)
}

type fetchFrame idsFrame

func strict[T any](b []byte, bad func(*T) string) (any, error) {
	var v T
	if err := op.Decode(b, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if s := bad(&v); s != "" {
		return nil, fmt.Errorf("%w: %s", ErrFrame, s)
	}
	return v, nil
}

func tooMany(field string, n, limit int) string {
	if n > limit {
		return fmt.Sprintf("%s: %d, at most %d", field, n, limit)
	}
	return ""
}

func (o *offer) bad() string {
	if s := tooMany("spaces", len(o.Spaces), maxSpaces); s != "" {
		return s
	}
	if s := tooMany("peers", len(o.Peers), MaxPeers); s != "" {
		return s
	}
	for _, a := range o.Peers {
		if len(a) > 512 {
			return "peers: an address is too long"
		}
	}
	for _, s := range o.Spaces {
		if len(s.Heads) > maxHeads || len(s.Sums) > maxTags {
			return "spaces: too many heads or tags"
		}
	}
	return ""
}
