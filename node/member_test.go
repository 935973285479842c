package node_test

import (
	"context"
	"slices"
	"testing"

	"github.com/pandal-chat/pandal/node"
)

func alone(t *testing.T, name string) *node.Node {
	t.Helper()
	n, err := node.Open(t.Context(), node.Config{Data: t.TempDir(), Name: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// TestMemberPages: pages make up the list, each with the names that the whole list has, whether or not all names were read before; and the proofs
// of invites are stored as verified, by a store of an older program after its next start.
func TestMemberPages(t *testing.T) {
	a := alone(t, "Asha")
	c, err := a.CreateCommunity(t.Context(), node.NewCommunity{Name: "Sunrise", DisplayName: "Asha"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Populate(t.Context(), c.ID, 30, 3); err != nil {
		t.Fatal(err)
	}
	const size = 7
	var pages []node.Member
	for from, total := 0, 1; from < total; from += size {
		page, err := a.Members(c.ID, node.ListMembers{Cut: func(n int, id func(int) string) (int, int, error) {
			total = n
			return from, min(from+size, n), nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page...)
	}
	one, err := a.Member(c.ID, pages[5].ID)
	if err != nil || one.DisplayName != pages[5].DisplayName {
		t.Errorf("%+v, in the list %+v, %v", one, pages[5], err)
	}
	whole, err := a.Members(c.ID, node.ListMembers{Query: "a"}) // reads all names
	if err != nil || len(whole) == 0 {
		t.Fatal(whole, err)
	}
	if whole, err = a.Members(c.ID, node.ListMembers{}); err != nil || len(whole) != 31 {
		t.Fatal(len(whole), err)
	}
	same := func(a, b node.Member) bool {
		return a.ID == b.ID && a.DisplayName == b.DisplayName && a.ETag == b.ETag && a.JoinedAt.Equal(b.JoinedAt) && a.Visible == b.Visible
	}
	if !slices.EqualFunc(pages, whole, same) || slices.ContainsFunc(whole, func(m node.Member) bool { return m.DisplayName == "" }) {
		t.Errorf("pages %+v\nwhole %+v", pages, whole)
	}
	again, stored, err := a.ProvenAgain(context.Background(), alone(t, "Budi"))
	if err != nil || stored != 60 || again != 60 { // into the community and into a group
		t.Errorf("%d proofs are stored as verified, %d after a start from an older store, want 60 each: %v", stored, again, err)
	}
}
