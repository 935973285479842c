package api

import "net/http"

// Problem is an error as the API answers it (RFC 9457, application/problem+json).
// It never holds key material, file paths or what the caller sent.
type Problem struct {
	Type      string       `json:"type" doc:"A page about this code that the node serves offline." example:"/docs/problems/not_member"`
	Title     string       `json:"title" example:"Not a member"`
	Status    int          `json:"status" example:"403"`
	Code      string       `json:"code" doc:"What programs branch on." example:"not_member"`
	Detail    string       `json:"detail,omitempty"`
	Instance  string       `json:"instance,omitempty" doc:"The path that was asked for."`
	Errors    []FieldError `json:"errors,omitempty"`
	Hint      string       `json:"hint,omitempty" doc:"What to do or type next."`
	RequestID string       `json:"request_id,omitempty"`
	Bit       string       `json:"bit,omitempty" doc:"With missing_right: the right that is missing; own: it takes the owner."`
	Who       []string     `json:"who,omitempty" doc:"With missing_right: some who have it."`
}

// FieldError says which part of a request is wrong, and not what it held.
type FieldError struct {
	Location string `json:"location" example:"body.text"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// GetStatus is the HTTP status; the OpenAPI library asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of a problem; the OpenAPI library asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// The codes a Problem can have.
const (
	CodeMalformed         = "malformed"
	CodeUnauthenticated   = "unauthenticated"
	CodeForbidden         = "forbidden"
	CodeScope             = "scope"
	CodeCrossOrigin       = "cross_origin"
	CodeNotMember         = "not_member"
	CodeMissingRight      = "missing_right"
	CodeAnnounceAdminOnly = "announce_admin_only"
	CodeNotFound          = "not_found"
	CodeMethodNotAllowed  = "method_not_allowed"
	CodeNotAcceptable     = "not_acceptable"
	CodeConflict          = "conflict"
	CodeAlreadyMember     = "already_member"
	CodeLastOwner         = "last_owner"
	CodeArchived          = "archived"
	CodeNotAuthor         = "not_author"
	CodeGone              = "gone"
	CodePollClosed        = "poll_closed"
	CodeAnonymous         = "anonymous"
	CodeStranger          = "stranger"
	CodeDirect            = "direct"
	CodeEnded             = "ended"
	CodeMustAsk           = "must_ask"
	CodeEventOver         = "event_over"
	CodeRepliesOff        = "replies_off"
	CodeIdempotencyBusy   = "idempotency_in_progress"
	CodeIdempotencyReused = "idempotency_key_reused"
	CodeCursorExpired     = "cursor_expired"
	CodeInviteExpired     = "invite_expired"
	CodeInviteUsedUp      = "invite_used_up"
	CodeInviteRevoked     = "invite_revoked"
	CodeInviteForeign     = "invite_foreign"
	CodeInviteUnreadable  = "invite_unreadable"
	CodeInviteVersion     = "invite_version"
	CodeRemoved           = "removed"
	CodeDeclined          = "declined"
	CodeRequestStale      = "request_stale"
	CodeNotFirstDevice    = "not_first_device"
	CodeWrongPassphrase   = "wrong_passphrase"
	CodeStale             = "stale"
	CodeTooLarge          = "too_large"
	CodeMediaType         = "unsupported_media_type"
	CodeBadHost           = "bad_host"
	CodeInvalid           = "invalid"
	CodeRateLimited       = "rate_limited"
	CodeTooManyStreams    = "too_many_streams"
	CodeInternal          = "internal"
	CodeStopping          = "stopping"
	CodeLocked            = "locked"
	CodeNoPassphrase      = "no_passphrase"
	CodeUnreachable       = "unreachable"
	CodeDiskFull          = "disk_full"
)

// Code explains one problem code to people; its page shows it.
type Code struct {
	Status  int
	Title   string
	Meaning string
	Advice  string
}

// Codes is the table of all problem codes.
var Codes = map[string]Code{
	CodeMalformed:         {http.StatusBadRequest, "Malformed request", "The request is not readable: bad JSON, a missing body, or a bad header.", "Check the body against the reference at /openapi.json."},
	CodeUnauthenticated:   {http.StatusUnauthorized, "Not signed in", "The request carries no token or session that this node knows, or it has ended.", "Send “Authorization: Bearer …” with a token of this node, or open the page again with “pandal ui”."},
	CodeForbidden:         {http.StatusForbidden, "Not allowed", "This may not be done here, or not with this request.", "Look at the detail; ask an admin of the community."},
	CodeScope:             {http.StatusForbidden, "The token may not do that", "The token lacks the scope that this route needs, or is bound to other groups.", "Make a token with the scope named in the detail: pandal token create --scope …"},
	CodeCrossOrigin:       {http.StatusForbidden, "Request from another site", "A browser sent this on behalf of a page of another origin. The node answers only its own pages and programs with a token.", "Use the node's own page, or a program that is not a web page of another site."},
	CodeNotMember:         {http.StatusForbidden, "Not a member", "You are not a member of this community or group.", "Join with an invite: pandal invite accept <link>"},
	CodeMissingRight:      {http.StatusForbidden, "A right is missing", "Your role here does not include the right that this needs.", "Ask one of those who have it; “who” names some."},
	CodeAnnounceAdminOnly: {http.StatusForbidden, "Only announcers post here", "In the announcements everybody reads and only announcers and admins post.", "Write in a group, or ask an admin for the announcer role."},
	CodeNotFound:          {http.StatusNotFound, "Not found", "There is no such thing on this node. It may exist elsewhere and not have arrived yet.", "Check the id; wait until the node has caught up."},
	CodeMethodNotAllowed:  {http.StatusMethodNotAllowed, "Method not allowed", "The path exists and does not take this method.", "See the Allow header."},
	CodeNotAcceptable:     {http.StatusNotAcceptable, "Not acceptable", "The answer has no representation that the Accept header allows.", "Accept application/json."},
	CodeConflict:          {http.StatusConflict, "Conflict", "The state of things does not allow this now.", "Read the current state and try again."},
	CodeAlreadyMember:     {http.StatusConflict, "Already a member", "This node is a member of the community already.", "Nothing to do."},
	CodeLastOwner:         {http.StatusConflict, "The owner cannot leave", "A community needs its owner.", "Make somebody else the owner first, or forget the community on this node."},
	CodeArchived:          {http.StatusConflict, "Archived", "It is archived: it can be read and not written.", "Ask an admin to take it out of the archive."},
	CodeNotAuthor:         {http.StatusForbidden, "Not yours", "Only the person who wrote it can change it, take it away or close it.", "Ask who wrote it; a moderator can hide it."},
	CodeGone:              {http.StatusGone, "Deleted", "The message was deleted by its author, or hidden by a moderator.", "Nothing to do: it does not come back."},
	CodePollClosed:        {http.StatusConflict, "The poll is closed", "Votes after the end of a poll do not count, so none is sent.", "Ask who made the poll to make another."},
	CodeAnonymous:         {http.StatusForbidden, "Anonymous poll", "Who voted for what in this poll is not shown.", "The numbers are in the poll itself."},
	CodeEventOver:         {http.StatusConflict, "The event is over", "It has taken place or was called off, so nobody can say any more whether he comes.", "Look at the calendar for what comes next."},
	CodeStranger:          {http.StatusForbidden, "You do not know them", "You share no group with this person, who does not run the community either.", "Ask somebody who runs it to put you in touch."},
	CodeDirect:            {http.StatusConflict, "A direct message stays between two", "Nobody is let in, nobody is removed and nothing is set in a direct message.", "Make a group for more than two, or leave this one."},
	CodeMustAsk:           {http.StatusConflict, "They have to ask", "They were in this group and left it, or were taken out. Nobody is put back into a group without wanting to.", "Let them ask to be let in, on the group's own screen or by pandal group join; then approve."},
	CodeEnded:             {http.StatusConflict, "This direct message has ended", "One of the two has left it, or is no longer in the community. It can be read, and nothing more goes in it.", "Write to the person anew: that begins another direct message, if both are in the community."},
	CodeRepliesOff:        {http.StatusConflict, "Replies are off", "Whoever made this announcement asked for no replies.", "React to it, or write to an admin."},
	CodeIdempotencyBusy:   {http.StatusConflict, "Still running", "A request with the same Idempotency-Key has not finished.", "Wait and send the same request again."},
	CodeIdempotencyReused: {http.StatusUnprocessableEntity, "Idempotency-Key used before", "The same Idempotency-Key came before with another request.", "Use a new key for a new request."},
	CodeCursorExpired:     {http.StatusGone, "The cursor is too old", "What comes after this cursor is no longer kept: events are kept for 7 days and at most 100,000 of them.", "Read the state anew with GET /api/v1/start and go on from its event_cursor."},
	CodeInviteExpired:     {http.StatusGone, "Invite expired", "The invite ended at its date.", "Ask for a new one."},
	CodeInviteUsedUp:      {http.StatusGone, "Invite used up", "As many people as the invite allows have joined with it.", "Ask for a new one."},
	CodeInviteRevoked:     {http.StatusGone, "Invite revoked", "An admin took the invite back.", "Ask for a new one."},
	CodeInviteForeign:     {http.StatusGone, "Invite of another community", "Those who answered do not know this invite.", "Ask who sent it to you for a new link."},
	CodeInviteUnreadable:  {http.StatusUnprocessableEntity, "Not an invite link", "The text is no invite link, or a part of it is missing or changed.", "Copy the whole link again."},
	CodeInviteVersion:     {http.StatusUnprocessableEntity, "Newer invite link", "The link was made by a newer version of Pandal.", "Update Pandal."},
	CodeRemoved:           {http.StatusGone, "Removed", "You were removed from this community. What this node had stays readable.", "Ask an admin if you think it is a mistake."},
	CodeDeclined:          {http.StatusGone, "Request declined", "An admin has looked at the request and said no.", "Ask the person who gave you the link."},
	CodeRequestStale:      {http.StatusConflict, "The person has to ask again", "What was agreed to in this request is no longer good: the person left or was removed meanwhile.", "Wait: the person's node asks again by itself when it is next online."},
	CodeNotFirstDevice:    {http.StatusForbidden, "Not on this device", "This device was linked to another and does not hold the seed, which this needs.", "Do it on the device that holds the recovery words."},
	CodeWrongPassphrase:   {http.StatusForbidden, "Wrong passphrase", "The passphrase that was given does not open this node's data.", "Type it again; capitals and spaces count."},
	CodeStale:             {http.StatusPreconditionFailed, "Changed meanwhile", "If-Match names a version that is not the current one.", "Read it again, look at what changed, and repeat."},
	CodeTooLarge:          {http.StatusRequestEntityTooLarge, "Too large", "A request holds at most 1 MiB of JSON, a message 64 KiB of text.", "Send less, or send it as a file."},
	CodeMediaType:         {http.StatusUnsupportedMediaType, "Unsupported media type", "The body must be JSON.", "Send Content-Type: application/json."},
	CodeBadHost:           {http.StatusMisdirectedRequest, "Wrong host", "The Host header is not an address of this node. This stops pages that rebind a name to your machine.", "Use http://127.0.0.1 with the node's port; behind a proxy start with --api-allowed-host."},
	CodeInvalid:           {http.StatusUnprocessableEntity, "Invalid", "The request is readable, but a value in it cannot be.", "See “errors” and “detail” for which one."},
	CodeRateLimited:       {http.StatusTooManyRequests, "Too many requests", "A token may send 10 messages and make 50 other changes a second, with a burst of 100 each.", "Wait as long as Retry-After says."},
	CodeTooManyStreams:    {http.StatusTooManyRequests, "Too many event streams", "A token may hold 8 event streams open.", "Close one, or share one stream."},
	CodeInternal:          {http.StatusInternalServerError, "Something went wrong", "The node failed in a way it did not expect. The log has the request id.", "Try again; if it happens again, please report it with the log lines around the request id."},
	CodeLocked:            {http.StatusServiceUnavailable, "Locked", "The node's data is locked: nothing in it can be read or written, and the node is offline.", "Unlock it with the passphrase: pandal unlock"},
	CodeNoPassphrase:      {http.StatusConflict, "No passphrase", "The node's data has no passphrase, so that anybody could open it again at once: there is nothing to lock it with.", "Set a passphrase first: pandal me passphrase"},
	CodeStopping:          {http.StatusServiceUnavailable, "Stopping", "The node is shutting down.", "Start it again: pandal up"},
	CodeUnreachable:       {http.StatusServiceUnavailable, "Nobody could be reached", "No other node answered.", "Check the network, and that somebody else of the community is online: pandal net status"},
	CodeDiskFull:          {http.StatusInsufficientStorage, "Disk full", "There is no room left; nothing of this request was written.", "Free some space and send the request again."},
}

// NewProblem makes a problem of a code in the table; an unknown code is internal.
func NewProblem(code, detail string) *Problem {
	c, ok := Codes[code]
	if !ok {
		code, c = CodeInternal, Codes[CodeInternal]
	}
	return &Problem{Type: "/docs/problems/" + code, Title: c.Title, Status: c.Status, Code: code, Detail: detail}
}
