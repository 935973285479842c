package crdt

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestGrowth doubles a community, up to 40,000 members under PANDAL_FULL=1, and bounds what grows: to open it and what it takes in memory about
// doubles, with room for a noisy machine; one op more and one message more cost what they cost before.
func TestGrowth(t *testing.T) {
	sizes := []int{500, 1000, 2000, 4000}
	if os.Getenv("PANDAL_FULL") == "1" {
		sizes = []int{5000, 10_000, 20_000, 40_000}
	}
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	type cost struct {
		open, op, message time.Duration
		memory            uint64
	}
	var costs []cost
	n := 0
	for _, size := range sizes {
		var drafts []Draft
		for ; n < size; n++ {
			m, d := identity.NewSeed().Member(a.c.ID()), identity.NewDeviceKey()
			cert := m.Certify(identity.Certificate{Space: a.c.ID(), Via: inv}, d)
			drafts = append(drafts, Draft{Space: a.c.ID(), Body: op.AdmitBody{Cert: cert, Post: true, Invite: inv, Proof: key.Prove(m.ID(), d.ID())}})
		}
		a.bulk(drafts)
		var raw []KeptOp
		g := a.c.Log().Graph()
		for x := range g.Len() {
			id := g.ID(nodeOf(x))
			raw = append(raw, KeptOp{a.c.Log().Op(id).Raw(), a.c.Log().Proven(id)})
		}
		now := cost{time.Hour, time.Hour, time.Hour, 0} // the best of some: what else runs here is not meant
		for range 10 {
			before, began := heap(), cpu()
			c, err := Load(a.c.ID(), a.c.Self(), raw, nil)
			now.open = min(now.open, cpu()-began)
			if err != nil || c.Hash() != a.c.Hash() {
				t.Fatalf("read back: %v", err)
			}
			now.memory = heap() - before
			runtime.KeepAlive(c)
		}
		const times = 20
		for i := range times {
			b := a.admitted(inv, key)
			began := cpu()
			e := a.c.Apply([]Checked{b}, nil, start)
			now.op = min(now.op, cpu()-began)
			a.perform(e)
			e, _, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.SetBody{Key: "name", Value: []byte{byte(i)}}})
			if err != nil {
				t.Fatal(err)
			}
			a.perform(e)
			began = cpu()
			a.post(food, "one more")
			now.message = min(now.message, cpu()-began)
			n++
		}
		t.Logf("%d members: opened in %v with %d KiB, one more member in %v, one more message in %v", n, now.open.Round(time.Millisecond), now.memory>>10,
			now.op.Round(time.Microsecond), now.message.Round(time.Microsecond))
		costs = append(costs, now)
	}
	for i := 1; i < len(costs); i++ {
		was, now := costs[i-1], costs[i]
		if now.open > 3*was.open+100*time.Millisecond {
			t.Errorf("%d members open in %v, half of them in %v", sizes[i], now.open, was.open)
		}
		if now.memory > 5*was.memory/2+1<<20 {
			t.Errorf("%d members take %d bytes, half of them %d", sizes[i], now.memory, was.memory)
		}
	}
	if first, last := costs[0], costs[len(costs)-1]; last.op > 4*first.op+time.Millisecond || last.message > 4*first.message+time.Millisecond {
		t.Errorf("with eight times the members one op more takes %v and was %v, one message %v and was %v", last.op, first.op, last.message, first.message)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// admitted is one newcomer's Admit as it comes from somebody else: checked, and not taken in yet.
func (p *person) admitted(inv op.ID, key identity.InviteKey) Checked {
	m, d := identity.NewSeed().Member(p.c.ID()), identity.NewDeviceKey()
	cert := m.Certify(identity.Certificate{Space: p.c.ID(), Via: inv}, d)
	ck, v := CheckOp(p.sign(Draft{Space: p.c.ID(), Body: op.AdmitBody{Cert: cert, Post: true, Invite: inv, Proof: key.Prove(m.ID(), d.ID())}}).Raw())
	if v != Good {
		p.t.Fatal(v)
	}
	return ck
}

// bulk writes drafts in one go, with one look at what hangs on them at the end.
func (p *person) bulk(drafts []Draft) {
	p.t.Helper()
	b := &batch{c: p.c, now: start}
	for _, d := range drafts {
		b.takeOp(Checked{op: p.sign(d)})
	}
	p.c.settle(b)
	p.perform(b.done())
}

// sign writes an op that follows all that is there.
func (p *person) sign(d Draft) *op.Op {
	p.t.Helper()
	cap, err := p.c.capFor(p.c.states[d.Space], d.Body)
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
	return signed
}
