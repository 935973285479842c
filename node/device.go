package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Device is one computer of the person's. It has another key in each community.
type Device struct {
	ID          string // dev_
	Name        string // as it is called here; empty where this node was not there when it came
	This        bool
	First       bool // this one keeps the seed, as far as this node can tell: known of this device only
	Communities []string
	AddedAt     time.Time
}

// metaDevice + id: what this node knows of a device of the person's.
const metaDevice = "device/"

type deviceRecord struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	At      op.Millis
	This    bool
	Devices []ownDevice
}

type ownDevice struct {
	_         struct{} `cbor:",toarray"`
	Community op.ID
	Device    identity.DeviceID
}

// keepDevice notes a device that was linked.
func (n *Node) keepDevice(ctx context.Context, rec deviceRecord) error {
	if len(rec.Devices) == 0 {
		return nil
	}
	return n.writeDevice(ctx, rec.Devices[0].Device.String(), rec)
}

func (n *Node) writeDevice(ctx context.Context, id string, rec deviceRecord) error {
	raw, err := op.Encode(rec)
	if err != nil {
		return fmt.Errorf("encode device: %w", err)
	}
	return n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaDevice + id, Value: raw}}})
}

// keepMore notes further keys of a device that is known, and reports whether it is.
func (n *Node) keepMore(ctx context.Context, is func(deviceRecord) bool, more ...ownDevice) (bool, error) {
	recs, err := n.deviceRecords()
	if err != nil {
		return false, err
	}
	for id, rec := range recs {
		if !is(rec) {
			continue
		}
		for _, d := range more {
			if !slices.Contains(rec.Devices, d) {
				rec.Devices = append(rec.Devices, d)
			}
		}
		return true, n.writeDevice(ctx, id, rec)
	}
	return false, nil
}

// keepLeader notes which keys are those of the device that offers, so that it is one here too; also by a key it was met with.
func (n *Node) keepLeader(ctx context.Context, o linkOffer, met ...ownDevice) error {
	rec := deviceRecord{At: n.now(), Devices: append([]ownDevice{}, met...)}
	for _, sp := range o.Spaces {
		rec.Devices = append(rec.Devices, ownDevice{Community: sp.ID, Device: sp.Device})
	}
	known, err := n.keepMore(ctx, func(r deviceRecord) bool {
		return !r.This && slices.ContainsFunc(rec.Devices, func(d ownDevice) bool { return slices.Contains(r.Devices, d) })
	}, rec.Devices...)
	if err != nil || known {
		return err
	}
	return n.keepDevice(ctx, rec)
}

func (n *Node) deviceRecords() (map[string]deviceRecord, error) {
	list, err := n.store.MetaPrefix(n.ctx, metaDevice)
	if err != nil {
		return nil, fmt.Errorf("read devices: %w", err)
	}
	out := map[string]deviceRecord{}
	for _, m := range list {
		var rec deviceRecord
		if op.Decode(m.Value, &rec) == nil {
			out[strings.TrimPrefix(m.Key, metaDevice)] = rec
		}
	}
	return out, nil
}

// Devices lists the person's devices, this one first: those that some community counts as his.
func (n *Node) Devices() ([]Device, error) {
	recs, err := n.deviceRecords()
	if err != nil {
		return nil, err
	}
	of := map[ownDevice]string{} // which record a key belongs to
	for id, rec := range recs {
		for _, d := range rec.Devices {
			of[ownDevice{Community: d.Community, Device: d.Device}] = id
		}
	}
	this := Device{Name: "This device", This: true, First: n.seeded()}
	by := map[string]*Device{}
	for _, r := range n.allRooms() {
		if err := r.ask(n.ctx, func() {
			st := r.c.State(r.id)
			if st == nil {
				return
			}
			for _, d := range st.Members.Of(r.fixed.Member).Devices {
				at := time.Time{}
				if t, ok := r.c.Log().RegisteredAt(d); ok {
					at = timeOf(t)
				}
				if d == r.device.ID() {
					this.Communities = append(this.Communities, r.name())
					if this.ID == "" || at.Before(this.AddedAt) {
						this.ID, this.AddedAt = d.String(), at
					}
					continue
				}
				id, known := of[ownDevice{Community: r.id, Device: d}]
				if !known {
					id = d.String()
				}
				x := by[id]
				if x == nil {
					x = &Device{ID: id, Name: recs[id].Name, AddedAt: at}
					by[id] = x
				}
				x.Communities = append(x.Communities, r.name())
			}
		}); err != nil {
			return nil, err
		}
	}
	for _, rec := range recs {
		if rec.This {
			this.Name = rec.Name
		}
	}
	out := []Device{}
	for _, d := range by {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Device) int { return b.AddedAt.Compare(a.AddedAt) })
	if this.ID != "" {
		out = append([]Device{this}, out...)
	}
	return out, nil
}

// Device shows one.
func (n *Node) Device(id string) (Device, error) {
	all, err := n.Devices()
	if err != nil {
		return Device{}, err
	}
	for _, d := range all {
		if d.ID == id {
			return d, nil
		}
	}
	return Device{}, fmt.Errorf("%w: no device %s", ErrNotFound, id)
}

// NameDevice calls a device something, on this node.
func (n *Node) NameDevice(ctx context.Context, id, name string) (Device, error) {
	if err := checkName(name); err != nil {
		return Device{}, err
	}
	d, err := n.Device(id)
	if err != nil {
		return d, err
	}
	rec := deviceRecord{Name: name, At: op.Millis(d.AddedAt.UnixMilli()), This: d.This, Devices: []ownDevice{}}
	keys, err := n.keysOf(d)
	if err != nil {
		return d, err
	}
	for r, k := range keys {
		rec.Devices = append(rec.Devices, ownDevice{Community: r.id, Device: k})
	}
	slices.SortFunc(rec.Devices, func(a, b ownDevice) int { return bytesCompare(a.Community, b.Community) })
	raw, err := op.Encode(rec)
	if err != nil {
		return d, fmt.Errorf("encode device: %w", err)
	}
	b := &store.Batch{Meta: []store.Meta{{Key: metaDevice + id, Value: raw}}}
	if d.This { // it goes by another id once it has left the first of its communities
		recs, err := n.deviceRecords()
		if err != nil {
			return d, err
		}
		for old, r := range recs {
			if r.This && old != id {
				b.Meta = append(b.Meta, store.Meta{Key: metaDevice + old})
			}
		}
	}
	if err := n.commit(ctx, b); err != nil {
		return d, err
	}
	return n.Device(id)
}

// keysOf finds a device's key in each community.
func (n *Node) keysOf(d Device) (map[*room]identity.DeviceID, error) {
	recs, err := n.deviceRecords()
	if err != nil {
		return nil, err
	}
	out := map[*room]identity.DeviceID{}
	for _, r := range n.allRooms() {
		if err := r.ask(n.ctx, func() {
			st := r.c.State(r.id)
			if st == nil {
				return
			}
			for _, k := range st.Members.Of(r.fixed.Member).Devices {
				if d.This && k == r.device.ID() || !d.This && (k.String() == d.ID || slices.Contains(recs[d.ID].Devices, ownDevice{Community: r.id, Device: k})) {
					out[r] = k
				}
			}
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RevokeDevice shuts a device out of every community: what it writes from now on counts nowhere, it gets no later key, and what it had written
// stands as far as anybody had seen it. words are needed where this node does not keep the seed. cut are acts of the person's that fell with
// it, by community, for Reissue.
func (n *Node) RevokeDevice(ctx context.Context, id, words string) (cut map[string][]string, err error) {
	d, err := n.Device(id)
	if err != nil {
		return nil, err
	}
	if d.This {
		return nil, fmt.Errorf("%w: a device is revoked from another one", ErrInvalid)
	}
	seed := n.seed()
	if words != "" {
		if seed, err = identity.ParseWords(words); err != nil {
			return nil, fmt.Errorf("%w: words: %w", ErrInvalid, err)
		}
	} else if !n.seeded() {
		return nil, ErrNotFirstDevice
	}
	keys, err := n.keysOf(d)
	if err != nil {
		return nil, err
	}
	cut = map[string][]string{}
	for r, k := range keys {
		m, ok := r.memberKeyOf(seed)
		if !ok {
			return cut, fmt.Errorf("%w: words: they are another person's", ErrInvalid)
		}
		var werr error
		if err := r.ask(ctx, func() {
			if werr = r.readTops(r.fixed.Member); werr != nil {
				return
			}
			e, ids, err := r.c.RevokeDevice(m, k, n.now())
			e.Events = append(e.Events, crdt.Event{Type: "device.revoked", Space: r.id, Member: r.fixed.Member})
			werr = errors.Join(err, r.perform(e))
			for _, id := range ids {
				if o := r.c.Log().Op(id); o.Kind() != op.DeviceRevoke && o.Kind() != op.DeviceAdd {
					cut[r.name()] = append(cut[r.name()], hexID(id))
				}
			}
		}); err != nil {
			return cut, err
		}
		if werr != nil {
			return cut, werr
		}
	}
	return cut, n.commit(ctx, &store.Batch{Meta: []store.Meta{{Key: metaDevice + id}}})
}

// memberKeyOf derives M from a seed, and says whether it is mine here.
func (r *room) memberKeyOf(seed identity.Seed) (identity.MemberKey, bool) {
	if m := seed.Member(r.top); m.ID() == r.fixed.Member {
		return m, true
	}
	var salt [32]byte
	if r.ask(r.n.ctx, func() {
		_, g, _ := r.c.Top()
		salt = g.Salt
	}) != nil {
		return identity.MemberKey{}, false
	}
	m := seed.Member(identity.OwnerSalt(salt))
	return m, m.ID() == r.fixed.Member
}
