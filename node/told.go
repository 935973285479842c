package node

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// A decision is sealed to the desk. Whoever suggested what it is about is told it by a node of the desk, on a stream of its own (SPEC.md): at once where they are
// connected; else he asks when they are again, and now and then while he waits.

const (
	toldProtocol = "/pandal/1/decided"
	toldTime     = 10 * time.Second // a stream lives
	maxTold      = 64               // decisions in a frame
	maxToldFrame = 64 << 10
)

// toldFrame asks what became of suggestions, or says it.
type toldFrame struct {
	_   struct{} `cbor:",toarray"`
	Ask [][32]byte
	Say []decided
}

// decided is a decision as its author wrote it.
type decided struct {
	_        struct{} `cbor:",toarray"`
	ID       [32]byte // of the message
	By       identity.UserID
	Lamport  op.Millis
	Time     op.Millis
	Decision []byte // a body of kind decision
}

func (f toldFrame) encode() ([]byte, error) {
	if f.Ask == nil {
		f.Ask = [][32]byte{}
	}
	if f.Say == nil {
		f.Say = []decided{}
	}
	return op.Encode(f)
}

// parseTold reads a frame strictly.
func parseTold(raw []byte) (f toldFrame, ok bool) {
	if len(raw) > maxToldFrame || op.Decode(raw, &f) != nil || f.Ask == nil || f.Say == nil || len(f.Ask) > maxTold || len(f.Say) > maxTold {
		return toldFrame{}, false
	}
	for _, d := range f.Say {
		if _, err := content.ParseDecision(d.Decision); err != nil || d.Lamport < 0 || d.Time < 0 {
			return toldFrame{}, false
		}
	}
	return f, true
}

// toldStream sends a frame, and returns what is said back. The other end says nothing to a frame that asks nothing.
func (r *room) toldStream(p peer.ID, f toldFrame) (back toldFrame, ok bool) {
	raw, err := f.encode()
	if err != nil {
		return back, false
	}
	ctx, cancel := context.WithTimeout(network.WithAllowLimitedConn(r.ctx, "community"), toldTime)
	defer cancel()
	st, err := r.host().View().NewStream(ctx, p, toldProtocol)
	if err != nil {
		return back, false // it knows nothing of it, or is gone
	}
	defer st.Reset()
	st.SetDeadline(time.Now().Add(toldTime))
	if _, err := st.Write(raw); err != nil || st.CloseWrite() != nil {
		return back, false
	}
	raw, err = io.ReadAll(io.LimitReader(st, maxToldFrame+1))
	if err != nil || len(raw) == 0 {
		return back, false
	}
	return parseTold(raw)
}

// serveTold hears what is said, and answers what is asked, at most once a second a peer. It is called by goroutines of the host.
func (r *room) serveTold(st network.Stream) {
	closed := false
	defer func() {
		if !closed { // what was written before would be lost
			st.Reset()
		}
	}()
	st.SetDeadline(time.Now().Add(toldTime))
	p := st.Conn().RemotePeer()
	raw, err := io.ReadAll(io.LimitReader(st, maxToldFrame+1))
	f, ok := parseTold(raw)
	if err != nil || !ok {
		return
	}
	if len(f.Say) > 0 {
		r.tell(func() { r.hearTold(p, f.Say) })
	}
	if len(f.Ask) == 0 {
		closed = st.Close() == nil
		return
	}
	if !r.askedMe.hears(p, r.n.cfg.Now()) {
		return
	}
	var out toldFrame
	var met bool
	if r.ask(r.ctx, func() {
		if _, met = r.peers[p]; met {
			out.Say = r.decisionsFor(r.peers[p].user, f.Ask)
		}
	}) != nil || !met { // he has seen me, and I not yet him: he tries again
		return
	}
	if raw, err = out.encode(); err == nil {
		if _, err = st.Write(raw); err == nil {
			closed = st.Close() == nil
		}
	}
}

// decisionsFor are the decisions on some suggestions of a member; on others' he is told nothing. Owner only.
func (r *room) decisionsFor(m identity.UserID, about [][32]byte) (out []decided) {
	if !r.c.OnDesk(r.fixed.Member) || m == (identity.UserID{}) {
		return nil
	}
	for _, id := range about {
		row, ok := r.deskRow(r.id, content.SuggestionKey(id))
		if !ok || row.Author != m {
			continue
		}
		if d, ok := r.deskRow(r.id, content.DecisionKey(id)); ok {
			out = append(out, decided{ID: d.ID, By: d.Author, Lamport: d.Lamport, Time: d.Time, Decision: d.Body})
		}
	}
	return out
}

// tellDecided tells the one who suggested something, on each connected device of his, what became of it. Owner only.
func (r *room) tellDecided(about [32]byte) {
	row, ok := r.deskRow(r.id, content.SuggestionKey(about))
	if !ok || row.Author == r.fixed.Member || r.c.OnDesk(row.Author) { // the desk's own sync tells those on it
		return
	}
	f := toldFrame{Say: r.decisionsFor(row.Author, [][32]byte{about})}
	for p, m := range r.peers {
		if m.user == row.Author && len(f.Say) > 0 {
			r.n.wg.Go(func() { r.toldStream(p, f) })
		}
	}
}

// askDecided asks a connected node of the desk, or the one given, what became of what I suggested. Owner only.
func (r *room) askDecided(of peer.ID) {
	if r.c.OnDesk(r.fixed.Member) || of != "" && !r.c.OnDesk(r.peers[of].user) {
		return
	}
	var f toldFrame
	for _, row := range slices.Backward(r.deskRows(r.id, content.Suggestions)) {
		if _, known := r.deskRow(r.id, content.DecisionKey(row.ID)); row.Author == r.fixed.Member && !known && len(f.Ask) < maxTold {
			f.Ask = append(f.Ask, row.ID)
		}
	}
	if len(f.Ask) == 0 {
		return
	}
	if of == "" {
		var desk []peer.ID
		for p, m := range r.peers {
			if r.c.OnDesk(m.user) {
				desk = append(desk, p)
			}
		}
		if len(desk) == 0 {
			return
		}
		of = desk[rand.N(len(desk))]
	}
	r.n.wg.Go(func() {
		for range 3 {
			if back, ok := r.toldStream(of, f); ok {
				r.tell(func() { r.hearTold(of, back.Say) })
				return
			}
			select {
			case <-time.After(2 * time.Second):
			case <-r.ctx.Done():
				return
			}
		}
	})
}

// hearTold keeps what the desk decided on suggestions of mine. Who is not of the desk is not believed. Owner only.
func (r *room) hearTold(p peer.ID, all []decided) {
	if m, ok := r.peers[p]; !ok || !r.c.OnDesk(m.user) || r.c.OnDesk(r.fixed.Member) {
		return
	}
	b := &store.Batch{}
	for _, d := range all {
		dec, err := content.ParseDecision(d.Decision)
		row, mine := r.deskRow(r.id, content.SuggestionKey(dec.About))
		if err != nil || !mine || row.Author != r.fixed.Member || d.Lamport > r.n.now()+aheadOfClock {
			continue
		}
		rows := content.Rows{}
		key := content.DecisionKey(dec.About)
		if old, had := r.deskRow(r.id, key); had {
			if bytes.Equal(old.Body, d.Decision) {
				continue
			}
			if raw, err := op.Encode(old); err == nil {
				rows[key] = content.Row{Key: key, Value: raw}
			}
		}
		made := content.Fold(rows, content.Msg{ID: d.ID, Space: r.id, Author: d.By, Lamport: d.Lamport, Time: d.Time, Kind: content.Decision, Body: d.Decision})
		if len(made) == 0 {
			continue
		}
		b.Rows = append(b.Rows, r.storeRows(map[op.ID][]content.Row{r.id: made})...)
		b.Events = append(b.Events, r.event("suggestion.decided", r.id, eventRecord{Actor: d.By.String(), Ref: sugID(dec.About)}))
	}
	if len(b.Rows) == 0 {
		return
	}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.n.log.Warn("what the desk decided could not be stored", "err", err)
	}
}
