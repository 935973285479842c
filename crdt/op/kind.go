package op

import (
	"strings"

	"github.com/pandal-chat/pandal/identity"
)

// Kind is the number of an op's kind on the wire.
type Kind uint8

// The kinds (protocol.md section 3).
const (
	Genesis Kind = 1 + iota
	Grant
	Revoke
	Admit
	Leave
	Invite
	RevokeInvite
	CreateGroup
	Set
	DeviceAdd
	DeviceRevoke
	OwnerRotate
	Epoch
	KeeperAdd
	KeeperRevoke
)

var kindNames = [...]string{"", "Genesis", "Grant", "Revoke", "Admit", "Leave", "Invite", "RevokeInvite", "CreateGroup", "Set",
	"DeviceAdd", "DeviceRevoke", "OwnerRotate", "Epoch", "KeeperAdd", "KeeperRevoke"}

func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Bits is a set of rights.
type Bits uint16

// The rights.
const (
	ADMIT Bits = 1 << iota
	REMOVE
	INVITE
	GRANT
	GROUPS
	ANNOUNCE
	MODERATE
	SETTINGS
	POST
	AllBits Bits = 1<<iota - 1
)

var bitNames = []string{"admit", "remove", "invite", "grant", "groups", "announce", "moderate", "settings", "post"}

// Names lists the rights in lower case, in the order of the bits.
func (b Bits) Names() []string {
	out := []string{}
	for i, n := range bitNames {
		if b>>i&1 == 1 {
			out = append(out, n)
		}
	}
	return out
}

func (b Bits) String() string { return strings.Join(b.Names(), ",") }

// Place in CreateGroupBody.WhoPosts says that there is no group: the op keeps a place where its author may found a community under this one.
const Place = 2

// Body is what an op does; one type per kind, below.
type Body interface{ Kind() Kind }

// Pin says how far a device's messages count: at or below Seq, whose header hash is Hash.
type Pin struct {
	_      struct{} `cbor:",toarray"`
	Device identity.DeviceID
	Seq    uint64
	Hash   [32]byte
}

// Signature is one recovery signer's word: Index into the set in force, and the signature.
type Signature struct {
	_     struct{} `cbor:",toarray"`
	Index uint8
	Sig   []byte
}

// Bodies, in the order of the kinds. Encoded as CBOR arrays of their fields; an absent id is 32 zero bytes.
type (
	GenesisBody struct {
		_        struct{} `cbor:",toarray"`
		Name     string
		Salt     [32]byte
		JoinKey  [32]byte
		Cert     []byte            // the owner's certificate; its Space is identity.OwnerSalt(Salt)
		Recovery []identity.UserID // strictly ascending, ≤ 32
		Parent   ID                // a sub-community names its parent community …
		Under    ID                // … and a CreateGroup there
	}
	GrantBody struct {
		_      struct{} `cbor:",toarray"`
		Member identity.UserID
		Bits   Bits
	}
	// RevokeBody names exactly one of Target and Member.
	RevokeBody struct {
		_       struct{} `cbor:",toarray"`
		Target  ID
		Member  identity.UserID
		Cascade bool
		Ban     bool
		Reason  string
		Pins    []Pin
	}
	// AdmitBody: Proof is the invite key's signature over M ‖ D, empty without an Invite.
	AdmitBody struct {
		_      struct{} `cbor:",toarray"`
		Cert   []byte
		Post   bool
		Invite ID
		Proof  []byte
	}
	LeaveBody struct {
		_    struct{} `cbor:",toarray"`
		Pins []Pin
	}
	InviteBody struct {
		_       struct{} `cbor:",toarray"`
		Key     [32]byte
		Max     uint32
		Expires Millis
		Auto    bool
		Groups  []ID
		Epoch   ID
	}
	RevokeInviteBody struct {
		_      struct{} `cbor:",toarray"`
		Invite ID
	}
	CreateGroupBody struct {
		_           struct{} `cbor:",toarray"`
		Name        string
		Description string
		Open        bool
		WhoPosts    uint8 // 0 everyone, 1 moderators; Place: nobody, this is no group; Direct: this is a direct message
		JoinKey     [32]byte
	}
	SetBody struct {
		_     struct{} `cbor:",toarray"`
		Key   string
		Value []byte
	}
	DeviceAddBody struct {
		_    struct{} `cbor:",toarray"`
		Cert []byte
	}
	DeviceRevokeBody struct {
		_      struct{} `cbor:",toarray"`
		Device identity.DeviceID
		Pins   []Pin
	}
	// OwnerRotateBody hands ownership to the member of Cert (who may own already) and names the recovery set from then on.
	OwnerRotateBody struct {
		_        struct{} `cbor:",toarray"`
		Prev     ID
		Cert     []byte
		Recovery []identity.UserID // strictly ascending, 1 to 32
		Sigs     []Signature       // of the set before; empty where there was none
	}
	EpochBody struct {
		_          struct{} `cbor:",toarray"`
		Gen        uint64
		Parents    []ID // strictly ascending, ≤ 4
		CtlHeads   []ID // strictly ascending, ≤ 32
		RosterRoot [32]byte
		Commit     [32]byte
		Pins       []Pin
		Reason     string
		Desk       []byte // of a desk epoch: the public key that others seal to; else empty
	}
	KeeperAddBody struct {
		_   struct{} `cbor:",toarray"`
		Key Key
	}
	KeeperRevokeBody struct {
		_   struct{} `cbor:",toarray"`
		Key Key
	}
)

// Direct in place of who posts makes a group a direct message: its author and one other, whom JoinKey commits to, and nobody else ever.
const Direct = 3

func (GenesisBody) Kind() Kind      { return Genesis }
func (GrantBody) Kind() Kind        { return Grant }
func (RevokeBody) Kind() Kind       { return Revoke }
func (AdmitBody) Kind() Kind        { return Admit }
func (LeaveBody) Kind() Kind        { return Leave }
func (InviteBody) Kind() Kind       { return Invite }
func (RevokeInviteBody) Kind() Kind { return RevokeInvite }
func (CreateGroupBody) Kind() Kind  { return CreateGroup }
func (SetBody) Kind() Kind          { return Set }
func (DeviceAddBody) Kind() Kind    { return DeviceAdd }
func (DeviceRevokeBody) Kind() Kind { return DeviceRevoke }
func (OwnerRotateBody) Kind() Kind  { return OwnerRotate }
func (EpochBody) Kind() Kind        { return Epoch }
func (KeeperAddBody) Kind() Kind    { return KeeperAdd }
func (KeeperRevokeBody) Kind() Kind { return KeeperRevoke }
