package crdt

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

func (p *person) sets(space op.ID, key, value string) {
	p.t.Helper()
	e, _, err := p.c.Author(start, Draft{Space: space, Body: op.SetBody{Key: key, Value: []byte(value)}})
	if err != nil {
		p.t.Fatalf("%s sets %s: %v", p.name, key, err)
	}
	p.perform(e)
}

// TestHistoryPolicy: what a newcomer is given of what was sent before he came is what the community's setting says, on every node.
func TestHistoryPolicy(t *testing.T) {
	const day = op.Millis(86_400_000)
	for policy, want := range map[string][]string{"none": nil, "7d": {"recent"}, "30d": {"recent", "old"}, "all": {"recent", "old", "ancient"}} {
		a := found(t, "Asha")
		food := a.group("food")
		inv, key := a.invite(food)
		b := a.admit("Budi", inv, key, food) // his coming and going makes an epoch for each age
		ages := map[op.ID]op.Millis{}
		for _, x := range []struct {
			ago  op.Millis
			text string
		}{{100 * day, "ancient"}, {20 * day, "old"}, {3 * day, "recent"}} {
			id, _ := a.c.space(food).set.Sending(start, 0)
			ages[id] = start - x.ago
			a.post(food, x.text)
			e, _, err := a.c.Remove(food, b.key.ID(), op.RevokeBody{}, start) // makes the next one
			if err != nil {
				t.Fatal(err)
			}
			a.perform(e)
			for id := range a.c.space(food).epochs {
				a.c.Handed(food, id, start)
			}
			b = a.admit("Budi", inv, key, food)
		}
		if policy != "30d" {
			a.sets(a.c.ID(), RegHistory, policy)
		}
		for id, e := range a.c.space(food).epochs {
			if made, ok := ages[id]; ok {
				e.at = made
			} else {
				e.at = start
			}
		}
		c := a.admit("Chen", inv, key, food)
		a.wires(c)
		got := c.texts(food)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: Chen reads %v, want %v", policy, got, want)
		}
		_, due, _ := a.c.RotationDue(food, start)
		if due != (policy == "none") {
			t.Errorf("%s: a new key is due: %v", policy, due)
		}
		if policy != "none" {
			continue
		}
		e, err := a.c.Rotate(food, "newcomer", start)
		if err != nil {
			t.Fatal(err)
		}
		a.perform(e)
		for id := range a.c.space(food).epochs {
			a.c.Handed(food, id, start)
		}
		if _, due, _ := a.c.RotationDue(food, start); due {
			t.Error("a new key is due again")
		}
		a.c.space(food).set.Sending(start, 0)
		k, ok := a.c.Sending(food, start+61_000) // the one in use is left at most once a minute
		if !ok || a.c.space(food).epochs[k.Epoch].body.Reason != "newcomer" {
			t.Error("the key that a newcomer may have is not used")
		}
		a.post(food, "welcome")
		a.ops(c)
		a.keys(c, food)
		a.wires(c)
		if got := c.texts(food); !slices.Equal(got, []string{"welcome"}) {
			t.Errorf("Chen reads %v", got)
		}
	}
}

// TestWhoPosts: who may post in a group is judged by what the maker of a message's epoch knew, so a change alters nothing that was written.
func TestWhoPosts(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	meet(a, b)
	b.post(food, "before")
	meet(a, b)
	a.sets(food, RegWhoPosts, "moderators")
	rotate := func() {
		e, err := a.c.Rotate(food, "who posts", start)
		if err != nil {
			t.Fatal(err)
		}
		a.perform(e)
		meet(a, b)
		for _, p := range []*person{a, b} {
			for id := range p.c.space(food).epochs {
				p.c.Handed(food, id, start)
			}
			p.c.space(food).set.Sending(start, 0)
			p.c.space(food).set.Sending(start+61_000, 0)
		}
	}
	rotate()
	if got := a.texts(food); !slices.Equal(got, []string{"before"}) {
		t.Errorf("a change alters what was written: %v", got)
	}
	if !a.c.WhoPosts(food) {
		t.Error("the register changes nothing")
	}
	if _, _, err := b.c.Post(food, 1, []byte("x"), nil, start+61_000); err == nil {
		t.Error("a member posts where moderators do")
	}
	k, _ := b.c.Sending(food, start+61_000)
	body, err := content.TextBody{Text: "forced"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	own := b.c.space(food).own
	forced, _, err := k.Seal(epoch.Header{Seq: own.Seq + 1, Prev: own.Prev, Lamport: start, Time: start, Kind: uint16(content.Text)}, body, b.dev)
	if err != nil {
		t.Fatal(err)
	}
	if v := a.takes(forced); v != Good {
		t.Errorf("it is %v", v)
	}
	if got := a.texts(food); !slices.Equal(got, []string{"before"}) {
		t.Errorf("a patched member is heard: %v", got)
	}
	a.sets(food, RegWhoPosts, "everyone")
	rotate()
	if got := a.texts(food); !slices.Equal(got, []string{"before"}) {
		t.Errorf("what was not allowed then counts now: %v", got)
	}
}
