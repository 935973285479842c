package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Communities lists what this node belongs to, or did.
func (n *Node) Communities() []Community {
	out := []Community{}
	for _, r := range n.allRooms() {
		if c, err := r.community(); err == nil {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Community) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return out
}

// Community shows one.
func (n *Node) Community(id string) (Community, error) {
	r, err := n.room(id)
	if err != nil {
		return Community{}, err
	}
	return r.community()
}

// community is the room as the API shows it. A room that is still joining is not found.
func (r *room) community() (c Community, err error) {
	var places map[op.ID]Below
	e := r.ask(r.n.ctx, func() {
		st := r.c.State(r.id)
		g, ok := r.c.Genesis()
		if st == nil || !ok || !r.rec.Joined {
			err = fmt.Errorf("%w: no community %s", ErrNotFound, r.name())
			return
		}
		bits, in := st.Rights(r.fixed.Member)
		c = Community{ID: r.name(), Name: g.Name, Role: roleOf(st, r.fixed.Member), Permissions: bits.Names(), MemberCount: st.Members.Len(),
			GroupCount: len(st.Groups()), AnnouncementsID: grpID(r.id), MeID: r.fixed.Member.String(), DisplayName: r.rec.Name,
			Settings: r.allSettings(), CreatedAt: timeOf(r.c.Log().Op(r.id).Time), State: "active"}
		if !in {
			c.State, c.Permissions = "removed", []string{}
			if st.Left(r.fixed.Member) {
				c.State = "left"
			}
		} else if len(st.DeviceEndings(r.fixed.Member, r.device.ID())) > 0 {
			c.State, c.Permissions = "revoked", []string{}
		}
		if st.Parent != (op.ID{}) {
			c.ParentID = comID(st.Parent)
		}
		places = r.placesBelow(st)
		c.Name = r.title()
		if v, ok := st.Values["description"]; ok && utf8.Valid(v) {
			c.Description = string(v)
		}
		c.Archived = acl.Archived(st.Values[acl.RegArchived])
		seen := map[identity.UserID]bool{}
		for _, m := range r.peers {
			if _, ok := st.Members.Get(m.user); ok && !seen[m.user] {
				seen[m.user] = true
				c.Reachable++
			}
		}
		h := acl.Hash(map[op.ID]*acl.State{r.id: st})
		c.ETag = hex.EncodeToString(h[:8])
	})
	c.Below = r.n.below(places)
	return c, errors.Join(e, err)
}

// CreateCommunity founds one, with a group named General, and opens it to the network.
func (n *Node) CreateCommunity(ctx context.Context, q NewCommunity) (Community, error) {
	if err := checkName(q.Name); err != nil {
		return Community{}, err
	}
	if len(q.Description) > 4<<10 || !utf8.ValidString(q.Description) {
		return Community{}, fmt.Errorf("%w: description: at most 4096 bytes of UTF-8", ErrInvalid)
	}
	if !n.seeded() { // M would be anybody's to derive
		return Community{}, ErrNotFirstDevice
	}
	name, err := n.nameFor(q.DisplayName)
	if err != nil {
		return Community{}, err
	}
	var salt, join [32]byte
	rand.Read(salt[:])
	rand.Read(join[:])
	m := n.seed().Member(identity.OwnerSalt(salt))
	rec := newRecord(op.ID{}, m.ID(), join, name)
	g := op.GenesisBody{Name: q.Name, Salt: salt, JoinKey: join}
	var above [][]byte
	if q.ParentID != "" {
		parent, err := n.room(q.ParentID)
		if err != nil {
			return Community{}, err
		}
		if g.Under, above, err = parent.keepPlace(ctx, q.Name); err != nil {
			return Community{}, err
		}
		g.Parent, m, salt = parent.id, parent.memberKey(), parent.fixed.Salt
		rec.Member = m.ID()
	}
	c, e, err := crdt.Found(m, identity.DeviceKeyFromSeed(rec.Device), g, n.now(), above...)
	if err != nil {
		return Community{}, fmt.Errorf("found community: %w", err)
	}
	rec.ID, rec.Salt, rec.Joined = c.ID(), salt, true
	meta, err := rec.meta()
	if err != nil {
		return Community{}, err
	}
	r := n.newRoom(rec, c)
	r.face.Store(r.newFace())
	if err := r.found(e, meta, q.Description); err != nil {
		return Community{}, err
	}
	if err := r.start(); err != nil {
		return Community{}, err
	}
	n.addRoom(r)
	n.leadSoon()
	return r.community()
}

// found stores a new community before anything runs.
func (r *room) found(e crdt.Effects, meta store.Meta, description string) error {
	e.Publish = nil
	if err := r.perform(e, meta); err != nil {
		return err
	}
	if description != "" {
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.SetBody{Key: "description", Value: []byte(description)}})
		e.Publish = nil
		if err := errors.Join(err, r.perform(e)); err != nil {
			return err
		}
	}
	_, err := r.newGroup(NewGroup{Name: "General"})
	return err
}

// seeded reports whether this node keeps the person's seed; one that was linked to another does not.
func (n *Node) seeded() bool { return n.seed() != identity.Seed{} }

func (n *Node) seed() identity.Seed {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.me.Seed
}

// nameFor is the name to use in a community: the one given, else the person's own.
func (n *Node) nameFor(name string) (string, error) {
	if name == "" {
		name = n.Me().DisplayName
	}
	if name == "" {
		return "", fmt.Errorf("%w: display_name: say who you are", ErrInvalid)
	}
	return name, checkName(name)
}

// memberKey derives M again; it is never stored.
func (r *room) memberKey() identity.MemberKey {
	return memberFrom(r.n.seed(), r.top, r.fixed.Salt)
}

// LeaveCommunity ends my membership. The last owner cannot: the community would have nobody left above.
func (n *Node) LeaveCommunity(ctx context.Context, id string) error {
	r, err := n.room(id)
	if err != nil {
		return err
	}
	var werr error
	err = r.ask(ctx, func() {
		if st := r.c.State(r.id); st != nil && st.Owner == r.fixed.Member {
			werr = ErrLastOwner
			return
		}
		e, err := r.c.Leave(r.id, n.now())
		werr = errors.Join(r.perform(e), deniedAsNotMember(err))
	})
	return errors.Join(err, werr)
}

func deniedAsNotMember(err error) error {
	if errors.Is(err, acl.ErrDenied) {
		return ErrNotMember
	}
	return err
}

// ForgetCommunity deletes everything of a community on this node. Others are told nothing.
func (n *Node) ForgetCommunity(ctx context.Context, id string) error {
	r, err := n.room(id)
	if err != nil {
		return err
	}
	return n.forget(ctx, r)
}

func (n *Node) forget(ctx context.Context, r *room) error {
	var spaces, above [][32]byte
	if err := r.ask(ctx, func() {
		for _, s := range r.c.Spaces() {
			spaces = append(spaces, s)
		}
		for _, s := range r.c.Above() {
			above = append(above, s)
		}
	}); err != nil {
		return err
	}
	needed := n.neededBy(r) // logs that other communities here are judged by
	r.close()
	n.mu.Lock()
	delete(n.rooms, r.id)
	n.mu.Unlock()
	b := &store.Batch{Meta: []store.Meta{{Key: metaCommunity + hexID(r.id)}, {Key: metaNote + hexID(r.id)}, {Key: metaProfile + hexID(r.id)}, {Key: metaConsent + hexID(r.id)}}}
	for _, s := range spaces {
		b.Meta = append(b.Meta, store.Meta{Key: metaOwn + hexID(s)})
	}
	for _, prefix := range []string{metaPeer + hexID(r.id) + "/", metaInvite + hexID(r.id) + "/", metaVerified + hexID(r.id) + "/", metaDesk + hexID(r.id) + "/", metaKnock + hexID(r.id) + "/", metaGroup + hexID(r.id) + "/", metaBlocked + hexID(r.id) + "/", metaStar + hexID(r.id) + "/", metaUntold + hexID(r.id) + "/", metaDue + hexID(r.id) + "/"} {
		list, err := n.store.MetaPrefix(ctx, prefix)
		if err != nil {
			return fmt.Errorf("forget community: %w", err)
		}
		for _, m := range list {
			b.Meta = append(b.Meta, store.Meta{Key: m.Key})
		}
	}
	if err := n.commit(ctx, b); err != nil {
		return err
	}
	if err := n.store.DropTraces(ctx, store.Traces{Community: r.name(), Datastore: r.name()}); err != nil {
		return fmt.Errorf("forget community: %w", err)
	}
	for _, s := range append(spaces, above...) {
		drop := n.store.DropSpaces
		if needed[s] {
			if s != r.id { // another room's, or one above another room's
				continue
			}
			drop = n.store.DropMessages
		}
		if err := drop(ctx, s); err != nil {
			return fmt.Errorf("forget community: %w", err)
		}
	}
	return nil
}

// change runs f in the owner, where it may write; its effects are performed. What acl denies comes back as a MissingRight.
func (r *room) write(ctx context.Context, space op.ID, need op.Bits, f func() (crdt.Effects, error)) error {
	var werr error
	err := r.ask(ctx, func() {
		if !r.c.Mine(r.id) {
			werr = ErrNotMember
			return
		}
		e, err := f()
		perr := r.perform(e)
		if errors.Is(err, acl.ErrDenied) {
			err = r.missing(space, need)
		}
		werr = errors.Join(err, perr)
	})
	return errors.Join(err, werr)
}

// missing says which right is lacking and who has it.
func (r *room) missing(space op.ID, need op.Bits) *MissingRight {
	e := &MissingRight{}
	if names := need.Names(); len(names) > 0 {
		e.Bit = names[0]
	}
	if st := r.c.State(space); st != nil {
		for m := range st.Members.All() {
			if st.Can(m, need) == nil && len(e.Who) < 5 {
				e.Who = append(e.Who, m.String())
			}
		}
	}
	slices.Sort(e.Who)
	return e
}

// untilKey runs f until it does not lack a key to send with: one is on its way, or this node makes one.
func (r *room) untilKey(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		var err error
		var changed chan struct{}
		if e := r.ask(ctx, func() {
			if err = f(); errors.Is(err, crdt.ErrNoEpoch) {
				changed = r.change
				r.wantAgain()
			}
		}); e != nil {
			return e
		}
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("%w: no key to send with could be had", ErrNotConnected)
		}
	}
}
