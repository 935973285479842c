package crdt

import (
	"testing"

	"github.com/pandal-chat/pandal/crdt/acl"
	"github.com/pandal-chat/pandal/crdt/content"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
)

// TestArchived (R6): a message counts by what its epoch knew. One posted under the old epoch while the group was being archived counts; one
// under an epoch that knows does not, whoever sends it; and opening the group again makes neither other than it was.
func TestArchived(t *testing.T) {
	a := found(t, "Asha")
	food := a.group("food")
	inv, key := a.invite(food)
	b := a.admit("Budi", inv, key, food)
	meet(a, b)
	set := func(v string) {
		t.Helper()
		e, _, err := a.c.Author(start, Draft{Space: food, Body: op.SetBody{Key: acl.RegArchived, Value: []byte(v)}})
		if err != nil {
			t.Fatal(err)
		}
		a.perform(e)
		if e, err = a.c.Rotate(food, "archive", start); err != nil {
			t.Fatal(err)
		}
		a.perform(e)
	}
	set("1")
	b.post(food, "Budi has not heard") // before he knows
	meet(a, b)
	if got := a.texts(food); len(got) != 1 {
		t.Fatalf("a message under the old epoch: %v", got)
	}
	// A patched sender posts under the epoch that knows.
	var wire []byte
	for _, e := range b.c.space(food).epochs {
		b.c.judgeEpoch(b.c.space(food), e)
		if !e.archived || e.keys == nil {
			continue
		}
		body, _ := content.TextBody{Text: "forced"}.Encode()
		own := b.c.space(food).own
		w, _, err := e.keys.Seal(epoch.Header{Seq: own.Seq + 1, Prev: own.Prev, Lamport: start + 1, Time: start, Kind: uint16(content.Text)}, body, b.dev)
		if err != nil {
			t.Fatal(err)
		}
		wire = w
	}
	if wire == nil {
		t.Fatal("no epoch knows that the group is archived")
	}
	give := func() {
		ck, v := Check(a.c.Snapshot(), wire, start)
		if v != Good {
			t.Fatalf("forced: %v", v)
		}
		a.perform(a.c.Apply([]Checked{ck}, nil, start))
	}
	give()
	if got := a.texts(food); len(got) != 1 {
		t.Fatalf("a forced message in an archived group counts: %v", got)
	}
	set("0")
	meet(a, b)
	a.refold(Refold{Space: food})
	if got := a.texts(food); len(got) != 1 {
		t.Fatalf("opening the group again changes what was: %v", got)
	}
	a.post(food, "open again")
	if got := a.texts(food); len(got) != 2 {
		t.Fatalf("the group is not open: %v", got)
	}
}
