package node_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// counted compares what a node says is unread with what it shows: the messages of others behind the one that was read last.
func counted(t *testing.T, n *nodetest.Node, community, group, read string, blocked ...string) (unread, mentions int) {
	t.Helper()
	me, first := n.User(community), ""
	list, _, err := n.Messages(group, node.Page{Limit: 200, After: read})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.AuthorID == me || m.Blocked {
			continue
		}
		if unread++; first == "" {
			first = m.ID
		}
		for _, u := range m.Mentions {
			if u == me {
				mentions++
			}
		}
	}
	g, err := n.Node.Group(group)
	if err != nil {
		t.Fatal(err)
	}
	if g.Unread != unread || g.Mentions != mentions || g.FirstUnreadID != first {
		t.Errorf("%s: %d unread, %d mentions, first %s; shown are %d, %d, %s", n.Name, g.Unread, g.Mentions, g.FirstUnreadID, unread, mentions, first)
	}
	return unread, mentions
}

// TestUnreadFollowsWhatCounts: what is unread, what names me and what is found, over history at a join, a restart, a blocked person, and a
// removal that takes messages away again.
func TestUnreadFollowsWhatCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ctx := nodetest.New(t), context.Background()
		asha, budi, mallory := w.Node("Asha"), w.Node("Budi"), w.Node("Mallory")
		com := asha.Found("Sunrise")
		general := asha.Group(com, "General")
		for i := range 5 {
			asha.Say(general, fmt.Sprint("old ", i))
		}
		link := asha.Invite(com, general)
		budi.Join(link)
		mallory.Join(link)
		w.Eventually(time.Minute, "Budi has the history", func() bool { return budi.Shows(general, "old 4") && mallory.Shows(general, "old 4") })
		if g, err := budi.Node.Group(general); err != nil || g.Unread != 0 || g.FirstUnreadID != "" {
			t.Fatalf("history is unread: %+v, %v", g, err)
		}
		read := budi.Say(general, "my own")
		w.Eventually(time.Minute, "Budi's is there", func() bool { return mallory.Shows(general, "my own") && asha.Shows(general, "my own") })
		asha.Say(general, "first new")
		if _, err := asha.Post(ctx, general, node.NewMessage{Text: "Budi, look", Mentions: []string{budi.User(com)}}); err != nil {
			t.Fatal(err)
		}
		mallory.Say(general, "buy zanzibar coins")
		middle := asha.Say(general, "last new")
		w.Eventually(time.Minute, "all came", func() bool { return budi.Shows(general, "last new") && budi.Shows(general, "buy zanzibar coins") })
		if u, m := counted(t, budi, com, general, read); u != 4 || m != 1 {
			t.Fatalf("%d unread, %d mentions", u, m)
		}
		find := func(n *nodetest.Node, q node.Search) (texts []string) {
			q.Limit = 10
			hits, _, err := n.Search(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				texts = append(texts, h.Message.Text)
			}
			return texts
		}
		if got := find(budi, node.Search{Query: "zanzi"}); len(got) != 1 {
			t.Errorf("found %q", got)
		}
		if got := find(budi, node.Search{Has: []string{"mention"}}); len(got) != 1 || got[0] != "Budi, look" {
			t.Errorf("found %q", got)
		}
		if got := find(budi, node.Search{Query: "new", From: asha.User(com), Group: general}); len(got) != 2 {
			t.Errorf("found %q", got)
		}

		// blocked, and after a restart still; then no longer
		if err := budi.Block(ctx, mallory.User(com), true); err != nil {
			t.Fatal(err)
		}
		if u, _ := counted(t, budi, com, general, read); u != 3 {
			t.Errorf("%d unread with one blocked", u)
		}
		budi.Stop()
		budi.Start()
		mallory.Say(general, "more zanzibar coins")
		w.Eventually(time.Minute, "more came", func() bool { return budi.Shows(general, "more zanzibar coins") })
		if u, _ := counted(t, budi, com, general, read); u != 3 {
			t.Errorf("%d unread with one blocked, after a restart", u)
		}
		if err := budi.Block(ctx, mallory.User(com), false); err != nil {
			t.Fatal(err)
		}
		if u, _ := counted(t, budi, com, general, read); u != 5 {
			t.Errorf("%d unread when nobody is blocked", u)
		}

		// forward only
		g, err := budi.MarkRead(ctx, general, middle)
		if err != nil || g.Unread > 2 {
			t.Fatal(g, err)
		}
		left, _ := counted(t, budi, com, general, middle)
		if g, err = budi.MarkRead(ctx, general, read); err != nil || g.Unread != left {
			t.Errorf("reading went back: %d, not %d (%v)", g.Unread, left, err)
		}
		if _, err := budi.MarkRead(ctx, budi.Group(com, "Announcements"), middle); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("read a message of another group: %v", err)
		}

		// Mallory writes where nobody hears her, and is removed meanwhile: what Budi takes in of that is taken away, from counts and index too.
		w.Split([]*nodetest.Node{asha}, []*nodetest.Node{budi, mallory})
		if _, err := asha.Remove(ctx, com, mallory.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		mallory.Say(general, "quokka after all")
		w.Eventually(time.Minute, "Budi took it in", func() bool { return budi.Shows(general, "quokka after all") })
		if u, _ := counted(t, budi, com, general, middle); u != left+1 {
			t.Errorf("%d unread, not %d", u, left+1)
		}
		w.Heal()
		w.Eventually(2*time.Minute, "Budi knows of the removal", func() bool {
			m, err := budi.Members(com, node.ListMembers{})
			return err == nil && len(m) == 2
		})
		w.Eventually(time.Minute, "it is gone", func() bool { return !budi.Shows(general, "quokka after all") })
		if u, _ := counted(t, budi, com, general, middle); u != left {
			t.Errorf("%d unread, not %d, after what counted was taken away", u, left)
		}
		if got := find(budi, node.Search{Query: "quokka"}); len(got) != 0 {
			t.Errorf("found %q", got)
		}
	})
}
