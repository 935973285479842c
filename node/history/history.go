package history

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// The protocols, all on the member view.
const (
	SyncProtocol protocol.ID = "/pandal/1/sync"
	PushProtocol protocol.ID = "/pandal/1/push"
	KeysProtocol protocol.ID = "/pandal/1/keys"
)

// How long a whole session may take, and one quiet moment in it.
const (
	sessionTime = 5 * time.Minute
	quietTime   = 30 * time.Second
)

// Config is what the community hands over. Every function may be called from several goroutines at once.
type Config struct {
	Host host.Host // the member view
	// Offer says what this node has of the spaces that the peer may have.
	Offer func(p peer.ID) []Space
	// Ops returns the ops of a space beyond heads, in causal order, if the peer may have them.
	Ops func(p peer.ID, space [32]byte, heads [][32]byte) [][]byte
	// IDs returns the wires held under a tag, newest day first.
	IDs func(ctx context.Context, space [32]byte, tag [8]byte) ([][32]byte, error)
	// Wires returns the bytes of wires that the peer may have; those it may not, or that are not here, are left out.
	Wires func(ctx context.Context, p peer.ID, ids [][32]byte) ([][]byte, error)
	// TakeOps and TakeWires pass what came through the one door and return once it is durable: TakeOps whether anything was new,
	// TakeWires the ids of those that are stored now.
	TakeOps   func(ctx context.Context, p peer.ID, ops [][]byte) (bool, error)
	TakeWires func(ctx context.Context, p peer.ID, wires [][]byte) ([][32]byte, error)
	// Answer answers a key request.
	Answer func(ctx context.Context, p peer.ID, request []byte) ([]byte, error)
	// Unknown is told of tags that the peer holds and this node has no key for.
	Unknown func(p peer.ID, space [32]byte)
	// Peers returns addresses of other members to tell the peer of, at most MaxPeers; Met is told those that the peer knows.
	Peers func(p peer.ID) [][]byte
	Met   func(p peer.ID, addrs [][]byte)
	// Clock is told the peer's clock, in ms.
	Clock func(p peer.ID, theirs int64)
	Now   func() int64
	Log   *slog.Logger
}

// History serves and runs the streams. Its methods are safe for concurrent use.
type History struct {
	c    Config
	gate chan struct{} // bounds the sessions served at once
}

// New registers the protocols on the member view.
func New(c Config) *History {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &History{c: c, gate: make(chan struct{}, 16)}
	h.serve(SyncProtocol, h.serveSync)
	h.serve(PushProtocol, h.servePush)
	h.serve(KeysProtocol, h.serveKeys)
	return h
}

// Close unregisters the protocols. Running sessions end with their streams.
func (h *History) Close() {
	for _, p := range []protocol.ID{SyncProtocol, PushProtocol, KeysProtocol} {
		h.c.Host.RemoveStreamHandler(p)
	}
}

// serve answers a protocol; libp2p starts one goroutine a stream, which ends with it.
func (h *History) serve(id protocol.ID, f func(context.Context, *session) error) {
	h.c.Host.SetStreamHandler(id, func(st network.Stream) {
		select {
		case h.gate <- struct{}{}:
			defer func() { <-h.gate }()
		default:
			st.Reset()
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), sessionTime)
		defer cancel()
		s := newSession(st)
		if err := f(ctx, s); err != nil {
			h.c.Log.Debug("history stream failed", "protocol", string(id), "err", err)
			st.Reset()
			return
		}
		st.Close()
	})
}

// run opens a stream and drives it.
func (h *History) run(ctx context.Context, p peer.ID, id protocol.ID, f func(context.Context, *session) error) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTime)
	defer cancel()
	st, err := h.c.Host.NewStream(network.WithAllowLimitedConn(ctx, "history"), p, id)
	if err != nil {
		return fmt.Errorf("open %s stream: %w", id, err)
	}
	stop := context.AfterFunc(ctx, func() { st.Reset() })
	defer stop()
	if err := f(ctx, newSession(st)); err != nil {
		st.Reset()
		return err
	}
	st.Close() // the other has answered all there is; over QUIC it may have closed first, which is no failure
	return nil
}

// session is one stream with its frames.
type session struct {
	st network.Stream
	p  peer.ID
	r  *bufio.Reader
	w  *bufio.Writer
}

func newSession(st network.Stream) *session {
	return &session{st: st, p: st.Conn().RemotePeer(), r: bufio.NewReader(st), w: bufio.NewWriter(st)}
}

func (s *session) write(b []byte) error {
	s.st.SetWriteDeadline(time.Now().Add(quietTime))
	return writeFrame(s.w, b)
}

func (s *session) flush() error {
	s.st.SetWriteDeadline(time.Now().Add(quietTime))
	return s.w.Flush()
}

func (s *session) read(limit int) ([]byte, error) {
	s.st.SetReadDeadline(time.Now().Add(quietTime))
	return readFrame(s.r, limit)
}

func (s *session) send(kind byte, v any) error {
	b, err := encodeFrame(kind, v)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	return s.write(b)
}

func (s *session) done() error {
	if err := s.send(frameDone, nil); err != nil {
		return err
	}
	return s.flush()
}

// Push hands ops and wires to a peer and returns the ids of the wires that it says it has stored.
func (h *History) Push(ctx context.Context, p peer.ID, space [32]byte, ops, wires [][]byte) (stored [][32]byte, err error) {
	err = h.run(ctx, p, PushProtocol, func(ctx context.Context, s *session) error {
		if err := s.sendAll(space, ops, wires); err != nil {
			return err
		}
		b, err := s.read(maxFrame)
		if err != nil {
			return err
		}
		stored, err = splitIDs(b)
		return err
	})
	return stored, err
}

func (s *session) sendAll(space [32]byte, ops, wires [][]byte) error {
	for part := range batches(ops) {
		if err := s.send(frameOps, opsFrame{Space: space, Ops: part}); err != nil {
			return err
		}
	}
	for part := range batches(wires) {
		if err := s.send(frameWires, wiresFrame{Wires: part}); err != nil {
			return err
		}
	}
	return s.done()
}

func (h *History) servePush(ctx context.Context, s *session) error {
	var stored []byte
	err := s.each(func(v any) error {
		switch f := v.(type) {
		case opsFrame:
			_, err := h.c.TakeOps(ctx, s.p, f.Ops)
			return err
		case wiresFrame:
			ids, err := h.c.TakeWires(ctx, s.p, f.Wires)
			for _, id := range ids {
				if len(stored) < maxFrame-idSize {
					stored = append(stored, id[:]...)
				}
			}
			return err
		}
		return fmt.Errorf("%w: not for a push", ErrFrame)
	})
	if err != nil {
		return err
	}
	if err := s.write(stored); err != nil {
		return err
	}
	return s.flush()
}

// each reads frames until done.
func (s *session) each(take func(any) error) error {
	for {
		b, err := s.read(maxBodies)
		if err != nil {
			return err
		}
		v, err := decodeFrame(b)
		if err != nil {
			return err
		}
		if v == nil {
			return nil
		}
		if err := take(v); err != nil {
			return err
		}
	}
}

// Keys sends a key request and returns the answer.
func (h *History) Keys(ctx context.Context, p peer.ID, request []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	err = h.run(ctx, p, KeysProtocol, func(ctx context.Context, s *session) error {
		if err := s.write(request); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
		answer, err = s.read(maxFrame)
		return err
	})
	return answer, err
}

func (h *History) serveKeys(ctx context.Context, s *session) error {
	req, err := s.read(maxFrame)
	if err != nil {
		return err
	}
	ans, err := h.c.Answer(ctx, s.p, req)
	if err != nil {
		return err
	}
	if err := s.write(ans); err != nil {
		return err
	}
	return s.flush()
}

func splitIDs(b []byte) ([][32]byte, error) {
	if len(b)%idSize != 0 {
		return nil, errors.New("ids: not a multiple of 32 bytes")
	}
	out := make([][32]byte, 0, len(b)/idSize)
	for ; len(b) > 0; b = b[idSize:] {
		out = append(out, [32]byte(b[:idSize]))
	}
	return out, nil
}

// batches cuts a list so that each part fits one frame.
func batches(items [][]byte) func(func([][]byte) bool) {
	return func(yield func([][]byte) bool) {
		at, size := 0, 0
		for i, b := range items {
			if i > at && (size+len(b) > batchBytes || i-at >= batchItems) {
				if !yield(items[at:i]) {
					return
				}
				at, size = i, 0
			}
			size += len(b) + 5
		}
		if at < len(items) {
			yield(items[at:])
		}
	}
}
