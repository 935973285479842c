package content

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Limits of a poll.
const (
	MaxOptions  = 20
	MaxQuestion = 1 << 10
	MaxOption   = 256
)

// PollBody asks a question. Rule: it stands as it was written. Anonymous is a promise of our screens, and of nobody else's: who votes is known to all who
// hold the votes.
type PollBody struct {
	_          struct{} `cbor:",toarray"`
	Question   string
	Options    []string // 2 to 20
	Multiple   bool
	Anonymous  bool
	AfterClose bool      // results are shown once it is closed
	Closes     op.Millis // 0: when its author closes it
}

// Ballot is what a vote says of the poll it is in. Votes are kept under it, so that a fold need not have seen the poll; votes with another ballot
// than the poll's are nowhere that anybody looks.
type Ballot struct {
	_        struct{} `cbor:",toarray"`
	Of       Ref
	Options  uint8
	Multiple bool
	Closes   op.Millis
}

// VoteBody votes: the options' numbers, ascending; none takes the vote back. Rule: a member's last by (lamport, id) counts, of those not later than the poll
// closes or was closed.
type VoteBody struct {
	_       struct{} `cbor:",toarray"`
	Ballot  Ballot
	Options []uint8
}

// PollCloseBody closes a poll; its author alone can. Rule: the first by (lamport, id) closes it, and what was voted after that does not count.
type PollCloseBody struct {
	_      struct{} `cbor:",toarray"`
	Ballot Ballot
}

// VoteRow is the value of the row of a member's vote.
type VoteRow struct {
	_       struct{} `cbor:",toarray"`
	Member  identity.UserID
	At      Stamp
	Options []uint8
}

// CountRow is the value of the row of a poll's result so far.
type CountRow struct {
	_      struct{} `cbor:",toarray"`
	Votes  []uint64 // by option
	Voters uint64
}

// Ballot is that of a poll.
func (b PollBody) Ballot(of Ref) Ballot {
	return Ballot{Of: of, Options: uint8(len(b.Options)), Multiple: b.Multiple, Closes: b.Closes}
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b PollBody) Encode() ([]byte, error)      { return encode(b) }
func (b PollCloseBody) Encode() ([]byte, error) { return encode(b) }
func (b VoteBody) Encode() ([]byte, error) {
	if b.Options == nil {
		b.Options = []uint8{}
	}
	return encode(b)
}

// ParsePoll reads a poll strictly. It errs with ErrBody.
func ParsePoll(raw []byte) (b PollBody, err error) {
	err = read(raw, &b)
	return b, err
}

// ParseVote reads a vote strictly. It errs with ErrBody.
func ParseVote(raw []byte) (b VoteBody, err error) {
	err = read(raw, &b)
	return b, err
}

func (b PollBody) check() error {
	if err := checkText("question", b.Question, MaxQuestion, false); err != nil {
		return err
	}
	if len(b.Options) < 2 || len(b.Options) > MaxOptions {
		return bad("options", "2 to 20")
	}
	for i, o := range b.Options {
		if err := checkText(fmt.Sprintf("options: %d", i+1), o, MaxOption, false); err != nil {
			return err
		}
		if slices.Contains(b.Options[:i], o) {
			return bad("options", "two are the same")
		}
	}
	if b.Closes < 0 {
		return bad("closes", "a time, or 0")
	}
	return nil
}

func (b Ballot) check() error {
	switch {
	case b.Options < 2 || b.Options > MaxOptions:
		return bad("options", "2 to 20")
	case b.Closes < 0:
		return bad("closes", "a time, or 0")
	}
	return nil
}

func (b VoteBody) check() error {
	if err := b.Ballot.check(); err != nil {
		return err
	}
	if b.Options == nil || len(b.Options) > int(b.Ballot.Options) || len(b.Options) > 1 && !b.Ballot.Multiple {
		return bad("options", "one, or several where the poll lets one")
	}
	for i, o := range b.Options {
		if o >= b.Ballot.Options || i > 0 && b.Options[i-1] >= o {
			return bad("options", "numbers of options, strictly ascending")
		}
	}
	return nil
}

func (b PollCloseBody) check() error { return b.Ballot.check() }

func (b Ballot) bytes() []byte {
	more := byte(0)
	if b.Multiple {
		more = 1
	}
	return binary.BigEndian.AppendUint64([]byte{b.Options, more}, uint64(b.Closes))
}

// Vote, Count and Closed are the keys of the rows of a member's vote, of the result, and of the closing.
func (b Ballot) Vote(m identity.UserID) RowKey { return b.Of.key("v", b.bytes(), m[:]) }
func (b Ballot) Count() RowKey                 { return b.Of.key("t", b.bytes()) }
func (b Ballot) Closed() RowKey                { return b.Of.key("z", b.bytes()) }

// Voters names the list of the rows of votes.
func (b Ballot) Voters() string { return b.Of.list("v") }

// late reports whether a message comes after the poll's end.
func (b Ballot) late(rows Rows, m Msg) bool {
	if b.Closes != 0 && m.Lamport > b.Closes {
		return true
	}
	var closed Stamp
	r, ok := rows[b.Closed()]
	return ok && parse(r.Value, &closed) == nil && stampOf(m).compare(closed) > 0
}

func voteKeys(m Msg) []RowKey {
	b, err := ParseVote(m.Body)
	if err != nil || b.Ballot.Closes != 0 && m.Lamport > b.Ballot.Closes {
		return nil
	}
	return []RowKey{b.Ballot.Vote(m.Author), b.Ballot.Count()}
}

func voteLooks(m Msg) []RowKey {
	b, err := ParseVote(m.Body)
	if err != nil {
		return nil
	}
	return []RowKey{b.Ballot.Closed()}
}

func foldVote(rows Rows, m Msg) []Row {
	b, err := ParseVote(m.Body)
	if err != nil || b.Ballot.late(rows, m) {
		return nil
	}
	key, at := b.Ballot.Vote(m.Author), stampOf(m)
	old, _ := ParseVoteRow(rows[key].Value)
	if old.At.Set() && old.At.compare(at) >= 0 {
		return nil
	}
	c, _ := ParseCountRow(rows[b.Ballot.Count()].Value)
	c.Votes = append(c.Votes, make([]uint64, int(b.Ballot.Options)-len(c.Votes))...)
	for _, o := range old.Options {
		c.Votes[o]--
	}
	for _, o := range b.Options {
		c.Votes[o]++
	}
	if len(old.Options) > 0 {
		c.Voters--
	}
	if len(b.Options) > 0 {
		c.Voters++
	}
	out := row(key, b.Ballot.Voters(), m.Author[:], VoteRow{Member: m.Author, At: at, Options: b.Options})
	return append(out, row(b.Ballot.Count(), "", nil, c)...)
}

// ParseVoteRow reads a row that Fold wrote.
func ParseVoteRow(v []byte) (r VoteRow, err error) {
	err = parse(v, &r)
	return r, err
}

// ParseCountRow reads a row that Fold wrote.
func ParseCountRow(v []byte) (r CountRow, err error) {
	err = parse(v, &r)
	return r, err
}

// ParseClosedRow reads when a poll was closed from a row that Fold wrote.
func ParseClosedRow(v []byte) (s Stamp, err error) {
	err = parse(v, &s)
	return s, err
}

func closeKeys(m Msg) []RowKey {
	var b PollCloseBody
	if read(m.Body, &b) != nil || b.Ballot.Of.Author != m.Author {
		return nil
	}
	return []RowKey{b.Ballot.Closed()}
}

func foldClose(rows Rows, m Msg) []Row {
	var b PollCloseBody
	if read(m.Body, &b) != nil {
		return nil
	}
	var old Stamp
	if r, ok := rows[b.Ballot.Closed()]; ok && parse(r.Value, &old) == nil && old.compare(stampOf(m)) <= 0 {
		return nil
	}
	return row(b.Ballot.Closed(), "", nil, stampOf(m))
}

func closeAgain(m Msg) RowKey {
	var b PollCloseBody
	if read(m.Body, &b) != nil || b.Ballot.Of.Author != m.Author {
		return ""
	}
	return b.Ballot.Count()
}
