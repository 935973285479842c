package node

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
)

// That somebody is writing is told straight to the connected members of a small group, 32 bytes on a stream of its own (SPEC.md), and kept nowhere:
// not sealed, not gossiped, not carried on, and an event without an id. Who does not let others know is not told.

const (
	typingProtocol = "/pandal/1/typing"
	typingEvery    = 3 * time.Second // I tell a group
	typingHeard    = time.Second     // I hear one node
	typingTime     = 5 * time.Second // a stream lives
	maxTypists     = 1024            // whom I remember to have heard
)

// typing keeps when what was told and heard last.
type typing struct {
	mu    sync.Mutex
	told  map[op.ID]time.Time
	heard map[peer.ID]time.Time
}

// hears reports whether a peer may be heard again. It is called by goroutines of the host.
func (t *typing) hears(p peer.ID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.heard[p]; ok && now.Sub(last) < typingHeard {
		return false
	}
	if t.heard == nil || len(t.heard) >= maxTypists {
		t.heard = map[peer.ID]time.Time{}
	}
	t.heard[p] = now
	return true
}

// tells reports whether a group may be told again.
func (t *typing) tells(s op.ID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.told[s]; ok && now.Sub(last) < typingEvery {
		return false
	}
	if t.told == nil || len(t.told) >= maxTypists {
		t.told = map[op.ID]time.Time{}
	}
	t.told[s] = now
	return true
}

// Typing lets those of a group who are connected know that this person is writing there, at most every 3 seconds. It does nothing where he lets nobody
// know, and in groups of more than 64. Errors are those of writing there: ErrAnnounceOnly, ErrNotMember, ErrArchived, ErrEnded.
func (n *Node) Typing(ctx context.Context, group string) error {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return err
	}
	if s == r.id {
		return ErrAnnounceOnly
	}
	var to []peer.ID
	var werr error
	err = r.ask(ctx, func() {
		st := r.c.State(s)
		switch {
		case st == nil || !r.c.Mine(s):
			werr = ErrNotMember
		case acl.Archived(st.Values[acl.RegArchived]):
			werr = ErrArchived
		case r.c.Ended(s):
			werr = ErrEnded
		case r.readers(s) && n.Privacy().Typing && r.typing.tells(s, n.cfg.Now()):
			to = r.tellTyping(s)
		}
	})
	if err == nil {
		err = werr
	}
	if err != nil {
		return err
	}
	r.sendTyping(s, to)
	return nil
}

// tellTyping lists whom to tell: connected members of the group, and not my other devices. Owner only.
func (r *room) tellTyping(s op.ID) (to []peer.ID) {
	ids, _ := r.connected(s)
	for _, id := range ids {
		if r.peers[id].user != r.fixed.Member {
			to = append(to, id)
		}
	}
	return to
}

// sendTyping tells each in a goroutine that ends with its stream.
func (r *room) sendTyping(s op.ID, to []peer.ID) {
	for _, p := range to {
		r.n.wg.Go(func() {
			ctx, cancel := context.WithTimeout(network.WithAllowLimitedConn(r.ctx, "community"), typingTime)
			defer cancel()
			st, err := r.host().View().NewStream(ctx, p, typingProtocol)
			if err != nil {
				return // it knows nothing of it, or is gone
			}
			st.SetDeadline(time.Now().Add(typingTime))
			if _, err := st.Write(s[:]); err != nil {
				st.Reset()
				return
			}
			st.Close()
		})
	}
}

// serveTyping hears it. Who asks too often, or is not of the group, is not listened to.
func (r *room) serveTyping(st network.Stream) {
	defer st.Reset()
	p := st.Conn().RemotePeer()
	if !r.typing.hears(p, r.n.cfg.Now()) {
		return
	}
	st.SetDeadline(time.Now().Add(typingTime))
	var s op.ID
	if _, err := io.ReadFull(st, s[:]); err != nil || !r.n.Privacy().Typing {
		return
	}
	r.tell(func() {
		m, ok := r.peers[p]
		if !ok || m.user == r.fixed.Member || !r.readers(s) || !r.c.State(s).Members.Has(m.user) || r.private().blocked[m.user] {
			return
		}
		r.n.tellLive(Event{Type: "typing", Time: r.n.cfg.Now().UTC(), CommunityID: r.name(), GroupID: grpID(s), ActorID: m.user.String(), Ref: m.user.String(),
			Detail: map[string]string{"display_name": r.knownNames()[m.user]}})
	})
}

// live are those who want to hear what is not kept.
type live struct {
	mu  sync.Mutex
	out map[chan Event]bool
}

// Live returns what happens and is not kept (typing), from now until done is called. Who does not read misses some.
func (n *Node) Live() (events <-chan Event, done func()) {
	c := make(chan Event, 16)
	n.live.mu.Lock()
	defer n.live.mu.Unlock()
	if n.live.out == nil {
		n.live.out = map[chan Event]bool{}
	}
	n.live.out[c] = true
	return c, func() {
		n.live.mu.Lock()
		defer n.live.mu.Unlock()
		delete(n.live.out, c)
	}
}

func (n *Node) tellLive(e Event) {
	n.live.mu.Lock()
	defer n.live.mu.Unlock()
	for c := range n.live.out {
		select {
		case c <- e:
		default:
		}
	}
}
