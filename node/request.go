package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// JoinRequest is somebody's wish to come into a community or, with GroupID, into a group that is not open.
type JoinRequest struct {
	ID, CommunityID, GroupID string
	UserID, DisplayName      string
	Note                     string
	InviteID                 string
	CreatedAt                time.Time
	State                    string // pending, approved, declined
	Reason                   string // of a decline
	Mine                     bool
}

func jrqID(request [32]byte) string { return "jrq_" + identity.Name32(request[:]) }

// JoinRequests lists who wants to come in: into the community for its desk, into a group for those who may admit there, and my own.
func (n *Node) JoinRequests(community, state string) ([]JoinRequest, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []JoinRequest{}
	err = r.ask(n.ctx, func() {
		may := false
		for _, s := range r.c.Spaces() {
			if r.c.Mine(s) && r.c.State(s).Can(r.fixed.Member, op.ADMIT) == nil {
				may = true
				for _, row := range r.deskRows(s, content.Requests) {
					if q, ok := r.joinRequest(s, row); ok {
						out = append(out, q)
					}
				}
			}
		}
		mine := r.myKnocks()
		out = append(out, mine...)
		if !may && len(mine) == 0 {
			err = r.missing(r.id, op.ADMIT)
		}
	})
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(q JoinRequest) bool { return state != "" && q.State != state })
	slices.SortStableFunc(out, func(a, b JoinRequest) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out, nil
}

// joinRequest shows a row; false when it is none. Owner only.
func (r *room) joinRequest(s op.ID, row content.DeskRow) (JoinRequest, bool) {
	b, err := content.ParseJoinRequest(row.Body)
	if err != nil {
		return JoinRequest{}, false
	}
	m := b.Member()
	q := JoinRequest{ID: jrqID(b.ID()), CommunityID: r.name(), UserID: m.String(), DisplayName: b.Name, Note: b.Note, CreatedAt: timeOf(row.Time), State: "pending", Mine: m == r.fixed.Member}
	if s != r.id {
		q.GroupID = grpID(s)
	} else {
		q.InviteID = invID(b.Invite)
	}
	if d, reason, ok := r.declined(s, b.ID()); ok && d {
		q.State, q.Reason = "declined", reason
	}
	st := r.c.State(s)
	_, in := st.Members[m]
	if in || s == r.id && st.CameBy(m, b.Invite) {
		q.State = "approved"
	}
	return q, true
}

// declined reports what the desk decided about a request. Owner only.
func (r *room) declined(s op.ID, request [32]byte) (declined bool, reason string, decided bool) {
	row, ok := r.deskRow(s, content.DecisionKey(request))
	if !ok {
		return false, "", false
	}
	d, err := content.ParseDecision(row.Body)
	return err == nil && !d.Accepted, d.Reason, err == nil
}

// findRequest finds a request by its jrq_ id, and the space it is for.
func (n *Node) findRequest(id string) (*room, op.ID, content.JoinRequestBody, error) {
	for _, r := range n.allRooms() {
		var space op.ID
		var body content.JoinRequestBody
		found := false
		if err := r.ask(n.ctx, func() {
			for _, s := range r.c.Spaces() {
				if !r.c.Mine(s) {
					continue
				}
				for _, row := range r.deskRows(s, content.Requests) {
					if b, err := content.ParseJoinRequest(row.Body); err == nil && jrqID(b.ID()) == id {
						space, body, found = s, b, true
					}
				}
			}
		}); err != nil {
			return nil, space, body, err
		}
		if found {
			return r, space, body, nil
		}
	}
	return nil, op.ID{}, content.JoinRequestBody{}, fmt.Errorf("%w: no join request %s", ErrNotFound, id)
}

// DecideRequest lets somebody in, or says no with a reason that he is told. Any node of somebody who may admit does, whoever else is away. It
// errs with ErrStaleRequest when the consent in the request is no longer good; his node makes a new one when it next meets a member.
func (n *Node) DecideRequest(ctx context.Context, id string, approve bool, reason string) (JoinRequest, error) {
	if len(reason) > content.MaxReason || !utf8.ValidString(reason) {
		return JoinRequest{}, fmt.Errorf("%w: reason: at most %d bytes", ErrInvalid, content.MaxReason)
	}
	r, s, b, err := n.findRequest(id)
	if err != nil {
		return JoinRequest{}, err
	}
	var out JoinRequest
	err = r.write(ctx, s, op.ADMIT, func() (crdt.Effects, error) {
		st := r.c.State(s)
		if err := st.Can(r.fixed.Member, op.ADMIT); err != nil {
			return crdt.Effects{}, err
		}
		m := b.Member()
		_, in := st.Members[m]
		switch {
		case in:
		case approve:
			if err := r.letIn(s, b); err != nil {
				return crdt.Effects{}, err
			}
		default:
			body, err := content.DecisionBody{About: b.ID(), Reason: reason}.Encode()
			if err != nil {
				return crdt.Effects{}, fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			if s == r.id {
				_, err = r.toDesk(content.Decision, body)
			} else if !r.post(s, content.Decision, body) {
				err = ErrNotConnected
			}
			if err != nil {
				return crdt.Effects{}, err
			}
		}
		row, _ := r.deskRow(s, content.RequestKey(b.ID()))
		out, _ = r.joinRequest(s, row)
		return crdt.Effects{Events: []crdt.Event{{Type: "join_request.decided", Space: s, Member: m, Ref: b.ID()}}}, nil
	})
	return out, err
}

// letIn writes the Admit that a request asks for. Owner only.
func (r *room) letIn(s op.ID, b content.JoinRequestBody) error {
	admit := op.AdmitBody{Cert: b.Cert, Post: true, Invite: b.Invite, Proof: b.Proof}
	if s != r.id {
		admit.Invite, admit.Proof = op.ID{}, []byte{}
	} else if !r.c.State(r.id).InviteOpen(b.Invite) {
		return ErrInviteRevoked
	}
	e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: s, Body: admit})
	if perr := r.perform(e); perr != nil {
		return perr
	}
	if errors.Is(err, acl.ErrDenied) && r.c.State(s).Can(r.fixed.Member, op.ADMIT) == nil {
		return ErrStaleRequest
	}
	if err == nil && s == r.id {
		r.admitCarried()
	}
	return err
}

// errWaiting: the request was taken, and somebody who may admit has to look at it.
var errWaiting = errors.New("waiting for an admin")

// askDesk sends a joiner's request, sealed to the desk, to the member he reached.
func (r *room) askDesk(s joinStream, l acl.Link, terms joinTerms, m identity.MemberKey) error {
	note, _, err := r.n.store.Meta(r.ctx, metaNote+hexID(r.id))
	if err != nil {
		return fmt.Errorf("read the note: %w", err)
	}
	d := r.device
	if r.asked == nil || r.askedTo != terms.Desk || r.askedLast != terms.Last {
		body, err := content.JoinRequestBody{Cert: m.Certify(identity.Certificate{Space: r.id, Via: l.Invite, Last: terms.Last}, d), Invite: l.Invite,
			Proof: identity.InviteKeyFromSeed(l.Seed).Prove(m.ID(), d.ID()), Name: r.fixed.Name, Note: string(note)}.Encode()
		if err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		wire, _, err := crdt.DeskAddress{Epoch: terms.Desk, Public: terms.DeskKey}.Seal(r.id, content.JoinRequest, body, d, r.n.now())
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotConnected, err)
		}
		r.asked, r.askedTo, r.askedLast = wire, terms.Desk, terms.Last
	}
	if err := s.send(joinRequest{Wire: r.asked}); err != nil {
		return fmt.Errorf("ask to be let in: %w", err)
	}
	var w joinWelcome
	if err := s.read(&w); err != nil {
		return fmt.Errorf("ask to be let in: %w", err)
	}
	if err := joinError(w.Code); err != nil {
		return err
	}
	return errWaiting
}

// serveRequest takes a joiner's request in: this node is of the desk, or carries it there.
func (r *room) serveRequest(s joinStream, ask joinAsk) {
	var req joinRequest
	if s.read(&req) != nil {
		return
	}
	code := "no_desk"
	snap := r.snap.Load()
	if ck, v := crdt.Check(snap, req.Wire, r.n.now()); v == crdt.Good {
		if d, ok := ck.Device(); ok && d == ask.Device {
			r.ask(r.ctx, func() {
				if got, err := r.take([]crdt.Checked{ck}); err == nil && len(got) > 0 {
					code = ""
					r.passOn(req.Wire)
				}
			})
		}
	} else if snap.Carries(req.Wire) {
		r.ask(r.ctx, func() {
			if len(r.carry(ask.Device, [][]byte{req.Wire})) > 0 {
				code = ""
			}
		})
	}
	s.send(joinWelcome{Code: code, Ops: [][]byte{}, Done: true})
}

// passOn tells the rest of the desk. Owner only.
func (r *room) passOn(wire []byte) {
	for id, m := range r.peers {
		if r.c.OnDesk(m.user) {
			r.pushDesk(id, [][]byte{wire}, true)
		}
	}
}

// metaNote + community: what I say to those who let me in. metaKnock + community + group: a group that I asked to enter.
const (
	metaNote  = "note/"
	metaKnock = "knock/"
)

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
		k, had := r.knocks()[s]
		if !had || k.Note != note || k.No {
			k = knock{Note: note, At: n.now()}
			if err = r.keepKnock(s, k); err != nil {
				return
			}
		}
		out = r.myKnock(s, k)
		delete(r.knocking, s)
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
