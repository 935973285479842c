package node

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// serveEnter admits a member of the community into a group that is open, or that the invite he came by names.
func (r *room) serveEnter(st network.Stream) {
	defer st.Close()
	s := newJoinStream(st)
	var ask joinAsk
	if s.read(&ask) != nil {
		st.Reset()
		return
	}
	var terms joinTerms
	if r.ask(r.ctx, func() { terms = r.enterTerms(st.Conn().RemotePeer(), ask) }) != nil || s.send(terms) != nil || terms.Code != "" && terms.Code != codeAsk {
		return
	}
	var consent joinConsent
	if s.read(&consent) != nil {
		return
	}
	w := joinWelcome{Ops: [][]byte{}, Done: true}
	if r.ask(r.ctx, func() {
		switch r.enterTerms(st.Conn().RemotePeer(), ask).Code {
		case "":
		case codeAsk:
			if !r.handIn(ask, consent) {
				w.Code = "invalid"
			}
			return
		default:
			w.Code = "not_open"
			return
		}
		if _, in := r.c.State(ask.Group).Members.Get(ask.Member); in {
			return
		}
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: ask.Group, Body: op.AdmitBody{Cert: consent.Cert, Post: true, Invite: ask.Invite, Proof: ask.Proof}})
		if perr := r.perform(e); err != nil || perr != nil {
			w.Code = "invalid"
		}
	}) == nil {
		s.send(w)
	}
}

// enterTerms judges who may enter a group, in my own view. Owner only.
func (r *room) enterTerms(p peer.ID, ask joinAsk) joinTerms {
	m, ok := r.peers[p]
	g, isGroup := r.c.Group(ask.Group)
	if !ok || m.user != ask.Member || m.device != ask.Device || !isGroup || !r.c.Mine(ask.Group) {
		return joinTerms{Code: "not_open"}
	}
	open := g.Open && ask.Invite == ask.Group
	if o := r.c.Log().Op(ask.Invite); !open && o != nil {
		inv, ok := o.Body.(op.InviteBody)
		open = ok && slices.Contains(inv.Groups, ask.Group) && slices.ContainsFunc(r.c.State(r.id).AdmittedBy(ask.Invite), func(a op.ID) bool {
			c, _ := r.c.Log().Op(a).Certificate()
			return c.Member == ask.Member
		})
	}
	if no, _, _ := r.declined(ask.Group, content.RequestID(ask.Member, ask.Group)); no && ask.Invite == ask.Group {
		return joinTerms{Code: "declined"}
	}
	if !open && ask.Invite == ask.Group {
		return joinTerms{Code: codeAsk, Last: r.c.Log().LastOut(ask.Group, ask.Member)}
	}
	if !open {
		return joinTerms{Code: "not_open"}
	}
	return joinTerms{Last: r.c.Log().LastOut(ask.Group, ask.Member)}
}

// handIn puts the request of a member of the community before those who may admit into a group, all of whom read the group. Owner only.
func (r *room) handIn(ask joinAsk, consent joinConsent) bool {
	cert, err := identity.ParseCertificate(consent.Cert)
	if err != nil || cert.Member != ask.Member || !identity.VerifyCertificate(consent.Cert) {
		return false
	}
	b := content.JoinRequestBody{Cert: consent.Cert, Invite: ask.Group, Name: consent.Name, Note: consent.Note}
	if row, ok := r.deskRow(ask.Group, content.RequestKey(b.ID())); ok {
		old, err := content.ParseJoinRequest(row.Body)
		if err == nil && bytes.Equal(old.Cert, b.Cert) && (old.Note == b.Note || r.n.now()-row.Lamport < 60_000) {
			return true // it lies there already, and nobody fills the group with requests
		}
	}
	body, err := b.Encode()
	return err == nil && r.post(ask.Group, content.JoinRequest, body)
}

// consent is my certificate for a space: M's own, or, on a device without the seed, the one that I came into the community with, which
// carries me into its groups until I leave one.
func (r *room) consent(space, via, last op.ID) ([]byte, error) {
	if r.n.seeded() {
		return r.memberKey().Certify(identity.Certificate{Space: space, Via: via, Last: last}, r.device), nil
	}
	var cert []byte
	if err := r.ask(r.ctx, func() { cert = r.certOf(r.fixed.Member) }); err != nil {
		return nil, err
	}
	if cert == nil || last != (op.ID{}) {
		return nil, ErrNotFirstDevice
	}
	return cert, nil
}

// enter asks a connected member of a group to let us in, by an invite that names it or by the group itself: into one that is open at once,
// into another by a request.
func (r *room) enter(ctx context.Context, p peer.ID, group, invite op.ID, proof []byte, note string) error {
	st, err := r.host().View().NewStream(network.WithAllowLimitedConn(ctx, "enter"), p, enterProtocol)
	if err != nil {
		return fmt.Errorf("ask to enter: %w", err)
	}
	defer st.Close()
	s := newJoinStream(st)
	d := r.device.ID()
	if err := s.send(joinAsk{Invite: invite, Group: group, Member: r.fixed.Member, Device: d, Proof: proof}); err != nil {
		return fmt.Errorf("ask to enter: %w", err)
	}
	var terms joinTerms
	if err := s.read(&terms); err != nil {
		return fmt.Errorf("ask to enter: %w", err)
	}
	if terms.Code != codeAsk {
		if err := joinError(terms.Code); err != nil {
			return err
		}
	}
	cert, err := r.consent(group, invite, terms.Last)
	if err != nil {
		return err
	}
	if err := s.send(joinConsent{Cert: cert, Name: r.fixed.Name, Note: note}); err != nil {
		return fmt.Errorf("consent to enter: %w", err)
	}
	var w joinWelcome
	if err := s.read(&w); err != nil {
		return fmt.Errorf("enter: %w", err)
	}
	return joinError(w.Code)
}

// enterCarried knocks at the groups that my invite names and that nobody has put me into: members do that by themselves, but for somebody
// who comes back they need a new consent. Owner only.
func (r *room) enterCarried() {
	l, err := r.link()
	if err != nil || !r.c.Mine(r.id) || r.entering {
		return
	}
	o := r.c.Log().Op(l.Invite)
	if o == nil {
		return
	}
	inv, _ := o.Body.(op.InviteBody)
	for _, g := range inv.Groups {
		k := carriedKey{g, r.fixed.Member}
		at := r.n.cfg.Now()
		if st := r.c.State(g); r.c.Mine(g) || st != nil && st.Left(r.fixed.Member) {
			r.carried[k] = at.Add(100 * 365 * 24 * time.Hour) // in once: from now on coming and going is the person's own act
			continue
		}
		when, ok := r.carried[k]
		if !ok {
			when = at.Add(4 * time.Second)
			r.carried[k] = when
		}
		if at.Before(when) || len(r.peers) == 0 {
			continue
		}
		r.carried[k] = at.Add(30 * time.Second)
		var to []peer.ID
		for p := range r.peers {
			to = append(to, p)
		}
		proof := identity.InviteKeyFromSeed(l.Seed).Prove(r.fixed.Member, r.device.ID())
		r.entering = true
		r.n.wg.Go(func() {
			for _, p := range to {
				if r.enter(r.ctx, p, g, l.Invite, proof, "") == nil {
					r.tell(func() { r.syncWith(p) })
					break
				}
			}
			r.tell(func() { r.entering = false })
		})
		return
	}
}
