package api

// Device is one computer of the person's.
type Device struct {
	ID          string   `json:"id" example:"dev_mzxw6ytboi"`
	Name        string   `json:"name" doc:"As this node calls it; empty where it was not there when the device came."`
	This        bool     `json:"this"`
	First       bool     `json:"first" doc:"It keeps the seed. Known of this device only."`
	Communities []string `json:"communities"`
	AddedAt     *Time    `json:"added_at" format:"date-time"`
}

// LinkCode is carried from the device that keeps the seed to a new one. Secret, for five minutes and one use.
type LinkCode struct {
	Code      string `json:"code" example:"PANDALDEVICE1…"`
	ExpiresAt Time   `json:"expires_at" format:"date-time"`
}

// LinkDevice makes this computer a further device of the person whose device showed the code.
type LinkDevice struct {
	Code string `json:"code" minLength:"1" maxLength:"4096"`
	Name string `json:"name" minLength:"1" maxLength:"128" example:"Kitchen laptop"`
}

// NameDevice calls a device something.
type NameDevice struct {
	Name string `json:"name" minLength:"1" maxLength:"128"`
}

// RevokeDevice shuts a device out. Words are needed where this device does not keep the seed.
type RevokeDevice struct {
	Words string `json:"words,omitempty" maxLength:"1024"`
}

// RevokedDevice says which acts of the person's fell with it, by community; POST …/reissue does them again.
type RevokedDevice struct {
	CutOps map[string][]string `json:"cut_ops"`
}

// RecoveryWords are the 24 words that the person is restored from. Secret.
type RecoveryWords struct {
	Words string `json:"words" maxLength:"1024"`
}

// Restore brings a person back into the community that a link leads to, an expired one too.
type Restore struct {
	Words string `json:"words" minLength:"1" maxLength:"1024"`
	Link  string `json:"link" minLength:"1" maxLength:"4096"`
}

// Unlock opens a locked store.
type Unlock struct {
	Passphrase string `json:"passphrase" minLength:"1" maxLength:"1024"`
}

// ChangePassphrase seals this node's data under another passphrase; an empty new one leaves it to the file's rights alone.
type ChangePassphrase struct {
	Old string `json:"old,omitempty" maxLength:"1024"`
	New string `json:"new" maxLength:"1024"`
}
