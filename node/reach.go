package node

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Who has an announcement and what he answers is for the desk to know. The desk makes the counts known to all, at most once a minute for each
// message, by whoever of it is first.
const (
	rollUpEvery = time.Minute
	rollUpsMax  = 64 // messages whose counts are being watched
	recent      = 20 // announcements whose reach receipts may change
)

// rollUps is what a node of the desk has to make known. Owner only.
type rollUps struct {
	due      map[[32]byte]time.Time   // messages whose answers changed, by when to say so
	receipts bool                     // some receipt came: the newest announcements reach more
	told     map[identity.UserID]bool // whose receipts came
	looked   bool                     // told has held everybody whose receipts are stored
	last     map[[32]byte]time.Time
}

// heard notes that answers to a message of the community came, or a decision. Owner only.
func (r *room) heard(e crdt.Effects) {
	if !r.c.OnDesk(r.fixed.Member) {
		return
	}
	for _, ev := range e.Events {
		if ev.Space != r.id || ev.Ref == ([32]byte{}) {
			continue
		}
		switch ev.Type {
		case "reaction.added", "reaction.removed", "poll.voted", "event.rsvp", "announcement.reach":
			r.rollUpSoon(ev.Ref)
		case "message.delivery":
			r.ups.receipts = true
			r.ups.told[ev.Member] = true
		case "desk.decided":
			r.tellDecided(ev.Ref)
		}
	}
}

// rollUpSoon has the counts of a message made known: soonest by the node whose turn it is.
func (r *room) rollUpSoon(id [32]byte) {
	if _, set := r.ups.due[id]; set || len(r.ups.due) >= rollUpsMax {
		return
	}
	var others []identity.DeviceID
	for _, m := range r.peers {
		if r.c.OnDesk(m.user) {
			others = append(others, m.device)
		}
	}
	wait := time.Duration(epoch.Place(id, r.device.ID(), others)) * time.Millisecond
	at := r.n.cfg.Now().Add(time.Second + wait)
	if next := r.ups.last[id].Add(rollUpEvery + wait); next.After(at) {
		at = next
	}
	r.ups.due[id] = at
}

// rollUp makes counts known that have changed. Owner only.
func (r *room) rollUp(at time.Time) {
	if !r.c.OnDesk(r.fixed.Member) {
		return
	}
	if r.ups.receipts {
		r.ups.receipts = false
		rows, err := r.n.store.List(r.ctx, r.id, content.Messages, store.Range{Limit: recent, Newest: true})
		if err == nil {
			for _, row := range rows {
				if m, err := content.ParseMessageRow(row.Value); err == nil {
					r.rollUpSoon(m.ID)
				}
			}
		}
	}
	for id, when := range r.ups.due {
		if at.Before(when) {
			continue
		}
		delete(r.ups.due, id)
		r.ups.last[id] = at
		body, ok := r.counts(id)
		if !ok {
			continue
		}
		raw, err := body.Encode()
		if err != nil {
			continue
		}
		key := string(body.Of.RolledUp())
		rows, err := r.n.store.Rows(r.ctx, r.id, []string{key})
		if err != nil {
			continue
		}
		if old, err := content.ParseRollUpRow(rows[key]); err == nil {
			if was, err := old.Up.Encode(); err == nil && bytes.Equal(was, raw) {
				continue
			}
		}
		r.post(r.id, content.RollUp, raw)
	}
	for id, when := range r.ups.last {
		if at.Sub(when) > 2*rollUpEvery {
			delete(r.ups.last, id)
		}
	}
}

// counts sums up the answers to a message of the community, as this node of the desk knows them.
func (r *room) counts(id [32]byte) (up content.RollUpBody, ok bool) {
	key := string(content.MessageKey(id))
	rows, err := r.n.store.Rows(r.ctx, r.id, []string{key})
	if err != nil {
		return up, false
	}
	m, err := content.ParseMessageRow(rows[key])
	if err != nil {
		return up, false
	}
	of := refOf(m)
	keys := []string{string(of.About()), string(of.Attendance()), ackKey(m.ID)}
	var count content.RowKey
	if b, poll := m.Content().(*content.PollBody); poll {
		count = b.Ballot(of).Count()
		keys = append(keys, string(count))
	}
	if rows, err = r.n.store.Rows(r.ctx, r.id, keys); err != nil {
		return up, false
	}
	about, _ := content.ParseAboutRow(rows[string(of.About())])
	attend, _ := content.ParseAttendanceRow(rows[string(of.Attendance())])
	votes, _ := content.ParseCountRow(rows[string(count)])
	_, has, _ := r.delivery(r.id, m, r.watermarks(r.id), nil, rows[ackKey(m.ID)])
	return content.RollUpBody{Of: of, Reached: uint64(len(has)), Acks: about.Acks, Reactions: about.Reactions, Votes: votes.Votes, Voters: votes.Voters, Yes: attend.Yes,
		No: attend.No, Maybe: attend.Maybe, Replies: about.Replies}, true
}

// sendReach tells the desk what has arrived of the announcements: in a small community soon, in a large one within a minute, spread.
func (r *room) sendReach() {
	st := r.c.State(r.id)
	if _, ok := r.c.Desk(); !ok || st == nil || st.Members.Len() > 64 && rand.N(15) > 0 {
		return
	}
	body := r.c.Marks(r.id)
	if body == nil {
		r.notDue(r.id)
		return
	}
	raw, err := body.Encode()
	if err == nil {
		_, err = r.toDesk(content.Receipt, raw)
	}
	if err != nil {
		r.n.log.Warn("what arrived could not be told to the desk", "err", err)
		r.recall(r.id)
		return
	}
	r.notDue(r.id)
}

// Recipient is a member with how far an announcement got with him.
type Recipient struct {
	UserID, DisplayName   string
	Reached, Acknowledged bool
}

// Recipients lists who has an announcement, and who has acknowledged it. It takes the right to admit: others are told counts.
func (n *Node) Recipients(id string) (out []Recipient, err error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return nil, err
	}
	if t.space != r.id {
		return nil, fmt.Errorf("%w: no announcement %s", ErrNotFound, id)
	}
	acks, err := n.store.List(n.ctx, r.id, of.Ackers(), store.Range{})
	if err != nil {
		return nil, fmt.Errorf("read acknowledgements: %w", err)
	}
	stored, err := n.store.Rows(n.ctx, r.id, []string{ackKey(of.ID)})
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	acked := map[identity.UserID]bool{}
	for _, row := range acks {
		if a, err := content.ParseAckRow(row.Value); err == nil {
			acked[a.Member] = true
		}
	}
	e := r.ask(n.ctx, func() {
		if !r.c.OnDesk(r.fixed.Member) {
			err = r.missing(r.id, op.ADMIT)
			return
		}
		reached := ackers(stored[ackKey(of.ID)])
		for _, w := range r.watermarks(r.id) {
			for _, k := range w.Marks {
				if k.Device == t.row.Device && k.Seq >= t.row.Seq {
					reached[w.Member] = true
				}
			}
		}
		names := r.knownNames()
		for m := range r.c.State(r.id).Members.All() {
			if m != of.Author {
				out = append(out, Recipient{UserID: m.String(), DisplayName: names[m], Reached: reached[m] || acked[m], Acknowledged: acked[m]})
			}
		}
	})
	if e != nil {
		err = e
	}
	slices.SortFunc(out, func(a, b Recipient) int { return bytes.Compare([]byte(a.UserID), []byte(b.UserID)) })
	return out, err
}

// Remind asks those who have not acknowledged an announcement to do so: their nodes alert them again, those who were not reached as soon as they are. It takes
// the right to announce.
func (n *Node) Remind(ctx context.Context, id string) (Message, error) {
	r, t, of, err := n.aboutMessage(id)
	if err != nil {
		return Message{}, err
	}
	b, ok := t.row.Content().(*content.AnnouncementBody)
	if !ok || t.space != r.id {
		return Message{}, fmt.Errorf("%w: no announcement %s", ErrNotFound, id)
	}
	if !b.AckWanted {
		return Message{}, fmt.Errorf("%w: nobody was asked to acknowledge this", ErrInvalid)
	}
	if err := r.say(ctx, r.id, content.Remind, encoded(content.RemindBody{Of: of})); err != nil {
		return Message{}, err
	}
	return n.Message(id)
}
