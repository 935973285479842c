package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/op"
)

// Permission says whether I have a right in a community; where I have not, who does.
type Permission struct {
	Bit     string
	Allowed bool
	Who     []string // usr_ ids of at most five who have it
}

// Permissions answers for every right, by the function that decides.
func (n *Node) Permissions(community string) ([]Permission, error) {
	r, err := n.room(community)
	if err != nil {
		return nil, err
	}
	out := []Permission{}
	err = r.ask(n.ctx, func() {
		st := r.c.State(r.id)
		if st == nil {
			return
		}
		for i, name := range op.AllBits.Names() {
			bit := op.Bits(1) << i
			p := Permission{Bit: name, Allowed: st.Can(r.fixed.Member, bit) == nil, Who: []string{}}
			if !p.Allowed {
				p.Who = r.missing(r.id, bit).Who
			}
			out = append(out, p)
		}
	})
	return out, err
}

// Edit changes what a community or group is called, who posts in a group, and what a community decides for itself; nil leaves a field as it
// is.
type Edit struct {
	Name, Description, WhoPosts *string
	Disappearing                *time.Duration // of a group: how long new messages are kept; 0 for ever
	Settings                    map[string]string
}

func (e Edit) check() error {
	if e.Name != nil {
		if err := checkName(*e.Name); err != nil {
			return err
		}
	}
	if d := e.Description; d != nil && (len(*d) > 4<<10 || !utf8.ValidString(*d)) {
		return fmt.Errorf("%w: description: at most 4096 bytes of UTF-8", ErrInvalid)
	}
	if w := e.WhoPosts; w != nil && *w != "everyone" && *w != "moderators" {
		return fmt.Errorf("%w: who_posts: everyone or moderators", ErrInvalid)
	}
	if d := e.Disappearing; d != nil && *d != 0 && !slices.Contains(crdt.Retentions, op.Millis(d.Milliseconds())) {
		return fmt.Errorf("%w: disappearing_seconds: 86400 (a day), 604800 (a week), 2592000 (30 days), 7776000 (90 days), or 0 for ever", ErrInvalid)
	}
	return nil
}

// drafts writes the registers with a prefix.
func (e Edit) drafts(space op.ID, prefix string) (out []crdt.Draft) {
	for key, v := range map[string]*string{"name": e.Name, "description": e.Description} {
		if v != nil {
			out = append(out, crdt.Draft{Space: space, Body: op.SetBody{Key: prefix + key, Value: []byte(*v)}})
		}
	}
	slices.SortFunc(out, func(a, b crdt.Draft) int { return len(a.Body.(op.SetBody).Key) - len(b.Body.(op.SetBody).Key) })
	return out
}

// EditCommunity changes a community's name, description or settings.
func (n *Node) EditCommunity(ctx context.Context, id string, e Edit) (Community, error) {
	if err := e.check(); err != nil {
		return Community{}, err
	}
	r, err := n.room(id)
	if err != nil {
		return Community{}, err
	}
	if err := r.write(ctx, r.id, op.SETTINGS, func() (crdt.Effects, error) {
		set, err := r.settingDrafts(e.Settings)
		if err != nil {
			return crdt.Effects{}, err
		}
		eff, _, err := r.c.Author(n.now(), append(e.drafts(r.id, ""), set...)...)
		eff.Events = append(eff.Events, crdt.Event{Type: "community.changed", Space: r.id})
		if err := errors.Join(err, r.perform(eff)); err != nil {
			return crdt.Effects{}, err
		}
		return crdt.Effects{}, r.keepShared()
	}); err != nil {
		return Community{}, err
	}
	return r.community()
}

// groupRegister is where a group's name and description stand in the parent's log: everybody in the community may know them, its roster not.
func groupRegister(g op.ID) string { return "group/" + hexID(g)[:40] + "/" }

// EditGroup changes a group's name or description, which stand in the community's log, or who posts, which stands in its own.
func (n *Node) EditGroup(ctx context.Context, id string, e Edit) (Group, error) {
	if err := e.check(); err != nil {
		return Group{}, err
	}
	r, s, err := n.ruledRoom(id)
	if err != nil {
		return Group{}, err
	}
	if s == r.id {
		return Group{}, fmt.Errorf("%w: the announcements are called as the community is", ErrInvalid)
	}
	if named := e.drafts(r.id, groupRegister(s)); len(named) > 0 {
		if err := r.write(ctx, r.id, op.SETTINGS, func() (crdt.Effects, error) {
			eff, _, err := r.c.Author(n.now(), named...)
			eff.Events = append(eff.Events, crdt.Event{Type: "group.changed", Space: s, Ref: s})
			return eff, err
		}); err != nil {
			return Group{}, err
		}
	}
	if e.WhoPosts != nil {
		if err := r.write(ctx, s, op.SETTINGS, func() (crdt.Effects, error) {
			if r.c.WhoPosts(s) == (*e.WhoPosts == "moderators") {
				return crdt.Effects{}, nil
			}
			return r.setAndRotate(s, op.SetBody{Key: crdt.RegWhoPosts, Value: []byte(*e.WhoPosts)}, "group.changed")
		}); err != nil {
			return Group{}, err
		}
	}
	if d := e.Disappearing; d != nil {
		if s == r.id {
			return Group{}, fmt.Errorf("%w: disappearing_seconds: announcements stay", ErrInvalid)
		}
		if err := r.write(ctx, s, op.SETTINGS, func() (crdt.Effects, error) {
			if r.c.Retention(s) == op.Millis(d.Milliseconds()) {
				return crdt.Effects{}, nil
			}
			return r.setAndRotate(s, op.SetBody{Key: crdt.RegDisappearing, Value: []byte(strconv.Itoa(int(d.Seconds())))}, "group.changed")
		}); err != nil {
			return Group{}, err
		}
	}
	return r.group(s)
}

// setAndRotate writes a register of a group by which messages are judged: what is sealed from now on knows of it (R6). Owner only.
func (r *room) setAndRotate(s op.ID, set op.SetBody, event string) (crdt.Effects, error) {
	eff, _, err := r.c.Author(r.n.now(), crdt.Draft{Space: s, Body: set})
	eff.Events = append(eff.Events, crdt.Event{Type: event, Space: s, Ref: s})
	if err := errors.Join(err, r.perform(eff)); err != nil || !r.c.Mine(s) {
		return crdt.Effects{}, err
	}
	return r.c.Rotate(s, set.Key, r.n.now())
}

// ArchiveGroup closes a group to new messages, or opens it again. What was said stays.
func (n *Node) ArchiveGroup(ctx context.Context, id string, archived bool) (Group, error) {
	r, s, err := n.ruledRoom(id)
	if err != nil {
		return Group{}, err
	}
	if s == r.id {
		return Group{}, fmt.Errorf("%w: the announcements cannot be archived alone", ErrInvalid)
	}
	if err := r.archive(ctx, s, archived); err != nil {
		return Group{}, err
	}
	return r.group(s)
}

// ArchiveCommunity closes a community's announcements and every group that I may close, or opens them again.
func (n *Node) ArchiveCommunity(ctx context.Context, id string, archived bool) (Community, error) {
	r, err := n.room(id)
	if err != nil {
		return Community{}, err
	}
	var groups []op.ID
	if err := r.ask(ctx, func() {
		for _, g := range r.c.Spaces()[1:] {
			if r.c.State(g).Can(r.fixed.Member, op.GROUPS) == nil {
				groups = append(groups, g)
			}
		}
	}); err != nil {
		return Community{}, err
	}
	if err := r.archive(ctx, r.id, archived); err != nil { // first, since it says whether I may
		return Community{}, err
	}
	for _, g := range groups {
		if err := r.archive(ctx, g, archived); err != nil {
			return Community{}, err
		}
	}
	return r.community()
}

// RotateKeys makes new keys in every space of a community that this node is in, as after a suspicion.
func (n *Node) RotateKeys(ctx context.Context, id string) error {
	r, err := n.room(id)
	if err != nil {
		return err
	}
	return r.write(ctx, r.id, op.REMOVE, func() (crdt.Effects, error) {
		if err := r.c.State(r.id).Can(r.fixed.Member, op.REMOVE); err != nil {
			return crdt.Effects{}, err
		}
		for _, s := range r.c.Spaces() {
			if !r.c.Mine(s) {
				continue
			}
			e, err := r.c.Rotate(s, "by hand", n.now())
			if err := errors.Join(err, r.perform(e)); err != nil {
				return crdt.Effects{}, err
			}
		}
		return crdt.Effects{}, nil
	})
}

func (r *room) archive(ctx context.Context, s op.ID, archived bool) error {
	value := []byte("0")
	if archived {
		value = []byte("1")
	}
	return r.write(ctx, s, op.GROUPS, func() (crdt.Effects, error) {
		if acl.Archived(r.c.State(s).Values[acl.RegArchived]) == archived {
			return crdt.Effects{}, nil
		}
		return r.setAndRotate(s, op.SetBody{Key: acl.RegArchived, Value: value}, map[bool]string{true: "community.changed", false: "group.archived"}[s == r.id])
	})
}
