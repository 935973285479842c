package api

import "encoding/json"

// Message of any kind.
type Message struct {
	ID           string     `json:"id" example:"msg_mzxw6ytboi"`
	GroupID      string     `json:"group_id"`
	CommunityID  string     `json:"community_id"`
	AuthorID     string     `json:"author_id"`
	AuthorName   *string    `json:"author_name" doc:"null where the reader may not know who it is."`
	Kind         string     `json:"kind" doc:"text, file, voice, poll, event, announcement, callout, system or unknown."`
	Text         string     `json:"text"`
	Mentions     []string   `json:"mentions"`
	ReplyTo      *string    `json:"reply_to"`
	ThreadRoot   *string    `json:"thread_root"`
	ThreadCount  int        `json:"thread_count"`
	Attachments  []any      `json:"attachments"`
	Reactions    []Reaction `json:"reactions"`
	EditedAt     *Time      `json:"edited_at" format:"date-time"`
	Deleted      *Deleted   `json:"deleted"`
	PinnedUntil  *Time      `json:"pinned_until" format:"date-time"`
	CreatedAt    Time       `json:"created_at" format:"date-time"`
	Order        string     `json:"order" doc:"Opaque; compares as the messages are shown."`
	Starred      bool       `json:"starred,omitempty" doc:"I keep it among those to find again."`
	Blocked      bool       `json:"blocked,omitempty" doc:"I have blocked its author: fold it away."`
	AfterRemoval bool       `json:"after_removal,omitempty" doc:"Perhaps written after its author was removed."`
	Delivery     Delivery   `json:"delivery"`

	Poll  *Poll          `json:"poll,omitempty" doc:"With kind poll."`
	Event *CalendarEvent `json:"event,omitempty" doc:"With kind event."`

	System *System `json:"system,omitempty" doc:"With kind system: what text says, for those who put it into words of their own."`

	// Announcements only.
	Audience  *Audience `json:"audience,omitempty"`
	Priority  string    `json:"priority,omitempty" doc:"normal, important or urgent."`
	AckWanted *bool     `json:"ack_wanted,omitempty"`
	Acks      *int      `json:"acks,omitempty"`
	Acked     *bool     `json:"acked,omitempty" doc:"By me."`
	Replies   string    `json:"replies,omitempty" doc:"off or threaded."`
}

// System is what a line tells that nobody wrote: it follows from who did what, who is the author. It is neither unread nor can it be answered.
type System struct {
	What        string  `json:"what" example:"member_added" doc:"group_created, member_added, member_joined, member_left, member_removed, role_changed, group_renamed, group_described, group_archived, group_unarchived, group_moved, group_continues, who_posts_set, disappearing_set, community_renamed, community_described, community_archived, community_unarchived, owner_changed or history_set."`
	SubjectID   *string `json:"subject_id" doc:"Whom it is about."`
	SubjectName *string `json:"subject_name" doc:"null where the reader may not know who it is."`
	Value       string  `json:"value" doc:"The new name, role or setting; of disappearing_set seconds, 0 for never."`
}

// Reaction is how many people reacted with one emoji.
type Reaction struct {
	Emoji string `json:"emoji"`
	Count int    `json:"count"`
	Mine  bool   `json:"mine"`
}

// Deleted says who took a message away.
type Deleted struct {
	By     string `json:"by"`
	Reason string `json:"reason" doc:"A moderator's, shown to moderators."`
	Hidden bool   `json:"hidden" doc:"A moderator hid it; else its author deleted it."`
}

// Delivery says how far a message of mine got: waiting, sent (another node has
// stored it) or delivered (a member has it).
type Delivery struct {
	State    string `json:"state" enum:"waiting,sent,delivered"`
	Reached  int    `json:"reached"`
	Expected int    `json:"expected"`
	Read     *int   `json:"read" doc:"Of a message of mine in a group of at most 64: how many have read it and let others know; null where I do not let others know."`
}

// DeliveryTo is the delivery of one message, and to whom.
type DeliveryTo struct {
	Delivery
	People []Receiver `json:"people" nullable:"true" doc:"Of a message of mine in a group of at most 64: each other member; else null. The counts are those of this list."`
}

// Receiver is how far a message of mine got to one member.
type Receiver struct {
	UserID      string  `json:"user_id"`
	DisplayName *string `json:"display_name" doc:"null where the reader may not know it."`
	State       string  `json:"state" enum:"waiting,delivered,read" doc:"read only where both sides let each other know."`
}

// MessageDelivery is the delivery of one message, as an event tells it.
type MessageDelivery struct {
	MessageID string `json:"message_id"`
	Delivery
}

// Audience is whom an announcement addresses. Everybody can read it.
type Audience struct {
	All    bool     `json:"all,omitempty"`
	Groups []string `json:"groups,omitempty" maxItems:"64"`
}

// NewMessage posts to a group.
type NewMessage struct {
	Text       string   `json:"text" minLength:"1" example:"hello"`
	ReplyTo    string   `json:"reply_to,omitempty"`
	ThreadRoot string   `json:"thread_root,omitempty"`
	Mentions   []string `json:"mentions,omitempty" maxItems:"256"`
}

// NewAnnouncement posts to everybody in a community.
type NewAnnouncement struct {
	Text      string    `json:"text" minLength:"1"`
	Audience  *Audience `json:"audience,omitempty"`
	Priority  string    `json:"priority,omitempty" enum:"normal,important,urgent"`
	AckWanted bool      `json:"ack_wanted,omitempty"`
	Replies   string    `json:"replies,omitempty" enum:"off,threaded"`
}

// Event is one entry of the stream. Data is the resource it is about.
type Event struct {
	ID          string          `json:"id,omitempty" doc:"Decimal, rises strictly; absent for what is not kept."`
	Type        string          `json:"type" example:"message.created"`
	Time        Time            `json:"time" format:"date-time"`
	CommunityID string          `json:"community_id,omitempty"`
	GroupID     string          `json:"group_id,omitempty"`
	ActorID     string          `json:"actor_id,omitempty"`
	Data        json.RawMessage `json:"data"`
}
