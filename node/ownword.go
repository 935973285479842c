package node

import (
	"context"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// What a person tells the desk about himself is sealed to it, so his other devices cannot read it, unless they are of the desk. The device that said it tells
// those of the same person on a stream of its own (SPEC.md): when they connect, and at once where they are connected.

const (
	ownWordProtocol = "/pandal/1/consent"
	ownWordTime     = 10 * time.Second // a stream lives
	ownWordTries    = 3
	maxOwnWord      = 8 << 10
	maxOwnSwitches  = 64
)

// ownWordFrame is what I said of my consent, and when.
type ownWordFrame struct {
	_        struct{} `cbor:",toarray"`
	Switches []content.Switch
}

// parseOwnWord reads a frame strictly.
func parseOwnWord(raw []byte) (f ownWordFrame, ok bool) {
	if len(raw) > maxOwnWord || op.Decode(raw, &f) != nil || f.Switches == nil || len(f.Switches) > maxOwnSwitches {
		return ownWordFrame{}, false
	}
	for _, s := range f.Switches {
		if s.Lamport <= 0 {
			return ownWordFrame{}, false
		}
	}
	return f, true
}

// otherDevices lists my own devices that are connected, this one not among them. Owner only.
func (r *room) otherDevices() (out []peer.ID) {
	for p, m := range r.peers {
		if m.user == r.fixed.Member && m.device != r.device.ID() {
			out = append(out, p)
		}
	}
	return out
}

// tellOwn tells devices of mine what I said of my consent. Owner only; what it starts ends with its streams.
func (r *room) tellOwn(to ...peer.ID) {
	rows, err := r.n.store.Rows(r.ctx, r.id, []string{string(content.ConsentKey(r.fixed.Member))})
	if err != nil || len(to) == 0 {
		return
	}
	row, err := content.ParseConsentRow(rows[string(content.ConsentKey(r.fixed.Member))])
	if err != nil || len(row.Switches) == 0 {
		return
	}
	raw, err := op.Encode(ownWordFrame{Switches: row.Switches})
	if err != nil {
		return
	}
	for _, p := range to {
		r.n.wg.Go(func() {
			for range ownWordTries { // he may not have seen yet who I am
				if r.sendOwn(p, raw) {
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
}

// sendOwn sends one frame and reports whether it was heard.
func (r *room) sendOwn(p peer.ID, raw []byte) bool {
	ctx, cancel := context.WithTimeout(network.WithAllowLimitedConn(r.ctx, "community"), ownWordTime)
	defer cancel()
	st, err := r.host().View().NewStream(ctx, p, ownWordProtocol)
	if err != nil {
		return false // it knows nothing of it, or is gone
	}
	defer st.Reset()
	st.SetDeadline(time.Now().Add(ownWordTime))
	if _, err := st.Write(raw); err != nil || st.CloseWrite() != nil {
		return false
	}
	var heard [1]byte
	_, err = io.ReadFull(st, heard[:])
	return err == nil && heard[0] == 1
}

// serveOwn hears what another device of mine says; to anybody else it says nothing. It is called by goroutines of the host.
func (r *room) serveOwn(st network.Stream) {
	closed := false
	defer func() {
		if !closed { // what was written before would be lost
			st.Reset()
		}
	}()
	st.SetDeadline(time.Now().Add(ownWordTime))
	p := st.Conn().RemotePeer()
	mine := false
	if r.ask(r.ctx, func() { mine = r.peers[p].user == r.fixed.Member && r.peers[p].device != r.device.ID() }) != nil || !mine {
		return
	}
	raw, err := io.ReadAll(io.LimitReader(st, maxOwnWord+1))
	f, ok := parseOwnWord(raw)
	if err != nil || !ok {
		return
	}
	if r.ask(r.ctx, func() { ok = r.hearOwn(f) }) != nil || !ok {
		return
	}
	if _, err := st.Write([]byte{1}); err == nil {
		closed = st.Close() == nil
	}
}

// hearOwn keeps what I said on another device, as if it had been said here; false: it could not be stored. What is ahead of my clock waits until I hear it
// again. Owner only.
func (r *room) hearOwn(f ownWordFrame) bool {
	key := content.ConsentKey(r.fixed.Member)
	rows, err := r.rowsFor(map[op.ID][]content.RowKey{r.id: {key}})
	if err != nil {
		return false
	}
	have, b := rows[r.id], &store.Batch{}
	for _, s := range f.Switches {
		raw, err := content.ConsentBody{On: s.On}.Encode()
		if err != nil || s.Lamport > r.n.now()+10*60_000 {
			continue
		}
		made := content.Fold(have, content.Msg{ID: s.ID, Space: r.id, Author: r.fixed.Member, Lamport: s.Lamport, Kind: content.Consent, Body: raw})
		for _, x := range made {
			have[x.Key] = x
		}
		if len(made) > 0 {
			b.Rows = r.storeRows(map[op.ID][]content.Row{r.id: made}) // the last holds all
		}
	}
	if len(b.Rows) == 0 {
		return true
	}
	if err := r.n.commit(r.ctx, b); err != nil {
		r.n.log.Warn("what was said on another device could not be stored", "err", err)
		return false
	}
	return true
}
