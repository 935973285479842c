package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// The restore stream: somebody who has his words and any link of a community, an expired one too, proves to a member that he is M, and gets the
// log. He then registers a new device himself, since M signs that.
const restoreProtocol = "/pandal/1/restore"

type (
	restoreTerms struct {
		_     struct{} `cbor:",toarray"`
		Salt  [32]byte // of the Genesis: the owner's M derives from it
		Nonce [32]byte
	}
	restoreProof struct {
		_      struct{}      `cbor:",toarray"`
		Proofs []memberProof // of both keys that the words may give here
	}
	memberProof struct {
		_      struct{} `cbor:",toarray"`
		Member identity.UserID
		Sig    []byte
	}
)

// restoreSigned is what M signs: this meeting and no other.
func restoreSigned(community op.ID, nonce [32]byte, member, asker peer.ID) []byte {
	b := append(append([]byte{}, community[:]...), nonce[:]...)
	for _, p := range []peer.ID{member, asker} {
		h := identity.LabelRestore.Hash([]byte(p))
		b = append(b, h[:]...)
	}
	return b
}

// serveRestore gives the log to whoever proves to be a member.
func (r *room) serveRestore(st network.Stream) {
	defer st.Close()
	s := newJoinStream(st)
	terms := restoreTerms{}
	rand.Read(terms.Nonce[:])
	if r.ask(r.ctx, func() {
		_, g, _ := r.c.Top()
		terms.Salt = g.Salt
	}) != nil || s.send(terms) != nil {
		return
	}
	var proof restoreProof
	if s.read(&proof) != nil || len(proof.Proofs) > 2 {
		return
	}
	signed := restoreSigned(r.id, terms.Nonce, r.host().ID(), st.Conn().RemotePeer())
	var ops [][]byte
	if r.ask(r.ctx, func() {
		for _, p := range proof.Proofs {
			if _, in := r.c.State(r.id).Members.Get(p.Member); in && r.c.Mine(r.id) && identity.Verify(p.Member, p.Sig, identity.LabelRestore, signed) {
				ops = r.opsBeyond(r.id, nil)
				return
			}
		}
	}) != nil {
		return
	}
	if ops == nil {
		s.send(joinWelcome{Code: "not_member", Ops: [][]byte{}, Done: true})
		return
	}
	s.sendOps(ops)
}

// Restore brings a person back from his words into the community that a link leads to, an expired link too: this computer becomes a new device
// of his. The words know no community, so each needs a link. It errs with ErrNotMember when the words are nobody's there.
func (n *Node) Restore(ctx context.Context, words, link string) (Community, error) {
	seed, err := identity.ParseWords(words)
	if err != nil {
		return Community{}, fmt.Errorf("%w: words: %w", ErrInvalid, err)
	}
	l, err := parseLink(link)
	if err != nil {
		return Community{}, err
	}
	if n.seed() != seed && len(n.allRooms()) > 0 {
		return Community{}, fmt.Errorf("%w: this node is somebody else; restore into one that is new", ErrInvalid)
	}
	if _, err := n.room(comID(l.Community)); err == nil {
		return Community{}, ErrAlreadyMember
	}
	if err := n.offline(); err != nil {
		return Community{}, err
	}
	// A room for the meeting alone: who I am there is known once a member has told the salt.
	meet := newRecord(l.Community, seed.Member(cmp.Or(l.Top, l.Community)).ID(), l.JoinKey, "")
	meet.Link = strings.TrimSpace(link)
	r := n.newRoom(meet, crdt.Blank(l.Community, crdt.Self{Member: meet.Member, Device: identity.DeviceKeyFromSeed(meet.Device)}))
	if err := r.start(); err != nil {
		return Community{}, err
	}
	got, err := r.restored(ctx, seed)
	r.close()
	if err != nil {
		return Community{}, err
	}
	me := selfRecord{Seed: seed, Name: n.Me().DisplayName}
	if err := n.saveMe(ctx, me); err != nil {
		return Community{}, err
	}
	n.mu.Lock()
	n.me = me
	n.mu.Unlock()
	rec := newRecord(l.Community, got.m.ID(), l.JoinKey, me.Name)
	rec.Salt, rec.Link = got.salt, meet.Link
	key := identity.DeviceKeyFromSeed(rec.Device)
	return n.settleIn(ctx, rec, got.ops, func(c *crdt.Community) (crdt.Effects, error) {
		return c.AddDevice(got.m, got.m.Certify(identity.Certificate{Space: l.Community}, key), n.now())
	}, got.peers)
}

// retrieved is what a member gave to somebody who restores.
type retrieved struct {
	m     identity.MemberKey
	salt  [32]byte // where M is the owner's
	ops   [][]byte
	peers [][]byte
}

// restored asks everybody it can reach until one gives the log, or all who answered say that he is nobody there.
func (r *room) restored(ctx context.Context, seed identity.Seed) (retrieved, error) {
	l, err := r.link()
	if err != nil {
		return retrieved{}, err
	}
	var dial []string
	for _, a := range l.Addrs {
		if x, err := ma.NewMultiaddrBytes(a); err == nil {
			dial = append(dial, x.String())
		}
	}
	infos, _ := host.ParseAddrs(dial)
	last := error(ErrNotConnected)
	for {
		for _, i := range infos {
			c, cancel := context.WithTimeout(ctx, 5*time.Second)
			if _, err := r.host().Connect(c, i); err != nil {
				r.n.log.Debug("dial for restoring failed", "err", err)
			}
			cancel()
		}
		for _, p := range r.host().Peers() {
			got, err := r.restoreFrom(ctx, p, seed)
			if err == nil {
				return got, nil
			}
			if errors.Is(err, ErrNotMember) {
				last = err
			}
			r.n.log.Debug("restoring from a peer failed", "err", err)
		}
		if errors.Is(last, ErrNotMember) {
			return retrieved{}, last
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return retrieved{}, last
		}
	}
}

func (r *room) restoreFrom(ctx context.Context, p host.Peer, seed identity.Seed) (got retrieved, err error) {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	st, err := r.host().NewStream(ctx, p.ID, restoreProtocol)
	if err != nil {
		return got, fmt.Errorf("ask to be restored: %w", err)
	}
	defer st.Close()
	stop := context.AfterFunc(ctx, func() { st.Reset() })
	defer stop()
	s := newJoinStream(st)
	var terms restoreTerms
	if err := s.read(&terms); err != nil {
		return got, fmt.Errorf("ask to be restored: %w", err)
	}
	signed := restoreSigned(r.id, terms.Nonce, p.ID, r.host().ID())
	plain, owner := seed.Member(r.top), seed.Member(identity.OwnerSalt(terms.Salt))
	proof := restoreProof{}
	for _, m := range []identity.MemberKey{plain, owner} {
		proof.Proofs = append(proof.Proofs, memberProof{Member: m.ID(), Sig: m.Sign(identity.LabelRestore, signed)})
	}
	if err := s.send(proof); err != nil {
		return got, fmt.Errorf("ask to be restored: %w", err)
	}
	if got.ops, err = s.readOps(); err != nil {
		return got, err
	}
	// Which of the two I am, the log says; settleIn finds out whether it is a true one.
	c := crdt.Blank(r.id, crdt.Self{Member: plain.ID(), Device: r.device})
	in, v := crdt.CheckOps(got.ops, abreast)
	if v != crdt.Good {
		return got, fmt.Errorf("%w: an op of the community is %s", ErrInvalid, v)
	}
	c.Apply(in, nil, r.n.now())
	state := c.State(r.id)
	if state == nil {
		return got, ErrNotMember
	}
	got.m = plain
	if _, ok := state.Members.Get(plain.ID()); !ok {
		if _, ok := state.Members.Get(owner.ID()); !ok {
			return got, ErrNotMember
		}
		got.m, got.salt = owner, terms.Salt
	}
	for _, a := range p.Addrs {
		infos, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: p.ID, Addrs: []ma.Multiaddr{a}})
		if err == nil && len(infos) == 1 {
			got.peers = append(got.peers, infos[0].Bytes())
		}
	}
	return got, nil
}

// copied is called when something turns up that this very device wrote, and not here: the data directory was copied, or put back to an older
// state. Two that write with one key would tear its chain, so this one goes on with a new key. Owner only; it returns before that is done.
func (r *room) copied() {
	if r.moving {
		return
	}
	r.moving = true
	detail := "This data directory was copied, or put back to an older state: another node writes with the same device key. "
	if !r.n.seeded() {
		r.announceEvent("node.warning", r.id, eventRecord{Detail: map[string]string{"code": "device_copied", "detail": detail + "Link this device anew: it does not keep the seed and cannot make itself a new key."}})
		return
	}
	r.n.beginAnew(r.id) // before anybody is told: who asks then is answered by the room that comes
	r.announceEvent("node.warning", r.id, eventRecord{Detail: map[string]string{"code": "device_copied", "detail": detail +
		"This one now has a key of its own. If you made the copy, nothing is wrong; if not, somebody has your data: revoke the devices that you do not know."}})
	r.n.wg.Go(func() { // ends when the room runs anew, or the node ends
		defer r.n.endAnew(r.id)
		if err := r.n.moveOn(r); err != nil && !errors.Is(err, ErrClosed) {
			r.n.log.Error("a copied device could not get a new key", "err", err)
		}
	})
}

// moveOn gives this node a new device key in a community and opens it again.
func (n *Node) moveOn(r *room) error {
	m := r.memberKey()
	fresh := newRecord(r.id, r.fixed.Member, r.fixed.JoinKey, r.fixed.Name)
	key := identity.DeviceKeyFromSeed(fresh.Device)
	var rec communityRecord
	var spaces []op.ID
	var werr error
	if err := r.ask(n.ctx, func() {
		e, err := r.c.AddDevice(m, m.Certify(identity.Certificate{Space: r.id}, key), n.now())
		if werr = errors.Join(err, r.perform(e)); werr != nil {
			return
		}
		rec, spaces = r.rec, slices.Clone(r.c.Spaces())
	}); err != nil || werr != nil {
		return errors.Join(err, werr)
	}
	rec.Device, rec.Host, rec.Listen = fresh.Device, fresh.Host, []string{}
	meta, err := rec.meta()
	if err != nil {
		return err
	}
	b := &store.Batch{Meta: []store.Meta{meta}}
	for _, s := range spaces { // the new device's chains begin at 1
		b.Meta = append(b.Meta, store.Meta{Key: metaOwn + hexID(s)})
	}
	if err := n.commit(n.ctx, b); err != nil {
		return err
	}
	r.close()
	again, err := n.openRoom(n.ctx, rec)
	if err != nil {
		return fmt.Errorf("open the community again: %w", err)
	}
	n.addRoom(again)
	return nil
}

// Words returns the 24 words that the person is restored from. Secret. It errs with ErrNotFirstDevice where they are not kept.
func (n *Node) Words() (string, error) {
	if !n.seeded() {
		return "", ErrNotFirstDevice
	}
	return n.seed().Words(), nil
}

const metaWordsConfirmed = "words/confirmed"

// ConfirmWords notes that the person has written the words down: he types all of them back.
func (n *Node) ConfirmWords(ctx context.Context, words string) error {
	seed, err := identity.ParseWords(words)
	if err != nil || seed != n.seed() {
		return fmt.Errorf("%w: words: these are not yours; look at each word and their order", ErrInvalid)
	}
	if err := n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaWordsConfirmed, Value: []byte{1}}}}); err != nil {
		return err
	}
	return nil
}

// Sealed says whether the store opens only with a passphrase.
func (n *Node) Sealed() bool { return n.store.Wrapped() }

// Hold keeps a data directory to this process while no node is open in it. It errs with ErrInUse.
func Hold(dir string) (io.Closer, error) { return store.Hold(dir) }

// Sealed says whether a data directory holds a store that opens only with a passphrase. One that cannot be read does not.
func Sealed(dir string) bool { return store.Sealed(dir) }

// ChangePassphrase seals the store's key under another passphrase; an empty one leaves it bare. It errs with ErrPassphrase when old is wrong.
func (n *Node) ChangePassphrase(old, fresh []byte) error { return n.store.ChangePassphrase(old, fresh) }
