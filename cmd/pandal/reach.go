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

// reachCmds are those of announce that are about announcements that were made, or are to be.
func (a *app) reachCmds() []*cobra.Command {
	receipts := &cobra.Command{
		Use: "receipts ANNOUNCEMENT", Short: "Who has an announcement, and who acknowledged it; for admins", Args: cobra.ExactArgs(1), Example: "  pandal announce receipts msg_2x…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			var list []api.Recipient
			for x, err := range client.Each[api.Recipient](ctx, c, "/announcements/"+url.PathEscape(args[0])+"/receipts?limit=200") {
				if err != nil {
					return err
				}
				list = append(list, x)
			}
			return a.show(items(list), func(w io.Writer) {
				reached, acked := 0, 0
				table(w, "MEMBER STATE", func(row func(...any)) {
					for _, x := range list {
						state := "not reached"
						if x.Reached {
							reached++
							state = "reached"
						}
						if x.Acknowledged {
							acked++
							state = "acknowledged"
						}
						row(plain(name(x.DisplayName)), state)
					}
				})
				fmt.Fprintf(w, "reached %d of %d, %d acknowledged\n", reached, len(list), acked)
			})
		}),
	}
	remind := &cobra.Command{
		Use: "remind ANNOUNCEMENT", Short: "Alert those again who have not acknowledged an announcement", Args: cobra.ExactArgs(1), Example: "  pandal announce remind msg_2x…",
		RunE: a.onMessage("POST", "/announcements/%s/remind", nil),
	}
	var drop string
	scheduled := &cobra.Command{
		Use: "scheduled COMMUNITY", Short: "Announcements that wait on this node for their time", Args: cobra.ExactArgs(1),
		Example: "  pandal announce scheduled sunrise\n  pandal announce scheduled sunrise --drop sch_2x…",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, _ []string) error {
			path := "/communities/" + com.ID + "/announcements/scheduled"
			if drop != "" {
				_, err := client.Send[struct{}](ctx, c, "DELETE", path+"/"+url.PathEscape(drop), nil)
				return err
			}
			l, err := client.Get[api.List[api.Scheduled]](ctx, c, path)
			if err != nil {
				return err
			}
			return a.show(l, func(w io.Writer) {
				for _, s := range l.Items {
					fmt.Fprintf(w, "%s  %s  %s\n", s.ID, s.At.Local().Format("2006-01-02 15:04"), text(s.Text))
					if s.Error != nil {
						fmt.Fprintf(w, "  did not go out: %s\n", plain(*s.Error))
					}
				}
			})
		}),
	}
	scheduled.Flags().StringVar(&drop, "drop", "", "take this one back")
	return []*cobra.Command{receipts, remind, scheduled}
}
