package crdttest

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// A community under another is a World of its own: other peers with other devices, on a network of their own. What its people hear of the community
// above they hear as a node does that is in both: from themselves.

// at plays a line, which ends with "at NAME", in the community of that name below.
func (w *World) at(name string, l line) string {
	b := w.below[name]
	if b == nil {
		w.T.Fatalf("no community below is called %s", name)
	}
	delete(l.with, "at")
	b.Now = w.Now
	b.hearAbove()
	return b.line(l)
}

// foundBelow founds a community at the place it is given, which is made first.
func (w *World) foundBelow(p *Peer, l line) error {
	name := l.arg(0)
	e, ids, err := p.C.Author(p.now(), crdt.Draft{Space: w.Community, Body: op.CreateGroupBody{Name: name, WhoPosts: op.Place}})
	p.perform(e)
	if err != nil {
		return err
	}
	w.label(l, ids[0])
	b := NewWorld(w.T)
	b.Now, b.up, b.labels, b.people = w.Now, w, w.labels, w.people
	q := b.newPeer(p.Name, p.Person, p.key)
	g := op.GenesisBody{Name: name, Salt: seed("salt", name), JoinKey: seed("join", name), Parent: w.Community, Under: ids[0]}
	if set := l.with["by"]; set != "" {
		g.Recovery = keepers(set)
	}
	c, e, err := crdt.Found(q.key, q.dev, g, b.Now, p.C.OpsFrom()...)
	if err != nil {
		return err
	}
	q.C, b.Community = c, c.ID()
	b.spaces[name] = c.ID()
	q.perform(e)
	if w.below == nil {
		w.below = map[string]*World{}
	}
	w.below[name] = b
	return nil
}

// hearAbove hands every peer what the node of its own person above has of the logs that are judged with this one.
func (w *World) hearAbove() {
	if w.up == nil {
		return
	}
	w.up.hearAbove()
	for _, p := range w.Peers {
		above := p.C.Above()
		for _, q := range w.up.Peers {
			if p.Person != q.Person {
				continue
			}
			var in []crdt.Checked
			for _, o := range q.ops {
				if slices.Contains(above, o.Home()) && !p.C.Log().Has(o.ID()) {
					in = append(in, w.check(o))
				}
			}
			if len(in) > 0 {
				p.apply(in)
			}
		}
	}
	w.Settle()
}

// keyOf is somebody's member key: one in the whole tree.
func (w *World) keyOf(name string) identity.MemberKey {
	if k, known := w.people[name]; known {
		return k
	}
	top := w
	for top.up != nil {
		top = top.up
	}
	return identity.Seed(seed("person", name)).Member(top.Community)
}
