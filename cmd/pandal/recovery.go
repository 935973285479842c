package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) recoveryCmd() *cobra.Command {
	c := &cobra.Command{Use: "recovery", Short: "Who may hand a community on when its owner is lost"}
	show := func(ctx context.Context, c *client.Client, com string, r api.Recovery) error {
		called, err := callers(ctx, c, com)
		if err != nil {
			return err
		}
		return a.show(r, func(w io.Writer) {
			if len(r.Members) == 0 {
				fmt.Fprintln(w, "nobody; the owner can name a set once: pandal recovery set COMMUNITY MEMBER…")
				return
			}
			fmt.Fprintf(w, "%d of %d: %s\nowner: %s\n", r.Need, len(r.Members), join(each(r.Members, called)), called(r.OwnerID))
		})
	}
	members := func(ctx context.Context, c *client.Client, com string, names []string) (ids []string, err error) {
		for _, n := range names {
			m, err := member(ctx, c, com, n)
			if err != nil {
				return nil, err
			}
			ids = append(ids, m.ID)
		}
		return ids, nil
	}
	var signatures []string
	rotate := &cobra.Command{
		Use: "rotate-owner COMMUNITY [REQUEST]", Short: "Ask to become the owner; with the signatures, become it", Args: cobra.RangeArgs(1, 2),
		Long:    "Without a request: print one, and hand it to the recovery set by any way you have. With it and enough of their signatures: become the owner.",
		Example: "  pandal recovery rotate-owner sunrise > request.txt\n  pandal recovery rotate-owner sunrise $(cat request.txt) --signature PANDALSIGN1… --signature PANDALSIGN1…",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			req := api.RotateOwner{Signatures: signatures}
			if len(args) > 1 {
				var err error
				if req.Request, err = a.argument(args[1], 8192); err != nil {
					return err
				}
			}
			h, err := client.Send[api.Handover](ctx, c, "POST", "/communities/"+com.ID+"/recovery/rotate-owner", req)
			if err != nil {
				return err
			}
			if h.Request != "" {
				called, err := callers(ctx, c, com.ID)
				if err != nil {
					return err
				}
				a.say("%d of these have to sign it with: pandal recovery sign COMMUNITY REQUEST\n%s", h.Need, join(each(h.Signers, called)))
				return a.show(h, func(w io.Writer) { fmt.Fprintln(w, h.Request) })
			}
			return a.show(h, func(w io.Writer) { fmt.Fprintf(w, "you own %s\n", plain(h.Community.Name)) })
		}),
	}
	rotate.Flags().StringSliceVar(&signatures, "signature", nil, "a signature; give it again for more")
	c.AddCommand(rotate, &cobra.Command{
		Use: "show COMMUNITY", Short: "Show them", Args: cobra.ExactArgs(1), Example: "  pandal recovery show sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			r, err := client.Get[api.Recovery](ctx, c, "/communities/"+com.ID+"/recovery")
			if err != nil {
				return err
			}
			return show(ctx, c, com.ID, r)
		}),
	}, &cobra.Command{
		Use: "set COMMUNITY MEMBER…", Short: "Name them, once; more than half hand the community on", Args: cobra.MinimumNArgs(2), Example: "  pandal recovery set sunrise budi chen dalia",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			ids, err := members(ctx, c, com.ID, args[1:])
			if err != nil {
				return err
			}
			r, err := client.Send[api.Recovery](ctx, c, "PUT", "/communities/"+com.ID+"/recovery", api.SetRecovery{Members: ids})
			if err != nil {
				return err
			}
			return show(ctx, c, com.ID, r)
		}),
	})
	var preview bool
	sign := &cobra.Command{
		Use: "sign COMMUNITY REQUEST|-", Short: "Say yes to a new owner, as one of them; one for each turn, ever", Args: cobra.ExactArgs(2), Example: "  pandal recovery sign sunrise PANDALOWNER1…",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			request, err := a.argument(args[1], 8192)
			if err != nil {
				return err
			}
			called, err := callers(ctx, c, com.ID) // first: nobody signs twice
			if err != nil {
				return err
			}
			s, err := client.Send[api.SignedHandover](ctx, c, "POST", "/communities/"+com.ID+"/recovery/sign", api.SignHandover{Request: request, Preview: preview})
			if err != nil {
				return err
			}
			if preview {
				return a.show(s, func(w io.Writer) { fmt.Fprintf(w, "%s asks to become the owner\n", called(s.NewOwner)) })
			}
			a.say("signed for %s as the owner; give this back to who asked", called(s.NewOwner))
			return a.show(s, func(w io.Writer) { fmt.Fprintln(w, s.Signature) })
		}),
	}
	sign.Flags().BoolVar(&preview, "preview", false, "only say who asks; nothing is signed")
	c.AddCommand(sign)
	return c
}

func (a *app) transferCmd() *cobra.Command {
	var confirm bool
	c := &cobra.Command{
		Use: "transfer COMMUNITY MEMBER", Short: "Give a successor all rights", Args: cobra.ExactArgs(2), Example: "  pandal community transfer sunrise budi --yes",
		Long: "Give a successor all rights. Without a recovery set the owner stays beside him; with one the successor asks for its signatures:\npandal recovery rotate-owner COMMUNITY",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := both(ctx, c, args)
			if err == nil {
				err = a.confirm(confirm, "transfer", com.Name)
			}
			if err != nil {
				return err
			}
			m, err = client.Send[api.Member](ctx, c, "POST", "/communities/"+com.ID+"/transfer", api.Transfer{UserID: m.ID})
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) { fmt.Fprintln(w, plain(name(m.DisplayName)), "is", join(m.Roles)) })
		}),
	}
	c.Flags().BoolVar(&confirm, "yes", false, "do not ask")
	return c
}

// communityActCmds close a community, open it again, and change its keys.
func (a *app) communityActCmds() []*cobra.Command {
	one := func(use, short, verb string) *cobra.Command {
		return &cobra.Command{
			Use: use + " COMMUNITY", Short: short, Args: cobra.ExactArgs(1), Example: "  pandal community " + use + " sunrise",
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				com, err := community(ctx, c, args[0])
				if err == nil {
					_, err = client.Send[any](ctx, c, "POST", "/communities/"+com.ID+"/"+verb, nil)
				}
				return err
			}),
		}
	}
	return []*cobra.Command{one("archive", "Close it and its groups to new messages", "archive"), one("unarchive", "Open them again", "unarchive"),
		one("rotate-keys", "New keys in every space this node is in, as after a suspicion", "rotate-keys"), a.transferCmd(), a.storageCmd()}
}

// storageCmd shows what this node keeps of a community.
func (a *app) storageCmd() *cobra.Command {
	return &cobra.Command{
		Use: "storage COMMUNITY", Short: "What this node keeps of it, by group", Args: cobra.ExactArgs(1), Example: "  pandal community storage sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, _ []string) error {
			u, err := client.Get[api.Storage](ctx, c, "/communities/"+com.ID+"/storage")
			if err != nil {
				return err
			}
			groups, err := client.All[api.Group](ctx, c, "/communities/"+com.ID+"/groups")
			if err != nil {
				return err
			}
			names := map[string]string{}
			for _, g := range groups {
				names[g.ID] = cmp.Or(g.Name, g.Kind)
			}
			return a.show(u, func(w io.Writer) {
				fmt.Fprintf(w, "%d B, of these %d B for who belongs and who may do what; the file with everything has %d B\n", u.Bytes, u.LogBytes, u.FileBytes)
				table(w, "GROUP MESSAGES BYTES OLDEST", func(row func(...any)) {
					for _, g := range u.Groups {
						row(names[g.GroupID], g.Messages, g.Bytes, when(g.OldestAt))
					}
				})
			})
		}),
	}
}

// groupRoleCmd sets the roles of somebody in one group.
func (a *app) groupRoleCmd() *cobra.Command {
	return &cobra.Command{
		Use: "role GROUP MEMBER ROLE…", Short: "Set the roles of a member in one group", Args: cobra.MinimumNArgs(3), Example: "  pandal group role sunrise/food budi admin",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			m, err := member(ctx, c, g.CommunityID, args[1])
			if err != nil {
				return err
			}
			m, err = client.Send[api.Member](ctx, c, "PUT", "/groups/"+g.ID+"/members/"+m.ID, api.PutGroupMember{Roles: args[2:]})
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) { fmt.Fprintln(w, plain(name(m.DisplayName)), "is", join(m.Roles)) })
		}),
	}
}
