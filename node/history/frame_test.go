package history

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
)

func frames() map[byte]any {
	id := func(n byte) [32]byte { return [32]byte{n} }
	return map[byte]any{
		frameOffer: offer{Now: 1_790_000_000_000, Spaces: []Space{{ID: id(1), Heads: [][32]byte{id(2), id(3)}, Sums: []Sum{{Tag: [8]byte{4}, Count: 5, Sum: id(6)}}}},
			Peers: [][]byte{{4, 127, 0, 0, 1}}},
		frameOps:   opsFrame{Space: id(1), Ops: [][]byte{{1, 2, 3}, {}}},
		frameIDs:   idsFrame{Space: id(1), Tag: [8]byte{4}, IDs: make([]byte, 64), More: true},
		frameFetch: idsFrame{Space: id(1), Tag: [8]byte{4}, IDs: make([]byte, 32)},
		frameWires: wiresFrame{Wires: [][]byte{make([]byte, 300)}},
		frameDone:  nil,
	}
}

// TestFrames: every kind comes back as it was sent.
func TestFrames(t *testing.T) {
	var buf bytes.Buffer
	w := bufio.NewWriter(&buf)
	for kind, v := range frames() {
		b, err := encodeFrame(kind, v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeFrame(b)
		if f, ok := got.(fetchFrame); ok && kind == frameFetch {
			got = idsFrame(f)
		}
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("kind %d: %+v, %v", kind, got, err)
		}
		if err := writeFrame(w, b); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		back, err := readFrame(bufio.NewReader(&buf), maxFrame)
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("kind %d over a stream: %v", kind, err)
		}
		for _, cut := range [][]byte{b[:len(b)-1], append(bytes.Clone(b), 0)} {
			if kind == frameDone && len(cut) == 0 {
				continue
			}
			if _, err := decodeFrame(cut); !errors.Is(err, ErrFrame) {
				t.Errorf("kind %d with %d bytes: %v", kind, len(cut), err)
			}
		}
	}
}

// TestFramesRefused: what is over a limit is refused, and the error names it.
func TestFramesRefused(t *testing.T) {
	many := func(n int) [][]byte { return slices.Repeat([][]byte{{}}, n) }
	for name, c := range map[string]struct {
		kind byte
		v    any
		why  string
	}{
		"spaces":    {frameOffer, offer{Spaces: make([]Space, maxSpaces+1)}, "spaces"},
		"peers":     {frameOffer, offer{Peers: many(MaxPeers + 1)}, "peers"},
		"address":   {frameOffer, offer{Peers: [][]byte{make([]byte, 513)}}, "peers"},
		"ops":       {frameOps, opsFrame{Ops: many(batchItems + 1)}, "ops"},
		"wires":     {frameWires, wiresFrame{Wires: many(batchItems + 1)}, "wires"},
		"ids":       {frameIDs, idsFrame{IDs: make([]byte, 33)}, "ids"},
		"fetch ids": {frameFetch, idsFrame{IDs: make([]byte, 31)}, "ids"},
		"heads":     {frameOffer, offer{Spaces: []Space{{Heads: make([][32]byte, maxHeads+1)}}}, ""},
		"tags":      {frameOffer, offer{Spaces: []Space{{Sums: make([]Sum, maxTags+1)}}}, ""},
		"kind":      {99, opsFrame{}, "kind"},
		"kind 0":    {0, opsFrame{}, "kind"},
		"done":      {frameDone, opsFrame{}, "done"},
	} {
		b, err := encodeFrame(c.kind, c.v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeFrame(b); !errors.Is(err, ErrFrame) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v; want it to name %q", name, err, c.why)
		}
	}
	if _, err := decodeFrame(nil); !errors.Is(err, ErrFrame) {
		t.Errorf("empty: %v", err)
	}
}

// TestReadFrame: a length that promises much costs nothing until the bytes are there.
func TestReadFrame(t *testing.T) {
	frame := func(n uint64, b []byte) *bufio.Reader {
		return bufio.NewReaderSize(bytes.NewReader(append(binary.AppendUvarint(nil, n), b...)), 64)
	}
	for name, r := range map[string]*bufio.Reader{
		"too long":       frame(maxFrame+1, nil),
		"huge":           frame(1<<63, nil),
		"truncated":      frame(100, make([]byte, 99)),
		"empty stream":   bufio.NewReader(bytes.NewReader(nil)),
		"endless varint": bufio.NewReader(bytes.NewReader(bytes.Repeat([]byte{0xff}, 20))),
	} {
		if _, err := readFrame(r, maxFrame); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := readFrame(frame(0, nil), maxFrame); err != nil || len(b) != 0 {
		t.Errorf("an empty frame: %v", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := readFrame(frame(maxBodies, []byte("little")), maxBodies); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 100; n > 200<<10 {
		t.Errorf("six bytes cost %d", n)
	}
}

// TestSum: adding ids is adding numbers mod 2^256, in any order.
func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var all [][32]byte
	want := new(big.Int)
	for range 100 {
		var id [32]byte
		for i := range id {
			id[i] = byte(r.Uint32()) | 0x80
		}
		all = append(all, id)
		want.Add(want, new(big.Int).SetBytes(id[:]))
	}
	want.Mod(want, new(big.Int).Lsh(big.NewInt(1), 256))
	for range 3 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var s Sum
		for _, id := range all {
			s.Add(id)
		}
		if s.Count != 100 || new(big.Int).SetBytes(s.Sum[:]).Cmp(want) != 0 {
			t.Fatalf("%d %x", s.Count, s.Sum)
		}
	}
}

// TestBatches: nothing is left out, none is in two parts, and each part fits one frame.
func TestBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		var items [][]byte
		for range r.IntN(2000) {
			items = append(items, make([]byte, r.IntN(1+[]int{10, 300, 70_000}[r.IntN(3)])))
		}
		n := 0
		for part := range batches(items) {
			if len(part) == 0 || len(part) > batchItems {
				t.Fatalf("a part of %d", len(part))
			}
			for i := range part {
				if &part[i] != &items[n+i] {
					t.Fatal("out of order")
				}
			}
			n += len(part)
			b, err := encodeFrame(frameWires, wiresFrame{Wires: part})
			if err != nil || len(b) > maxBodies {
				t.Fatalf("a frame of %d bytes: %v", len(b), err)
			}
		}
		if n != len(items) {
			t.Fatalf("%d of %d", n, len(items))
		}
	}
}

// TestCompare: what only one side has, on both sides, in the order it came.
func TestCompare(t *testing.T) {
	ids := func(ns ...byte) (out [][32]byte) {
		for _, n := range ns {
			out = append(out, [32]byte{n})
		}
		return out
	}
	lack, surplus := compare(ids(5, 1, 2), ids(9, 2, 7, 5))
	if !slices.Equal(lack, ids(9, 7)) || !slices.Equal(surplus, ids(1)) {
		t.Errorf("lack %v, surplus %v", lack, surplus)
	}
	if lack, surplus = compare(ids(1), ids(1)); len(lack)+len(surplus) != 0 {
		t.Error("equal sets differ")
	}
	if _, err := splitIDs(make([]byte, 33)); err == nil {
		t.Error("33 bytes are ids")
	}
}

// FuzzFrame: any bytes, as a stream and as a frame, are read or refused; what is read is in its one form.
func FuzzFrame(f *testing.F) {
	for kind, v := range frames() {
		b, err := encodeFrame(kind, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(binary.AppendUvarint(nil, uint64(len(b))), b...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if inner, err := readFrame(bufio.NewReader(bytes.NewReader(b)), maxFrame); err == nil {
			if len(inner) > len(b) {
				t.Fatal("a frame longer than its stream")
			}
		} else if !errors.Is(err, ErrFrame) {
			t.Fatalf("%v is no ErrFrame", err)
		}
		v, err := decodeFrame(b)
		if err != nil {
			if !errors.Is(err, ErrFrame) {
				t.Fatalf("%v is no ErrFrame", err)
			}
			return
		}
		if v == nil {
			return
		}
		if ff, ok := v.(fetchFrame); ok {
			v = idsFrame(ff)
		}
		again, err := op.Encode(v)
		if err != nil || !bytes.Equal(again, b[1:]) {
			t.Fatal("two encodings of one frame")
		}
		if ids, ok := v.(idsFrame); ok {
			if _, err := splitIDs(ids.IDs); err != nil {
				t.Fatal(err)
			}
		}
	})
}
