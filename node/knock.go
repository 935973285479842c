package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/node/store"
)

// metaKnock + community + group: a group that I asked to enter.
const metaKnock = "knock/"

type knock struct {
	_    struct{} `cbor:",toarray"`
	Note string
	At   op.Millis
	Sent bool // a member of the group has it
	No   bool // it was declined
}

// knocks reads which groups I asked to enter, and forgets those that I am in. Owner only.
func (r *room) knocks() map[op.ID]knock {
	prefix := metaKnock + hexID(r.id) + "/"
	list, err := r.n.store.MetaPrefix(r.ctx, prefix)
	if err != nil {
		return nil
	}
	out := map[op.ID]knock{}
	for _, g := range r.c.Spaces()[1:] {
		for _, m := range list {
			var k knock
			if strings.TrimPrefix(m.Key, prefix) != hexID(g) || op.Decode(m.Value, &k) != nil {
				continue
			}
			if r.c.Mine(g) {
				if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: m.Key}}}); err != nil {
					r.n.log.Warn("a request that was granted could not be dropped", "err", err)
				}
				continue
			}
			out[g] = k
		}
	}
	return out
}

func (r *room) keepKnock(g op.ID, k knock) error {
	raw, err := op.Encode(k)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: metaKnock + hexID(r.id) + "/" + hexID(g), Value: raw}}})
}

// myKnocks shows them. Owner only.
func (r *room) myKnocks() (out []JoinRequest) {
	for g, k := range r.knocks() {
		out = append(out, r.myKnock(g, k))
	}
	return out
}

func (r *room) myKnock(g op.ID, k knock) JoinRequest {
	me := r.fixed.Member
	return JoinRequest{ID: jrqID(content.RequestID(me, g)), CommunityID: r.name(), GroupID: grpID(g), UserID: me.String(), DisplayName: r.rec.Name, Note: k.Note,
		CreatedAt: timeOf(k.At), State: map[bool]string{false: "pending", true: "declined"}[k.No], Mine: true}
}

// KnockGroup asks to be let into a group that is not open. The request waits here until a member of the group can be reached, and there until
// somebody who may admit looks at it.
func (n *Node) KnockGroup(ctx context.Context, id, note string) (JoinRequest, error) {
	if len(note) > content.MaxNote || !utf8.ValidString(note) {
		return JoinRequest{}, fmt.Errorf("%w: note: at most %d bytes", ErrInvalid, content.MaxNote)
	}
	r, s, err := n.groupRoom(id)
	if err != nil {
		return JoinRequest{}, err
	}
	var out JoinRequest
	e := r.ask(ctx, func() {
		if !r.c.Mine(r.id) {
			err = ErrNotMember
			return
		}
		if r.c.Mine(s) {
			err = ErrAlreadyMember
			return
		}
		k := knock{Note: note, At: n.now()} // asked before or not: it may have been granted and left since
		if err = r.keepKnock(s, k); err != nil {
			return
		}
		out = r.myKnock(s, k)
		delete(r.knocking, s)
		delete(r.knocking, op.ID{})
		r.knockAgain(n.cfg.Now())
	})
	return out, errors.Join(e, err)
}

// knockAgain asks connected members about groups that I want into and that nobody has taken my request for. Owner only.
func (r *room) knockAgain(at time.Time) {
	if len(r.peers) == 0 || at.Before(r.knocking[op.ID{}]) {
		return
	}
	r.knocking[op.ID{}] = at.Add(2 * time.Second) // the store is not asked at every turn
	for g, k := range r.knocks() {
		if k.No || at.Before(r.knocking[g]) {
			continue
		}
		r.knocking[g] = at.Add(30 * time.Second)
		if k.Sent { // only to hear whether it was declined
			r.knocking[g] = at.Add(2 * time.Minute)
		}
		var to []peer.ID
		for p := range r.peers {
			to = append(to, p)
		}
		r.n.wg.Go(func() { // ends with its streams
			for _, p := range to {
				err := r.enter(r.ctx, p, g, g, []byte{}, k.Note)
				if err != nil && !errors.Is(err, ErrDeclined) {
					continue
				}
				r.tell(func() {
					if now := (knock{Note: k.Note, At: k.At, Sent: true, No: err != nil}); now != k {
						if err := r.keepKnock(g, now); err != nil {
							r.n.log.Warn("what became of a request could not be noted", "err", err)
						}
						if now.No {
							r.announceEvent("join_request.decided", g, eventRecord{Actor: r.fixed.Member.String(), Ref: jrqID(content.RequestID(r.fixed.Member, g))})
						}
					}
					r.syncWith(p)
				})
				return
			}
		})
	}
}
