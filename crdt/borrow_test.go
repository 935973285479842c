package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// addDevice writes a DeviceAdd of p's with this certificate and nothing but p's own Admit in its past, so that it is as low as can be.
func (p *person) addDevice(cert []byte) *op.Op {
	p.t.Helper()
	member, _ := p.c.State(p.c.ID()).Membership(p.key.ID())
	n, _ := p.c.log.Graph().Find(member)
	o, err := op.SignMember(op.Op{Space: p.c.ID(), Cap: member, Seq: 1, Deps: []op.ID{member}, Height: p.c.log.Graph().Height(n) + 1, Time: start,
		Body: op.DeviceAddBody{Cert: cert}}, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return o
}

// TestBorrowedDevice: nobody certifies another's device as his own, for all who write by that device would be taken for him.
func TestBorrowedDevice(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b, c := a.admit("Budi", inv, key), a.admit("Chen", inv, key)
	meet(a, b, c)
	space, m, d := b.c.ID(), b.key.ID(), c.dev.ID()
	fields := slices.Concat(space[:], m[:], d[:], make([]byte, 64))
	for name, consent := range map[string][]byte{
		"by his own device":            b.dev.Sign(identity.LabelConsent, fields),
		"by himself":                   b.key.Sign(identity.LabelConsent, fields),
		"by Chen's device, of another": c.dev.Sign(identity.LabelOp, fields),
		"none":                         make([]byte, 64),
	} {
		o := b.addDevice(slices.Concat(fields, b.key.Sign(identity.LabelCert, fields), consent))
		if _, v := CheckOp(o.Raw()); v != BadSignature {
			t.Errorf("consent %s: %v", name, v)
		}
	}
}

// TestSharedDevice: should a device consent to two members, every node takes it for the same one's, whatever it heard of first.
func TestSharedDevice(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b := a.admit("Budi", inv, key)
	a.admit("Dilnoza", inv, key)
	c := a.admit("Chen", inv, key)
	meet(a, b, c)
	shared := b.addDevice(b.key.Certify(identity.Certificate{Space: b.c.ID()}, c.dev))
	ck, v := CheckOp(shared.Raw())
	if v != Good {
		t.Fatal(v)
	}
	a.perform(a.c.Apply([]Checked{ck}, nil, start))
	late := Blank(a.c.ID(), a.c.Self())
	var chens []Checked
	g := a.c.log.Graph()
	for i := range g.Len() {
		o := a.c.log.Op(g.ID(nodeOf(i)))
		ck, _ := CheckOp(o.Raw())
		if cert, ok := o.Certificate(); ok && cert.Member == c.key.ID() {
			chens = append(chens, ck)
			continue
		}
		late.Apply([]Checked{ck}, nil, start)
	}
	late.Apply(chens, nil, start)
	x, _ := a.c.log.Registered(c.dev.ID())
	y, _ := late.log.Registered(c.dev.ID())
	if x != y || late.Hash() != a.c.Hash() {
		t.Error("whose a device is depends on the order in which ops came")
	}
}
