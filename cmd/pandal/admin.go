package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
	"github.com/pandal-chat/pandal/node"
)

// maxActLine bounds a line of an export: an op is at most 64 KiB, in base64, with its claims.
const maxActLine = 256 << 10

func (a *app) permissionsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "permissions COMMUNITY", Short: "What you may do, and who may do the rest", Args: cobra.ExactArgs(1), Example: "  pandal permissions sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			all, err := client.All[api.Permission](ctx, c, "/communities/"+com.ID+"/permissions")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "RIGHT\tYOU\tWHO ELSE", func(row func(...any)) {
					for _, p := range all {
						row(p.Bit, yes(p.Allowed), join(p.Who))
					}
				})
			})
		}),
	}
}

func (a *app) auditCmd() *cobra.Command {
	var kind, actor, format string
	c := &cobra.Command{
		Use: "audit COMMUNITY", Short: "Who did what, when, under which authority", Args: cobra.ExactArgs(1),
		Example: "  pandal audit sunrise --kind revoke\n  pandal audit sunrise --format jsonl > sunrise.jsonl\n  pandal audit verify sunrise.jsonl",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			path := "/communities/" + com.ID + "/audit"
			if format != "" {
				return c.Copy(ctx, path+"?format="+url.QueryEscape(format), a.out)
			}
			q := url.Values{}
			if kind != "" {
				q.Set("kind", kind)
			}
			if actor != "" {
				m, err := member(ctx, c, com.ID, actor)
				if err != nil {
					return err
				}
				q.Set("actor", m.ID)
			}
			all, err := client.All[api.Act](ctx, c, path+"?"+q.Encode())
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "TIME\tACT\tBY\tABOUT\tSTANDS", func(row func(...any)) {
					for _, x := range all {
						row(x.Time.Local().Format("2006-01-02 15:04:05"), x.Kind, name(x.ActorID), name(x.SubjectID), yes(x.Effective))
					}
				})
			})
		}),
	}
	c.Flags().StringVar(&kind, "kind", "", "only acts of this kind, like revoke")
	c.Flags().StringVar(&actor, "by", "", "only what this member did")
	c.Flags().StringVar(&format, "format", "", "jsonl (proves itself) or csv: write the whole log to standard output")
	var id string
	verify := &cobra.Command{
		Use: "verify FILE", Short: "Check an export with nothing but itself and the community's id", Args: cobra.ExactArgs(1),
		Example: "  pandal audit verify sunrise.jsonl --community com_…",
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fail(exitNotFound, "the file %s cannot be read", args[0])
			}
			defer f.Close()
			acts, err := readActs(f)
			if err != nil {
				return err
			}
			com := id
			if com == "" && len(acts) > 0 {
				com = foundedBy(acts)
				a.say("no --community given: the file is checked against the founding act in it, %s", com)
			}
			n, err := node.VerifyAudit(com, acts)
			if err != nil {
				return fail(exitFailed, "this export does not hold: %v", err)
			}
			return a.show(map[string]any{"acts": n, "community_id": com}, func(w io.Writer) { fmt.Fprintf(w, "%d acts of %s hold\n", n, com) })
		},
	}
	verify.Flags().StringVar(&id, "community", "", "the community's id, from somebody you trust")
	c.AddCommand(verify)
	return c
}

// readActs reads an export, one act a line.
func readActs(r io.Reader) ([]node.Act, error) {
	var out []node.Act
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxActLine)
	for sc.Scan() {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		x, err := api.ParseAct(sc.Bytes())
		if err != nil {
			return nil, fail(exitFailed, "line %d is no act: %v", len(out)+1, err)
		}
		out = append(out, node.Act{ID: x.ID, Kind: x.Kind, ActorID: deref(x.ActorID), SubjectID: deref(x.SubjectID), GroupID: deref(x.GroupID), Time: x.Time.Time,
			Authority: x.Authority, Effective: x.Effective, Detail: x.Detail, Raw: x.Signed})
	}
	if err := sc.Err(); err != nil {
		return nil, fail(exitFailed, "the file cannot be read: %v", err)
	}
	if len(out) == 0 {
		return nil, fail(exitFailed, "there is no act in the file")
	}
	return out, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// foundedBy returns the community that the founding act in an export founds.
func foundedBy(acts []node.Act) string {
	for _, x := range acts {
		if x.Kind == "genesis" && x.GroupID == "" {
			return node.CommunityID(x.ID)
		}
	}
	return ""
}

// editFlags adds --name and --description to a command that changes a community or group.
func editFlags(c *cobra.Command) func() (name, about *string) {
	name := c.Flags().String("name", "", "what it is called")
	about := c.Flags().String("description", "", "what it is about")
	return func() (n, d *string) {
		if c.Flags().Changed("name") {
			n = name
		}
		if c.Flags().Changed("description") {
			d = about
		}
		return n, d
	}
}

func (a *app) communityEditCmd() *cobra.Command {
	var edit func() (name, about *string)
	var set map[string]string
	c := &cobra.Command{
		Use: "edit COMMUNITY", Short: "Change its name, description or settings", Args: cobra.ExactArgs(1),
		Example: "  pandal community edit sunrise --name \"Sunrise street\"\n  pandal community edit sunrise --set history=7d --set who_creates_groups=members",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			req := api.EditCommunity{Settings: set}
			req.Name, req.Description = edit()
			got, err := client.Send[api.Community](ctx, c, "PATCH", "/communities/"+com.ID, req)
			if err != nil {
				return err
			}
			return a.show(got, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", got.ID, plain(got.Name)) })
		}),
	}
	c.Flags().StringToStringVar(&set, "set", nil, "history=none|7d|30d|all, who_creates_groups=admins|members, who_invites=admins|members")
	edit = editFlags(c)
	return c
}

// groupAdminCmds change a group or close it.
func (a *app) groupAdminCmds() []*cobra.Command {
	var edit func() (name, about *string)
	var posts, keep string
	change := func(method, verb string, body func() any) func(*cobra.Command, []string) error {
		return a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			got, err := client.Send[api.Group](ctx, c, method, "/groups/"+g.ID+verb, body())
			if err != nil {
				return err
			}
			return a.show(got, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s, archived: %s\n", got.ID, plain(got.Name), yes(got.Archived))
			})
		})
	}
	none := func() any { return nil }
	e := &cobra.Command{Use: "edit GROUP", Short: "Change its name or description, or who posts", Args: cobra.ExactArgs(1), Example: "  pandal group edit food --description \"Who cooks when\"",
		RunE: change("PATCH", "", func() any {
			var req api.EditGroup
			if req.Name, req.Description = edit(); posts != "" {
				req.WhoPosts = &posts
			}
			if n, ok := map[string]int{"off": 0, "24h": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "90d": 90 * 86_400}[keep]; ok {
				req.DisappearingSeconds = &n
			} else if keep != "" {
				req.DisappearingSeconds = new(-1) // the node says which there are
			}
			return req
		})}
	e.Flags().StringVar(&posts, "who-posts", "", "everyone or moderators")
	e.Flags().StringVar(&keep, "disappearing", "", "how long messages sent from now on are kept: 24h, 7d, 30d, 90d, or off")
	edit = editFlags(e)
	return []*cobra.Command{e,
		{Use: "archive GROUP", Short: "Close it to new messages", Args: cobra.ExactArgs(1), Example: "  pandal group archive food", RunE: change("POST", "/archive", none)},
		{Use: "unarchive GROUP", Short: "Open it again", Args: cobra.ExactArgs(1), Example: "  pandal group unarchive food", RunE: change("POST", "/unarchive", none)},
		{Use: "move GROUP COMMUNITY", Short: "Let it go on in another community of the same tree", Args: cobra.ExactArgs(2), Example: "  pandal group move trips \"Class 4\"",
			Long: "The group begins there with its name, its settings, its roles and those of its members who are in that community. Here it is archived: what was said can be read on by those who could.",
			RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
				com, err := community(ctx, c, args[1])
				if err != nil {
					return err
				}
				got, err := client.Send[api.MovedGroup](ctx, c, "POST", "/groups/"+g.ID+"/move", api.MoveGroup{CommunityID: com.ID})
				if err != nil {
					return err
				}
				return a.show(got, func(w io.Writer) {
					fmt.Fprintf(w, "%s: %s goes on in %s, with %d members\n", got.Group.ID, plain(got.Group.Name), plain(com.Name), got.Group.MemberCount)
					for _, u := range got.LeftBehind {
						fmt.Fprintf(w, "not in that community: %s\n", u)
					}
				})
			})},
	}
}

func (a *app) roleCmd() *cobra.Command {
	c := &cobra.Command{Use: "role", Short: "Roles and the rights they name"}
	run := func(ctx context.Context, c *client.Client, args []string) error {
		com, err := community(ctx, c, args[0])
		if err != nil {
			return err
		}
		all, err := client.All[api.Role](ctx, c, "/communities/"+com.ID+"/roles")
		if err != nil {
			return err
		}
		if len(args) > 1 {
			i := slices.IndexFunc(all, func(r api.Role) bool { return same(r.Name, args[1]) })
			if i < 0 {
				return fail(exitNotFound, "there is no role %q; there are %s", args[1], join(each(all, func(r api.Role) string { return r.Name })))
			}
			all = all[i : i+1]
		}
		return a.show(items(all), func(w io.Writer) {
			table(w, "ROLE\tMAY", func(row func(...any)) {
				for _, r := range all {
					row(r.Name, join(r.Permissions))
				}
			})
		})
	}
	c.AddCommand(&cobra.Command{Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal role list sunrise", RunE: a.with(run)},
		&cobra.Command{Use: "show COMMUNITY ROLE", Short: "Show one", Args: cobra.ExactArgs(2), Example: "  pandal role show sunrise moderator", RunE: a.with(run)})
	return c
}
