package nodetest_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/crdttest"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// chronicle is a control log as honest nodes write it, one op after the other.
type chronicle struct {
	t    testing.TB
	log  *acl.Log
	ops  []*op.Op
	com  op.ID
	last map[op.ID]op.ID // head by space
}

func (h *chronicle) put(space, cap op.ID, k identity.DeviceKey, body op.Body) op.ID {
	o := op.Op{Space: space, Cap: cap, Time: op.Millis(len(h.ops)), Body: body}
	if cap != (op.ID{}) {
		o.Seq = h.log.NextSeq(space, cap, op.Key(k.ID()))
		o.Deps = []op.ID{h.last[space]}
		n, _ := h.log.Graph().Find(o.Deps[0])
		o.Height = h.log.Graph().Height(n) + 1
		if space != h.com {
			o.ParentHeads = []op.ID{h.last[h.com]}
		}
	}
	signed, err := op.SignDevice(o, k)
	if err == nil {
		err = h.log.Add(acl.EntryOf(signed))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.ops = append(h.ops, signed)
	h.last[signed.Home()] = signed.ID()
	return signed.ID()
}

// writeChronicle makes a community of n ops: ten admins, twenty groups, people who come by invites and by admins, join groups, leave, are removed;
// names, epochs.
func writeChronicle(t testing.TB, n int) *chronicle {
	h := &chronicle{t: t, log: acl.NewLog(), last: map[op.ID]op.ID{}}
	r := rand.New(rand.NewPCG(1, 2))
	device := func(i int) identity.DeviceKey {
		return identity.DeviceKeyFromSeed([32]byte(binary.BigEndian.AppendUint64(make([]byte, 24), uint64(i))))
	}
	person := func(i int) identity.MemberKey {
		return identity.Seed(binary.BigEndian.AppendUint64(make([]byte, 24), uint64(i))).Member(h.com)
	}
	salt := [32]byte{1}
	owner := identity.Seed{9}.Member(identity.OwnerSalt(salt))
	h.com = h.put(op.ID{}, op.ID{}, device(0), op.GenesisBody{Salt: salt, Cert: owner.Certify(identity.Certificate{Space: identity.OwnerSalt(salt)}, device(0)), Recovery: []identity.UserID{}})
	type member struct {
		i    int
		seat op.ID
	}
	var in []member
	var offices, groups []op.ID
	var heads []int // of the offices
	key := identity.InviteKeyFromSeed([16]byte{1})
	admit := func(space, cap op.ID, by identity.DeviceKey, i int, invite op.ID) op.ID {
		m, d := person(i), device(i)
		via, proof := cap, []byte{}
		if invite != (op.ID{}) {
			via, proof = invite, key.Prove(m.ID(), d.ID())
		}
		cert := m.Certify(identity.Certificate{Space: space, Via: via, Last: h.log.LastOut(space, m.ID())}, d)
		return h.put(space, cap, by, op.AdmitBody{Cert: cert, Post: true, Invite: invite, Proof: proof})
	}
	for i := 1; i <= 10; i++ {
		in = append(in, member{i, admit(h.com, h.com, device(0), i, op.ID{})})
		offices, heads = append(offices, h.put(h.com, h.com, device(0), op.GrantBody{Member: person(i).ID(), Bits: op.AllBits})), append(heads, i)
	}
	for range 20 {
		groups = append(groups, h.put(h.com, offices[0], device(1), op.CreateGroupBody{Name: "g"}))
		h.last[groups[len(groups)-1]] = groups[len(groups)-1]
	}
	invite := h.put(h.com, h.com, device(0), op.InviteBody{Key: key.Public(), Auto: true, Max: 1000, Groups: []op.ID{}})
	for next := 11; len(h.ops) < n; {
		a := r.IntN(len(offices))
		switch x := r.IntN(100); {
		case x < 35: // by the link, from a plain member
			by := in[r.IntN(len(in))]
			in = append(in, member{next, admit(h.com, by.seat, device(by.i), next, invite)})
			next++
		case x < 55:
			in = append(in, member{next, admit(h.com, offices[a], device(heads[a]), next, op.ID{})})
			next++
		case x < 80:
			g := groups[r.IntN(len(groups))]
			admit(g, g, device(1), in[r.IntN(len(in))].i, op.ID{})
		case x < 85 && len(in) > 50:
			k := 10 + r.IntN(len(in)-10)
			h.put(h.com, in[k].seat, device(in[k].i), op.LeaveBody{Pins: []op.Pin{}})
			in = slices.Delete(in, k, k+1)
		case x < 90 && len(in) > 50:
			k := 10 + r.IntN(len(in)-10)
			h.put(h.com, offices[a], device(heads[a]), op.RevokeBody{Member: person(in[k].i).ID(), Pins: []op.Pin{}})
			in = slices.Delete(in, k, k+1)
		case x < 95:
			h.put(h.com, offices[a], device(heads[a]), op.SetBody{Key: "name", Value: []byte{byte(x)}})
		default:
			by := in[r.IntN(len(in))]
			h.put(h.com, by.seat, device(by.i), op.EpochBody{Gen: 1, Parents: []op.ID{}, CtlHeads: []op.ID{}, Pins: []op.Pin{}, Desk: []byte{}})
		}
	}
	return h
}

// BenchmarkB15Eval: a control log of 25,000 ops to its states, against verifying the same ops; and one op more.
func BenchmarkB15Eval(b *testing.B) {
	const size, more = 25_000, 500
	h := writeChronicle(b, size+more)
	var ours, verify, one []float64
	for range nodetest.Rounds {
		at := time.Now()
		l := acl.NewLog()
		for _, o := range h.ops[:size] {
			if err := l.Add(acl.EntryOf(o)); err != nil {
				b.Fatal(err)
			}
		}
		states := l.EvalAll(h.com)
		ours = append(ours, float64(time.Since(at).Microseconds())/1000)
		at = time.Now()
		for _, o := range h.ops[:size] {
			if !o.Verify() {
				b.Fatal("does not verify")
			}
		}
		verify = append(verify, float64(time.Since(at).Microseconds())/1000)
		at = time.Now()
		for _, o := range h.ops[size:] {
			if err := l.Add(acl.EntryOf(o)); err != nil {
				b.Fatal(err)
			}
			if _, ok := l.Step(states, h.com, o.ID()); !ok {
				states = l.EvalAll(h.com)
			}
		}
		one = append(one, float64(time.Since(at).Microseconds())/1000/more)
		if acl.Hash(states) != acl.Hash(l.EvalAll(h.com)) {
			b.Fatal("by steps another state than as a whole")
		}
	}
	nodetest.Report("B15 eval of a whole log", "ms", size, ours, verify, slices.Min(ours), "verify the same ops", "≤ 1.2×, ≤ 1000 ms")
	perOp := make([]float64, len(verify))
	for i, v := range verify {
		perOp[i] = v / size
	}
	nodetest.Report("B15 one op more", "ms", more, one, perOp, slices.Min(one), "verify one op", "≤ 1 ms")
}

// BenchmarkB21Simulator: events a second of the seeded simulator, keys, seals and signatures included.
func BenchmarkB21Simulator(b *testing.B) {
	const seeds = 20
	var rate []float64
	for round := range nodetest.Rounds {
		events, at := 0, time.Now()
		for i := range uint64(seeds) {
			events += crdttest.Simulate(b, uint64(round)*seeds+i, 200).Events
		}
		rate = append(rate, float64(events)/time.Since(at).Seconds())
	}
	nodetest.Alone("B21 simulator", "events/s", seeds, rate, slices.Max(rate), "10⁶ aimed at")
}
