package crdttest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// World is one community as all its members' nodes have it.
type World struct {
	T         testing.TB
	Now       op.Millis
	Community op.ID
	Peers     []*Peer // in the order in which they came
	spaces    map[string]op.ID
	labels    map[string]op.ID // ops by the name the script gives them
	invites   map[op.ID]identity.InviteKey
	part      map[*Peer]int // peers of one number hear each other
	checked   map[op.ID]crdt.Checked
	people    map[string]identity.MemberKey
	up        *World            // of a community under another
	below     map[string]*World // by name
}

// Peer is one device's node. Everything it is handed goes through Check and Apply, as on a real one.
type Peer struct {
	Name   string // of a second device: asha.phone
	Person string
	C      *crdt.Community
	w      *World
	key    identity.MemberKey
	dev    identity.DeviceKey
	rows   map[op.ID]content.Rows
	ops    []*op.Op
	wires  []crdt.StoredWire
	has    map[[32]byte]bool
	kept   map[op.ID]*crdt.Kept // secrets and own chains
	due    []crdt.Refold        // stored with what made them due, until they are done
	skew   op.Millis            // how wrong its clock is
	crash  int                  // how far the next effects are performed before it falls over
	Events []crdt.Event
}

// Where a node falls over.
const (
	crashNot    = iota
	crashBefore // nothing is stored
	crashAfter  // everything is stored, and nothing else happens
)

// now is what the peer's clock says.
func (p *Peer) now() op.Millis { return p.w.Now + p.skew }

func (p *Peer) keep(space op.ID) *crdt.Kept {
	k := p.kept[space]
	if k == nil {
		k = &crdt.Kept{Space: space, Secrets: map[op.ID]epoch.Secret{}}
		p.kept[space] = k
	}
	return k
}

// NewWorld returns a world without a community.
func NewWorld(t testing.TB) *World {
	return &World{T: t, Now: 1_790_000_000_000, spaces: map[string]op.ID{}, labels: map[string]op.ID{}, invites: map[op.ID]identity.InviteKey{},
		part: map[*Peer]int{}, checked: map[op.ID]crdt.Checked{}, people: map[string]identity.MemberKey{}}
}

func seed(parts ...string) (s [32]byte) { return sha256.Sum256([]byte(fmt.Sprintf("%q", parts))) }

// deviceSeed: somebody has another device in each community.
func (w *World) deviceSeed(name string) [32]byte {
	if w.up == nil {
		return seed("device", name)
	}
	return seed("device", name, w.up.Community.String())
}

// Peer returns a peer by name, nil if there is none.
func (w *World) Peer(name string) *Peer {
	for _, p := range w.Peers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (w *World) newPeer(name, person string, key identity.MemberKey) *Peer {
	p := &Peer{Name: name, Person: person, w: w, key: key, dev: identity.DeviceKeyFromSeed(w.deviceSeed(name)), rows: map[op.ID]content.Rows{}, has: map[[32]byte]bool{}, kept: map[op.ID]*crdt.Kept{}}
	w.people[person] = key
	w.Peers = append(w.Peers, p)
	return p
}

// newcomer is a peer that knows the community's id and nothing else.
func (w *World) newcomer(name string) *Peer {
	p := w.newPeer(name, name, w.keyOf(name))
	p.C = crdt.Blank(w.Community, crdt.Self{Member: p.key.ID(), Device: p.dev})
	return p
}

// ID is the peer's person.
func (p *Peer) ID() identity.UserID { return p.key.ID() }

// perform does what a node does with effects, or a part of it.
func (p *Peer) perform(e crdt.Effects) {
	crash := p.crash
	if p.crash = crashNot; crash == crashBefore {
		p.restart()
		return
	}
	p.store(e)
	if crash == crashAfter {
		p.restart()
		return
	}
	p.Events = append(p.Events, e.Events...)
	p.catchUp()
}

// catchUp folds again what is due.
func (p *Peer) catchUp() {
	for len(p.due) > 0 {
		r := p.due[0]
		p.due = p.due[1:]
		p.refold(r)
	}
}

// store is one transaction.
func (p *Peer) store(e crdt.Effects) {
	for space, rows := range e.Store.Rows {
		if p.rows[space] == nil {
			p.rows[space] = content.Rows{}
		}
		for _, r := range rows {
			if r.Value == nil {
				delete(p.rows[space], r.Key)
			} else {
				p.rows[space][r.Key] = r
			}
		}
	}
	for _, o := range e.Store.Ops {
		p.ops = append(p.ops, p.C.Log().Op(o.ID))
	}
	for _, w := range e.Store.Wires {
		if !p.has[w.ID] {
			p.has[w.ID] = true
			p.wires = append(p.wires, w)
		}
	}
	for _, s := range e.Store.Secrets {
		p.keep(s.Space).Secrets[s.Epoch] = s.Secret
	}
	for _, c := range e.Store.Chains {
		p.keep(c.Space).Own = c
	}
	for space, list := range e.Store.Aside {
		p.keep(space).Aside = list
	}
	p.due = append(p.due, e.Refold...)
}

// refold folds again the rows that the named messages touch, from all messages.
func (p *Peer) refold(r crdt.Refold) {
	var msgs []crdt.Checked
	var keys []content.RowKey
	links := map[identity.DeviceID][]crdt.Link{}
	for _, w := range p.wires {
		ck, err := crdt.Stored(p.C.Snapshot(), w.Bytes)
		if err != nil || ck.Space() != r.Space {
			continue
		}
		d, _ := ck.Device()
		id, _ := ck.Wire()
		l, _ := crdt.LinkOf(ck)
		links[d] = append(links[d], l)
		msgs = append(msgs, ck)
		if slices.Contains(r.Devices, d) || slices.Contains(r.Wires, id) {
			keys = append(keys, p.C.Touched(ck)...)
		}
	}
	for _, ck := range msgs {
		for _, k := range r.Rows {
			if t := p.C.Touched(ck); slices.Contains(t, k) {
				keys = append(keys, t...)
			}
		}
	}
	for d, ls := range links {
		if slices.Contains(r.Devices, d) && p.C.Pinned(r.Space, d) || p.C.Untold(r.Space, d) {
			p.C.Rechain(r.Space, d, ls)
		}
	}
	p.store(crdt.Effects{Store: p.C.Refolded(r.Space, keys, msgs, p.rows[r.Space], p.now())})
}

func (p *Peer) apply(in []crdt.Checked) {
	rows := crdt.Rows{}
	for space, keys := range p.C.TouchedBy(in) {
		rows[space] = content.Rows{}
		for _, k := range keys {
			if r, ok := p.rows[space][k]; ok {
				rows[space][k] = r
			}
		}
	}
	p.perform(p.C.Apply(in, rows, p.now()))
}

// check verifies an op once for the whole world.
func (w *World) check(o *op.Op) crdt.Checked {
	ck, ok := w.checked[o.ID()]
	if !ok {
		var v crdt.Verdict
		if ck, v = crdt.CheckOp(o.Raw()); v != crdt.Good {
			w.T.Fatalf("an op that does not verify: %v", v)
		}
		w.checked[o.ID()] = ck
	}
	return ck
}

// hear hands p what from has and p lacks: ops, keys that p may have, and what they open. It reports whether there was anything.
func (p *Peer) hear(from *Peer) bool {
	var in []crdt.Checked
	for _, o := range from.ops {
		if !p.C.Log().Has(o.ID()) {
			in = append(in, p.w.check(o))
		}
	}
	had := len(p.ops)
	if len(in) > 0 {
		p.apply(in)
	}
	news := len(p.ops) > had
	for _, s := range p.C.Spaces() {
		news = p.ask(from, s) || news
	}
	for _, w := range from.wires {
		if p.has[w.ID] {
			continue
		}
		if ck, v := crdt.Check(p.C.Snapshot(), w.Bytes, p.now()); v == crdt.Good || v == crdt.UnknownAuthor {
			p.apply([]crdt.Checked{ck})
			news = news || p.has[w.ID]
		}
	}
	return news
}

// ask asks another peer for the secrets of epochs that p lacks, whether or not p is in.
func (p *Peer) ask(from *Peer, space op.ID) bool {
	want := p.C.Lacking(space)
	if len(want) == 0 {
		return false
	}
	got := from.C.Entitled(space, p.dev.ID(), want)
	if len(got) == 0 {
		return false
	}
	for id := range got {
		from.C.Handed(space, id, from.now())
	}
	before := len(p.keep(space).Secrets)
	p.perform(p.C.Hold(space, got, p.now()))
	return len(p.keep(space).Secrets) > before
}

func (w *World) connected(a, b *Peer) bool { return a != b && w.part[a] == w.part[b] }

// Settle lets everybody who is connected tell each other everything, and rotate where a space needs it, until there is no news.
func (w *World) Settle() {
	for range 50 {
		news := false
		for _, p := range w.Peers {
			for _, q := range w.Peers {
				if w.connected(p, q) {
					news = p.hear(q) || news
				}
			}
		}
		if !news && !w.rotate() {
			return
		}
	}
	w.T.Fatal("no end of news")
}

// rotate lets one peer rotate one space that needs it, as whoever comes first would.
func (w *World) rotate() bool {
	for _, p := range w.Peers {
		for _, s := range p.C.Spaces() {
			if _, due, _ := p.C.RotationDue(s, p.now()); !due {
				continue
			}
			e, err := p.C.Rotate(s, "due", p.now())
			if err != nil {
				w.T.Fatalf("%s rotates: %v", p.Name, err)
			}
			p.perform(e)
			alone := !slices.ContainsFunc(w.Peers, func(q *Peer) bool { return w.connected(p, q) && q.C.Mine(s) })
			for _, k := range e.Store.Secrets {
				if alone {
					p.C.Handed(k.Space, k.Epoch, p.now())
				}
			}
			return true
		}
	}
	return false
}

// past says what lies at or below heads, as p has it.
func (p *Peer) past(heads ...op.ID) dag.Past {
	past, _ := p.C.Log().Graph().PastOf(heads...)
	return past
}
