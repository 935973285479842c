package crdt

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// counts decides R8: a message counts iff its author has the right now, or it lies at or below his pin. What ended his right matters
// only for messages under epochs that do not know of it; under those that do, none of his counts unless he has the right again.
func (c *Community) counts(s *space, m content.Msg, e op.ID) bool {
	st := c.states[s.id]
	if st == nil {
		return false
	}
	need := c.neededUnder(s, e, m.Kind)
	if _, posted := announced(m.Kind); s.id == c.id && !posted {
		return false // nothing else is posted to everybody
	}
	if s.id != c.id && (m.Kind == content.Announcement || m.Kind == content.RollUp || m.Kind == content.Remind || m.Kind == content.Consent) {
		return false // and these nowhere else
	}
	en, ok := c.log.Graph().Find(e)
	if !ok {
		return false
	}
	if need != 0 && c.archivedIn(s, e) {
		return false
	}
	relevant := false
	for _, end := range st.Endings(m.Author) {
		if end.Keeps(need) || !end.Had(need) {
			continue // he had the right all along, or this took nothing that the message needs
		}
		r, ok := c.log.Graph().Find(end.Op)
		if !ok || c.log.Graph().Before(r, en) {
			continue
		}
		relevant = true // the message was written without knowing of it; until somebody pins him it stands
		if pin, set := c.pinOf(s, end.Op, m.Device); set && (m.Seq > pin.Seq || s.offChain(end.Op, m.Device, m.ID)) {
			return false
		}
	}
	for _, end := range st.DeviceEndings(m.Author, m.Device) { // R13: a lost device is heard as far as its person had heard it
		r, ok := c.log.Graph().Find(end)
		if !ok || c.log.Graph().Before(r, en) {
			return false
		}
		if pin, set := c.devicePin(s, end, m.Device); set && (m.Seq > pin.Seq || s.offChain(end, m.Device, m.ID)) {
			return false
		}
	}
	bits, in := st.Rights(m.Author)
	return relevant || in && bits&need == need
}

// devicePin returns how far a revoked device's messages in a space count: what the DeviceRevoke in this very log says, 0 where it names none. One
// in the community's log says nothing about a group, whose own says it.
func (c *Community) devicePin(s *space, end op.ID, d identity.DeviceID) (op.Pin, bool) {
	o := c.log.Op(end)
	b, ok := o.Body.(op.DeviceRevokeBody)
	if !ok || o.Space != s.id {
		return op.Pin{}, false
	}
	p, _ := pinned(b.Pins, d)
	return p, true
}

// pinOf returns the pin of a device for one ending: the Revoke's or Leave's own, else that of an Epoch after it, those by holders of
// authority first (the most senior), else the largest by a plain member.
func (c *Community) pinOf(s *space, end op.ID, d identity.DeviceID) (op.Pin, bool) {
	o := c.log.Op(end)
	var own []op.Pin
	switch b := o.Body.(type) {
	case op.RevokeBody:
		own = b.Pins
	case op.LeaveBody:
		own = b.Pins
	}
	_, handed := o.Body.(op.OwnerRotateBody) // says nothing of what the owner before had written
	if !handed && o.Space == s.id && (s.id == c.id || len(own) > 0) {
		p, _ := pinned(own, d)
		return p, true
	}
	r, _ := c.log.Graph().Find(end)
	var best *epochState
	var pin op.Pin
	for _, e := range s.epochs {
		n, ok := c.log.Graph().Find(e.id)
		if !ok || !c.log.Graph().Before(r, n) {
			continue
		}
		if p, named := pinned(e.body.Pins, d); named && (best == nil || firmer(e, p, best, pin)) {
			best, pin = e, p
		}
	}
	return pin, best != nil
}

// firmer reports whether the pin p of an epoch a stands before the pin q of an epoch b. Of two under one rank, as one who heard more between two
// Epochs makes them, the larger stands, and of two as large that with the lower hash: every node must come to the same one.
func firmer(a *epochState, p op.Pin, b *epochState, q op.Pin) bool {
	switch {
	case a.authority != b.authority:
		return a.authority
	case a.authority && a.rank != b.rank:
		return a.rank < b.rank
	case p.Seq != q.Seq:
		return p.Seq > q.Seq
	}
	return bytes.Compare(p.Hash[:], q.Hash[:]) < 0
}

func pinned(pins []op.Pin, d identity.DeviceID) (op.Pin, bool) {
	for _, p := range pins {
		if p.Device == d {
			return p, true
		}
	}
	return op.Pin{}, false
}

// rejudge finds whose messages count otherwise than before, and asks for their rows to be folded again.
func (c *Community) rejudge(b *batch, s *space, who map[identity.UserID]bool) {
	st := c.states[s.id]
	if st == nil {
		return
	}
	var devices []identity.DeviceID
	for m := range who {
		now, ended := c.judgement(s, m)
		was, had := s.judged[m]
		s.judged[m] = now
		if ended {
			s.ended[m] = true
		}
		if (had && was != now) || (!had && len(c.log.DevicesOf(m)) > 0) {
			for _, d := range c.log.DevicesOf(m) {
				if s.chains[d] != nil || s.id == c.id { // or he may have written to the desk
					devices = append(devices, d)
				}
			}
		}
	}
	if len(devices) > 0 && !b.quiet {
		b.eff.Refold = append(b.eff.Refold, Refold{Space: s.id, Devices: devices})
	}
}

// judgement is everything that counts reads about a person, in one comparable string, and whether anything of his was ever ended.
func (c *Community) judgement(s *space, m identity.UserID) (string, bool) {
	st := c.states[s.id]
	var w strings.Builder
	bits, in := st.Rights(m)
	fmt.Fprintf(&w, "%v %d", in, bits)
	ends := st.Endings(m)
	for _, end := range ends {
		fmt.Fprintf(&w, " %x %s", end.Op, end)
		for _, d := range c.log.DevicesOf(m) {
			pin, set := c.pinOf(s, end.Op, d)
			fmt.Fprintf(&w, " %d %x %v", pin.Seq, pin.Hash, set)
		}
	}
	lost := 0
	for _, d := range c.log.DevicesOf(m) {
		for _, end := range st.DeviceEndings(m, d) {
			fmt.Fprintf(&w, " %x", end)
			lost++
		}
	}
	return w.String(), len(ends)+lost > 0
}

// MissingPins lists pins for those who were removed by somebody who could not read the space, and for the owner before, so that a holder of
// authority who can read it writes them in an Epoch (R8). Nil when there is nothing to pin or it is not mine to do.
func (c *Community) MissingPins(space op.ID) []op.Pin {
	st := c.states[space]
	if st == nil || !c.Mine(space) || st.Can(c.self.Member, op.REMOVE) != nil {
		return nil
	}
	s := c.space(space)
	var pins []op.Pin
	for m := range s.ended {
		for _, end := range st.Endings(m) {
			switch c.log.Op(end.Op).Kind() {
			case op.Revoke:
				if end.Keeps(0) {
					continue
				}
			case op.OwnerRotate: // names none itself, whatever else the owner before has
				if end.Keeps(op.ANNOUNCE) {
					continue
				}
			default:
				continue
			}
			for _, d := range c.log.DevicesOf(m) {
				if _, set := c.pinOf(s, end.Op, d); !set && len(pins) < 180 && !slices.ContainsFunc(pins, func(p op.Pin) bool { return p.Device == d }) {
					p := op.Pin{Device: d}
					if ch := s.chains[d]; ch != nil {
						p.Seq, p.Hash = ch.top, ch.hash
					}
					pins = append(pins, p)
				}
			}
		}
	}
	slices.SortFunc(pins, func(a, b op.Pin) int { return slices.Compare(a.Device[:], b.Device[:]) })
	return pins
}
