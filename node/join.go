package node

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// The join stream, for those who are no members yet, and the enter stream, for members who want into an open group.
const (
	joinProtocol  = "/pandal/1/join"
	enterProtocol = "/pandal/1/enter"
	joinTime      = 30 * time.Second
	maxJoinFrame  = 1 << 20
)

// Codes of refusal on the join stream.
var joinErrors = map[string]error{
	"expired": ErrInviteExpired, "used_up": ErrInviteUsedUp, "revoked": ErrInviteRevoked, "foreign": ErrInviteForeign, "removed": ErrRemoved,
	"not_open": ErrNotFound, "invalid": ErrInvalid, "declined": ErrDeclined, "not_member": ErrNotMember, "no_desk": ErrNotConnected,
}

// joinAsk is the joiner's first frame: who he is, and that he holds the link.
type joinAsk struct {
	_      struct{} `cbor:",toarray"`
	Invite op.ID
	Group  op.ID // on the enter stream: the group he wants into, open or named by the invite he came by; else zero
	Member identity.UserID
	Device identity.DeviceID
	Proof  []byte
}

// joinTerms is the answer: refused with a code, or what his certificate must name. With codeAsk somebody who may admit has to look at him
// first: Desk and DeskKey say to whom he seals his request.
type joinTerms struct {
	_       struct{} `cbor:",toarray"`
	Code    string
	Last    op.ID
	Desk    op.ID
	DeskKey []byte
	Admins  [][]byte // with codeAsk: addresses of some who may admit, at most 3, for he who told a joiner to wait may not know more
}

const codeAsk = "ask"

// joinConsent is his certificate; on the enter stream, to a group that is not open, also who he says he is, and why.
type joinConsent struct {
	_    struct{} `cbor:",toarray"`
	Cert []byte
	Name string
	Note string
}

// joinRequest is his request, sealed to the desk.
type joinRequest struct {
	_    struct{} `cbor:",toarray"`
	Wire []byte
}

// joinWelcome is the community's log, in parts; the last has Done, and Code says what went wrong, if anything.
type joinWelcome struct {
	_    struct{} `cbor:",toarray"`
	Code string
	Ops  [][]byte
	Done bool
}

type joinStream struct {
	st network.Stream
	r  *bufio.Reader
}

func newJoinStream(st network.Stream) joinStream {
	st.SetDeadline(time.Now().Add(joinTime))
	return joinStream{st, bufio.NewReader(st)}
}

func (s joinStream) send(v any) error {
	if t, ok := v.(joinTerms); ok { // lists have one encoding, and it is not null
		t.DeskKey, t.Admins = append([]byte{}, t.DeskKey...), append([][]byte{}, t.Admins...)
		v = t
	}
	b, err := op.Encode(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = s.st.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func (s joinStream) read(v any) error {
	var n [4]byte
	if _, err := io.ReadFull(s.r, n[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(n[:])
	if size > maxJoinFrame {
		return fmt.Errorf("frame of %d bytes", size)
	}
	b, err := io.ReadAll(io.LimitReader(s.r, int64(size)))
	if err != nil {
		return err
	}
	if len(b) != int(size) {
		return io.ErrUnexpectedEOF
	}
	return op.Decode(b, v)
}

// serveJoin admits whoever proves an auto invite: any member may write the Admit, the invite is the authority.
func (r *room) serveJoin(st network.Stream) {
	defer st.Close()
	s := newJoinStream(st)
	var ask joinAsk
	if err := s.read(&ask); err != nil {
		st.Reset()
		return
	}
	var terms joinTerms
	if r.ask(r.ctx, func() { terms = r.terms(ask) }) != nil || s.send(terms) != nil {
		return
	}
	if terms.Code == codeAsk {
		r.serveRequest(s, ask)
	}
	if terms.Code != "" {
		return
	}
	var consent joinConsent
	if s.read(&consent) != nil {
		return
	}
	var ops [][]byte
	code := ""
	if r.ask(r.ctx, func() { ops, code = r.admit(ask, consent.Cert) }) != nil {
		return
	}
	if code != "" {
		s.send(joinWelcome{Code: code, Ops: [][]byte{}, Done: true})
		return
	}
	s.sendOps(ops)
}

// terms judges an invite in my own view. Owner only.
func (r *room) terms(ask joinAsk) joinTerms {
	st := r.c.State(r.id)
	if st == nil || !r.c.Mine(r.id) {
		return joinTerms{Code: "invalid"}
	}
	o := r.c.Log().Op(ask.Invite)
	if o == nil {
		return joinTerms{Code: "foreign"}
	}
	inv, ok := o.Body.(op.InviteBody)
	if !ok || o.Space != r.id {
		return joinTerms{Code: "foreign"}
	}
	if !identity.VerifyInvite(inv.Key, ask.Proof, ask.Member, ask.Device) {
		return joinTerms{Code: "invalid"}
	}
	_, in := st.Members.Get(ask.Member)
	switch {
	case in:
	case st.Banned(ask.Member):
		return joinTerms{Code: "removed"}
	case !st.InviteOpen(ask.Invite):
		return joinTerms{Code: "revoked"}
	case inv.Expires != 0 && inv.Expires < r.n.now():
		return joinTerms{Code: "expired"}
	case inv.Max > 0 && st.Uses(ask.Invite) >= int(inv.Max):
		return joinTerms{Code: "used_up"}
	case !inv.Auto:
		if no, _, _ := r.declined(r.id, content.RequestID(ask.Member, ask.Invite)); no {
			return joinTerms{Code: "declined"}
		}
		desk, ok := r.c.Desk()
		if !ok {
			return joinTerms{Code: "no_desk"}
		}
		return joinTerms{Code: codeAsk, Last: r.c.Log().LastOut(r.id, ask.Member), Desk: desk.Epoch, DeskKey: desk.Public, Admins: r.adminAddrs()}
	}
	return joinTerms{Last: r.c.Log().LastOut(r.id, ask.Member)}
}

// admit writes the Admits and returns the community's log. Owner only.
func (r *room) admit(ask joinAsk, cert []byte) ([][]byte, string) {
	if t := r.terms(ask); t.Code != "" {
		return nil, t.Code
	}
	c, err := identity.ParseCertificate(cert)
	if err != nil || !identity.VerifyCertificate(cert) || c.Member != ask.Member || c.Device != ask.Device || c.Space != r.id {
		return nil, "invalid"
	}
	if _, in := r.c.State(r.id).Members.Get(ask.Member); !in {
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.AdmitBody{Cert: cert, Post: true, Invite: ask.Invite, Proof: ask.Proof}})
		if perr := r.perform(e); perr != nil {
			return nil, "invalid"
		}
		if err != nil {
			r.n.log.Info("admission refused", "err", err)
			return nil, "revoked"
		}
		r.admitCarried()
	}
	return r.opsBeyond(r.id, nil), ""
}

// admitCarried writes the group Admits that an invite carries, for those whom the parent admitted by it; any member of the group does.
// Whoever is not the first in line waits a little. Owner only.
func (r *room) admitCarried() {
	top := r.c.State(r.id)
	if top == nil || !r.c.Mine(r.id) {
		return
	}
	at := r.n.cfg.Now()
	for _, inv := range top.Invites() {
		body := r.c.Log().Op(inv).Body.(op.InviteBody)
		for _, g := range body.Groups {
			st := r.c.State(g)
			if st == nil || !r.c.Mine(g) {
				continue
			}
			for _, a := range top.AdmittedBy(inv) {
				ab := r.c.Log().Op(a).Body.(op.AdmitBody)
				cert, err := identity.ParseCertificate(ab.Cert)
				if err != nil {
					continue
				}
				if _, in := st.Members.Get(cert.Member); in || r.c.Log().LastOut(g, cert.Member) != (op.ID{}) {
					continue
				}
				k := carriedKey{g, cert.Member}
				if when, ok := r.carried[k]; !ok {
					wait := time.Duration(0)
					if admitter, _ := r.c.Log().Author(a); admitter != r.fixed.Member {
						wait = 4 * time.Second
					}
					r.carried[k] = at.Add(wait)
					if wait > 0 {
						continue
					}
				} else if at.Before(when) {
					continue
				}
				r.carried[k] = at.Add(time.Minute)
				e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: g, Body: op.AdmitBody{Cert: ab.Cert, Post: true, Invite: inv, Proof: ab.Proof}})
				if perr := r.perform(e); perr != nil || err != nil {
					r.n.log.Info("a carried admission does not stand", "err", errors.Join(err, perr))
				}
			}
		}
	}
}

// link is the invite this room was joined by.
func (r *room) link() (acl.Link, error) { return acl.ParseLink(r.fixed.Link) }

// tryJoin asks one peer to admit us. The room is a joiner's: nothing of the community is known yet.
func (r *room) tryJoin(ctx context.Context, p peer.ID, m identity.MemberKey) error {
	l, err := r.link()
	if err != nil {
		return err
	}
	st, err := r.host().NewStream(ctx, p, joinProtocol)
	if err != nil {
		return fmt.Errorf("ask to join: %w", err)
	}
	defer st.Close()
	stop := context.AfterFunc(ctx, func() { st.Reset() })
	defer stop()
	s := newJoinStream(st)
	d := r.device.ID()
	if err := s.send(joinAsk{Invite: l.Invite, Member: m.ID(), Device: d, Proof: identity.InviteKeyFromSeed(l.Seed).Prove(m.ID(), d)}); err != nil {
		return fmt.Errorf("ask to join: %w", err)
	}
	var terms joinTerms
	if err := s.read(&terms); err != nil {
		return fmt.Errorf("ask to join: %w", err)
	}
	if terms.Code == codeAsk {
		return r.askDesk(s, l, terms, m)
	}
	if err := joinError(terms.Code); err != nil {
		return err
	}
	cert := m.Certify(identity.Certificate{Space: r.id, Via: l.Invite, Last: terms.Last}, r.device)
	if err := s.send(joinConsent{Cert: cert}); err != nil {
		return fmt.Errorf("consent to join: %w", err)
	}
	ops, err := s.readOps()
	if err != nil {
		return err
	}
	if _, err := r.takeOps(ctx, p, ops); err != nil {
		return fmt.Errorf("receive the community: %w", err)
	}
	in := false
	if err := r.ask(ctx, func() { in = r.c.Mine(r.id) }); err != nil {
		return err
	}
	if !in {
		return fmt.Errorf("%w: the community that answered does not hold the admission", ErrInviteForeign)
	}
	r.host().Greet(ctx, p)
	return nil
}

func joinError(code string) error {
	if code == "" {
		return nil
	}
	if err, ok := joinErrors[code]; ok {
		return err
	}
	return fmt.Errorf("%w: refused: %.40q", ErrInvalid, code)
}

func bytesCompare(a, b op.ID) int { return slices.Compare(a[:], b[:]) }
