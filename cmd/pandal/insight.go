package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// insightsCmd shows figures of a community, and says whether one counts in them.
func (a *app) insightsCmd() *cobra.Command {
	var from, to string
	var asCSV bool
	c := &cobra.Command{
		Use: "insights COMMUNITY", Short: "Members, who is active, messages and reach, by day; for admins", Args: cobra.ExactArgs(1),
		Long: "Figures of whole days (UTC), counted on this node from what it holds; the last lines say how much that is. Nothing about fewer than 5 people is shown, and what a " +
			"person does counts only if that person agreed to it.",
		Example: "  pandal insights sunrise\n  pandal insights sunrise --from 2026-11-01 --to 2026-11-30 --csv > november.csv\n  pandal insights consent sunrise on",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, _ []string) error {
			q := url.Values{}
			for name, v := range map[string]string{"from": from, "to": to} {
				if v != "" {
					q.Set(name, v)
				}
			}
			path := "/communities/" + com.ID + "/insights"
			if asCSV {
				return c.Copy(ctx, path+".csv?"+q.Encode(), a.out)
			}
			x, err := client.Get[api.Insights](ctx, c, path+"?"+q.Encode())
			if err != nil {
				return err
			}
			return a.show(x, func(w io.Writer) { printInsights(w, x) })
		}),
	}
	c.Flags().StringVar(&from, "from", "", "the first day, like 2026-11-01; else 29 days before the last")
	c.Flags().StringVar(&to, "to", "", "the last day; else today")
	c.Flags().BoolVar(&asCSV, "csv", false, "a table with commas")
	c.AddCommand(&cobra.Command{
		Use: "consent COMMUNITY [on|off]", Short: "Let what you do count in a community's figures, or no more", Args: cobra.RangeArgs(1, 2), ValidArgs: []string{"on", "off"},
		Long: "Without your word nothing of yours counts. It counts from the next day on, and from the day that you take it back no more; days before stay as they are. Only those who let " +
			"people in are told, and the figures never say who counts.",
		Example: "  pandal insights consent sunrise\n  pandal insights consent sunrise on",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			path := "/communities/" + com.ID + "/insights/consent"
			var now api.InsightConsent
			var err error
			switch {
			case len(args) == 1:
				now, err = client.Get[api.InsightConsent](ctx, c, path)
			case args[1] == "on" || args[1] == "off":
				now, err = client.Send[api.InsightConsent](ctx, c, "PUT", path, api.SetInsightConsent{On: args[1] == "on"})
			default:
				return fail(exitUsage, "say on or off, not %q", args[1])
			}
			if err != nil {
				return err
			}
			return a.show(now, func(w io.Writer) {
				switch {
				case now.Since == nil:
					fmt.Fprintln(w, "off: nothing that you do counts")
				case now.On:
					fmt.Fprintf(w, "on: what you do counts from %s (UTC) on\n", *now.Since)
				default:
					fmt.Fprintf(w, "off: what you do counts no more from %s (UTC) on\n", *now.Since)
				}
			})
		}),
	})
	return c
}

// printInsights leaves out days of which nothing is to be said.
func printInsights(w io.Writer, x api.Insights) {
	cell := func(n *int) string {
		if n == nil {
			return "-"
		}
		return strconv.Itoa(*n)
	}
	left := 0
	table(w, "DAY\tMEMBERS\tACTIVE\tMESSAGES\tREACHED\tSEEN", func(row func(...any)) {
		for _, d := range x.Days {
			if d.Members == nil && d.Active == nil && d.Reached == nil {
				left++
				continue
			}
			reached := cell(d.Reached)
			if d.Reached != nil && d.Expected != nil {
				reached += " of " + cell(d.Expected)
			}
			row(d.Day, cell(d.Members), cell(d.Active), cell(d.Messages), reached, fmt.Sprintf("%d of %d", d.Groups, d.OfGroups))
		}
	})
	if left > 0 {
		fmt.Fprintf(w, "%d days are left out: nothing can be shown of them\n", left)
	}
	fmt.Fprintln(w, plain(x.Coverage.Text))
}
