package node

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// Privacy is what a person lets others know of what he does here. It goes both ways: who does not tell is not told either. It stays on this device.
type Privacy struct {
	ReadReceipts bool // how far I have read, in groups of at most maxReaders
	Typing       bool // that I am writing, in the same
}

const (
	metaPrivacy = "privacy"
	metaUntold  = "untold/" // + community + "/" + space: an Order, how far I have read and not told
)

const markSize = 8 + 32 // of an Order

// privacyRecord keeps what was turned off, so that nothing stored is the default.
type privacyRecord struct {
	_        struct{} `cbor:",toarray"`
	NoReads  bool
	NoTyping bool
}

// oldPrivacyRecord was kept before there was typing.
type oldPrivacyRecord struct {
	_       struct{} `cbor:",toarray"`
	NoReads bool
}

// maxReaders is the largest group whose members are told who has read what.
const maxReaders = 64

// Privacy returns it; all is on where nothing was set. What cannot be read is off: better too little is told than too much.
func (n *Node) Privacy() Privacy {
	raw, set, err := n.store.Meta(n.ctx, metaPrivacy)
	var rec privacyRecord
	if err == nil && set && op.Decode(raw, &rec) != nil {
		var old oldPrivacyRecord
		err = op.Decode(raw, &old)
		rec = privacyRecord{NoReads: old.NoReads, NoTyping: old.NoReads} // who did not want the one has not agreed to the other
	}
	if err != nil {
		return Privacy{}
	}
	return Privacy{ReadReceipts: !rec.NoReads, Typing: !rec.NoTyping}
}

// SetPrivacy sets it for all communities of this device. What was told before is not taken back.
func (n *Node) SetPrivacy(ctx context.Context, p Privacy) error {
	raw, err := op.Encode(privacyRecord{NoReads: !p.ReadReceipts, NoTyping: !p.Typing})
	if err != nil {
		return fmt.Errorf("encode privacy: %w", err)
	}
	return n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaPrivacy, Value: raw}}})
}

// readers reports whether a space's members tell each other how far they have read. Owner only.
func (r *room) readers(s op.ID) bool {
	st := r.c.State(s)
	return s != r.id && st != nil && r.c.Mine(s) && st.Members.Len() <= maxReaders
}

func (r *room) untoldKey(s op.ID) string { return metaUntold + hexID(r.id) + "/" + hexID(s) }

// readUntold takes up again what was read and not told when the node stopped. Owner only.
func (r *room) readUntold() {
	prefix := metaUntold + hexID(r.id) + "/"
	list, err := r.n.store.MetaPrefix(r.ctx, prefix)
	if err != nil {
		r.n.log.Error("what was read and not told could not be read", "err", err)
	}
	for _, m := range list {
		if s, err := hex.DecodeString(strings.TrimPrefix(m.Key, prefix)); err == nil && len(s) == 32 && len(m.Value) == markSize {
			r.readDue[op.ID(s)] = m.Value
		}
	}
}

// sendReads tells how far I have read, each group's at most once in 2 seconds, and as seldom as receipts the larger it is. Owner only.
func (r *room) sendReads(at time.Time) {
	for s, mark := range r.readDue {
		if !r.readers(s) || !r.n.Privacy().ReadReceipts {
			if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: r.untoldKey(s)}}}); err == nil {
				delete(r.readDue, s)
			}
			continue
		}
		if at.Sub(r.readAt[s]) < max(marksEvery, time.Duration(r.c.State(s).Members.Len())*time.Second/4) {
			continue
		}
		r.readAt[s] = at
		body, err := content.ReadBody{Lamport: op.Millis(binary.BigEndian.Uint64(mark)), ID: [32]byte(mark[8:])}.Encode()
		if err == nil && !r.post(s, content.Read, body, store.Meta{Key: r.untoldKey(s)}) {
			continue // for want of a key: later
		}
		delete(r.readDue, s)
	}
}

// reads are how far the members of a space have read, once until another says so; nil where that is not told. Owner only.
func (r *room) readsOf(s op.ID) []content.ReadRow {
	if !r.readers(s) || !r.n.Privacy().ReadReceipts {
		return nil
	}
	if known, ok := r.reads[s]; ok {
		return known
	}
	rows, err := r.n.store.List(r.ctx, s, content.Reads, store.Range{Limit: 1024, Newest: true})
	if err != nil {
		return nil
	}
	out := []content.ReadRow{}
	for _, row := range rows {
		if q, err := content.ParseReadRow(row.Value); err == nil && r.c.State(s).Members.Has(q.Member) {
			out = append(out, q)
		}
	}
	r.reads[s] = out
	return out
}
