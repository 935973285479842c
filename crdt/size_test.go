package crdt

import (
	"os"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestManyMembers: a community of many opens in one pass, and one more op costs little beside it. The sizes double, and what one more op costs
// must not grow faster than they do, with room for a noisy machine.
func TestManyMembers(t *testing.T) {
	sizes := []int{500, 1000, 2000}
	if os.Getenv("PANDAL_FULL") == "1" {
		sizes = []int{1250, 2500, 5000}
	}
	a := found(t, "Asha")
	inv, key := a.invite()
	var one []time.Duration
	n := 0
	for _, size := range sizes {
		var drafts []Draft
		for ; n < size; n++ {
			m, d := identity.NewSeed().Member(a.c.ID()), identity.NewDeviceKey()
			cert := m.Certify(identity.Certificate{Space: a.c.ID(), Device: d.ID(), Via: inv}, d)
			drafts = append(drafts, Draft{Space: a.c.ID(), Body: op.AdmitBody{Cert: cert, Post: true, Invite: inv, Proof: key.Prove(m.ID(), d.ID())}})
		}
		a.bulk(drafts)
		var raw [][]byte
		g := a.c.Log().Graph()
		for _, x := range g.Nodes(a.c.ID()) {
			raw = append(raw, a.c.Log().Op(g.ID(x)).Raw())
		}
		began := time.Now()
		c, err := Load(a.c.ID(), a.c.Self(), raw, nil)
		opened := time.Since(began)
		if err != nil || c.Hash() != a.c.Hash() {
			t.Fatalf("read back: %v", err)
		}
		began = time.Now()
		e, _, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.SetBody{Key: "name", Value: []byte{byte(n)}}})
		if err != nil {
			t.Fatal(err)
		}
		one = append(one, time.Since(began))
		a.perform(e)
		t.Logf("%d members: opened in %v, one more op in %v", n, opened.Round(time.Millisecond), one[len(one)-1].Round(100*time.Microsecond))
	}
	if first, last := one[0], one[len(one)-1]; last > 12*first+20*time.Millisecond {
		t.Errorf("four times the members, %v became %v", first, last)
	}
}

// bulk writes drafts in one go, with one look at the state at the end.
func (p *person) bulk(drafts []Draft) {
	p.t.Helper()
	b := &batch{c: p.c, now: start}
	for _, d := range drafts {
		st := p.c.states[d.Space]
		cap, err := p.c.capFor(st, d.Body)
		if err != nil {
			p.t.Fatal(err)
		}
		o := op.Op{Space: d.Space, Cap: cap, Time: start, Body: d.Body, Seq: p.c.log.NextSeq(d.Space, cap, op.Key(p.dev.ID()))}
		o.Deps, o.ParentHeads = p.c.heads(d.Space)
		for _, dep := range o.Deps {
			n, _ := p.c.log.Graph().Find(dep)
			o.Height = max(o.Height, p.c.log.Graph().Height(n)+1)
		}
		signed, err := op.SignDevice(o, p.dev)
		if err != nil {
			p.t.Fatal(err)
		}
		b.takeOp(Checked{op: signed})
	}
	p.c.settle(b)
	p.perform(b.done())
}
