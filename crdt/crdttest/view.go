package crdttest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// look does what a line without an actor says: it moves the network, or shows what the members see.
func (w *World) look(l line) string {
	switch l.verb {
	case "partition": // partition a b | c
		part := 1
		for _, name := range l.args {
			if name == "|" {
				part++
				continue
			}
			for _, p := range w.Peers {
				if p.Name == name {
					w.part[p] = part
				}
			}
		}
		return ""
	case "heal":
		for _, p := range w.Peers {
			w.part[p] = 0
		}
		w.Settle()
		return w.agree()
	case "wait": // a number of days, or two minutes
		n, _ := strconv.Atoi(l.arg(0))
		w.Now += op.Millis(n)*86_400_000 + 120_000
		w.Settle()
		return ""
	case "members":
		return w.each(l, w.members)
	case "values":
		return w.each(l, w.values)
	case "devices":
		return w.each(l, w.devices)
	case "messages":
		return w.each(l, w.messages)
	case "log":
		return w.each(l, w.log)
	case "epochs":
		return w.epochs(l)
	case "recovery":
		return w.each(l, w.recovery)
	}
	w.T.Fatalf("no look is called %s", l.verb)
	return ""
}

// agree says whether all have one state.
func (w *World) agree() string {
	for _, p := range w.Peers[1:] {
		if len(p.ops) > 0 && p.C.Hash() != w.Peers[0].C.Hash() {
			return fmt.Sprintf("%s and %s DISAGREE\n", w.Peers[0].Name, p.Name)
		}
	}
	return ""
}

// each shows what each peer that is named, or that holds the log, sees; once where they see the same.
func (w *World) each(l line, see func(p *Peer, space op.ID) string) string {
	space := w.space(l)
	var views []string
	by := map[string][]string{}
	for _, p := range w.Peers {
		if len(l.args) > 0 && !slices.Contains(l.args, p.Name) || p.C.State(space) == nil {
			continue
		}
		v := see(p, space)
		if v == "" {
			continue
		}
		if by[v] == nil {
			views = append(views, v)
		}
		by[v] = append(by[v], p.Name)
	}
	var out strings.Builder
	for _, v := range views {
		head := strings.Join(by[v], ", ") + ":"
		if len(views) == 1 {
			head = "all:"
		}
		if strings.Contains(v, "\n") {
			v = "\n  " + strings.ReplaceAll(v, "\n", "\n  ")
		} else {
			v = " " + v
		}
		fmt.Fprintf(&out, "%s%s\n", head, v)
	}
	if len(views) == 0 {
		return "nothing\n"
	}
	return out.String()
}

// nameOf is a person's name.
func (w *World) nameOf(m identity.UserID) string {
	for _, p := range w.Peers {
		if p.ID() == m {
			return p.Person
		}
	}
	return "somebody"
}

func role(b op.Bits, owner bool) string {
	switch b {
	case op.AllBits:
		if owner {
			return "owner"
		}
		return "admin"
	case op.POST:
		return "member"
	case 0:
		return "follower"
	}
	for name, r := range roles {
		if r == b {
			return name
		}
	}
	return b.String()
}

func (w *World) members(p *Peer, space op.ID) string {
	st := p.C.State(space)
	var out []string
	for m, mem := range st.Members.All() {
		out = append(out, w.nameOf(m)+" ("+role(mem.Bits, m == st.Owner)+")")
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "nobody is in"
	}
	return strings.Join(out, ", ")
}

func (w *World) devices(p *Peer, space op.ID) string {
	var out []string
	for _, q := range w.Peers {
		if _, ok := p.C.State(space).Who(q.dev.ID()); ok {
			out = append(out, q.Name)
		}
	}
	return strings.Join(out, ", ")
}

func (w *World) values(p *Peer, space op.ID) string {
	var out []string
	for k, v := range p.C.State(space).Values {
		out = append(out, k+" = "+string(v))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// recovery shows who may hand the community on, and how many of them it takes.
func (w *World) recovery(p *Peer, _ op.ID) string {
	r := p.C.State(w.Community).Recovery()
	var out []string
	for name := range strings.FieldsSeq("xenia yaw zora ugo vera wim") {
		if slices.Contains(r.Set, identity.UserID(signer(name).ID())) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%d of %s, named by “%s”", r.Need, strings.Join(out, ", "), w.title(p, p.C.Log().Op(r.By)))
}

// messages shows what a member reads; one who is out reads what he had.
func (w *World) messages(p *Peer, space op.ID) string {
	var rows []content.MessageRow
	for _, r := range p.rows[space] {
		if r.List != content.Messages {
			continue
		}
		m, err := content.ParseMessageRow(r.Value)
		if err != nil {
			w.T.Fatal(err)
		}
		rows = append(rows, m)
	}
	slices.SortFunc(rows, func(a, b content.MessageRow) int {
		return cmp.Or(cmp.Compare(a.Lamport, b.Lamport), cmp.Compare(textOf(a), textOf(b)))
	})
	var out []string
	for _, m := range rows {
		out = append(out, w.nameOf(m.Author)+" “"+textOf(m)+"”")
	}
	if len(out) == 0 {
		return "nothing to read"
	}
	return strings.Join(out, ", ")
}

func textOf(m content.MessageRow) string {
	switch b := m.Content().(type) {
	case *content.TextBody:
		return b.Text
	case *content.AnnouncementBody:
		return b.Text
	}
	return "?"
}

// log shows what does not count in a space's log, and why.
func (w *World) log(p *Peer, space op.ID) string {
	st := p.C.State(space)
	var out []string
	for _, o := range p.ops {
		if o.Home() != space || o.ID() == space || o.Kind() == op.Epoch {
			continue // who may make epochs is not judged by Eval
		}
		what, c := "does not count", st.Why(o.ID())
		if c.Why == acl.Stands {
			what, c = "gives nothing now", st.Ended(o.ID())
		}
		if c.Why != acl.Stands {
			s := fmt.Sprintf("“%s” %s: %s", w.title(p, o), what, c.Why)
			if c.By != (op.ID{}) {
				s += fmt.Sprintf(" (“%s”)", w.title(p, p.C.Log().Op(c.By)))
			}
			out = append(out, s)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "everything counts"
	}
	return strings.Join(out, "\n")
}

// title is how a story calls an op: by the name the script gave it, else by what it does.
func (w *World) title(p *Peer, o *op.Op) string {
	for name, id := range w.labels {
		if id == o.ID() && o.Kind() != op.Invite {
			return name
		}
	}
	who := "somebody"
	if m, ok := p.C.Log().Author(o.ID()); ok {
		who = w.nameOf(m)
	}
	what := o.Kind().String()
	switch b := o.Body.(type) {
	case op.GenesisBody:
		return "the founding"
	case op.GrantBody:
		what = "makes " + w.nameOf(b.Member) + " " + role(b.Bits, false)
	case op.AdmitBody:
		c, _ := o.Certificate()
		what = "admits " + w.nameOf(c.Member)
	case op.RevokeBody:
		what = "removes " + w.nameOf(b.Member)
		if b.Target != (op.ID{}) {
			what = "revokes " + w.title(p, p.C.Log().Op(b.Target))
		}
	case op.InviteBody:
		what = "invites"
	case op.SetBody:
		what = "sets " + b.Key + " to " + string(b.Value)
	case op.LeaveBody:
		what = "leaves"
	case op.RevokeInviteBody:
		what = "closes an invite"
	case op.CreateGroupBody:
		what = "creates " + b.Name
	case op.OwnerRotateBody:
		c, _ := o.Certificate()
		return w.nameOf(c.Member) + " becomes the owner"
	case op.EpochBody:
		what = "makes an epoch"
	case op.DeviceAddBody:
		what = "adds a device"
	case op.DeviceRevokeBody:
		what = "revokes a device"
	}
	return who + " " + what
}

// epochs shows, for each member, who can read what he would send now.
func (w *World) epochs(l line) string {
	return w.each(l, func(p *Peer, space op.ID) string {
		if !p.C.Mine(space) {
			return ""
		}
		k, ok := p.C.Sending(space, p.now())
		if !ok {
			return "has no key to send with"
		}
		var out []string
		for _, q := range w.Peers {
			if _, held := q.C.RendezvousOf(space, k.Epoch); held {
				out = append(out, q.Name)
			}
		}
		return "what is sent can be read by " + strings.Join(out, ", ")
	})
}
