package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// requests lists the join requests of a community.
func requests(ctx context.Context, c *client.Client, com, state string) ([]api.JoinRequest, error) {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	return client.All[api.JoinRequest](ctx, c, "/communities/"+com+"/join-requests?"+q.Encode())
}

func (a *app) printRequests(all []api.JoinRequest) error {
	return a.show(items(all), func(w io.Writer) {
		table(w, "REQUEST\tWHO\tSTATE\tSINCE\tNOTE", func(row func(...any)) {
			for _, q := range all {
				row(q.ID, plain(q.DisplayName), q.State, when(&q.CreatedAt), plain(q.Note))
			}
		})
	})
}

func (a *app) requestCmd() *cobra.Command {
	c := &cobra.Command{Use: "request", Aliases: []string{"requests"}, Short: "Who wants to come in"}
	var state string
	list := &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal request list sunrise --state pending",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			all, err := requests(ctx, c, com.ID, state)
			if err != nil {
				return err
			}
			return a.printRequests(all)
		}),
	}
	list.Flags().StringVar(&state, "state", "", "pending, approved or declined")
	c.AddCommand(list, a.decideCmd("approve", "Let people in"), a.decideCmd("decline", "Say no"))
	return c
}

func (a *app) decideCmd(verb, short string) *cobra.Command {
	var all bool
	var why string
	c := &cobra.Command{
		Use: verb + " COMMUNITY [REQUEST|NAME]…", Short: short, Args: cobra.MinimumNArgs(1),
		Example: "  pandal request " + verb + " sunrise dalia\n  pandal request " + verb + " sunrise --all",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			pending, err := requests(ctx, c, com.ID, "pending")
			if err != nil {
				return err
			}
			var ids []string
			for _, arg := range args[1:] {
				i := slices.IndexFunc(pending, func(q api.JoinRequest) bool { return q.ID == arg || same(q.DisplayName, arg) })
				if i < 0 {
					return fail(exitNotFound, "no request of %q is waiting", arg)
				}
				ids = append(ids, pending[i].ID)
			}
			if all {
				ids = each(pending, func(q api.JoinRequest) string { return q.ID })
			} else if len(ids) == 0 {
				return fail(exitUsage, "say whom, or --all")
			}
			b := api.BulkDecision{Reason: why}
			if verb == "approve" {
				b.Approve = ids
			} else {
				b.Decline = ids
			}
			got, err := client.Send[api.BulkResult](ctx, c, "POST", "/communities/"+com.ID+"/join-requests/bulk", b)
			if err != nil {
				return err
			}
			if err := a.printRequests(got.Items); err != nil {
				return err
			}
			for id, p := range got.Failed {
				a.say("%s: %s", id, p.Error())
			}
			switch {
			case len(got.Failed) > 0 && len(got.Items) > 0:
				return fail(exitPartly, "%d of %d were not decided", len(got.Failed), len(ids))
			case len(got.Failed) > 0:
				for _, p := range got.Failed {
					return &p
				}
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all that wait")
	c.Flags().StringVar(&why, "reason", "", "why, which the person is told")
	return c
}

func (a *app) suggestionCmd() *cobra.Command {
	c := &cobra.Command{Use: "suggestion", Aliases: []string{"suggestions"}, Short: "Groups that members would like"}
	print := func(all []api.Suggestion) error {
		return a.show(items(all), func(w io.Writer) {
			table(w, "SUGGESTION\tGROUP\tBY\tSTATE\tREASON\tABOUT", func(row func(...any)) {
				for _, s := range all {
					row(s.ID, plain(s.Name), plain(name(s.DisplayName)), s.State, plain(s.Reason), plain(s.Description))
				}
			})
		})
	}
	var req api.NewSuggestion
	create := &cobra.Command{
		Use: "create COMMUNITY NAME", Short: "Ask the admins for a group", Args: cobra.ExactArgs(2), Example: "  pandal suggestion create sunrise \"Rooftop garden\" --description tomatoes",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			req.Name = args[1]
			s, err := client.Send[api.Suggestion](ctx, c, "POST", "/communities/"+com.ID+"/suggestions", req)
			if err != nil {
				return err
			}
			return print([]api.Suggestion{s})
		}),
	}
	create.Flags().StringVar(&req.Description, "description", "", "what it is about")
	create.Flags().BoolVar(&req.Open, "open", false, "members of the community may join by themselves")
	list := func(ctx context.Context, c *client.Client, arg string) (api.Community, []api.Suggestion, error) {
		com, err := community(ctx, c, arg)
		if err != nil {
			return com, nil, err
		}
		all, err := client.All[api.Suggestion](ctx, c, "/communities/"+com.ID+"/suggestions")
		return com, all, err
	}
	c.AddCommand(create, &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal suggestion list sunrise",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			_, all, err := list(ctx, c, args[0])
			if err != nil {
				return err
			}
			return print(all)
		}),
	})
	for verb, short := range map[string]string{"accept": "Make the group", "decline": "Say no"} {
		var why string
		d := &cobra.Command{
			Use: verb + " COMMUNITY SUGGESTION|NAME", Short: short, Args: cobra.ExactArgs(2), Example: "  pandal suggestion " + verb + " sunrise \"Rooftop garden\"",
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				_, all, err := list(ctx, c, args[0])
				if err != nil {
					return err
				}
				i := slices.IndexFunc(all, func(s api.Suggestion) bool { return s.ID == args[1] || s.State == "pending" && same(s.Name, args[1]) })
				if i < 0 {
					return fail(exitNotFound, "there is no suggestion %q", args[1])
				}
				s, err := client.Send[api.Suggestion](ctx, c, "POST", "/suggestions/"+all[i].ID+"/"+verb, api.Decision{Reason: why})
				if err != nil {
					return err
				}
				return print([]api.Suggestion{s})
			}),
		}
		d.Flags().StringVar(&why, "reason", "", "why")
		c.AddCommand(d)
	}
	return c
}

func (a *app) welcomeCmd() *cobra.Command {
	c := &cobra.Command{Use: "welcome", Short: "What newcomers are met with"}
	print := func(w api.Welcome) error {
		return a.show(w, func(out io.Writer) {
			fmt.Fprintln(out, plain(w.Message))
			for _, s := range w.Steps {
				fmt.Fprintln(out, "[ ]", plain(s))
			}
		})
	}
	var steps []string
	set := &cobra.Command{
		Use: "set COMMUNITY TEXT|-", Short: "Change it", Args: cobra.ExactArgs(2), Example: "  pandal welcome set sunrise \"Good that you are here\" --step \"Say hello in General\" --step \"Put your phone number in your profile\"",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			text, err := a.body(args[1:])
			if err != nil {
				return err
			}
			w, err := client.Send[api.Welcome](ctx, c, "PUT", "/communities/"+com.ID+"/welcome", api.Welcome{Message: text, Steps: append([]string{}, steps...)})
			if err != nil {
				return err
			}
			return print(w)
		}),
	}
	set.Flags().StringArrayVar(&steps, "step", nil, "a first step; give it again for more")
	c.AddCommand(set, &cobra.Command{
		Use: "show COMMUNITY", Short: "Show it", Args: cobra.ExactArgs(1), Example: "  pandal welcome show sunrise",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			w, err := client.Get[api.Welcome](ctx, c, "/communities/"+com.ID+"/welcome")
			if err != nil {
				return err
			}
			return print(w)
		}),
	})
	return c
}

// banCmds keep somebody out and let him come again.
func (a *app) banCmds() []*cobra.Command {
	var why string
	var confirm bool
	ban := &cobra.Command{
		Use: "ban COMMUNITY MEMBER", Short: "Remove somebody, and let no invite bring this identity back", Args: cobra.ExactArgs(2),
		Long:    "Remove somebody, and let no invite bring this identity back. A new identity cannot be banned: whoever makes one is somebody else here.",
		Example: "  pandal member ban sunrise mallory --reason spam --yes",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := bothEver(ctx, c, args)
			if err == nil {
				err = a.confirm(confirm, "ban", name(m.DisplayName))
			}
			if err != nil {
				return err
			}
			m, err = client.Send[api.Member](ctx, c, "POST", "/communities/"+com.ID+"/members/"+m.ID+"/ban", api.NewBan{Reason: why})
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) { fmt.Fprintln(w, plain(name(m.DisplayName)), "is", m.State) })
		}),
	}
	ban.Flags().StringVar(&why, "reason", "", "why")
	ban.Flags().BoolVar(&confirm, "yes", false, "do not ask")
	return []*cobra.Command{ban, {
		Use: "unban COMMUNITY MEMBER", Short: "Lift a ban: an invite works again", Args: cobra.ExactArgs(2), Example: "  pandal member unban sunrise mallory",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := bothEver(ctx, c, args)
			if err != nil {
				return err
			}
			m, err = client.Send[api.Member](ctx, c, "DELETE", "/communities/"+com.ID+"/members/"+m.ID+"/ban", nil)
			if err != nil {
				return err
			}
			return a.show(m, func(w io.Writer) { fmt.Fprintln(w, plain(name(m.DisplayName)), "may come in by an invite again") })
		}),
	}}
}

// bothEver finds a community and somebody who is or was in it.
func bothEver(ctx context.Context, c *client.Client, args []string) (api.Community, api.Member, error) {
	com, m, err := both(ctx, c, args)
	if err == nil || com.ID == "" {
		return com, m, err
	}
	for _, state := range []string{"removed", "left", "banned"} {
		gone, gerr := client.All[api.Member](ctx, c, "/communities/"+com.ID+"/members?state="+state)
		if gerr != nil {
			return com, m, gerr
		}
		for _, g := range gone {
			if g.ID == args[1] || len(args[1]) > 6 && strings.HasPrefix(g.ID, args[1]) || same(name(g.DisplayName), args[1]) {
				return com, g, nil
			}
		}
	}
	return com, m, err
}

func (a *app) reissueCmd() *cobra.Command {
	return &cobra.Command{
		Use: "reissue COMMUNITY ACT…", Short: "Do acts again that fell with a removed admin", Args: cobra.MinimumNArgs(2),
		Example: "  pandal member remove sunrise mallory --cascade --yes --json\n  pandal reissue sunrise 3f0a…",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			r, err := client.Send[api.Reissued](ctx, c, "POST", "/communities/"+com.ID+"/reissue", api.Reissue{Ops: args[1:]})
			if err != nil {
				return err
			}
			return a.show(r, func(w io.Writer) {
				fmt.Fprintf(w, "%d done again\n", len(r.Ops))
				for id, why := range r.Skipped {
					fmt.Fprintf(w, "%.16s…: %s\n", id, why)
				}
			})
		}),
	}
}
