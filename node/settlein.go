package node

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
)

// settleIn opens a community whose log was handed over to a device of a member, who may first have to write that it is one.
func (n *Node) settleIn(ctx context.Context, rec communityRecord, ops [][]byte, register func(*crdt.Community) (crdt.Effects, error), peers [][]byte) (Community, error) {
	checked, v := crdt.CheckOps(ops, abreast)
	if v != crdt.Good {
		return Community{}, fmt.Errorf("%w: an op of the community is %s", ErrInvalid, v)
	}
	rec.Joined = true
	meta, err := rec.meta()
	if err != nil {
		return Community{}, err
	}
	r := n.newRoom(rec, crdt.Blank(rec.ID, crdt.Self{Member: rec.Member, Device: identity.DeviceKeyFromSeed(rec.Device)}))
	r.face.Store(r.newFace())
	e := r.c.Apply(checked, nil, n.now())
	e.Publish, e.Want, e.Refold, e.Events = nil, nil, nil, nil
	if err := r.perform(e, meta); err != nil {
		return Community{}, err
	}
	if register != nil {
		e, err := register(r.c)
		e.Publish = nil // others get it when they are met
		if err := errors.Join(err, r.perform(e)); err != nil {
			return Community{}, err
		}
	}
	if !r.c.Mine(r.id) {
		return Community{}, fmt.Errorf("%w: the log that was handed over does not hold this device", ErrInvalid)
	}
	known := []store.Meta{}
	var dial []string
	for _, raw := range peers[:min(len(peers), 16)] {
		if a, err := ma.NewMultiaddrBytes(raw); err == nil {
			dial = append(dial, a.String())
		}
	}
	infos, _ := host.ParseAddrs(dial)
	for _, i := range infos {
		var b strings.Builder
		for _, a := range i.Addrs {
			b.WriteString(a.String() + "\n")
		}
		known = append(known, store.Meta{Key: metaPeer + hexID(r.id) + "/" + i.ID.String(), Value: []byte(b.String())})
	}
	if err := n.commit(ctx, &store.Batch{Meta: known}); err != nil {
		return Community{}, err
	}
	if err := r.start(); err != nil {
		return Community{}, err
	}
	n.addRoom(r)
	return r.community()
}
