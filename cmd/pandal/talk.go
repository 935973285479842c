package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// onMessage is a verb on one message that answers with it.
func (a *app) onMessage(method, path string, body func(args []string) (any, error)) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client.Client, args []string) error {
		var in any
		if body != nil {
			var err error
			if in, err = body(args); err != nil {
				return err
			}
		}
		m, err := client.Send[api.Message](ctx, c, method, fmt.Sprintf(path, url.PathEscape(args[0])), in)
		if err != nil {
			return err
		}
		return a.show(m, func(io.Writer) { a.printMessage(m) })
	})
}

// directCmd writes to one member.
func (a *app) directCmd() *cobra.Command {
	return &cobra.Command{
		Use: "dm COMMUNITY MEMBER [TEXT|-]", Short: "Write to one member: nobody else reads it", Args: cobra.RangeArgs(2, 3),
		Example: "  pandal dm sunrise budi \"are you in tonight?\"\n  pandal read budi",
		RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
			m, err := member(ctx, c, com.ID, args[1])
			if err != nil {
				return err
			}
			g, err := client.Send[api.Group](ctx, c, "POST", "/dms", api.NewDirect{UserID: m.ID})
			if err != nil {
				return err
			}
			if len(args) < 3 {
				return a.show(g, func(w io.Writer) { fmt.Fprintln(w, g.ID) })
			}
			text, err := a.body(args[2:])
			if err != nil {
				return err
			}
			msg, err := client.Send[api.Message](ctx, c, "POST", "/groups/"+g.ID+"/messages", api.NewMessage{Text: text})
			if err != nil {
				return err
			}
			return a.show(msg, func(w io.Writer) { fmt.Fprintln(w, msg.ID) })
		}),
	}
}

func (a *app) talkCmds() []*cobra.Command {
	var take bool
	react := &cobra.Command{
		Use: "react MESSAGE EMOJI", Short: "React to a message with an emoji, or take that back", Args: cobra.ExactArgs(2),
		Example: "  pandal react msg_2x… 👍\n  pandal react msg_2x… 👍 --remove",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			method := "PUT"
			if take {
				method = "DELETE"
			}
			m, err := client.Send[api.Message](ctx, c, method, "/messages/"+url.PathEscape(args[0])+"/reactions/"+url.PathEscape(args[1]), nil)
			if err != nil {
				return err
			}
			return a.show(m, func(io.Writer) { a.printMessage(m) })
		}),
	}
	react.Flags().BoolVar(&take, "remove", false, "take it back")
	edit := &cobra.Command{
		Use: "edit MESSAGE [TEXT|-]", Short: "Give a message of yours new words", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal edit msg_2x… \"soup at seven\"",
		RunE: a.onMessage("PATCH", "/messages/%s", func(args []string) (any, error) {
			text, err := a.body(args[1:])
			return api.EditMessage{Text: text}, err
		}),
	}
	remove := &cobra.Command{
		Use: "delete MESSAGE", Short: "Take a message of yours away, for everybody", Args: cobra.ExactArgs(1),
		Example: "  pandal delete msg_2x…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			_, err := client.Send[struct{}](ctx, c, "DELETE", "/messages/"+url.PathEscape(args[0]), nil)
			return err
		}),
	}
	var reason string
	var back bool
	hide := &cobra.Command{
		Use: "hide MESSAGE", Short: "Hide somebody's message from those who read the group", Args: cobra.ExactArgs(1),
		Example: "  pandal hide msg_2x… --reason spam\n  pandal hide msg_2x… --undo",
		RunE: a.onMessage("PUT", "/messages/%s/hidden", func([]string) (any, error) {
			hidden := !back
			return api.Hide{Hidden: &hidden, Reason: reason}, nil
		}),
	}
	hide.Flags().StringVar(&reason, "reason", "", "moderators see it")
	hide.Flags().BoolVar(&back, "undo", false, "show it again")
	var until string
	var unpin bool
	pin := &cobra.Command{
		Use: "pin MESSAGE", Short: "Keep a message in sight, or let it go", Args: cobra.ExactArgs(1),
		Example: "  pandal pin msg_2x… --for 7d\n  pandal pin msg_2x… --remove",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := client.Get[api.Message](ctx, c, "/messages/"+url.PathEscape(args[0]))
			if err != nil {
				return err
			}
			method, in := "PUT", any(api.Pin{})
			if until != "" {
				d, err := span(until)
				if err != nil {
					return err
				}
				in = api.Pin{Until: &api.Time{Time: time.Now().Add(d).UTC()}}
			}
			if unpin {
				method, in = "DELETE", nil
			}
			if m, err = client.Send[api.Message](ctx, c, method, "/groups/"+m.GroupID+"/pins/"+m.ID, in); err != nil {
				return err
			}
			return a.show(m, func(io.Writer) { a.printMessage(m) })
		}),
	}
	pin.Flags().StringVar(&until, "for", "", "how long, like 7d; until it is unpinned, if missing")
	pin.Flags().BoolVar(&unpin, "remove", false, "let it go")
	thread := &cobra.Command{
		Use: "thread MESSAGE [TEXT|-]", Short: "Read a message's thread, or answer in it", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal thread msg_2x…\n  pandal thread msg_2x… \"I bring rice\"",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			path := "/messages/" + url.PathEscape(args[0]) + "/thread"
			if len(args) == 2 {
				text, err := a.body(args[1:])
				if err != nil {
					return err
				}
				m, err := client.Send[api.Message](ctx, c, "POST", path, api.NewMessage{Text: text})
				return a.sent(m, err, "")
			}
			l, err := client.Get[api.List[api.Message]](ctx, c, path+"?limit=200")
			if err != nil {
				return err
			}
			return a.show(l, func(io.Writer) {
				for i := range l.Items {
					a.printMessage(l.Items[len(l.Items)-1-i])
				}
			})
		}),
	}
	return []*cobra.Command{react, edit, remove, hide, pin, thread, a.pollCmd(), a.eventCmd(), a.ackCmd()}
}

func (a *app) ackCmd() *cobra.Command {
	return &cobra.Command{
		Use: "ack ANNOUNCEMENT", Short: "Say that you have taken note of an announcement", Args: cobra.ExactArgs(1),
		Example: "  pandal ack msg_2x…",
		RunE:    a.onMessage("PUT", "/announcements/%s/ack", nil),
	}
}

func (a *app) pollCmd() *cobra.Command {
	c := &cobra.Command{Use: "poll", Short: "Ask a group something, and vote"}
	show := func(p api.Poll) error {
		return a.show(p, func(w io.Writer) {
			state := fmt.Sprintf("%d voted", p.Voters)
			switch {
			case p.Closed:
				state += ", closed"
			case p.ClosesAt != nil:
				state += ", closes " + when(p.ClosesAt)
			}
			fmt.Fprintf(w, "%s  %s (%s)\n", p.ID, plain(p.Question), state)
			for _, o := range p.Options {
				mine := " "
				if o.Mine {
					mine = "*"
				}
				votes := fmt.Sprint(o.Votes)
				if p.Results == "after_close" && !p.Closed {
					votes = "?"
				}
				fmt.Fprintf(w, "%s %2s. %s: %s\n", mine, o.ID, plain(o.Text), votes)
			}
		})
	}
	var req api.NewPoll
	var after bool
	var closes string
	create := &cobra.Command{
		Use: "create GROUP QUESTION OPTION OPTION...", Short: "Ask a group something", Args: cobra.MinimumNArgs(4),
		Example: "  pandal poll create sunrise/food \"Which day?\" Saturday Sunday --closes 2d",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			req.Question, req.Options, req.Results = args[1], args[2:], "live"
			if after {
				req.Results = "after_close"
			}
			if closes != "" {
				d, err := span(closes)
				if err != nil {
					return err
				}
				req.ClosesAt = &api.Time{Time: time.Now().Add(d).UTC()}
			}
			p, err := client.Send[api.Poll](ctx, c, "POST", "/groups/"+g.ID+"/polls", req)
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) { fmt.Fprintln(w, p.ID) })
		}),
	}
	create.Flags().BoolVar(&req.Multiple, "multiple", false, "several options may be chosen")
	create.Flags().BoolVar(&req.Anonymous, "anonymous", false, "no screen shows who voted for what")
	create.Flags().BoolVar(&after, "results-after-close", false, "nobody sees the votes before the end")
	create.Flags().StringVar(&closes, "closes", "", "when, like 2d from now; when you close it, if missing")
	var none bool
	vote := &cobra.Command{
		Use: "vote POLL [OPTION...]", Short: "Vote, by the options' numbers; the last vote counts", Args: cobra.MinimumNArgs(1),
		Example: "  pandal poll vote pol_2x… 2\n  pandal poll vote pol_2x… --none",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) == 1 && !none {
				return fail(exitUsage, "name options by their numbers, or --none to take your vote back")
			}
			p, err := client.Send[api.Poll](ctx, c, "PUT", "/polls/"+url.PathEscape(args[0])+"/vote", api.Vote{Options: append([]string{}, args[1:]...)})
			if err != nil {
				return err
			}
			return show(p)
		}),
	}
	vote.Flags().BoolVar(&none, "none", false, "take the vote back")
	one := func(method, suffix string) func(*cobra.Command, []string) error {
		return a.with(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := client.Send[api.Poll](ctx, c, method, "/polls/"+url.PathEscape(args[0])+suffix, nil)
			if err != nil {
				return err
			}
			return show(p)
		})
	}
	c.AddCommand(create, vote,
		&cobra.Command{Use: "show POLL", Short: "A poll as it stands", Args: cobra.ExactArgs(1), Example: "  pandal poll show pol_2x…", RunE: one("GET", "")},
		&cobra.Command{Use: "close POLL", Short: "Close a poll of yours: later votes do not count", Args: cobra.ExactArgs(1), Example: "  pandal poll close pol_2x…", RunE: one("POST", "/close")})
	return c
}

func (a *app) eventCmd() *cobra.Command {
	c := &cobra.Command{Use: "event", Short: "Meet: invitations, who comes, calendars"}
	show := func(w io.Writer, e api.CalendarEvent) {
		state := ""
		if e.Cancelled {
			state = " [called off]"
		}
		fmt.Fprintf(w, "%s  %s  %s%s\n", e.ID, e.StartsAt.Local().Format("2006-01-02 15:04"), plain(e.Title), state)
		if e.Place != "" {
			fmt.Fprintf(w, "  where: %s\n", plain(e.Place))
		}
		line := fmt.Sprintf("  yes %d, no %d, maybe %d", e.RSVPs.Yes, e.RSVPs.No, e.RSVPs.Maybe)
		if e.Capacity != nil {
			line += fmt.Sprintf(", waiting %d, places %d", e.RSVPs.Waiting, *e.Capacity)
		}
		if e.RSVPs.Mine != nil {
			line += "; you: " + *e.RSVPs.Mine
			if e.RSVPs.IWait {
				line += " (waiting)"
			}
		}
		fmt.Fprintln(w, line)
	}
	var req api.NewEvent
	var at, long string
	create := &cobra.Command{
		Use: "create GROUP TITLE", Short: "Invite a group to something", Args: cobra.ExactArgs(2),
		Example: "  pandal event create sunrise/food \"Pond clean-up\" --at \"2026-12-01 09:00\" --long 2h --place pond --capacity 20",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			req.Title = args[1]
			t, err := moment(at)
			if err != nil {
				return err
			}
			req.StartsAt = api.Time{Time: t}
			if long != "" {
				d, err := span(long)
				if err != nil {
					return err
				}
				req.EndsAt = &api.Time{Time: t.Add(d)}
			}
			e, err := client.Send[api.CalendarEvent](ctx, c, "POST", "/groups/"+g.ID+"/calendar", req)
			if err != nil {
				return err
			}
			return a.show(e, func(w io.Writer) { fmt.Fprintln(w, e.ID) })
		}),
	}
	create.Flags().StringVar(&at, "at", "", "when it begins, local time like \"2026-12-01 09:00\", or in like 3h")
	create.Flags().StringVar(&long, "long", "", "how long, like 2h")
	create.Flags().StringVar(&req.Place, "place", "", "where")
	create.Flags().StringVar(&req.Text, "text", "", "more about it")
	create.Flags().StringVar(&req.TimeZone, "zone", "", "IANA name of the time zone it is meant in")
	create.Flags().IntVar(&req.Capacity, "capacity", 0, "for how many people; further ones wait in line")
	create.MarkFlagRequired("at")
	list := &cobra.Command{
		Use: "list GROUP|COMMUNITY", Short: "What comes", Args: cobra.ExactArgs(1), Example: "  pandal event list sunrise\n  pandal event list sunrise/food",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			path := ""
			if com, err := community(ctx, c, args[0]); err == nil && !strings.Contains(args[0], "/") {
				path = "/communities/" + com.ID
			} else {
				g, err := group(ctx, c, args[0])
				if err != nil {
					return err
				}
				path = "/groups/" + g.ID
			}
			l, err := client.Get[api.List[api.CalendarEvent]](ctx, c, path+"/calendar?limit=200&from="+url.QueryEscape(time.Now().Add(-12*time.Hour).UTC().Format(time.RFC3339)))
			if err != nil {
				return err
			}
			return a.show(l, func(w io.Writer) {
				for _, e := range l.Items {
					show(w, e)
				}
			})
		}),
	}
	var guests int
	rsvp := &cobra.Command{
		Use: "rsvp EVENT yes|no|maybe|none", Short: "Say whether you come", Args: cobra.ExactArgs(2), Example: "  pandal event rsvp evt_2x… yes --guests 2",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			e, err := client.Send[api.CalendarEvent](ctx, c, "PUT", "/calendar/"+url.PathEscape(args[0])+"/rsvp", api.RSVP{Status: args[1], Guests: guests})
			if err != nil {
				return err
			}
			return a.show(e, func(w io.Writer) { show(w, e) })
		}),
	}
	rsvp.Flags().IntVar(&guests, "guests", 0, "how many you bring")
	cancel := &cobra.Command{
		Use: "cancel EVENT", Short: "Call an event of yours off", Args: cobra.ExactArgs(1), Example: "  pandal event cancel evt_2x…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			off := true
			e, err := client.Send[api.CalendarEvent](ctx, c, "PATCH", "/calendar/"+url.PathEscape(args[0]), api.EditEvent{Cancelled: &off})
			if err != nil {
				return err
			}
			return a.show(e, func(w io.Writer) { show(w, e) })
		}),
	}
	ics := &cobra.Command{
		Use: "ics EVENT", Short: "The event as a file for other calendars", Args: cobra.ExactArgs(1), Example: "  pandal event ics evt_2x… > clean-up.ics",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			e, err := client.Get[api.CalendarEvent](ctx, c, "/calendar/"+url.PathEscape(args[0]))
			if err != nil {
				return err
			}
			res, err := c.Do(ctx, "GET", "/calendar/"+e.ID+"/ics", nil, nil)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.Copy(a.out, res.Body)
			return err
		}),
	}
	c.AddCommand(create, list, rsvp, cancel, ics)
	return c
}

// moment reads a time of the person's own clock, or a span from now.
func moment(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t.UTC(), nil
		}
	}
	if d, err := span(s); err == nil {
		return time.Now().Add(d).UTC(), nil
	}
	return time.Time{}, fail(exitUsage, "%q is no time; write it like \"2026-12-01 09:00\", or in 3h or 2d", s)
}
