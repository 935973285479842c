package epoch

import (
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func info(n byte, gen uint64, rank int, flags string) Info {
	has := func(c rune) bool { return slices.Contains([]rune(flags), c) }
	return Info{ID: op.ID{n}, Gen: gen, Rank: rank, Held: has('h'), Clean: has('c'), Early: has('r')}
}

// TestSending plays the rules of which epoch to send with.
func TestSending(t *testing.T) {
	const day = op.Millis(msPerDay)
	now := op.Millis(1_790_000_000_000)
	var s Set
	sends := func(want byte) {
		t.Helper()
		got, ok := s.Sending(now, 0)
		if ok != (want != 0) || got[0] != want {
			t.Errorf("sends with %d (%v), want %d", got[0], ok, want)
		}
	}
	sends(0)
	if s.Lost(now) {
		t.Error("lost at once")
	}
	now += wantAfter - 1
	sends(0)
	if s.Lost(now) {
		t.Error("lost too early")
	}
	now++
	if !s.Lost(now) {
		t.Error("not lost after ten seconds")
	}
	// the best is held, clean, of the highest gen, then by the most senior creator, then of the lowest id
	s.Update([]Info{info(5, 1, 0, "hc"), info(4, 2, 1, "hc"), info(3, 2, 1, "hc"), info(2, 3, 0, "h"), info(1, 4, 0, "c")})
	sends(3)
	if s.Lost(now) {
		t.Error("still lost")
	}
	// it is kept while it is clean, though a better one comes
	s.Update([]Info{info(3, 2, 1, "hc"), info(6, 3, 0, "hc")})
	now += betterEvery
	sends(3)
	// but left for a higher one by somebody who may remove
	s.Update([]Info{info(3, 2, 1, "hc"), info(7, 3, 1, "hcr")})
	sends(7)
	// at most once a minute, unless it must
	s.Update([]Info{info(7, 3, 1, "hc"), info(8, 4, 1, "hcr")})
	now += betterEvery - 1
	sends(7)
	now++
	sends(8)
	s.Update([]Info{info(8, 4, 1, "h"), info(9, 4, 2, "hc")})
	sends(9)
	// a week, or the retention, or ten thousand messages
	s.Update([]Info{info(9, 4, 2, "hc"), info(10, 5, 2, "hc")})
	now += 7*day - 1
	sends(9)
	if s.Stale(now, 0) || !s.Stale(now, day) {
		t.Error("staleness by time")
	}
	now++
	if !s.Stale(now, 0) {
		t.Error("not stale after a week")
	}
	sends(10)
	for range maxSends - 1 {
		s.Sent()
	}
	if s.Stale(now, 0) {
		t.Error("stale too early")
	}
	s.Sent()
	if !s.Stale(now, 0) {
		t.Error("not stale after 10,000 messages")
	}
	sends(10) // there is nothing better: it is used on, and a rotation is due
	s.Update([]Info{info(10, 5, 2, "hc"), info(11, 6, 2, "hc")})
	sends(11)
}

// TestStaleOverRestarts: a node that was started just now does not count an old epoch as young.
func TestStaleOverRestarts(t *testing.T) {
	var s Set
	e := info(1, 1, 0, "hc")
	e.At = 1000
	s.Update([]Info{e})
	if s.Sending(1000+weekMillis-1, 0); s.Stale(1000+weekMillis-1, 0) || !s.Stale(1000+weekMillis, 0) {
		t.Error("the epoch's age does not count")
	}
	e.At = 1000 + 2*weekMillis // ahead of the clock
	s.Update([]Info{e})
	if s.Stale(1000+weekMillis, 0) {
		t.Error("a date ahead of the clock counts")
	}
}

// TestSetLists: what is asked for, listened to, built on.
func TestSetLists(t *testing.T) {
	var s Set
	if p, gen := s.Parents(); len(p) != 0 || p == nil || gen != 1 {
		t.Errorf("the first builds on %v, gen %d", p, gen)
	}
	all := []Info{info(1, 9, 0, "c"), info(2, 8, 0, ""), info(3, 7, 0, "c"), info(4, 6, 0, "hc"), info(5, 5, 0, "c"), info(6, 4, 0, "h")}
	s.Update(all)
	if w := s.Wanted(); len(w) != 2 || w[0][0] != 1 || w[1][0] != 3 {
		t.Errorf("wants %v", w)
	}
	if p, gen := s.Parents(); gen != 10 || len(p) != 4 || !slices.IsSortedFunc(p, func(a, b op.ID) int { return slices.Compare(a[:], b[:]) }) || p[3][0] != 4 {
		t.Errorf("builds on %v, gen %d", p, gen)
	}
	if !s.Clean(op.ID{1}) || s.Clean(op.ID{2}) || s.Clean(op.ID{77}) || !s.CleanExists() {
		t.Error("clean")
	}
	s.Sending(1, 0)
	if l := s.Listening(nil); len(l) != 1 || l[0][0] != 4 {
		t.Errorf("listens to %v", l)
	}
	if l := s.Listening(map[op.ID]bool{{6}: true, {2}: true}); len(l) != 2 || l[1][0] != 6 {
		t.Errorf("listens to %v", l)
	}
	var many []Info
	for i := range 40 {
		many = append(many, info(byte(i+1), uint64(i), 0, "hc"))
	}
	s.Update(many)
	if n := len(s.Listening(nil)); n != 16 {
		t.Errorf("listens to %d", n)
	}
}

// TestPlace: everybody sorts the same crowd alike, so that places are taken once each; another cause gives another order.
func TestPlace(t *testing.T) {
	var crowd []identity.DeviceID
	for i := range 20 {
		crowd = append(crowd, identity.DeviceID{byte(i)})
	}
	order := func(cause byte) []int {
		var places []int
		for _, d := range crowd {
			places = append(places, int(Place([32]byte{cause}, d, crowd)/2000))
		}
		sorted := slices.Sorted(slices.Values(places))
		for i, p := range sorted {
			if p != i {
				t.Fatalf("places %v", places)
			}
		}
		return places
	}
	if slices.Equal(order(1), order(2)) {
		t.Error("the same one is always first")
	}
	if wait := Place([32]byte{1}, crowd[0], nil); wait < 0 || wait >= 2000 {
		t.Errorf("alone, and waits %d ms", wait)
	}
}
