package api

// Recovery is who may hand a community on: more than half of a set of its members, who sign for it.
type Recovery struct {
	Members []string `json:"members" doc:"Empty: none was named."`
	Need    int      `json:"need" doc:"How many must sign."`
	Mine    bool     `json:"mine" doc:"I am one of them."`
	OwnerID string   `json:"owner_id"`
}

// SetRecovery names the set. The owner can, once; afterwards the set alone changes itself.
type SetRecovery struct {
	Members []string `json:"members" minItems:"1" maxItems:"32"`
}

// SignHandover holds a request to become the owner.
type SignHandover struct {
	Request string `json:"request" minLength:"1" maxLength:"8192"`
	Preview bool   `json:"preview,omitempty" doc:"Only say who asks; nothing is signed, and the signature is empty."`
}

// SignedHandover is my word on it, for who asked.
type SignedHandover struct {
	Signature string `json:"signature"`
	NewOwner  string `json:"new_owner_id"`
}

// RotateOwner asks for signatures, or, with enough of them, makes me the owner.
type RotateOwner struct {
	Request    string   `json:"request,omitempty" maxLength:"8192" doc:"Absent: answer one to be signed."`
	Signatures []string `json:"signatures,omitempty" maxItems:"32"`
	Members    []string `json:"members,omitempty" maxItems:"32" doc:"Of a new request: the recovery set from then on; absent: the same."`
}

// Handover is a request to be signed, or the community that is mine now.
type Handover struct {
	Request   string     `json:"request,omitempty"`
	Signers   []string   `json:"signers,omitempty" doc:"Who can sign."`
	Need      int        `json:"need,omitempty"`
	Community *Community `json:"community,omitempty"`
}

// Transfer names the successor.
type Transfer struct {
	UserID string `json:"user_id" minLength:"1" maxLength:"64"`
}
