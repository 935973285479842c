package node_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// meetup founds a community with everybody in it and in all its groups, and waits until they agree.
func meetup(w *nodetest.World, names ...string) (nodes []*nodetest.Node, community string, groups []string) {
	for _, name := range names {
		nodes = append(nodes, w.Node(name))
	}
	a := nodes[0]
	community = a.Found("Sunrise")
	if _, err := a.CreateGroup(context.Background(), community, node.NewGroup{Name: "Food"}); err != nil {
		panic(err)
	}
	groups = []string{a.Group(community, "General"), a.Group(community, "Food")}
	link := a.Invite(community, groups...)
	for _, n := range nodes[1:] {
		n.Join(link)
	}
	for _, n := range nodes {
		for _, g := range groups {
			w.Eventually(2*time.Minute, n.Name+" is in its groups", func() bool { return n.In(g) && n.CleanIn(g) })
		}
	}
	agree(w, 2*time.Minute, nodes...)
	return nodes, community, groups
}

// agree waits for one state hash.
func agree(w *nodetest.World, within time.Duration, nodes ...*nodetest.Node) {
	w.Eventually(within, "one state hash", func() bool {
		for _, n := range nodes {
			if n.StateHash() != nodes[0].StateHash() {
				return false
			}
		}
		return true
	})
}

func announce(t *testing.T, n *nodetest.Node, community, text string) {
	t.Helper()
	if _, err := n.Announce(context.Background(), community, node.NewAnnouncement{Text: text}); err != nil {
		t.Fatalf("%s announces: %v", n.Name, err)
	}
}

// TestRemovedReadsNothingNew: Mallory is removed. She keeps everything she has, asks everybody for keys, and Friend, who is still in,
// hands her every wire. She opens none of what was posted by those who had applied the removal, in three spaces; nothing of theirs is
// lost meanwhile; and she reads again after a new invite.
func TestRemovedReadsNothingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Friend", "Chen", "Mallory")
		asha, friend, chen, mallory := nodes[0], nodes[1], nodes[2], nodes[3]
		asha.Say(groups[0], "before")
		w.Eventually(time.Minute, "Mallory reads before", func() bool { return mallory.Shows(groups[0], "before") })
		before := friend.WireIDs()
		began := time.Now()
		if _, err := asha.Remove(context.Background(), com, mallory.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, n := range []*nodetest.Node{asha, friend, chen} {
			w.Eventually(30*time.Second, n.Name+" applied the removal", func() bool {
				m, err := n.Members(com, node.ListMembers{})
				return err == nil && len(m) == 3
			})
		}
		asha.Say(groups[0], "first under a clean epoch")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the first post under a clean epoch took %v", took)
		}
		posts := 0
		for i := range 24 {
			for _, n := range []*nodetest.Node{asha, friend, chen} {
				for _, g := range groups {
					n.Say(g, fmt.Sprintf("%s %d without Mallory", n.Name, i))
					posts++
				}
			}
			for range 3 {
				announce(t, asha, com, fmt.Sprintf("announcement %d", i))
				posts++
			}
		}
		w.Eventually(2*time.Minute, "nothing is lost", func() bool {
			for _, n := range []*nodetest.Node{asha, friend, chen} {
				if len(n.Texts(groups[0])) != 2+24*3 || len(n.Texts(groups[1])) != 24*3 {
					return false
				}
			}
			return true
		})
		if posts < 200 {
			t.Fatalf("only %d posts", posts)
		}
		// Her connection is ended a second after the removal, so that she can learn of it; what is posted may be everywhere before.
		w.Eventually(5*time.Second, "Mallory's host is taken for a joiner at most", func() bool {
			return !slices.ContainsFunc(asha.Peers(), func(p node.Peer) bool {
				return p.Role != "joiner" && (p.MemberID == mallory.User(com) || p.ID == "peer_"+mallory.Host().ID().String())
			})
		})
		if got := mallory.AskKeys(friend.AllEpochs()); got != 0 {
			t.Errorf("Mallory was given %d secrets", got)
		}
		opened, content := 0, 0
		for _, wire := range friend.WiresSince(before) {
			ck, err := crdt.Stored(mallory.Snapshot(), wire)
			if err != nil {
				continue
			}
			opened++
			if !crdt.IsOp(ck) { // the ops that removed her are sealed so that she learns of them
				content++
			}
		}
		if content != 0 {
			t.Errorf("Mallory opened %d messages of %d posts", content, posts)
		}
		t.Logf("%d posts; Mallory opened %d wires, all of them ops", posts, opened)

		w.Eventually(time.Minute, "Mallory knows", func() bool {
			c, err := mallory.Community(com)
			return err == nil && c.State == "removed"
		})
		mallory.Join(asha.Invite(com, groups...))
		w.Eventually(time.Minute, "Mallory is back", func() bool { return mallory.In(groups[0]) && mallory.CleanIn(groups[0]) })
		asha.Say(groups[0], "welcome back")
		w.Eventually(time.Minute, "Mallory reads again", func() bool { return mallory.Shows(groups[0], "welcome back") })
		mallory.Say(groups[0], "hello again")
		w.Eventually(time.Minute, "and is read", func() bool { return chen.Shows(groups[0], "hello again") })
	})
}

// TestForcedAnnouncement: a patched sender without the right announces anyway; nobody shows it.
func TestForcedAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen")
		channel := ""
		if c, err := nodes[0].Community(com); err == nil {
			channel = c.AnnouncementsID
		}
		if _, err := nodes[1].Announce(context.Background(), com, node.NewAnnouncement{Text: "no"}); err == nil {
			t.Error("Budi's own node lets him announce")
		}
		if err := nodes[1].ForceAnnounce("free mangoes"); err != nil {
			t.Fatal(err)
		}
		announce(t, nodes[0], com, "water at six")
		for _, n := range nodes {
			w.Eventually(time.Minute, n.Name+" shows the announcement", func() bool { return n.Shows(channel, "water at six") })
		}
		time.Sleep(time.Minute) // virtual: two rounds of sync
		for _, n := range nodes {
			if n.Shows(channel, "free mangoes") {
				t.Errorf("%s shows what Budi may not announce", n.Name)
			}
		}
	})
}

// TestPartition: two halves go on apart, each with removals, a re-add and new epochs; together again all honest nodes agree.
func TestPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen", "Dalia", "Emil", "Fatma")
		asha, budi, chen := nodes[0], nodes[1], nodes[2]
		for _, n := range []*nodetest.Node{budi, chen} {
			if _, err := asha.SetRoles(context.Background(), com, n.User(com), []string{"admin"}); err != nil {
				t.Fatal(err)
			}
		}
		agree(w, time.Minute, nodes...)
		left, right := []*nodetest.Node{asha, budi, nodes[3]}, []*nodetest.Node{chen, nodes[4], nodes[5]}
		w.Split(left, right)
		remove := func(n, whom *nodetest.Node) {
			if _, err := n.Remove(context.Background(), com, whom.User(com), node.RemoveOptions{}); err != nil {
				t.Fatalf("%s removes %s: %v", n.Name, whom.Name, err)
			}
		}
		remove(budi, chen) // an admin pair removes each other …
		remove(chen, budi) // … and the senior's act stands
		dalia := nodes[3]
		remove(chen, dalia) // Dalia is removed on one side …
		remove(asha, dalia) // … and on the other, where she is let in again
		w.Eventually(time.Minute, "Dalia knows", func() bool {
			c, err := dalia.Community(com)
			return err == nil && c.State == "removed"
		})
		dalia.Join(asha.Invite(com, groups...))
		w.Eventually(time.Minute, "Dalia is back", func() bool { return dalia.In(groups[1]) && dalia.CleanIn(groups[1]) })
		for i, n := range append(left[:1:1], right...) {
			n.Say(groups[0], fmt.Sprintf("apart %d", i))
		}
		dalia.Say(groups[1], "Dalia is back")
		time.Sleep(2 * time.Minute) // virtual: connections die, rotations happen
		w.Heal()
		honest := []*nodetest.Node{asha, dalia, nodes[4], nodes[5]}
		agree(w, 5*time.Minute, honest...)
		for _, n := range honest {
			for _, i := range []int{0, 2, 3} { // 1 is Chen's, who was removed and pinned before he wrote it
				w.Eventually(2*time.Minute, fmt.Sprintf("%s shows apart %d", n.Name, i), func() bool { return n.Shows(groups[0], fmt.Sprintf("apart %d", i)) })
			}
		}
		for _, n := range honest {
			w.Eventually(2*time.Minute, n.Name+" reads Dalia", func() bool { return n.Shows(groups[1], "Dalia is back") })
			if n.Shows(groups[0], "apart 1") {
				t.Errorf("%s shows what Chen wrote after his removal", n.Name)
			}
		}
		members, err := asha.Members(com, node.ListMembers{})
		if err != nil {
			t.Fatal(err)
		}
		if len(members) != 4+1 { // Budi removed Chen; Chen, his junior, removed nobody
			t.Errorf("%d members stand: %+v", len(members), members)
		}
	})
}

// size is n in full, else small.
func size(small, full int) int {
	if os.Getenv("PANDAL_FULL") == "1" {
		return full
	}
	return small
}

// TestCrowd: 50 nodes in one community. Everything is delivered, duplicates and bytes stay bounded, and when one leaves there are at
// most three new epochs.
func TestCrowd(t *testing.T) {
	n := size(20, 50)
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha := w.Node("Asha")
		com := asha.Found("Sunrise")
		general := asha.Group(com, "General")
		link := asha.Invite(com, general)
		nodes := []*nodetest.Node{asha}
		for i := 1; i < n; i++ {
			x := w.Node(fmt.Sprintf("member %d", i))
			x.Join(link)
			nodes = append(nodes, x)
		}
		for _, x := range nodes {
			w.Eventually(5*time.Minute, x.Name+" is in", func() bool { return x.In(general) && x.CleanIn(general) })
		}
		agree(w, 5*time.Minute, nodes...)
		for i, x := range nodes {
			x.Say(general, fmt.Sprintf("hello %d", i))
		}
		w.Eventually(5*time.Minute, "everything is delivered", func() bool {
			for _, x := range nodes {
				if len(x.Texts(general)) != n {
					return false
				}
			}
			return true
		})
		var got, dup int64
		for _, x := range nodes {
			s := x.Gossip().Stats()
			got, dup = got+int64(s.Delivered), dup+int64(s.Duplicates)
		}
		t.Logf("%d nodes: %d deliveries by gossip, %.1f duplicates each", n, got, float64(dup)/float64(max(got, 1)))
		var sent uint64
		for _, x := range nodes {
			sent += x.Gossip().Stats().BytesOut
		}
		t.Logf("%.1f KB of gossip for each delivery", float64(sent)/1000/float64(max(got, 1)))
		if sent > uint64(got)*12_000 {
			t.Errorf("%d bytes of gossip for %d deliveries", sent, got)
		}
		if dup > 12*got {
			t.Errorf("%d duplicates for %d deliveries", dup, got)
		}
		before := asha.Epochs()
		leaver := nodes[n-1]
		if err := leaver.LeaveCommunity(context.Background(), com); err != nil {
			t.Fatal(err)
		}
		stay := nodes[:n-1]
		agree(w, 5*time.Minute, stay...)
		w.Eventually(5*time.Minute, "a clean epoch everywhere", func() bool {
			for _, x := range stay {
				if !x.CleanIn(general) {
					return false
				}
			}
			return true
		})
		time.Sleep(3 * time.Minute) // virtual: whoever still meant to rotate would have
		if made := asha.Epochs() - before; made < 1 || made > 3 {
			t.Errorf("one left and %d epochs were made", made)
		}
	})
}
