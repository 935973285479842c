package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// A linked device goes where its person goes. The device that keeps the seed offers it, in a community where both are, the communities that came
// later, by the frames of a link (link.go): the code that a link needs is here that both are the same member's devices.

const (
	followProtocol = "/pandal/1/follow"
	followEvery    = 30 * time.Second // a device that could not be led is led again
	maxOffered     = 256              // communities in one offer
)

var errBusy = errors.New("another device is led, or leads, at this moment")

// leadDue leads my other devices that are connected, if it is time. Owner only.
func (r *room) leadDue(at time.Time) {
	if at.Sub(r.ledAt) < followEvery {
		return
	}
	r.ledAt = at
	for p := range r.peers {
		r.lead(p)
	}
}

// leadSoon is for when I have come into a community.
func (n *Node) leadSoon() {
	for _, r := range n.allRooms() {
		r.tell(func() { r.ledAt = time.Time{} })
	}
}

// lead offers a peer that is another device of mine what it is not in. Owner only.
func (r *room) lead(p peer.ID) {
	m, ok := r.peers[p]
	if !ok || m.user != r.fixed.Member || m.device == r.device.ID() || !r.n.seeded() || !r.c.Mine(r.id) {
		return
	}
	r.n.wg.Go(func() {
		if err := r.n.leadTo(r, p, ownDevice{Community: r.id, Device: m.device}); err != nil && !errors.Is(err, errBusy) {
			r.n.log.Info("a device of mine does not follow yet", "err", err)
		}
	})
}

// leadTo does lead's work, for one device at a time; the others' turn comes.
func (n *Node) leadTo(r *room, p peer.ID, d ownDevice) error {
	if !n.leading.TryLock() {
		return errBusy
	}
	defer n.leading.Unlock()
	recs, err := n.deviceRecords()
	if err != nil {
		return err
	}
	key, rec := d.Device.String(), deviceRecord{Name: "Linked device", At: n.now(), Devices: []ownDevice{d}}
	for k, x := range recs {
		if slices.Contains(x.Devices, d) {
			key, rec = k, x
		}
	}
	ctx, cancel := context.WithTimeout(r.ctx, joinTime)
	defer cancel()
	offer, rooms, err := n.spacesBeyond(ctx, rec.Devices)
	if err != nil || len(rooms) == 0 {
		return err
	}
	st, err := r.host().View().NewStream(network.WithAllowLimitedConn(ctx, "community"), p, followProtocol)
	if err != nil {
		return fmt.Errorf("lead a device: %w", err)
	}
	defer st.Close()
	s := newJoinStream(st)
	if err := s.send(offer); err != nil {
		return fmt.Errorf("lead a device: %w", err)
	}
	var c linkConsent
	if err := s.read(&c); err != nil {
		return fmt.Errorf("lead a device: %w", err)
	}
	for _, x := range c.Devices {
		to := rooms[x.ID]
		if to == nil {
			return errors.New("a key for a community that was not offered")
		}
		ops, err := to.addDevice(ctx, x)
		if err != nil {
			return err
		}
		if err := s.sendOps(ops); err != nil {
			return fmt.Errorf("send a community: %w", err)
		}
		rec.Devices = append(rec.Devices, ownDevice{Community: to.id, Device: x.Device})
	}
	return n.writeDevice(ctx, key, rec)
}

// spacesBeyond is what a device is offered: the communities that I am in and none of its keys is, unless there is no room for one more.
func (n *Node) spacesBeyond(ctx context.Context, keys []ownDevice) (linkOffer, map[op.ID]*room, error) {
	offer := linkOffer{Name: n.Me().DisplayName, Spaces: []linkSpace{}}
	rooms := map[op.ID]*room{}
	for _, r := range n.allRooms() {
		if err := r.ask(ctx, func() {
			if !r.rec.Joined || !r.c.Mine(r.id) {
				return
			}
			mine := r.c.State(r.id).Members.Of(r.fixed.Member).Devices
			if slices.ContainsFunc(mine, func(d identity.DeviceID) bool { return slices.Contains(keys, ownDevice{Community: r.id, Device: d}) }) || len(keys) > 0 && len(mine) >= maxDevices {
				return
			}
			offer.Spaces = append(offer.Spaces, linkSpace{ID: r.id, Member: r.fixed.Member, Device: r.device.ID(), JoinKey: r.fixed.JoinKey, Name: r.rec.Name, Peers: r.meetingPlaces()})
			rooms[r.id] = r
		}); err != nil {
			return offer, nil, err
		}
	}
	return offer, rooms, nil
}

// serveFollow goes where another device of mine leads, and keeps what comes. It is called by goroutines of the host.
func (r *room) serveFollow(st network.Stream) {
	mine, from := false, ownDevice{Community: r.id}
	if r.ask(r.ctx, func() {
		m, met := r.peers[st.Conn().RemotePeer()]
		from.Device = m.device
		mine = met && m.user == r.fixed.Member && m.device != r.device.ID()
	}) != nil || !mine || r.n.seeded() { // a device with the seed goes by itself
		st.Reset()
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, joinTime)
	defer cancel()
	if err := r.n.follow(ctx, newJoinStream(st), from); err != nil {
		r.n.log.Info("could not follow another device of mine", "err", err)
		st.Reset()
		return
	}
	st.Close()
}

func (n *Node) follow(ctx context.Context, s joinStream, from ownDevice) error {
	if !n.leading.TryLock() {
		return errBusy
	}
	defer n.leading.Unlock()
	var offer linkOffer
	if err := s.read(&offer); err != nil {
		return err
	}
	recs, places, err := n.comingTo(offer)
	if err != nil {
		return err
	}
	if err := n.keepLeader(ctx, offer, from); err != nil {
		return err
	}
	consent := linkConsent{Devices: []linkDevice{}}
	for _, rec := range recs {
		consent.Devices = append(consent.Devices, rec.consent())
	}
	if err := s.send(consent); err != nil {
		return err
	}
	for i, rec := range recs {
		ops, err := s.readOps()
		if err != nil {
			return err
		}
		if _, err := n.room(comID(rec.ID)); err == nil {
			continue // only its key was asked for
		}
		c, err := n.settleIn(ctx, rec, ops, nil, places[i])
		if err != nil {
			return err
		}
		delete(n.coming, rec.ID)
		if _, err := n.keepMore(ctx, func(r deviceRecord) bool { return r.This }, ownDevice{Community: rec.ID, Device: identity.DeviceKeyFromSeed(rec.Device).ID()}); err != nil {
			return err
		}
		if r, err := n.room(c.ID); err == nil {
			r.tell(func() { r.announceEvent("community.changed", r.id, eventRecord{Actor: r.fixed.Member.String()}) })
		}
	}
	return nil
}

// comingTo makes a key for each community that is offered and not held, the same until it is held; of one that is held it is the key there.
func (n *Node) comingTo(offer linkOffer) (recs []communityRecord, places [][][]byte, err error) {
	if len(offer.Spaces) > maxOffered {
		return nil, nil, fmt.Errorf("%w: %d communities at once", ErrInvalid, len(offer.Spaces))
	}
	for _, sp := range offer.Spaces {
		rec, ok := n.coming[sp.ID]
		if r, err := n.room(comID(sp.ID)); err == nil {
			rec, ok = r.fixed, true
		}
		if !ok {
			rec = newRecord(sp.ID, sp.Member, sp.JoinKey, sp.Name)
			n.coming[sp.ID] = rec
		}
		if rec.Member != sp.Member { // here I am somebody else there
			continue
		}
		recs, places = append(recs, rec), append(places, sp.Peers)
	}
	return recs, places, nil
}

// consent is the new device's half of its certificate.
func (rec communityRecord) consent() linkDevice {
	key := identity.DeviceKeyFromSeed(rec.Device)
	return linkDevice{ID: rec.ID, Device: key.ID(), Consent: key.Consent(identity.Certificate{Space: rec.ID, Member: rec.Member})}
}
