package pubsub

import "fmt"

// Verdict is what gossip does with a message.
type Verdict uint8

const (
	Ignore Verdict = iota // neither deliver nor forward, and hold it against nobody
	Accept                // deliver and forward
	Reject                // neither, and the forwarding peer's score suffers
)

func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Reject:
		return "reject"
	}
	return "ignore"
}

// Reason is what the check of a message found.
type Reason uint8

const (
	Good          Reason = iota
	Malformed            // cannot be decoded, or not in the one canonical form
	Oversized            // larger than any message may be
	BadSignature         // opened, and not signed by whom it names
	BadSeal              // an epoch we hold does not open it
	UnknownEpoch         // of an epoch we do not know, or whose secret we lack
	UnknownAuthor        // of a device we do not know
	NotEntitled          // the author lacks the right in our view
	WrongDay             // too far ahead of our clock
	Seen                 // we have it
	WrongTopic           // not for this topic
	PeerQuota            // the forwarding peer sends too much
	AuthorQuota          // the author posts too much; sync still carries it
	reasons              // count
)

// table gives each reason its verdict. Reject is for what no honest peer forwards, since every peer checks before it forwards.
// What depends on how much a node has seen, or on its clock, is ignored: two honest nodes may differ.
var table = [reasons]struct {
	name    string
	verdict Verdict
}{
	Good:          {"good", Accept},
	Malformed:     {"malformed", Reject},
	Oversized:     {"oversized", Reject},
	BadSignature:  {"bad signature", Reject},
	BadSeal:       {"bad seal", Reject},
	UnknownEpoch:  {"unknown epoch", Ignore},
	UnknownAuthor: {"unknown author", Ignore},
	NotEntitled:   {"not entitled", Ignore},
	WrongDay:      {"wrong day", Ignore},
	Seen:          {"seen", Ignore},
	WrongTopic:    {"wrong topic", Ignore},
	PeerQuota:     {"quota of the peer", Ignore},
	AuthorQuota:   {"quota of the author", Ignore},
}

// Verdict of a reason; of one that is not in the table, Ignore.
func (r Reason) Verdict() Verdict {
	if r >= reasons {
		return Ignore
	}
	return table[r].verdict
}

func (r Reason) String() string {
	if r >= reasons {
		return fmt.Sprintf("reason %d", uint8(r))
	}
	return table[r].name
}
