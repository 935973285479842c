package content

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestTold: a deletion makes the row of a message that is not here, the first that says where it stood; the message takes its place, and so does its stub.
func TestTold(t *testing.T) {
	asha := identity.UserID{1}
	of := Ref{ID: [32]byte{7}, Author: asha}
	root := Ref{ID: [32]byte{8}, Author: identity.UserID{2}}
	deletion := func(n byte, at op.Millis, author identity.UserID, s Stood) Msg {
		return Msg{ID: [32]byte{n}, Author: author, Lamport: at, Kind: Delete, Body: must(DeleteBody{Of: of, Stood: s}.Encode())}
	}
	stood := Stood{Device: identity.DeviceID{3}, Seq: 4, Lamport: 50, Time: 51, Kind: Text}
	other, late := stood, stood
	other.Lamport, other.Thread, late.Lamport = 60, root.Bytes(), 101
	text := Msg{ID: of.ID, Author: asha, Device: identity.DeviceID{3}, Seq: 4, Lamport: 50, Time: 51, Kind: Text, Body: must(TextBody{Text: "durian", Thread: root.Bytes()}.Encode())}
	stub := text
	stub.Body, stub.Deleted = Rest(Text, text.Body), true
	first, second := deletion(1, 100, asha, stood), deletion(2, 200, asha, other)
	for name, c := range map[string]struct {
		msgs    []Msg
		lamport op.Millis // 0: no row
		list    string
		told    bool
		body    bool
		replies uint64
	}{
		"alone":                     {[]Msg{first}, 50, Messages, true, false, 0},
		"in a thread":               {[]Msg{second}, 60, Threads(root.ID), true, false, 0},
		"the first of two":          {[]Msg{first, second}, 50, Messages, true, false, 0},
		"the first of two, later":   {[]Msg{second, first}, 50, Messages, true, false, 0},
		"the message":               {[]Msg{first, text}, 50, Threads(root.ID), false, true, 1},
		"the message, before it":    {[]Msg{text, first, second}, 50, Threads(root.ID), false, true, 1},
		"its stub":                  {[]Msg{first, stub}, 50, Threads(root.ID), false, false, 1},
		"its stub, before it":       {[]Msg{stub, first}, 50, Threads(root.ID), false, false, 1},
		"by somebody else":          {[]Msg{deletion(1, 100, identity.UserID{9}, stood)}, 0, "", false, false, 0},
		"without a word":            {[]Msg{deletion(1, 100, asha, Stood{})}, 0, "", false, false, 0},
		"of a message to come":      {[]Msg{deletion(1, 100, asha, late)}, 0, "", false, false, 0},
		"without a word, then with": {[]Msg{deletion(1, 90, asha, Stood{}), first}, 50, Messages, true, false, 0},
	} {
		rows := fold(t, c.msgs)
		r, there := rows[MessageKey(of.ID)]
		if there != (c.lamport > 0) {
			t.Errorf("%s: a row is there: %v", name, there)
		}
		if a := about(rows, root); a.Replies != c.replies {
			t.Errorf("%s: %d replies, want %d", name, a.Replies, c.replies)
		}
		if !there {
			continue
		}
		m, err := ParseMessageRow(r.Value)
		if err != nil || m.ID != of.ID || m.Author != asha || m.Device != stood.Device || m.Seq != 4 || m.Lamport != c.lamport || m.Time != 51 || m.Kind != Text || (m.Told != nil) != c.told || (len(m.Body) > 0) != c.body {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
		if r.List != c.list || string(r.Order) != string(Order(c.lamport, of.ID)) || !c.body && r.Author != (identity.UserID{}) {
			t.Errorf("%s: in %q at %x, says %v", name, r.List, r.Order, r.Author)
		}
	}
}
