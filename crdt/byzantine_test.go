package crdt

import (
	"math"
	"testing"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
)

// epochBy writes an Epoch op of p's as it is given, with a right roster and a secret that p keeps to himself.
func (p *person) epochBy(space op.ID, gen uint64, parents []op.ID, commit byte) {
	p.t.Helper()
	deps, _ := p.c.heads(space)
	e, _, err := p.c.Author(start, Draft{Space: space, Body: op.EpochBody{Gen: gen, Parents: parents, CtlHeads: deps,
		RosterRoot: acl.RosterRoot(p.c.State(space).Roster()), Commit: [32]byte{commit}, Pins: []op.Pin{}, Reason: "mine", Desk: []byte{}}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.perform(e)
}

// newestBy finds p's epoch of a generation.
func newestBy(p *person, gen uint64) op.ID {
	for id, e := range p.c.space(p.c.ID()).epochs {
		if e.body.Gen == gen {
			return id
		}
	}
	p.t.Fatalf("no epoch of generation %d", gen)
	return op.ID{}
}

// TestNobodyMutes: a member who floods a space with epochs, of any generation, whose secrets he keeps to himself, stops nobody from sending
// and forces nobody to rotate.
func TestNobodyMutes(t *testing.T) {
	for name, gens := range map[string]func(i int, best uint64) uint64{
		"the highest there is":  func(int, uint64) uint64 { return math.MaxUint64 },
		"one above the last":    func(_ int, best uint64) uint64 { return best + 1 },
		"built on a lie":        nil,
		"lies about its height": func(i int, best uint64) uint64 { return best + 1000 + uint64(i) },
	} {
		t.Run(name, func(t *testing.T) {
			a := found(t, "Asha")
			inv, key := a.invite()
			b := a.admit("Budi", inv, key)
			meet(a, b)
			was, ok := a.c.Sending(a.c.ID(), start)
			if !ok {
				t.Fatal("no key")
			}
			parents, gen := b.c.space(a.c.ID()).set.Parents()
			for i := range 40 {
				if name == "built on a lie" {
					lie := parents
					if i > 0 {
						lie = []op.ID{newestBy(b, gen+uint64(i)+5000)}
					}
					b.epochBy(a.c.ID(), gen+uint64(i)+5001, lie, byte(i))
					continue
				}
				b.epochBy(a.c.ID(), gens(i, gen-1), parents, byte(i))
			}
			b.ops(a)
			now, ok := a.c.Sending(a.c.ID(), start)
			if !ok || now.Epoch != was.Epoch {
				t.Fatal("muted, or driven from a clean epoch")
			}
			e, err := a.c.Rotate(a.c.ID(), "weekly", start)
			if err != nil {
				t.Fatal(err)
			}
			a.perform(e)
			made := e.Store.Secrets[0].Epoch
			a.c.Handed(a.c.ID(), made, start)
			if later, ok := a.c.Sending(a.c.ID(), start+8*86_400_000); !ok || later.Epoch != made {
				t.Error("the epoch made for the week is not used")
			}
		})
	}
}
