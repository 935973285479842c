package node

import (
	"context"
	"errors"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/insight"
	"github.com/pandal-chat/pandal/node/store"
)

// Whether what I do counts in the figures of a community is for me to say: without a word of mine it does not. I tell the desk alone. metaConsent + community: what
// the desk is still to be told, one byte.
const metaConsent = "consent/"

// Consent is whether what I do counts in the figures of a community.
type Consent struct {
	CommunityID string
	On          bool
	Since       time.Time // the first day of which it is true; zero: nothing was ever said
}

// InsightConsent returns it: what was said last on this device, or on another of mine that it has met since.
func (n *Node) InsightConsent(community string) (c Consent, err error) {
	r, err := n.room(community)
	if err != nil {
		return c, err
	}
	err = r.ask(n.ctx, func() { c = r.myConsent() })
	return c, err
}

// SetInsightConsent lets what I do count from the next day (UTC) on, or no more from this day on. Days before stay as they are. It is durable at once; the desk is told as
// soon as it can be.
func (n *Node) SetInsightConsent(ctx context.Context, community string, on bool) (c Consent, err error) {
	r, err := n.room(community)
	if err != nil {
		return c, err
	}
	var werr error
	err = r.ask(ctx, func() {
		if !r.c.Mine(r.id) {
			werr = ErrNotMember
			return
		}
		if c = r.myConsent(); c.On == on && !c.Since.IsZero() {
			return
		}
		value := map[bool]byte{false: 0, true: 1}[on]
		if werr = n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: metaConsent + hexID(r.id), Value: []byte{value}}}}); werr == nil {
			r.consented = false
			r.showConsent()
			c = r.myConsent()
		}
	})
	return c, errors.Join(err, werr)
}

// mySwitch is the last that I told the desk, as far as this node knows. Owner only.
func (r *room) mySwitch() (s content.Switch, ever bool) {
	key := string(content.ConsentKey(r.fixed.Member))
	rows, err := r.n.store.Rows(r.ctx, r.id, []string{key})
	if err != nil {
		return s, false
	}
	row, err := content.ParseConsentRow(rows[key])
	if err != nil || len(row.Switches) == 0 {
		return s, false
	}
	return row.Switches[len(row.Switches)-1], true
}

// wantedConsent is what the desk is still to be told; false: nothing. Owner only.
func (r *room) wantedConsent() (on, said bool) {
	raw, said, err := r.n.store.Meta(r.ctx, metaConsent+hexID(r.id))
	return len(raw) == 1 && raw[0] == 1, said && err == nil
}

// myConsent is the word of mine that stands, as far as this node knows. Owner only.
func (r *room) myConsent() Consent {
	c := Consent{CommunityID: r.name()}
	told, ever := r.mySwitch()
	want, said := r.wantedConsent()
	at := r.n.now()
	switch {
	case said && (!ever || told.On != want):
		c.On = want
	case ever:
		c.On, at = told.On, told.Lamport
	default:
		return c
	}
	if d := insight.DayOf(at); c.On {
		c.Since = timeOf((d + 1).Begins())
	} else {
		c.Since = timeOf(d.Begins())
	}
	return c
}

// showConsent tells the desk what it is still to be told. Owner only.
func (r *room) showConsent() {
	if r.consented || !r.c.Mine(r.id) {
		return
	}
	want, said := r.wantedConsent()
	if told, ever := r.mySwitch(); said && (!ever || told.On != want) {
		raw, err := content.ConsentBody{On: want}.Encode()
		if err == nil {
			_, err = r.toDesk(content.Consent, raw)
		}
		if err != nil {
			return // for want of a key: later
		}
		r.tellOwn(r.otherDevices()...)
	}
	if said { // another device of mine may have the next word
		if err := r.n.commit(r.ctx, &store.Batch{Meta: []store.Meta{{Key: metaConsent + hexID(r.id)}}}); err != nil {
			return
		}
	}
	r.consented = true
}
