package crdttest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Run is what a simulated run came to.
type Run struct {
	Hash     [32]byte // of all that happened and all that everybody has: the same for the same seed
	Events   int      // acts, and ops, wires and secrets taken in
	Messages int
	Crashes  int
	Removed  int
}

var simNames = []string{"asha", "budi", "chen", "dilnoza", "emeka", "farah"}

// Simulate plays a community for so many steps: posts, admins' work, partitions, clocks that lie, nodes that fall over between effects. Then the
// network is whole again, clocks are right and time passes, and it fails the test, naming the seed, unless all have one state and read the same,
// nothing that was stored anywhere is lost, and nobody who is out holds a later secret. Under cryptotest.SetGlobalRandom the same seed gives the
// same run.
func Simulate(t testing.TB, seed uint64, steps int) Run {
	w := NewWorld(t)
	r := rand.New(rand.NewPCG(seed, 7))
	sum := sha256.New()
	run := Run{}
	for _, s := range []string{"asha: found Sunrise", "asha: admin budi", "asha: admit budi", "asha: group food", "asha: invite link auto into food", "asha: admit budi in food",
		"asha: admit chen by link", "asha: admit chen in food by link", "asha: admit dilnoza by link", "asha: admit dilnoza in food by link", "budi: admit emeka by link", "budi: admit emeka in food by link"} {
		if out := w.Line(s); out != "" {
			t.Fatalf("seed %d: %s", seed, out)
		}
	}
	for i := range steps {
		p := w.Peers[r.IntN(len(w.Peers))]
		what := w.simStep(r, p, i, &run)
		fmt.Fprintf(sum, "%s %s\n", p.Name, what)
		w.Now += op.Millis(r.IntN(20_000))
	}
	w.wake()
	w.judge(seed)
	for _, p := range w.Peers {
		run.Events += len(p.ops) + len(p.wires)
		for _, k := range p.kept {
			run.Events += len(k.Secrets)
		}
		h := p.C.Hash()
		sum.Write(h[:])
		sum.Write([]byte(w.everything(p)))
	}
	run.Events += steps
	run.Hash = [32]byte(sum.Sum(nil))
	return run
}

// simStep lets one thing happen, and says what.
func (w *World) simStep(r *rand.Rand, p *Peer, i int, run *Run) string {
	try := func(s string) string {
		err := w.act(p, parse(s))
		return fmt.Sprint(s, " ", err == nil)
	}
	whom := simNames[r.IntN(len(simNames))]
	in := []string{"", " in food"}[r.IntN(2)]
	switch x := r.IntN(100); {
	case x < 40:
		run.Messages++
		return try(fmt.Sprint("post message ", i, " in food"))
	case x < 70:
		q := w.Peers[r.IntN(len(w.Peers))]
		if !w.connected(p, q) {
			return "hears nothing"
		}
		return fmt.Sprint("hears ", q.Name, p.hear(q))
	case x < 73:
		run.Removed++
		return try("remove " + whom + in)
	case x < 75:
		return try("admit " + whom + " by link" + in)
	case x < 76:
		return try("leave in food")
	case x < 77:
		return try([]string{"admin ", "moderator "}[r.IntN(2)] + whom)
	case x < 79:
		return try(fmt.Sprint("set name ", i))
	case x < 84:
		for _, q := range w.Peers {
			w.part[q] = r.IntN(2) * r.IntN(2)
		}
		return "the network falls apart"
	case x < 89:
		p.skew = []op.Millis{0, 0, -3_600_000, 300_000, 3_600_000, 86_400_000}[r.IntN(6)]
		return fmt.Sprint("has a clock that is wrong by ", p.skew)
	case x < 94:
		run.Crashes++
		p.crash = crashBefore + r.IntN(2)
		return fmt.Sprint("will fall over ", p.crash)
	case x < 97:
		return fmt.Sprint("somebody rotates ", w.rotate())
	}
	w.Now += op.Millis(r.IntN(600_000))
	p.perform(p.C.Tick(p.now()))
	return "looks at the clock"
}

// wake makes the network whole and the clocks right, and lets time pass.
func (w *World) wake() {
	for _, p := range w.Peers {
		w.part[p], p.skew, p.crash = 0, 0, crashNot
	}
	for range 2 {
		w.Settle()
		w.Now += 2 * 86_400_000
		for _, p := range w.Peers {
			p.perform(p.C.Tick(w.Now))
		}
	}
	w.Settle()
}

// judge fails the test unless what must hold after everybody has met holds.
func (w *World) judge(seed uint64) {
	t := w.T
	if out := w.agree(); out != "" {
		t.Fatalf("seed %d: %s", seed, out)
	}
	stored := map[[32]byte]op.ID{} // every wire that anybody has, by its space
	for _, p := range w.Peers {
		for _, x := range p.wires {
			stored[x.ID] = x.Space
		}
	}
	for _, s := range w.Peers[0].C.Spaces() {
		var like *Peer
		for _, p := range w.Peers {
			if !p.C.Mine(s) || len(p.C.Lacking(s)) > 0 {
				continue // he may not read everything
			}
			for id, space := range stored {
				if space == s && !p.has[id] {
					t.Fatalf("seed %d: %s lacks a message that somebody stored", seed, p.Name)
				}
			}
			if like == nil {
				like = p
				continue
			}
			if a, b := w.messages(like, s), w.messages(p, s); a != b {
				t.Fatalf("seed %d: %s reads\n%s\n%s reads\n%s", seed, like.Name, a, p.Name, b)
			}
		}
	}
	for _, p := range w.Peers {
		w.judgeSecrets(seed, p)
		before := w.everything(p)
		h := p.C.Hash()
		if p.restart(); p.C.Hash() != h || w.everything(p) != before {
			t.Fatalf("seed %d: %s is another one after a restart", seed, p.Name)
		}
	}
}

// judgeSecrets: no secret of an epoch whose past says that p is out, if nothing let him in that was not before it, and what put him out stands.
func (w *World) judgeSecrets(seed uint64, p *Peer) {
	full := w.Peers[0]
	log := full.C.Log()
	g := log.Graph()
	for space, k := range p.kept {
		for id := range k.Secrets {
			e, there := g.Find(id)
			o := log.Op(id)
			if !there || o.Key == op.Key(p.dev.ID()) {
				continue
			}
			b := o.Body.(op.EpochBody)
			st := log.EvalAt(space, append(slices.Clone(b.CtlHeads), o.ParentHeads...)...)
			if st == nil || st.Members.Has(p.ID()) {
				continue
			}
			ended, again := false, false
			for _, x := range full.ops {
				n, _ := g.Find(x.ID())
				if m, ok := log.Subject(x.ID()); ok && m == p.ID() {
					again = again || !g.Before(n, e)
				}
			}
			for _, end := range st.Endings(p.ID()) {
				ended = ended || full.C.State(space).Effective(end.Op) || full.C.State(w.Community).Effective(end.Op)
			}
			if ended && !again {
				w.T.Fatalf("seed %d: %s was out and holds the secret of a later epoch", seed, p.Name)
			}
		}
	}
}

// everything is all rows of a peer, in one string.
func (w *World) everything(p *Peer) string {
	var out bytes.Buffer
	for _, s := range p.C.Spaces() {
		rows := p.rows[s]
		for _, k := range slices.Sorted(maps.Keys(rows)) {
			fmt.Fprintf(&out, "%x %q %x\n", s, k, rows[k].Value)
		}
	}
	return out.String()
}
