package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) communityCmd() *cobra.Command {
	c := &cobra.Command{Use: "community", Aliases: []string{"communities"}, Short: "Communities on this node"}
	var create api.NewCommunity
	var parent string
	createCmd := &cobra.Command{
		Use: "create NAME", Short: "Start a community", Args: cobra.ExactArgs(1),
		Example: "  pandal community create Sunrise\n  pandal community create Sunrise --as Asha --description \"Our street\"\n  pandal community create \"Class 5\" --parent sunrise",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			create.Name = args[0]
			if parent != "" {
				up, err := community(ctx, c, parent)
				if err != nil {
					return err
				}
				create.ParentID = up.ID
			}
			com, err := client.Send[api.Community](ctx, c, "POST", "/communities", create)
			if err != nil {
				return err
			}
			return a.show(com, func(w io.Writer) {
				fmt.Fprintln(w, com.ID)
				a.say("next: pandal invite create %q", com.Name)
			})
		}),
	}
	createCmd.Flags().StringVar(&create.DisplayName, "as", "", "your name there (default: your name on this node)")
	createCmd.Flags().StringVar(&parent, "parent", "", "the community it stands under, whose admins may act in it")
	createCmd.Flags().StringVar(&create.Description, "description", "", "what it is about")
	var confirm bool
	leave := &cobra.Command{
		Use: "leave COMMUNITY", Short: "Leave a community", Args: cobra.ExactArgs(1), Example: "  pandal community leave sunrise",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, err := community(ctx, c, args[0])
			if err == nil {
				err = a.confirm(confirm, "leave", com.Name)
			}
			if err == nil {
				_, err = client.Send[struct{}](ctx, c, "POST", "/communities/"+com.ID+"/leave", nil)
			}
			return err
		}),
	}
	forget := &cobra.Command{
		Use: "forget COMMUNITY", Short: "Delete what this node holds of a community", Args: cobra.ExactArgs(1), Example: "  pandal community forget sunrise --yes",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, err := community(ctx, c, args[0])
			if err == nil {
				err = a.confirm(confirm, "forget", com.Name)
			}
			if err == nil {
				_, err = client.Send[struct{}](ctx, c, "DELETE", "/communities/"+com.ID, nil)
			}
			return err
		}),
	}
	leave.Flags().BoolVar(&confirm, "yes", false, "do not ask")
	forget.Flags().BoolVar(&confirm, "yes", false, "do not ask")
	c.AddCommand(a.communityActCmds()...)
	c.AddCommand(createCmd, leave, forget, a.communityEditCmd(), &cobra.Command{
		Use: "list", Short: "List them", Args: cobra.NoArgs, Example: "  pandal community list --json",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := client.All[api.Community](ctx, c, "/communities")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "NAME ROLE MEMBERS CONNECTED GROUPS ID", func(row func(...any)) {
					eachNested(all, func(depth int, v *api.Community, name string) {
						if name = strings.Repeat("  ", depth) + name; v == nil {
							row(name, "-", "-", "-", "-", "not in it")
							return
						}
						row(name, v.Role, v.MemberCount, v.Reachable, v.GroupCount, v.ID)
					})
				})
			})
		}),
	}, &cobra.Command{
		Use: "show COMMUNITY", Short: "Show one", Args: cobra.ExactArgs(1), Example: "  pandal community show sunrise",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			v, err := community(ctx, c, args[0])
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s (%s)\n", plain(v.Name), v.ID)
				if v.Description != "" {
					fmt.Fprintln(w, plain(v.Description))
				}
				fmt.Fprintf(w, "members: %d, connected: %d, groups: %d, since %s\n", v.MemberCount, v.Reachable, v.GroupCount, when(&v.CreatedAt))
				if v.ParentID != nil {
					fmt.Fprintf(w, "stands under %s\n", *v.ParentID)
				}
				if len(v.Below) > 0 {
					fmt.Fprintln(w, "under it:")
				}
				for _, b := range v.Below {
					at := "not in it"
					if b.CommunityID != nil {
						at = *b.CommunityID
					}
					fmt.Fprintf(w, "  %s (%s)\n", plain(b.Name), at)
				}
				if v.State == "active" {
					fmt.Fprintf(w, "I am %s (%s), %s\n", plain(v.DisplayName), v.MeID, v.Role)
				} else {
					fmt.Fprintln(w, map[string]string{"left": "I have left it.", "removed": "I was removed from it.", "revoked": "This device was shut out by another one of mine."}[v.State]+" What it had is kept; nothing new comes.")
				}
			})
		}),
	})
	return c
}

// eachNested goes through communities, each followed by what stands under it, which is nil where this node is not in that.
func eachNested(all []api.Community, f func(depth int, c *api.Community, name string)) {
	by := map[string]*api.Community{}
	for i := range all {
		by[all[i].ID] = &all[i]
	}
	seen := map[string]bool{}
	var down func(depth int, c *api.Community)
	down = func(depth int, c *api.Community) {
		if seen[c.ID] {
			return
		}
		seen[c.ID] = true
		f(depth, c, c.Name)
		for _, b := range c.Below {
			if b.CommunityID == nil || by[*b.CommunityID] == nil {
				f(depth+1, nil, b.Name)
				continue
			}
			down(depth+1, by[*b.CommunityID])
		}
	}
	for i := range all {
		if up := all[i].ParentID; up == nil || by[*up] == nil {
			down(0, &all[i])
		}
	}
	for i := range all { // whose place in a community that is here stands no more
		down(0, &all[i])
	}
}

// confirm asks the person to type the name of what is about to be lost.
func (a *app) confirm(yes bool, verb, what string) error {
	if yes {
		return nil
	}
	if a.noInput || !terminal(a.in) {
		return fail(exitUsage, "to %s %q without being asked, add --yes", verb, what)
	}
	fmt.Fprintf(a.err, "To %s, type its name (%s): ", verb, plain(what))
	var typed string
	buf := make([]byte, 1)
	for {
		if n, err := a.in.Read(buf); err != nil || n == 0 || buf[0] == '\n' {
			break
		}
		typed += string(buf)
	}
	if typed != what {
		return fail(exitFailed, "the names differ; nothing was done")
	}
	return nil
}

func (a *app) groupCmd() *cobra.Command {
	c := &cobra.Command{Use: "group", Aliases: []string{"groups"}, Short: "Groups of a community"}
	var create api.NewGroup
	createCmd := &cobra.Command{
		Use: "create COMMUNITY NAME", Short: "Start a group", Args: cobra.ExactArgs(2),
		Example: "  pandal group create sunrise Food --open\n  pandal group create sunrise Board --member asha --member budi",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			req := create
			req.Name, req.Members = args[1], nil
			for _, arg := range create.Members {
				m, err := member(ctx, c, com.ID, arg)
				if err != nil {
					return err
				}
				req.Members = append(req.Members, m.ID)
			}
			g, err := client.Send[api.Group](ctx, c, "POST", "/communities/"+com.ID+"/groups", req)
			if err != nil {
				return err
			}
			return a.show(g, func(w io.Writer) { fmt.Fprintln(w, g.ID) })
		}),
	}
	f := createCmd.Flags()
	f.StringVar(&create.Description, "description", "", "what it is about")
	f.StringSliceVar(&create.Members, "member", nil, "who is in it from the start")
	f.StringVar(&create.WhoPosts, "who-posts", "", "everyone or moderators")
	f.BoolVar(&create.Open, "open", false, "members of the community may join by themselves")
	var note string
	enter := &cobra.Command{
		Use: "join GROUP", Short: "Join an open group; ask to be let into another", Args: cobra.ExactArgs(1), Example: "  pandal group join sunrise/food --note \"I cook\"",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			got, err := client.Send[struct {
				ID    string `json:"id"`
				State string `json:"state,omitempty"`
			}](ctx, c, "POST", "/groups/"+g.ID+"/join", api.JoinGroup{Note: note})
			if err != nil {
				return err
			}
			if got.State != "" {
				a.say("asked; somebody who lets people into %s has to look at it", plain(g.Name))
			}
			return a.show(got, func(w io.Writer) { fmt.Fprintln(w, got.ID) })
		}),
	}
	enter.Flags().StringVar(&note, "note", "", "to those who let people in, where the group is not open")
	one := func(use, short, verb string) *cobra.Command {
		return &cobra.Command{
			Use: use + " GROUP", Short: short, Args: cobra.ExactArgs(1), Example: "  pandal group " + use + " sunrise/food",
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				g, err := group(ctx, c, args[0])
				if err == nil {
					_, err = client.Send[any](ctx, c, "POST", "/groups/"+g.ID+"/"+verb, nil)
				}
				return err
			}),
		}
	}
	c.AddCommand(a.groupAdminCmds()...)
	c.AddCommand(a.groupRoleCmd())
	c.AddCommand(a.groupPrivateCmds()...)
	c.AddCommand(createCmd, enter, one("leave", "Leave a group", "leave"), &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal group list sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			all, err := client.All[api.Group](ctx, c, "/communities/"+com.ID+"/groups")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "NAME KIND JOINED OPEN MEMBERS STATE ID", func(row func(...any)) {
					for _, g := range all {
						row(g.Name, g.Kind, yes(g.Joined), yes(g.Open), g.MemberCount, stateOf(g), g.ID)
					}
				})
			})
		}),
	}, &cobra.Command{
		Use: "show GROUP", Short: "Show one", Args: cobra.ExactArgs(1), Example: "  pandal group show sunrise/food",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			return a.show(g, func(w io.Writer) {
				fmt.Fprintf(w, "%s (%s)\n%s, joined: %s, open: %s, members: %d, posting: %s\n", plain(g.Name), g.ID, g.Kind, yes(g.Joined), yes(g.Open), g.MemberCount, g.WhoPosts)
				if g.State == "ended" {
					fmt.Fprintln(w, "ended: one of the two is gone from it; it can be read, and nothing more goes in it")
				}
				if g.MovedTo != nil {
					fmt.Fprintf(w, "moved: it goes on in %s, as %s; what was said before stays here\n", g.MovedTo.CommunityID, g.MovedTo.GroupID)
				} else if g.Archived {
					fmt.Fprintln(w, "archived: nobody can write here")
				}
				if g.Continues != nil {
					fmt.Fprintf(w, "it came from %s: what was said before is in %s, for those who were in it\n", g.Continues.CommunityID, g.Continues.GroupID)
				}
			})
		}),
	}, &cobra.Command{
		Use: "members GROUP", Short: "Who is in it", Args: cobra.ExactArgs(1), Example: "  pandal group members sunrise/food",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			all, err := client.All[api.Member](ctx, c, "/groups/"+g.ID+"/members")
			if err != nil {
				return err
			}
			return a.printMembers(all)
		}),
	}, &cobra.Command{
		Use: "add GROUP MEMBER", Short: "Take a member of the community in", Args: cobra.ExactArgs(2), Example: "  pandal group add sunrise/food budi",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			return a.groupMember(ctx, c, "PUT", args)
		}),
	}, &cobra.Command{
		Use: "remove GROUP MEMBER", Short: "Take somebody out of the group", Args: cobra.ExactArgs(2), Example: "  pandal group remove sunrise/food budi",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			return a.groupMember(ctx, c, "DELETE", args)
		}),
	})
	return c
}

// stateOf is what has become of a group, in one word.
func stateOf(g api.Group) string {
	switch {
	case g.MovedTo != nil:
		return "moved"
	case g.Archived:
		return "archived"
	}
	return g.State
}

func (a *app) groupMember(ctx context.Context, c *client.Client, method string, args []string) error {
	g, err := group(ctx, c, args[0])
	if err != nil {
		return err
	}
	m, err := member(ctx, c, g.CommunityID, args[1])
	if err != nil {
		return err
	}
	_, err = client.Send[any](ctx, c, method, "/groups/"+g.ID+"/members/"+m.ID, nil)
	return err
}

func (a *app) printMembers(all []api.Member) error {
	return a.show(items(all), func(w io.Writer) {
		table(w, "NAME ROLES STATE ONLINE ID", func(row func(...any)) {
			for _, m := range all {
				who := name(m.DisplayName)
				if m.Me {
					who += " (me)"
				}
				row(who, join(m.Roles), m.State, yes(m.Online), m.ID)
			}
		})
	})
}
