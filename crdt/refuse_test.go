package crdt

import (
	"errors"
	"testing"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestRefused: of what Author refuses nothing stays, in the log, in what is stored or sent, in the state, in the number of the next op; what is
// written next is taken in by everybody.
func TestRefused(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	closed, closedKey := a.invite()
	b := a.admit("Budi", inv, key)
	c := a.admit("Chen", inv, key)
	one := identity.InviteKeyFromSeed([16]byte{1})
	author := func(p *person, d ...Draft) []op.ID {
		t.Helper()
		e, ids, err := p.c.Author(start, d...)
		if err != nil {
			t.Fatal(err)
		}
		p.perform(e)
		return ids
	}
	com := a.c.ID()
	full := author(a, Draft{Space: com, Body: op.InviteBody{Key: one.Public(), Max: 1, Groups: []op.ID{}}},
		Draft{Space: com, Body: op.RevokeInviteBody{Invite: closed}})[0]
	by := func(q *person, invite op.ID, k identity.InviteKey, last op.ID) op.AdmitBody {
		return op.AdmitBody{Cert: q.key.Certify(identity.Certificate{Space: com, Via: invite, Last: last}, q.dev), Post: true, Invite: invite,
			Proof: k.Prove(q.key.ID(), q.dev.ID())}
	}
	newcomer := func(name string) *person {
		return &person{name: name, key: identity.NewSeed().Member(com), dev: identity.NewDeviceKey()}
	}
	author(a, Draft{Space: com, Body: by(newcomer("Dilnoza"), full, one, op.ID{})})
	e, gone, err := a.c.Remove(com, c.key.ID(), op.RevokeBody{Ban: true}, start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	meet(a, b)
	office := author(a, Draft{Space: com, Body: op.GrantBody{Member: b.key.ID(), Bits: op.INVITE | op.ADMIT}})[0]
	made := author(a, Draft{Space: com, Body: op.InviteBody{Key: key.Public(), Max: 5, Groups: []op.ID{}}})[0]
	meet(a, b)
	seat, _ := b.c.State(com).Membership(b.key.ID())
	for name, x := range map[string]struct {
		who  *person
		body op.Body
		cap  op.ID
	}{
		"an Admit by a closed invite":        {a, by(newcomer("Farah"), closed, closedKey, op.ID{}), op.ID{}},
		"an Admit by a full invite":          {a, by(newcomer("Farah"), full, one, op.ID{}), op.ID{}},
		"an Admit with another's proof":      {a, by(newcomer("Farah"), inv, one, op.ID{}), op.ID{}},
		"an Admit with a stale consent":      {a, by(c, inv, key, op.ID{}), op.ID{}},
		"an Admit of somebody banned":        {a, by(c, inv, key, gone), op.ID{}},
		"an Admit by a member, no auto":      {b, by(newcomer("Farah"), full, one, op.ID{}), seat},
		"a Grant without the right":          {b, op.GrantBody{Member: b.key.ID(), Bits: op.REMOVE}, office},
		"a Grant under a seat":               {b, op.GrantBody{Member: b.key.ID(), Bits: op.INVITE}, seat},
		"a Revoke without the right":         {b, op.RevokeBody{Member: a.key.ID(), Pins: []op.Pin{}}, office},
		"a RevokeInvite of a senior":         {b, op.RevokeInviteBody{Invite: made}, office},
		"a RevokeInvite of nothing":          {a, op.RevokeInviteBody{Invite: op.ID{1}}, op.ID{}},
		"a setting without the right":        {b, op.SetBody{Key: "name", Value: []byte("Budiville")}, office},
		"a Leave of the owner":               {a, op.LeaveBody{Pins: []op.Pin{}}, com},
		"a group without the right":          {b, op.CreateGroupBody{Name: "mine"}, seat},
		"a device that another consented to": {b, op.DeviceAddBody{Cert: b.key.Certify(identity.Certificate{Space: com}, identity.NewDeviceKey())}, seat},
		"ownership taken":                    {b, op.OwnerRotateBody{Prev: com, Recovery: []identity.UserID{b.key.ID()}, Sigs: []op.Signature{}, Cert: b.key.Certify(identity.Certificate{Space: com}, b.dev)}, com},
		"keys under what is not his":         {b, op.EpochBody{Gen: 1, Parents: []op.ID{}, CtlHeads: []op.ID{}, Pins: []op.Pin{}, Desk: []byte{}}, com},
	} {
		p := x.who
		log := p.c.Log()
		n, hash, heads := log.Graph().Len(), p.c.Hash(), len(log.Graph().Heads(com))
		d := Draft{Space: com, Cap: x.cap, Body: x.body}
		e, ids, err := p.c.Author(start, d)
		if !errors.Is(err, acl.ErrDenied) || len(ids) > 0 {
			t.Errorf("%s: %v, %d ops", name, err, len(ids))
		}
		if len(e.Store.Ops)+len(e.Store.Wires)+len(e.Publish)+len(e.Events)+len(e.Want) > 0 {
			t.Errorf("%s: refused, and to be stored or sent", name)
		}
		if log.Graph().Len() != n || p.c.Hash() != hash || len(log.Graph().Heads(com)) != heads {
			t.Errorf("%s: refused, and in the log", name)
		}
		author(p, Draft{Space: com, Body: op.InviteBody{Key: key.Public(), Max: 5, Groups: []op.ID{}}})
		if e, _, _ := p.c.Author(start, d); len(e.Store.Ops) > 0 {
			t.Errorf("%s: refused once and not again", name)
		}
	}
	meet(a, b)
	if a.c.Hash() != b.c.Hash() || a.c.Log().Graph().Len() != b.c.Log().Graph().Len() {
		t.Error("what was written after the refusals did not reach the other")
	}
}
