package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// reportCmd is how members tell moderators of a message or a person, and how these see to it.
func (a *app) reportCmd() *cobra.Command {
	c := &cobra.Command{Use: "report", Aliases: []string{"reports"}, Short: "Tell the moderators of a message or a person, and what they make of it"}
	print := func(all []api.Report) error {
		return a.show(items(all), func(w io.Writer) {
			table(w, "REPORT\tABOUT\tBY\tSTATE\tREASON\tTEXT\tMESSAGE", func(row func(...any)) {
				for _, q := range all {
					row(q.ID, plain(name(q.DisplayName)), plain(name(q.ByName)), q.State, plain(q.Reason), plain(q.Excerpt), value(q.MessageID))
				}
			})
		})
	}
	send := func(ctx context.Context, c *client.Client, path string, body any) error {
		q, err := client.Send[api.Report](ctx, c, "POST", path, body)
		if err != nil {
			return err
		}
		return a.show(q, func(w io.Writer) {
			fmt.Fprintln(w, q.ID)
			a.say("%s", map[string]string{"open": "The moderators are told.", "resolved": "It is closed: something was done.", "dismissed": "It is closed: nothing is to be done."}[q.State])
		})
	}
	var why string
	message := &cobra.Command{
		Use: "message MESSAGE", Short: "Report a message", Args: cobra.ExactArgs(1), Example: "  pandal report message msg_2x… --reason spam",
		Long: "Report a message to those who let people in. They are told who reports, what is reported and what it said; nobody else is.",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			return send(ctx, c, "/messages/"+url.PathEscape(args[0])+"/report", api.NewReport{Reason: why})
		}),
	}
	person := &cobra.Command{
		Use: "person COMMUNITY MEMBER", Short: "Report a person", Args: cobra.ExactArgs(2), Example: "  pandal report person sunrise mallory --reason \"writes to everybody\"",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := bothEver(ctx, c, args)
			if err != nil {
				return err
			}
			return send(ctx, c, "/communities/"+com.ID+"/members/"+m.ID+"/report", api.NewReport{Reason: why})
		}),
	}
	for _, cmd := range []*cobra.Command{message, person} {
		cmd.Flags().StringVar(&why, "reason", "", "what is wrong")
		c.AddCommand(cmd)
	}
	var state string
	list := &cobra.Command{
		Use: "list COMMUNITY", Short: "List them", Args: cobra.ExactArgs(1), Example: "  pandal report list sunrise --state open",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			all, err := client.All[api.Report](ctx, c, "/communities/"+com.ID+"/reports?"+url.Values{"state": {state}}.Encode())
			if err != nil {
				return err
			}
			return print(all)
		}),
	}
	list.Flags().StringVar(&state, "state", "open", "open, resolved or dismissed")
	c.AddCommand(list)
	for verb, about := range map[string]string{"resolve": "Close a report: something was done about it", "dismiss": "Close a report: nothing is to be done"} {
		var note string
		d := &cobra.Command{
			Use: verb + " REPORT", Short: about, Args: cobra.ExactArgs(1), Example: "  pandal report " + verb + " rep_2x… --note \"spoke with him\"",
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				return send(ctx, c, "/reports/"+url.PathEscape(args[0])+"/"+verb, api.Decision{Reason: note})
			}),
		}
		d.Flags().StringVar(&note, "note", "", "for the other moderators")
		c.AddCommand(d)
	}
	return c
}

func value(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
