package crdt

import (
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// shell is what a room does for one space of a person: it knows which messages touch which rows, takes bodies away, and folds again what it is told
// to and nothing else. It opens and verifies each wire once for everybody, so that many rounds can be played.
type shell struct {
	p       *person
	w       *talk
	order   [][32]byte
	ck      map[[32]byte]Checked
	touch   map[op.ID]map[content.RowKey][][32]byte
	stubbed map[[32]byte]bool
	now     op.Millis
	before  func(e Effects) // looks at what is to be folded again, before it is
}

func newShell(w *talk, p *person) *shell {
	s := &shell{p: p, w: w, ck: map[[32]byte]Checked{}, touch: map[op.ID]map[content.RowKey][][32]byte{}, stubbed: map[[32]byte]bool{}, now: start}
	for _, wire := range p.wire {
		s.keep(wire)
	}
	return s
}

func (s *shell) keep(wire []byte) {
	id := epoch.WireID(wire)
	ck, err := s.w.open(s.p, id, wire)
	if err != nil {
		s.p.t.Fatalf("%s cannot open what it stores: %v", s.p.name, err)
	}
	s.ck[id], s.order = ck, append(s.order, id)
	for _, k := range s.p.c.Touched(ck) {
		s.note(ck.Space(), k, id)
	}
}

func (s *shell) note(space op.ID, k content.RowKey, id [32]byte) {
	if s.touch[space] == nil {
		s.touch[space] = map[content.RowKey][][32]byte{}
	}
	if !slices.Contains(s.touch[space][k], id) {
		s.touch[space][k] = append(s.touch[space][k], id)
	}
}

func (s *shell) rows(rows map[op.ID][]content.Row) {
	for space, list := range rows {
		if s.p.rows[space] == nil {
			s.p.rows[space] = content.Rows{}
		}
		for _, r := range list {
			if s.p.rows[space][r.Key] = r; r.Value == nil {
				delete(s.p.rows[space], r.Key)
			}
		}
	}
}

func (s *shell) perform(e Effects) {
	p := s.p
	s.rows(e.Store.Rows)
	for _, w := range e.Store.Wires {
		if !p.has[w.ID] {
			p.has[w.ID] = true
			s.keep(w.Bytes)
		}
	}
	for _, x := range e.Purge {
		s.purge(x)
	}
	if s.before != nil {
		s.before(e)
	}
	for _, r := range e.Refold {
		s.refold(r)
	}
}

func (s *shell) purge(x Purge) {
	if _, here := s.ck[x.Of.ID]; !here {
		s.p.c.Doom(x.Space, x.Of)
	}
	ids := [][32]byte{x.Of.ID}
	for _, k := range []content.RowKey{x.Of.Edited(), x.Of.Scheduled()} {
		ids = append(ids, s.touch[x.Space][k]...)
	}
	for _, id := range ids {
		ck, here := s.ck[id]
		if !here || s.stubbed[id] {
			continue
		}
		raw, rows, ok := s.p.c.Stub(ck, x.Of)
		if !ok {
			continue
		}
		stub, err := Stored(s.p.c.Snapshot(), raw)
		if err != nil {
			s.p.t.Fatal(err)
		}
		s.ck[id], s.stubbed[id] = stub, true
		s.rows(map[op.ID][]content.Row{x.Space: rows})
	}
}

// named are the rows that a refold is to make anew.
func (s *shell) named(r Refold) (keys, follow map[content.RowKey]bool) {
	keys, follow = map[content.RowKey]bool{}, map[content.RowKey]bool{}
	look := func(id [32]byte) {
		ck, here := s.ck[id]
		if !here || ck.Space() != r.Space {
			return
		}
		for _, k := range s.p.c.Touched(ck) {
			keys[k] = true
		}
		if k := s.p.c.Following(ck); k != "" {
			follow[k] = true
		}
	}
	for _, id := range s.order {
		if d, _ := s.ck[id].Device(); slices.Contains(r.Devices, d) {
			look(id)
		}
	}
	for _, id := range r.Wires {
		look(id)
	}
	for _, k := range r.Rows {
		for _, id := range s.touch[r.Space][k] {
			look(id)
		}
		delete(follow, k)
	}
	return keys, follow
}

func (s *shell) refold(r Refold) {
	p := s.p
	keys, follow := s.named(r)
	for _, d := range r.Devices {
		if p.c.Pinned(r.Space, d) {
			p.c.Rechain(r.Space, d, s.links(r.Space)[d])
		}
	}
	for k := range keys {
		s.rows(s.folded(r.Space, k).Rows)
		for _, id := range s.touch[r.Space][k] {
			if x, deletes := p.c.Purged(s.ck[id]); deletes {
				s.purge(x)
			}
		}
	}
	for k := range follow {
		s.refold(Refold{Space: r.Space, Rows: []content.RowKey{k}})
	}
}

func (s *shell) links(space op.ID) map[identity.DeviceID][]Link {
	out := map[identity.DeviceID][]Link{}
	for _, id := range s.order {
		if ck := s.ck[id]; ck.Space() == space {
			d, _ := ck.Device()
			l, _ := LinkOf(ck)
			out[d] = append(out[d], l)
		}
	}
	return out
}

// folded makes one row from all messages that touch it.
func (s *shell) folded(space op.ID, k content.RowKey) Store {
	var msgs []Checked
	looked := content.Rows{}
	for _, id := range s.touch[space][k] {
		ck := s.ck[id]
		msgs = append(msgs, ck)
		for _, l := range s.p.c.Looked(ck) {
			if r, ok := s.p.rows[space][l]; ok {
				looked[l] = r
			}
		}
		if d, _ := ck.Device(); s.p.c.Untold(space, d) {
			s.p.c.Rechain(space, d, s.links(space)[d])
		}
	}
	return s.p.c.Refolded(space, []content.RowKey{k}, msgs, looked, s.now)
}

// rebuilt makes every row of a space from its messages alone: those that others look at first.
func (s *shell) rebuilt(space op.ID) content.Rows {
	kept := s.p.rows[space]
	defer func() { s.p.rows[space] = kept }()
	s.p.rows[space] = content.Rows{}
	for _, order := range []string{"az", ""} {
		for k := range s.touch[space] {
			if order == "" || strings.ContainsRune(order, rune(k[0])) {
				s.rows(s.folded(space, k).Rows)
			}
		}
	}
	return s.p.rows[space]
}

// hear hands q what p has and q lacks; of what was deleted there is nothing to hand over.
func (s *shell) hear(from *shell) {
	p, q := s.p, from.p
	var in []Checked
	g := q.c.log.Graph()
	for n := range g.Len() {
		if id := g.ID(dag.Node(n)); !p.c.log.Has(id) {
			in = append(in, s.w.op(q.c.log.Op(id)))
		}
	}
	if len(in) > 0 {
		p.perform(p.c.Apply(in, nil, start))
	}
	for _, space := range q.c.Spaces() {
		if want := p.c.Lacking(space); len(want) > 0 {
			got := q.c.Entitled(space, p.dev.ID(), want)
			for id := range got {
				q.c.Handed(space, id, start)
			}
			p.perform(p.c.Hold(space, got, start))
		}
	}
	for _, id := range from.order {
		ck := from.ck[id]
		if p.has[id] || from.stubbed[id] {
			continue
		}
		tag, _, _ := epoch.Peek(ck.wire)
		if _, known := p.c.Snapshot().Knows(tag); known {
			p.perform(p.c.Apply([]Checked{ck}, p.rowsFor([]Checked{ck}), start))
		}
	}
}
