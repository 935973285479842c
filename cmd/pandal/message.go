package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) sendCmd() *cobra.Command {
	var reply, wait string
	c := &cobra.Command{
		Use: "send GROUP [TEXT|-]", Short: "Post a message; without text it is read from stdin", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal send sunrise/food \"soup at six\"\n  date | pandal send sunrise/food -\n  pandal send food hello --wait delivered --timeout 30s",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			text, err := a.body(args[1:])
			if err != nil {
				return err
			}
			path := "/groups/" + g.ID + "/messages" + a.waitQuery(wait)
			m, err := client.Send[api.Message](ctx, c, "POST", path, api.NewMessage{Text: text, ReplyTo: reply})
			return a.sent(m, err, wait)
		}),
	}
	c.Flags().StringVar(&reply, "reply", "", "id of the message this answers")
	c.Flags().StringVar(&wait, "wait", "", "wait until it is sent or delivered")
	return c
}

// body is the text of a message: the argument, or stdin.
func (a *app) body(args []string) (string, error) {
	if len(args) == 0 {
		if terminal(a.in) {
			return "", fail(exitUsage, "there is no text; give it as an argument, or - to read it from stdin")
		}
		args = []string{"-"}
	}
	return a.argument(args[0], 1<<20)
}

// waitQuery asks the node to wait a little less long than we do.
func (a *app) waitQuery(wait string) string {
	if wait == "" {
		return ""
	}
	seconds := min(60, max(0, int(a.timeout.Seconds())-1))
	return "?wait=" + url.QueryEscape(wait) + "&timeout=" + strconv.Itoa(seconds)
}

// sent prints the id. A message that is waited for in vain is kept and goes on
// waiting: exit code 7 says so.
func (a *app) sent(m api.Message, err error, wait string) error {
	if err != nil {
		return err
	}
	if err := a.show(m, func(w io.Writer) { fmt.Fprintln(w, m.ID) }); err != nil {
		return err
	}
	order := []string{"waiting", "sent", "delivered"}
	if wait != "" && slices.Index(order, m.Delivery.State) < slices.Index(order, wait) {
		return fail(exitTimeout, "not %s yet (%s, %d of %d); it is kept and goes out by itself", wait, m.Delivery.State, m.Delivery.Reached, m.Delivery.Expected)
	}
	return nil
}

func (a *app) announceCmd() *cobra.Command {
	var req api.NewAnnouncement
	var groups []string
	var wait, at string
	c := &cobra.Command{
		Use: "announce COMMUNITY [TEXT|-]", Short: "Tell everybody in a community", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal announce sunrise \"water is off from nine to noon\" --priority important\n  pandal announce sunrise - < notice.txt",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			var err error
			if req.Text, err = a.body(args[1:]); err != nil {
				return err
			}
			for _, arg := range groups {
				g, err := group(ctx, c, com.ID+"/"+arg)
				if err != nil {
					return err
				}
				if req.Audience == nil {
					req.Audience = &api.Audience{}
				}
				req.Audience.Groups = append(req.Audience.Groups, g.ID)
			}
			if at != "" {
				t, err := moment(at)
				if err != nil {
					return err
				}
				s, err := client.Send[api.Scheduled](ctx, c, "POST", "/communities/"+com.ID+"/announcements/scheduled", api.NewScheduled{NewAnnouncement: req, At: api.Time{Time: t}})
				if err != nil {
					return err
				}
				fmt.Fprintln(a.err, "It goes out then, if this node runs.")
				return a.show(s, func(w io.Writer) { fmt.Fprintln(w, s.ID) })
			}
			m, err := client.Send[api.Message](ctx, c, "POST", "/communities/"+com.ID+"/announcements"+a.waitQuery(wait), req)
			return a.sent(m, err, wait)
		}),
	}
	c.Flags().StringSliceVar(&groups, "groups", nil, "whom to alert (everybody can read it)")
	c.Flags().StringVar(&req.Priority, "priority", "", "normal, important or urgent")
	c.Flags().BoolVar(&req.AckWanted, "ack", false, "ask for an acknowledgement")
	c.Flags().StringVar(&req.Replies, "replies", "", "off or threaded")
	c.Flags().StringVar(&at, "at", "", "announce later, at a local time like \"2026-12-01 09:00\" or in like 3h")
	c.AddCommand(a.reachCmds()...)
	c.Flags().StringVar(&wait, "wait", "", "wait until it is sent or delivered")
	return c
}

func (a *app) readCmd() *cobra.Command {
	var n int
	var since string
	var follow bool
	c := &cobra.Command{
		Use: "read GROUP", Short: "Read the last messages", Args: cobra.ExactArgs(1),
		Long:    "Read the last messages, and between them who came and went and what was set; with --json the messages alone.",
		Example: "  pandal read sunrise/food -n 50 --ids\n  pandal read sunrise/announcements\n  pandal read food --since 1h --follow",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, short, done, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			g, err := group(short, c, args[0])
			if err != nil {
				return err
			}
			var from time.Time
			if since != "" {
				d, err := span(since)
				if err != nil {
					return err
				}
				from = time.Now().Add(-d)
			}
			start, err := client.Get[api.Status](short, c, "/status")
			if err != nil {
				return err
			}
			var last []api.Message
			for m, err := range client.Each[api.Message](short, c, "/groups/"+g.ID+"/messages?system="+strconv.FormatBool(!a.json)+"&limit="+strconv.Itoa(min(max(n, 1), 200))) {
				if err != nil {
					return err
				}
				if len(last) >= n && from.IsZero() || m.CreatedAt.Before(from) {
					break
				}
				last = append(last, m)
			}
			slices.Reverse(last)
			if a.json && !follow {
				return a.show(items(last), nil)
			}
			seen := map[string]bool{}
			for _, m := range last {
				seen[m.ID] = true
				if err := a.printMessage(m); err != nil {
					return err
				}
			}
			if !follow {
				return nil
			}
			return a.follow(cmd.Context(), c, client.Filter{After: start.EventCursor, Types: "message.created", Group: g.ID}, seen)
		},
	}
	c.Flags().BoolVar(&a.ids, "ids", false, "show the messages' ids, which react, edit, thread and others take")
	c.Flags().IntVarP(&n, "number", "n", 20, "how many")
	c.Flags().StringVar(&since, "since", "", "how far back, like 1h, instead of a number")
	c.Flags().BoolVar(&follow, "follow", false, "go on with what comes")
	return c
}

// follow prints new messages until it is interrupted.
func (a *app) follow(ctx context.Context, c *client.Client, f client.Filter, seen map[string]bool) error {
	for e, err := range c.Events(ctx, f) {
		if err != nil {
			return err
		}
		var m api.Message
		if err := decode(e.Data, &m); err != nil || m.ID == "" || seen[m.ID] {
			continue
		}
		if err := a.printMessage(m); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) tailCmd() *cobra.Command {
	var f client.Filter
	var com, grp string
	var count int
	c := &cobra.Command{
		Use: "tail", Short: "What happens, as it happens", Args: cobra.NoArgs,
		Example: "  pandal tail --json\n  pandal tail --types 'message.*,member.*' --community sunrise\n  pandal tail --after 42 -n 1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, short, done, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			if com != "" {
				v, err := community(short, c, com)
				if err != nil {
					return err
				}
				f.Community = v.ID
			}
			if grp != "" {
				g, err := group(short, c, grp)
				if err != nil {
					return err
				}
				f.Group = g.ID
			}
			left := count
			for e, err := range c.Events(cmd.Context(), f) {
				if err != nil {
					return err
				}
				if a.json {
					err = a.line(e)
				} else {
					_, err = fmt.Fprintf(a.out, "%s  %-18s %s\n", e.Time.Local().Format("15:04:05"), e.Type, a.gist(e))
				}
				if err != nil {
					return err
				}
				if left--; left == 0 {
					return nil
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&f.Types, "types", "", "comma-separated; message.* for all of a kind")
	c.Flags().StringVar(&f.After, "after", "", "begin after this event id (default: now)")
	c.Flags().StringVar(&com, "community", "", "only this community")
	c.Flags().StringVar(&grp, "group", "", "only this group")
	c.Flags().IntVarP(&count, "number", "n", 0, "end after so many (default: never)")
	return c
}

// gist is the one thing about an event that fits on a line.
func (a *app) gist(e api.Event) string {
	var d struct {
		ID          string  `json:"id"`
		Name        string  `json:"name"`
		DisplayName *string `json:"display_name"`
		AuthorName  *string `json:"author_name"`
		Text        string  `json:"text"`
		State       string  `json:"state"`
		MessageID   string  `json:"message_id"`
	}
	if decode(e.Data, &d) != nil {
		return ""
	}
	switch {
	case d.Text != "":
		return plain(name(d.AuthorName) + ": " + d.Text)
	case d.DisplayName != nil:
		return plain(*d.DisplayName)
	case d.Name != "":
		return plain(d.Name)
	case d.MessageID != "":
		return d.MessageID + " " + d.State
	}
	return plain(d.ID + " " + d.State)
}
