package node_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

func roles(t *testing.T, n *nodetest.Node, community string) map[string]string {
	t.Helper()
	list, err := n.Members(community, node.ListMembers{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range list {
		out[m.ID] = strings.Join(m.Roles, "+")
	}
	return out
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// TestDuel: two admins, cut off from each other, remove each other, promote and admit people. Together again every node shows the same members,
// roles and epochs, and says of each act that fell which rule cut it and whose act did; the senior does the lost admission again in one call.
func TestDuel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, groups := meetup(w, "Asha", "Budi", "Chen", "Dalia", "Emil")
		asha, budi, chen, dalia, emil := nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]
		fatma, gita := w.Node("Fatma"), w.Node("Gita")
		for _, n := range []*nodetest.Node{budi, chen} { // Budi first: he is the senior
			if _, err := asha.SetRoles(context.Background(), com, n.User(com), []string{"admin"}); err != nil {
				t.Fatal(err)
			}
		}
		agree(w, time.Minute, nodes...)
		w.Eventually(time.Minute, "the admins have the desk's key", func() bool { return budi.DeskKeys() > 0 && chen.DeskKeys() > 0 })
		w.Split([]*nodetest.Node{asha, budi, dalia, fatma}, []*nodetest.Node{chen, emil, gita})
		if _, err := budi.Remove(context.Background(), com, chen.User(com), node.RemoveOptions{Reason: "quarrel"}); err != nil {
			t.Fatal(err)
		}
		if _, err := budi.SetRoles(context.Background(), com, dalia.User(com), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		fatma.Join(budi.Invite(com, groups...))
		if _, err := chen.Remove(context.Background(), com, budi.User(com), node.RemoveOptions{Reason: "quarrel"}); err != nil {
			t.Fatal(err)
		}
		if _, err := chen.SetRoles(context.Background(), com, emil.User(com), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		gita.Join(chen.Invite(com, groups...))
		gitas := gita.User(com)
		w.Eventually(time.Minute, "Chen's side sees what she did", func() bool {
			got := roles(t, emil, com)
			return got[emil.User(com)] == "moderator" && got[gitas] == "member"
		})
		time.Sleep(2 * time.Minute) // virtual
		w.Heal()
		honest := []*nodetest.Node{asha, budi, dalia, emil, fatma}
		agree(w, 5*time.Minute, honest...)
		want := map[string]string{asha.User(com): "owner", budi.User(com): "admin", dalia.User(com): "moderator", emil.User(com): "member", fatma.User(com): "member"}
		for _, n := range honest {
			if got := roles(t, n, com); !same(got, want) {
				t.Errorf("%s sees %v, want %v", n.Name, got, want)
			}
			w.Eventually(2*time.Minute, n.Name+" has a clean key", func() bool { return n.CleanIn(groups[0]) })
		}
		// The API says what was cut and why.
		acts, err := dalia.Audit(com, node.AuditFilter{})
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]node.Act{}
		for _, a := range acts {
			by[a.ID] = a
		}
		var admission string
		fell := map[string]int{}
		for _, a := range acts {
			if a.Effective || a.ActorID != chen.User(com) {
				if !a.Effective && a.Why == "" {
					t.Errorf("nothing says why the %s of %s does not stand", a.Kind, a.ActorID)
				}
				continue
			}
			fell[a.Kind]++
			cutter := by[a.Detail["cut_by"]]
			if !strings.Contains(a.Why, "removed") && !strings.Contains(a.Why, "does not count") && !strings.Contains(a.Why, "closed") {
				t.Errorf("the %s fell because %q", a.Kind, a.Why)
			}
			if strings.Contains(a.Why, "author was removed") && (cutter.Kind != "revoke" || cutter.ActorID != budi.User(com)) {
				t.Errorf("the %s was cut by %+v", a.Kind, cutter)
			}
			if a.Kind == "admit" && a.SubjectID == gitas && a.GroupID == "" {
				admission = a.ID
			}
		}
		if fell["revoke"] == 0 || fell["grant"] == 0 || fell["admit"] == 0 || admission == "" {
			t.Fatalf("of Chen's acts fell %v", fell)
		}
		got, err := asha.Reissue(context.Background(), com, []string{admission})
		if err != nil || len(got.New) != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		w.Eventually(2*time.Minute, "Gita is in again, and was not asked", func() bool {
			return slices.ContainsFunc(mustMembers(t, dalia, com), func(m node.Member) bool { return m.ID == gitas })
		})
		again, err := asha.Reissue(context.Background(), com, []string{admission})
		if err != nil || len(again.New) != 0 || again.Skipped[admission] == "" {
			t.Errorf("done again twice: %+v %v", again, err)
		}
		if _, err := dalia.Reissue(context.Background(), com, []string{strings.Repeat("0", 64)}); err == nil {
			t.Error("an act that is not there is done again")
		}
	})
}

func mustMembers(t *testing.T, n *nodetest.Node, community string) []node.Member {
	t.Helper()
	list, err := n.Members(community, node.ListMembers{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestAnyOneOff: with any one node off, its owner's too, people join, are approved, promoted and removed, and groups are made; who was away sees
// it all when he comes back.
func TestAnyOneOff(t *testing.T) {
	for _, off := range []string{"Asha", "Budi", "Chen"} {
		t.Run(off, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := nodetest.New(t)
				nodes, com, groups := meetup(w, "Asha", "Budi", "Chen", "Dalia")
				asha, budi, dalia := nodes[0], nodes[1], nodes[3]
				if _, err := asha.SetRoles(context.Background(), com, budi.User(com), []string{"admin"}); err != nil {
					t.Fatal(err)
				}
				open := asha.Invite(com, groups[0])
				looked, err := asha.CreateInvite(context.Background(), com, node.NewInvite{Groups: groups[:1], Approval: true})
				if err != nil {
					t.Fatal(err)
				}
				agree(w, time.Minute, nodes...)
				w.Eventually(time.Minute, "both admins have the desk's key", func() bool { return asha.DeskKeys() > 0 && budi.DeskKeys() > 0 })
				var on []*nodetest.Node
				var away *nodetest.Node
				for _, n := range nodes {
					if n.Name == off {
						away = n
					} else {
						on = append(on, n)
					}
				}
				away.Stop()
				admin := budi
				if off == "Budi" {
					admin = asha
				}
				// By the links Asha made, through whoever is there.
				through := func(link string) string {
					out, _, err := on[len(on)-1].Reshare(link)
					if err != nil {
						t.Fatal(err)
					}
					return out
				}
				emil, fatma := w.Node("Emil"), w.Node("Fatma")
				emil.Join(through(open))
				id := ask(t, fatma, through(looked.Link), "I live here")
				w.Eventually(2*time.Minute, "the admin sees Fatma", func() bool { return len(requests(t, admin, com, "pending")) == 1 })
				if _, err := admin.DecideRequest(context.Background(), requests(t, admin, com, "pending")[0].ID, true, ""); err != nil {
					t.Fatal(err)
				}
				w.Eventually(2*time.Minute, "Fatma is in", func() bool { return job(t, fatma, id).State == "done" })
				if _, err := admin.SetRoles(context.Background(), com, emil.User(com), []string{"moderator"}); err != nil {
					t.Fatal(err)
				}
				if _, err := admin.Remove(context.Background(), com, dalia.User(com), node.RemoveOptions{}); err != nil {
					t.Fatal(err)
				}
				g, err := admin.CreateGroup(context.Background(), com, node.NewGroup{Name: "New", Members: []string{emil.User(com)}})
				if err != nil {
					t.Fatal(err)
				}
				w.Eventually(time.Minute, "Emil is in the new group", func() bool { return emil.In(g.ID) && emil.CleanIn(g.ID) })
				emil.Say(g.ID, "hello")
				w.Eventually(time.Minute, "he is read", func() bool { return admin.Shows(g.ID, "hello") })
				away.Start()
				w.Eventually(3*time.Minute, off+" sees it all", func() bool {
					got := map[string]string{}
					for _, m := range mustMembers(t, away, com) {
						got[m.ID] = strings.Join(m.Roles, "+")
					}
					_, dalias := got[dalia.User(com)]
					return got[emil.User(com)] == "moderator" && got[fatma.User(com)] == "member" && !dalias
				})
			})
		})
	}
}
