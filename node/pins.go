package node

import (
	"fmt"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// rechain tells what is stored of a device's chain in a space, so that what it wrote is held to its pins.
func (r *room) rechain(space op.ID, d identity.DeviceID) error {
	var links []crdt.Link
	for w, err := range r.n.store.WiresByDevice(r.ctx, space, d, 0) {
		if err != nil {
			return fmt.Errorf("read the chain of a device: %w", err)
		}
		if ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes); err == nil {
			if l, ok := crdt.LinkOf(ck); ok {
				links = append(links, l)
			}
		}
	}
	r.c.Rechain(space, d, links)
	return nil
}

// readTops makes sure that the pins of somebody who is about to be removed can name his last messages.
func (r *room) readTops(m identity.UserID) error {
	for _, s := range r.c.Spaces() {
		for _, d := range r.c.Log().DevicesOf(m) {
			if r.c.Topless(s, d) {
				if err := r.rechain(s, d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
