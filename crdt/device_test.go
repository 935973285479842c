package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// second gives p another device, which takes in all that p has.
func (p *person) second() *person {
	p.t.Helper()
	q := &person{t: p.t, name: p.name + "'s phone", key: p.key, dev: identity.NewDeviceKey(), rows: map[op.ID]content.Rows{}, has: map[[32]byte]bool{}}
	e, err := p.c.AddDevice(p.key, p.key.Certify(identity.Certificate{Space: p.c.ID()}, q.dev), start)
	if err != nil {
		p.t.Fatal(err)
	}
	p.perform(e)
	q.c = Blank(p.c.ID(), Self{Member: p.key.ID(), Device: q.dev})
	p.ops(q)
	for _, s := range p.c.Spaces() {
		p.keys(q, s)
	}
	p.wires(q)
	return q
}

// TestSecondDevice: a device that was added acts for its person everywhere; once it is revoked it counts for nobody, gets no key, and what it did
// before anybody heard of the theft is told, so that it can be done again.
func TestSecondDevice(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	phone := a.second()
	meet(a, b, phone)
	if !phone.c.Mine(a.c.ID()) || !phone.c.Mine(food) || !phone.c.Seated(food) {
		t.Fatal("the phone is not one of hers")
	}
	phone.post(food, "from the phone")
	phone.grants(b.key.ID(), op.ANNOUNCE|op.POST)
	meet(a, b, phone)
	if got := b.texts(food); !slices.Contains(got, "from the phone") || b.c.State(a.c.ID()).Members.Of(b.key.ID()).Bits&op.ANNOUNCE == 0 {
		t.Fatalf("what the phone does counts for nothing: %v", got)
	}

	// Whoever took it writes on; Asha has not seen it.
	stolen := phone.grants(b.key.ID(), op.AllBits)
	phone.post(food, "unseen")
	phone.ops(b)
	e, cut, err := a.c.RevokeDevice(a.key, phone.dev.ID(), start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	if len(cut) != 0 {
		t.Errorf("something she had seen fell: %v", cut)
	}
	a.ops(b)
	b.ops(a)
	phone.wires(b)
	if a.c.Log().Op(stolen) == nil || a.c.State(a.c.ID()).Effective(stolen) || b.c.State(a.c.ID()).Effective(stolen) {
		t.Error("what the thief did stands")
	}
	if got := b.texts(food); slices.Contains(got, "unseen") || !slices.Contains(got, "from the phone") {
		t.Errorf("Budi reads %v", got)
	}
	for _, s := range []op.ID{a.c.ID(), food} {
		if b.c.isMember(s, a.key.ID()) != true || len(b.c.Entitled(s, phone.dev.ID(), epochsOf(a.c, s))) != 0 {
			t.Error("the phone is given keys, or Asha is out with it")
		}
		if !a.c.space(s).set.CleanExists() {
			t.Error("no key without the phone")
		}
	}
	a.ops(phone)
	if phone.c.Mine(food) || phone.c.Seated(food) {
		t.Error("the phone does not know that it is out")
	}
	if _, _, err := phone.c.Post(food, content.Text, []byte{1}, nil, start); err == nil {
		t.Error("the phone posts")
	}
	a.keys(b, food)
	b.post(food, "among us")
	if n := b.wires(phone); n[Good] > 0 && slices.Contains(phone.texts(food), "among us") {
		t.Error("the phone reads what was written afterwards")
	}
}

// TestRevokedDeviceCut: acts of the device that were seen after the revocation of it was made elsewhere are told to the person.
func TestRevokedDeviceCut(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b := a.admit("Budi", inv, key)
	phone := a.second()
	meet(a, b, phone)
	grant := phone.grants(b.key.ID(), op.ANNOUNCE|op.POST)
	phone.ops(a)
	before := a.c.State(a.c.ID()).Effective(grant)
	e, cut, err := a.c.RevokeDevice(a.key, phone.dev.ID(), start)
	if err != nil || !before {
		t.Fatal(err)
	}
	a.perform(e)
	if len(cut) != 0 || !a.c.State(a.c.ID()).Effective(grant) {
		t.Errorf("what she had seen falls: %v", cut)
	}
}
