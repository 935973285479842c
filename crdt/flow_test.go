package crdt

import (
	"crypto/rand"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// person is one member's node without a shell: everything it is handed goes through Check and Apply, as on a real one.
type person struct {
	t    testing.TB
	name string
	c    *Community
	key  identity.MemberKey
	dev  identity.DeviceKey
	rows map[op.ID]content.Rows
	wire [][]byte // all wires stored
	has  map[[32]byte]bool
	pubs []Publication
	ev   []Event

	shell *shell // performs effects instead, where there is one
}

const start = op.Millis(1_790_000_000_000)

func (p *person) perform(e Effects) {
	if p.shell != nil {
		p.shell.perform(e)
		return
	}
	for space, rows := range e.Store.Rows {
		if p.rows[space] == nil {
			p.rows[space] = content.Rows{}
		}
		for _, r := range rows {
			if r.Value == nil {
				delete(p.rows[space], r.Key)
			} else {
				p.rows[space][r.Key] = r
			}
		}
	}
	for _, w := range e.Store.Wires {
		if p.has[w.ID] {
			continue
		}
		p.has[w.ID] = true
		p.wire = append(p.wire, w.Bytes)
	}
	p.pubs = append(p.pubs, e.Publish...)
	p.ev = append(p.ev, e.Events...)
	for _, r := range e.Refold {
		p.refold(r)
	}
}

// refold does what it is asked and no more: the rows that the named messages touch, from all messages.
func (p *person) refold(r Refold) {
	var msgs []Checked
	links := map[identity.DeviceID][]Link{}
	for _, w := range p.wire {
		if ck, err := Stored(p.c.Snapshot(), w); err == nil && ck.Space() == r.Space {
			d, _ := ck.Device()
			l, _ := LinkOf(ck)
			links[d] = append(links[d], l)
		}
	}
	for d, ls := range links {
		if slices.Contains(r.Devices, d) && p.c.Pinned(r.Space, d) || p.c.Untold(r.Space, d) {
			p.c.Rechain(r.Space, d, ls)
		}
	}
	var keys []content.RowKey
	for _, w := range p.wire {
		ck, err := Stored(p.c.Snapshot(), w)
		if err != nil || ck.Space() != r.Space {
			continue
		}
		msgs = append(msgs, ck)
		if slices.Contains(r.Devices, ck.msg.Device) || slices.Contains(r.Wires, ck.msg.WireID) {
			m, _ := p.c.contentOf(ck)
			keys = append(keys, content.Touches(m)...)
		}
	}
	p.perform(Effects{Store: p.c.Refolded(r.Space, keys, msgs, p.rows[r.Space], start)})
}

func (p *person) rowsFor(in []Checked) Rows {
	out := Rows{}
	for space, keys := range p.c.TouchedBy(in) {
		out[space] = content.Rows{}
		for _, k := range keys {
			if r, ok := p.rows[space][k]; ok {
				out[space][k] = r
			}
		}
	}
	return out
}

// ops hands over every op that q lacks.
func (p *person) ops(q *person) {
	var in []Checked
	g := p.c.log.Graph()
	for n := 0; n < g.Len(); n++ {
		ck, v := CheckOp(p.c.log.Op(g.ID(dag.Node(n))).Raw())
		if v != Good {
			p.t.Fatalf("own op: %v", v)
		}
		in = append(in, ck)
	}
	q.perform(q.c.Apply(in, nil, start))
}

// keys relays what q lacks from p.
func (p *person) keys(q *person, space op.ID) {
	want := q.c.Lacking(space)
	if len(want) == 0 {
		return
	}
	raw, sk, err := epoch.NewKeyRequest(space, want, q.dev)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := epoch.ParseKeyRequest(raw)
	if err != nil {
		p.t.Fatal(err)
	}
	ans, err := req.Answer(p.c.Entitled(space, req.Device, req.Epochs))
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := epoch.OpenAnswer(ans, space, sk)
	if err != nil {
		p.t.Fatal(err)
	}
	for id := range got {
		p.c.Handed(space, id, start)
	}
	q.perform(q.c.Hold(space, got, start))
}

// wires hands over all wires that q can check.
func (p *person) wires(q *person) (verdicts map[Verdict]int) {
	verdicts = map[Verdict]int{}
	for _, w := range p.wire {
		if q.has[epoch.WireID(w)] {
			continue
		}
		ck, v := Check(q.c.Snapshot(), w, start)
		verdicts[v]++
		if v == Good || v == UnknownAuthor {
			q.perform(q.c.Apply([]Checked{ck}, q.rowsFor([]Checked{ck}), start))
		}
	}
	return verdicts
}

func (p *person) texts(space op.ID) (out []string) {
	for _, r := range p.rows[space] {
		if r.List != content.Messages {
			continue
		}
		m, err := content.ParseMessageRow(r.Value)
		if err != nil {
			p.t.Fatal(err)
		}
		switch b := m.Content().(type) {
		case *content.TextBody:
			out = append(out, b.Text)
		case *content.AnnouncementBody:
			out = append(out, b.Text)
		}
	}
	return out
}

func (p *person) post(space op.ID, text string) {
	p.t.Helper()
	body, err := content.TextBody{Text: text}.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	e, _, err := p.c.Post(space, content.Text, body, nil, start)
	if err != nil {
		p.t.Fatalf("%s posts: %v", p.name, err)
	}
	p.perform(e)
}

func found(t testing.TB, name string) *person {
	var salt, join [32]byte
	rand.Read(salt[:])
	rand.Read(join[:])
	seed := identity.NewSeed()
	p := &person{t: t, name: name, key: seed.Member(identity.OwnerSalt(salt)), dev: identity.NewDeviceKey(), rows: map[op.ID]content.Rows{}, has: map[[32]byte]bool{}}
	c, e, err := Found(p.key, p.dev, op.GenesisBody{Name: "Sunrise", Salt: salt, JoinKey: join}, start)
	if err != nil {
		t.Fatal(err)
	}
	p.c = c
	p.perform(e)
	return p
}

// admit brings somebody in by an auto invite of p's, into the community and the groups it names.
func (p *person) invite(groups ...op.ID) (op.ID, identity.InviteKey) {
	if groups == nil {
		groups = []op.ID{}
	}
	var seed [16]byte
	rand.Read(seed[:])
	k := identity.InviteKeyFromSeed(seed)
	e, ids, err := p.c.Author(start, Draft{Space: p.c.ID(), Body: op.InviteBody{Key: k.Public(), Max: 1000, Auto: true, Groups: groups}})
	if err != nil {
		p.t.Fatalf("%s invites: %v", p.name, err)
	}
	p.perform(e)
	return ids[0], k
}

func (p *person) admit(name string, invite op.ID, k identity.InviteKey, groups ...op.ID) *person {
	p.t.Helper()
	q := &person{t: p.t, name: name, key: identity.NewSeed().Member(p.c.ID()), dev: identity.NewDeviceKey(), rows: map[op.ID]content.Rows{}, has: map[[32]byte]bool{}}
	q.c = Blank(p.c.ID(), Self{Member: q.key.ID(), Device: q.dev})
	proof := k.Prove(q.key.ID(), q.dev.ID())
	for _, s := range append([]op.ID{p.c.ID()}, groups...) {
		cert := q.key.Certify(identity.Certificate{Space: s, Via: invite}, q.dev)
		e, _, err := p.c.Author(start, Draft{Space: s, Body: op.AdmitBody{Cert: cert, Post: true, Invite: invite, Proof: proof}})
		if err != nil {
			p.t.Fatalf("%s admits %s: %v", p.name, name, err)
		}
		p.perform(e)
	}
	p.ops(q)
	for _, s := range p.c.Spaces() {
		p.keys(q, s)
	}
	return q
}

func (p *person) group(name string) op.ID {
	e, ids, err := p.c.Author(start, Draft{Space: p.c.ID(), Body: op.CreateGroupBody{Name: name}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.perform(e)
	e, err = p.c.Rotate(ids[0], "new group", start)
	if err != nil {
		p.t.Fatal(err)
	}
	p.perform(e)
	return ids[0]
}

func meet(ps ...*person) {
	for range 2 {
		for _, a := range ps {
			for _, b := range ps {
				if a == b {
					continue
				}
				a.ops(b)
				for _, s := range a.c.Spaces() {
					a.keys(b, s)
				}
				a.wires(b)
			}
		}
	}
}

// TestFlow walks the whole way: found, group, invite, admit through another, post, remove, post again, come back.
func TestFlow(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	c := b.admit("Chen", inv, key, food) // by a plain member, while Asha is away: the invite is the authority
	meet(a, b, c)
	a.post(food, "from a")
	b.post(food, "from b")
	c.post(food, "from c")
	meet(a, b, c)
	for _, p := range []*person{a, b, c} {
		if got := p.texts(food); len(got) != 3 {
			t.Fatalf("%s reads %v", p.name, got)
		}
		if p.c.Hash() != a.c.Hash() {
			t.Fatalf("%s disagrees", p.name)
		}
	}
	e, _, err := a.c.Remove(a.c.ID(), c.key.ID(), op.RevokeBody{}, start)
	if err != nil {
		t.Fatal(err)
	}
	a.perform(e)
	a.ops(b)
	if b.c.Mine(food) != true || b.c.isMember(food, c.key.ID()) || b.c.isMember(a.c.ID(), c.key.ID()) {
		t.Fatal("the removal does not act everywhere")
	}
	if _, ok := b.c.Sending(food, start); ok {
		t.Fatal("b would still send under an epoch that c has")
	}
	a.keys(b, food)
	a.keys(b, a.c.ID())
	a.post(food, "without c")
	b.post(food, "nor mine")
	c.post(food, "I am still here") // c does not know yet
	if n := len(a.wire); a.wires(c)[UnknownEpoch] == 0 || n == 0 {
		t.Fatal("c opens what it must not")
	}
	a.ops(c)
	a.wires(b)
	b.wires(a)
	c.wires(a)
	if got := a.texts(food); len(got) != 5 {
		t.Fatalf("a reads %v", got)
	}
	if len(b.c.Entitled(food, c.dev.ID(), c.c.Lacking(food))) != 0 {
		t.Fatal("c gets keys")
	}
}

// TestForgery: what an outsider or a member without the right makes is told apart.
func TestForgery(t *testing.T) {
	a := found(t, "Asha")
	inv, key := a.invite()
	b := a.admit("Budi", inv, key)
	meet(a, b)
	k, ok := b.c.Sending(a.c.ID(), start)
	if !ok {
		t.Fatal("no key")
	}
	body, _ := content.AnnouncementBody{Text: "free mangoes"}.Encode()
	wire, _, err := k.Seal(epoch.Header{Seq: 1, Lamport: start, Time: start, Kind: uint16(content.Announcement)}, body, b.dev)
	if err != nil {
		t.Fatal(err)
	}
	if _, v := Check(a.c.Snapshot(), wire, start); v != NotAnnouncer {
		t.Fatalf("b announces: %v", v)
	}
	if _, _, err := b.c.Post(a.c.ID(), content.Announcement, body, nil, start); err == nil {
		t.Fatal("b's own node lets it announce")
	}
	wire, _, _ = k.Seal(epoch.Header{Seq: 1, Lamport: start, Time: start, Kind: uint16(content.Announcement)}, body, identity.NewDeviceKey())
	if _, v := Check(a.c.Snapshot(), wire, start); v != UnknownAuthor {
		t.Fatalf("a stranger with the key: %v", v)
	}
	wire[len(wire)-1] ^= 1
	if _, v := Check(a.c.Snapshot(), wire, start); v != BadSignature {
		t.Fatalf("damaged: %v", v)
	}
	wire, _, _ = k.Seal(epoch.Header{Seq: 1, Lamport: start + 3*86_400_000, Time: start, Kind: uint16(content.Announcement)}, body, a.dev)
	if _, v := Check(a.c.Snapshot(), wire, start); v != FromFuture {
		t.Fatalf("dated ahead: %v", v)
	}
}
