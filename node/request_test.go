package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

func ask(t *testing.T, n *nodetest.Node, link, note string) string {
	t.Helper()
	j, err := n.Accept(context.Background(), node.AcceptInvite{Link: link, DisplayName: n.Name, Note: note})
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func requests(t *testing.T, n *nodetest.Node, community, state string) []node.JoinRequest {
	t.Helper()
	list, err := n.JoinRequests(community, state)
	if err != nil {
		t.Fatalf("%s reads requests: %v", n.Name, err)
	}
	return list
}

func job(t *testing.T, n *nodetest.Node, id string) node.Job {
	t.Helper()
	j, err := n.Job(id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestApproval: people ask to come in while nobody who may admit is there; a plain member carries what they say, unread, to the admins, any of
// whom decides, the maker of the invite being away.
func TestApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, dalia, emeka := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dalia"), w.Node("Emeka")
		sunrise := asha.Found("Sunrise")
		general := asha.Group(sunrise, "General")
		open := asha.Invite(sunrise, general)
		budi.Join(open)
		chen.Join(open)
		if _, err := asha.SetRoles(context.Background(), sunrise, chen.User(sunrise), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		inv, err := asha.CreateInvite(context.Background(), sunrise, node.NewInvite{Groups: []string{general}, Approval: true})
		if err != nil {
			t.Fatal(err)
		}
		if !inv.NeedsApproval {
			t.Error("the invite does not say that it needs approval")
		}
		agree(w, time.Minute, asha, budi, chen)
		w.Eventually(time.Minute, "Chen has the desk's key", func() bool { return chen.DeskKeys() == 1 })
		asha.Stop()
		chen.Stop()
		shared, _, err := budi.Reshare(inv.Link)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := dalia.PreviewInvite(shared); err != nil || !p.NeedsApproval {
			t.Errorf("the link does not say that it needs approval: %v", err)
		}
		in, out := ask(t, dalia, shared, "third floor, flat 12"), ask(t, emeka, shared, "let me in!!")
		for n, id := range map[*nodetest.Node]string{dalia: in, emeka: out} {
			w.Eventually(time.Minute, n.Name+" waits", func() bool { return job(t, n, id).State == "waiting" })
		}
		if _, err := budi.JoinRequests(sunrise, ""); !errors.As(err, new(*node.MissingRight)) {
			t.Errorf("a plain member reads requests: %v", err)
		}
		dalia.Stop() // who asked may go
		chen.Start()
		w.Eventually(2*time.Minute, "Chen sees two requests", func() bool { return len(requests(t, chen, sunrise, "pending")) == 2 })
		for _, q := range requests(t, chen, sunrise, "pending") {
			if want := map[string]string{"Dalia": "third floor, flat 12", "Emeka": "let me in!!"}[q.DisplayName]; q.Note != want || q.InviteID != inv.ID {
				t.Errorf("%s says %q by %s", q.DisplayName, q.Note, q.InviteID)
			}
			q, err := chen.DecideRequest(context.Background(), q.ID, q.DisplayName == "Dalia", "nobody knows you")
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"Dalia": "approved", "Emeka": "declined"}[q.DisplayName]; q.State != want {
				t.Errorf("%s is %s", q.DisplayName, q.State)
			}
		}
		if _, err := budi.DecideRequest(context.Background(), "jrq_aaaa", true, ""); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("a request that is not here: %v", err)
		}
		w.Eventually(2*time.Minute, "Emeka hears no", func() bool { return job(t, emeka, out).State == "failed" })
		if err := job(t, emeka, out).Err; !errors.Is(err, node.ErrDeclined) {
			t.Errorf("Emeka hears %v", err)
		}
		dalia.Start()
		w.Eventually(2*time.Minute, "Dalia is in", func() bool { return dalia.In(general) })
		asha.Start()
		w.Eventually(2*time.Minute, "Asha reads what became of them", func() bool {
			list := requests(t, asha, sunrise, "")
			return len(list) == 2 && len(requests(t, asha, sunrise, "pending")) == 0
		})
		agree(w, time.Minute, asha, budi, chen, dalia)
	})
}

// TestNewDesk: Chen became an admin while nobody could give her the desk's key. She makes one, and who asks seals to it.
func TestNewDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, dalia := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dalia")
		sunrise := asha.Found("Sunrise")
		open := asha.Invite(sunrise, asha.Group(sunrise, "General"))
		budi.Join(open)
		chen.Join(open)
		agree(w, time.Minute, asha, budi, chen)
		w.Eventually(time.Minute, "Budi and Chen met", func() bool { return len(chen.Peers()) == 2 })
		user := chen.User(sunrise)
		chen.Stop()
		if _, err := asha.SetRoles(context.Background(), sunrise, user, []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		inv, err := asha.CreateInvite(context.Background(), sunrise, node.NewInvite{Approval: true})
		if err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, asha, budi)
		asha.Stop()
		shared, _, err := budi.Reshare(inv.Link)
		if err != nil {
			t.Fatal(err)
		}
		id := ask(t, dalia, shared, "")
		w.Eventually(time.Minute, "Dalia waits", func() bool { return job(t, dalia, id).State == "waiting" })
		chen.Start()
		w.Eventually(2*time.Minute, "Chen sees the request", func() bool {
			list, err := chen.JoinRequests(sunrise, "pending")
			return err == nil && len(list) == 1
		})
		asha.Start() // who was there before reads it too
		w.Eventually(2*time.Minute, "Asha sees the request", func() bool { return asha.DeskKeys() == 2 && len(requests(t, asha, sunrise, "pending")) == 1 })
	})
}

// TestKnock: a member asks to enter a group that is not open; whoever of the group can be reached takes the request, and one who may admit
// there decides. Who left and asks again consents anew.
func TestKnock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, sunrise, general := w.Three()
		w.Eventually(time.Minute, "all are in", func() bool { return budi.In(general) && chen.In(general) })
		food, err := asha.CreateGroup(context.Background(), sunrise, node.NewGroup{Name: "Food", Members: []string{budi.User(sunrise)}})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is in Food", func() bool { return budi.In(food.ID) && budi.CleanIn(food.ID) })
		agree(w, time.Minute, asha, budi)
		w.Eventually(time.Minute, "Chen knows of Food", func() bool { _, err := chen.Node.Group(food.ID); return err == nil })
		if _, err := chen.JoinGroup(context.Background(), food.ID); !errors.Is(err, node.ErrNotOpen) {
			t.Errorf("Chen enters a closed group: %v", err)
		}
		asha.Stop()
		q, err := chen.KnockGroup(context.Background(), food.ID, "I cook")
		if err != nil || q.State != "pending" || !q.Mine || q.GroupID != food.ID {
			t.Fatalf("%+v %v", q, err)
		}
		w.Eventually(time.Minute, "Chen waits", func() bool { return len(requests(t, chen, sunrise, "pending")) == 1 })
		time.Sleep(10 * time.Second)
		asha.Start()
		decide := func(yes bool) {
			w.Eventually(2*time.Minute, "Asha sees the request", func() bool { return len(requests(t, asha, sunrise, "pending")) == 1 })
			got := requests(t, asha, sunrise, "pending")[0]
			if got.ID != q.ID || got.DisplayName != "Chen" || got.Note != "I cook" || got.GroupID != food.ID {
				t.Errorf("Asha reads %+v", got)
			}
			if _, err := asha.DecideRequest(context.Background(), got.ID, yes, "later"); err != nil {
				t.Fatal(err)
			}
		}
		decide(true)
		w.Eventually(time.Minute, "Chen is in", func() bool { return chen.In(food.ID) })
		w.Eventually(time.Minute, "no request is left", func() bool { return len(requests(t, asha, sunrise, "pending")) == 0 })

		if err := chen.LeaveGroup(context.Background(), food.ID); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, asha, chen)
		if _, err := asha.AddToGroup(context.Background(), food.ID, chen.User(sunrise)); !errors.Is(err, node.ErrMustAsk) {
			t.Errorf("Asha puts Chen back: %v", err)
		}
		if _, err := chen.KnockGroup(context.Background(), food.ID, "I cook"); err != nil {
			t.Fatal(err)
		}
		decide(true)
		w.Eventually(time.Minute, "Chen is in again", func() bool { return chen.In(food.ID) })
		if err := chen.LeaveGroup(context.Background(), food.ID); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, asha, chen)
		if _, err := chen.KnockGroup(context.Background(), food.ID, "I cook"); err != nil {
			t.Fatal(err)
		}
		decide(false)
		w.Eventually(5*time.Minute, "Chen hears no", func() bool { return len(requests(t, chen, sunrise, "declined")) == 1 })
	})
}
