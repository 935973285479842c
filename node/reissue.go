package node

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
)

// Reissued says what became of acts that had been cut: New are the acts that stand in their place, Skipped those that cannot be done again, with
// the reason.
type Reissued struct {
	New     []string
	Skipped map[string]string
}

// reissuable: kinds of acts that can be done again by somebody else. Invites are bound to their links, devices and leaves to their person.
func reissuable(k op.Kind) bool {
	switch k {
	case op.Admit, op.Grant, op.Set, op.Revoke, op.RevokeInvite:
		return true
	}
	return false
}

// standing lists everything that counts in every space. Owner only.
func (r *room) standing() map[op.ID]bool {
	out := map[op.ID]bool{}
	for _, s := range r.c.Spaces() {
		for _, id := range r.c.State(s).EffectiveIDs() {
			out[id] = true
		}
	}
	return out
}

// cutSince lists acts that counted before and do not now, for Reissue. Owner only.
func (r *room) cutSince(before map[op.ID]bool) []string {
	now := r.standing()
	ids := []op.ID{}
	for id := range before {
		if o := r.c.Log().Op(id); !now[id] && o != nil && (reissuable(o.Kind()) || o.Kind() == op.CreateGroup || o.Kind() == op.Invite) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b op.ID) int {
		return cmp.Or(cmp.Compare(r.c.Log().Op(a).Height, r.c.Log().Op(b).Height), bytesCompare(a, b))
	})
	out := []string{}
	for _, id := range ids {
		out = append(out, hexID(id))
	}
	return out
}

// Reissue does acts again that fell with somebody's removal, under my own authority: who was let in is in again without being asked, since he
// consented to it and has not left. It errs with a MissingRight where I lack a right, and does what comes before.
func (n *Node) Reissue(ctx context.Context, community string, ops []string) (Reissued, error) {
	r, err := n.room(community)
	if err != nil {
		return Reissued{}, err
	}
	out := Reissued{New: []string{}, Skipped: map[string]string{}}
	for _, id := range ops {
		raw, err := hex.DecodeString(id)
		if err != nil || len(raw) != 32 {
			return out, fmt.Errorf("%w: ops: each is the id of an act, 64 hex digits", ErrInvalid)
		}
		var space op.ID
		var old *op.Op
		if err := r.ask(ctx, func() {
			if old = r.c.Log().Op(op.ID(raw)); old != nil {
				space = old.Home()
			}
		}); err != nil {
			return out, err
		}
		if old == nil {
			return out, fmt.Errorf("%w: no act %.16s…", ErrNotFound, id)
		}
		var made op.ID
		why := ""
		if err := r.write(ctx, space, acl.Needs(old.Kind(), regOf(old)), func() (crdt.Effects, error) {
			var err error
			made, why, err = r.reissue(space, old)
			return crdt.Effects{}, err
		}); err != nil {
			return out, err
		}
		if why != "" {
			out.Skipped[id] = why
		} else {
			out.New = append(out.New, hexID(made))
		}
	}
	return out, nil
}

func regOf(o *op.Op) string {
	if b, ok := o.Body.(op.SetBody); ok {
		return b.Key
	}
	return ""
}

// reissue does one act again; why says why it need not or cannot be. Owner only.
func (r *room) reissue(space op.ID, old *op.Op) (made op.ID, why string, err error) {
	st := r.c.State(space)
	switch {
	case st == nil:
		return made, "its group is gone", nil
	case st.Effective(old.ID()):
		return made, "it stands", nil
	case old.Kind() == op.Invite:
		return made, "its link is dead: make a new one", nil
	case !reissuable(old.Kind()):
		return made, "only its author can do that", nil
	}
	body := old.Body
	switch b := body.(type) {
	case op.AdmitBody:
		c, _ := old.Certificate()
		if _, in := st.Members.Get(c.Member); in {
			return made, "the person is in", nil
		}
		body = op.AdmitBody{Cert: b.Cert, Post: b.Post, Proof: []byte{}}
	case op.RevokeBody:
		b.Pins = []op.Pin{}
		body = b
	case op.SetBody:
		if string(st.Values[b.Key]) == string(b.Value) {
			return made, "it is so", nil
		}
	}
	e, ids, err := r.c.Author(r.n.now(), crdt.Draft{Space: space, Body: body})
	if perr := r.perform(e); perr != nil {
		return made, "", perr
	}
	if errors.Is(err, acl.ErrDenied) && st.Can(r.fixed.Member, acl.Needs(old.Kind(), regOf(old))) == nil {
		return made, "the person has left or was removed since, and must come by a new link", nil
	}
	if err != nil {
		return made, "", err
	}
	return ids[0], "", nil
}
