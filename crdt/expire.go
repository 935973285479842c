package crdt

import (
	"strconv"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

// Disappearing messages: a register of a group says for how long a message is kept. What was sealed under an epoch is kept for as long as its maker knew it should
// be (as for R6), so that a later change alters nothing about what was sent before. Bodies go at their time, and the epoch's secret once the last is gone.

// RegDisappearing is the register: seconds in decimal, one of Retentions; anything else is for ever.
const RegDisappearing = "disappearing"

// Retentions are the times that messages may be kept for: a day, a week, 30 days, 90 days. In milliseconds.
var Retentions = []op.Millis{86_400_000, 7 * 86_400_000, 30 * 86_400_000, 90 * 86_400_000}

func retentionOf(st *acl.State) op.Millis {
	n, err := strconv.ParseInt(string(st.Values[RegDisappearing]), 10, 64)
	for _, r := range Retentions {
		if err == nil && op.Millis(n)*1000 == r {
			return r
		}
	}
	return 0
}

// Retention is how long messages that are sent to a space now are kept; 0 for ever.
func (c *Community) Retention(space op.ID) op.Millis {
	if st := c.states[space]; st != nil && space != c.id {
		return retentionOf(st)
	}
	return 0
}

// retention is how long what an epoch sealed is kept.
func (c *Community) retention(s *space, id op.ID) op.Millis {
	e, st := s.epochs[id], c.states[s.id]
	if e == nil || st == nil || s.id == c.id {
		return 0
	}
	if _, ever := st.Values[RegDisappearing]; !ever {
		return 0
	}
	c.judgeEpoch(s, e)
	return e.retention
}

// Expires reports whether messages of a kind go. Profiles are shown for as long as their author is here, and each keeps his fresh; ops are the log's.
func Expires(k content.Kind) bool { return k != content.Profile && k != content.Op }

// over reports that the time of a message is over.
func (c *Community) over(s *space, id op.ID, m content.Msg, now op.Millis) bool {
	r := c.retention(s, id)
	return r > 0 && Expires(m.Kind) && m.Lamport+r <= now
}

// Expiring is an epoch whose messages do not stay.
type Expiring struct {
	Epoch     op.ID
	Tag       epoch.Tag
	Retention op.Millis
	InUse     bool // I send with it
	Made      op.Millis
}

// Expirings lists the epochs of a space whose secret is held and whose messages do not stay.
func (c *Community) Expirings(space op.ID, now op.Millis) (out []Expiring) {
	s := c.space(space)
	if st := c.states[space]; st == nil || st.Values[RegDisappearing] == nil {
		return nil
	}
	in, _ := s.set.Sending(now, c.Retention(space))
	for id, e := range s.epochs {
		if e.keys == nil {
			continue
		}
		if r := c.retention(s, id); r > 0 {
			out = append(out, Expiring{Epoch: id, Tag: e.keys.Tag, Retention: r, InUse: id == in, Made: e.at})
		}
	}
	return out
}

// Expired returns what stays of a stored message whose time is over, in place of its wire, and the rows to be folded again without it. False: it stays as it is.
func (c *Community) Expired(ck Checked, now op.Millis) (stub []byte, rows []content.RowKey, ok bool) {
	if ck.msg == nil || ck.msg.Gone == epoch.Expired {
		return nil, nil, false
	}
	m, _ := c.contentOf(ck)
	if !c.over(c.space(ck.msg.Space), ck.msg.Epoch, m, now) {
		return nil, nil, false
	}
	raw, err := ck.msg.Stub(epoch.Expired, nil)
	return raw, content.Touches(m), err == nil
}

// Drop forgets the secret of an epoch whose messages are all gone. It is asked for no more.
func (c *Community) Drop(space, id op.ID, now op.Millis) Effects {
	b := &batch{c: c, now: now}
	s := c.space(space)
	if e := s.epochs[id]; e != nil && e.keys != nil {
		e.keys, e.secret, e.dropped = nil, epoch.Secret{}, true
		b.eff.Store.Secrets = append(b.eff.Store.Secrets, StoredSecret{Space: space, Epoch: id, Dropped: true})
		c.refreshEpochs(b, s)
		c.snapKeys()
	}
	return b.done()
}
