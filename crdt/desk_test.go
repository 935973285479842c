package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// deskKeys hands over the secrets of the desk that q lacks.
func (p *person) deskKeys(q *person) int {
	got := p.c.Entitled(p.c.ID(), q.dev.ID(), q.c.DeskLacking())
	q.perform(q.c.Hold(p.c.ID(), got, start))
	return len(got)
}

func (p *person) toDesk(kind content.Kind, body []byte, err error) []byte {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	n := len(p.pubs)
	keys := content.Touches(content.Msg{Kind: kind, Author: p.key.ID(), Body: body})
	rows := Rows{p.c.ID(): content.Rows{}}
	for _, k := range keys {
		if r, ok := p.rows[p.c.ID()][k]; ok {
			rows[p.c.ID()][k] = r
		}
	}
	e, _, err := p.c.PostDesk(kind, body, rows, start)
	if err != nil {
		p.t.Fatalf("%s writes to the desk: %v", p.name, err)
	}
	p.perform(e)
	if len(p.pubs) != n+1 || !p.pubs[n].Desk {
		p.t.Fatalf("%s publishes %d things", p.name, len(p.pubs)-n)
	}
	return p.pubs[n].Wire
}

func (p *person) takes(wire []byte) Verdict {
	ck, v := Check(p.c.Snapshot(), wire, start)
	if v == Good || v == UnknownAuthor {
		p.perform(p.c.Apply([]Checked{ck}, p.rowsFor([]Checked{ck}), start))
	}
	return v
}

func (p *person) deskRows(list string) (out []content.DeskRow) {
	for _, r := range p.rows[p.c.ID()] {
		if d, err := content.ParseDeskRow(r.Value); r.List == list && err == nil && r.Key[0] != 'm' {
			out = append(out, d)
		}
	}
	return out
}

func (p *person) grants(m identity.UserID, bits op.Bits) op.ID {
	p.t.Helper()
	e, ids, err := p.c.Author(start, Draft{Space: p.c.ID(), Body: op.GrantBody{Member: m, Bits: bits}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.perform(e)
	return ids[0]
}

// TestDesk: what is written to the desk is read by those who hold ADMIT now, those who came to it later included, and by nobody else; who left
// it reads nothing that is written afterwards.
func TestDesk(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b, c := a.admit("Budi", inv, key), a.admit("Chen", inv, key)
	meet(a, b, c)
	body, err := content.SuggestionBody{Name: "Rooftop garden"}.Encode()
	wire := c.toDesk(content.Suggestion, body, err)
	if !b.c.Snapshot().Carries(wire) || b.takes(wire) != UnknownEpoch {
		t.Error("a member who is not of the desk opens what is sealed to it")
	}
	if a.c.Snapshot().Carries(wire) || a.takes(wire) != Good || len(a.deskRows(content.Suggestions)) != 1 {
		t.Error("the desk does not read it")
	}
	if len(c.deskRows(content.Suggestions)) != 1 {
		t.Error("its author does not see it")
	}
	if b.deskKeys(c)+a.deskKeys(b) != 0 || len(a.c.Entitled(a.c.ID(), b.dev.ID(), epochsOf(a.c, a.c.ID()))) != 1 {
		t.Error("a plain member is given the desk's secret")
	}

	grant := a.grants(b.key.ID(), op.AllBits)
	meet(a, b, c)
	if a.deskKeys(b) != 1 || b.takes(wire) != Good || len(b.deskRows(content.Suggestions)) != 1 {
		t.Fatal("a new admin does not read what was written before")
	}

	// Budi steps down: the key he holds is used no more, and the next is not given to him.
	e, _, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.RevokeBody{Target: grant, Pins: []op.Pin{}}})
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	if _, due := a.c.DeskDue(start); !due {
		t.Fatal("the desk keeps a key that somebody who left it holds")
	}
	a.ops(c)
	if _, _, err := c.c.PostDesk(content.Suggestion, body, nil, start); err == nil {
		t.Fatal("a member writes to a desk whose key is not clean")
	}
	if e, err = a.c.RotateDesk(start); err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	if _, due := a.c.DeskDue(start); due {
		t.Fatal("the new key is not clean")
	}
	meet(a, b, c)
	if a.deskKeys(b) != 0 {
		t.Error("a former admin is given the desk's new secret")
	}
	body, err = content.SuggestionBody{Name: "about Budi"}.Encode()
	wire = c.toDesk(content.Suggestion, body, err)
	if b.takes(wire) != UnknownEpoch || a.takes(wire) != Good {
		t.Error("a former admin reads what is written to the desk")
	}
	if _, err := b.c.RotateDesk(start); err == nil {
		t.Error("a former admin makes the desk's key")
	}
}

// TestDeskPatience: who came to the desk while nobody of it could give him its key makes one after ten seconds, and not before.
func TestDeskPatience(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b := a.admit("Budi", inv, key)
	a.grants(b.key.ID(), op.AllBits)
	meet(a, b)
	for at, want := range map[op.Millis]bool{start: false, start + 9_999: false, start + 10_000: true} {
		b.c.deskless = start
		if _, due := b.c.DeskDue(at); due != want {
			t.Errorf("after %d ms: %v", at-start, due)
		}
	}
	a.deskKeys(b)
	if _, due := b.c.DeskDue(start + 20_000); due || b.c.deskless != 0 {
		t.Error("a key is due where it is held")
	}
}

// TestDeskRemoval: who removes an admin makes a new key of the desk in the same batch; an epoch that a removed admin made is not used.
func TestDeskRemoval(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b, c := a.admit("Budi", inv, key), a.admit("Chen", inv, key)
	a.grants(b.key.ID(), op.AllBits)
	meet(a, b, c)
	a.deskKeys(b)
	e, err := b.c.RotateDesk(start)
	if err != nil {
		t.Fatal(err)
	}
	b.perform(e)
	meet(a, b, c)
	if b.deskKeys(a) != 1 || c.c.desk.Epoch != b.c.desk.Epoch {
		t.Fatal("the highest generation is not used")
	}
	e, _, err = a.c.Remove(a.c.ID(), b.key.ID(), op.RevokeBody{}, start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	a.ops(c)
	desk, ok := c.c.Desk()
	if !ok || desk.Epoch == b.c.desk.Epoch || b.c.log.Has(desk.Epoch) {
		t.Error("the desk goes on with a key that a removed admin holds")
	}
}

// TestJoinRequest: a request counts by a true proof of an invite of this community, whoever carries it and in any order of arrival; what a
// decision says counts while its author holds ADMIT.
func TestJoinRequest(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b := a.admit("Budi", inv, key)
	grant := a.grants(b.key.ID(), op.AllBits)
	meet(a, b)
	a.deskKeys(b)

	d, m := identity.NewDeviceKey(), identity.NewSeed().Member(a.c.ID())
	ask := func(invite op.ID, k identity.InviteKey, dev identity.DeviceKey, space op.ID) []byte {
		r := content.JoinRequestBody{Cert: m.Certify(identity.Certificate{Space: space, Via: invite}, dev), Invite: invite, Proof: k.Prove(m.ID(), dev.ID()), Name: "Dalia", Note: "third floor"}
		body, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		desk, _ := a.c.Desk()
		wire, _, err := desk.Seal(a.c.ID(), content.JoinRequest, body, d, start)
		if err != nil {
			t.Fatal(err)
		}
		return wire
	}
	forged := identity.NewSeed()
	if v := a.takes(ask(inv, identity.InviteKeyFromSeed([16]byte(forged[:16])), d, a.c.ID())); v != Good || len(a.deskRows(content.Requests)) != 0 {
		t.Errorf("a request without the invite's key counts (%v)", v)
	}
	if v := a.takes(ask(inv, key, identity.NewDeviceKey(), a.c.ID())); v != BadSignature {
		t.Errorf("a request for another's device: %v", v)
	}
	if v := a.takes(ask(inv, key, d, op.ID{9})); v != BadSignature {
		t.Errorf("consent to another community: %v", v)
	}
	// By an invite that Asha does not know yet.
	inv2, key2 := b.invite()
	early := ask(inv2, key2, d, a.c.ID())
	if v := a.takes(early); v != Good || len(a.deskRows(content.Requests)) != 0 {
		t.Errorf("a request by an unknown invite counts (%v)", v)
	}
	b.ops(a)
	if len(a.deskRows(content.Requests)) != 1 {
		t.Error("a request that came before its invite is lost")
	}
	good := ask(inv, key, d, a.c.ID())
	for _, p := range []*person{a, b} {
		if v := p.takes(good); v != Good || !slices.ContainsFunc(p.deskRows(content.Requests), func(r content.DeskRow) bool { return r.Author == m.ID() }) {
			t.Errorf("%s does not see the request (%v)", p.name, v)
		}
	}
	id := content.RequestID(m.ID(), inv)
	body, err := content.DecisionBody{About: id, Reason: "who are you?"}.Encode()
	a.takes(b.toDesk(content.Decision, body, err))
	if _, ok := a.rows[a.c.ID()][content.DecisionKey(id)]; !ok {
		t.Error("an admin's decision does not reach the others")
	}
	e, _, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.RevokeBody{Target: grant, Pins: []op.Pin{}}})
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	if r, ok := a.rows[a.c.ID()][content.DecisionKey(id)]; ok && r.Value != nil {
		t.Error("what somebody decided stands after he was demoted")
	}
	if _, _, err := b.c.PostDesk(content.Decision, body, nil, start); err != nil {
		t.Errorf("Budi, who has not heard of it, cannot decide: %v", err)
	}
	a.ops(b)
	if _, _, err := b.c.PostDesk(content.Decision, body, nil, start); err == nil {
		t.Error("who is not of the desk decides")
	}
}

// TestDeskFalseKey: a secret that fits an epoch's commitment but not the key it announces is not taken: its maker could read, and nobody else.
func TestDeskFalseKey(t *testing.T) {
	a := found(t, "Asha")
	secret := epoch.NewSecret()
	pub, err := epoch.DeskPublic(a.c.ID(), epoch.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	heads, _ := a.c.heads(a.c.ID())
	e, ids, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.EpochBody{Gen: 2, Parents: []op.ID{a.c.desk.Epoch}, CtlHeads: heads, Commit: secret.Commit(a.c.ID()), Pins: []op.Pin{}, Desk: pub}})
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	a.perform(a.c.Hold(a.c.ID(), map[op.ID]epoch.Secret{ids[0]: secret}, start))
	if slices.Contains(a.c.DeskLacking(), ids[0]) == false {
		t.Error("a secret that does not fit the key is held")
	}
}
