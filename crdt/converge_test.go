package crdt

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func TestMain(m *testing.M) {
	flag.Parse()
	checks := "25"
	if os.Getenv("PANDAL_FULL") != "" {
		checks = "500"
	}
	flag.Set("rapid.checks", checks)
	os.Exit(m.Run())
}

// again admits somebody who was out, by an invite, with the consent that takes.
func (p *person) again(q *person, invite op.ID, k identity.InviteKey, space op.ID) error {
	cert := q.key.Certify(identity.Certificate{Space: space, Via: invite, Last: p.c.Log().LastOut(space, q.key.ID())}, q.dev)
	e, _, err := p.c.Author(start, Draft{Space: space, Body: op.AdmitBody{Cert: cert, Post: true, Invite: invite, Proof: k.Prove(q.key.ID(), q.dev.ID())}})
	p.perform(e)
	return err
}

func (p *person) say(space op.ID, text string) bool {
	body, err := content.TextBody{Text: text}.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	e, _, err := p.c.Post(space, content.Text, body, nil, start)
	if err != nil {
		return false
	}
	p.perform(e)
	return true
}

// reads lists the texts of a space in order.
func (p *person) reads(space op.ID) (out []string) {
	out = p.texts(space)
	slices.Sort(out)
	return out
}

// forge writes a message under a number that p may have used, with the epoch p last had, and keeps it among its wires.
func (p *person) forge(space op.ID, seq uint64, text string) {
	var k *epoch.Keys
	for _, e := range p.c.space(space).epochs {
		if e.keys != nil && (k == nil || e.keys.Epoch.Less(k.Epoch)) {
			k = e.keys
		}
	}
	if k == nil {
		return
	}
	h := epoch.Header{Seq: seq, Lamport: start, Time: start, Kind: uint16(content.Text)}
	if seq > 1 {
		h.Prev = [32]byte{byte(len(p.wire)), 1}
	}
	body, _ := content.TextBody{Text: text}.Encode()
	w, _, err := k.Seal(h, body, p.dev)
	if err != nil {
		p.t.Fatal(err)
	}
	if ck, v := Check(p.c.Snapshot(), w, start); v == Good || v == UnknownAuthor {
		p.perform(p.c.Apply([]Checked{ck}, p.rowsFor([]Checked{ck}), start))
	}
}

// lacks tells how many epochs of a space p has no secret of.
func (p *person) lacks(space op.ID) int { return len(p.c.Lacking(space)) }

// TestR8Pins: of a removed member stands what he wrote up to the pin, wherever it comes from and whenever; what is beyond it falls; what he
// writes after he came back stands.
func TestR8Pins(t *testing.T) {
	for _, late := range []bool{false, true} { // whether the reader has the removed one's messages before the removal, or after it
		t.Run(fmt.Sprint("late ", late), func(t *testing.T) {
			a := found(t, "Asha")
			food := a.group("food")
			inv, key := a.invite(food)
			b := a.admit("Budi", inv, key, food)
			c := a.admit("Chen", inv, key, food)
			meet(a, b, c)
			c.post(food, "one")
			c.wires(a)
			c.post(food, "two") // a has not seen it when it removes c: beyond the pin
			if !late {
				c.wires(b)
				if got := b.reads(food); !slices.Equal(got, []string{"one", "two"}) {
					t.Fatalf("before the removal b reads %v", got)
				}
			}
			e, _, err := a.c.Remove(a.c.ID(), c.key.ID(), op.RevokeBody{}, start)
			if err != nil {
				t.Fatal(err)
			}
			a.perform(e)
			a.ops(b)
			a.keys(b, food)
			c.post(food, "three")
			c.wires(b)
			c.wires(a)
			a.wires(b)
			for _, p := range []*person{a, b} {
				if got := p.reads(food); !slices.Equal(got, []string{"one"}) {
					t.Errorf("%s reads %v", p.name, got)
				}
			}
			inv2, key2 := a.invite(food)
			a.ops(c)
			for _, s := range []op.ID{a.c.ID(), food} {
				if err := a.again(c, inv2, key2, s); err != nil {
					t.Fatal(err)
				}
			}
			meet(a, b, c)
			if !c.say(food, "four") {
				t.Fatal("back, and cannot post")
			}
			meet(a, b, c)
			for _, p := range []*person{a, b} {
				if got := p.reads(food); !slices.Equal(got, []string{"four", "one"}) {
					t.Errorf("%s reads %v", p.name, got)
				}
			}
		})
	}
}

// TestR8Role: what an announcer announced stands after he lost the right; what he announces afterwards does not, though he is a member.
func TestR8Role(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b, c := a.admit("Budi", inv, key), a.admit("Chen", inv, key)
	e, ids, err := a.c.Author(start, Draft{Space: a.c.ID(), Body: op.GrantBody{Member: b.key.ID(), Bits: op.ANNOUNCE | op.POST}})
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	meet(a, b, c)
	announce := func(text string) {
		t.Helper()
		body, _ := content.AnnouncementBody{Text: text}.Encode()
		e, _, err := b.c.Post(b.c.ID(), content.Announcement, body, nil, start)
		if err != nil {
			t.Fatal(err)
		}
		b.perform(e)
	}
	announce("first")
	meet(a, b, c)
	e, _, err = a.c.Author(start, Draft{Space: a.c.ID(), Body: op.RevokeBody{Target: ids[0], Pins: a.c.pinsOf(a.c.ID(), b.key.ID())}})
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	announce("second") // b does not know yet
	meet(a, b, c)
	for _, p := range []*person{a, c} {
		if got := p.reads(a.c.ID()); !slices.Equal(got, []string{"first"}) {
			t.Errorf("%s reads %v", p.name, got)
		}
	}
	if b.c.Hash() != a.c.Hash() {
		t.Error("b disagrees")
	}
}

// TestCommunitiesConverge: whatever members do and whomever they meet, those who are in at the end, hold the same keys and have met everybody
// read the same, and all have one state.
func TestCommunitiesConverge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := found(t, "Asha")
		food := a.group("food")
		inv, key := a.invite(food)
		all := []*person{a}
		for _, n := range []string{"Budi", "Chen", "Dilnoza"} {
			all = append(all, a.admit(n, inv, key, food))
		}
		meet(all...)
		pick := func(name string) *person { return all[rapid.IntRange(0, len(all)-1).Draw(rt, name)] }
		posted := 0
		for range rapid.IntRange(3, 25).Draw(rt, "acts") {
			p, q := pick("p"), pick("q")
			p.settled(t)
			switch rapid.IntRange(0, 10).Draw(rt, "act") {
			case 10:
				p.forge(food, uint64(rapid.IntRange(1, 6).Draw(rt, "number")), fmt.Sprint("forged by ", p.name, posted))
				posted++
			case 0, 1, 2:
				if p.say(food, fmt.Sprint(p.name, posted)) {
					posted++
				}
			case 3:
				if q != a {
					space := []op.ID{a.c.ID(), food}[rapid.IntRange(0, 1).Draw(rt, "from")]
					if e, _, err := a.c.Remove(space, q.key.ID(), op.RevokeBody{}, start); err == nil {
						a.perform(e)
					}
				}
			case 4:
				if e, err := p.c.Leave(food, start); err == nil {
					p.perform(e)
				}
			case 5:
				if p != q && p.c.isMember(p.c.ID(), p.key.ID()) {
					p.ops(q)
					for _, s := range []op.ID{a.c.ID(), food} {
						if p.c.State(s) != nil && !p.c.isMember(s, q.key.ID()) {
							_ = p.again(q, inv, key, s)
						}
					}
				}
			case 6:
				if p.c.Mine(food) && !p.c.space(food).set.CleanExists() {
					if e, err := p.c.Rotate(food, "leave", start); err == nil {
						p.perform(e)
					}
				}
			default:
				if p != q {
					p.ops(q)
					for _, s := range []op.ID{a.c.ID(), food} {
						p.keys(q, s)
					}
					p.wires(q)
				}
			}
		}
		for range 3 {
			meet(all...)
		}
		for _, p := range all {
			p.settled(t)
		}
		var like *person
		for _, p := range all {
			if p.c.Hash() != a.c.Hash() {
				t.Fatalf("%s has another state", p.name)
			}
			if !p.c.Mine(food) || p.lacks(food) > 0 {
				continue
			}
			if like == nil {
				like = p
			}
			if x, y := like.reads(food), p.reads(food); !slices.Equal(x, y) {
				t.Fatalf("%s reads %q\n%s reads %q", like.name, x, p.name, y)
			}
		}
	})
}

// TestLoad: what is stored gives the same community again.
func TestLoad(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	meet(a, b)
	a.post(food, "hello")
	meet(a, b)
	var ops []KeptOp
	g := a.c.log.Graph()
	for n := range g.Len() {
		ops = append(ops, KeptOp{Bytes: a.c.log.Op(g.ID(nodeOf(n))).Raw()})
	}
	var kept []Kept
	for _, s := range a.c.Spaces() {
		k := Kept{Space: s, Own: a.c.space(s).own, Lamport: a.c.space(s).lamport, Secrets: nil}
		k.Secrets = a.c.Entitled(s, a.dev.ID(), epochsOf(a.c, s))
		kept = append(kept, k)
	}
	again, err := Load(a.c.ID(), a.c.Self(), ops, kept)
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != a.c.Hash() {
		t.Fatal("another state")
	}
	x, xok := a.c.Sending(food, start)
	y, yok := again.Sending(food, start)
	if !xok || !yok || x.Epoch != y.Epoch {
		t.Error("sends with another epoch")
	}
	if _, err := Load(a.c.ID(), a.c.Self(), []KeptOp{{Bytes: []byte{1, 2, 3}}}, nil); err == nil {
		t.Error("a damaged store loads")
	}
}

func nodeOf(n int) dag.Node { return dag.Node(n) }

func epochsOf(c *Community, space op.ID) (out []op.ID) {
	for id := range c.space(space).epochs {
		out = append(out, id)
	}
	return out
}
