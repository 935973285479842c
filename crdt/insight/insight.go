package insight

import (
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Few is the smallest number of people that anything is said about.
const Few = 5

// Day is a day of UTC, in days since 1970.
type Day int64

const msADay = 24 * 60 * 60 * 1000

// DayOf returns the day of a time.
func DayOf(t op.Millis) Day { return Day(t / msADay) }

// Begins returns when a day begins.
func (d Day) Begins() op.Millis { return op.Millis(d) * msADay }

// Span is a time that somebody was a member: from From, to To, 0 for one who still is.
type Span struct{ From, To op.Millis }

// Switch is one time that a person consented, or took that back.
type Switch struct {
	At op.Millis
	On bool
}

// Done is what one person did on a day: messages that he wrote, and whatever else he did of his own accord.
type Done struct {
	Member         identity.UserID
	Day            Day
	Messages, Acts int
}

// Announced is how far an announcement of a day got. It is known to all members without this, and no act of those it reached.
type Announced struct {
	Day     Day
	Reached int
}

// Facts are what a node knows of a community.
type Facts struct {
	Now      op.Millis
	Members  map[identity.UserID][]Span
	Consents map[identity.UserID][]Switch // oldest first
	Done     []Done                       // each person and day any number of times
	Reached  []Announced
}

// Figures are a day's. What is nil is about fewer than Few people, or is not known yet.
type Figures struct {
	Day              Day
	Over             bool // the day is; until then nobody's acts are told
	Members          *int // at its end, or now
	Active, Messages *int // of those who consent: who wrote or answered, and how many messages they wrote
	// Of the day's announcements that reached Few people or more: how many people they reached, each counted for itself, and how many members there were to reach.
	Reached, Expected *int
}

// Days returns the figures of the days from one to another, both included, oldest first, up to today.
func Days(f Facts, from, to Day) []Figures {
	to = min(to, DayOf(f.Now))
	if to < from {
		return []Figures{}
	}
	n := int(to-from) + 1
	came := make([]int, n+1)
	for _, spans := range f.Members {
		for _, s := range merged(spans) {
			first := max(0, DayOf(s.From)-from)
			last := Day(n)
			if s.To != 0 {
				last = max(0, DayOf(s.To)-from) // on the day that he goes he is out at its end
			}
			if first < last && first < Day(n) {
				came[first]++
				came[min(last, Day(n))]--
			}
		}
	}
	type person struct {
		active   bool
		messages int
	}
	did := make([]map[identity.UserID]person, n)
	for _, d := range f.Done {
		i := d.Day - from
		if i < 0 || i >= Day(n) || d.Messages+d.Acts <= 0 || !consented(f.Consents[d.Member], d.Day) || !memberOn(f.Members[d.Member], d.Day) {
			continue
		}
		if did[i] == nil {
			did[i] = map[identity.UserID]person{}
		}
		p := did[i][d.Member]
		p.active, p.messages = true, p.messages+d.Messages
		did[i][d.Member] = p
	}
	out := make([]Figures, n)
	members := make([]int, n)
	for i, now := 0, 0; i < n; i++ {
		now += came[i]
		members[i] = now
		x := &out[i]
		x.Day = from + Day(i)
		x.Over = x.Day < DayOf(f.Now)
		if now >= Few {
			x.Members = new(now)
		}
		if len(did[i]) >= Few && x.Over {
			sum := 0
			for _, p := range did[i] {
				sum += p.messages
			}
			x.Active, x.Messages = new(len(did[i])), new(sum)
		}
	}
	for _, a := range f.Reached {
		i := a.Day - from
		if i < 0 || i >= Day(n) || a.Reached < Few {
			continue
		}
		x := &out[i]
		if x.Reached == nil {
			x.Reached, x.Expected = new(0), new(0)
		}
		*x.Reached += a.Reached
		*x.Expected += max(members[i]-1, a.Reached)
	}
	return out
}

// merged are spans without overlaps, so that a person with several roles is one.
func merged(spans []Span) (out []Span) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return int(min(max(a.From-b.From, -1), 1)) })
	for _, s := range spans {
		if s.To != 0 && s.To <= s.From {
			continue
		}
		if last := len(out) - 1; last >= 0 && (out[last].To == 0 || s.From <= out[last].To) {
			if out[last].To != 0 && (s.To == 0 || s.To > out[last].To) {
				out[last].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func memberOn(spans []Span, d Day) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From < (d+1).Begins() && (s.To == 0 || s.To >= d.Begins()) })
}

// consented reports whether somebody consented the whole day.
func consented(all []Switch, d Day) (on bool) {
	for _, s := range all {
		if s.At >= (d + 1).Begins() {
			break
		}
		if s.At <= d.Begins() {
			on = s.On
		} else if !s.On {
			return false
		}
	}
	return on
}

// Consenting counts the members who consent now. It is 0 where they are fewer than Few.
func Consenting(f Facts) (n int) {
	for m, all := range f.Consents {
		if len(all) > 0 && all[len(all)-1].On && memberOn(f.Members[m], DayOf(f.Now)) {
			n++
		}
	}
	if n < Few {
		return 0
	}
	return n
}
