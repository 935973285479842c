package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Recovery is who may hand a community on: more than half of a set of its members. The owner names the set once; afterwards the set alone
// changes itself.
type Recovery struct {
	Members []string // usr_ ids; empty: none was named
	Need    int      // how many must sign
	Mine    bool     // I am one of them
	OwnerID string
}

// Recovery shows it.
func (n *Node) Recovery(community string) (out Recovery, err error) {
	r, err := n.room(community)
	if err != nil {
		return out, err
	}
	out.Members = []string{}
	err = r.ask(n.ctx, func() {
		st := r.c.State(r.id)
		if st == nil {
			return
		}
		rec := st.Recovery()
		out.Need, out.OwnerID, out.Mine = rec.Need, st.Owner.String(), slices.Contains(rec.Set, r.fixed.Member)
		for _, m := range rec.Set {
			out.Members = append(out.Members, m.String())
		}
	})
	return out, err
}

// SetRecovery names the set, which only the owner can, and only while there is none. It takes M, so it takes the device that keeps the seed.
func (n *Node) SetRecovery(ctx context.Context, community string, members []string) (Recovery, error) {
	if len(members) < 1 || len(members) > 32 {
		return Recovery{}, fmt.Errorf("%w: members: 1 to 32", ErrInvalid)
	}
	r, err := n.room(community)
	if err != nil {
		return Recovery{}, err
	}
	if !n.seeded() {
		return Recovery{}, ErrNotFirstDevice
	}
	m := r.memberKey()
	var werr error
	if err := r.ask(ctx, func() {
		st := r.c.State(r.id)
		if st == nil || st.Owner != r.fixed.Member {
			werr = r.notOwner()
			return
		}
		rec := st.Recovery()
		if len(rec.Set) > 0 {
			werr = ErrRecoverySet
			return
		}
		set, err := r.signers(members)
		if err != nil {
			werr = err
			return
		}
		b := op.OwnerRotateBody{Prev: rec.By, Cert: m.Certify(identity.Certificate{Space: r.id}, r.device), Recovery: set, Sigs: []op.Signature{}}
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Cap: r.id, Signer: &m, Body: b})
		e.Events = append(e.Events, crdt.Event{Type: "community.changed", Space: r.id})
		werr = errors.Join(err, r.perform(e))
	}); err != nil || werr != nil {
		return Recovery{}, errors.Join(err, werr)
	}
	return n.Recovery(community)
}

// signers turns member ids into a set. Owner only.
func (r *room) signers(members []string) ([]identity.UserID, error) {
	var set []identity.UserID
	for _, u := range members {
		m, ok := r.user(u)
		if !ok {
			return nil, fmt.Errorf("%w: no member %s", ErrNotFound, u)
		}
		if slices.Contains(set, m) {
			return nil, fmt.Errorf("%w: members: each once", ErrInvalid)
		}
		set = append(set, m)
	}
	slices.SortFunc(set, func(a, b identity.UserID) int { return slices.Compare(a[:], b[:]) })
	return set, nil
}

// Handover is a request to become the owner, and the signatures on it, as texts that people pass on to each other by any way they have.
type Handover struct {
	Request  string
	NewOwner string // usr_
	Members  []string
	Need     int
}

const (
	handoverPrefix  = "PANDALOWNER1"
	signaturePrefix = "PANDALSIGN1"
	maxHandover     = 8 << 10
)

type handoverText struct {
	_         struct{} `cbor:",toarray"`
	Community op.ID
	Prev      op.ID
	Cert      []byte
	Recovery  []identity.UserID
}

func encodeText(prefix string, v any) (string, error) {
	b, err := op.Encode(v)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	sum := sha256.Sum256(b)
	return prefix + linkBase32.EncodeToString(append(b, sum[:4]...)), nil
}

func decodeText(prefix, field, s string, v any) error {
	bad := fmt.Errorf("%w: %s: a part of it is missing or changed", ErrInvalid, field)
	s, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), prefix)
	if !ok || len(s) > maxHandover {
		return bad
	}
	b, err := linkBase32.DecodeString(s)
	if err != nil || len(b) < 5 {
		return bad
	}
	sum := sha256.Sum256(b[:len(b)-4])
	if !bytes.Equal(sum[:4], b[len(b)-4:]) || op.Decode(b[:len(b)-4], v) != nil {
		return bad
	}
	return nil
}

// RequestHandover writes a request to make me the owner, to be signed by the recovery set; members names the set from then on, empty: the one in
// force. An owner asks so for another set, and stays the owner.
func (n *Node) RequestHandover(ctx context.Context, community string, members []string) (Handover, error) {
	r, err := n.room(community)
	if err != nil {
		return Handover{}, err
	}
	if !n.seeded() {
		return Handover{}, ErrNotFirstDevice
	}
	m := r.memberKey()
	var out Handover
	var werr error
	err = r.ask(ctx, func() {
		if !r.c.Mine(r.id) {
			werr = ErrNotMember
			return
		}
		rec := r.c.State(r.id).Recovery()
		if len(rec.Set) == 0 {
			werr = ErrNoRecovery
			return
		}
		set := rec.Set
		if len(members) > 0 {
			if set, werr = r.signers(members); werr != nil {
				return
			}
		}
		t := handoverText{Community: r.id, Prev: rec.By, Cert: m.Certify(identity.Certificate{Space: r.id}, r.device), Recovery: set}
		out = r.handover(t, rec)
		out.Request, werr = encodeText(handoverPrefix, t)
	})
	return out, errors.Join(err, werr)
}

// handover shows a request. Owner only.
func (r *room) handover(t handoverText, rec acl.Recovery) Handover {
	out := Handover{Need: rec.Need, Members: []string{}}
	if c, err := identity.ParseCertificate(t.Cert); err == nil {
		out.NewOwner = c.Member.String()
	}
	for _, m := range rec.Set {
		out.Members = append(out.Members, m.String())
	}
	return out
}

// metaSigned + community + predecessor: what I signed. An honest signer signs one handover for each, ever.
const metaSigned = "signed/"

type signatureText struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	Sig    []byte
}

// readHandover checks a request against the community it names. Owner only.
func (r *room) readHandover(t handoverText) (identity.Certificate, acl.Recovery, error) {
	st := r.c.State(r.id)
	c, err := identity.ParseCertificate(t.Cert)
	if t.Community != r.id || err != nil || st == nil || !identity.VerifyCertificate(t.Cert) || c.Space != r.id {
		return c, acl.Recovery{}, fmt.Errorf("%w: request: it is of another community", ErrInvalid)
	}
	rec := st.Recovery()
	if t.Prev != rec.By {
		return c, rec, ErrHandoverStale
	}
	return c, rec, nil
}

// SignHandover says yes to a request, as one of the recovery set, and returns a text for who asked. A second one for the same turn of ownership is
// refused: two would let two owners stand in turn.
func (n *Node) SignHandover(ctx context.Context, community, request string) (string, Handover, error) {
	var t handoverText
	if err := decodeText(handoverPrefix, "request", request, &t); err != nil {
		return "", Handover{}, err
	}
	r, err := n.room(community)
	if err != nil {
		return "", Handover{}, err
	}
	if !n.seeded() {
		return "", Handover{}, ErrNotFirstDevice
	}
	m := r.memberKey()
	var out string
	var shown Handover
	var werr error
	err = r.ask(ctx, func() {
		var key string
		var statement []byte
		if shown, key, statement, werr = r.toSign(t); werr != nil {
			return
		}
		if werr = n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: key, Value: statement}}}); werr != nil {
			return // durable before anybody can have it
		}
		out, werr = encodeText(signaturePrefix, signatureText{Member: m.ID(), Sig: m.Sign(identity.LabelRotate, statement)})
	})
	return out, shown, errors.Join(err, werr)
}

// toSign says what my yes to a request would be, and where it is noted, unless I may not give it. Owner only.
func (r *room) toSign(t handoverText) (shown Handover, key string, statement []byte, err error) {
	c, rec, err := r.readHandover(t)
	if err != nil {
		return shown, "", nil, err
	}
	if !slices.Contains(rec.Set, r.fixed.Member) {
		return shown, "", nil, fmt.Errorf("%w: you are not of its recovery set", ErrInvalid)
	}
	statement = acl.Handover(r.id, t.Prev, c.Member, c.Device, t.Recovery)
	key = metaSigned + hexID(r.id) + "/" + hexID(t.Prev)
	old, ok, err := r.n.store.Meta(r.ctx, key)
	if err != nil {
		return shown, "", nil, fmt.Errorf("read what was signed: %w", err)
	}
	if ok && !bytes.Equal(old, statement) {
		return shown, "", nil, ErrSignedAnother
	}
	return r.handover(t, rec), key, statement, nil
}

// PreviewHandover says whose request it is that SignHandover would say yes to, and errs as that would. It signs nothing.
func (n *Node) PreviewHandover(ctx context.Context, community, request string) (shown Handover, err error) {
	var t handoverText
	if err := decodeText(handoverPrefix, "request", request, &t); err != nil {
		return shown, err
	}
	r, err := n.room(community)
	if err != nil {
		return shown, err
	}
	if !n.seeded() {
		return shown, ErrNotFirstDevice
	}
	var werr error
	err = r.ask(ctx, func() { shown, _, _, werr = r.toSign(t) })
	return shown, errors.Join(err, werr)
}

// RotateOwner makes me the owner by a request of mine and the signatures on it.
func (n *Node) RotateOwner(ctx context.Context, community, request string, signatures []string) (Community, error) {
	var t handoverText
	if err := decodeText(handoverPrefix, "request", request, &t); err != nil {
		return Community{}, err
	}
	r, err := n.room(community)
	if err != nil {
		return Community{}, err
	}
	var werr error
	if err := r.ask(ctx, func() {
		c, rec, err := r.readHandover(t)
		if err != nil {
			werr = err
			return
		}
		if c.Member != r.fixed.Member {
			werr = fmt.Errorf("%w: request: it is another member's; he hands it in himself", ErrInvalid)
			return
		}
		b := op.OwnerRotateBody{Prev: t.Prev, Cert: t.Cert, Recovery: t.Recovery, Sigs: []op.Signature{}}
		for _, text := range signatures {
			var s signatureText
			if err := decodeText(signaturePrefix, "signatures", text, &s); err != nil {
				werr = err
				return
			}
			if i := slices.Index(rec.Set, s.Member); i >= 0 && !slices.ContainsFunc(b.Sigs, func(x op.Signature) bool { return int(x.Index) == i }) {
				b.Sigs = append(b.Sigs, op.Signature{Index: uint8(i), Sig: s.Sig})
			}
		}
		slices.SortFunc(b.Sigs, func(x, y op.Signature) int { return int(x.Index) - int(y.Index) })
		if have := rec.Signed(r.id, b); have < rec.Need {
			werr = fmt.Errorf("%w: signatures: %d of the %d that are needed are good", ErrInvalid, have, rec.Need)
			return
		}
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Cap: r.id, Body: b})
		e.Events = append(e.Events, crdt.Event{Type: "community.changed", Space: r.id})
		werr = errors.Join(err, r.perform(e))
	}); err != nil || werr != nil {
		return Community{}, errors.Join(err, werr)
	}
	return r.community()
}

// Transfer hands a community on, as far as its owner alone can: without a recovery set the successor gets all rights, and the owner stays beside
// him. With one it takes the set's signatures, and ErrNeedsSignatures says so.
func (n *Node) Transfer(ctx context.Context, community, user string) (Member, error) {
	r, err := n.room(community)
	if err != nil {
		return Member{}, err
	}
	var werr error
	if err := r.ask(ctx, func() {
		st := r.c.State(r.id)
		switch {
		case st == nil || st.Owner != r.fixed.Member:
			werr = r.notOwner()
		case len(st.Recovery().Set) > 0:
			werr = ErrNeedsSignatures
		}
	}); err != nil || werr != nil {
		return Member{}, errors.Join(err, werr)
	}
	return n.SetRoles(ctx, community, user, []string{"admin"})
}

// notOwner says who owns the community. Owner only.
func (r *room) notOwner() *MissingRight {
	e := &MissingRight{Bit: own}
	if st := r.c.State(r.id); st != nil {
		e.Who = []string{st.Owner.String()}
	}
	return e
}
