package node

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// Search asks for messages among all that this node may read. Query holds words, "phrases" and -without; what is empty does not narrow it.
type Search struct {
	Query                  string
	Community, Group, From string
	After, Before          time.Time
	Has                    []string // link, mention
	Best                   bool     // what answers best first, among the newest bestAmong, instead of the newest first
	Cursor                 string
	Limit                  int
}

// Found is a message and where in its text the words stand: code points, End behind the last.
type Found struct {
	Message Message
	Ranges  []Range
}

// Range is a part of a text.
type Range struct{ Start, End int }

// Searches for what has one of these.
var haves = []string{"link", "mention"}

const maxQuery = 1024

// tagsOf says what else a search may ask of a message.
func tagsOf(author identity.UserID, text string, mentioned bool) []string {
	tags := []string{authorTag(author.String())}
	if strings.Contains(text, "https://") || strings.Contains(text, "http://") {
		tags = append(tags, "link")
	}
	if mentioned {
		tags = append(tags, "mention")
	}
	return tags
}

func authorTag(user string) string { return "u" + strings.TrimPrefix(user, "usr_") }

// describe says what search finds a row by that was stored before there was an index. Who this person is in its community is not known there.
func describe(row store.Row) (string, []string) {
	if row.List != content.Messages {
		return "", nil
	}
	m, err := content.ParseMessageRow(row.Value)
	if err != nil {
		return "", nil
	}
	x := m.Says()
	return x.Text, tagsOf(m.Author, x.Text, false)
}

// bestAmong is how many messages are weighed against each other, so that a word that everybody uses costs no more than that.
const bestAmong = 1000

// Search finds messages, the newest first or those that answer best; next is the cursor of the page after, empty on the last. A message is found by what it says now:
// not by what it said before an edit, and not at all once it is deleted.
func (n *Node) Search(q Search) (out []Found, next string, err error) {
	if q.Best {
		return n.searchBest(q)
	}
	if len(q.Query) > maxQuery {
		return nil, "", fmt.Errorf("%w: q: at most %d bytes", ErrTooLarge, maxQuery)
	}
	sq := store.Query{Terms: store.Terms(q.Query), After: q.After, Before: q.Before, Limit: max(1, q.Limit) + 1}
	if sq.Spaces, err = n.searched(q); err != nil {
		return nil, "", err
	}
	if q.From != "" {
		if _, ok := decodeName(q.From, "usr_"); !ok {
			return nil, "", fmt.Errorf("%w: from: want a member's id", ErrInvalid)
		}
		sq.Tags = append(sq.Tags, authorTag(q.From))
	}
	for _, h := range q.Has {
		if !slices.Contains(haves, h) {
			return nil, "", fmt.Errorf("%w: has: link or mention", ErrInvalid)
		}
		sq.Tags = append(sq.Tags, h)
	}
	if !store.Positive(sq.Terms) && len(sq.Tags) == 0 {
		return nil, "", fmt.Errorf("%w: q: at least one word to look for", ErrInvalid)
	}
	if q.Cursor != "" {
		if sq.Below, err = strconv.ParseInt(q.Cursor, 36, 64); err != nil || sq.Below <= 0 {
			return nil, "", fmt.Errorf("%w: cursor: is not one of this list", ErrInvalid)
		}
	}
	seen := map[string]bool{}
	last := sq.Below // of what was looked at
	for {            // what is not shown as it is indexed leaves gaps, which the next hits fill
		hits, err := n.store.Search(n.ctx, sq)
		if err != nil {
			return nil, "", fmt.Errorf("search: %w", err)
		}
		shown, err := n.hitMessages(hits)
		if err != nil {
			return nil, "", err
		}
		for i, h := range hits {
			m := shown[i]
			at, ok := store.Find(sq.Terms, m.Text)
			if m.ID == "" || !ok || seen[m.ID] {
				last = h.Doc
				continue
			}
			if len(out) == sq.Limit-1 {
				return out, strconv.FormatInt(last, 36), nil
			}
			seen[m.ID] = true
			f := Found{Message: m, Ranges: []Range{}}
			for _, w := range at[:min(len(at), maxRanges)] {
				f.Ranges = append(f.Ranges, Range{w.Start, w.End})
			}
			out, last = append(out, f), h.Doc
		}
		if len(hits) < sq.Limit {
			return out, "", nil
		}
		sq.Below = last
	}
}

const maxRanges = 100

// searchBest weighs the newest that are found. Its cursor is a number of messages, since each page is weighed anew.
func (n *Node) searchBest(q Search) (out []Found, next string, err error) {
	from := 0
	if q.Cursor != "" {
		if from, err = strconv.Atoi(q.Cursor); err != nil || from <= 0 || from > bestAmong {
			return nil, "", fmt.Errorf("%w: cursor: is not one of this list", ErrInvalid)
		}
	}
	all := q
	all.Best, all.Cursor, all.Limit = false, "", bestAmong
	found, _, err := n.Search(all)
	if err != nil {
		return nil, "", err
	}
	terms := store.Terms(q.Query)
	weights := map[string]int{}
	for _, f := range found {
		weights[f.Message.ID] = store.Weight(terms, f.Message.Text)
	}
	slices.SortStableFunc(found, func(a, b Found) int { return weights[b.Message.ID] - weights[a.Message.ID] })
	found = found[min(from, len(found)):]
	if limit := max(1, q.Limit); len(found) > limit {
		found, next = found[:limit], strconv.Itoa(from+limit)
	}
	return found, next, nil
}

// searched lists the spaces that a search is narrowed to; none: all.
func (n *Node) searched(q Search) (out [][32]byte, err error) {
	if q.Group != "" {
		_, s, err := n.groupRoom(q.Group)
		return [][32]byte{s}, err
	}
	if q.Community == "" {
		return nil, nil
	}
	r, err := n.room(q.Community)
	if err != nil {
		return nil, err
	}
	return out, r.ask(n.ctx, func() {
		for _, s := range r.c.Spaces() {
			out = append(out, s)
		}
	})
}

// hitMessages reads the messages that hits are about, each in the place of its hit; empty where there is none to show.
func (n *Node) hitMessages(hits []store.Hit) ([]Message, error) {
	out := make([]Message, len(hits))
	bySpace := map[op.ID][]int{}
	ids := make([]string, len(hits))
	for i, h := range hits {
		if id, ok := messageOf(h.Row); ok {
			ids[i] = msgID(id)
			bySpace[h.Space] = append(bySpace[h.Space], i)
			if h.Key != "" { // of an edit: the message itself is to be shown
				rows, err := n.store.Rows(n.ctx, h.Space, []string{string(content.MessageKey(id))})
				if err != nil {
					return nil, fmt.Errorf("read messages: %w", err)
				}
				hits[i].Value = rows[string(content.MessageKey(id))]
			}
		}
	}
	for s, at := range bySpace {
		r := n.roomOf(s)
		if r == nil {
			continue
		}
		var rows []store.Row
		for _, i := range at {
			rows = append(rows, hits[i].Row)
		}
		list, err := r.shown(s, rows)
		if err != nil {
			return nil, err
		}
		byID := map[string]Message{}
		for _, m := range list {
			byID[m.ID] = m
		}
		for _, i := range at {
			out[i] = byID[ids[i]]
		}
	}
	return out, nil
}

// messageOf says which message a row is of: its own, or that of its edit.
func messageOf(r store.Row) (id [32]byte, ok bool) {
	if len(r.Key) >= 66 && (r.Key[:2] == "e/" || r.Key[:2] == "c/") {
		return content.MessageOf(content.RowKey("m/" + r.Key[2:66]))
	}
	m, err := content.ParseMessageRow(r.Value)
	return m.ID, err == nil
}
