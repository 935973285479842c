package crdttest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// roles are the named sets of rights that a script uses.
var roles = map[string]op.Bits{"admin": op.AllBits, "moderator": op.ADMIT | op.REMOVE | op.MODERATE | op.INVITE | op.POST, "announcer": op.ANNOUNCE | op.POST, "follower": 0}

// clauses are words that take the word after them; flags stand alone. All others are what the act is about, in order.
var (
	clauses = []string{"in", "by", "as", "after", "upon", "under", "number", "max", "into", "last", "replacing", "via", "naming", "at"}
	flags   = []string{"auto", "open", "cascade", "ban", "closed"}
)

// line is one act or look, taken apart.
type line struct {
	who, verb string
	args      []string
	with      map[string]string
}

func parse(s string) (l line) {
	l.with = map[string]string{}
	words := strings.Fields(s)
	if len(words) > 0 && strings.HasSuffix(words[0], ":") {
		l.who, words = strings.TrimSuffix(words[0], ":"), words[1:]
	}
	if len(words) > 0 {
		l.verb, words = words[0], words[1:]
	}
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case slices.Contains(clauses, w) && i+1 < len(words) && l.verb != "post" || w == "in" && i == len(words)-2:
			l.with[w] = words[i+1]
			i++
		case slices.Contains(flags, w):
			l.with[w] = "yes"
		default:
			l.args = append(l.args, w)
		}
	}
	return l
}

func (l line) arg(i int) string {
	if i < len(l.args) {
		return l.args[i]
	}
	return ""
}

// Play runs a script and returns what it shows. A line that names what is not there, or cannot be read, ends the test.
func (w *World) Play(script string) string {
	var out strings.Builder
	for s := range strings.Lines(script) {
		if s = strings.TrimSpace(s); s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		out.WriteString(w.Line(s))
	}
	return out.String()
}

// Line runs one line. What is refused is shown as a sentence; what is done shows nothing.
func (w *World) Line(s string) string {
	w.Now += 1000
	return w.line(parse(s))
}

func (w *World) line(l line) string {
	if at := l.with["at"]; at != "" {
		return w.at(at, l)
	}
	if l.who == "" {
		return w.look(l)
	}
	p := w.Peer(l.who)
	if l.verb == "found" {
		w.found(l)
		return ""
	}
	if p == nil {
		w.T.Fatalf("%s: nobody is called %s", l.verb, l.who)
	}
	if err := w.act(p, l); err != nil {
		return fmt.Sprintf("%s: %s: %v\n", l.who, strings.Join(append([]string{l.verb}, l.args...), " "), err)
	}
	w.Settle()
	return ""
}

func (w *World) id(label string) op.ID {
	if label == "none" || label == "" {
		return op.ID{}
	}
	if id, ok := w.labels[label]; ok {
		return id
	}
	if id, ok := w.spaces[label]; ok {
		return id
	}
	w.T.Fatalf("nothing is called %s", label)
	return op.ID{}
}

// Named reports whether a script gave an op this name.
func (w *World) Named(label string) bool { _, ok := w.labels[label]; return ok }

func (w *World) ids(labels string) (out []op.ID) {
	for _, l := range strings.Split(labels, ",") {
		if l != "" {
			out = append(out, w.id(l))
		}
	}
	slices.SortFunc(out, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

func (w *World) space(l line) op.ID {
	if in, ok := l.with["in"]; ok {
		return w.id(in)
	}
	return w.Community
}

// person returns the peer whose node speaks for a person: his first device's.
func (w *World) person(name string) *Peer {
	if p := w.Peer(name); p != nil {
		return p
	}
	return w.newcomer(name)
}

func signer(name string) identity.DeviceKey {
	return identity.DeviceKeyFromSeed(seed("recovery", name))
}

// keepers are the members of a recovery set, in its order.
func keepers(names string) (out []identity.UserID) {
	for _, name := range strings.Split(names, ",") {
		out = append(out, identity.UserID(signer(name).ID()))
	}
	slices.SortFunc(out, func(a, b identity.UserID) int { return slices.Compare(a[:], b[:]) })
	return out
}

func (w *World) found(l line) {
	salt := seed("salt", l.arg(0))
	p := w.newPeer(l.who, l.who, identity.Seed(seed("person", l.who)).Member(identity.OwnerSalt(salt)))
	g := op.GenesisBody{Name: l.arg(0), Salt: salt, JoinKey: seed("join", l.arg(0))}
	if set := l.with["by"]; set != "" {
		g.Recovery = keepers(set)
	}
	c, e, err := crdt.Found(p.key, p.dev, g, w.Now)
	if err != nil {
		w.T.Fatal(err)
	}
	p.C, w.Community = c, c.ID()
	w.spaces[l.arg(0)] = c.ID()
	p.perform(e)
}

// act writes what a line says. With after, upon, under or number the peer is a patched one: it writes the op with the past, cap and number that
// the line names, and asks nobody.
func (w *World) act(p *Peer, l line) error {
	space := w.space(l)
	d := crdt.Draft{Space: space}
	switch l.verb {
	case "admin", "moderator", "announcer", "follower":
		d.Body = op.GrantBody{Member: w.person(l.arg(0)).ID(), Bits: roles[l.verb]}
	case "grant":
		d.Body = op.GrantBody{Member: w.person(l.arg(0)).ID(), Bits: bitsOf(l.arg(1))}
	case "below":
		return w.foundBelow(p, l)
	case "direct":
		if !forged(l) {
			m := w.person(l.arg(0)).ID()
			var cert []byte
			for _, cap := range p.C.State(w.Community).Members.Of(m).Caps {
				switch b := p.C.Log().Op(cap).Body.(type) {
				case op.AdmitBody:
					cert = b.Cert
				case op.GenesisBody:
					cert = b.Cert
				case op.OwnerRotateBody:
					cert = b.Cert
				}
			}
			e, id, err := p.C.OpenDirect(m, cert, [64]byte(slices.Concat(seedBytes("direct", l.with["as"]), make([]byte, 48))), p.now())
			p.perform(e)
			if err == nil {
				w.spaces[l.with["as"]] = id
			}
			return err
		}
		d.Body = op.CreateGroupBody{WhoPosts: op.Direct}
	case "group":
		d.Body = op.CreateGroupBody{Name: l.arg(0), Open: l.with["open"] != ""}
	case "invite":
		key := identity.InviteKeyFromSeed([16]byte(seedBytes("invite", l.arg(0))))
		b := op.InviteBody{Key: key.Public(), Auto: l.with["auto"] != "", Groups: []op.ID{}}
		if b.Auto {
			b.Max = 1000
		}
		if m := l.with["max"]; m != "" {
			n, _ := strconv.Atoi(m)
			b.Max = uint32(n)
		}
		if g := l.with["into"]; g != "" {
			b.Groups = w.ids(g)
		}
		d.Body = b
		l.with["as"] = l.arg(0)
		defer func() { w.invites[w.labels[l.arg(0)]] = key }()
	case "close":
		d.Body = op.RevokeInviteBody{Invite: w.id(l.arg(0))}
	case "admit":
		d.Body, d.Cap = w.admission(p, l, space)
	case "remove":
		r := op.RevokeBody{Cascade: l.with["cascade"] != "", Ban: l.with["ban"] != "", Member: w.person(l.arg(0)).ID(), Pins: []op.Pin{}}
		if !forged(l) {
			e, id, err := p.C.Remove(space, r.Member, r, p.now())
			p.perform(e)
			w.label(l, id)
			return err
		}
		d.Body = r
	case "revoke":
		d.Body = op.RevokeBody{Target: w.id(l.arg(0)), Cascade: l.with["cascade"] != "", Pins: []op.Pin{}}
	case "leave":
		if !forged(l) {
			e, err := p.C.Leave(space, p.now())
			p.perform(e)
			w.labelLast(p, l)
			return err
		}
		d.Body = op.LeaveBody{Pins: []op.Pin{}}
	case "set":
		d.Body = op.SetBody{Key: l.arg(0), Value: []byte(strings.Join(l.args[1:], " "))}
	case "archive":
		d.Body = op.SetBody{Key: acl.RegArchived, Value: []byte("1")}
	case "device":
		q := w.newPeer(p.Person+"."+l.arg(0), p.Person, p.key)
		q.C = crdt.Blank(w.Community, crdt.Self{Member: p.key.ID(), Device: q.dev})
		w.part[q] = w.part[p]
		d.Body, d.Signer = op.DeviceAddBody{Cert: p.key.Certify(identity.Certificate{Space: w.Community}, q.dev)}, &p.key
	case "lose":
		return w.lose(p, l)
	case "rotate":
		return w.rotateOwner(p, l)
	case "post", "announce":
		return w.post(p, l, space)
	case "epoch":
		e, err := p.C.Rotate(space, "asked", p.now())
		p.perform(e)
		w.labelLast(p, l)
		return err
	default:
		w.T.Fatalf("no act is called %s", l.verb)
	}
	return w.write(p, l, d)
}

func seedBytes(parts ...string) []byte { s := seed(parts...); return s[:16] }

func bitsOf(names string) (b op.Bits) {
	for i, n := range op.AllBits.Names() {
		if slices.Contains(strings.Split(names, ","), n) {
			b |= 1 << i
		}
	}
	return b
}

func forged(l line) bool {
	return l.with["after"] != "" || l.with["upon"] != "" || l.with["under"] != "" || l.with["number"] != ""
}

func (w *World) label(l line, id op.ID) {
	if as := l.with["as"]; as != "" && id != (op.ID{}) {
		w.labels[as] = id
	}
}

func (w *World) labelLast(p *Peer, l line) {
	if len(p.ops) > 0 {
		w.label(l, p.ops[len(p.ops)-1].ID())
	}
}

// lose revokes a device under every cap of its person, in every log, as one batch; under one cap only, where the line names it.
func (w *World) lose(p *Peer, l line) error {
	q := w.Peer(p.Person + "." + l.arg(0))
	if q == nil {
		w.T.Fatalf("%s has no device called %s", p.Person, l.arg(0))
	}
	if forged(l) {
		return w.write(p, l, crdt.Draft{Space: w.space(l), Body: op.DeviceRevokeBody{Device: q.dev.ID(), Pins: []op.Pin{}}, Signer: &p.key})
	}
	for _, s := range p.C.Spaces() {
		st := p.C.State(s)
		if st == nil {
			continue
		}
		for _, cap := range st.Members.Of(p.ID()).Caps {
			if p.C.Log().Op(cap).Kind() == op.OwnerRotate {
				cap = w.Community
			}
			d := crdt.Draft{Space: s, Cap: cap, Body: op.DeviceRevokeBody{Device: q.dev.ID(), Pins: []op.Pin{}}, Signer: &p.key}
			if err := w.write(p, l, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// rotateOwner hands the community to p, or keeps it his, with the signatures of those named, naming the recovery set from then on (the one in
// force, where the line names none). Where nobody signs, p's own M does.
func (w *World) rotateOwner(p *Peer, l line) error {
	st := p.C.State(w.Community)
	if st == nil {
		return crdt.ErrUnknownSpace
	}
	r := st.Recovery()
	b := op.OwnerRotateBody{Prev: r.By, Cert: p.key.Certify(identity.Certificate{Space: w.Community}, p.dev), Recovery: r.Set, Sigs: []op.Signature{}}
	set := r.Set
	if prev := l.with["replacing"]; prev != "" {
		b.Prev = w.id(prev)
		switch x := p.C.Log().Op(b.Prev).Body.(type) {
		case op.GenesisBody:
			set = x.Recovery
		case op.OwnerRotateBody:
			set = x.Recovery
		}
	}
	if names := l.with["naming"]; names != "" {
		b.Recovery = keepers(names)
	}
	d := crdt.Draft{Space: w.Community, Cap: w.Community}
	if l.with["by"] == "" {
		d.Signer = &p.key
	}
	statement := acl.Handover(w.Community, b.Prev, p.ID(), p.dev.ID(), b.Recovery)
	for _, name := range strings.Split(l.with["by"], ",") {
		k := signer(name)
		if i := slices.Index(set, identity.UserID(k.ID())); i >= 0 {
			b.Sigs = append(b.Sigs, op.Signature{Index: uint8(i), Sig: k.Sign(identity.LabelRotate, statement)})
		}
	}
	slices.SortFunc(b.Sigs, func(a, b op.Signature) int { return int(a.Index) - int(b.Index) })
	d.Body = b
	return w.write(p, l, d)
}

func (w *World) post(p *Peer, l line, space op.ID) error {
	text := strings.Join(l.args, " ")
	kind := content.Text
	body, err := content.TextBody{Text: text}.Encode()
	if l.verb == "announce" {
		kind = content.Announcement
		body, err = content.AnnouncementBody{Text: text}.Encode()
	}
	if err != nil {
		w.T.Fatal(err)
	}
	e, _, err := p.C.Post(space, kind, body, nil, p.now())
	p.perform(e)
	return err
}
