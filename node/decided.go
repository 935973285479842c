package node

import (
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/node/store"
)

// What is decided, and what it is about, come to a node of the desk in any order. Screens are told of both in the order that makes sense: a decision is told of
// once what it is about was.

// subject names one kind of what the desk decides on.
type subject struct {
	key func([32]byte) content.RowKey
	ref func([32]byte) string
}

var subjects = map[string]subject{
	"join_request": {content.RequestKey, jrqID},
	"report":       {content.ReportKey, repID},
	"suggestion":   {content.SuggestionKey, sugID},
}

// eventsOf makes the events of effects whose rows are in a transaction already. Owner only.
func (r *room) eventsOf(b *store.Batch, e crdt.Effects) (out []store.Event) {
	told := map[[32]byte]bool{}
	decided := func(ev crdt.Event, kind string) {
		if told[ev.Ref] {
			return
		}
		told[ev.Ref] = true
		out = append(out, r.event(kind+".decided", ev.Space, eventRecord{Actor: ev.Member.String(), Ref: subjects[kind].ref(ev.Ref)}))
	}
	for i, ev := range e.Events {
		if ev.Type == "desk.decided" {
			if kind := r.subjectOf(b, ev); kind != "" && !slices.ContainsFunc(e.Events[i+1:], func(x crdt.Event) bool { return x.Ref == ev.Ref && x.Type == kind+".created" }) {
				decided(ev, kind)
			}
			continue
		}
		if ev.Type == "member.changed" {
			r.names = nil
		}
		out = append(out, r.eventOf(ev))
		kind, created := strings.CutSuffix(ev.Type, ".created")
		of, known := subjects[kind]
		if !created || !known {
			continue
		}
		about, here := r.deskRowIn(b, ev, of.key(ev.Ref))
		if d, ok := r.deskRowIn(b, ev, content.DecisionKey(ev.Ref)); ok && here && d.Lamport >= about.Lamport { // who asks again waits again
			ev.Member = d.Author
			decided(ev, kind)
		}
	}
	return out
}

// subjectOf says what a decision is about, empty while that is not here.
func (r *room) subjectOf(b *store.Batch, ev crdt.Event) string {
	for kind, s := range subjects {
		if _, ok := r.deskRowIn(b, ev, s.key(ev.Ref)); ok {
			return kind
		}
	}
	return ""
}

// deskRowIn reads a row of an event's space as it will be once a transaction is written.
func (r *room) deskRowIn(b *store.Batch, ev crdt.Event, key content.RowKey) (content.DeskRow, bool) {
	for _, row := range slices.Backward(b.Rows) {
		if row.Space == ev.Space && row.Key == string(key) {
			d, err := content.ParseDeskRow(row.Value)
			return d, err == nil
		}
	}
	return r.deskRow(ev.Space, key)
}
