package api

// ReadUpTo says how far a group was read.
type ReadUpTo struct {
	UpTo string `json:"up_to" minLength:"1" doc:"The last message that was read." example:"msg_mzxw6ytboi"`
}

// Privacy is what I let others know of what I do. It goes both ways: who does not tell is not told.
type Privacy struct {
	ReadReceipts bool `json:"read_receipts" doc:"How far I have read, in groups of at most 64."`
	Typing       bool `json:"typing" doc:"That I am writing, in groups of at most 64."`
}

// EditPrivacy changes it; what is left out stays.
type EditPrivacy struct {
	ReadReceipts *bool `json:"read_receipts,omitempty"`
	Typing       *bool `json:"typing,omitempty"`
}

// ReadState is what is unread in a group.
type ReadState struct {
	GroupID       string  `json:"group_id"`
	Unread        int     `json:"unread"`
	Mentions      int     `json:"mentions" doc:"Of those that are unread."`
	FirstUnreadID *string `json:"first_unread_id"`
}

// Totals are unread messages over all groups that are not muted.
type Totals struct {
	Unread   int `json:"unread"`
	Mentions int `json:"mentions"`
}

// Mute keeps a group quiet.
type Mute struct {
	Until *Time `json:"until" format:"date-time" doc:"Until then; null: no longer muted."`
}

// Notifications is what a group may disturb with. Urgent announcements always may.
type Notifications struct {
	Level      string `json:"level" enum:"all,mentions,none"`
	MutedUntil *Time  `json:"muted_until" format:"date-time"`
}

// EditNotifications changes it.
type EditNotifications struct {
	Level string `json:"level" enum:"all,mentions,none"`
}

// Draft is what was begun to be written in a group; an empty text is none.
type Draft struct {
	Text    string  `json:"text"`
	ReplyTo *string `json:"reply_to,omitempty"`
}

// Block is a person who is blocked, by this person alone.
type Block struct {
	UserID  string `json:"user_id"`
	Blocked bool   `json:"blocked"`
}

// Hit is a message that a search found.
type Hit struct {
	Kind    string      `json:"kind" enum:"message"`
	Message Message     `json:"message"`
	Ranges  []TextRange `json:"ranges" doc:"Where in the text the words stand, at most 100."`
}

// TextRange is a part of a text, in Unicode code points; End is behind the last.
type TextRange struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
