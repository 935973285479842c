package node

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Act is one administrative act: who did what to whom, when, under which authority, and whether it stands. Raw is the signed op, from which
// everything else follows.
type Act struct {
	ID        string // hex
	Kind      string // grant, revoke, admit, …
	ActorID   string
	SubjectID string // whom it is about, if anybody
	GroupID   string // empty in the community's own log
	Time      time.Time
	Authority string // the op it was done under, hex
	Effective bool
	Why       string // it does not count; empty where it does
	Detail    map[string]string
	Raw       []byte
}

// AuditFilter narrows a list of acts; empty fields do not. Whole keeps the key changes too, which an export needs, since later acts build on
// them.
type AuditFilter struct {
	Kind, Actor, Group string
	Whole              bool
}

// Audit lists the administrative acts of a community and of the groups this node may read the log of, the newest first.
func (n *Node) Audit(community string, f AuditFilter) ([]Act, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []Act{}
	err = r.ask(n.ctx, func() {
		for _, s := range r.c.Spaces() {
			if s != r.id && !r.c.Mine(s) && r.c.State(s).Can(r.fixed.Member, op.REMOVE) != nil {
				continue
			}
			out = append(out, acts(r.c.Log(), r.c.State(s), r.id)...)
		}
		for _, id := range r.c.Above() {
			if st := r.c.Log().Eval(id); f.Whole && st != nil { // the log is judged with it, so it is part of the proof
				out = append(out, acts(r.c.Log(), st, r.id)...)
			}
		}
	})
	out = slices.DeleteFunc(out, func(a Act) bool {
		return a.Kind == "epoch" && !f.Whole || f.Kind != "" && a.Kind != f.Kind || f.Actor != "" && a.ActorID != f.Actor || f.Group != "" && a.GroupID != f.Group
	})
	slices.SortStableFunc(out, func(a, b Act) int { return b.Time.Compare(a.Time) })
	return out, err
}

// acts reads a space's log, epochs too: they decide nothing about anybody, but later acts build on them.
func acts(l *acl.Log, st *acl.State, community op.ID) []Act {
	var out []Act
	for _, node := range l.Graph().Nodes(st.Space) {
		o := l.Op(l.Graph().ID(node))
		a := Act{ID: o.ID().String(), Kind: kindName(o.Kind()), Time: timeOf(o.Time), Authority: o.Cap.String(), Effective: st.Effective(o.ID()), Raw: o.Raw(), Detail: map[string]string{}}
		if o.Kind() == op.Genesis {
			a.Authority = ""
		}
		if c := st.Why(o.ID()); !a.Effective && o.Kind() != op.Epoch {
			a.Why = c.Why.String()
			if (c.By != op.ID{}) {
				a.Detail["cut_by"] = c.By.String()
			}
		}
		if st.Space != community {
			a.GroupID = grpID(st.Space)
		}
		if m, ok := l.Author(o.ID()); ok {
			a.ActorID = m.String()
		}
		a.describe(l, o)
		out = append(out, a)
	}
	return out
}

// kindName turns RevokeInvite into revoke_invite.
func kindName(k op.Kind) string {
	var b strings.Builder
	for i, c := range k.String() {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

func (a *Act) describe(l *acl.Log, o *op.Op) {
	subject := func(m identity.UserID) {
		if (m != identity.UserID{}) {
			a.SubjectID = m.String()
		}
	}
	if c, ok := o.Certificate(); ok {
		subject(c.Member)
	}
	switch b := o.Body.(type) {
	case op.GenesisBody:
		a.Detail["name"] = b.Name
	case op.GrantBody:
		subject(b.Member)
		a.Detail["rights"] = b.Bits.String()
	case op.RevokeBody:
		subject(b.Member)
		if (b.Target != op.ID{}) {
			a.Detail["revokes"] = b.Target.String()
			if m, ok := l.Subject(b.Target); ok {
				subject(m)
			}
		}
		for name, on := range map[string]bool{"cascade": b.Cascade, "ban": b.Ban} {
			if on {
				a.Detail[name] = "true"
			}
		}
		if b.Reason != "" {
			a.Detail["reason"] = b.Reason
		}
	case op.AdmitBody:
		if (b.Invite != op.ID{}) {
			a.Detail["invite"] = invID(b.Invite)
		}
	case op.InviteBody:
		a.Detail["invite"], a.Detail["max_uses"] = invID(o.ID()), fmt.Sprint(b.Max)
		if b.Expires > 0 {
			a.Detail["expires_at"] = timeOf(b.Expires).Format(time.RFC3339)
		}
	case op.RevokeInviteBody:
		a.Detail["invite"] = invID(b.Invite)
	case op.CreateGroupBody:
		a.Detail["name"], a.Detail["group"] = b.Name, grpID(o.ID())
	case op.SetBody:
		a.Detail["setting"], a.Detail["value"] = b.Key, fmt.Sprintf("%.200q", b.Value)
	}
}

// CommunityID returns the com_ id of the community that a founding act founds, by the act's own id; empty if that is no id.
func CommunityID(genesis string) string {
	b, err := hex.DecodeString(genesis)
	if err != nil || len(b) != 32 {
		return ""
	}
	return comID(op.ID(b))
}

// VerifyAudit checks exported acts with nothing but the signed ops in them and the community's id: every signature, that nothing any of them
// builds on is missing, and that each act says what its op says and stands exactly if the rules let it stand. It returns how many acts it
// checked, and errs on the first that is wrong.
func VerifyAudit(community string, claimed []Act) (int, error) {
	l := acl.NewLog()
	var genesis op.ID
	var founded []op.ID // others
	queue := make([]*op.Op, 0, len(claimed))
	for i, a := range claimed {
		if _, v := crdt.CheckOp(a.Raw); v != crdt.Good {
			return 0, fmt.Errorf("act %d: its op is %s", i+1, v)
		}
		o, err := op.Parse(a.Raw)
		if err != nil {
			return 0, fmt.Errorf("act %d: %w", i+1, err)
		}
		if o.Kind() == op.Genesis && comID(o.ID()) == community {
			genesis = o.ID()
		} else if o.Kind() == op.Genesis {
			founded = append(founded, o.ID())
		}
		queue = append(queue, o)
	}
	if comID(genesis) != community {
		return 0, fmt.Errorf("this is not the log of %s: its founding act is missing or another community's", community)
	}
	for len(queue) > 0 {
		left := queue[:0:0]
		for _, o := range queue {
			if e := acl.EntryOf(o); len(l.Missing(e)) > 0 {
				left = append(left, o)
			} else if err := l.Add(e); err != nil {
				return 0, fmt.Errorf("act %s: %w", o.ID(), err)
			}
		}
		if len(left) == len(queue) {
			return 0, fmt.Errorf("act %s builds on acts that are not in the file", left[0].ID())
		}
		queue = left
	}
	truth := map[string]Act{}
	states := l.EvalAll(genesis)
	for _, id := range founded { // what it stands under
		if st := l.Eval(id); st != nil {
			states[id] = st
		}
	}
	for _, st := range states {
		for _, a := range acts(l, st, genesis) {
			truth[a.ID] = a
		}
	}
	for i, a := range claimed {
		t, ok := truth[a.ID]
		if !ok {
			return i, fmt.Errorf("act %d: %s is not what its op is", i+1, a.ID)
		}
		if a.Kind != t.Kind || a.ActorID != t.ActorID || a.SubjectID != t.SubjectID || a.GroupID != t.GroupID || !a.Time.Equal(t.Time) || a.Authority != t.Authority ||
			a.Effective != t.Effective {
			return i, fmt.Errorf("act %d: the file says otherwise than the signed op %s", i+1, a.ID)
		}
	}
	return len(claimed), nil
}
