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

// TestAudit: any member can list every act, and its export proves itself; a changed claim, a missing act or another community's id does not
// pass.
func TestAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		nodes, com, _ := meetup(w, "Asha", "Budi", "Chen")
		ctx := context.Background()
		if _, err := nodes[0].SetRoles(ctx, com, nodes[1].User(com), []string{"moderator"}); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, nodes...)
		if _, err := nodes[1].Remove(ctx, com, nodes[2].User(com), node.RemoveOptions{Reason: "spam"}); err != nil {
			t.Fatal(err)
		}
		agree(w, time.Minute, nodes[:2]...)
		list, err := nodes[0].Audit(com, node.AuditFilter{Kind: "revoke", Actor: nodes[1].User(com)})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(a node.Act) bool { return a.GroupID == "" })
		if i < 0 || list[i].SubjectID != nodes[2].User(com) || list[i].Detail["reason"] != "spam" || !list[i].Effective {
			t.Fatalf("the removal is not told: %+v", list)
		}
		whole, err := nodes[0].Audit(com, node.AuditFilter{Whole: true})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := node.VerifyAudit(com, whole); err != nil || n != len(whole) {
			t.Fatalf("%d of %d acts verify: %v", n, len(whole), err)
		}
		if _, err := node.VerifyAudit("com_"+com[5:]+"a", whole); err == nil {
			t.Error("another community's id passes")
		}
		for name, f := range map[string]func([]node.Act) []node.Act{
			"an act is missing":       func(a []node.Act) []node.Act { return slices.Delete(a, len(a)-2, len(a)-1) },
			"another actor":           func(a []node.Act) []node.Act { a[1].ActorID = "usr_nobody"; return a },
			"a removal that is none":  func(a []node.Act) []node.Act { a[1].Effective = !a[1].Effective; return a },
			"a bit of the op flipped": func(a []node.Act) []node.Act { a[1].Raw = slices.Clone(a[1].Raw); a[1].Raw[40] ^= 1; return a },
		} {
			if _, err := node.VerifyAudit(com, f(slices.Clone(whole))); err == nil {
				t.Errorf("%s, and it passes", name)
			}
		}
	})
}
