package epoch

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// The rules of sending (protocol.md section 4).
const (
	maxSends    = 10_000
	weekMillis  = op.Millis(7 * msPerDay)
	wantAfter   = op.Millis(10_000)      // without any clean epoch for this long I make one
	betterEvery = op.Millis(60_000)      // I leave a clean epoch for a better one at most this often
	leaveEvery  = op.Millis(10 * 60_000) // Leaves are batched into one rotation
)

// Info is one epoch of a space as the caller knows it.
type Info struct {
	ID    op.ID
	Gen   uint64
	Rank  int       // seniority of the creator's cap among all creators: 0 is the most senior
	Held  bool      // I have its secret
	Clean bool      // nobody of its roster is gone, in my view
	Early bool      // the one in use is left for it before its time: its creator held a Grant with REMOVE, or history is withheld
	At    op.Millis // when it was made, as signed
}

// Set chooses among the epochs of one space. One owner; not safe for concurrent use.
type Set struct {
	all     []Info
	sending op.ID
	since   op.Millis
	sent    int
	moved   op.Millis
	lost    op.Millis // since when there is nothing clean to send with; 0 = there is
}

// Update tells the set all that is known now.
func (s *Set) Update(all []Info) {
	s.all = slices.Clone(all)
	slices.SortFunc(s.all, better)
}

// better sorts the best first: highest gen, most senior creator, lowest id.
func better(a, b Info) int {
	return cmp.Or(cmp.Compare(b.Gen, a.Gen), cmp.Compare(a.Rank, b.Rank), bytes.Compare(a.ID[:], b.ID[:]))
}

func (s *Set) find(id op.ID) (Info, bool) {
	for _, e := range s.all {
		if e.ID == id {
			return e, true
		}
	}
	return Info{}, false
}

// Sending returns the epoch to seal the next message with. Kept while it is clean, young (7 days or the retention, whichever is
// less) and has carried fewer than 10,000 messages of mine; left early only for a clean one of a higher generation that is worth it, at most
// once a minute. false: none is clean and held.
func (s *Set) Sending(now, retention op.Millis) (op.ID, bool) {
	best, ok := s.best()
	if !ok {
		if s.lost == 0 {
			s.lost = now
		}
		return op.ID{}, false
	}
	s.lost = 0
	cur, have := s.find(s.sending)
	keep := have && cur.Held && cur.Clean && !s.Stale(now, retention)
	if keep && best.Gen > cur.Gen && best.Early && now-s.moved >= betterEvery {
		keep = false
	}
	if !keep && best.ID != s.sending {
		s.sending, s.since, s.sent, s.moved = best.ID, now, 0, now
	}
	return s.sending, true
}

// best is the best clean epoch whose secret I hold.
func (s *Set) best() (Info, bool) {
	for _, e := range s.all {
		if e.Held && e.Clean {
			return e, true
		}
	}
	return Info{}, false
}

// Stale: what I send with is due for the weekly rotation, or has carried its share. Its age is that of the epoch, so that nodes which are
// started every day rotate too; one without a date, or dated ahead of my clock, is as old as my
// use of it.
func (s *Set) Stale(now, retention op.Millis) bool {
	cur, ok := s.find(s.sending)
	if !ok {
		return false
	}
	limit := weekMillis
	if retention > 0 {
		limit = min(limit, retention)
	}
	from := cur.At
	if from == 0 || from > now {
		from = s.since
	}
	return now-from >= limit || s.sent >= maxSends
}

// Sent counts one message of mine.
func (s *Set) Sent() { s.sent++ }

// Lost reports since when nothing clean is held, 0 if something is. After ten seconds of it the caller makes an epoch.
func (s *Set) Lost(now op.Millis) (due bool) { return s.lost > 0 && now-s.lost >= wantAfter }

// Parents returns what a new epoch builds on: the at most four best, in ascending order of ids, and its generation.
func (s *Set) Parents() (parents []op.ID, gen uint64) {
	parents, gen = []op.ID{}, 1
	for _, e := range s.all[:min(4, len(s.all))] {
		parents = append(parents, e.ID)
		gen = max(gen, e.Gen+1)
	}
	slices.SortFunc(parents, func(a, b op.ID) int { return bytes.Compare(a[:], b[:]) })
	return parents, gen
}

// Clean reports whether an epoch is one that members may send with now.
func (s *Set) Clean(id op.ID) bool {
	e, ok := s.find(id)
	return ok && e.Clean
}

// CleanExists reports whether some epoch, held or not, is clean.
func (s *Set) CleanExists() bool {
	return slices.ContainsFunc(s.all, func(e Info) bool { return e.Clean })
}

// Wanted lists clean epochs that are better than the best I hold, best first: their secrets are asked for.
func (s *Set) Wanted() []op.ID {
	var out []op.ID
	for _, e := range s.all {
		if e.Held && e.Clean {
			break
		}
		if e.Clean {
			out = append(out, e.ID)
		}
	}
	return out
}

// Listening returns the epochs whose topics to be in: the one sent with, every clean one held, and any of recent (those that carried
// a message in the last ten minutes), at most 16, best first.
func (s *Set) Listening(recent map[op.ID]bool) []op.ID {
	var out []op.ID
	for _, e := range s.all {
		if e.Held && (e.Clean || e.ID == s.sending || recent[e.ID]) && len(out) < 16 {
			out = append(out, e.ID)
		}
	}
	return out
}

// Place says how long I wait before I rotate for a cause that nobody is bound to act on, in milliseconds: everybody sorts itself and its
// connected members by SHA-256(cause ‖ device); place i waits i times two seconds. Members know different members, so several may take
// themselves for the first: within the two seconds the same hash spreads them.
func Place(cause [32]byte, me identity.DeviceID, connected []identity.DeviceID) op.Millis {
	key := func(d identity.DeviceID) [32]byte { return identity.LabelRotator.Hash(cause[:], d[:]) }
	mine, place := key(me), 0
	for _, d := range connected {
		if k := key(d); d != me && bytes.Compare(k[:], mine[:]) < 0 {
			place++
		}
	}
	return op.Millis(place)*2000 + op.Millis(binary.BigEndian.Uint32(mine[:]))*2000>>32
}
