package nodetest_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// town is a community that grows by one auto invite into some of its groups, without a shell: what its owner's node holds.
type town struct {
	b      *testing.B
	c      *crdt.Community
	groups []op.ID
	invite op.ID
	key    identity.InviteKey
	in     []identity.UserID
}

const townTime = op.Millis(1_790_000_000_000)

func foundTown(b *testing.B, groups int) *town {
	b.Helper()
	var salt, join [32]byte
	rand.Read(salt[:])
	rand.Read(join[:])
	c, _, err := crdt.Found(identity.NewSeed().Member(identity.OwnerSalt(salt)), identity.NewDeviceKey(), op.GenesisBody{Name: "Sunrise", Salt: salt, JoinKey: join}, townTime)
	if err != nil {
		b.Fatal(err)
	}
	t := &town{b: b, c: c, key: identity.InviteKeyFromSeed([16]byte{1}), groups: []op.ID{}}
	for i := range groups {
		g := t.author(crdt.Draft{Space: c.ID(), Body: op.CreateGroupBody{Name: fmt.Sprint("group ", i)}})
		if _, err := c.Rotate(g, "new group", townTime); err != nil {
			b.Fatal(err)
		}
		t.groups = append(t.groups, g)
	}
	slices.SortFunc(t.groups, func(x, y op.ID) int { return slices.Compare(x[:], y[:]) })
	return t
}

func (t *town) author(d ...crdt.Draft) op.ID {
	t.b.Helper()
	_, ids, err := t.c.Author(townTime, d...)
	if err != nil {
		t.b.Fatal(err)
	}
	return ids[0]
}

// admit lets somebody into the community and one of its groups; an invite carries a thousand.
func (t *town) admit(m identity.MemberKey, d identity.DeviceKey) {
	t.b.Helper()
	if len(t.in)%1000 == 0 {
		t.invite = t.author(crdt.Draft{Space: t.c.ID(), Body: op.InviteBody{Key: t.key.Public(), Max: 1000, Auto: true, Groups: t.groups}})
	}
	for _, s := range []op.ID{t.c.ID(), t.groups[len(t.in)%len(t.groups)]} {
		cert := m.Certify(identity.Certificate{Space: s, Via: t.invite}, d)
		t.author(crdt.Draft{Space: s, Body: op.AdmitBody{Cert: cert, Post: true, Invite: t.invite, Proof: t.key.Prove(m.ID(), d.ID())}})
	}
	t.in = append(t.in, m.ID())
}

func (t *town) grow(n int) {
	for len(t.in) < n {
		t.admit(identity.NewSeed().Member(t.c.ID()), identity.NewDeviceKey())
	}
}

// log is the whole control log as it is stored and sent.
func (t *town) log() (out [][]byte, size int) {
	g := t.c.Log().Graph()
	for n := range g.Len() {
		raw := t.c.Log().Op(g.ID(dag.Node(n))).Raw()
		out, size = append(out, raw), size+len(raw)
	}
	return out, size
}

// BenchmarkB8Join: from an invite opened to the first message readable, in a community of n members with a group that all are in: the Admits, the
// whole log checked and taken in by a node that knew nothing, the keys asked for, handed over and opened, the message opened and folded; against
// verifying the same ops, both on all processors. The network and the disk are not in it.
func BenchmarkB8Join(b *testing.B) {
	sizes := []int{100, 1000, 10_000}
	for _, n := range sizes {
		t := foundTown(b, 1)
		t.grow(n)
		group := t.groups[0]
		body, err := content.TextBody{Text: "welcome"}.Encode()
		if err != nil {
			b.Fatal(err)
		}
		var ours, verify, cost, checks []float64
		for range nodetest.Rounds {
			m, d := identity.NewSeed().Member(t.c.ID()), identity.NewDeviceKey()
			said, _, err := t.c.Post(group, content.Text, body, nil, townTime)
			if err != nil {
				b.Fatal(err)
			}
			at, began := time.Now(), nodetest.CPU()
			t.admit(m, d)
			raw, _ := t.log()
			in, bad := crdt.CheckOps(raw, abreast)
			if bad != crdt.Good {
				b.Fatal(bad)
			}
			c := crdt.Blank(t.c.ID(), crdt.Self{Member: m.ID(), Device: d})
			c.Apply(in, nil, townTime)
			for _, s := range c.Spaces() {
				t.handKeys(c, s, d)
			}
			ck, v := crdt.Check(c.Snapshot(), said.Publish[0].Wire, townTime)
			if v != crdt.Good {
				b.Fatal(v)
			}
			e := c.Apply([]crdt.Checked{ck}, nil, townTime)
			ours, cost = append(ours, ms(time.Since(at))), append(cost, ms(nodetest.CPU()-began))
			if len(e.Store.Rows[group]) == 0 || c.Hash() != t.c.Hash() {
				b.Fatal("no message, or another state")
			}
			ops := make([]*op.Op, len(raw))
			for i := range raw {
				if ops[i], err = op.Parse(raw[i]); err != nil {
					b.Fatal(err)
				}
			}
			at, began = time.Now(), nodetest.CPU()
			abreast(len(ops), func(i int) {
				if !ops[i].Verify() {
					b.Error("does not verify")
				}
			})
			verify, checks = append(verify, ms(time.Since(at))), append(checks, ms(nodetest.CPU()-began))
		}
		nodetest.Report(fmt.Sprintf("B8 join at %d", n), "ms", t.c.Log().Graph().Len(), ours, verify, slices.Min(ours), "verify the same ops", "≤ 2×")
		nodetest.Report(fmt.Sprintf("B8 join at %d, processor", n), "ms", t.c.Log().Graph().Len(), cost, checks, slices.Min(cost), "verify the same ops", "≤ 2×")
	}
}

// abreast calls f for 0 to n-1 on all processors, as nodes check what a session brings.
func abreast(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// handKeys gives a newcomer the keys he lacks, as one answer to one request.
func (t *town) handKeys(c *crdt.Community, space op.ID, d identity.DeviceKey) {
	want := c.Lacking(space)
	if len(want) == 0 {
		return
	}
	raw, sk, err := epoch.NewKeyRequest(space, want, d)
	if err != nil {
		t.b.Fatal(err)
	}
	req, err := epoch.ParseKeyRequest(raw)
	if err != nil {
		t.b.Fatal(err)
	}
	ans, err := req.Answer(t.c.Entitled(space, req.Device, req.Epochs))
	if err != nil {
		t.b.Fatal(err)
	}
	got, err := epoch.OpenAnswer(ans, space, sk)
	if err != nil {
		t.b.Fatal(err)
	}
	c.Hold(space, got, townTime)
}

// BenchmarkB9RemoveOne: what it costs whoever removes one of n members of a community and its group: processor time, new epochs of both and of
// what else they need included, and what is sent; against n times one X25519, which a key for each member would take.
func BenchmarkB9RemoveOne(b *testing.B) {
	sizes := []int{1000, 10_000}
	for _, n := range sizes {
		t := foundTown(b, 1)
		t.grow(n)
		var ours, theirs, flooded, largest []float64
		for i := range nodetest.Rounds {
			const times = 4
			sent, most, wires := 0, 0, 0
			at := nodetest.CPU()
			for k := range times {
				e, _, err := t.c.Remove(t.c.ID(), t.in[i*times+k], op.RevokeBody{}, townTime)
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range e.Publish {
					if p.Wire != nil {
						sent, most, wires = sent+len(p.Wire), max(most, len(p.Wire)), wires+1
					}
				}
				t.c.Handed(t.c.ID(), epochMade(e, t.c.ID()), townTime) // somebody has the new keys, as on the way to the next removal
				t.c.Handed(t.groups[0], epochMade(e, t.groups[0]), townTime)
			}
			ours = append(ours, ms(nodetest.CPU()-at)/times)
			if wires < 4*times {
				b.Fatalf("%d wires of %d removals: a Revoke and an Epoch in each space are missing", wires, times)
			}
			flooded, largest = append(flooded, float64(sent)/times), append(largest, float64(most))
			theirs = append(theirs, x25519(b, n))
		}
		name := fmt.Sprintf("B9 remove_one of %d", n)
		nodetest.Report(name, "ms of processor", n, ours, theirs, slices.Min(ours), "n × X25519", "≤ 0.1×")
		nodetest.Alone(name+", largest op wire", "bytes", n, largest, slices.Min(largest), "≤ 1024")
		nodetest.Alone(name+", all op wires", "bytes", n, flooded, slices.Min(flooded), "")
	}
}

func epochMade(e crdt.Effects, space op.ID) (id op.ID) {
	for _, s := range e.Store.Secrets {
		if s.Space == space {
			return s.Epoch
		}
	}
	return id
}

// x25519 is the processor time, in ms, of one key agreement for each of n.
func x25519(b *testing.B, n int) float64 {
	mine, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	his, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	at := nodetest.CPU()
	for range n {
		if _, err := mine.ECDH(his.PublicKey()); err != nil {
			b.Fatal(err)
		}
	}
	return ms(nodetest.CPU() - at)
}

// BenchmarkOpenLarge: a community of 5,000 members with 50 groups: its log, and to open it from that log, as at the start of a node.
func BenchmarkOpenLarge(b *testing.B) {
	const n, groups = 5000, 50
	t := foundTown(b, groups)
	t.grow(n)
	log, size := t.log()
	var raw []crdt.KeptOp
	for i, o := range log {
		raw = append(raw, crdt.KeptOp{Bytes: o, Proven: t.c.Log().Proven(t.c.Log().Graph().ID(dag.Node(i)))})
	}
	var open, cost, memory []float64
	for range nodetest.Rounds {
		before := heap()
		at, used := time.Now(), nodetest.CPU()
		c, err := crdt.Load(t.c.ID(), t.c.Self(), raw, nil)
		open, cost = append(open, ms(time.Since(at))), append(cost, ms(nodetest.CPU()-used))
		if err != nil || c.Hash() != t.c.Hash() {
			b.Fatalf("read back: %v", err)
		}
		memory = append(memory, float64(heap()-before)/(1<<20))
		runtime.KeepAlive(c)
	}
	name := "5,000 members, 50 groups"
	nodetest.Alone(name+": log", "bytes", len(raw), []float64{float64(size)}, float64(size), "")
	nodetest.Alone(name+": open", "ms", len(raw), open, slices.Min(open), "≤ 1000 ms")
	nodetest.Alone(name+": open, processor", "ms", len(raw), cost, slices.Min(cost), "≤ 1000 ms")
	nodetest.Alone(name+": memory", "MiB", len(raw), memory, slices.Min(memory), "")
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
