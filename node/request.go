package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// metaNote + community: what I say to those who let me in.
const metaNote = "note/"

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
	var denied error
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
			denied = r.missing(r.id, op.ADMIT)
		}
	})
	if err := errors.Join(err, denied); err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(q JoinRequest) bool { return state != "" && q.State != state })
	slices.SortStableFunc(out, func(a, b JoinRequest) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out, nil
}

// joinRequest shows a row; false when it is none, or of a stay that has ended. Owner only.
func (r *room) joinRequest(s op.ID, row content.DeskRow) (JoinRequest, bool) {
	b, err := content.ParseJoinRequest(row.Body)
	if err != nil {
		return JoinRequest{}, false
	}
	m := b.Member()
	last := r.c.Log().LastOut(s, m)
	if c, err := identity.ParseCertificate(b.Cert); err != nil || last != (op.ID{}) && (c.Space != s || c.Last != last) {
		return JoinRequest{}, false
	}
	q := JoinRequest{ID: jrqID(b.ID()), CommunityID: r.name(), UserID: m.String(), DisplayName: b.Name, Note: b.Note, CreatedAt: timeOf(row.Time), State: "pending", Mine: m == r.fixed.Member}
	if checkName(b.Name) != nil { // another program sent that
		q.DisplayName = ""
	}
	if s != r.id {
		q.GroupID = grpID(s)
	} else {
		q.InviteID = invID(b.Invite)
	}
	if d, reason, ok := r.declined(s, b.ID()); ok && d {
		q.State, q.Reason = "declined", reason
	}
	st := r.c.State(s)
	_, in := st.Members.Get(m)
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
		_, in := st.Members.Get(m)
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
	r.met(s.st.Conn().RemotePeer(), terms.Admins[:min(len(terms.Admins), 3)])
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

// adminAddrs says where some who may admit can be reached. Owner only.
func (r *room) adminAddrs() (out [][]byte) {
	for _, p := range r.host().Peers() {
		m, ok := r.peers[p.ID]
		if !ok || !r.c.OnDesk(m.user) || len(p.Addrs) == 0 || len(out) == 3 {
			continue
		}
		infos, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: p.ID, Addrs: p.Addrs[:1]})
		if err == nil && len(infos) == 1 && len(infos[0].Bytes()) <= 512 {
			out = append(out, infos[0].Bytes())
		}
	}
	return out
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
