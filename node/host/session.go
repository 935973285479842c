package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	msmux "github.com/multiformats/go-multistream"
)

const (
	shakeTime    = 10 * time.Second // a whole handshake
	waitTime     = 5 * time.Second  // how long a stream waits for the handshake of its connection
	opsEvery     = time.Minute      // ops are taken this often from one peer
	shakeWindow  = 10 * time.Second // inbound handshakes are counted over this
	shakesWindow = 6                // so many of them a connection
	maxWaiting   = 8                // so many streams of a connection may wait
)

// ErrRefused says that a peer is connected and no handshake with it succeeded.
var ErrRefused = errors.New("peer refused, or refuses us")

// session is what is known about one connection. Host.mu guards it.
type session struct {
	conn    network.Conn
	got     outcome       // of the last handshake that reached the verdicts
	tried   bool          // a handshake has ended, well or not
	ready   bool          // identify is done: others may hear of the peer
	asked   bool          // somebody waits for identify
	running int           // handshakes under way
	waiting int           // streams waiting
	changed chan struct{} // closed at every change, then replaced
	window  time.Time     // start of the current count
	starts  int           // inbound handshakes since
	last    time.Time     // when a handshake last ended
}

// change wakes all who wait for the session, and the teller. Host.mu is held.
func (h *Host) change(s *session) {
	close(s.changed)
	s.changed = make(chan struct{})
	close(h.news)
	h.news = make(chan struct{})
	h.dirty[s.conn.RemotePeer()] = struct{}{}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// opened is called by the swarm before the connection's first stream is accepted.
func (h *Host) opened(ctx context.Context, c network.Conn) {
	s := &session{conn: c, changed: make(chan struct{})}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.sessions[c] = s
	h.mu.Unlock()
	if c.Stat().Direction == network.DirOutbound {
		// Ends within shakeTime, or with the connection.
		h.spawn(func() { h.greet(ctx, s) })
	}
}

// gone is called by the swarm after the connection closed.
func (h *Host) gone(c network.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[c]
	if s == nil {
		return
	}
	delete(h.sessions, c)
	s.tried = true
	s.got = outcome{}
	h.change(s)
}

// begin counts a handshake in; false means there were too many.
func (h *Host) begin(s *session, inbound bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if inbound {
		if now := time.Now(); now.Sub(s.window) > shakeWindow {
			s.window, s.starts = now, 0
		}
		if s.starts++; s.starts > shakesWindow {
			return false
		}
	}
	s.running++
	return true
}

// end counts a handshake out. One that reached the verdicts replaces what was known; one that did not changes nothing, so that a
// broken stream takes nothing away. A peer that loses the member view loses the connection, since its streams would live on.
func (h *Host) end(s *session, got outcome, err error) {
	h.mu.Lock()
	s.running--
	s.tried = true
	s.last = time.Now()
	lost := false
	if err == nil && h.sessions[s.conn] == s {
		lost = s.got.member() && !got.member()
		s.got = got
	}
	identify := s.got.known() && !s.asked
	s.asked = s.asked || identify
	h.change(s)
	h.mu.Unlock()
	if lost {
		s.conn.Close()
	}
	if identify {
		// Ends with identify, which has a time limit of its own, or with the connection.
		h.spawn(func() { h.identified(s) })
	}
	if err != nil {
		h.log.Debug("handshake", "peer", s.conn.RemotePeer(), "err", err)
	}
}

// identified waits until the peer's protocols are known, so that whoever hears of it can open streams at once.
func (h *Host) identified(s *session) {
	<-h.identify(s.conn)
	h.mu.Lock()
	defer h.mu.Unlock()
	s.ready = true
	h.change(s)
}

// identify returns a channel that closes when identify has run on a connection, or failed.
func (h *Host) identify(c network.Conn) <-chan struct{} {
	if ids, ok := h.bare.(interface{ IDService() identify.IDService }); ok {
		return ids.IDService().IdentifyWait(c)
	}
	done := make(chan struct{})
	close(done)
	return done
}

// greet runs the handshake on one connection, as the side that opens the stream.
func (h *Host) greet(ctx context.Context, s *session) {
	h.begin(s, false)
	got, err := h.greeting(ctx, s)
	h.end(s, got, err)
}

func (h *Host) greeting(ctx context.Context, s *session) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	// Most of those a DHT client dials are nothing of ours: identify tells, and they are left in peace.
	select {
	case <-h.identify(s.conn):
	case <-ctx.Done():
		return outcome{}, fmt.Errorf("wait for identify: %w", ctx.Err())
	}
	if got, err := h.bare.Peerstore().SupportsProtocols(s.conn.RemotePeer(), Handshake); err != nil || len(got) == 0 {
		return outcome{}, errors.New("peer has no handshake")
	}
	// Not through the host: it would choose among the connections to the peer, and the outcome belongs to this one.
	st, err := s.conn.NewStream(network.WithAllowLimitedConn(ctx, "handshake"))
	if err != nil {
		return outcome{}, fmt.Errorf("open handshake: %w", err)
	}
	got, err := h.dialOn(st)
	finish(st, err)
	return got, err
}

func (h *Host) dialOn(st network.Stream) (outcome, error) {
	if err := errors.Join(st.SetDeadline(time.Now().Add(shakeTime)), st.SetProtocol(Handshake)); err != nil {
		return outcome{}, fmt.Errorf("open handshake: %w", err)
	}
	if err := msmux.SelectProtoOrFail(Handshake, st); err != nil {
		return outcome{}, fmt.Errorf("open handshake: %w", err)
	}
	return h.shake(st).dial(h.bare.ID())
}

// finish ends the stream of a handshake. A reset after success could overtake the last verdict.
func finish(st network.Stream, err error) {
	if err != nil {
		st.Reset()
		return
	}
	st.Close()
}

// answer runs the handshake on a stream the other side opened.
func (h *Host) answer(st network.Stream) {
	s := h.session(st.Conn())
	if s == nil || !h.begin(s, true) {
		st.Reset()
		return
	}
	var got outcome
	err := st.SetDeadline(time.Now().Add(shakeTime))
	if err == nil {
		got, err = h.shake(st).listen(h.bare.ID())
	}
	finish(st, err)
	h.end(s, got, err)
}

func (h *Host) shake(st network.Stream) *shake {
	p := st.Conn().RemotePeer()
	return &shake{auth: h.auth, rw: st, them: p, keep: h.mayTakeOps(p)}
}

// mayTakeOps tells whether this handshake's ops are taken, and counts it.
func (h *Host) mayTakeOps(p peer.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if t, ok := h.opsTaken[p]; ok && now.Sub(t) < opsEvery {
		return false
	}
	for q, t := range h.opsTaken {
		if now.Sub(t) >= opsEvery {
			delete(h.opsTaken, q)
		}
	}
	h.opsTaken[p] = now
	return true
}

func (h *Host) session(c network.Conn) *session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[c]
}

// await waits until ok holds for the connection's outcome: at most waitTime, and no longer than a handshake is under way or
// still to come.
func (h *Host) await(ctx context.Context, c network.Conn, ok func(outcome) bool) bool {
	t := time.NewTimer(waitTime)
	defer t.Stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[c]
	if s == nil {
		return false
	}
	if ok(s.got) {
		return true
	}
	if s.waiting >= maxWaiting {
		return false
	}
	s.waiting++
	defer func() { s.waiting-- }()
	for {
		if ok(s.got) {
			return true
		}
		if s.tried && s.running == 0 {
			return false
		}
		changed := s.changed
		h.mu.Unlock()
		select {
		case <-changed:
			h.mu.Lock()
		case <-t.C:
			h.mu.Lock()
			return ok(s.got)
		case <-ctx.Done():
			h.mu.Lock()
			return false
		}
	}
}

// gate lets a handler see only streams whose peer got through the handshake.
func (h *Host) gate(ok func(outcome) bool, handler network.StreamHandler) network.StreamHandler {
	return func(st network.Stream) {
		if !h.await(context.Background(), st.Conn(), ok) {
			st.Reset()
			return
		}
		handler(st)
	}
}
