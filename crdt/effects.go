package crdt

import (
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Effects is what must be done now, in the order of its fields. Nothing may be published, and no event shown, before Store is durable;
// a crash between two steps is safe, since sync carries later whatever was stored.
type Effects struct {
	Store   Store
	Purge   []Purge // in the same transaction as Store
	Publish []Publication
	Want    []Want
	Refold  []Refold
	Events  []Event
}

// Store is one transaction.
type Store struct {
	Ops     []StoredOpBytes
	Wires   []StoredWire
	Rows    map[op.ID][]content.Row // by space; a nil Value deletes the row
	Touches []Touch
	Secrets []StoredSecret
	Chains  []OwnChain
	Aside   map[op.ID][]Aside // by space whose list has changed, all of it: what Load is given back
}

// Aside is a stored message that waits for the clock and is in no row yet.
type Aside struct {
	Wire    [32]byte
	Lamport op.Millis
}

// StoredOpBytes is an op to keep.
type StoredOpBytes struct {
	Space, ID op.ID
	Bytes     []byte
	Proven    bool // to be given back with it, see KeptOp
}

// StoredWire is a wire to keep.
type StoredWire struct {
	ID      [32]byte
	Space   op.ID
	Tag     epoch.Tag
	Day     uint32
	Device  identity.DeviceID
	Seq     uint64
	Lamport op.Millis
	Kind    content.Kind
	Bytes   []byte
}

// Touch says that a wire has part in a row that is not its own (content.MessageOf), so that the row can be folded again.
type Touch struct {
	Space op.ID
	Key   content.RowKey
	Wire  [32]byte
}

// StoredSecret is an epoch's secret to keep.
type StoredSecret struct {
	Space, Epoch op.ID
	Secret       epoch.Secret
	Dropped      bool // the secret was forgotten, and that is kept
}

// OwnChain is where my own message chain in a space stands; it commits with the wire that moved it.
type OwnChain struct {
	Space op.ID
	Seq   uint64
	Prev  [32]byte
}

// Publication is something of mine for the others: a wire for gossip on Topic, and to be handed to connected members of Space directly;
// an Op without Wire only directly.
type Publication struct {
	Space  op.ID
	Topic  string
	Wire   []byte
	Op     []byte
	Shown  bool  // the Wire is a message that is shown, so that it is worth knowing who has it
	Desk   bool  // the Wire is for the desk alone
	Secret op.ID // an epoch just made, whose op this is: the epoch is used once somebody else holds its secret
}

// Want is what is missing: ops named by others, and secrets of epochs.
type Want struct {
	Space  op.ID
	Ops    []op.ID
	Epochs []op.ID
}

// Refold names stored messages whose rows must be folded again, since what counts has changed: all of a device's, or single wires. It is stored
// with the effects it came with, until it is done: nobody says it twice.
type Refold struct {
	Space   op.ID
	Devices []identity.DeviceID
	Wires   [][32]byte
	Rows    []content.RowKey // and every row of a message that touches one of these
	Only    []content.RowKey // and these rows
}

// Purge says that the body of a message is to go, and those of its edits: its author took it away. Of what is not here yet the name is remembered.
type Purge struct {
	Space op.ID
	Of    content.Ref
}

// Event is something to tell the person about. Ref is a message's, op's or space's id.
type Event struct {
	Type   string
	Space  op.ID
	Member identity.UserID
	Ref    [32]byte
}

// Rows is what Apply folds on: the rows under Touches, by space.
type Rows map[op.ID]content.Rows
