package content

import (
	"encoding/binary"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// answers folds n answers of n members to one announcement, one by one, and gives what one costs: bytes of the rows that are written, and what is
// allocated. Of five answers one is a reaction, one a vote, one an RSVP, two are acknowledgements.
func answers(tb testing.TB, n int) (written, allocs float64) {
	rows := Rows{}
	emoji := []string{"👍", "🥭", "🎉", "🙏", "❤️", "😀", "🌧", "🔥"}
	of := someRef(1)
	msgs := make([]Msg, n)
	for i := range msgs {
		m := Msg{Space: op.ID{1}, Seq: 1, Lamport: op.Millis(i), Kind: Ack, Body: must(AckBody{Of: of}.Encode())}
		binary.BigEndian.PutUint32(m.ID[:], uint32(i))
		binary.BigEndian.PutUint32(m.Author[:], uint32(i))
		m.Device = identity.DeviceID(m.Author)
		switch i % 5 {
		case 0:
			m.Kind, m.Body = React, must(ReactBody{Of: of, Emoji: emoji[i/5%len(emoji)], On: true}.Encode())
		case 1:
			m.Kind, m.Body = Vote, must(VoteBody{Ballot: somePoll.Ballot(someRef(2)), Options: []uint8{uint8(i % 3)}}.Encode())
		case 2:
			m.Kind, m.Body = RSVP, must(RSVPBody{Of: someRef(3), Status: Yes, Guests: 1}.Encode())
		}
		msgs[i] = m
	}
	next, bytes := 0, 0
	one := func() {
		m := msgs[next]
		next++
		given := Rows{}
		for _, k := range append(Touches(m), Looks(m)...) {
			if r, ok := rows[k]; ok {
				given[k] = r
			}
		}
		for _, r := range Fold(given, m) {
			rows[r.Key] = r
			bytes += len(r.Key) + len(r.Order) + len(r.Value)
		}
	}
	for next < n/2 {
		one()
	}
	bytes = 0
	allocs = testing.AllocsPerRun(n/2-1, one) // runs once more than it counts: the dear half, where much is there already
	if a := about(rows, of); a.Acks == 0 || len(a.Reactions) == 0 {
		tb.Fatalf("the tallies are empty: %+v", a)
	}
	return float64(bytes) / float64(n-n/2), allocs
}

// TestTalliesLinear: an answer costs the same whether 1,250 or 10,000 came before it.
func TestTalliesLinear(t *testing.T) {
	small, smallAllocs := answers(t, 2500)
	for _, n := range []int{5000, 10_000, 20_000} {
		bytes, allocs := answers(t, n)
		t.Logf("%d answers: %.0f bytes of rows and %.1f allocations each", n, bytes, allocs)
		if bytes > 1.05*small || allocs > 1.05*smallAllocs+1 {
			t.Errorf("of %d answers one writes %.0f bytes with %.1f allocations, of 2500 %.0f with %.1f", n, bytes, allocs, small, smallAllocs)
		}
	}
}

// BenchmarkAnswers folds 5,000 answers to one announcement.
func BenchmarkAnswers(b *testing.B) {
	for b.Loop() {
		answers(b, 5000)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/5000, "µs/answer")
}
