package insight

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

func user(n int) identity.UserID { return identity.UserID{byte(n), byte(n >> 8)} }

// crowd are n members since ever, who consent and each wrote two messages on a day.
func crowd(n int, d Day) Facts {
	f := Facts{Now: (d + 1).Begins(), Members: map[identity.UserID][]Span{}, Consents: map[identity.UserID][]Switch{}}
	for i := range n {
		f.Members[user(i)] = []Span{{From: 1}}
		f.Consents[user(i)] = []Switch{{At: 1, On: true}}
		f.Done = append(f.Done, Done{user(i), d, 2, 0})
	}
	return f
}

func is(got *int, want int) bool { return (got == nil) == (want < 0) && (got == nil || *got == want) }

func TestFew(t *testing.T) {
	for n := range 8 {
		f := crowd(n, 10)
		f.Reached = []Announced{{10, n}}
		x := Days(f, 10, 10)[0]
		want, twice := n, 2*n
		if n < Few {
			want, twice = -1, -1
		}
		if !is(x.Members, want) || !is(x.Active, want) || !is(x.Messages, twice) || !is(x.Reached, want) {
			t.Errorf("%d people: %v %v %v %v", n, x.Members, x.Active, x.Messages, x.Reached)
		}
		if got := Consenting(f); got != max(0, want) {
			t.Errorf("%d consent: %d are told", n, got)
		}
	}
}

// TestWhoCounts: of six people on day 10, one after the other does not count for the reason named; five are told of, four are not.
func TestWhoCounts(t *testing.T) {
	for why, change := range map[string]func(f *Facts, u identity.UserID){
		"never consented":                    func(f *Facts, u identity.UserID) { delete(f.Consents, u) },
		"consented in the course of the day": func(f *Facts, u identity.UserID) { f.Consents[u] = []Switch{{Day(10).Begins() + 1, true}} },
		"consented later":                    func(f *Facts, u identity.UserID) { f.Consents[u] = []Switch{{Day(11).Begins(), true}} },
		"took it back on that day": func(f *Facts, u identity.UserID) {
			f.Consents[u] = append(f.Consents[u], Switch{Day(10).Begins() + 9, false})
		},
		"took it back for an hour": func(f *Facts, u identity.UserID) {
			f.Consents[u] = append(f.Consents[u], Switch{Day(10).Begins() + 9, false}, Switch{Day(10).Begins() + 19, true})
		},
		"took it back before": func(f *Facts, u identity.UserID) {
			f.Consents[u] = append(f.Consents[u], Switch{Day(9).Begins(), false})
		},
		"was no member any more": func(f *Facts, u identity.UserID) { f.Members[u] = []Span{{1, Day(10).Begins() - 1}} },
		"was no member yet":      func(f *Facts, u identity.UserID) { f.Members[u] = []Span{{From: Day(11).Begins()}} },
		"did it on another day":  func(f *Facts, u identity.UserID) { f.Done = without(f.Done, u, Done{u, 9, 1, 0}) },
		"did nothing":            func(f *Facts, u identity.UserID) { f.Done = without(f.Done, u, Done{u, 10, 0, 0}) },
	} {
		f := crowd(6, 10)
		change(&f, user(0))
		x := Days(f, 10, 10)[0]
		if !is(x.Active, 5) || !is(x.Messages, 10) {
			t.Errorf("one %s: %v %v", why, x.Active, x.Messages)
		}
		change(&f, user(1))
		if x := Days(f, 10, 10)[0]; x.Active != nil || x.Messages != nil {
			t.Errorf("two %s: %v %v", why, *x.Active, *x.Messages)
		}
	}
	f := crowd(5, 10)
	f.Consents[user(0)] = append(f.Consents[user(0)], Switch{Day(11).Begins(), false}) // days before stay
	f.Members[user(1)] = []Span{{1, Day(10).Begins() + 5}}
	f.Members[user(2)] = []Span{{1, 50}, {40, Day(10).Begins() + 9}} // two roles, one person
	f.Done[3] = Done{user(3), 10, 0, 1}
	x := Days(f, 10, 10)[0]
	if !is(x.Active, 5) || !is(x.Messages, 8) || x.Members != nil {
		t.Errorf("%v %v %v", x.Active, x.Messages, x.Members)
	}
	f = crowd(7, 10)
	f.Now = Day(10).Begins() + 5
	if x := Days(f, 10, 12); len(x) != 1 || x[0].Over || x[0].Active != nil || !is(x[0].Members, 7) {
		t.Errorf("a day that is not over: %+v", x)
	}
	f = crowd(20, 10)
	f.Reached = []Announced{{10, 12}, {10, 4}, {10, 19}, {9, 5}}
	if x := Days(f, 10, 10)[0]; !is(x.Reached, 31) || !is(x.Expected, 38) {
		t.Errorf("reached %v of %v", x.Reached, x.Expected)
	}
}

func without(all []Done, u identity.UserID, instead Done) (out []Done) {
	for _, d := range all {
		if d.Member != u {
			out = append(out, d)
		}
	}
	return append(out, instead)
}

// TestNoDifference: of any facts, whatever is asked about a day says the same as any other question about it, and the same as if nothing were known of the other days.
// So what one learns by asking twice is what one learns from the figures of each day, and every one of these is about five people or more, counted again here.
func TestNoDifference(t *testing.T) {
	shown, hidden := 0, 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		in := func(a, b int) int { return a + rng.IntN(b-a+1) }
		f := Facts{Now: op.Millis(in(3*msADay, 8*msADay)), Members: map[identity.UserID][]Span{}, Consents: map[identity.UserID][]Switch{}}
		at := func() op.Millis { return op.Millis(in(0, 8*msADay)) }
		for i := range []int{0, 3, 5, 6, 7, 9, 14}[in(0, 6)] {
			u := user(i)
			s := Span{From: at() / 4}
			if in(0, 4) == 0 {
				s.To = s.From + at()
			}
			f.Members[u] = []Span{s}
			on, last := true, op.Millis(0)
			for range []int{1, 1, 0, 1, 2, 3}[in(0, 5)] {
				f.Consents[u] = append(f.Consents[u], Switch{last, on})
				last += 1 + at()/3
				on = !on
			}
			for d := range 8 {
				if k := in(-1, 5); k > 0 {
					f.Done = append(f.Done, Done{u, Day(d), k - 1, 1})
				}
			}
		}
		for range in(0, 4) {
			f.Reached = append(f.Reached, Announced{Day(in(0, 7)), in(0, 9)})
		}
		all := Days(f, 0, 9)
		if len(all) != int(DayOf(f.Now))+1 {
			t.Fatalf("seed %d: %d days", seed, len(all))
		}
		from := Day(in(0, 8))
		for _, x := range Days(f, from, Day(in(0, 9))) {
			if !reflect.DeepEqual(x, all[x.Day]) {
				t.Fatalf("seed %d: day %d: %+v when asked for alone, %+v among all", seed, x.Day, x, all[x.Day])
			}
		}
		for d, x := range all {
			only := f
			only.Done, only.Reached = nil, nil
			for _, y := range f.Done {
				if y.Day == Day(d) {
					only.Done = append(only.Done, y)
				}
			}
			for _, y := range f.Reached {
				if y.Day == Day(d) {
					only.Reached = append(only.Reached, y)
				}
			}
			if got := Days(only, Day(d), Day(d))[0]; !reflect.DeepEqual(got, x) {
				t.Fatalf("seed %d: day %d: %+v of that day alone, %+v of all", seed, d, got, x)
			}
			who, messages := map[identity.UserID]bool{}, 0
			for _, y := range only.Done {
				on := false
				for ms := Day(d).Begins(); ms < Day(d+1).Begins(); ms += msADay / 24 { // looked at hour by hour, and when something changes
					on = consentsAt(f.Consents[y.Member], ms)
					if !on {
						break
					}
				}
				for _, s := range f.Consents[y.Member] {
					if on && s.At >= Day(d).Begins() && s.At < Day(d+1).Begins() {
						on = consentsAt(f.Consents[y.Member], s.At)
					}
				}
				s := f.Members[y.Member][0]
				if on && s.From < Day(d+1).Begins() && (s.To == 0 || s.To >= Day(d).Begins()) {
					who[y.Member] = true
					messages += y.Messages
				}
			}
			if x.Active != nil {
				shown++
				if len(who) < Few || *x.Active != len(who) || *x.Messages != messages || Day(d) >= DayOf(f.Now) {
					t.Fatalf("seed %d: day %d: %d people and %d messages are told, of %d and %d", seed, d, *x.Active, *x.Messages, len(who), messages)
				}
			} else if hidden++; len(who) >= Few && Day(d) < DayOf(f.Now) {
				t.Fatalf("seed %d: day %d: nothing is told of %d people", seed, d, len(who))
			}
			if x.Members != nil && *x.Members < Few || x.Reached != nil && *x.Reached < Few {
				t.Fatalf("seed %d: day %d: %+v", seed, d, x)
			}
		}
	}
	if shown < 1000 || hidden < 1000 {
		t.Errorf("only %d days were told of and %d not", shown, hidden)
	}
}

func consentsAt(all []Switch, at op.Millis) (on bool) {
	for _, s := range all {
		if s.At <= at {
			on = s.On
		}
	}
	return on
}
