package api

// JoinRequest is somebody's wish to come into a community or a group.
type JoinRequest struct {
	ID          string  `json:"id" example:"jrq_mzxw6ytboi"`
	CommunityID string  `json:"community_id"`
	GroupID     *string `json:"group_id" doc:"The group, for a request to enter one; null: the community."`
	UserID      string  `json:"user_id"`
	DisplayName string  `json:"display_name" doc:"As the person says."`
	Note        string  `json:"note"`
	InviteID    *string `json:"invite_id"`
	CreatedAt   Time    `json:"created_at" format:"date-time"`
	State       string  `json:"state" enum:"pending,approved,declined"`
	Reason      string  `json:"reason,omitempty" doc:"Of a decline."`
	Mine        bool    `json:"mine" doc:"My own."`
}

// Decision says no to a request or suggestion, with a reason that its author is told where he can be.
type Decision struct {
	Reason string `json:"reason,omitempty" maxLength:"256"`
}

// BulkDecision decides several requests.
type BulkDecision struct {
	Approve []string `json:"approve,omitempty" maxItems:"200"`
	Decline []string `json:"decline,omitempty" maxItems:"200"`
	Reason  string   `json:"reason,omitempty" maxLength:"256"`
}

// BulkResult says what became of each. Those that failed are listed with their problem, the others are done.
type BulkResult struct {
	Items  []JoinRequest      `json:"items"`
	Failed map[string]Problem `json:"failed"`
}

// JoinGroup asks to enter a group. The note is for those who let people in, where it is not open.
type JoinGroup struct {
	Note string `json:"note,omitempty" maxLength:"1024"`
}

// Suggestion is a group that a member would like to have.
type Suggestion struct {
	ID          string  `json:"id" example:"sug_mzxw6ytboi"`
	CommunityID string  `json:"community_id"`
	UserID      string  `json:"user_id"`
	DisplayName *string `json:"display_name"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	WhoPosts    string  `json:"who_posts" enum:"everyone,moderators"`
	Open        bool    `json:"open"`
	CreatedAt   Time    `json:"created_at" format:"date-time"`
	State       string  `json:"state" enum:"pending,accepted,declined"`
	GroupID     *string `json:"group_id" doc:"The group that was made of it."`
	Reason      string  `json:"reason,omitempty" doc:"Of a decline; the one who suggested it is told."`
	Mine        bool    `json:"mine"`
}

// Report is what a member wants those who let people in to look at: a message, or a person.
type Report struct {
	ID          string  `json:"id" example:"rep_mzxw6ytboi"`
	CommunityID string  `json:"community_id"`
	GroupID     *string `json:"group_id" doc:"Where the message is; null: the report is about the person."`
	MessageID   *string `json:"message_id"`
	UserID      string  `json:"user_id" doc:"Who is reported."`
	DisplayName *string `json:"display_name"`
	By          string  `json:"by" doc:"Who reports."`
	ByName      *string `json:"by_name"`
	Reason      string  `json:"reason"`
	Excerpt     string  `json:"excerpt" doc:"What the message said, by the reporter's word."`
	Held        bool    `json:"held" doc:"This node has the message itself: look at it, not at the excerpt."`
	CreatedAt   Time    `json:"created_at" format:"date-time"`
	State       string  `json:"state" enum:"open,resolved,dismissed" doc:"Whoever is not one of those who let people in is not told what became of it."`
	DecidedBy   *string `json:"decided_by"`
	Note        string  `json:"note,omitempty" doc:"Of who decided."`
	Mine        bool    `json:"mine"`
}

// NewReport says what is wrong.
type NewReport struct {
	Reason string `json:"reason,omitempty" maxLength:"1024" example:"spam"`
}

// NewSuggestion asks the admins for a group.
type NewSuggestion struct {
	Name        string `json:"name" minLength:"1" maxLength:"128" example:"Rooftop garden"`
	Description string `json:"description,omitempty" maxLength:"1024"`
	WhoPosts    string `json:"who_posts,omitempty" enum:"everyone,moderators"`
	Open        bool   `json:"open,omitempty"`
}

// Welcome is what newcomers are met with.
type Welcome struct {
	Message string   `json:"message" maxLength:"4096"`
	Steps   []string `json:"steps" maxItems:"20" doc:"First steps to tick off, at most 200 bytes each."`
}

// NewBan says why.
type NewBan struct {
	Reason string `json:"reason,omitempty" maxLength:"256"`
}

// Reissue names acts that were cut, by the ids that a removal or the audit log gives.
type Reissue struct {
	Ops []string `json:"ops" minItems:"1" maxItems:"500"`
}

// Reissued says what stands in their place, and what cannot be done again.
type Reissued struct {
	Ops     []string          `json:"ops" doc:"The new acts."`
	Skipped map[string]string `json:"skipped" doc:"Act by act, why it was not done again."`
}
