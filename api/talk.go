package api

// EditMessage gives a message of one's own new words.
type EditMessage struct {
	Text     string   `json:"text" minLength:"1" example:"hello again"`
	Mentions []string `json:"mentions,omitempty" maxItems:"256"`
}

// MessageVersion is what a message said at one time.
type MessageVersion struct {
	Text string `json:"text"`
	At   Time   `json:"at" format:"date-time"`
}

// Hide hides a message from those who read the group.
type Hide struct {
	Hidden *bool  `json:"hidden,omitempty" doc:"false shows it again; true if it is missing."`
	Reason string `json:"reason,omitempty" maxLength:"256" doc:"Moderators see it."`
}

// Pin keeps a message in sight.
type Pin struct {
	Until *Time `json:"until,omitempty" format:"date-time" doc:"Until it is unpinned, if missing."`
}

// Reactor is a member who reacted to a message.
type Reactor struct {
	UserID      string  `json:"user_id"`
	DisplayName *string `json:"display_name"`
	Emoji       string  `json:"emoji"`
}

// Poll asks a group something.
type Poll struct {
	ID        string       `json:"id" example:"pol_mzxw6ytboi"`
	MessageID string       `json:"message_id"`
	GroupID   string       `json:"group_id"`
	Question  string       `json:"question"`
	Options   []PollOption `json:"options"`
	Multiple  bool         `json:"multiple"`
	Anonymous bool         `json:"anonymous" doc:"No screen of ours shows who voted for what. Other programs could."`
	Results   string       `json:"results" enum:"live,after_close" doc:"With after_close the votes are 0 until it is closed."`
	ClosesAt  *Time        `json:"closes_at" format:"date-time"`
	Closed    bool         `json:"closed"`
	Voters    int          `json:"voters"`
}

// PollOption is one answer.
type PollOption struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Votes int    `json:"votes"`
	Mine  bool   `json:"mine"`
}

// NewPoll asks a group something.
type NewPoll struct {
	Question  string   `json:"question" minLength:"1" example:"Which colour?"`
	Options   []string `json:"options" minItems:"2" maxItems:"20"`
	Multiple  bool     `json:"multiple,omitempty"`
	Anonymous bool     `json:"anonymous,omitempty"`
	Results   string   `json:"results,omitempty" enum:"live,after_close"`
	ClosesAt  *Time    `json:"closes_at,omitempty" format:"date-time"`
}

// Vote is a vote: the ids of options.
type Vote struct {
	Options []string `json:"options" maxItems:"20"`
}

// Voter is a member with what he voted for.
type Voter struct {
	UserID      string   `json:"user_id"`
	DisplayName *string  `json:"display_name"`
	Options     []string `json:"options"`
}

// CalendarEvent is something people meet for.
type CalendarEvent struct {
	ID          string `json:"id" example:"evt_mzxw6ytboi"`
	MessageID   string `json:"message_id"`
	GroupID     string `json:"group_id"`
	CommunityID string `json:"community_id"`
	Title       string `json:"title"`
	Text        string `json:"text"`
	StartsAt    Time   `json:"starts_at" format:"date-time"`
	EndsAt      *Time  `json:"ends_at" format:"date-time"`
	TimeZone    string `json:"time_zone" doc:"IANA name of the zone it is meant in, or empty."`
	Place       string `json:"place"`
	Capacity    *int   `json:"capacity" doc:"People, guests included."`
	RSVPs       RSVPs  `json:"rsvps"`
	Cancelled   bool   `json:"cancelled"`
	Mine        bool   `json:"mine" doc:"I made it, and may change it."`
}

// RSVPs are the answers to an event. Yes counts people who have a place, guests included; the waiting list is served in order, and nobody is overtaken.
type RSVPs struct {
	Yes     int     `json:"yes"`
	No      int     `json:"no"`
	Maybe   int     `json:"maybe"`
	Waiting int     `json:"waiting"`
	Mine    *string `json:"mine" doc:"yes, no or maybe."`
	Guests  int     `json:"guests" doc:"That I bring."`
	IWait   bool    `json:"i_wait" doc:"I said yes and have no place yet."`
}

// NewEvent invites a group to something.
type NewEvent struct {
	Title    string `json:"title" minLength:"1" example:"Pond clean-up"`
	Text     string `json:"text,omitempty"`
	StartsAt Time   `json:"starts_at" format:"date-time"`
	EndsAt   *Time  `json:"ends_at,omitempty" format:"date-time"`
	TimeZone string `json:"time_zone,omitempty" example:"Asia/Kolkata"`
	Place    string `json:"place,omitempty"`
	Capacity int    `json:"capacity,omitempty" minimum:"0" maximum:"100000"`
}

// EditEvent changes an event; what is missing stays as it is.
type EditEvent struct {
	Title     *string `json:"title,omitempty" minLength:"1"`
	Text      *string `json:"text,omitempty"`
	StartsAt  *Time   `json:"starts_at,omitempty" format:"date-time"`
	EndsAt    *Time   `json:"ends_at,omitempty" format:"date-time"`
	TimeZone  *string `json:"time_zone,omitempty"`
	Place     *string `json:"place,omitempty"`
	Capacity  *int    `json:"capacity,omitempty" minimum:"0" maximum:"100000"`
	Cancelled *bool   `json:"cancelled,omitempty"`
}

// RSVP says whether one comes.
type RSVP struct {
	Status string `json:"status" enum:"yes,no,maybe,none" doc:"none takes the answer back."`
	Guests int    `json:"guests,omitempty" minimum:"0" maximum:"20"`
}

// Guest is a member's answer to an event.
type Guest struct {
	UserID      string  `json:"user_id"`
	DisplayName *string `json:"display_name"`
	Status      string  `json:"status"`
	Guests      int     `json:"guests"`
	Waiting     bool    `json:"waiting"`
}

// Recipient is a member with how far an announcement got with him.
type Recipient struct {
	UserID       string  `json:"user_id"`
	DisplayName  *string `json:"display_name"`
	Reached      bool    `json:"reached"`
	Acknowledged bool    `json:"acknowledged"`
}

// Scheduled is an announcement that waits on this node for its time. It goes out once its time has come and this node runs.
type Scheduled struct {
	ID          string    `json:"id" example:"sch_mzxw6ytboi"`
	CommunityID string    `json:"community_id"`
	At          Time      `json:"at" format:"date-time"`
	Text        string    `json:"text"`
	Audience    *Audience `json:"audience"`
	Priority    string    `json:"priority"`
	AckWanted   bool      `json:"ack_wanted"`
	Replies     string    `json:"replies"`
	Error       *string   `json:"error" doc:"What kept it from going out at its time."`
}

// NewScheduled is an announcement for later.
type NewScheduled struct {
	NewAnnouncement
	At Time `json:"at" format:"date-time"`
}
