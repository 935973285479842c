package api

// Community as this node sees it.
type Community struct {
	ID                   string            `json:"id" example:"com_mzxw6ytboi"`
	Name                 string            `json:"name" example:"Sunrise"`
	Description          string            `json:"description"`
	Role                 string            `json:"role" enum:"owner,admin,moderator,announcer,member,follower,none"`
	Permissions          []string          `json:"permissions" doc:"Rights I hold here, lower-case."`
	MemberCount          int               `json:"member_count"`
	GroupCount           int               `json:"group_count"`
	AnnouncementsGroupID string            `json:"announcements_group_id" example:"grp_mzxw6ytboi"`
	MeID                 string            `json:"me_id" doc:"Who I am here; another id in every community."`
	DisplayName          string            `json:"display_name,omitempty" doc:"My name here."`
	ParentID             *string           `json:"parent_id"`
	Below                []CommunityBelow  `json:"below" doc:"Communities that stand under this one, the oldest first."`
	Settings             map[string]string `json:"settings"`
	Reachable            int               `json:"reachable" doc:"Members connected now."`
	CreatedAt            Time              `json:"created_at" format:"date-time"`
	Archived             bool              `json:"archived"`
	State                string            `json:"state" enum:"active,removed,left,revoked" doc:"removed and left: the person is out; revoked: this device is, by another of the person's. It keeps what it had."`
}

// CommunityBelow is a community that stands under another.
type CommunityBelow struct {
	CommunityID *string `json:"community_id" doc:"null where this node is not in it."`
	Name        string  `json:"name" doc:"Where this node is not in it, the name that it was founded with."`
	CreatedAt   Time    `json:"created_at" format:"date-time"`
}

// NewCommunity asks for a community.
type NewCommunity struct {
	Name        string `json:"name" minLength:"1" maxLength:"128" example:"Sunrise"`
	Description string `json:"description,omitempty" maxLength:"1024"`
	DisplayName string `json:"display_name,omitempty" maxLength:"128" doc:"My name there; absent: the name of this node's person."`
	ParentID    string `json:"parent_id,omitempty" doc:"The community it stands under; there I need the right to groups. Its admins may then remove, moderate, archive and announce in the new one."`
}

// Storage is what this node keeps of a community.
type Storage struct {
	CommunityID string         `json:"community_id"`
	Bytes       int64          `json:"bytes" doc:"All that is kept of it, its logs included; the file has indexes and free room beside."`
	LogBytes    int64          `json:"log_bytes" doc:"Of these, the control logs of the community and its groups."`
	FileBytes   int64          `json:"file_bytes" doc:"The file that holds this and all other communities."`
	Groups      []GroupStorage `json:"groups" doc:"What messages take, by group, the announcements first. A group of which nothing but its log is here is left out."`
}

// GroupStorage is what this node keeps of the messages of one group.
type GroupStorage struct {
	GroupID  string `json:"group_id"`
	Messages int    `json:"messages" doc:"That are shown, in the timeline and in threads."`
	Bytes    int64  `json:"bytes"`
	OldestAt *Time  `json:"oldest_at" format:"date-time"`
}

// CommunityMe is who I am in one community.
type CommunityMe struct {
	ID          string    `json:"id" example:"usr_mzxw6ytboi"`
	DisplayName string    `json:"display_name"`
	Role        string    `json:"role"`
	Contacts    []Contact `json:"contacts"`
	HasPicture  bool      `json:"has_picture"`
}

// Contact is one way to reach a person.
type Contact struct {
	Kind    string `json:"kind" minLength:"1" maxLength:"32" example:"phone"`
	Value   string `json:"value" minLength:"1" maxLength:"256"`
	Visible string `json:"visible,omitempty" enum:"groups,admins" doc:"Of my own: who sees it. groups: those who share a group with me."`
}

// ShownIn says in which communities a picture of me is shown, or is no more.
type ShownIn struct {
	Communities []string `json:"communities"`
}

// EditCommunityMe changes what I show in a community; absent fields stay.
type EditCommunityMe struct {
	DisplayName *string    `json:"display_name,omitempty" minLength:"1" maxLength:"128"`
	Contacts    *[]Contact `json:"contacts,omitempty" maxItems:"16"`
	Picture     *string    `json:"picture,omitempty" doc:"PNG or JPEG, base64; what it says of where and when it was taken is left out. Empty: none."`
}

// MemberProfile is what this node may know of a member.
type MemberProfile struct {
	ID          string    `json:"id"`
	DisplayName *string   `json:"display_name"`
	Visible     bool      `json:"visible" doc:"false: we share no group, and I am no admin."`
	Contacts    []Contact `json:"contacts"`
	HasPicture  bool      `json:"has_picture"`
}

// EditName changes a display name.
type EditName struct {
	DisplayName string `json:"display_name" minLength:"1" maxLength:"128" example:"Asha"`
}

// Group is a group, or the announcements of a community.
type Group struct {
	ID                  string          `json:"id" example:"grp_mzxw6ytboi"`
	CommunityID         string          `json:"community_id"`
	Kind                string          `json:"kind" enum:"announcements,chat,dm"`
	Name                string          `json:"name" doc:"Of a direct message: the other one's name, empty while it is not known."`
	Description         string          `json:"description"`
	UserID              *string         `json:"user_id,omitempty" doc:"Of a direct message: the other one."`
	MemberCount         int             `json:"member_count" doc:"0 where this node is not in the group: the roster is the group's own."`
	Joined              bool            `json:"joined"`
	Open                bool            `json:"open" doc:"Members of the community may join by themselves."`
	WhoPosts            string          `json:"who_posts" enum:"everyone,moderators,announcers"`
	DisappearingSeconds *int            `json:"disappearing_seconds"`
	Unread              *int            `json:"unread,omitempty" doc:"Messages of others that this device has not read; in a thread they do not count."`
	Mentions            *int            `json:"mentions,omitempty" doc:"Of those, the ones that name me."`
	FirstUnreadID       *string         `json:"first_unread_id,omitempty"`
	Notifications       string          `json:"notifications" enum:"all,mentions,none"`
	MutedUntil          *Time           `json:"muted_until" format:"date-time"`
	LastMessage         *Message        `json:"last_message" doc:"Of those this node has: also of a group that it is out of."`
	Archived            bool            `json:"archived"`
	State               string          `json:"state" enum:"active,ended" doc:"ended: a direct message that one of the two has left, or is out of with the community. It can be read, nothing more goes in it (409 ended), and POST /dms begins another."`
	MovedTo             *GroupElsewhere `json:"moved_to,omitempty" doc:"It goes on there. Who is not in that community is not in that group."`
	Continues           *GroupElsewhere `json:"continues,omitempty" doc:"It went on from there: what was said before is in that group, for those who were in it."`
}

// GroupElsewhere is a group of another community of the same tree.
type GroupElsewhere struct {
	CommunityID string `json:"community_id"`
	GroupID     string `json:"group_id"`
}

// MoveGroup says where a group shall go on.
type MoveGroup struct {
	CommunityID string `json:"community_id" minLength:"1" maxLength:"64" example:"com_mzxw6ytboi" doc:"A community of the same tree."`
}

// MovedGroup is the group where it goes on.
type MovedGroup struct {
	Group      Group    `json:"group"`
	LeftBehind []string `json:"left_behind" doc:"Members who are not in that community. They keep what they have; invite them there, then they can be taken in."`
}

// NewGroup asks for a group.
type NewGroup struct {
	Name        string   `json:"name" minLength:"1" maxLength:"128" example:"Food"`
	Description string   `json:"description,omitempty" maxLength:"1024"`
	Members     []string `json:"members,omitempty" maxItems:"1024" doc:"Who is in it from the start, beside me."`
	WhoPosts    string   `json:"who_posts,omitempty" enum:"everyone,moderators"`
	Open        bool     `json:"open,omitempty" doc:"Members of the community may join by themselves."`
}

// NewDirect names whom a direct message is with.
type NewDirect struct {
	UserID string `json:"user_id" minLength:"1" maxLength:"64" example:"usr_mzxw6ytboi"`
}

// Member of a community or a group. DisplayName is null and Visible false where
// the reader may not know who it is.
type Member struct {
	ID          string   `json:"id" example:"usr_mzxw6ytboi"`
	DisplayName *string  `json:"display_name"`
	Visible     bool     `json:"visible"`
	Roles       []string `json:"roles"`
	State       string   `json:"state" enum:"active,removed,banned,left"`
	Tags        []string `json:"tags"`
	JoinedAt    *Time    `json:"joined_at" format:"date-time"`
	Verified    bool     `json:"verified"`
	Online      bool     `json:"online"`
	Me          bool     `json:"me"`
}

// EditMember sets the roles of a member.
type EditMember struct {
	Roles []string `json:"roles" minItems:"1" maxItems:"5" doc:"owner, admin, moderator, announcer, member, follower."`
}

// PutGroupMember says which roles somebody has in one group; he is taken in if he is not there.
type PutGroupMember struct {
	Roles []string `json:"roles" minItems:"1" maxItems:"5" doc:"admin, moderator, announcer, member."`
}

// RemoveMember says how somebody is removed.
type RemoveMember struct {
	Cascade       bool   `json:"cascade,omitempty" doc:"Also undo what came of the rights this person gave."`
	Ban           bool   `json:"ban,omitempty" doc:"No invite lets this identity in again."`
	RevokeInvites bool   `json:"revoke_invites,omitempty" doc:"Also revoke the open invite this person came by, and replace the one that all members hand on. Those the person made end in any case."`
	Reason        string `json:"reason,omitempty" maxLength:"256"`
}

// Removed says what a removal did.
type Removed struct {
	Removed bool     `json:"removed"`
	CutOps  []string `json:"cut_ops" doc:"Admin acts that fell with it and can be issued again."`
}

// Invite as the community's members see it.
type Invite struct {
	ID            string   `json:"id" example:"inv_mzxw6ytboi"`
	CommunityID   string   `json:"community_id"`
	Link          string   `json:"link,omitempty" doc:"Absent where this node never held the secret of the invite." example:"pandal://join/…"`
	Text          string   `json:"text,omitempty" doc:"The same in capitals, for a QR code."`
	GroupIDs      []string `json:"group_ids"`
	NeedsApproval bool     `json:"needs_approval"`
	MaxUses       int      `json:"max_uses"`
	Uses          int      `json:"uses"`
	ExpiresAt     *Time    `json:"expires_at" format:"date-time"`
	Revoked       bool     `json:"revoked"`
	CreatedBy     string   `json:"created_by,omitempty"`
}

// NewInvite asks for an invite.
type NewInvite struct {
	MaxUses   int      `json:"max_uses,omitempty" minimum:"1" maximum:"1000" doc:"Absent: 50."`
	ExpiresIn int64    `json:"expires_in,omitempty" minimum:"1" maximum:"315360000" doc:"Seconds. Absent: never."`
	Groups    []string `json:"groups,omitempty" maxItems:"16" doc:"Groups the newcomer lands in, beside the announcements."`
	Approval  bool     `json:"needs_approval,omitempty" doc:"Somebody who may admit looks at each newcomer first."`
}

// InviteLink holds a link, in either form.
type InviteLink struct {
	Link string `json:"link" minLength:"1" maxLength:"4096"`
}

// FoundInvite is the link that a picture of a QR code holds, in the form it has there.
type FoundInvite struct {
	Link string `json:"link"`
}

// AcceptInvite joins a community.
type AcceptInvite struct {
	Link        string   `json:"link" minLength:"1" maxLength:"4096"`
	DisplayName string   `json:"display_name,omitempty" maxLength:"128"`
	Note        string   `json:"note,omitempty" maxLength:"1024" doc:"To the admins, where the invite needs approval."`
	Addrs       []string `json:"addrs,omitempty" maxItems:"16" doc:"Further multiaddrs to try."`
}

// SharedInvite is a link with this node's addresses added.
type SharedInvite struct {
	Link string `json:"link"`
	Text string `json:"text"`
}

// InvitePreview is the sharer's word on where a link leads. Nobody was contacted.
type InvitePreview struct {
	Community     PreviewCommunity `json:"community"`
	InvitedBy     string           `json:"invited_by"`
	NeedsApproval bool             `json:"needs_approval"`
	ExpiresAt     *Time            `json:"expires_at" format:"date-time"`
}

// PreviewCommunity is what a link says of its community.
type PreviewCommunity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	MemberCount int    `json:"member_count"`
	GroupCount  int    `json:"group_count"`
}
