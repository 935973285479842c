package node_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	img.Set(3, 3, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPrivacyTiers: the community at large sees pseudonyms and counts, those who share a group what a person shows to groups, admins all. That
// holds for what each node answers, for everything in its store that it can open, and for what it carries.
func TestPrivacyTiers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen, dalia := w.Node("Asha"), w.Node("Budi"), w.Node("Chen"), w.Node("Dalia")
		sunrise := asha.Found("Sunrise")
		general := asha.Group(sunrise, "General")
		food, err := asha.CreateGroup(context.Background(), sunrise, node.NewGroup{Name: "Food"})
		if err != nil {
			t.Fatal(err)
		}
		budi.Join(asha.Invite(sunrise, food.ID)) // Budi and Chen share Food, Dalia is in General with Asha
		chen.Join(asha.Invite(sunrise, food.ID))
		dalia.Join(asha.Invite(sunrise, general))
		w.Eventually(time.Minute, "all are in", func() bool { return budi.In(food.ID) && chen.In(food.ID) && dalia.In(general) })
		name, phone, ward, pic := "Budi Santoso", "+62 811", "ward 12 flat 7", picture(t)
		contacts := []node.Contact{{Kind: "phone", Value: phone, Visible: "groups"}, {Kind: "address", Value: ward, Visible: "admins"}}
		got, err := budi.SetProfile(context.Background(), sunrise, node.ProfileEdit{DisplayName: &name, Picture: &pic, Contacts: &contacts})
		if err != nil || len(got.Picture) == 0 {
			t.Fatalf("%v, picture of %d bytes", err, len(got.Picture))
		}
		who := budi.User(sunrise)
		sees := func(n *nodetest.Node) (node.Profile, bool) {
			p, visible, err := n.MemberProfile(sunrise, who)
			if err != nil {
				t.Fatal(err)
			}
			return p, visible
		}
		w.Eventually(time.Minute, "Chen sees what groups see", func() bool { p, _ := sees(chen); return p.DisplayName == name && len(p.Contacts) == 1 })
		w.Eventually(time.Minute, "Asha sees all", func() bool { p, _ := sees(asha); return p.DisplayName == name && len(p.Contacts) == 2 })
		if p, _ := sees(chen); p.Contacts[0].Value != phone || len(p.Picture) == 0 {
			t.Errorf("Chen sees %+v", p)
		}
		time.Sleep(2 * time.Minute) // virtual: whatever comes around has come
		if p, visible := sees(dalia); visible || p.DisplayName != "" || len(p.Contacts) != 0 {
			t.Errorf("Dalia, who shares no group with Budi, sees %+v", p)
		}
		list, err := dalia.Members(sunrise, node.ListMembers{})
		if err != nil || len(list) != 4 {
			t.Fatalf("Dalia counts %d members: %v", len(list), err)
		}
		i := slices.IndexFunc(list, func(m node.Member) bool { return m.ID == who })
		if i < 0 || list[i].DisplayName != "" || list[i].Visible {
			t.Errorf("Dalia's list shows %+v", list)
		}
		if _, err := dalia.GroupMembers(food.ID); err == nil {
			t.Error("Dalia reads the roster of a group that she is not in")
		}
		// What a node holds, opened with all its keys.
		for _, c := range []struct {
			n                     *nodetest.Node
			name, forAdmins, seen bool
		}{{dalia, false, false, false}, {chen, true, false, true}, {asha, true, true, true}} {
			all := c.n.Opened()
			for what, want := range map[string]bool{name: c.name, phone: c.seen, ward: c.forAdmins} {
				if bytes.Contains(all, []byte(what)) != want {
					t.Errorf("%s holds %q: %v, want %v", c.n.Name, what, !want, want)
				}
			}
		}
		if bytes.Contains(dalia.LogBytes(), []byte(name)) || bytes.Contains(chen.LogBytes(), []byte(ward)) {
			t.Error("the control log names people")
		}
		// Chen becomes an admin and sees what admins see; no more when she is none.
		if _, err := asha.SetRoles(context.Background(), sunrise, chen.User(sunrise), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Chen sees all", func() bool { p, _ := sees(chen); return len(p.Contacts) == 2 })
		if _, err := asha.SetRoles(context.Background(), sunrise, chen.User(sunrise), []string{"member"}); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Chen sees what groups see", func() bool { p, _ := sees(chen); return len(p.Contacts) == 1 })
	})
}

// TestTwoCommunities: nothing that one community sees of a person is seen by another: not the member key, device, peer id, nor an address in
// anything that is kept or sent.
func TestTwoCommunities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi := w.Node("Asha"), w.Node("Budi")
		one := asha.Found("One")
		budi.Join(asha.Invite(one, asha.Group(one, "General")))
		w.Eventually(time.Minute, "Budi is in", func() bool { return budi.In(asha.Group(one, "General")) })
		marks := budi.Marks(one)
		two, err := budi.CreateCommunity(context.Background(), node.NewCommunity{Name: "Two", DisplayName: "B."})
		if err != nil {
			t.Fatal(err)
		}
		other := budi.Marks(two.ID)
		if len(marks) < 4 || len(other) < 4 {
			t.Fatalf("%d and %d marks", len(marks), len(other))
		}
		for what, mark := range marks {
			if what == "address" {
				continue // one machine; the ports differ where there are ports
			}
			for what2, mark2 := range other {
				if bytes.Equal(mark, mark2) {
					t.Errorf("%s of one community is %s of another", what, what2)
				}
			}
			if bytes.Contains(budi.LogBytesOf(two.ID), mark) {
				t.Errorf("the log of the second community holds the %s of the first", what)
			}
		}
	})
}
