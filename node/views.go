package node

import (
	"errors"
	"time"
)

// What the node tells the API. Ids are the opaque strings of api.md; times are UTC.

// Me is the person this node belongs to.
type Me struct {
	DisplayName    string
	Devices        int
	WordsConfirmed bool // the person has written the recovery words down
	First          bool // this device keeps the seed
}

// Community as this node sees it.
type Community struct {
	ID, Name, Description string
	Role                  string   // owner, admin, moderator, announcer, member, follower
	Permissions           []string // lower-case names of rights
	MemberCount           int
	GroupCount            int
	AnnouncementsID       string // grp_
	MeID                  string // usr_
	DisplayName           string // mine, here
	ParentID              string
	Below                 []Below // communities that have a place below this one, the oldest first
	Settings              map[string]string
	Reachable             int // members connected now
	CreatedAt             time.Time
	Archived              bool
	State                 string // "active", or "removed" / "left" / "revoked" when this person, or this device, is out and keeps what it had
	ETag                  string
}

// Below is a community under another one, as members of that one know it: there is one of that name. CommunityID is empty where this node is not in it.
type Below struct {
	CommunityID, Name string
	CreatedAt         time.Time
}

// Group is a group or, with Kind "announcements", the community's own channel.
type Group struct {
	ID, CommunityID, Kind, Name, Description string
	UserID                                   string // of a direct message: the other one
	MemberCount                              int    // 0 where this node is not in: the roster is the group's
	Joined, Open, Archived                   bool
	Ended                                    bool          // a direct message that one of the two is out of, for good
	WhoPosts                                 string        // everyone, moderators
	Disappearing                             time.Duration // how long new messages are kept; 0 for ever
	LastMessage                              *Message
	Unread, Mentions                         int    // of other people's messages; what is muted counts too
	FirstUnreadID                            string // msg_
	MutedUntil                               time.Time
	Notify                                   string    // all, mentions, none
	MovedTo, Continues                       Elsewhere // where it goes on, and what it goes on with; empty if nowhere and nothing
	ETag                                     string
}

// Member of a community or of a group. DisplayName is empty and Visible false where the reader may not know who it is.
type Member struct {
	ID, DisplayName string
	Visible         bool
	Roles           []string
	State           string // active, removed, banned, left
	JoinedAt        time.Time
	Online          bool
	Me              bool
	Verified        bool // this person compared safety words with them
	ETag            string
}

// Invite as its community's members see it. Link is empty where this node never held the invite's seed.
type Invite struct {
	ID, CommunityID, Link, Text string
	GroupIDs                    []string
	NeedsApproval               bool
	MaxUses, Uses               int
	ExpiresAt                   time.Time // zero: never
	Revoked                     bool
	CreatedBy                   string
	ETag                        string
}

// Preview is the sharer's word on what a link leads to; nothing was contacted.
type Preview struct {
	CommunityID, Name, Description string
	MemberCount, GroupCount        int
	InvitedBy                      string
	NeedsApproval                  bool
	ExpiresAt                      time.Time
}

// Message of any kind.
type Message struct {
	ID, GroupID, CommunityID, AuthorID, Kind string
	AuthorName                               string
	Text                                     string
	Mentions                                 []string
	ReplyTo, ThreadRoot                      string
	CreatedAt                                time.Time
	Order                                    string // sorts as shown
	Delivery                                 Delivery
	Announcement                             *Announcement  // for Kind "announcement"
	Poll                                     *Poll          // for Kind "poll"
	Event                                    *CalendarEvent // for Kind "event"
	System                                   *System        // for Kind "system"
	ThreadCount                              int
	Reactions                                []Reaction
	EditedAt                                 time.Time // zero: never
	Deleted                                  *Deleted
	PinnedUntil                              time.Time // zero: not pinned; PinForever: until somebody unpins it
	Starred                                  bool      // by this person
	Blocked                                  bool      // this person has blocked its author
	Doubtful                                 bool      // written after its author's removal, as far as can be told
}

// Announcement holds what an announcement has beyond a message.
type Announcement struct {
	Groups    []string // empty: everybody
	Priority  string   // normal, important, urgent
	AckWanted bool
	Acked     bool // by me
	Acks      int
	Reached   int    // members who have it, as far as is known
	Replies   string // off, threaded
}

// Reaction is how many members reacted with one emoji.
type Reaction struct {
	Emoji string
	Count int
	Mine  bool
}

// Deleted says who took a message away: its author, or with Hidden a moderator, whose Reason moderators see.
type Deleted struct {
	By, Reason string
	Hidden     bool
}

// PinForever is when a pin without an end ends.
var PinForever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Poll as it stands.
type Poll struct {
	ID, MessageID, GroupID, Question string
	Options                          []PollOption
	Multiple, Anonymous              bool
	AfterClose                       bool // results are shown once it is closed: until then the counts are 0
	ClosesAt                         time.Time
	Closed                           bool
	Voters                           int
	Mine                             bool // I asked it
}

// PollOption is one answer.
type PollOption struct {
	ID, Text string
	Votes    int
	Mine     bool
}

// CalendarEvent is something people meet for.
type CalendarEvent struct {
	ID, MessageID, GroupID, CommunityID, Title, Text string
	StartsAt, EndsAt                                 time.Time // EndsAt zero: not said
	Zone, Place                                      string
	Capacity                                         int // 0: no limit
	Yes, No, Maybe, Waiting                          int // Yes: people who have a place, guests included
	Mine                                             string
	MyGuests                                         int
	IWait                                            bool // I said yes and am in the waiting list
	Cancelled                                        bool
	ByMe                                             bool
	ETag                                             string
}

// Delivery of one message, as the author's node knows it. State: waiting, sent (another node said it has stored it), delivered (a
// member has it).
type Delivery struct {
	State             string
	Reached, Expected int
	Read              *int       // members who have read a message of mine; nil: that is not told
	People            []Receiver // from Node.Delivery, of a message of mine in a group of at most 64: all its other members; else nil
}

// Receiver is one member to whom a message of mine goes.
type Receiver struct {
	ID, Name string // Name "": not known here
	State    string // waiting, delivered, read: where both sides let each other know
}

// Page asks for messages around an id; at most one of Before, After, Around. Newest first unless After is given.
type Page struct {
	Before, After, Around string
	Limit                 int
	Lines                 bool // with the lines that tell of who came and went and the like
}

// Job is something that takes time, such as joining.
type Job struct {
	ID, Kind, State string // State: queued, running, waiting, done, failed
	Steps           []JobStep
	Progress        float64
	CommunityID     string // of a finished join
	Err             error  // when failed; a sentinel below is in its chain
	CreatedAt       time.Time
}

// JobStep says what is going on and what to do if it halts.
type JobStep struct{ Name, State, Detail string }

// Peer is another node seen by one of the community hosts.
type Peer struct {
	ID, CommunityID string // ID: peer_…
	MemberID        string // usr_, where it proved a member's device
	Role            string // member, joiner, keeper
	Addrs           []string
	Direction       string // inbound, outbound
	Latency         time.Duration
	Since           time.Time
}

// Network is the state of one community's host.
type Network struct {
	CommunityID       string
	PeerID            string
	Addrs             []string
	Reachability      string // unknown, public, private
	Members           int    // connected
	DHT, MDNS         bool
	BytesIn, BytesOut int64
	Syncs             int // comparisons with others that this node began, since the start
}

// Event is one thing that happened. Ref is the id of what it is about; the resource is looked up when the event is rendered.
type Event struct {
	ID          int64
	Type        string // message.created, member.joined, …
	Time        time.Time
	CommunityID string
	GroupID     string
	ActorID     string
	Ref         string
	Detail      map[string]string
}

// Requests.
type (
	NewCommunity struct{ Name, Description, DisplayName, ParentID string } // ParentID: the community it is to stand under, "" for none
	NewGroup     struct {
		Name, Description string
		Members           []string
		WhoPosts          string
		Open              bool
		continues         []byte // crdt.RegContinues of a group that was moved here
	}
	NewInvite struct {
		MaxUses   int           // 1 to 1000; 0: 50
		ExpiresIn time.Duration // 0: never
		Groups    []string
		Approval  bool // somebody who may admit looks at each newcomer first
	}
	AcceptInvite struct {
		Link, DisplayName string
		Note              string   // to those who let people in, where the invite needs that
		Addrs             []string // further multiaddrs to try
	}
	NewMessage struct {
		Text, ReplyTo, ThreadRoot string
		Mentions                  []string
	}
	NewAnnouncement struct {
		Text      string
		Groups    []string
		Priority  string
		AckWanted bool
		Replies   string
	}
	RemoveOptions struct {
		Cascade, Ban, RevokeInvites bool
		Reason                      string
	}
	ListMembers struct {
		Query, Role, State string
		// Cut says which of n members to show, given their ids in order; nil: all. It must not call the node.
		Cut func(n int, id func(int) string) (from, to int, err error)
	}
)

// Sentinels the API maps to problem codes (api/server/problem.go).
var (
	ErrNotFound         = errors.New("there is no such thing here")
	ErrInvalid          = errors.New("that cannot be")                                                                                   // 422 invalid; the wrapping error says which field
	ErrTooLarge         = errors.New("that is too large")                                                                                // 413 too_large
	ErrAnnounceOnly     = errors.New("only announcers post here")                                                                        // 403 announce_admin_only
	ErrNotMember        = errors.New("you are not a member here")                                                                        // 403 not_member
	ErrStranger         = errors.New("you share no group with this person, who is no admin either")                                      // 403 stranger
	ErrDirect           = errors.New("a direct message stays between two, as it is: make a group for more")                              // 409 direct
	ErrMustAsk          = errors.New("they were in this group and are out: they have to ask to be let in again")                         // 409 must_ask
	ErrEnded            = errors.New("this direct message has ended: one of the two is gone from it")                                    // 409 ended
	ErrAlreadyMember    = errors.New("already a member")                                                                                 // 409 already_member
	ErrLastOwner        = errors.New("the last owner cannot leave")                                                                      // 409 last_owner
	ErrNotAuthor        = errors.New("only who wrote it may do this")                                                                    // 403 not_author
	ErrNoReplies        = errors.New("replies to this announcement are off")                                                             // 409 replies_off
	ErrGone             = errors.New("it was deleted")                                                                                   // 410 gone
	ErrPollClosed       = errors.New("the poll is closed")                                                                               // 409 poll_closed
	ErrAnonymous        = errors.New("the poll is anonymous: who voted is not shown")                                                    // 403 anonymous
	ErrEventOver        = errors.New("the event is over")                                                                                // 409 event_over
	ErrArchived         = errors.New("this is archived")                                                                                 // 409 archived
	ErrRemoved          = errors.New("you were removed")                                                                                 // 410 removed
	ErrInviteUnreadable = errors.New("this is no invite link")                                                                           // 422 invite_unreadable
	ErrInviteVersion    = errors.New("this invite link is of a newer version")                                                           // 422 invite_version
	ErrInviteExpired    = errors.New("this invite has expired")                                                                          // 410 invite_expired
	ErrInviteUsedUp     = errors.New("this invite is used up")                                                                           // 410 / job error invite_used_up
	ErrInviteRevoked    = errors.New("this invite was revoked")                                                                          // 410 / job error invite_revoked
	ErrInviteForeign    = errors.New("this invite is not of that community")                                                             // job error invite_foreign
	ErrRecoverySet      = errors.New("a recovery set is named already, and it alone changes itself")                                     // 409 conflict
	ErrNoRecovery       = errors.New("no recovery set is named here")                                                                    // 409 conflict
	ErrHandoverStale    = errors.New("the community was handed on since: ask for a new request")                                         // 409 conflict
	ErrSignedAnother    = errors.New("you signed another handover for this turn already")                                                // 409 conflict
	ErrNeedsSignatures  = errors.New("with a recovery set it takes the set's signatures: the successor asks for them with rotate-owner") // 409 conflict
	ErrNotOpen          = errors.New("this group is not open: ask to be let in")
	ErrDeclined         = errors.New("an admin has declined the request")  // 410 / job error declined
	ErrStaleRequest     = errors.New("the person has to ask again")        // 409 request_stale
	ErrNotFirstDevice   = errors.New("this device does not hold the seed") // 403 not_first_device
	ErrNotConnected     = errors.New("nobody could be reached")
	ErrFull             = errors.New("the disk is full")      // 507 disk_full
	ErrCursorExpired    = errors.New("these events are gone") // 410 cursor_expired
	ErrClosed           = errors.New("the node is stopping")
)

// MissingRight says which right is missing and who has it; the API answers 403 missing_right.
type MissingRight struct {
	Bit string   // lower-case name, or "own": it takes the owner
	Who []string // usr_ ids of people who have it, at most 5
}

func (e *MissingRight) Error() string {
	if e.Bit == own {
		return "only the owner can do this"
	}
	return "you need the right to " + e.Bit + " here"
}

const own = "own"
