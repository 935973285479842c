package pubsub

import "testing"

func TestEveryReasonHasItsVerdict(t *testing.T) {
	want := map[Reason]Verdict{
		Good: Accept, Malformed: Reject, Oversized: Reject, BadSignature: Reject, BadSeal: Reject,
		UnknownEpoch: Ignore, UnknownAuthor: Ignore, NotEntitled: Ignore, WrongDay: Ignore, Seen: Ignore, WrongTopic: Ignore,
		PeerQuota: Ignore, AuthorQuota: Ignore,
	}
	names := map[string]bool{}
	for r := range reasons {
		t.Run(r.String(), func(t *testing.T) {
			v, ok := want[r]
			if !ok || r.Verdict() != v {
				t.Errorf("verdict %v, want %v (known: %v)", r.Verdict(), v, ok)
			}
			if r.String() == "" || names[r.String()] {
				t.Error("name is empty or taken")
			}
			names[r.String()] = true
		})
	}
	if reasons.Verdict() != Ignore || Reason(255).String() == "" {
		t.Error("a number beyond the table is not ignored")
	}
}
