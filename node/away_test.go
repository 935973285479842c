package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestRemovedWhileAway: who was removed while away, from a group or from the community, learns it when he is back, whatever else was written meanwhile.
func TestRemovedWhileAway(t *testing.T) {
	for _, c := range []struct {
		name   string
		remove func(t *testing.T, by *nodetest.Node, com, group, user string)
	}{
		{"group", func(t *testing.T, by *nodetest.Node, _, group, user string) {
			if err := by.RemoveFromGroup(t.Context(), group, user); err != nil {
				t.Fatal(err)
			}
		}},
		{"community", func(t *testing.T, by *nodetest.Node, com, _, user string) {
			if _, err := by.Remove(t.Context(), com, user, node.RemoveOptions{}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := nodetest.New(t)
				nodes, com, groups := meetup(w, "Asha", "Budi", "Chen")
				asha, budi := nodes[0], nodes[1]
				user := budi.User(com)
				budi.Stop()
				late := w.Node("Dalia")
				late.Join(asha.Invite(com, groups...))
				w.Eventually(2*time.Minute, "Dalia is in", func() bool { return late.In(groups[0]) })
				c.remove(t, asha, com, groups[0], user)
				w.Eventually(time.Minute, "a clean epoch", func() bool { return asha.CleanIn(groups[0]) })
				later := "Later"
				if _, err := asha.EditCommunity(t.Context(), com, node.Edit{Name: &later}); err != nil {
					t.Fatal(err)
				}
				budi.Start()
				w.Eventually(2*time.Minute, "Budi knows that he is out", func() bool { return !budi.In(groups[0]) })
				if v, err := budi.Community(com); c.name == "community" && err == nil && v.Name == later {
					t.Error("what was written after his removal reached him")
				}
			})
		})
	}
}

// TestAdmittedByRemoved: whom an admin let in who had been removed meanwhile learns that he never counted, in the community and in a group.
func TestAdmittedByRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen")
		asha, budi, chen := nodes[0], nodes[1], nodes[2]
		if _, err := asha.SetRoles(t.Context(), com, budi.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		agree(w, 2*time.Minute, asha, budi, chen)
		dalia := w.Node("Dalia")
		w.Split([]*nodetest.Node{asha, chen}, []*nodetest.Node{budi, dalia})
		if _, err := asha.Remove(t.Context(), com, budi.User(com), node.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
		dalia.Join(budi.Invite(com, groups...))
		w.Eventually(2*time.Minute, "Dalia is in, as Budi sees it", func() bool { return dalia.In(groups[0]) && dalia.In(groups[1]) })
		w.Heal()
		w.Eventually(3*time.Minute, "Budi and Dalia know that they are out", func() bool { return !budi.In(groups[0]) && !dalia.In(groups[0]) && !dalia.In(groups[1]) })
	})
}

// TestAddedByRemoved is the same in a group alone: all three stay in the community.
func TestAddedByRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen")
		asha, budi, chen := nodes[0], nodes[1], nodes[2]
		core, err := asha.CreateGroup(t.Context(), com, node.NewGroup{Name: "Core", Members: []string{budi.User(com)}})
		if err != nil {
			t.Fatal(err)
		}
		w.Eventually(time.Minute, "Budi is in the group", func() bool { return budi.In(core.ID) })
		if _, err := asha.SetGroupRoles(t.Context(), core.ID, budi.User(com), []string{"admin"}); err != nil {
			t.Fatal(err)
		}
		agree(w, 2*time.Minute, asha, budi)
		w.Split([]*nodetest.Node{asha}, []*nodetest.Node{budi, chen})
		if err := asha.RemoveFromGroup(t.Context(), core.ID, budi.User(com)); err != nil {
			t.Fatal(err)
		}
		if _, err := budi.AddToGroup(t.Context(), core.ID, chen.User(com)); err != nil {
			t.Fatal(err)
		}
		w.Eventually(2*time.Minute, "Chen is in, as Budi sees it", func() bool { return chen.In(core.ID) })
		w.Heal()
		w.Eventually(5*time.Minute, "Budi and Chen know that they are out", func() bool { return !budi.In(core.ID) && !chen.In(core.ID) })
	})
}
