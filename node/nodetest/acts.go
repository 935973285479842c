package nodetest

import (
	"context"
	"slices"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// Found makes a community and returns its id.
func (n *Node) Found(name string) string {
	n.w.t.Helper()
	c, err := n.CreateCommunity(context.Background(), node.NewCommunity{Name: name, DisplayName: n.Name})
	n.must(err)
	return c.ID
}

// Group returns the id of a community's group by its name.
func (n *Node) Group(community, name string) string {
	n.w.t.Helper()
	list, err := n.Groups(community)
	n.must(err)
	for _, g := range list {
		if g.Name == name {
			return g.ID
		}
	}
	n.w.t.Fatalf("%s knows no group %q", n.Name, name)
	return ""
}

// Invite returns a link into a community and the groups named by id.
func (n *Node) Invite(community string, groups ...string) string {
	n.w.t.Helper()
	inv, err := n.CreateInvite(context.Background(), community, node.NewInvite{MaxUses: 1000, Groups: groups})
	n.must(err)
	return inv.Link
}

// Three founds a community with Asha, Budi and Chen in it and in its group General.
func (w *World) Three() (asha, budi, chen *Node, community, general string) {
	w.t.Helper()
	asha, budi, chen = w.Node("Asha"), w.Node("Budi"), w.Node("Chen")
	community = asha.Found("Sunrise")
	general = asha.Group(community, "General")
	link := asha.Invite(community, general)
	budi.Join(link)
	chen.Join(link)
	return asha, budi, chen, community, general
}

// Join joins by a link and waits until it is done.
func (n *Node) Join(link string) {
	n.w.t.Helper()
	j, err := n.Accept(context.Background(), node.AcceptInvite{Link: link, DisplayName: n.Name})
	n.must(err)
	n.w.Eventually(time.Minute, n.Name+" joins", func() bool {
		got, err := n.Job(j.ID)
		n.must(err)
		if got.State == "failed" {
			n.w.t.Fatalf("%s joins: %v", n.Name, got.Err)
		}
		return got.State == "done"
	})
}

// Say posts to a group and returns the message's id.
func (n *Node) Say(group, text string) string {
	n.w.t.Helper()
	m, err := n.Post(context.Background(), group, node.NewMessage{Text: text})
	n.must(err)
	return m.ID
}

// Texts returns what a node shows of a group, oldest first.
func (n *Node) Texts(group string) (out []string) {
	n.w.t.Helper()
	before := ""
	for {
		list, more, err := n.Messages(group, node.Page{Limit: 200, Before: before})
		n.must(err)
		for _, m := range list {
			out = append(out, m.Text)
			before = m.ID
		}
		if !more {
			slices.Reverse(out)
			return out
		}
	}
}

// Shows reports whether a node shows a text in a group that it knows.
func (n *Node) Shows(group, text string) bool {
	n.w.t.Helper()
	if _, err := n.Node.Group(group); err != nil {
		return false
	}
	return slices.Contains(n.Texts(group), text)
}

// In reports whether a node is a member of a group, as it knows.
func (n *Node) In(group string) bool {
	g, err := n.Node.Group(group)
	return err == nil && g.Joined
}

// User returns a node's usr_ id in a community.
func (n *Node) User(community string) string {
	n.w.t.Helper()
	c, err := n.Community(community)
	n.must(err)
	return c.MeID
}
