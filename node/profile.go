package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"unicode/utf8"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Contact is one way to reach a person. Visible says who sees it: "groups", those who share a group, or "admins" alone.
type Contact struct{ Kind, Value, Visible string }

// Profile is what I show of myself in one community: to those who share a group with me, and to its admins. The community at large sees neither.
type Profile struct {
	DisplayName string
	Picture     []byte // PNG or JPEG, at most 16 KiB; nil: none
	Contacts    []Contact
}

// ProfileEdit changes a profile; nil leaves a field as it is, an empty picture takes it away.
type ProfileEdit struct {
	DisplayName *string
	Picture     *[]byte
	Contacts    *[]Contact
}

// metaProfile + community: picture and contacts; the name stands in the community's record.
const metaProfile = "profile/"

type profileRecord struct {
	_        struct{} `cbor:",toarray"`
	Picture  []byte
	Contacts []contactRecord
}

type contactRecord struct {
	_           struct{} `cbor:",toarray"`
	Kind, Value string
	Private     bool // for the admins alone
}

const maxPictureSide = 1024

// cleanPicture reads a picture and writes it anew, so that nothing of where and when it was taken stays in it.
func cleanPicture(raw []byte) ([]byte, error) {
	if len(raw) > 1<<20 {
		return nil, fmt.Errorf("%w: picture: at most 16 KiB", ErrTooLarge)
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || kind != "png" && kind != "jpeg" || c.Width > maxPictureSide || c.Height > maxPictureSide {
		return nil, fmt.Errorf("%w: picture: PNG or JPEG, at most %d points a side", ErrInvalid, maxPictureSide)
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: picture: it is damaged", ErrInvalid)
	}
	var out bytes.Buffer
	if kind == "png" {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	}
	if kind == "jpeg" || out.Len() > content.MaxPicture {
		out.Reset()
		for quality := 85; quality >= 25; quality -= 15 {
			out.Reset()
			if err = jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil || out.Len() <= content.MaxPicture {
				break
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: picture: %w", ErrInvalid, err)
	}
	if out.Len() > content.MaxPicture {
		return nil, fmt.Errorf("%w: picture: at most 16 KiB; make it smaller", ErrTooLarge)
	}
	return out.Bytes(), nil
}

func checkContacts(all []Contact) error {
	if len(all) > content.MaxContacts {
		return fmt.Errorf("%w: contacts: at most %d", ErrInvalid, content.MaxContacts)
	}
	for _, c := range all {
		if c.Visible != "groups" && c.Visible != "admins" {
			return fmt.Errorf("%w: contacts: visible is groups or admins", ErrInvalid)
		}
		if !utf8.ValidString(c.Kind) || !utf8.ValidString(c.Value) || c.Kind == "" || c.Value == "" || len(c.Kind) > 32 || len(c.Value) > 256 {
			return fmt.Errorf("%w: contacts: kind 1 to 32 bytes, value 1 to 256 bytes of UTF-8", ErrInvalid)
		}
	}
	return nil
}

// profile reads what I show. Owner only.
func (r *room) profile() (p Profile) {
	p.DisplayName = r.rec.Name
	raw, ok, err := r.n.store.Meta(r.ctx, metaProfile+hexID(r.id))
	var rec profileRecord
	if err != nil || !ok || op.Decode(raw, &rec) != nil {
		return p
	}
	p.Picture = rec.Picture
	for _, c := range rec.Contacts {
		p.Contacts = append(p.Contacts, Contact{Kind: c.Kind, Value: c.Value, Visible: map[bool]string{false: "groups", true: "admins"}[c.Private]})
	}
	return p
}

// shown is the part of a profile that groups see, or all of it, for the desk.
func (p Profile) shown(desk bool) content.ProfileBody {
	b := content.ProfileBody{Name: p.DisplayName, Picture: p.Picture, Contacts: []content.Contact{}}
	if b.Picture == nil {
		b.Picture = []byte{}
	}
	for _, c := range p.Contacts {
		if desk || c.Visible == "groups" {
			b.Contacts = append(b.Contacts, content.Contact{Kind: c.Kind, Value: c.Value})
		}
	}
	return b
}

// MyProfile returns what I show in a community.
func (n *Node) MyProfile(community string) (p Profile, err error) {
	r, err := n.room(community)
	if err != nil {
		return p, err
	}
	err = r.ask(n.ctx, func() { p = r.profile() })
	return p, err
}

// SetProfile changes what I show in a community. Groups and admins get it as soon as they can be reached.
func (n *Node) SetProfile(ctx context.Context, community string, e ProfileEdit) (Profile, error) {
	if e.DisplayName != nil {
		if err := checkName(*e.DisplayName); err != nil {
			return Profile{}, err
		}
	}
	if e.Contacts != nil {
		if err := checkContacts(*e.Contacts); err != nil {
			return Profile{}, err
		}
	}
	if e.Picture != nil && len(*e.Picture) > 0 {
		clean, err := cleanPicture(*e.Picture)
		if err != nil {
			return Profile{}, err
		}
		e.Picture = &clean
	}
	r, err := n.room(community)
	if err != nil {
		return Profile{}, err
	}
	var out Profile
	var werr error
	err = r.ask(ctx, func() {
		out = r.profile()
		rec := r.rec
		if e.DisplayName != nil {
			rec.Name, out.DisplayName = *e.DisplayName, *e.DisplayName
		}
		if e.Picture != nil {
			out.Picture = *e.Picture
		}
		if e.Contacts != nil {
			out.Contacts = slices.Clone(*e.Contacts)
		}
		p := profileRecord{Picture: append([]byte{}, out.Picture...), Contacts: []contactRecord{}}
		for _, c := range out.Contacts {
			p.Contacts = append(p.Contacts, contactRecord{Kind: c.Kind, Value: c.Value, Private: c.Visible == "admins"})
		}
		raw, err := op.Encode(p)
		if err != nil {
			werr = fmt.Errorf("encode profile: %w", err)
			return
		}
		m, err := rec.meta()
		if err == nil {
			err = n.commit(r.ctx, &store.Batch{Meta: []store.Meta{m, {Key: metaProfile + hexID(r.id), Value: raw}}})
		}
		if err != nil {
			werr = err
			return
		}
		r.rec = rec
		r.names = nil
		clear(r.named)
		r.showProfile()
	})
	return out, errors.Join(err, werr)
}

// showProfile posts what I show to each group I am in that does not have it, and to the desk. Owner only.
func (r *room) showProfile() {
	if r.rec.Name == "" || !r.c.Mine(r.id) {
		return
	}
	var p *Profile
	for _, s := range r.c.Spaces() {
		if !r.c.Mine(s) || r.named[s] == r.rec.Name {
			continue
		}
		if p == nil {
			got := r.profile()
			p = &got
		}
		want, err := p.shown(s == r.id).Encode()
		if err != nil {
			continue
		}
		if have, ok := r.profileIn(s, r.fixed.Member); ok && r.freshProfile(s) {
			if raw, err := have.Encode(); err == nil && bytes.Equal(raw, want) {
				r.named[s] = r.rec.Name
				continue
			}
		}
		if s == r.id {
			if _, err := r.toDesk(content.Profile, want); err == nil {
				r.named[s] = r.rec.Name
			}
		} else if r.post(s, content.Profile, want) {
			r.named[s] = r.rec.Name
		}
	}
}

// freshProfile reports whether what I showed of myself in a group is to stay there for a while yet.
func (r *room) freshProfile(s op.ID) bool {
	keep := r.c.Retention(s)
	if keep == 0 {
		return true
	}
	key := string(content.ProfileKey(r.fixed.Member))
	rows, err := r.n.store.Rows(r.ctx, s, []string{key})
	if err != nil {
		return true
	}
	p, err := content.ParseProfileRow(rows[key])
	return err == nil && p.Lamport+keep/2 > r.n.now()
}

// profileIn reads the profile of a member that a space holds: in the community, the copy for the desk. Owner only.
func (r *room) profileIn(s op.ID, m identity.UserID) (content.ProfileBody, bool) {
	key := string(content.ProfileKey(m))
	rows, err := r.n.store.Rows(r.ctx, s, []string{key})
	if err != nil {
		return content.ProfileBody{}, false
	}
	p, err := content.ParseProfileRow(rows[key])
	return p.Profile, err == nil
}

// known is what I may know of a member: the desk's copy, if I am of the desk; else what a group that we share was shown. Owner only.
func (r *room) known(m identity.UserID) (content.ProfileBody, bool) {
	if m == r.fixed.Member {
		return r.profile().shown(true), true
	}
	if r.c.OnDesk(r.fixed.Member) {
		if p, ok := r.profileIn(r.id, m); ok {
			return p, true
		}
	}
	for _, s := range r.c.Spaces()[1:] {
		if r.c.Mine(s) {
			if p, ok := r.profileIn(s, m); ok {
				return p, true
			}
		}
	}
	return content.ProfileBody{}, false
}

// MemberProfile is what this node may know of a member. Visible is false where it may know nothing.
func (n *Node) MemberProfile(community, user string) (p Profile, visible bool, err error) {
	r, m, _, err := n.anyone(community, user)
	if err != nil {
		return p, false, err
	}
	err = r.ask(n.ctx, func() {
		b, ok := r.known(m)
		if visible = ok; !ok {
			return
		}
		p = Profile{DisplayName: b.Name, Picture: b.Picture}
		for _, c := range b.Contacts {
			p.Contacts = append(p.Contacts, Contact{Kind: c.Kind, Value: c.Value})
		}
	})
	return p, visible, err
}

// SetAvatar shows a picture of me, PNG or JPEG, in one community, or in each that I am in; without one it takes mine away there. It returns where. Whoever shares a group with me
// in two of them sees the same face in both: that is for me to want.
func (n *Node) SetAvatar(ctx context.Context, community string, picture []byte) (where []string, err error) {
	if len(picture) > 0 {
		if picture, err = cleanPicture(picture); err != nil {
			return nil, err
		}
	}
	if community != "" {
		where = []string{community}
	} else {
		for _, c := range n.Communities() {
			if c.State == "active" {
				where = append(where, c.ID)
			}
		}
	}
	if len(where) == 0 {
		return nil, fmt.Errorf("%w: you are in no community yet, and a picture is shown to people there", ErrInvalid)
	}
	for _, id := range where {
		if _, err := n.SetProfile(ctx, id, ProfileEdit{Picture: &picture}); err != nil {
			return nil, err
		}
	}
	return where, nil
}
