package crdt

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

// seal makes a wire of any kind and body, as another program can, whatever its author may.
func (p *person) seal(space op.ID, kind content.Kind, body []byte) []byte {
	p.t.Helper()
	k, ok := p.c.Sending(space, start)
	if !ok {
		p.t.Fatal("no key")
	}
	own := p.c.space(space).own
	w, m, err := k.Seal(epoch.Header{Seq: own.Seq + 1, Prev: own.Prev, Lamport: start + 1000, Time: start, Kind: uint16(kind)}, body, p.dev)
	if err != nil {
		p.t.Fatal(err)
	}
	p.c.space(space).own = OwnChain{Space: space, Seq: own.Seq + 1, Prev: m.Hash()}
	return w
}

// TestForgedTalk: what a member says in another's name, without the right, about another ballot, or where it has no place, comes by sync and changes no
// row of what it speaks about; gossip carries none of what goes to the desk.
func TestForgedTalk(t *testing.T) {
	w := newTalk(t, 1)
	a, b, c := w.all[0], w.all[1], w.all[2]
	w.meet()
	text, _ := w.post(b, content.Text, content.TextBody{Text: "Budi says"}.Encode)
	q := content.PollBody{Question: "Which?", Options: []string{"red", "green"}}
	poll, _ := w.post(b, content.Poll, q.Encode)
	party, _ := w.post(b, content.Event, content.EventBody{Title: "Clean-up", Starts: start}.Encode)
	of, asked, event := content.Ref{ID: text, Author: b.key.ID()}, content.Ref{ID: poll, Author: b.key.ID()}, content.Ref{ID: party, Author: b.key.ID()}
	w.post(b, content.Vote, content.VoteBody{Ballot: q.Ballot(asked), Options: []uint8{1}}.Encode)
	w.meet()
	mine := func(r content.Ref) content.Ref { r.Author = c.key.ID(); return r }
	said, _ := content.TextBody{Text: "forged"}.Encode()
	off, _ := content.EventBody{Title: "Clean-up", Starts: start, Cancelled: true}.Encode()
	wide := q
	wide.Options = append(wide.Options, "blue")
	many := q
	many.Multiple = true
	ballot := q.Ballot(asked)
	ballot.Of.Author = c.key.ID()
	type coder interface{ Encode() ([]byte, error) }
	for name, x := range map[string]struct {
		kind content.Kind
		body coder
	}{
		"an edit in Budi's name":       {content.Edit, content.EditBody{Of: of, Kind: content.Text, Body: said}},
		"an edit that claims his text": {content.Edit, content.EditBody{Of: mine(of), Kind: content.Text, Body: said}},
		"an edit of his event":         {content.Edit, content.EditBody{Of: mine(event), Kind: content.Event, Body: off}},
		"a deletion in his name":       {content.Delete, content.DeleteBody{Of: of}},
		"a deletion that claims it":    {content.Delete, content.DeleteBody{Of: mine(of)}},
		"a closing in his name":        {content.PollClose, content.PollCloseBody{Ballot: q.Ballot(asked)}},
		"a closing that claims it":     {content.PollClose, content.PollCloseBody{Ballot: ballot}},
		"a vote for a third option":    {content.Vote, content.VoteBody{Ballot: wide.Ballot(asked), Options: []uint8{2}}},
		"a vote for both":              {content.Vote, content.VoteBody{Ballot: many.Ballot(asked), Options: []uint8{0, 1}}},
		"a vote under her own name":    {content.Vote, content.VoteBody{Ballot: ballot, Options: []uint8{0}}},
		"hiding without the right":     {content.Moderate, content.ModerateBody{Of: of, Hide: true}},
		"a pin without the right":      {content.Pin, content.PinBody{ID: of.ID, Pin: true}},
		"an announcement in a group":   {content.Announcement, content.AnnouncementBody{Text: "all come"}},
		"a roll-up in a group":         {content.RollUp, content.RollUpBody{Of: of, Acks: 99}},
		"a reaction that claims it":    {content.React, content.ReactBody{Of: mine(of), Emoji: "👍", On: true}},
	} {
		body, err := x.body.Encode()
		if err != nil {
			t.Fatal(name, err)
		}
		before := map[content.RowKey]string{}
		for _, k := range []content.RowKey{content.MessageKey(text), content.MessageKey(poll), content.MessageKey(party), of.About(), of.Edited(), asked.About(), event.About(), event.Scheduled(),
			event.Attendance(), q.Ballot(asked).Count(), q.Ballot(asked).Closed(), content.PinKey(text), of.RolledUp()} {
			before[k] = string(a.rows[w.food][k].Value)
		}
		shown := len(a.reads(w.food))
		ck, v := Check(a.c.Snapshot(), c.seal(w.food, x.kind, body), start)
		if v != Good {
			t.Fatalf("%s: %v", name, v)
		}
		e := a.c.Apply([]Checked{ck}, a.rowsFor([]Checked{ck}), start)
		if len(e.Store.Wires) != 1 {
			t.Errorf("%s is not stored", name)
		}
		a.perform(e)
		for k, v := range before {
			if string(a.rows[w.food][k].Value) != v {
				t.Errorf("%s changes %s", name, k)
			}
		}
		if len(a.reads(w.food)) != shown || w.shells[0].stubbed[text] || w.shells[0].stubbed[poll] || w.shells[0].stubbed[party] {
			t.Errorf("%s is shown, or takes something away", name)
		}
	}

	// To the whole community.
	body, _ := content.AnnouncementBody{Text: "water at six", AckWanted: true}.Encode()
	e, id, err := a.c.Post(a.c.ID(), content.Announcement, body, nil, start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	w.meet()
	news := content.Ref{ID: id, Author: a.key.ID()}
	was := len(a.rows[a.c.ID()])
	for kind, x := range map[content.Kind]coder{content.React: content.ReactBody{Of: news, Emoji: "👍", On: true}, content.Ack: content.AckBody{Of: news}, content.RollUp: content.RollUpBody{Of: news, Acks: 99},
		content.Vote: content.VoteBody{Ballot: q.Ballot(news), Options: []uint8{0}}, content.RSVP: content.RSVPBody{Of: news, Status: content.Yes}, content.Moderate: content.ModerateBody{Of: news, Hide: true},
		content.Pin: content.PinBody{ID: id, Pin: true}, content.Text: content.TextBody{Text: "free mangoes"}, content.Read: content.ReadBody{Lamport: start}, content.Consent: content.ConsentBody{On: true}} {
		body, err := x.Encode()
		if err != nil {
			t.Fatal(kind, err)
		}
		ck, v := Check(a.c.Snapshot(), c.seal(a.c.ID(), kind, body), start)
		if v != NotAnnouncer {
			t.Errorf("kind %d by gossip: %v", kind, v)
		}
		a.perform(a.c.Apply([]Checked{ck}, a.rowsFor([]Checked{ck}), start))
		if n := len(a.rows[a.c.ID()]); n != was {
			t.Errorf("kind %d makes %d rows by sync", kind, n-was)
		}
	}
}
