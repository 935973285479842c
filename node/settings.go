package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// setting is one thing that a community decides for itself: a register of its log, with the values it takes, the default first.
type setting struct {
	reg    string
	values []string
}

var settings = map[string]setting{
	"history":            {crdt.RegHistory, []string{"30d", "none", "7d", "all"}},
	"who_creates_groups": {"set/who_creates_groups", []string{"admins", "members"}},
	"who_invites":        {"set/who_invites", []string{"admins", "members"}},
}

// settingOf reads one. Owner only.
func (r *room) settingOf(name string) string {
	s := settings[name]
	if st := r.c.State(r.id); st != nil {
		if v := string(st.Values[s.reg]); slices.Contains(s.values, v) {
			return v
		}
	}
	return s.values[0]
}

func (r *room) allSettings() map[string]string {
	out := map[string]string{}
	for name := range settings {
		out[name] = r.settingOf(name)
	}
	return out
}

// settingDrafts checks and writes settings; those that are so already are left out.
func (r *room) settingDrafts(want map[string]string) (out []crdt.Draft, err error) {
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s, ok := settings[name]
		if !ok {
			return nil, fmt.Errorf("%w: settings: there is no %.40q", ErrInvalid, name)
		}
		if !slices.Contains(s.values, want[name]) {
			return nil, fmt.Errorf("%w: settings: %s is one of %v", ErrInvalid, name, s.values)
		}
		if r.settingOf(name) != want[name] {
			out = append(out, crdt.Draft{Space: r.id, Body: op.SetBody{Key: s.reg, Value: []byte(want[name])}})
		}
	}
	return out, nil
}

// regShared is the register of the invite that every member may hand on, where members may invite: its seed and id.
const regShared = "invite/shared"

type sharedInvite struct {
	_      struct{} `cbor:",toarray"`
	Seed   [16]byte
	Invite op.ID
}

// shared returns the invite that every member may hand on; false when there is none that is open. Owner only.
func (r *room) shared() (sharedInvite, bool) {
	st := r.c.State(r.id)
	var s sharedInvite
	if st == nil || op.Decode(st.Values[regShared], &s) != nil || !st.InviteOpen(s.Invite) {
		return s, false
	}
	o := r.c.Log().Op(s.Invite)
	b, ok := o.Body.(op.InviteBody)
	return s, ok && identity.InviteKeyFromSeed(s.Seed).Public() == b.Key && (b.Max == 0 || st.Uses(s.Invite) < int(b.Max))
}

// keepShared makes the invite that members hand on, or takes it back, as the setting says. Owner only; it does nothing for those who lack the
// rights.
func (r *room) keepShared() error {
	st := r.c.State(r.id)
	me := r.fixed.Member
	if st == nil || st.Can(me, op.INVITE|op.SETTINGS) != nil {
		return nil
	}
	s, open := r.shared()
	want := r.settingOf("who_invites") == "members"
	switch {
	case want && !open:
		rand.Read(s.Seed[:])
		body := op.InviteBody{Key: identity.InviteKeyFromSeed(s.Seed).Public(), Max: maxUses, Auto: true, Groups: []op.ID{}}
		if k, ok := r.c.Sending(r.id, r.n.now()); ok {
			body.Epoch = k.Epoch
		}
		e, ids, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: body})
		if err := errors.Join(err, r.perform(e)); err != nil {
			return err
		}
		s.Invite = ids[0]
		v, err := op.Encode(s)
		if err != nil {
			return fmt.Errorf("encode the shared invite: %w", err)
		}
		e, _, err = r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.SetBody{Key: regShared, Value: v}})
		return errors.Join(err, r.perform(e))
	case !want && open:
		e, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: r.id, Body: op.RevokeInviteBody{Invite: s.Invite}})
		return errors.Join(err, r.perform(e))
	}
	return nil
}

// sharedLink is the link that a member hands on. Owner only.
func (r *room) sharedLink() (acl.Link, bool) {
	s, ok := r.shared()
	if !ok {
		return acl.Link{}, false
	}
	b := r.c.Log().Op(s.Invite).Body.(op.InviteBody)
	rdv, _ := r.c.RendezvousOf(r.id, b.Epoch)
	return r.refreshed(acl.Link{Community: r.id, JoinKey: r.fixed.JoinKey, Invite: s.Invite, Seed: s.Seed, Rendezvous: invitePoint(rdv, s.Invite), Name: r.title(), Top: r.above()}), true
}

// title is what the community is called. Owner only.
func (r *room) title() string {
	if st := r.c.State(r.id); st != nil {
		if v, ok := st.Values["name"]; ok && checkName(string(v)) == nil {
			return string(v)
		}
	}
	g, _ := r.c.Genesis()
	return g.Name
}

// Welcome is what newcomers are met with: a message, and first steps to tick off.
type Welcome struct {
	Message string   `json:"message"`
	Steps   []string `json:"steps"`
	ETag    string   `json:"-"`
}

const (
	regWelcome   = "welcome"
	maxSteps     = 20
	maxStep      = 200
	maxWelcome   = 4 << 10
	welcomeBytes = op.MaxValue
)

// Welcome returns what newcomers are met with; empty when nobody wrote anything.
func (n *Node) Welcome(community string) (w Welcome, err error) {
	r, err := n.room(community)
	if err != nil {
		return w, err
	}
	w.Steps = []string{}
	err = r.ask(n.ctx, func() {
		if st := r.c.State(r.id); st != nil {
			v := st.Values[regWelcome]
			var got Welcome
			if json.Unmarshal(v, &got) == nil && got.check() == nil {
				w = got
			}
			w.ETag = fmt.Sprintf("%.40x", v)
		}
		if w.Steps == nil {
			w.Steps = []string{}
		}
	})
	return w, err
}

func (w Welcome) check() error {
	if len(w.Message) > maxWelcome || !utf8.ValidString(w.Message) {
		return fmt.Errorf("%w: message: at most %d bytes of UTF-8", ErrInvalid, maxWelcome)
	}
	if len(w.Steps) > maxSteps {
		return fmt.Errorf("%w: steps: at most %d", ErrInvalid, maxSteps)
	}
	for _, s := range w.Steps {
		if s == "" || len(s) > maxStep || !utf8.ValidString(s) {
			return fmt.Errorf("%w: steps: each 1 to %d bytes of UTF-8", ErrInvalid, maxStep)
		}
	}
	return nil
}

// SetWelcome writes it, in the log.
func (n *Node) SetWelcome(ctx context.Context, community string, w Welcome) (Welcome, error) {
	if err := w.check(); err != nil {
		return w, err
	}
	r, err := n.room(community)
	if err != nil {
		return w, err
	}
	if w.Steps == nil {
		w.Steps = []string{}
	}
	v, err := json.Marshal(w)
	if err != nil || len(v) > welcomeBytes {
		return w, fmt.Errorf("%w: message and steps: at most 8 KiB together", ErrTooLarge)
	}
	if err := r.write(ctx, r.id, op.SETTINGS, func() (crdt.Effects, error) {
		e, _, err := r.c.Author(n.now(), crdt.Draft{Space: r.id, Body: op.SetBody{Key: regWelcome, Value: v}})
		e.Events = append(e.Events, crdt.Event{Type: "community.changed", Space: r.id})
		return e, err
	}); err != nil {
		return w, err
	}
	return n.Welcome(community)
}
