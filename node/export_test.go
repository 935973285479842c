package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
	"github.com/pandal-chat/pandal/node/store"
	"github.com/pandal-chat/pandal/pubsub"
)

// What tests look at and attackers do, behind the API's back.

func (n *Node) only() *room { return n.allRooms()[0] }

// StateHash is the hash of a node's one community.
func (n *Node) StateHash() (h [32]byte) {
	r := n.only()
	r.ask(context.Background(), func() { h = r.c.Hash() })
	return h
}

// Due are the keys of the notes that a receipt is due.
func (n *Node) Due() (out []string) {
	list, _ := n.store.MetaPrefix(context.Background(), metaDue)
	for _, m := range list {
		out = append(out, m.Key)
	}
	return out
}

// Untold are the read marks that are kept until they are told.
func (n *Node) Untold() (out []string) {
	list, _ := n.store.MetaPrefix(context.Background(), metaUntold)
	for _, m := range list {
		out = append(out, m.Key)
	}
	return out
}

// Snapshot is what the node can open now.
func (n *Node) Snapshot() *crdt.Snapshot { return n.only().snap.Load() }

// WiresSince returns all stored wires that are not in before.
func (n *Node) WiresSince(before map[[32]byte]bool) (out [][]byte) {
	r := n.only()
	var spaces []op.ID
	r.ask(context.Background(), func() { spaces = r.c.Spaces() })
	for _, s := range spaces {
		for w, err := range n.store.WiresOf(context.Background(), s) {
			if err == nil && !before[w.ID] {
				out = append(out, w.Bytes)
			}
		}
	}
	return out
}

// WireIDs returns the ids of all stored wires.
func (n *Node) WireIDs() map[[32]byte]bool {
	out := map[[32]byte]bool{}
	for _, w := range n.WiresSince(nil) {
		out[epoch.WireID(w)] = true
	}
	return out
}

// Epochs counts the Epoch ops of the community space.
func (n *Node) Epochs() (count int) {
	r := n.only()
	r.ask(context.Background(), func() {
		g := r.c.Log().Graph()
		for _, x := range g.Nodes(r.id) {
			if r.c.Log().Op(g.ID(x)).Kind() == op.Epoch {
				count++
			}
		}
	})
	return count
}

// CleanIn reports whether the node has a clean epoch to send with in a space.
func (n *Node) CleanIn(group string) (ok bool) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return false
	}
	r.ask(context.Background(), func() { _, ok = r.c.Sending(s, n.now()) })
	return ok
}

// Suggested returns the whole ids of what the node sees suggested.
func (n *Node) Suggested() (out [][32]byte) {
	r := n.only()
	r.ask(context.Background(), func() {
		for _, row := range r.deskRows(r.id, content.Suggestions) {
			out = append(out, row.ID)
		}
	})
	return out
}

// SayDecided is a patched member: it tells everybody that a suggestion was declined.
func (n *Node) SayDecided(about [32]byte, reason string) {
	r := n.only()
	body, _ := content.DecisionBody{About: about, Reason: reason}.Encode()
	f := toldFrame{Say: []decided{{ID: [32]byte{1}, By: r.fixed.Member, Lamport: n.now(), Time: n.now(), Decision: body}}}
	for _, p := range r.host().Peers() {
		r.toldStream(p.ID, f)
	}
}

// AskDecided is a patched member: it asks everybody what became of a suggestion, whoever made it.
func (n *Node) AskDecided(about [32]byte) (told int) {
	r := n.only()
	for _, p := range r.host().Peers() {
		if f, ok := r.toldStream(p.ID, toldFrame{Ask: [][32]byte{about}}); ok {
			told += len(f.Say)
		}
	}
	return told
}

// ClaimConsent is a patched member: it tells everybody it is connected with that they consented on another device. It returns who heard that.
func (n *Node) ClaimConsent() (heard int) {
	r := n.only()
	raw, _ := op.Encode(ownWordFrame{Switches: []content.Switch{{Lamport: n.now(), ID: [32]byte{1}, On: true}}})
	for _, p := range r.host().Peers() {
		if r.sendOwn(p.ID, raw) {
			heard++
		}
	}
	return heard
}

// ParseOwnWord reads a frame and writes it again.
func ParseOwnWord(raw []byte) ([]byte, bool) {
	f, ok := parseOwnWord(raw)
	if !ok {
		return nil, false
	}
	out, err := op.Encode(f)
	return out, err == nil
}

// ParseTold reads a frame and writes it again.
func ParseTold(raw []byte) ([]byte, bool) {
	f, ok := parseTold(raw)
	if !ok {
		return nil, false
	}
	out, err := f.encode()
	return out, err == nil
}

// What is said of what was found around a node.
var (
	DiskFinding  = diskFinding
	FilesFinding = filesFinding
	LANFinding   = lanFinding
	PortFinding  = portFinding
	DHTFinding   = dhtFinding
)

// TakeLines takes lines of some times in, batch by batch, all about one person, and returns the times of all and of those about him.
func TakeLines(batches ...[]int64) (all, about []int64) {
	sp := &spaceLines{about: map[identity.UserID][]*line{}}
	n := 0
	for _, b := range batches {
		var more []*line
		for _, at := range b {
			x := &line{at: op.Millis(at), turn: comes}
			binary.BigEndian.PutUint64(x.id[:], uint64(n))
			n++
			more = append(more, x)
		}
		sp.take(more)
	}
	times := func(list []*line) (out []int64) {
		for _, x := range list {
			out = append(out, int64(x.at))
		}
		return out
	}
	return times(sp.all), times(sp.about[identity.UserID{}])
}

// PostKind is a node of a later version: it posts a message of a kind that is not known yet.
func (n *Node) PostKind(group string, kind uint16, body []byte) (posted bool) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return false
	}
	r.ask(context.Background(), func() { posted = r.post(s, content.Kind(kind), body) })
	return posted
}

// ReportAndDecision takes in a report and the decision on it, as if both came from others, in one of several orders, and returns what is told of them.
func (n *Node) ReportAndDecision(order string) (told []string) {
	r := n.only()
	from := n.EventCursor()
	r.ask(context.Background(), func() {
		var id [32]byte
		copy(id[:], order)
		id[31] = 1
		effects := func(kind content.Kind, ev string, m [32]byte, at op.Millis, body []byte) crdt.Effects {
			e := crdt.Effects{Events: []crdt.Event{{Type: ev, Space: r.id, Member: r.fixed.Member, Ref: id}}}
			e.Store.Rows = map[op.ID][]content.Row{r.id: content.Fold(nil, content.Msg{ID: m, Space: r.id, Author: r.fixed.Member, Lamport: at, Time: at, Kind: kind, Body: body})}
			return e
		}
		about, _ := content.ReportBody{Space: r.id, Reason: "rude"}.Encode()
		dec, _ := content.DecisionBody{About: id, Accepted: true}.Encode()
		report := effects(content.Report, "report.created", id, 10, about)
		decision := effects(content.Decision, "desk.decided", [32]byte{9}, 20, dec)
		both := func(a, b crdt.Effects) crdt.Effects {
			a.Events = append(a.Events, b.Events...)
			a.Store.Rows = map[op.ID][]content.Row{r.id: append(a.Store.Rows[r.id], b.Store.Rows[r.id]...)}
			return a
		}
		switch order {
		case "report, decision":
			r.perform(report)
			r.perform(decision)
		case "decision, report":
			r.perform(decision)
			r.perform(report)
		case "report and decision":
			r.perform(both(report, decision))
		case "decision and report":
			r.perform(both(decision, report))
		case "report with decision":
			r.performAll([]crdt.Effects{report, decision})
		case "decision with report":
			r.performAll([]crdt.Effects{decision, report})
		}
	})
	events, _ := n.Events(from, 100)
	for _, e := range events {
		if strings.HasPrefix(e.Type, "report.") || strings.HasPrefix(e.Type, "suggestion.") {
			told = append(told, e.Type)
		}
	}
	return told
}

// DeskKeys counts the desk's keys that the node holds.
func (n *Node) DeskKeys() (held int) {
	r := n.only()
	r.ask(context.Background(), func() { held = r.c.DeskHeld() })
	return held
}

// Host and Gossip of the one community.
func (n *Node) Host() *host.Host       { return n.only().host() }
func (n *Node) Gossip() *pubsub.Gossip { return n.only().goss() }

// ForceAnnounce is a patched sender: it seals an announcement without having the right, and sends it to everybody by every way.
func (n *Node) ForceAnnounce(text string) error {
	r := n.only()
	var err error
	r.ask(context.Background(), func() {
		k, _ := r.c.Sending(r.id, n.now())
		body, _ := content.AnnouncementBody{Text: text}.Encode()
		d := r.device
		var wire []byte
		if wire, _, err = k.Seal(epoch.Header{Seq: 1, Lamport: n.now(), Time: n.now(), Kind: uint16(content.Announcement)}, body, d); err != nil {
			return
		}
		err = r.goss().Publish(r.ctx, k.Topic, wire)
		for p := range r.peers {
			go func(p peer.ID) { r.hist().Push(r.ctx, p, r.id, nil, [][]byte{wire}) }(p)
		}
	})
	return err
}

// AskKeys is a patched member: it asks a peer for every epoch it knows of, whether it is still a member or not, over a connection it
// has, and counts what it is given.
func (n *Node) AskKeys(epochs map[op.ID][]op.ID) (got int) {
	r := n.only()
	var peers []peer.ID
	r.ask(context.Background(), func() {
		for _, p := range r.host().Peers() {
			peers = append(peers, p.ID)
		}
	})
	for s, es := range epochs {
		for _, p := range peers {
			secrets, err := r.keysFrom(context.Background(), p, s, es, r.device)
			if err == nil {
				got += len(secrets)
			}
		}
	}
	return got
}

// AllEpochs lists every Epoch op of every space.
func (n *Node) AllEpochs() map[op.ID][]op.ID {
	r := n.only()
	out := map[op.ID][]op.ID{}
	r.ask(context.Background(), func() {
		g := r.c.Log().Graph()
		for _, s := range r.c.Spaces() {
			for _, x := range g.Nodes(s) {
				if r.c.Log().Op(g.ID(x)).Kind() == op.Epoch {
					out[s] = append(out[s], g.ID(x))
				}
			}
		}
	})
	return out
}

// Secrets are the keys of a node's one community, by what they are.
func (n *Node) Secrets() map[string][]byte {
	r := n.only()
	seed := n.seed()
	out := map[string][]byte{"seed": seed[:]}
	r.ask(context.Background(), func() {
		out["device key"], out["host key"], out["join key"] = bytes.Clone(r.fixed.Device[:]), bytes.Clone(r.fixed.Host[:]), bytes.Clone(r.fixed.JoinKey[:])
		for _, s := range r.c.Spaces() {
			list, _ := n.store.Secrets(context.Background(), s)
			for i, x := range list {
				out[fmt.Sprintf("secret %d of %x", i, s[:4])] = x.Secret
			}
			for i, k := range r.c.Meeting(s) {
				out[fmt.Sprintf("rendezvous %d of %x", i, s[:4])] = bytes.Clone(k[:])
			}
			out[fmt.Sprintf("space %x", s[:4])] = bytes.Clone(s[:])
		}
		out["member"] = bytes.Clone(r.fixed.Member[:])
	})
	return out
}

// Overheard is all that the network sees of a node besides wires: topics, LAN names, DHT keys, and what identify says.
func (n *Node) Overheard() (out [][]byte) {
	r := n.only()
	r.ask(context.Background(), func() {
		for t := range r.topics {
			out = append(out, []byte(t))
		}
		points := [][32]byte{r.c.Meeting(r.id)[0], epoch.MeetingPoint(r.fixed.JoinKey, identity.LabelRendezvous)}
		for _, p := range points {
			k := dhtKey(p, epoch.Day(n.now()))
			out = append(out, lanTag(p, epoch.Day(n.now())), k[:])
		}
	})
	h := r.host().Bare()
	for _, p := range h.Mux().Protocols() {
		out = append(out, []byte(p))
	}
	for _, p := range h.Network().Peers() {
		if v, err := h.Peerstore().Get(p, "AgentVersion"); err == nil {
			out = append(out, fmt.Append(nil, v))
		}
		for _, a := range h.Peerstore().Addrs(p) {
			out = append(out, a.Bytes())
		}
	}
	return out
}

// Topics are the gossip topics the node is in.
func (n *Node) Topics() (out []string) {
	r := n.only()
	r.ask(context.Background(), func() {
		for t := range r.topics {
			out = append(out, t)
		}
	})
	return out
}

// TakeWires is the door for the wires of a sync session.
func (n *Node) TakeWires(ctx context.Context, wires [][]byte) ([][32]byte, error) {
	return n.only().takeWires(ctx, "", wires)
}

// Opened is everything in the store that the node can open with the keys it holds, of all spaces, in one piece.
func (n *Node) Opened() (out []byte) {
	r := n.only()
	var spaces []op.ID
	r.ask(context.Background(), func() { spaces = r.c.Spaces() })
	for _, s := range spaces {
		secrets, err := n.store.Secrets(context.Background(), s)
		if err != nil {
			panic(err)
		}
		for w, err := range n.store.WiresOf(context.Background(), s) {
			if err != nil {
				panic(err)
			}
			for _, x := range secrets {
				if m, err := epoch.Schedule(s, x.Epoch, epoch.Secret(x.Secret)).Open(w.Bytes); err == nil {
					out = append(out, m.Body...)
				}
				if k, err := epoch.OpenDesk(s, x.Epoch, epoch.Secret(x.Secret)); err == nil {
					if m, err := k.Open(w.Bytes); err == nil {
						out = append(out, m.Body...)
					}
				}
			}
		}
	}
	return out
}

// LogBytes is the community's control log as this node holds it.
func (n *Node) LogBytes() []byte { return n.LogBytesOf(n.only().name()) }

// LogBytesOf is that of one of several communities.
func (n *Node) LogBytesOf(community string) (out []byte) {
	r, err := n.room(community)
	if err != nil {
		return nil
	}
	r.ask(context.Background(), func() {
		for _, s := range r.c.Spaces() {
			for _, o := range r.opsBeyond(s, nil) {
				out = append(out, o...)
			}
		}
	})
	return out
}

// Marks is what others see of this person in a community.
func (n *Node) Marks(community string) map[string][]byte {
	r, err := n.room(community)
	if err != nil {
		return nil
	}
	d := r.device.ID()
	return map[string][]byte{"member key": r.fixed.Member[:], "device key": d[:], "peer id": []byte(r.host().ID()), "host key": r.fixed.Host[:], "join key": r.fixed.JoinKey[:]}
}

// Forgery is what a patched admin keeps for the day she is removed: where the logs stood, and under what she acted.
type Forgery struct {
	caps  map[op.ID]op.ID
	deps  map[op.ID][]op.ID
	heads map[op.ID][]op.ID
	seq   map[op.ID]uint64
	high  map[op.ID]uint64
}

// Remember notes it.
func (n *Node) Remember() *Forgery {
	r := n.only()
	f := &Forgery{caps: map[op.ID]op.ID{}, deps: map[op.ID][]op.ID{}, heads: map[op.ID][]op.ID{}, seq: map[op.ID]uint64{}, high: map[op.ID]uint64{}}
	r.ask(context.Background(), func() {
		g := r.c.Log().Graph()
		for _, s := range r.c.Spaces() {
			cap, err := r.c.State(s).CapFor(r.fixed.Member, op.REMOVE)
			if err != nil {
				continue
			}
			f.caps[s], f.deps[s] = cap, g.Heads(s)
			if s != r.id {
				f.heads[s] = g.Heads(r.id)
			}
			f.seq[s] = r.c.Log().NextSeq(s, cap, op.Key(r.device.ID()))
			for _, h := range f.deps[s] {
				x, _ := g.Find(h)
				f.high[s] = max(f.high[s], g.Height(x)+1)
			}
		}
	})
	return f
}

// Forge signs ops of a removed admin as if she had written them then: each of bodies in every space she acted in.
func (n *Node) Forge(f *Forgery, bodies ...op.Body) (out [][]byte) {
	r := n.only()
	for s, cap := range f.caps {
		deps, seq, high := f.deps[s], f.seq[s], f.high[s]
		for _, b := range bodies {
			o, err := op.SignDevice(op.Op{Space: s, Cap: cap, Seq: seq, Deps: deps, ParentHeads: f.heads[s], Height: high, Time: n.now(), Body: b}, r.device)
			if err != nil {
				panic(err)
			}
			out = append(out, o.Raw())
			deps, seq, high = []op.ID{o.ID()}, seq+1, high+1
		}
	}
	return out
}

// TakeOps is the door for the ops of a sync session.
func (n *Node) TakeOps(ctx context.Context, ops [][]byte) error {
	_, err := n.only().takeOps(ctx, "", ops)
	return err
}

// Certify is the certificate by which this person would consent to be let in under a cap.
func (n *Node) Certify(community, cap op.ID) []byte {
	m := n.seed().Member(community)
	return m.Certify(identity.Certificate{Space: community, Via: cap}, identity.NewDeviceKey())
}

// Cap is what she acted under in the community.
func (f *Forgery) Cap(community op.ID) op.ID { return f.caps[community] }

// Community is the community's id as the core has it.
func (n *Node) CommunityOp() op.ID { return n.only().id }

// Member is who this person is, as the core has it.
func (n *Node) Member32() identity.UserID { return n.only().fixed.Member }

// HoldsOps reports whether the node has all of these in its log.
func (n *Node) HoldsOps(ops [][]byte) bool {
	r, all := n.only(), true
	r.ask(context.Background(), func() {
		for _, o := range ops {
			all = all && r.c.Log().Has(crdt.OpID(o))
		}
	})
	return all
}

// Populate lets people into a community and its first group, by invites of this node's, each with a profile there; and makes groups. It returns
// their devices.
func (n *Node) Populate(ctx context.Context, community string, people, groups int) (all []identity.DeviceKey, err error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	general := r.c.Spaces()[1]
	author := func(drafts ...crdt.Draft) (ids []op.ID, err error) {
		err = r.write(ctx, r.id, 0, func() (e crdt.Effects, err error) {
			e, ids, err = r.c.Author(n.now(), drafts...)
			return e, err
		})
		return ids, err
	}
	for i := range groups {
		ids, err := author(crdt.Draft{Space: r.id, Body: op.CreateGroupBody{Name: fmt.Sprint("Group ", i)}})
		if err != nil {
			return nil, err
		}
		if err := r.write(ctx, r.id, 0, func() (crdt.Effects, error) { return r.c.Rotate(ids[0], "new group", n.now()) }); err != nil {
			return nil, err
		}
	}
	key := identity.InviteKeyFromSeed([16]byte{1})
	for done := 0; done < people; {
		ids, err := author(crdt.Draft{Space: r.id, Body: op.InviteBody{Key: key.Public(), Max: 1000, Auto: true, Groups: []op.ID{general}}})
		if err != nil {
			return nil, err
		}
		var drafts []crdt.Draft
		var devices []identity.DeviceKey
		for range min(people-done, 500) {
			m, d := identity.NewSeed().Member(r.id), identity.NewDeviceKey()
			for _, s := range []op.ID{r.id, general} {
				cert := m.Certify(identity.Certificate{Space: s, Via: ids[0]}, d)
				drafts = append(drafts, crdt.Draft{Space: s, Body: op.AdmitBody{Cert: cert, Post: true, Invite: ids[0], Proof: key.Prove(m.ID(), d.ID())}})
			}
			devices = append(devices, d)
		}
		if _, err := author(drafts...); err != nil {
			return nil, err
		}
		if err := r.write(ctx, r.id, 0, func() (crdt.Effects, error) {
			k, _ := r.c.Sending(general, n.now())
			var in []crdt.Checked
			for i, d := range devices {
				body, err := content.ProfileBody{Name: fmt.Sprint("Member ", done+i), Picture: []byte{}, Contacts: []content.Contact{}}.Encode()
				if err != nil {
					return crdt.Effects{}, err
				}
				wire, _, err := k.Seal(epoch.Header{Seq: 1, Lamport: n.now(), Time: n.now(), Kind: uint16(content.Profile)}, body, d)
				if err != nil {
					return crdt.Effects{}, err
				}
				ck, v := crdt.Check(r.c.Snapshot(), wire, n.now())
				if v != crdt.Good {
					return crdt.Effects{}, errors.New(v.String())
				}
				in = append(in, ck)
			}
			return r.c.Apply(in, nil, n.now()), nil
		}); err != nil {
			return nil, err
		}
		done, all = done+len(devices), append(all, devices...)
	}
	return all, nil
}

// AnswersOf lets people take note of an announcement, and as many of them as reactions say react to it, as their own nodes would: it returns the wires that
// come to the desk.
func (n *Node) AnswersOf(announcement string, people []identity.DeviceKey, reactions int) (wires [][]byte, err error) {
	r, _, of, err := n.aboutMessage(announcement)
	if err != nil {
		return nil, err
	}
	e := r.ask(n.ctx, func() {
		desk, ok := r.c.Desk()
		if !ok {
			err = errors.New("there is no desk")
			return
		}
		say := func(kind content.Kind, encode func() ([]byte, error), d identity.DeviceKey) {
			body, e := encode()
			err = errors.Join(err, e)
			wire, _, e := desk.Seal(r.id, kind, body, d, n.now())
			wires, err = append(wires, wire), errors.Join(err, e)
		}
		for i, d := range people {
			say(content.Ack, content.AckBody{Of: of}.Encode, d)
			if i < reactions {
				say(content.React, content.ReactBody{Of: of, Emoji: []string{"👍", "🙏", "🎉"}[i%3], On: true}.Encode, d)
			}
		}
	})
	return wires, errors.Join(e, err)
}

// FoldedRows lists every row of a group that messages make, but for receipts, which nodes hold as they hear them.
func (n *Node) FoldedRows(group string) (out []string) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return nil
	}
	keys := map[string]bool{}
	for w, err := range n.store.WiresOf(context.Background(), s) {
		if err != nil {
			return nil
		}
		r.ask(context.Background(), func() {
			if ck, err := crdt.Stored(r.c.Snapshot(), w.Bytes); err == nil {
				for _, k := range r.c.Touched(ck) {
					keys[string(k)] = !strings.HasPrefix(string(k), "w/")
				}
			}
		})
	}
	for k, want := range keys {
		if rows, err := n.store.Rows(context.Background(), s, []string{k}); want && err == nil && rows[k] != nil {
			out = append(out, fmt.Sprintf("%s %x", k, rows[k]))
		}
	}
	slices.Sort(out)
	return out
}

// Receipts counts the receipts that are stored of a community's own space: those to its desk.
func (n *Node) Receipts(community string) (count int) {
	r, err := n.room(community)
	if err != nil {
		return -1
	}
	for w, err := range n.store.WiresOf(context.Background(), r.id) {
		if err == nil && w.Kind == strconv.Itoa(int(content.Receipt)) {
			count++
		}
	}
	return count
}

// Noted counts the rows of a group that say who has stored something that this node sent.
func (n *Node) Noted(group string) (count int) {
	_, s, err := n.groupRoom(group)
	if err != nil {
		return -1
	}
	for w, err := range n.store.WiresOf(context.Background(), s) {
		if err != nil {
			return -1
		}
		if rows, err := n.store.Rows(context.Background(), s, []string{ackKey(w.ID)}); err == nil && rows[ackKey(w.ID)] != nil {
			count++
		}
	}
	return count
}

// OpenAtOnce says how many receipts are opened in one turn; 0: none, so that they pile up.
func (n *Node) OpenAtOnce(most int64) { n.spentAtOnce.Store(most) }

// SumsRight reports whether the sums that a community's wires are compared by are those of the wires that are stored.
func (n *Node) SumsRight(community string) (right bool) {
	r, err := n.room(community)
	if err != nil {
		return false
	}
	r.ask(context.Background(), func() {
		kept := r.sumsOf(r.id)
		delete(r.sums, r.id)
		right = true
		for tag, sum := range r.sumsOf(r.id) {
			right = right && kept[tag] != nil && *kept[tag] == *sum
		}
	})
	return right
}

// Told counts the messages of a group that are known from their deletion alone.
func (n *Node) Told(group string) (told int) {
	for _, row := range n.FoldedRows(group) {
		key, value, _ := strings.Cut(row, " ")
		raw, _ := hex.DecodeString(value)
		if m, err := content.ParseMessageRow(raw); err == nil && strings.HasPrefix(key, "m/") && m.Told != nil {
			told++
		}
	}
	return told
}

// Rebuild folds every row of a group from the log.
func (n *Node) Rebuild(group string) error {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return err
	}
	r.ask(context.Background(), func() {
		f := crdt.Refold{Space: s}
		devices, derr := n.store.Devices(context.Background(), s)
		for _, d := range devices {
			f.Devices = append(f.Devices, d)
		}
		r.owed = append(r.owed, f)
		r.payOwed()
		err = derr
	})
	return err
}

// StoredBytes returns, opened, all that is stored of a group: wires, and rows as they are.
func (n *Node) StoredBytes(group string) (out [][]byte) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return nil
	}
	for w, err := range n.store.WiresOf(context.Background(), s) {
		if err != nil {
			return nil
		}
		r.ask(context.Background(), func() {
			if k, ok := r.c.Sending(s, n.now()); ok && !epoch.IsStub(w.Bytes) {
				if m, err := k.Open(w.Bytes); err == nil {
					out = append(out, m.Body)
				}
			}
		})
	}
	for _, list := range []string{content.Messages, content.Calendar} {
		rows, _ := n.store.List(context.Background(), s, list, store.Range{})
		for _, x := range rows {
			out = append(out, x.Value)
		}
	}
	return out
}

// ProvenAgain takes the ops of a node's one community as an older program stored them, loads them, and says how many proofs the store of another
// node then holds as verified, and how many this node's does.
func (n *Node) ProvenAgain(ctx context.Context, other *Node) (again, stored int, err error) {
	r := n.only()
	var ops []crdt.KeptOp
	var ids []op.ID
	count := func(s *store.Store) (proven int, err error) {
		ops, ids = nil, nil
		for _, space := range r.c.Spaces() {
			for o, e := range s.Ops(ctx, space) {
				if e != nil {
					return 0, e
				}
				if o.Proven {
					proven++
				}
				ops, ids = append(ops, crdt.KeptOp{Bytes: o.Bytes}), append(ids, o.ID)
			}
		}
		return proven, nil
	}
	if stored, err = count(n.store); err != nil {
		return 0, 0, err
	}
	c, err := crdt.Load(r.id, r.c.Self(), ops, nil)
	if err == nil {
		err = other.keepProven(ctx, c, ops, ids)
	}
	if err != nil {
		return 0, 0, err
	}
	again, err = count(other.store)
	return again, stored, err
}

// Heard counts the kept events of a type.
func (n *Node) Heard(typ string) (count int) {
	list, _ := n.Events(0, 100_000)
	for _, e := range list {
		if e.Type == typ {
			count++
		}
	}
	return count
}

// HeldEpochs lists the epochs of a group whose secret the node holds.
func (n *Node) HeldEpochs(group string) map[op.ID]bool {
	out := map[op.ID]bool{}
	_, s, err := n.groupRoom(group)
	if err != nil {
		return out
	}
	list, _ := n.store.Secrets(context.Background(), s)
	for _, x := range list {
		if len(x.Secret) > 0 {
			out[x.Epoch] = true
		}
	}
	return out
}

// HeldOf counts the ops and wires that a node stores of a group, by its id, and says whether it knows that there is one.
func (n *Node) HeldOf(group string) (known bool, count int) {
	r := n.only()
	for o, err := range n.store.Ops(context.Background(), r.id) {
		if err != nil || op.KindOf(o.Bytes) != op.CreateGroup || grpID(o.ID) != group {
			continue
		}
		known = true
		for range n.store.Ops(context.Background(), o.ID) {
			count++
		}
		for range n.store.WiresOf(context.Background(), o.ID) {
			count++
		}
	}
	return known, count
}

// TellTyping tells a group's connected members at once, however often and whatever is set.
func (n *Node) TellTyping(group string) {
	r, s, err := n.groupRoom(group)
	if err != nil {
		return
	}
	var to []peer.ID
	if r.ask(n.ctx, func() { to = r.tellTyping(s) }) == nil {
		r.sendTyping(s, to)
	}
}

// ToldTyping is when a group was told last that I write.
func (n *Node) ToldTyping(group string) (at time.Time) {
	r, s, err := n.groupRoom(group)
	if err == nil {
		r.typing.mu.Lock()
		defer r.typing.mu.Unlock()
		at = r.typing.told[s]
	}
	return at
}

// LeadAll offers every connected member of a community what this node is in, as if each were another device of its person, and returns what came of it.
func (n *Node) LeadAll(community string) (errs []error) {
	r, err := n.room(community)
	if err != nil {
		return []error{err}
	}
	to := map[peer.ID]ownDevice{}
	r.ask(n.ctx, func() {
		for p, m := range r.peers {
			to[p] = ownDevice{Community: r.id, Device: m.device}
		}
	})
	for p, d := range to {
		errs = append(errs, n.leadTo(r, p, d))
	}
	return errs
}

// Restation puts another station into the place of the only room's: before it is the room's, its host tells of one peer, and afterwards that which was
// the room's tells of another. It returns who counts as connected before, between and after.
func (n *Node) Restation(early, late peer.ID) (before, between, after int) {
	r := n.only()
	r.ask(context.Background(), func() {
		count := func() (c int) {
			for _, p := range []peer.ID{early, late} {
				if _, ok := r.peers[p]; ok {
					c++
				}
			}
			return c
		}
		came := func(p peer.ID) host.PeerEvent {
			return host.PeerEvent{Peer: host.Peer{ID: p, Role: host.Member, Given: host.Member}, Connected: true}
		}
		old := r.station.Load()
		s := *old
		s.installed = false
		r.fromHost(&s, came(early))
		before = count()
		r.install(&s)
		between = count()
		r.fromHost(old, came(late))
		after = count()
	})
	return before, between, after
}
