package node

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// A timeline is a group's messages with the lines of its ops between them, by (lamport or time, id).

func (x *line) order() []byte { return content.Order(x.at, x.id) }

// merge takes more lines into a sorted list, all at once: what is said of an op that is dated back goes in the middle, and a log may have many.
func merge(list, more []*line) []*line {
	slices.SortFunc(more, byTime)
	i, j := len(list)-1, len(more)-1
	list = append(list, more...)
	for k := len(list) - 1; j >= 0; k-- {
		if i >= 0 && byTime(list[i], more[j]) > 0 {
			list[k] = list[i]
			i--
		} else {
			list[k] = more[j]
			j--
		}
	}
	return list
}

func (sp *spaceLines) take(more []*line) {
	sp.all = merge(sp.all, more)
	of := map[identity.UserID][]*line{}
	for _, x := range more {
		if x.turn != other {
			of[x.subject] = append(of[x.subject], x)
		}
	}
	for m, some := range of {
		sp.about[m] = merge(sp.about[m], some)
	}
}

// orderName is an order as the API tells it.
func orderName(order []byte) string { return hex.EncodeToString(order[:14]) }

// stretch is one part of a timeline, in the direction that its range asks for.
type stretch struct {
	rows  []store.Row
	lines []*line
	more  bool
}

// stretch reads a part of a list, with lines where they are asked for. Of messages and lines together it has at most the range's limit.
func (r *room) stretch(s op.ID, of string, rg store.Range, lines bool) (w stretch, err error) {
	limit := rg.Limit
	rg.Limit++
	if w.rows, err = r.n.store.List(r.n.ctx, s, of, rg); err != nil {
		return w, fmt.Errorf("read messages: %w", err)
	}
	if lines {
		if err := r.ask(r.n.ctx, func() { w.lines = r.linesIn(s, rg) }); err != nil {
			return w, err
		}
	}
	w.more = len(w.rows)+len(w.lines) > limit
	for i, j := len(w.rows), len(w.lines); i+j > limit; { // the furthest go
		last := j > 0
		if i > 0 && j > 0 {
			c := bytes.Compare(w.lines[j-1].order(), w.rows[i-1].Order)
			last = c > 0 != rg.Newest
		}
		if last {
			j--
		} else {
			i--
		}
		w.rows, w.lines = w.rows[:i], w.lines[:j]
	}
	return w, nil
}

// linesIn lists the lines of a range that stand. Owner only.
func (r *room) linesIn(s op.ID, rg store.Range) (out []*line) {
	sp := r.linesOf(s)
	from, ever := r.linesFrom(s, sp)
	if !ever {
		return nil
	}
	at := func(order []byte) int {
		i, _ := slices.BinarySearchFunc(sp.all, order, func(x *line, order []byte) int { return bytes.Compare(x.order(), order) })
		return i
	}
	lo, hi := 0, len(sp.all)
	if rg.After != nil {
		lo = at(append(slices.Clone(rg.After), 0)) // beyond it
	}
	if rg.Before != nil {
		hi = at(rg.Before)
	}
	for i := range max(0, hi-lo) {
		x := sp.all[lo+i]
		if rg.Newest {
			x = sp.all[hi-1-i]
		}
		if x.at < from && rg.Newest || len(out) == rg.Limit {
			break
		}
		if x.at >= from && r.stands(sp, x) {
			out = append(out, x)
		}
	}
	return out
}

// messagesOf shows a window.
func (r *room) messagesOf(s op.ID, w stretch, newest bool) ([]Message, error) {
	list, err := r.shown(s, w.rows)
	if err != nil || len(w.lines) == 0 {
		return list, err
	}
	err = r.ask(r.n.ctx, func() {
		names := r.namesIn(s)
		for _, x := range w.lines {
			list = append(list, r.showLine(s, x, names))
		}
	})
	slices.SortStableFunc(list, func(a, b Message) int {
		if newest {
			a, b = b, a
		}
		return bytes.Compare([]byte(a.Order), []byte(b.Order))
	})
	return list, err
}

// findLine finds the line of an id in a space; nil if it is none that stands there. Owner only.
func (r *room) findLine(s op.ID, id string) *line {
	sp := r.linesOf(s)
	from, ever := r.linesFrom(s, sp)
	i := slices.IndexFunc(sp.all, func(x *line) bool { return msgID(x.id) == id })
	if i < 0 || !ever || sp.all[i].at < from || !r.stands(sp, sp.all[i]) {
		return nil
	}
	return sp.all[i]
}

// orderOf is the place of a message, or of a line, in a space.
func (r *room) orderOf(s op.ID, id string) ([]byte, error) {
	w, err := r.n.place(id)
	if err != nil {
		var x *line
		if r.ask(r.n.ctx, func() { x = r.findLine(s, id) }) == nil && x != nil {
			return x.order(), nil
		}
		return nil, err
	}
	if w.Space != s {
		return nil, fmt.Errorf("%w: message %s is in another group", ErrNotFound, id)
	}
	return w.Order, nil
}

// lineMessage shows the line of an id, wherever it is.
func (n *Node) lineMessage(id string) (out Message, ok bool) {
	if _, fine := decodeName(id, "msg_"); !fine {
		return out, false
	}
	for _, r := range n.allRooms() {
		if r.ask(n.ctx, func() {
			for _, s := range r.c.Spaces() {
				if x := r.findLine(s, id); x != nil {
					out, ok = r.showLine(s, x, r.namesIn(s)), true
					return
				}
			}
		}) != nil || ok {
			break
		}
	}
	return out, ok
}
