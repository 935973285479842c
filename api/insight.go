package api

// Insights are figures of a community by day, from what this node holds. What is absent is about fewer than fewest_people people, or the day is not over.
type Insights struct {
	CommunityID  string       `json:"community_id" example:"com_mzxw6ytboi"`
	Bucket       string       `json:"bucket" enum:"day"`
	From         string       `json:"from" format:"date" doc:"The first day asked for, UTC."`
	To           string       `json:"to" format:"date" doc:"The last."`
	FewestPeople int          `json:"fewest_people" doc:"Nothing about fewer people is shown." example:"5"`
	Coverage     Coverage     `json:"coverage"`
	Days         []InsightDay `json:"days" doc:"The oldest first, up to today."`
}

// Coverage is what figures are made of.
type Coverage struct {
	Groups       int     `json:"groups" doc:"Groups that this node is in and counts."`
	OfGroups     int     `json:"of_groups" doc:"Groups that there are."`
	HistorySince *string `json:"history_since" format:"date" doc:"The first day of which this node holds anything; null: it holds nothing."`
	Members      *int    `json:"members,omitempty" doc:"Now."`
	OptedIn      *int    `json:"opted_in,omitempty" doc:"Members who let what they do count."`
	Text         string  `json:"text" doc:"The same in words."`
}

// InsightDay is one day.
type InsightDay struct {
	Day      string `json:"day" format:"date"`
	Complete bool   `json:"complete" doc:"The day is over; until then nobody's acts are shown."`
	Groups   int    `json:"groups" doc:"Groups whose messages of that day this node could have."`
	OfGroups int    `json:"of_groups" doc:"Groups that there were."`
	Members  *int   `json:"members,omitempty" doc:"At the end of the day, or now."`
	Active   *int   `json:"active,omitempty" doc:"Members who wrote or answered, of those who let it count."`
	Messages *int   `json:"messages,omitempty" doc:"What these wrote."`
	Reached  *int   `json:"reached,omitempty" doc:"People whom the day's announcements reached, each announcement counted for itself."`
	Expected *int   `json:"expected,omitempty" doc:"People whom they were to reach."`
}

// InsightConsent is whether what I do counts in the figures that those who let people in see.
type InsightConsent struct {
	CommunityID string  `json:"community_id" example:"com_mzxw6ytboi"`
	On          bool    `json:"on"`
	Since       *string `json:"since" format:"date" doc:"The first day, UTC, of which it is true; null: I never said anything, and nothing of mine counts."`
}

// SetInsightConsent says it.
type SetInsightConsent struct {
	On bool `json:"on"`
}
