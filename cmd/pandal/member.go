package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func join(list []string) string { return strings.Join(list, ",") }

func (a *app) memberCmd() *cobra.Command {
	c := &cobra.Command{Use: "member", Aliases: []string{"members"}, Short: "Members of a community"}
	var query, role, state string
	list := &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal member list sunrise --role admin",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			q := url.Values{}
			for name, v := range map[string]string{"q": query, "role": role, "state": state} {
				if v != "" {
					q.Set(name, v)
				}
			}
			all, err := client.All[api.Member](ctx, c, "/communities/"+com.ID+"/members?"+q.Encode())
			if err != nil {
				return err
			}
			return a.printMembers(all)
		}),
	}
	list.Flags().StringVar(&query, "q", "", "a part of the name")
	list.Flags().StringVar(&role, "role", "", "only this role")
	list.Flags().StringVar(&state, "state", "", "active, removed, banned or left")
	var opts api.RemoveMember
	var confirm bool
	remove := &cobra.Command{
		Use: "remove COMMUNITY MEMBER", Short: "Remove somebody from the community", Args: cobra.ExactArgs(2),
		Example: "  pandal member remove sunrise mallory --reason spam --yes",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := both(ctx, c, args)
			if err == nil {
				err = a.confirm(confirm, "remove", name(m.DisplayName))
			}
			if err != nil {
				return err
			}
			r, err := client.Send[api.Removed](ctx, c, "POST", "/communities/"+com.ID+"/members/"+m.ID+"/remove", opts)
			if err != nil {
				return err
			}
			return a.show(r, func(w io.Writer) {
				fmt.Fprintln(w, "removed", m.ID)
				if len(r.CutOps) > 0 {
					a.say("%d admin acts fell with it: %s", len(r.CutOps), strings.Join(r.CutOps, ", "))
				}
			})
		}),
	}
	f := remove.Flags()
	f.BoolVar(&opts.Cascade, "cascade", false, "also undo what came of the rights this person gave")
	f.BoolVar(&opts.Ban, "ban", false, "no invite lets this identity in again")
	f.BoolVar(&opts.RevokeInvites, "revoke-invites", false, "also revoke the open invite this person came by, and replace the one that members hand on")
	f.StringVar(&opts.Reason, "reason", "", "why")
	f.BoolVar(&confirm, "yes", false, "do not ask")
	c.AddCommand(a.banCmds()...)
	c.AddCommand(list, remove, a.verifyCmd(), &cobra.Command{
		Use: "show COMMUNITY MEMBER", Short: "Show one", Args: cobra.ExactArgs(2), Example: "  pandal member show sunrise budi",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			_, m, err := both(ctx, c, args)
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) {
				fmt.Fprintf(w, "%s (%s)\n%s, %s, online: %s, joined %s\n", plain(name(m.DisplayName)), m.ID, join(m.Roles), m.State, yes(m.Online), when(m.JoinedAt))
			})
		}),
	}, &cobra.Command{
		Use: "role COMMUNITY MEMBER ROLE…", Short: "Set the roles of a member", Args: cobra.MinimumNArgs(3),
		Example: "  pandal member role sunrise budi admin\n  pandal member role sunrise budi member",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := both(ctx, c, args)
			if err != nil {
				return err
			}
			m, err = client.Send[api.Member](ctx, c, "PATCH", "/communities/"+com.ID+"/members/"+m.ID, api.EditMember{Roles: args[2:]})
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) { fmt.Fprintln(w, plain(name(m.DisplayName)), "is", join(m.Roles)) })
		}),
	})
	return c
}

// both finds a community and one of its members.
func both(ctx context.Context, c *client.Client, args []string) (api.Community, api.Member, error) {
	com, err := community(ctx, c, args[0])
	if err != nil {
		return com, api.Member{}, err
	}
	m, err := member(ctx, c, com.ID, args[1])
	return com, m, err
}

func (a *app) inviteCmd() *cobra.Command {
	c := &cobra.Command{Use: "invite", Aliases: []string{"invites"}, Short: "Invite links"}
	var uses int
	var picture, approve bool
	var expires string
	var groups []string
	create := &cobra.Command{
		Use: "create COMMUNITY", Short: "Make a link", Args: cobra.ExactArgs(1), Example: "  pandal invite create sunrise --uses 50 --expires 7d --group general",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			req := api.NewInvite{MaxUses: uses, Approval: approve}
			if expires != "" {
				d, err := span(expires)
				if err != nil {
					return err
				}
				req.ExpiresIn = int64(d.Seconds())
			}
			for _, arg := range groups {
				if !strings.Contains(arg, "/") && !strings.HasPrefix(arg, "grp_") {
					arg = com.ID + "/" + arg
				}
				g, err := group(ctx, c, arg)
				if err != nil {
					return err
				}
				req.Groups = append(req.Groups, g.ID)
			}
			i, err := client.Send[api.Invite](ctx, c, "POST", "/communities/"+com.ID+"/invites", req)
			if err != nil {
				return err
			}
			if err := a.show(i, func(w io.Writer) { fmt.Fprintln(w, i.Link) }); err != nil || !picture || a.json {
				return err
			}
			return drawQR(a.out, i.Text)
		}),
	}
	create.Flags().BoolVar(&approve, "approve", false, "an admin looks at each newcomer first")
	create.Flags().BoolVar(&picture, "qr", false, "also draw it as a QR code")
	create.Flags().IntVar(&uses, "uses", 50, "how many people may join with it, 1 to 1000")
	create.Flags().StringVar(&expires, "expires", "", "when it ends, like 7d (default: never)")
	create.Flags().StringSliceVar(&groups, "group", nil, "a group the newcomer lands in; people in one group see each other's names")
	var accept api.AcceptInvite
	var nowait bool
	acceptCmd := &cobra.Command{
		Use: "accept LINK|PICTURE|-", Short: "Join with a link, or the picture of its QR code; - reads the link from stdin", Args: cobra.ExactArgs(1),
		Example: "  pandal invite accept pandal://join/… --as Budi\n  pandal invite accept photo.jpg\n  pandal invite accept - < link.txt",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			var err error
			if accept.Link, err = a.link(ctx, c, args[0]); err != nil {
				return err
			}
			job, err := client.Send[api.Job](ctx, c, "POST", "/invites/accept", accept)
			if err != nil {
				return err
			}
			said := ""
			if !nowait {
				job, err = c.Wait(ctx, job, func(j api.Job) {
					if now := underWay(j); now != "" && now != said {
						said = now
						a.say("%s", now)
					}
				})
				if errors.Is(err, context.DeadlineExceeded) {
					return fail(exitTimeout, "nobody has let us in yet; the node goes on trying (%s)", job.ID)
				}
				if err != nil {
					return err
				}
			}
			if job.Error != nil {
				return job.Error
			}
			return a.show(job, func(w io.Writer) {
				if job.Result != nil {
					fmt.Fprintln(w, job.Result.CommunityID)
				} else {
					fmt.Fprintln(w, job.ID)
				}
			})
		}),
	}
	acceptCmd.Flags().StringVar(&accept.DisplayName, "as", "", "your name there")
	acceptCmd.Flags().StringVar(&accept.Note, "note", "", "to the admins, where they look at newcomers first")
	acceptCmd.Flags().StringSliceVar(&accept.Addrs, "addr", nil, "a further multiaddr to try")
	acceptCmd.Flags().BoolVar(&nowait, "no-wait", false, "do not wait until joined")
	c.AddCommand(create, acceptCmd, &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal invite list sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			all, err := client.All[api.Invite](ctx, c, "/communities/"+com.ID+"/invites")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "ID USES EXPIRES STATE", func(row func(...any)) {
					for _, i := range all {
						state := "open"
						switch {
						case i.Revoked:
							state = "revoked"
						case i.ExpiresAt != nil && i.ExpiresAt.Before(time.Now()):
							state = "expired"
						}
						row(i.ID, fmt.Sprintf("%d/%d", i.Uses, i.MaxUses), when(i.ExpiresAt), state)
					}
				})
			})
		}),
	}, &cobra.Command{
		Use: "revoke INVITE-ID", Short: "Take one back", Args: cobra.ExactArgs(1), Example: "  pandal invite revoke inv_…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			_, err := client.Send[any](ctx, c, "DELETE", "/invites/"+args[0], nil)
			return err
		}),
	}, &cobra.Command{
		Use: "preview LINK|PICTURE|-", Short: "Where does a link lead? Nobody is contacted", Args: cobra.ExactArgs(1), Example: "  pandal invite preview pandal://join/…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			link, err := a.link(ctx, c, args[0])
			if err != nil {
				return err
			}
			p, err := client.Send[api.InvitePreview](ctx, c, "POST", "/invites/preview", api.InviteLink{Link: link})
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) {
				fmt.Fprintf(w, "%s, %d members, %d groups; %s invites you; ends: %s\n", plain(p.Community.Name), p.Community.MemberCount, p.Community.GroupCount, plain(p.InvitedBy), when(p.ExpiresAt))
			})
		}),
	}, &cobra.Command{
		Use: "reshare LINK|PICTURE|-", Short: "The same link with this node's addresses", Args: cobra.ExactArgs(1), Example: "  pandal invite reshare pandal://join/…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			link, err := a.link(ctx, c, args[0])
			if err != nil {
				return err
			}
			s, err := client.Send[api.SharedInvite](ctx, c, "POST", "/invites/reshare", api.InviteLink{Link: link})
			if err != nil {
				return err
			}
			return a.show(s, func(w io.Writer) { fmt.Fprintln(w, s.Link) })
		}),
	})
	return c
}

// link reads a link from the argument: the link itself, a file with the picture of its QR code, or stdin with -.
func (a *app) link(ctx context.Context, c *client.Client, arg string) (string, error) {
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".png", ".jpg", ".jpeg":
		picture, err := readPicture(arg)
		if err != nil {
			return "", err
		}
		found, err := client.SendPicture[api.FoundInvite](ctx, c, "POST", "/invites/decode", picture)
		return found.Link, err
	}
	return a.argument(arg, 8192)
}

// readPicture reads one byte more than the node takes at most, so that the node says what is too large.
func readPicture(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(f, 8<<20+1)); err == nil {
			return raw, nil
		}
	}
	return nil, fail(exitUsage, "the picture cannot be read: %s", err)
}

// argument is arg, or stdin up to a size where arg is "-".
func (a *app) argument(arg string, size int64) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	raw, err := io.ReadAll(io.LimitReader(a.in, size))
	return strings.TrimSpace(string(raw)), err
}

// underWay says in one line what a job does now, and what stands in its way.
func underWay(j api.Job) string {
	for _, step := range j.Steps {
		if step.State == "running" {
			return strings.TrimSpace(plain(step.Name) + " … " + plain(step.Detail))
		}
	}
	return ""
}
