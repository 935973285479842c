package crdttest

import (
	"errors"
	"slices"
	"strconv"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// write writes one op, honestly or not.
func (w *World) write(p *Peer, l line, d crdt.Draft) error {
	var id op.ID
	if forged(l) {
		var err error
		if id, err = p.forge(l, d); err != nil {
			return err
		}
	} else {
		e, ids, err := p.C.Author(p.now(), d)
		p.perform(e)
		if len(ids) > 0 {
			id = ids[0]
			w.label(l, id)
		}
		if err != nil {
			return err
		}
	}
	w.label(l, id)
	if d.Body.Kind() == op.CreateGroup {
		w.spaces[l.arg(0)] = id
		if p.C.Mine(id) {
			e, err := p.C.Rotate(id, "new group", p.now())
			p.perform(e)
			return err
		}
	}
	return nil
}

// forge writes an op as a patched node would: with any past, cap and number, whether or not it stands.
func (p *Peer) forge(l line, d crdt.Draft) (op.ID, error) {
	w := p.w
	o := op.Op{Space: d.Space, Cap: d.Cap, Time: p.now(), Body: d.Body}
	if u := l.with["under"]; u != "" {
		o.Cap = w.id(u)
	}
	if o.Cap == (op.ID{}) {
		o.Cap = p.capAny(d.Space, d.Body)
	}
	g := p.C.Log().Graph()
	if a, ok := l.with["after"]; ok {
		o.Deps, o.ParentHeads = w.ids(a), w.ids(l.with["upon"])
	} else {
		if o.Deps = g.Heads(d.Space); len(o.Deps) == 0 {
			o.Deps = []op.ID{d.Space}
		}
		if d.Space != w.Community {
			o.ParentHeads = g.Heads(w.Community)
		}
	}
	o.Deps, o.ParentHeads = o.Deps[:min(len(o.Deps), op.MaxDeps)], o.ParentHeads[:min(len(o.ParentHeads), op.MaxDeps)]
	for _, dep := range o.Deps {
		n, ok := g.Find(dep)
		if !ok {
			return op.ID{}, errors.New("does not know what the op is to follow")
		}
		o.Height = max(o.Height, g.Height(n)+1)
	}
	key := op.Key(p.dev.ID())
	if d.Signer != nil {
		key = op.Key(d.Signer.ID())
	}
	past := p.past(append(slices.Clone(o.Deps), o.ParentHeads...)...)
	for _, n := range g.Nodes(d.Space) {
		if x := p.C.Log().Op(g.ID(n)); x.Cap == o.Cap && x.Key == key && past.Has(n) {
			o.Seq = max(o.Seq, x.Seq)
		}
	}
	o.Seq++
	if n := l.with["number"]; n != "" {
		o.Seq, _ = strconv.ParseUint(n, 10, 64)
	}
	var signed *op.Op
	var err error
	if d.Signer != nil {
		signed, err = op.SignMember(o, *d.Signer)
	} else {
		signed, err = op.SignDevice(o, p.dev)
	}
	if err != nil {
		return op.ID{}, err
	}
	p.apply([]crdt.Checked{w.check(signed)})
	return signed.ID(), nil
}

// capAny is the most senior cap of the peer's person that is there, dead or not.
func (p *Peer) capAny(space op.ID, b op.Body) op.ID {
	if st := p.C.State(space); st != nil {
		if cap, err := st.CapFor(p.ID(), acl.Needs(b.Kind(), "")); err == nil {
			return cap
		}
	}
	for _, o := range p.ops {
		if m, ok := p.C.Log().Subject(o.ID()); ok && m == p.ID() && o.Home() == space {
			return o.ID()
		}
	}
	return p.w.Community
}

// admission is an Admit of somebody's device, with the consent he gives now; with last, the one that names that op.
func (w *World) admission(p *Peer, l line, space op.ID) (op.Body, op.ID) {
	q := w.person(l.arg(0))
	if _, in := w.part[q]; !in {
		w.part[q] = w.part[p]
	}
	b := op.AdmitBody{Post: true, Proof: []byte{}}
	cert := identity.Certificate{Space: space, Last: p.C.Log().LastOut(space, q.ID())}
	if last, ok := l.with["last"]; ok {
		cert.Last = w.id(last)
	}
	if by := l.with["by"]; by != "" {
		b.Invite = w.id(by)
		cert.Via = b.Invite
		if key, ok := w.invites[b.Invite]; ok {
			b.Proof = key.Prove(q.ID(), q.dev.ID())
		}
		b.Cert = q.key.Certify(cert, q.dev)
		return b, op.ID{}
	}
	cap := w.id(l.with["under"])
	if cap == (op.ID{}) {
		if st := p.C.State(space); st != nil {
			cap, _ = st.CapFor(p.ID(), op.ADMIT)
		}
	}
	cert.Via = cap
	b.Cert = q.key.Certify(cert, q.dev)
	return b, cap
}
