package node_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestMoveGroup: Budi moves the group of the trips from the school to the class below it, while Chen is away. Chen, its moderator, is in both: he goes
// along with his role and keeps what was said. Emil is not in the class: he stays behind with what he has, and goes along once he is in and Budi asks
// again. Dilnoza, of the class alone, gets neither in nor to read.
func TestMoveGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		ctx := context.Background()
		asha, budi, chen, dilnoza, emil := w.Node("asha"), w.Node("budi"), w.Node("chen"), w.Node("dilnoza"), w.Node("emil")
		school, club := asha.Found("School"), budi.Found("Club")
		link := asha.Invite(school)
		for _, n := range []*nodetest.Node{budi, chen, emil} {
			n.Join(link)
		}
		if _, err := asha.SetRoles(ctx, school, budi.User(school), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is an admin", func() bool { c, _ := budi.Community(school); return c.Role == "admin" })
		class := foundBelow(t, budi, school, "Class")
		link = budi.Invite(class)
		dilnoza.Join(link)
		chen.Join(link)
		g, err := budi.CreateGroup(ctx, school, node.NewGroup{Name: "Trip", Description: "Where to", Members: []string{asha.User(school), chen.User(school), emil.User(school)}})
		if err != nil {
			t.Fatal(err)
		}
		trips := g.ID
		name, week := "Trips", 7*24*time.Hour
		if _, err := budi.EditGroup(ctx, trips, node.Edit{Name: &name, Disappearing: &week}); err != nil {
			t.Fatal(err)
		}
		if _, err := budi.SetGroupRoles(ctx, trips, chen.User(school), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		for _, n := range []*nodetest.Node{asha, chen, emil} {
			w.Eventually(time.Minute, n.Name+" is in the group", func() bool { return n.In(trips) })
		}
		chen.Say(trips, "To the sea")
		for _, n := range []*nodetest.Node{budi, emil} {
			w.Eventually(time.Minute, n.Name+" reads it", func() bool { return n.Shows(trips, "To the sea") })
		}

		for _, c := range []struct {
			why       string
			n         *nodetest.Node
			group, to string
			err       error
		}{
			{"without GROUPS", chen, trips, class, new(node.MissingRight)},
			{"to where he is not", emil, trips, class, node.ErrNotFound},
			{"out of the tree", budi, trips, club, node.ErrInvalid},
			{"to where it is", budi, trips, school, node.ErrInvalid},
			{"announcements", budi, announcements(budi, school), class, node.ErrInvalid},
			{"what nobody knows", budi, "grp_none", class, node.ErrNotFound},
		} {
			_, err := c.n.MoveGroup(ctx, c.group, c.to)
			var lacks *node.MissingRight
			if _, right := c.err.(*node.MissingRight); right && !errors.As(err, &lacks) || !right && !errors.Is(err, c.err) {
				t.Errorf("%s: %v", c.why, err)
			}
		}

		chen.Stop()
		m, err := budi.MoveGroup(ctx, trips, class)
		if err != nil {
			t.Fatal(err)
		}
		at := m.Group.ID
		if m.Group.CommunityID != class || m.Group.Name != "Trips" || m.Group.Description != "Where to" || m.Group.Disappearing != week || m.Group.Continues != (node.Elsewhere{CommunityID: school, GroupID: trips}) {
			t.Errorf("it goes on as %+v", m.Group)
		}
		behind := []string{asha.User(school), emil.User(school)}
		slices.Sort(behind)
		if !slices.Equal(m.LeftBehind, behind) {
			t.Errorf("left behind: %v, not %v", m.LeftBehind, behind)
		}
		again, err := budi.MoveGroup(ctx, trips, class)
		if err != nil || again.Group.ID != at {
			t.Fatalf("asked again it goes to %+v, %v", again.Group, err)
		}
		chen.Start()
		w.Eventually(time.Minute, "Chen goes along", func() bool { return chen.In(at) && role(chen, at) == "moderator" })
		w.Eventually(time.Minute, "the group of old is closed to Chen", func() bool {
			g, _ := chen.Node.Group(trips)
			return g.Archived && g.MovedTo == node.Elsewhere{CommunityID: class, GroupID: at} && chen.Shows(trips, "To the sea")
		})
		if _, err := chen.Post(ctx, trips, node.NewMessage{Text: "still here"}); !errors.Is(err, node.ErrArchived) {
			t.Errorf("the group of old takes a message: %v", err)
		}
		chen.Say(at, "Packed")
		w.Eventually(time.Minute, "Budi reads on", func() bool { return budi.Shows(at, "Packed") })
		if dilnoza.In(at) || emil.In(at) {
			t.Error("somebody came in who was not in the group, or is not in the class")
		}
		if _, err := dilnoza.GroupMembers(at); !errors.Is(err, node.ErrNotMember) {
			t.Errorf("Dilnoza sees who is in it: %v", err)
		}
		w.Eventually(time.Minute, "Emil is told where it went", func() bool { g, _ := emil.Node.Group(trips); return g.MovedTo.GroupID == at })
		lines := map[string]string{trips: "group_moved", at: "group_continues"}
		for id, what := range lines {
			list, _, err := chen.Messages(id, node.Page{Lines: true})
			if err != nil || !slices.ContainsFunc(list, func(m node.Message) bool {
				return m.System != nil && m.System.What == what && m.AuthorID == budi.User(school)
			}) {
				t.Errorf("no line tells Chen of it: %s, %v", what, err)
			}
		}

		emil.Join(link)
		w.Eventually(time.Minute, "Budi sees Emil in the class", func() bool { c, _ := budi.Community(class); return c.MemberCount == 4 })
		again, err = budi.MoveGroup(ctx, trips, class)
		if err != nil || again.Group.ID != at || !slices.Equal(again.LeftBehind, []string{asha.User(school)}) {
			t.Fatalf("the third time: %+v, %v", again, err)
		}
		w.Eventually(time.Minute, "Emil is there too, and reads both", func() bool {
			return emil.In(at) && emil.Shows(trips, "To the sea") && emil.Shows(at, "Packed")
		})
		if err := emil.LeaveGroup(ctx, at); err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi sees that Emil left it", func() bool { all, _ := budi.GroupMembers(at); return len(all) == 2 })
		if again, err = budi.MoveGroup(ctx, trips, class); err != nil || again.Group.MemberCount != 2 {
			t.Errorf("with somebody who left: %+v, %v", again, err)
		}
		budi.Stop()
		budi.Start()
		g, err = budi.Node.Group(trips)
		if err != nil || g.MovedTo.GroupID != at {
			t.Errorf("after a restart: %+v, %v", g, err)
		}
		if g, err = budi.ArchiveGroup(ctx, trips, false); err != nil || g.MovedTo.GroupID != "" || g.Archived {
			t.Errorf("opened again: %+v, %v", g, err)
		}

		// Emil may start groups in the class, but move none out of the school
		if _, err := budi.SetRoles(ctx, class, emil.User(class), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		choir, err := budi.CreateGroup(ctx, school, node.NewGroup{Name: "Choir", Members: []string{emil.User(school)}})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Emil hears both", func() bool {
			c, _ := emil.Community(class)
			return c.Role == "admin" && emil.In(choir.ID)
		})
		before, _ := emil.Groups(class)
		var lacks *node.MissingRight
		if _, err := emil.MoveGroup(ctx, choir.ID, class); !errors.As(err, &lacks) {
			t.Errorf("Emil moves it: %v", err)
		}
		if after, _ := emil.Groups(class); len(after) != len(before) {
			t.Errorf("what was refused has left %d groups, there were %d", len(after), len(before))
		}
		if again, err = budi.MoveGroup(ctx, trips, class); err != nil || again.Group.ID != at {
			t.Errorf("moved once more: %+v, %v", again, err)
		}
		o, err := asha.CreateGroup(ctx, school, node.NewGroup{Name: "Asha's own"})
		if err != nil {
			t.Fatal(err)
		}
		others := o.ID
		w.Eventually(time.Minute, "Budi knows of the other group", func() bool { _, err := budi.Node.Group(others); return err == nil })
		if _, err := budi.MoveGroup(ctx, others, class); !errors.Is(err, node.ErrNotMember) {
			t.Errorf("Budi moves a group that he is not in: %v", err)
		}
	})
}

func announcements(n *nodetest.Node, community string) string {
	c, _ := n.Community(community)
	return c.AnnouncementsID
}

// role is a node's person's role in a group.
func role(n *nodetest.Node, group string) string {
	all, _ := n.GroupMembers(group)
	for _, m := range all {
		if m.Me && len(m.Roles) > 0 {
			return m.Roles[0]
		}
	}
	return ""
}
