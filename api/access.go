package api

// Scopes a token can have. The token in <data>/api-token and the unix socket
// have all of them.
const (
	ScopeRead             = "read"
	ScopeMessagesWrite    = "messages:write"
	ScopeMembersAdmin     = "members:admin"
	ScopeCommunitiesAdmin = "communities:admin"
	ScopeFilesWrite       = "files:write"
	ScopeCalls            = "calls"
	ScopeNodeAdmin        = "node:admin"
	ScopeExport           = "export"
	ScopeWebhooksAdmin    = "webhooks:admin"
)

// Scopes lists all of them.
var Scopes = []string{ScopeRead, ScopeMessagesWrite, ScopeMembersAdmin, ScopeCommunitiesAdmin, ScopeFilesWrite, ScopeCalls,
	ScopeNodeAdmin, ScopeExport, ScopeWebhooksAdmin}

// Token gives a program access. Its secret is shown once, when it is made.
type Token struct {
	ID         string   `json:"id" example:"tok_mzxw6ytboi"`
	Name       string   `json:"name" example:"bot"`
	Scopes     []string `json:"scopes"`
	GroupIDs   []string `json:"group_ids" doc:"Where not empty, the token works in these groups only."`
	CreatedAt  Time     `json:"created_at" format:"date-time"`
	ExpiresAt  *Time    `json:"expires_at" format:"date-time"`
	LastUsedAt *Time    `json:"last_used_at" format:"date-time"`
	Token      string   `json:"token,omitempty" doc:"Only in the answer that makes it." example:"pdl_…"`
}

// NewToken asks for a token.
type NewToken struct {
	Name      string   `json:"name" minLength:"1" maxLength:"128"`
	Scopes    []string `json:"scopes" minItems:"1" maxItems:"9"`
	GroupIDs  []string `json:"group_ids,omitempty" maxItems:"64"`
	ExpiresIn int64    `json:"expires_in,omitempty" minimum:"1" maximum:"315360000" doc:"Seconds. Absent: never."`
}

// Session is a browser that is signed in.
type Session struct {
	ID         string `json:"id" example:"ses_mzxw6ytboi"`
	CreatedAt  Time   `json:"created_at" format:"date-time"`
	LastUsedAt Time   `json:"last_used_at" format:"date-time"`
	Current    bool   `json:"current"`
	Secret     string `json:"secret,omitempty" doc:"Only in the answer that makes it: the page sends it as X-Pandal-Session."`
}

// NewSession trades a login code for a session.
type NewSession struct {
	Code string `json:"code" minLength:"1" maxLength:"128"`
}

// LoginLink opens the page, once, within five minutes.
type LoginLink struct {
	URL       string `json:"url" example:"http://127.0.0.1:7717/login#…"`
	ExpiresAt Time   `json:"expires_at" format:"date-time"`
}

// Info is the file <data>/api.json: where the API of the running node is.
type Info struct {
	URL       string `json:"url"`
	Socket    string `json:"socket,omitempty"`
	PID       int    `json:"pid"`
	TokenFile string `json:"token_file"`
	Version   string `json:"version"`
}
