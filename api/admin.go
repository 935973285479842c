package api

import "encoding/json"

// Permission says whether the caller's person has a right, and, where not, who could do it.
type Permission struct {
	Bit     string   `json:"bit" example:"announce"`
	Allowed bool     `json:"allowed"`
	Who     []string `json:"who" doc:"Members who have it, at most five; empty where allowed."`
}

// Act is one entry of the audit log. Signed is the op itself, base64: everything else follows from it.
type Act struct {
	ID        string            `json:"id" doc:"Hash of the signed op, hex."`
	Kind      string            `json:"kind" example:"revoke"`
	ActorID   *string           `json:"actor_id"`
	SubjectID *string           `json:"subject_id" doc:"Whom it is about."`
	GroupID   *string           `json:"group_id" doc:"null in the community's own log."`
	Time      Time              `json:"time" doc:"As its author dated it; it orders nothing."`
	Authority string            `json:"authority" doc:"The op it was done under, hex; empty for the founding."`
	Effective bool              `json:"effective" doc:"Whether it stands, by the rules."`
	Why       string            `json:"why,omitempty" doc:"Where it does not stand: which rule cut it; detail.cut_by names the act that did."`
	Detail    map[string]string `json:"detail"`
	Signed    []byte            `json:"signed,omitempty" doc:"The signed op, base64. In exports only."`
}

// EditCommunity changes a community; absent fields stay.
type EditCommunity struct {
	Name        *string           `json:"name,omitempty" minLength:"1" maxLength:"128"`
	Description *string           `json:"description,omitempty" maxLength:"4096"`
	Settings    map[string]string `json:"settings,omitempty" doc:"history: none, 7d, 30d, all. who_creates_groups, who_invites: admins, members."`
}

// EditGroup changes a group; absent fields stay.
type EditGroup struct {
	Name        *string `json:"name,omitempty" minLength:"1" maxLength:"128"`
	Description *string `json:"description,omitempty" maxLength:"4096"`
	WhoPosts    *string `json:"who_posts,omitempty" enum:"everyone,moderators"`

	DisappearingSeconds *int `json:"disappearing_seconds,omitempty" enum:"0,86400,604800,2592000,7776000" doc:"How long messages sent from now on are kept; 0 for ever."`
}

// ParseAct reads one line of an export. It is what `pandal audit verify` reads.
func ParseAct(line []byte) (Act, error) {
	var a Act
	return a, json.Unmarshal(line, &a)
}

// SafetyWords are what two people read to each other.
type SafetyWords struct {
	Words []string `json:"words" example:"[\"canyon\",\"mango\",\"tent\",\"river\",\"spoon\",\"lamp\"]"`
}

// Verified says whether the words were compared.
type Verified struct {
	Verified bool `json:"verified"`
}

// Role is a named set of rights.
type Role struct {
	Name        string   `json:"name" example:"moderator"`
	Permissions []string `json:"permissions"`
}
