package crdt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// act is something that was done in a round, while its maker was in a part.
type act struct {
	part   int
	kind   content.Kind
	by     *person
	of     [32]byte
	detail string
}

// talk is one community whose people talk in a group, over rounds of being apart.
type talk struct {
	t      testing.TB
	rnd    *rand.Rand
	ops    map[op.ID]Checked
	opened map[[32]byte]Checked
	food   op.ID
	all    []*person
	shells []*shell
	invite func(q *person)
	grant  op.ID
	acts   []act
	err    error          // of the last post
	met    map[string]int // how often which interplay was seen
}

func (w *talk) op(o *op.Op) Checked {
	ck, ok := w.ops[o.ID()]
	if !ok {
		var v Verdict
		if ck, v = CheckOp(o.Raw()); v != Good {
			w.t.Fatalf("an op that does not verify: %v", v)
		}
		w.ops[o.ID()] = ck
	}
	return ck
}

func (w *talk) open(p *person, id [32]byte, wire []byte) (Checked, error) {
	ck, ok := w.opened[id]
	if ok {
		return ck, nil
	}
	ck, err := Stored(p.c.Snapshot(), wire)
	if err == nil {
		w.opened[id] = ck
	}
	return ck, err
}

func newTalk(t testing.TB, seed uint64) *talk {
	w := &talk{t: t, rnd: rand.New(rand.NewPCG(seed, 4)), ops: map[op.ID]Checked{}, opened: map[[32]byte]Checked{}, met: map[string]int{}}
	a := found(t, "Asha")
	w.food = a.group("food")
	inv, key := a.invite(w.food)
	b, c, d := a.admit("Budi", inv, key, w.food), a.admit("Chen", inv, key, w.food), a.admit("Dilnoza", inv, key, w.food)
	meet(a, b, c, d)
	phone := b.second()
	meet(a, b, c, d, phone)
	w.all = []*person{a, b, c, d, phone}
	for _, p := range w.all {
		s := newShell(w, p)
		p.shell, w.shells = s, append(w.shells, s)
	}
	w.invite = func(q *person) {
		if err := a.again(q, inv, key, w.food); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// deletion is what a person's node writes who deletes a message, which it must have.
func (w *talk) deletion(p *person, of content.Ref) (content.DeleteBody, bool) {
	m, err := content.ParseMessageRow(p.rows[w.food][content.MessageKey(of.ID)].Value)
	return content.DeleteBody{Of: of, Stood: content.StoodAt(m)}, err == nil
}

func (w *talk) meet() {
	for range 2 {
		for _, s := range w.shells {
			for _, from := range w.shells {
				if s != from {
					s.hear(from)
				}
			}
		}
	}
}

func (w *talk) post(p *person, kind content.Kind, enc func() ([]byte, error)) ([32]byte, bool) {
	body, err := enc()
	if err != nil {
		w.t.Fatal(err)
	}
	rows := Rows{}
	for space, keys := range p.c.DraftRows(w.food, kind, body, start) {
		rows[space] = content.Rows{}
		for _, k := range keys {
			if r, ok := p.rows[space][k]; ok {
				rows[space][k] = r
			}
		}
	}
	e, id, err := p.c.Post(w.food, kind, body, rows, start)
	if w.err = err; err != nil {
		return id, false
	}
	p.perform(e)
	return id, true
}

// round plays one partition: all know the same messages, are parted, act, and meet again.
func (w *talk) round() {
	a, b, c := w.all[0], w.all[1], w.all[2]
	for _, p := range w.all[1:4] {
		if !a.c.isMember(w.food, p.key.ID()) {
			w.invite(p)
		}
	}
	if a.c.State(w.food).Members.Of(b.key.ID()).Bits&op.MODERATE == 0 {
		e, ids, err := a.c.Author(start, Draft{Space: w.food, Body: op.GrantBody{Member: b.key.ID(), Bits: op.MODERATE | op.POST}})
		if err != nil {
			w.t.Fatal(err)
		}
		a.perform(e)
		w.grant = ids[0]
	}
	w.meet()
	if _, due, _ := a.c.RotationDue(w.food, start); due {
		e, err := a.c.Rotate(w.food, "leave", start)
		if err != nil {
			w.t.Fatal(err)
		}
		a.perform(e)
		w.meet()
	}
	w.acts = nil
	ref := func(p *person, id [32]byte) content.Ref { return content.Ref{ID: id, Author: p.key.ID()} }
	must := func(id [32]byte, ok bool) [32]byte {
		if !ok {
			w.t.Fatal("a member cannot post before the split: ", w.err)
		}
		return id
	}
	var texts []content.Ref
	for _, p := range []*person{b, c} {
		texts = append(texts, ref(p, must(w.post(p, content.Text, content.TextBody{Text: p.name + " says"}.Encode))))
	}
	q := content.PollBody{Question: "Which?", Options: []string{"red", "green", "blue"}, Multiple: w.rnd.IntN(2) == 0}
	if w.rnd.IntN(3) == 0 {
		q.Closes = c.c.space(w.food).lamport + op.Millis(1+w.rnd.IntN(8))
	}
	poll := ref(c, must(w.post(c, content.Poll, q.Encode)))
	party := content.EventBody{Title: "Clean-up", Starts: start, Capacity: uint64(1 + w.rnd.IntN(4))}
	event := ref(b, must(w.post(b, content.Event, party.Encode)))
	if w.rnd.IntN(4) > 0 { // else they come after what is said about them
		w.meet()
	}
	part := make([]int, len(w.all))
	for i := range part {
		part[i] = w.rnd.IntN(2 + w.rnd.IntN(2))
	}
	for n := range 12 + w.rnd.IntN(24) {
		i := w.rnd.IntN(len(w.all))
		p := w.all[i]
		did := func(kind content.Kind, of [32]byte, detail string, enc func() ([]byte, error)) {
			if _, ok := w.post(p, kind, enc); ok {
				w.acts = append(w.acts, act{part[i], kind, p, of, detail})
			}
		}
		t := texts[w.rnd.IntN(2)]
		own := t
		if p.key.ID() == b.key.ID() {
			own = texts[0]
		} else if p == c {
			own = texts[1]
		}
		switch w.rnd.IntN(17) {
		case 0, 1:
			body, _ := content.TextBody{Text: fmt.Sprint(p.name, " says ", n)}.Encode()
			if own.Author == p.key.ID() {
				did(content.Edit, own.ID, "", content.EditBody{Of: own, Kind: content.Text, Body: body}.Encode)
			}
		case 2:
			if d, ok := w.deletion(p, own); ok && own.Author == p.key.ID() {
				did(content.Delete, own.ID, "", d.Encode)
			}
		case 3:
			if event.Author == p.key.ID() {
				if d, ok := w.deletion(p, event); ok && w.rnd.IntN(4) == 0 {
					did(content.Delete, event.ID, "", d.Encode)
					break
				}
				e := party
				e.Title, e.Capacity = fmt.Sprint("Clean-up ", n), uint64(1+w.rnd.IntN(4))
				body, _ := e.Encode()
				did(content.Edit, event.ID, "", content.EditBody{Of: event, Kind: content.Event, Body: body}.Encode)
			}
		case 4, 5:
			opts := [][]uint8{{}, {0}, {1}, {2}}
			if q.Multiple {
				opts = append(opts, []uint8{0, 2}, []uint8{0, 1, 2})
			}
			o := opts[w.rnd.IntN(len(opts))]
			did(content.Vote, poll.ID, fmt.Sprint(o), content.VoteBody{Ballot: q.Ballot(poll), Options: o}.Encode)
		case 6:
			if p == c {
				did(content.PollClose, poll.ID, "", content.PollCloseBody{Ballot: q.Ballot(poll)}.Encode)
			}
		case 7, 8:
			status := []uint8{content.Yes, content.Yes, content.Yes, content.No, content.Maybe, content.NoAnswer}[w.rnd.IntN(6)]
			guests := uint8(0)
			if status == content.Yes {
				guests = uint8(w.rnd.IntN(3))
			}
			did(content.RSVP, event.ID, fmt.Sprint(status), content.RSVPBody{Of: event, Status: status, Guests: guests}.Encode)
		case 9, 10:
			emoji := []string{"🥭", "👍"}[w.rnd.IntN(2)]
			r := content.ReactBody{Of: t, Emoji: emoji, On: w.rnd.IntN(5) > 1}
			if !r.On {
				x, _ := content.ParseReactedRow(p.rows[w.food][t.Reacted(p.key.ID())].Value)
				for _, e := range x.All {
					if e.Emoji == emoji {
						r.Seen = e.Added
					}
				}
			}
			did(content.React, t.ID, fmt.Sprint(emoji, r.On), r.Encode)
		case 11, 16:
			did(content.Moderate, t.ID, "", content.ModerateBody{Of: t, Hide: w.rnd.IntN(2) == 0, Reason: fmt.Sprint(n)}.Encode)
		case 12:
			did(content.Pin, t.ID, "", content.PinBody{ID: t.ID, Pin: w.rnd.IntN(2) == 0}.Encode)
		case 13:
			did(content.Text, t.ID, "", content.TextBody{Text: "in the thread", Thread: t.Bytes()}.Encode)
		case 14:
			for range 2 {
				if j := w.rnd.IntN(len(w.all)); part[j] == part[i] && i != j {
					w.shells[i].hear(w.shells[j])
				}
			}
		case 15:
			if w.rnd.IntN(3) == 0 {
				break
			}
			if w.rnd.IntN(2) == 0 {
				m := w.all[1+w.rnd.IntN(3)]
				if e, _, err := a.c.Remove(w.food, m.key.ID(), op.RevokeBody{}, start); err == nil {
					a.perform(e)
					w.acts = append(w.acts, act{part[0], content.Op, m, [32]byte{}, "removed"})
				}
			} else if e, _, err := a.c.Author(start, Draft{Space: w.food, Body: op.RevokeBody{Target: w.grant}}); err == nil {
				a.perform(e)
				w.acts = append(w.acts, act{part[0], content.Op, b, [32]byte{}, "demoted"})
			}
		}
	}
	w.meet()
	w.meet()
	w.count(q, party.Capacity)
}

// count notes which interplays the acts of a round make: those of two who could not know of each other.
func (w *talk) count(q content.PollBody, capacity uint64) {
	seen := map[string]bool{}
	yes := map[int]int{}
	for i, x := range w.acts {
		if x.kind == content.RSVP && x.detail == fmt.Sprint(content.Yes) {
			yes[x.part]++
		}
		if x.kind == content.Vote && q.Closes > 0 {
			seen["vote with a deadline"] = true
		}
		for _, y := range w.acts[i+1:] {
			if x.part == y.part {
				continue
			}
			for _, z := range [][2]act{{x, y}, {y, x}} {
				x, y := z[0], z[1]
				same, one := x.of == y.of, x.by.key.ID() == y.by.key.ID()
				switch {
				case x.kind == content.Edit && y.kind == content.Edit && same:
					seen["edit, edit"] = true
				case x.kind == content.Edit && y.kind == content.Delete && same:
					seen["edit, delete"] = true
				case x.kind == content.Delete && y.kind == content.Delete && same:
					seen["delete, delete"] = true
				case x.kind == content.Vote && y.kind == content.PollClose:
					seen["vote, close"] = true
				case x.kind == content.Vote && y.kind == content.Vote && one:
					seen["vote, vote of one member"] = true
				case x.kind == content.React && y.kind == content.React && same && one && x.detail[:4] == y.detail[:4] && x.detail != y.detail:
					seen["react, take back"] = true
				case x.kind == content.RSVP && y.kind == content.RSVP && one:
					seen["rsvp, rsvp of one member"] = true
				case x.kind == content.Pin && y.kind == content.Pin && same:
					seen["pin, pin"] = true
				case x.kind == content.Moderate && y.kind == content.Moderate && same:
					seen["moderate, moderate"] = true
				case x.kind == content.Delete && (y.kind == content.React || y.kind == content.Moderate || y.kind == content.RSVP) && same:
					seen["delete, what others say"] = true
				case x.detail == "removed" && one:
					seen["removal, what he does"] = true
				case x.detail == "demoted" && one && (y.kind == content.Moderate || y.kind == content.Pin):
					seen["demotion, what he does by it"] = true
				}
			}
		}
	}
	total := 0
	for _, n := range yes {
		total += n
	}
	if len(yes) > 1 && total > int(capacity) {
		seen["rsvp over the capacity"] = true
	}
	for k := range seen {
		w.met[k]++
	}
}

// same fails unless all who are in hold equal rows, and one of them, or each, those that its log gives.
func (w *talk) same(seed uint64, n int, each bool) {
	fail := func(format string, args ...any) {
		var did strings.Builder
		for _, x := range w.acts {
			fmt.Fprintf(&did, "\n  part %d: %s kind %d of %x %s", x.part, x.by.name, x.kind, x.of[:2], x.detail)
		}
		w.t.Fatalf("seed %d, round %d: %s%s", seed, n, fmt.Sprintf(format, args...), did.String())
	}
	dropped := map[string]bool{} // messages whose body somebody has no more
	for _, s := range w.shells {
		for id := range s.stubbed {
			dropped[fmt.Sprintf("%x", id)] = true
		}
	}
	undone := map[string]bool{} // and of these, whose deletion counts for nothing any more
	for id := range dropped {
		undone[id] = true
	}
	for k, r := range w.all[0].rows[w.food] {
		if a, err := content.ParseAboutRow(r.Value); k[0] == 'a' && err == nil && a.Deleted.Set() {
			delete(undone, about(k))
		}
	}
	told := false
	defer func() {
		if told {
			w.met["delete, who was away"]++
		}
	}()
	var like *shell
	var rows map[content.RowKey]string
	one := w.rnd.IntN(len(w.all))
	for i, s := range w.shells {
		p := s.p
		if p.c.Hash() != w.all[0].c.Hash() {
			fail("%s has another state", p.name)
		}
		for k, r := range p.rows[w.food] {
			if a, err := content.ParseAboutRow(r.Value); k[0] == 'a' && err == nil && a.Deleted.Set() {
				id, _ := hex.DecodeString(about(k))
				if _, here := s.ck[[32]byte(id)]; here && !s.stubbed[[32]byte(id)] {
					fail("%s keeps the body of %s", p.name, k)
				}
			}
		}
		if each || i == one {
			if d := differ(p.rows[w.food], s.rebuilt(w.food)); d != "" {
				fail("%s has other rows than its log gives: %s", p.name, d)
			}
		}
		if !p.c.Mine(w.food) || p.lacks(w.food) > 0 {
			continue
		}
		got := map[content.RowKey]string{}
		for k, r := range p.rows[w.food] {
			if m, err := content.ParseMessageRow(r.Value); k[0] == 'm' && err == nil && m.Told != nil { // shown as to those who have it
				if r.Value, err = op.Encode(m); err != nil {
					w.t.Fatal(err)
				}
				told = true
			}
			if id := about(k); !undone[id] {
				got[k] = fmt.Sprintf("%s %x %x", r.List, r.Order, r.Value)
			}
		}
		if like == nil {
			like, rows = s, got
			continue
		}
		for k := range rows {
			if got[k] != rows[k] {
				fail("%s: %s has\n%s\n%s has\n%s", k, like.p.name, rows[k], p.name, got[k])
			}
		}
		for k := range got {
			if _, there := rows[k]; !there {
				fail("%s: only %s has it", k, p.name)
			}
		}
	}
}

// about is the message that a row is of, or is about, in hex.
func about(k content.RowKey) string {
	if parts := strings.Split(string(k), "/"); len(parts) > 1 {
		return parts[1]
	}
	return ""
}

func differ(x, y content.Rows) string {
	for _, k := range slices.Sorted(maps.Keys(x)) {
		if a, b := x[k], y[k]; a.List != b.List || !bytes.Equal(a.Order, b.Order) || !bytes.Equal(a.Value, b.Value) {
			return fmt.Sprintf("%s is\n%q %x\n%q %x", k, a.List, a.Value, b.List, b.Value)
		}
	}
	for k := range y {
		if _, there := x[k]; !there {
			return fmt.Sprintf("%s is missing", k)
		}
	}
	return ""
}

// roundsOfTalk: of one community, before the next begins, so that what must be gone through at the end of each does not grow.
const roundsOfTalk = 8

// TestTalkConverges: people who are parted edit, delete, vote, close, answer, react, pin, hide, are removed and demoted, and meet again: then all hold the
// same rows, and those which their logs give. Of what one deletes those who had not had it hold a row all the same, which says that it is known from that.
func TestTalkConverges(t *testing.T) {
	rounds, least, kinds := 40, 1, 10
	if os.Getenv("PANDAL_FULL") != "" {
		rounds, least, kinds = 10_000, 150, len(interplays)
	}
	var mu sync.Mutex
	met := map[string]int{}
	seeds := make(chan uint64)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range seeds {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					w := newTalk(t, seed)
					for n := range roundsOfTalk {
						w.round()
						w.same(seed, n, n == roundsOfTalk-1)
					}
					mu.Lock()
					defer mu.Unlock()
					for k, n := range w.met {
						met[k] += n
					}
				})
			}
		})
	}
	for seed := range uint64(rounds / roundsOfTalk) {
		seeds <- seed
	}
	close(seeds)
	wg.Wait()
	for _, k := range interplays {
		t.Logf("%6d of %d rounds: %s", met[k], rounds, k)
		if met[k] >= least {
			kinds--
		}
	}
	if kinds > 0 {
		t.Errorf("%d interplays were too rare", kinds)
	}
}

var interplays = []string{"edit, edit", "edit, delete", "delete, delete", "vote, close", "vote, vote of one member", "vote with a deadline", "react, take back", "rsvp, rsvp of one member",
	"rsvp over the capacity", "pin, pin", "moderate, moderate", "delete, what others say", "delete, who was away", "removal, what he does", "demotion, what he does by it"}

// TestRefoldsNoMore: what a removal, a demotion, a coming back and a pin have folded anew is every row that folding all would change, and else only rows
// that those concerned have part in, and the votes of polls that they closed.
func TestRefoldsNoMore(t *testing.T) {
	rounds := 2
	if os.Getenv("PANDAL_FULL") != "" {
		rounds = 40
	}
	all, named, changed, times := 0, 0, 0, 0
	for seed := range uint64(rounds) {
		w := newTalk(t, seed+1<<32)
		for _, s := range w.shells {
			s.before = func(e Effects) {
				if !slices.ContainsFunc(e.Refold, func(r Refold) bool { return len(r.Devices) > 0 && r.Space == w.food }) {
					return
				}
				may, who := map[content.RowKey]bool{}, map[identity.DeviceID]bool{}
				for todo := slices.Clone(e.Refold); len(todo) > 0; todo = todo[1:] {
					r := todo[0]
					if r.Space != w.food {
						continue
					}
					keys, follow := s.named(r)
					maps.Copy(may, keys)
					for k := range follow {
						todo = append(todo, Refold{Space: r.Space, Rows: []content.RowKey{k}})
					}
					for _, d := range r.Devices {
						who[d] = true
						if p := s.p; p.c.Pinned(w.food, d) {
							p.c.Rechain(w.food, d, s.links(w.food)[d])
						}
					}
				}
				concerned := s.p.concernedBy(e.Store.Ops)
				for d := range who {
					if m, _ := s.p.c.log.Registered(d); !concerned[m] {
						t.Fatalf("seed %d: %s folds anew what somebody wrote whom no op concerns", seed, s.p.name)
					}
				}
				was, now := s.p.rows[w.food], s.rebuilt(w.food)
				keys := maps.Clone(was)
				maps.Copy(keys, now)
				for k := range keys {
					if x, y := was[k], now[k]; x.List == y.List && bytes.Equal(x.Order, y.Order) && bytes.Equal(x.Value, y.Value) {
						continue
					}
					changed++
					if !may[k] {
						t.Fatalf("seed %d: %s does not fold %s anew, which changes", seed, s.p.name, k)
					}
				}
				all, named, times = all+len(keys), named+len(may), times+1
			}
		}
		for n := range roundsOfTalk {
			w.round()
			w.same(seed, n, true)
		}
	}
	t.Logf("%d times: of %d rows %d were named and %d changed", times, all, named, changed)
	if times < 5 || changed == 0 {
		t.Error("nothing was seen")
	}
}

// TestDeletedLater: a deletion that counts only later, as one from a clock that runs ahead does, takes the body away then.
func TestDeletedLater(t *testing.T) {
	w := newTalk(t, 1)
	a, c := w.all[0], w.all[2]
	id, _ := w.post(c, content.Text, content.TextBody{Text: "durian"}.Encode)
	w.meet()
	body, _ := content.DeleteBody{Of: content.Ref{ID: id, Author: c.key.ID()}}.Encode()
	e, _, err := c.c.Post(w.food, content.Delete, body, nil, start+2*asideAfter)
	if err != nil {
		t.Fatal(err)
	}
	c.perform(e)
	w.shells[0].hear(w.shells[2])
	if w.shells[0].stubbed[id] || !w.shells[2].stubbed[id] {
		t.Fatal("it does not wait for the clock")
	}
	w.shells[0].now = start + 2*asideAfter
	a.perform(a.c.Tick(start + 2*asideAfter))
	if !w.shells[0].stubbed[id] {
		t.Error("the body stays")
	}
	if d := differ(a.rows[w.food], w.shells[0].rebuilt(w.food)); d != "" {
		t.Error(d)
	}
}

// TestDeleteNamesAnything: a deletion takes away what is shown, by its author, and edits of it; whatever else it names stays as it was.
func TestDeleteNamesAnything(t *testing.T) {
	w := newTalk(t, 1)
	b, c, s := w.all[1], w.all[2], w.shells[2]
	text, _ := w.post(c, content.Text, content.TextBody{Text: "durian"}.Encode)
	of := content.Ref{ID: text, Author: c.key.ID()}
	edited, _ := content.TextBody{Text: "mango"}.Encode()
	edit, _ := w.post(c, content.Edit, content.EditBody{Of: of, Kind: content.Text, Body: edited}.Encode)
	like, _ := w.post(c, content.React, content.ReactBody{Of: of, Emoji: "🥭", On: true}.Encode)
	foreign, _ := w.post(b, content.Text, content.TextBody{Text: "not hers"}.Encode)
	w.meet()
	del := [32]byte{}
	for _, id := range [][32]byte{edit, like, foreign} {
		del, _ = w.post(c, content.Delete, content.DeleteBody{Of: content.Ref{ID: id, Author: c.key.ID()}}.Encode)
	}
	w.post(c, content.Delete, content.DeleteBody{Of: content.Ref{ID: del, Author: c.key.ID()}}.Encode)
	w.meet()
	if n := len(s.stubbed); n != 0 {
		t.Errorf("%d are gone", n)
	}
	last, _ := w.post(c, content.Delete, content.DeleteBody{Of: of}.Encode)
	w.meet()
	for _, s := range w.shells {
		if !s.stubbed[text] || !s.stubbed[edit] || len(s.stubbed) != 2 || s.ck[last].wire == nil || differ(s.p.rows[w.food], s.rebuilt(w.food)) != "" {
			t.Errorf("%s has dropped %d", s.p.name, len(s.stubbed))
		}
	}
}

// concernedBy lists whom ops are about.
func (p *person) concernedBy(ops []StoredOpBytes) map[identity.UserID]bool {
	out := map[identity.UserID]bool{}
	for _, raw := range ops {
		o := p.c.log.Op(raw.ID)
		if cert, ok := o.Certificate(); ok {
			out[cert.Member] = true
		}
		switch b := o.Body.(type) {
		case op.GrantBody:
			out[b.Member] = true
		case op.RevokeBody:
			out[b.Member] = true
			if m, ok := p.c.log.Subject(b.Target); ok {
				out[m] = true
			}
		case op.EpochBody:
			for _, pin := range b.Pins {
				m, _ := p.c.log.Registered(pin.Device)
				out[m] = true
			}
		}
	}
	return out
}
