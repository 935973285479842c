package content

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// TestTextShortcut: whatever the shortcut reads, the strict decoder reads to the same value, and it reads every text that mentions nobody. Nor
// do they part over bytes changed where a length or an end stands.
func TestTextShortcut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 22, 23, 24, 25, 254, 255, 256, 257, 4000, MaxText - 2}).Draw(t, "length")
		id := rapid.SampledFrom([][]byte{nil, bytes.Repeat([]byte{7}, 32)})
		body := TextBody{Text: strings.Repeat("x", n-n%2) + rapid.SampledFrom([]string{"x", "é"}).Draw(t, "end"), Reply: id.Draw(t, "reply"), Thread: id.Draw(t, "thread")}
		if rapid.Bool().Draw(t, "mentions") {
			body.Mentions = make([]identity.UserID, 2)
		}
		raw, err := op.Encode(filled(body))
		if err != nil {
			t.Fatal(err)
		}
		var got TextBody
		if got.read(raw) != (body.Mentions == nil) {
			t.Fatalf("with %d mentions it is read: %v", len(body.Mentions), body.Mentions != nil)
		}
		agree(t, raw)
		at := rapid.OneOf(rapid.IntRange(0, min(8, len(raw)-1)), rapid.IntRange(max(0, len(raw)-70), len(raw)-1)).Draw(t, "at")
		switch rapid.IntRange(0, 3).Draw(t, "change") {
		case 0:
			raw[at] = rapid.Byte().Draw(t, "byte")
		case 1:
			raw = raw[:at]
		case 2:
			raw = append(raw[:at:at], append([]byte{rapid.Byte().Draw(t, "byte")}, raw[at:]...)...)
		case 3: // a length in two bytes that one could hold, or in three
			raw = append([]byte{0x84}, append(rapid.SampledFrom([][]byte{{0x78, 1}, {0x79, 0, 1}, {0x78, 23}, {0x79, 0, 255}}).Draw(t, "head"), raw[2:]...)...)
		}
		agree(t, raw)
	})
	for _, raw := range [][]byte{{0x84, 0x78, 1, 'x', 0x40, 0x40, 0x80}, {0x84, 0x79, 0, 1, 'x', 0x40, 0x40, 0x80}, {0x84, 0x61, 0xff, 0x40, 0x40, 0x80},
		{0x84, 0x61, 'x', 0x40, 0x40, 0x80, 0}, {0x84, 0x61, 'x', 0x40, 0x40, 0xa0}, {0x84, 0x41, 'x', 0x40, 0x40, 0x80}, {0x84, 0x61, 'x', 0x60, 0x40, 0x80}} {
		if (&TextBody{}).read(raw) {
			t.Errorf("% x is read", raw)
		}
		agree(t, raw)
	}
}

func filled(b TextBody) TextBody {
	if b.Reply == nil {
		b.Reply = []byte{}
	}
	if b.Thread == nil {
		b.Thread = []byte{}
	}
	if b.Mentions == nil {
		b.Mentions = []identity.UserID{}
	}
	return b
}

func agree(t interface{ Fatalf(string, ...any) }, raw []byte) {
	var short, strict TextBody
	if !short.read(raw) {
		return
	}
	if err := op.Decode(raw, &strict); err != nil {
		t.Fatalf("% x is read, and is %v", raw[:min(len(raw), 16)], err)
	}
	if d := cmp.Diff(strict, short); d != "" {
		t.Fatalf("read otherwise:\n%s", d)
	}
}

// TestMessageRow: the row written by hand has the bytes that op.Encode writes, for every kind of body and every size of number.
func TestMessageRow(t *testing.T) {
	text, _ := TextBody{Text: "hello", Reply: make([]byte, 32), Mentions: make([]identity.UserID, 3)}.Encode()
	long, _ := TextBody{Text: strings.Repeat("x", 300)}.Encode()
	announcement, _ := AnnouncementBody{Text: "all", Groups: make([]op.ID, 2), Priority: 2, AckWanted: true}.Encode()
	bodies := []struct {
		kind Kind
		body []byte
	}{{Text, text}, {Text, long}, {Text, text[:3]}, {Announcement, announcement}, {Announcement, nil}, {Poll, must(somePoll.Encode())}, {999, []byte("later")}}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(bodies).Draw(t, "body")
		number := rapid.OneOf(rapid.SampledFrom([]uint64{0, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxUint64}), rapid.Uint64())
		m := Msg{ID: [32]byte{1, 2}, Author: identity.UserID{3}, Device: identity.DeviceID{4}, Seq: number.Draw(t, "seq"),
			Lamport: op.Millis(number.Draw(t, "lamport")), Time: op.Millis(number.Draw(t, "time")), Kind: c.kind, Body: c.body}
		r := MessageRow{ID: m.ID, Author: m.Author, Device: m.Device, Seq: m.Seq, Lamport: m.Lamport, Time: m.Time, Kind: m.Kind, Body: []byte{}}
		if Parse(c.kind, c.body) != nil {
			r.Body = c.body
		}
		want, err := op.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := foldMessage(nil, m)[0].Value; !bytes.Equal(got, want) {
			t.Fatalf("got  % x\nwant % x", got, want)
		}
	})
}
