package node_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// foundBelow founds a community under another.
func foundBelow(t *testing.T, n *nodetest.Node, parent, name string) string {
	t.Helper()
	c, err := n.CreateCommunity(context.Background(), node.NewCommunity{Name: name, DisplayName: n.Name, ParentID: parent})
	if err != nil {
		t.Fatalf("%s founds %s: %v", n.Name, name, err)
	}
	if c.ParentID != parent {
		t.Fatalf("%s stands under %q", name, c.ParentID)
	}
	return c.ID
}

// meIn is who a node's person is in a community, "" where he is out.
func meIn(n *nodetest.Node, community string) string {
	c, err := n.Community(community)
	if err != nil || c.State != "active" {
		return ""
	}
	return c.MeID
}

// TestCommunityBelow: Budi founds a class under a school. Dilnoza is in it alone, Asha, who owns the school, and Chen, an admin of it, are plain
// members there. With Budi away Chen removes and Asha announces; a removal from the school is one from the class; and it is all there after a restart.
func TestCommunityBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		ctx := context.Background()
		asha, budi, chen, dilnoza, emil := w.Node("asha"), w.Node("budi"), w.Node("chen"), w.Node("dilnoza"), w.Node("emil")
		school := asha.Found("School")
		link := asha.Invite(school)
		for _, n := range []*nodetest.Node{budi, chen, emil} {
			n.Join(link)
		}
		if _, err := asha.SetRoles(ctx, school, meIn(budi, school), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		if _, err := asha.SetRoles(ctx, school, meIn(chen, school), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		if _, err := emil.CreateCommunity(ctx, node.NewCommunity{Name: "Mine", DisplayName: "emil", ParentID: school}); err == nil {
			t.Error("a plain member founds a community under the school")
		}
		w.Eventually(time.Minute, "Budi is an admin", func() bool { c, _ := budi.Community(school); return c.Role == "admin" })
		class := foundBelow(t, budi, school, "Class")
		w.Eventually(time.Minute, "Emil, a plain member who is not in it, sees that there is a class", func() bool {
			c, err := emil.Community(school)
			return err == nil && len(c.Below) == 1 && c.Below[0].CommunityID == "" && c.Below[0].Name == "Class"
		})
		link = budi.Invite(class)
		for _, n := range []*nodetest.Node{dilnoza, chen, asha, emil} {
			n.Join(link)
		}
		for _, n := range []*nodetest.Node{asha, budi, chen, emil} {
			if meIn(n, class) != meIn(n, school) {
				t.Errorf("%s is two persons in one tree", n.Name)
			}
		}
		c, err := dilnoza.Community(class)
		if err != nil || c.ParentID != school || c.MemberCount != 5 {
			t.Fatalf("Dilnoza sees %+v, %v", c, err)
		}
		for _, n := range []*nodetest.Node{budi, asha} {
			c, err := n.Community(school)
			if err != nil || len(c.Below) != 1 || c.Below[0].CommunityID != class || c.Below[0].Name != "Class" || c.Below[0].CreatedAt.IsZero() {
				t.Errorf("%s sees below the school: %+v, %v", n.Name, c.Below, err)
			}
		}
		if len(c.Below) != 0 {
			t.Errorf("below the class stands %+v", c.Below)
		}
		if _, err := dilnoza.Community(school); err == nil {
			t.Error("Dilnoza is in the school")
		}
		w.Eventually(time.Minute, "Chen may remove in the class", func() bool {
			c, _ := chen.Community(class)
			return c.Role == "member" && slices.Contains(c.Permissions, "remove") && slices.Contains(c.Permissions, "announce") && !slices.Contains(c.Permissions, "admit")
		})
		hears := func(n *nodetest.Node, text string) {
			t.Helper()
			w.Eventually(2*time.Minute, n.Name+" hears "+text, func() bool {
				com, err := n.Community(class)
				if err != nil {
					return false
				}
				list, _, _ := n.Messages(com.AnnouncementsID, node.Page{})
				return slices.ContainsFunc(list, func(m node.Message) bool { return m.Text == text })
			})
		}
		budi.Stop()
		announce(t, asha, school, "No school tomorrow")
		hears(dilnoza, "No school tomorrow")
		if _, err := chen.Remove(ctx, class, meIn(emil, class), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Emil is out of the class, and not of the school", func() bool {
			c, _ := dilnoza.Community(class)
			return c.MemberCount == 4 && meIn(emil, class) == "" && meIn(emil, school) != ""
		})
		// out of the school is out of the class: Dilnoza hears it from Asha, who hears it in the school
		if _, err := asha.Remove(ctx, school, meIn(chen, school), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Chen is out of both", func() bool {
			c, _ := dilnoza.Community(class)
			return c.MemberCount == 3 && meIn(chen, class) == "" && meIn(chen, school) == ""
		})
		budi.Start()
		dilnoza.Stop()
		dilnoza.Start()
		w.Eventually(2*time.Minute, "all agree after a restart", func() bool {
			a, _ := asha.Community(class)
			b, _ := budi.Community(class)
			d, _ := dilnoza.Community(class)
			return a.ETag == b.ETag && a.ETag == d.ETag && a.MemberCount == 3 && d.ParentID == school
		})
		announce(t, asha, school, "School again")
		hears(dilnoza, "School again")
		if err := asha.ForgetCommunity(ctx, school); err != nil {
			t.Fatal(err)
		}
		asha.Stop()
		asha.Start()
		if c, err := asha.Community(class); err != nil || c.ParentID != school || c.MemberCount != 3 {
			t.Errorf("after she forgot the school Asha sees %+v, %v", c, err)
		}
		if err := asha.ForgetCommunity(ctx, class); err != nil {
			t.Fatal(err)
		}
	})
}
