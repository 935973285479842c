package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of the handshake, all checked before anything is allocated.
const (
	maxFrame    = 64 << 10 // one frame
	maxHello    = 60 << 10 // a hello leaves room for what its frame may gain later
	maxOpsBytes = 1 << 20  // all ops of step 5 together
	maxOpsCount = 4096
)

var errFrameSize = errors.New("frame longer than allowed")

// writeFrame sends one frame: the length as a shortest-form uvarint, then the bytes. Length and body leave in one write, so that
// a small frame is one packet.
func writeFrame(w io.Writer, body []byte) error {
	if len(body) > maxFrame {
		return errFrameSize
	}
	b := binary.AppendUvarint(make([]byte, 0, len(body)+3), uint64(len(body)))
	_, err := w.Write(append(b, body...))
	return err
}

// readFrame takes one frame of at most limit bytes. It reads no byte beyond the frame, so that the stream can be handed on.
func readFrame(r io.Reader, limit int) ([]byte, error) {
	n, err := readUvarint(r, uint64(min(limit, maxFrame)))
	if err != nil {
		return nil, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("read frame body: %w", err)
	}
	return body, nil
}

// readUvarint reads a number no larger than limit, byte by byte, and refuses longer forms of the same number.
func readUvarint(r io.Reader, limit uint64) (uint64, error) {
	var n uint64
	var one [1]byte
	for i := range 3 {
		if _, err := io.ReadFull(r, one[:]); err != nil {
			return 0, fmt.Errorf("read length: %w", err)
		}
		n |= uint64(one[0]&0x7f) << (7 * i)
		if one[0] < 0x80 {
			if i > 0 && one[0] == 0 {
				return 0, errors.New("length not in shortest form")
			}
			if n > limit {
				return 0, errFrameSize
			}
			return n, nil
		}
	}
	return 0, errFrameSize
}

// writeOps sends step 5: a count, then one frame an op. Ops past the limits are left out: sync carries them.
func writeOps(w io.Writer, ops [][]byte) error {
	total, n := 0, 0
	for _, op := range ops {
		if len(op) > maxFrame || n == maxOpsCount || total+len(op) > maxOpsBytes {
			break
		}
		total += len(op)
		n++
	}
	b := binary.AppendUvarint(make([]byte, 0, total+4*n+3), uint64(n))
	for _, op := range ops[:n] {
		b = append(binary.AppendUvarint(b, uint64(len(op))), op...)
	}
	_, err := w.Write(b)
	return err
}

// readOps takes step 5. With keep false the bytes are read and dropped: they were offered too often.
func readOps(r io.Reader, keep bool) ([][]byte, error) {
	n, err := readUvarint(r, maxOpsCount)
	if err != nil {
		return nil, fmt.Errorf("count ops: %w", err)
	}
	var ops [][]byte
	left := maxOpsBytes
	for range n {
		op, err := readFrame(r, left)
		if err != nil {
			return nil, fmt.Errorf("read ops: %w", err)
		}
		left -= len(op)
		if keep {
			ops = append(ops, op)
		}
	}
	return ops, nil
}
