package content

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("PANDAL_FULL") != "" {
		flag.Set("rapid.checks", "5000")
	}
	os.Exit(m.Run())
}

var someCert = make([]byte, identity.CertSize)

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// bodies are well-formed ones of every kind.
func bodies() map[Kind][][]byte {
	var marks []Mark
	for i := range 3 {
		marks = append(marks, Mark{Device: identity.DeviceID{byte(i)}, Seq: uint64(i)})
	}
	return map[Kind][][]byte{
		Text: {must(TextBody{Text: "Mangoes at six?"}.Encode()),
			must(TextBody{Text: "yes", Reply: make([]byte, 32), Thread: make([]byte, 64), Mentions: []identity.UserID{{1}}}.Encode())},
		Announcement: {must(AnnouncementBody{Text: "The tent is up."}.Encode()), must(AnnouncementBody{Text: "x", Groups: []op.ID{{1}}, Priority: 2, AckWanted: true, Replies: 1}.Encode())},
		Profile:      {must(ProfileBody{Name: "Asha"}.Encode()), must(ProfileBody{Name: "آشا", Picture: []byte{1, 2}, Contacts: []Contact{{Kind: "phone", Value: "12"}}}.Encode())},
		Receipt:      {must(ReceiptBody{Marks: marks}.Encode())},
		JoinRequest: {must(JoinRequestBody{Cert: make([]byte, identity.CertSize), Invite: op.ID{1}, Proof: make([]byte, 64), Name: "Dalia", Note: "third floor"}.Encode()),
			must(JoinRequestBody{Cert: make([]byte, identity.CertSize), Invite: op.ID{2}, Name: "Chen"}.Encode())},
		Decision:   {must(DecisionBody{About: [32]byte{1}, Reason: "no more room"}.Encode()), must(DecisionBody{About: [32]byte{1}, Accepted: true, Made: op.ID{2}}.Encode())},
		Suggestion: {must(SuggestionBody{Name: "Rooftop garden", Description: "tomatoes", Open: true}.Encode())},
		Report:     {must(ReportBody{Space: op.ID{1}, Of: someRef(1), Reason: "rude", Excerpt: "…"}.Encode())},
		Edit: {must(EditBody{Of: someRef(1), Kind: Text, Body: must(TextBody{Text: "Mangoes at seven?"}.Encode())}.Encode()),
			must(EditBody{Of: someRef(2), Kind: Text, Body: must(TextBody{Text: "no"}.Encode())}.Encode()),
			must(EditBody{Of: someRef(1), Kind: Event, Body: must(EventBody{Title: "Clean-up", Starts: 9, Cancelled: true}.Encode())}.Encode())},
		Delete: {must(DeleteBody{Of: someRef(1)}.Encode()), must(DeleteBody{Of: someRef(2)}.Encode()),
			must(DeleteBody{Of: someRef(1), Stood: Stood{Seq: 1, Lamport: 1, Time: 7, Kind: Text}}.Encode()), must(DeleteBody{Of: someRef(2), Stood: Stood{Seq: 2, Lamport: 2, Kind: Event}}.Encode()),
			must(DeleteBody{Of: someRef(1), Stood: Stood{Seq: 3, Lamport: 3, Kind: Text, Thread: someRef(3).Bytes()}}.Encode())},
		Moderate: {must(ModerateBody{Of: someRef(1), Hide: true, Reason: "spam"}.Encode()), must(ModerateBody{Of: someRef(1)}.Encode())},
		React: {must(ReactBody{Of: someRef(1), Emoji: "👍", On: true}.Encode()), must(ReactBody{Of: someRef(1), Emoji: "🥭", On: true}.Encode()),
			must(ReactBody{Of: someRef(1), Emoji: "👍", Seen: []Mark{{Device: identity.DeviceID{0}, Seq: 3}, {Device: identity.DeviceID{1}, Seq: 2}}}.Encode())},
		Pin:  {must(PinBody{ID: someRef(1).ID, Pin: true, Until: 99}.Encode()), must(PinBody{ID: someRef(1).ID}.Encode())},
		Poll: {must(somePoll.Encode()), must(PollBody{Question: "When?", Options: []string{"six", "seven"}, Multiple: true, Anonymous: true, AfterClose: true, Closes: 4}.Encode())},
		Vote: {must(VoteBody{Ballot: somePoll.Ballot(someRef(1)), Options: []uint8{0}}.Encode()), must(VoteBody{Ballot: somePoll.Ballot(someRef(1)), Options: []uint8{2}}.Encode()),
			must(VoteBody{Ballot: somePoll.Ballot(someRef(1))}.Encode()), must(VoteBody{Ballot: Ballot{Of: someRef(2), Options: 2, Multiple: true, Closes: 4}, Options: []uint8{0, 1}}.Encode())},
		PollClose: {must(PollCloseBody{Ballot: somePoll.Ballot(someRef(1))}.Encode())},
		Event:     {must(EventBody{Title: "Clean-up", Text: "gloves", Starts: 5, Ends: 6, Zone: "Asia/Kolkata", Place: "pond", Capacity: 3}.Encode()), must(EventBody{Title: "x", Starts: 1}.Encode())},
		RSVP:      {must(RSVPBody{Of: someRef(1), Status: Yes, Guests: 2}.Encode()), must(RSVPBody{Of: someRef(1), Status: Maybe}.Encode()), must(RSVPBody{Of: someRef(1)}.Encode())},
		Ack:       {must(AckBody{Of: someRef(1)}.Encode())},
		RollUp: {must(RollUpBody{Of: someRef(1), Reached: 9, Acks: 4, Reactions: []Tally{{Emoji: "👍", Count: 2}}}.Encode()),
			must(RollUpBody{Of: someRef(1), Votes: []uint64{1, 2}, Voters: 3, Yes: 1, No: 2, Maybe: 3, Replies: 4}.Encode())},
		Remind:  {must(RemindBody{Of: someRef(1)}.Encode())},
		Consent: {must(ConsentBody{On: true}.Encode()), must(ConsentBody{}.Encode())},
		Read:    {must(ReadBody{Lamport: 4, ID: [32]byte{1}}.Encode()), must(ReadBody{Lamport: 3, ID: [32]byte{2}}.Encode())},
		77:      {[]byte("from a newer version"), {}},
	}
}

// someRef names a message that draw may make, by an author who may have written it.
func someRef(n byte) Ref { return Ref{ID: [32]byte{n}, Author: identity.UserID{n - 1}} }

var somePoll = PollBody{Question: "Which?", Options: []string{"red", "green", "blue"}}

// draw makes a message: few authors, devices and times, so that they meet.
func draw(t *rapid.T) Msg {
	var m Msg
	small := func(name string, n int) byte { return byte(rapid.IntRange(0, n).Draw(t, name)) }
	m.ID = [32]byte{1 + small("id", 40), small("id2", 3)}
	m.Space, m.Author, m.Device = op.ID{1}, identity.UserID{small("author", 2)}, identity.DeviceID{small("device", 4)}
	m.Lamport, m.Time, m.Seq = op.Millis(small("lamport", 5)), 7, 1
	kinds := []Kind{Text, Announcement, Profile, Receipt, JoinRequest, Decision, Suggestion, Report, Edit, Delete, Moderate, React, Pin, Poll, Vote, PollClose, Event, RSVP, Ack, RollUp,
		Read, Remind, Consent, 77, Op, Edit, Delete, React, Vote, Vote, PollClose, Event, RSVP}
	m.Kind = kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]
	switch m.Kind {
	case Profile:
		m.Body = must(ProfileBody{Name: rapid.StringMatching(`[a-z]{1,4}`).Draw(t, "name")}.Encode())
	case Receipt:
		var marks []Mark
		for d := range rapid.IntRange(1, 6).Draw(t, "marks") {
			marks = append(marks, Mark{Device: identity.DeviceID{byte(d)}, Seq: uint64(small("seq", 9))})
		}
		m.Body = must(ReceiptBody{Marks: marks}.Encode())
	default:
		if list := bodies()[m.Kind]; len(list) > 0 {
			m.Body = list[rapid.IntRange(0, len(list)-1).Draw(t, "body")]
		}
	}
	if small("broken", 9) == 0 && len(m.Body) > 0 {
		m.Body = m.Body[:len(m.Body)-1]
	}
	return m
}

// fold folds messages one by one, giving each only the rows it names, as a room does; and anew what Again names.
func fold(t rapid.TB, msgs []Msg) Rows {
	all := Rows{}
	for i, m := range msgs {
		if !put(t, all, m) {
			continue
		}
		if k := Again(m); k != "" {
			refold(t, all, msgs[:i+1], k)
		}
	}
	return all
}

// put folds one message into all rows, and reports whether that changed any.
func put(t rapid.TB, all Rows, m Msg) bool {
	some, keys := Rows{}, Touches(m)
	for _, k := range append(slices.Clone(keys), Looks(m)...) {
		if r, ok := all[k]; ok {
			some[k] = r
		}
	}
	out := Fold(some, m)
	for _, r := range out {
		if !slices.Contains(keys, r.Key) {
			t.Fatalf("kind %d writes %s, which it does not touch", m.Kind, r.Key)
		}
		if all[r.Key] = r; r.Value == nil {
			delete(all, r.Key)
		}
	}
	return len(out) > 0
}

// refold makes anew every row of the messages that touch a row, each from all that touch it.
func refold(t rapid.TB, all Rows, msgs []Msg, key RowKey) {
	var keys []RowKey
	for _, m := range msgs {
		if k := Touches(m); slices.Contains(k, key) {
			keys = append(keys, k...)
		}
	}
	for _, k := range keys {
		scratch := maps.Clone(all)
		for _, m := range msgs {
			if slices.Contains(Touches(m), k) {
				for _, x := range Touches(m) {
					delete(scratch, x)
				}
			}
		}
		for _, m := range msgs {
			if slices.Contains(Touches(m), k) {
				put(t, scratch, m)
			}
		}
		if r, ok := scratch[k]; ok {
			all[k] = r
		} else {
			delete(all, k)
		}
	}
}

// TestFoldInAnyOrder: the same messages in any order, any of them several times, give the same rows.
func TestFoldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		byID := map[[32]byte]Msg{}
		for range rapid.IntRange(1, 30).Draw(t, "messages") {
			m := draw(t)
			byID[m.ID] = m // an id names one message
		}
		var msgs []Msg
		for _, m := range byID {
			msgs = append(msgs, m)
		}
		slices.SortFunc(msgs, func(a, b Msg) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		want := fold(t, msgs)
		again := append(slices.Clone(msgs), msgs[:len(msgs)/2]...)
		got := fold(t, rapid.Permutation(again).Draw(t, "order"))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("another order gives other rows:\n%s", d)
		}
	})
}

// TestReceiptsOverTheLimit: a member who names more devices than a receipt may hold, over several receipts, gets one row all the same.
func TestReceiptsOverTheLimit(t *testing.T) {
	var msgs []Msg
	for i := range 4 {
		var b ReceiptBody
		for j := range MaxMarks {
			d := identity.DeviceID{}
			binary.BigEndian.PutUint32(d[:], uint32((i*700+j)*2654435761))
			b.Marks = append(b.Marks, Mark{Device: d, Seq: uint64(i + 1)})
		}
		body := must(b.Encode())
		if _, err := ParseReceipt(body); err != nil {
			t.Fatalf("a receipt at its limit is refused: %v", err)
		}
		msgs = append(msgs, Msg{ID: [32]byte{byte(i)}, Author: identity.UserID{1}, Kind: Receipt, Body: body})
	}
	want := fold(t, msgs)
	slices.Reverse(msgs)
	got := fold(t, msgs)
	if d := cmp.Diff(want, got); d != "" {
		t.Error("another order gives another row")
	}
	w, err := ParseWatermarkRow(got[WatermarkKey(identity.UserID{1})].Value)
	if err != nil || len(w.Marks) == 0 || len(w.Marks) > MaxMarks {
		t.Errorf("%d marks: %v", len(w.Marks), err)
	}
}

// TestProfileLastWins: by (lamport, id), and a broken one changes nothing.
func TestProfileLastWins(t *testing.T) {
	msg := func(id byte, lamport op.Millis, name string) Msg {
		return Msg{ID: [32]byte{id}, Author: identity.UserID{1}, Lamport: lamport, Kind: Profile, Body: must(ProfileBody{Name: name}.Encode())}
	}
	for _, c := range []struct {
		msgs []Msg
		want string
	}{
		{[]Msg{msg(1, 5, "late"), msg(2, 4, "early")}, "late"},
		{[]Msg{msg(1, 5, "a"), msg(2, 5, "b")}, "b"},
		{[]Msg{msg(1, 5, "a"), {ID: [32]byte{9}, Author: identity.UserID{1}, Lamport: 9, Kind: Profile, Body: []byte{0x81}}}, "a"},
		{[]Msg{msg(1, 5, "a"), {ID: [32]byte{9}, Author: identity.UserID{2}, Lamport: 9, Kind: Profile, Body: must(ProfileBody{Name: "other"}.Encode())}}, "a"},
	} {
		r, err := ParseProfileRow(fold(t, c.msgs)[ProfileKey(identity.UserID{1})].Value)
		if err != nil || r.Profile.Name != c.want {
			t.Errorf("%q, want %q (%v)", r.Profile.Name, c.want, err)
		}
	}
}

// TestRows: what a fold writes can be read, stands at its place, and an unknown kind is kept as one.
func TestRows(t *testing.T) {
	for kind, list := range bodies() {
		for i, body := range list {
			m := Msg{ID: [32]byte{byte(i), 5}, Author: identity.UserID{1}, Device: identity.DeviceID{2}, Seq: 3, Lamport: 1_790_000_000_000, Time: 4, Kind: kind, Body: body}
			rows := Fold(nil, m)
			if _, known := folds[kind]; !known && len(rows) != 1 {
				t.Fatalf("kind %d: %d rows", kind, len(rows))
			}
			for _, r := range rows {
				if !slices.Contains(Touches(m), r.Key) {
					t.Fatalf("kind %d makes %s unasked", kind, r.Key)
				}
			}
			if len(rows) == 0 || rows[0].Key != MessageKey(m.ID) {
				continue
			}
			r := rows[0]
			got, err := ParseMessageRow(r.Value)
			if err != nil || !bytes.Equal(r.Order, Order(m.Lamport, m.ID)) || got.ID != m.ID || got.Author != m.Author || got.Kind != kind {
				t.Errorf("kind %d: %+v %v", kind, got, err)
			}
			thread := false
			if b, ok := got.Content().(*TextBody); ok {
				thread = len(b.Thread) > 0
			}
			if (r.List == Messages) == thread {
				t.Errorf("kind %d is listed in %q", kind, r.List)
			}
			if (got.Content() == nil) != (kind == 77) {
				t.Errorf("kind %d has the body %v", kind, got.Content())
			}
		}
	}
	if len(Touches(Msg{Kind: Op})) != 0 || len(Fold(nil, Msg{Kind: Op})) != 0 {
		t.Error("an op makes a row")
	}
	if bytes.Compare(Order(1, [32]byte{9}), Order(2, [32]byte{1})) >= 0 || bytes.Compare(Order(2, [32]byte{1}), Order(2, [32]byte{2})) >= 0 {
		t.Error("order is not by (lamport, id)")
	}
}

// TestLimits: one over each limit is refused by writer and reader, and the error names the field.
func TestLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	users := func(n int) []identity.UserID { return make([]identity.UserID, n) }
	for _, c := range []struct {
		field string
		enc   func(n int) ([]byte, error)
		parse func([]byte) error
		limit int
	}{
		{"text", func(n int) ([]byte, error) { return TextBody{Text: long(n)}.Encode() }, func(b []byte) error { _, err := ParseText(b); return err }, MaxText},
		{"mentions", func(n int) ([]byte, error) { return TextBody{Text: "x", Mentions: users(n)}.Encode() }, func(b []byte) error { _, err := ParseText(b); return err }, MaxMentions},
		{"text", func(n int) ([]byte, error) { return AnnouncementBody{Text: long(n)}.Encode() }, func(b []byte) error { _, err := ParseAnnouncement(b); return err }, MaxText},
		{"groups", func(n int) ([]byte, error) { return AnnouncementBody{Text: "x", Groups: make([]op.ID, n)}.Encode() }, func(b []byte) error { _, err := ParseAnnouncement(b); return err }, maxGroups},
		{"priority", func(n int) ([]byte, error) { return AnnouncementBody{Text: "x", Priority: uint8(n)}.Encode() }, func(b []byte) error { _, err := ParseAnnouncement(b); return err }, 2},
		{"replies", func(n int) ([]byte, error) { return AnnouncementBody{Text: "x", Replies: uint8(n)}.Encode() }, func(b []byte) error { _, err := ParseAnnouncement(b); return err }, 1},
		{"picture", func(n int) ([]byte, error) { return ProfileBody{Name: "x", Picture: make([]byte, n)}.Encode() }, func(b []byte) error { _, err := ParseProfile(b); return err }, MaxPicture},
		{"contacts", func(n int) ([]byte, error) {
			return ProfileBody{Name: "x", Contacts: slices.Repeat([]Contact{{Kind: "k", Value: "v"}}, n)}.Encode()
		}, func(b []byte) error { _, err := ParseProfile(b); return err }, MaxContacts},
		{"contacts: value", func(n int) ([]byte, error) {
			return ProfileBody{Name: "x", Contacts: []Contact{{Kind: "k", Value: long(n)}}}.Encode()
		}, func(b []byte) error { _, err := ParseProfile(b); return err }, maxContactValue},
		{"note", func(n int) ([]byte, error) {
			return JoinRequestBody{Cert: someCert, Invite: op.ID{1}, Name: "x", Note: long(n)}.Encode()
		}, func(b []byte) error { _, err := ParseJoinRequest(b); return err }, MaxNote},
		{"name", func(n int) ([]byte, error) {
			return JoinRequestBody{Cert: someCert, Invite: op.ID{1}, Name: long(n)}.Encode()
		}, func(b []byte) error { _, err := ParseJoinRequest(b); return err }, MaxName},
		{"cert", func(n int) ([]byte, error) {
			return JoinRequestBody{Cert: make([]byte, n), Invite: op.ID{1}, Name: "x"}.Encode()
		}, func(b []byte) error { _, err := ParseJoinRequest(b); return err }, identity.CertSize},
		{"reason", func(n int) ([]byte, error) { return DecisionBody{Reason: long(n)}.Encode() }, func(b []byte) error { _, err := ParseDecision(b); return err }, MaxReason},
		{"name", func(n int) ([]byte, error) { return SuggestionBody{Name: long(n)}.Encode() }, func(b []byte) error { _, err := ParseSuggestion(b); return err }, MaxName},
		{"description", func(n int) ([]byte, error) { return SuggestionBody{Name: "x", Description: long(n)}.Encode() }, func(b []byte) error { _, err := ParseSuggestion(b); return err }, 4 << 10},
		{"who_posts", func(n int) ([]byte, error) { return SuggestionBody{Name: "x", WhoPosts: uint8(n)}.Encode() }, func(b []byte) error { _, err := ParseSuggestion(b); return err }, 1},
		{"name", func(n int) ([]byte, error) { return ProfileBody{Name: long(n)}.Encode() }, func(b []byte) error { _, err := ParseProfile(b); return err }, MaxName},
	} {
		if b, err := c.enc(c.limit); err != nil || c.parse(b) != nil {
			t.Errorf("%s at %d: %v %v", c.field, c.limit, err, c.parse(b))
		}
		if _, err := c.enc(c.limit + 1); !errors.Is(err, ErrBody) || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s over %d: %v", c.field, c.limit, err)
		}
	}
	for why, c := range map[string]error{
		"reply":  func() error { _, err := TextBody{Text: "x", Reply: make([]byte, 31)}.Encode(); return err }(),
		"thread": func() error { _, err := TextBody{Text: "x", Thread: make([]byte, 33)}.Encode(); return err }(),
		"text":   func() error { _, err := TextBody{}.Encode(); return err }(),
		"UTF-8":  func() error { _, err := TextBody{Text: "\xff"}.Encode(); return err }(),
		"name":   func() error { _, err := ProfileBody{}.Encode(); return err }(),
		"marks":  func() error { _, err := ReceiptBody{}.Encode(); return err }(),
		"proof": func() error {
			_, err := JoinRequestBody{Cert: someCert, Invite: op.ID{1}, Name: "x", Proof: make([]byte, 63)}.Encode()
			return err
		}(),
		"invite": func() error { _, err := JoinRequestBody{Cert: someCert, Name: "x"}.Encode(); return err }(),
	} {
		if !errors.Is(c, ErrBody) || !strings.Contains(c.Error(), why) {
			t.Errorf("%s: %v", why, c)
		}
	}
	if b, err := (TextBody{Text: long(MaxText), Mentions: users(MaxMentions), Reply: make([]byte, 32), Thread: make([]byte, 64)}).Encode(); err != nil || len(b) > 1<<17 {
		t.Errorf("%d bytes: %v", len(b), err)
	}
}

// vectorKinds are the kinds by the first word of a vector's name.
var vectorKinds = map[string]Kind{"text": Text, "announcement": Announcement, "profile": Profile, "receipt": Receipt, "request": JoinRequest, "decision": Decision,
	"suggestion": Suggestion, "edit": Edit, "delete": Delete, "moderate": Moderate, "react": React, "pin": Pin, "poll": Poll, "vote": Vote, "close": PollClose, "event": Event,
	"rsvp": RSVP, "ack": Ack, "rollup": RollUp, "report": Report, "read": Read, "remind": Remind, "consent": Consent}

// TestVectors: bodies byte for byte, as SPEC.md shows them, and what is refused: of every kind some. Their author is 32 bytes of 1, and their lamport 1000.
func TestVectors(t *testing.T) {
	files, _ := filepath.Glob("testdata/vectors/*.txt")
	good, bad := map[Kind]int{}, map[Kind]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(b), "\n")
		raw, err := hex.DecodeString(lines[1])
		if err != nil {
			t.Fatal(err)
		}
		kind, known := vectorKinds[strings.SplitN(strings.TrimSuffix(filepath.Base(file), ".txt"), "-", 2)[0]]
		if !known {
			t.Fatalf("%s: of no kind", file)
		}
		refused := strings.HasPrefix(lines[0], "expect: refused")
		m := Msg{Author: identity.UserID(bytes.Repeat([]byte{1}, 32)), Lamport: 1000, Kind: kind, Body: raw}
		if got := len(Touches(m)); (got == 0) != refused {
			t.Errorf("%s: touches %d rows", file, got)
		}
		if refused != (len(Fold(nil, m)) == 0) {
			t.Errorf("%s: makes %d rows", file, len(Fold(nil, m)))
		}
		if refused {
			bad[kind]++
		} else {
			good[kind]++
		}
	}
	all, refusals := 0, 0
	for kind := range folds {
		if all, refusals = all+good[kind], refusals+bad[kind]; good[kind] == 0 || bad[kind] == 0 {
			t.Errorf("kind %d: %d successes, %d refusals", kind, good[kind], bad[kind])
		}
	}
	if refusals < all {
		t.Errorf("%d successes, %d refusals", all, refusals)
	}
}

type body interface {
	check() error
	Encode() ([]byte, error)
}

func form[T body](raw []byte) (body, error) {
	var b T
	if err := parse(raw, &b); err != nil {
		return nil, err
	}
	return b, b.check()
}

// forms read the bodies of every kind, which must be written again in the same bytes.
var forms = map[Kind]func([]byte) (body, error){
	Text:         func(raw []byte) (body, error) { return ParseText(raw) },
	Announcement: form[AnnouncementBody], Profile: form[ProfileBody], Receipt: form[ReceiptBody], JoinRequest: form[JoinRequestBody], Decision: form[DecisionBody],
	Suggestion: form[SuggestionBody], Report: form[ReportBody], Edit: form[EditBody], Delete: func(raw []byte) (body, error) { return ParseDelete(raw) }, Moderate: form[ModerateBody], React: form[ReactBody],
	Pin: form[PinBody], Poll: form[PollBody], Vote: form[VoteBody], PollClose: form[PollCloseBody], Event: form[EventBody], RSVP: form[RSVPBody], Ack: form[AckBody],
	RollUp: form[RollUpBody], Read: form[ReadBody], Remind: form[RemindBody], Consent: form[ConsentBody],
}

// FuzzBody: any bytes of any kind fold or are left alone; what a kind accepts is in its one form.
func FuzzBody(f *testing.F) {
	for kind, list := range bodies() {
		for _, b := range list {
			f.Add(uint16(kind), b)
		}
	}
	for kind := range folds {
		if forms[kind] == nil {
			f.Fatalf("kind %d is not looked at", kind)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint16, body []byte) {
		if len(body) > 64<<10 {
			return // never reaches a body parser: the wire bounds it
		}
		m := Msg{ID: [32]byte{1}, Author: identity.UserID{2}, Lamport: 5, Kind: Kind(kind), Body: body}
		keys := Touches(m)
		rows := Fold(nil, m)
		if len(rows) > len(keys) {
			t.Fatalf("%d rows from %d keys", len(rows), len(keys))
		}
		for _, r := range rows {
			if (Kind(kind) == Profile || Kind(kind) == Receipt) && Fold(Rows{r.Key: r}, m) != nil {
				t.Fatal("folding twice changes something")
			}
		}
		form, known := forms[Kind(kind)]
		if !known {
			return
		}
		v, err := form(body)
		if err != nil {
			if !errors.Is(err, ErrBody) || len(keys) != 0 {
				t.Fatalf("%v, and %d keys", err, len(keys))
			}
			return
		}
		if b, err := v.Encode(); err != nil || !bytes.Equal(b, body) {
			t.Fatalf("two encodings of one body (%v)", err)
		}
	})
}
