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

func (a *app) searchCmd() *cobra.Command {
	var com, grp, from, since, until string
	var has []string
	var count int
	var best bool
	c := &cobra.Command{
		Use: "search [WORDS]", Short: "Find messages on this node, the newest first", Args: cobra.ArbitraryArgs,
		Long: "A word finds all that begin so; in \"quotes\" a phrase is found as it is; -word leaves out what has it.\n" +
			"Put -- before words that begin with a dash. Case and accents make no difference.",
		Example: "  pandal search soup kitchen\n  pandal search --group sunrise/food --from budi --since 30d rice\n  pandal search -- '\"at six\" -soup'\n  pandal search --has link",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			q := url.Values{"q": {strings.Join(args, " ")}}
			if com != "" {
				v, err := community(ctx, c, com)
				if err != nil {
					return err
				}
				q.Set("community", v.ID)
				com = v.ID
			}
			if grp != "" {
				g, err := group(ctx, c, grp)
				if err != nil {
					return err
				}
				q.Set("group", g.ID)
				com = g.CommunityID
			}
			if from != "" {
				if com == "" && !strings.HasPrefix(from, "usr_") {
					return fail(exitUsage, "--from takes a name only beside --community or --group: a person has another id in every community")
				}
				if !strings.HasPrefix(from, "usr_") {
					m, err := member(ctx, c, com, from)
					if err != nil {
						return err
					}
					from = m.ID
				}
				q.Set("from", from)
			}
			for name, v := range map[string]string{"after": since, "before": until} {
				if v == "" {
					continue
				}
				t, err := backTo(v)
				if err != nil {
					return err
				}
				q.Set(name, t.UTC().Format(time.RFC3339))
			}
			q["has"] = has
			if best {
				q.Set("order", "best")
			}
			hits := []api.Hit{}
			for h, err := range client.Each[api.Hit](ctx, c, "/search?"+q.Encode()) {
				if err != nil {
					return err
				}
				if hits = append(hits, h); len(hits) >= count {
					break
				}
			}
			return a.printHits(ctx, c, hits)
		}),
	}
	f := c.Flags()
	f.StringVar(&com, "community", "", "only in this community")
	f.StringVar(&grp, "group", "", "only in this group")
	f.StringVar(&from, "from", "", "only by this member")
	f.StringVar(&since, "since", "", "only newer: how far back, like 7d, or a date like 2026-11-01")
	f.StringVar(&until, "before", "", "only older: the same")
	f.StringSliceVar(&has, "has", nil, "only with a link, or a mention of me")
	f.BoolVar(&best, "best", false, "what answers best first: whole words, and words that stand together")
	f.IntVarP(&count, "number", "n", 20, "how many")
	return c
}

// backTo reads how far back, or a date.
func backTo(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	d, err := span(s)
	return time.Now().Add(-d), err
}

func (a *app) printHits(ctx context.Context, c *client.Client, hits []api.Hit) error {
	if a.json {
		return a.show(items(hits), nil)
	}
	start, err := client.Get[api.Start](ctx, c, "/start")
	if err != nil {
		return err
	}
	where := map[string]string{}
	for _, g := range start.Groups {
		where[g.ID] = g.Name
	}
	for _, h := range hits {
		m := h.Message
		if _, err := fmt.Fprintf(a.out, "%s  %s  %s: %s  %s\n", m.CreatedAt.Local().Format("2006-01-02 15:04"), plain(where[m.GroupID]),
			plain(name(m.AuthorName)), a.excerpt(m.Text, h.Ranges), a.paint(a.out, faint, m.ID)); err != nil {
			return err
		}
	}
	if len(hits) == 0 {
		a.say("nothing found")
	}
	return nil
}

// excerpt is the part of a text around the first hit, on one line, with the hits marked.
func (a *app) excerpt(s string, at []api.TextRange) string {
	const around = 60
	r := []rune(s)
	from, to := 0, len(r)
	if len(at) > 0 {
		from = max(0, at[0].Start-around)
	}
	to = min(to, from+3*around)
	var out strings.Builder
	if from > 0 {
		out.WriteString("…")
	}
	line := func(r []rune) string {
		return plain(strings.NewReplacer("\r", "", "\n", " ", "\t", " ").Replace(string(r)))
	}
	done := from
	for _, x := range at {
		if x.Start < done || x.End > to {
			continue
		}
		out.WriteString(line(r[done:x.Start]) + a.paint(a.out, bold, line(r[x.Start:x.End])))
		done = x.End
	}
	out.WriteString(line(r[done:to]))
	if to < len(r) {
		out.WriteString("…")
	}
	return out.String()
}

// privateCmds are what a person decides for himself, on this device.
func (a *app) privateCmds() []*cobra.Command {
	put := func(use, short, example, method, path string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				_, err := client.Send[any](ctx, c, method, path+url.PathEscape(args[0]), nil)
				return err
			})}
	}
	block := func(use, short, method string) *cobra.Command {
		return &cobra.Command{Use: use + " COMMUNITY MEMBER", Short: short, Args: cobra.ExactArgs(2), Example: "  pandal " + use + " sunrise budi",
			RunE: a.ofCommunity(func(ctx context.Context, c *client.Client, com api.Community, args []string) error {
				m, err := member(ctx, c, com.ID, args[1])
				if err == nil {
					_, err = client.Send[any](ctx, c, method, "/me/blocks/"+m.ID, nil)
				}
				return err
			})}
	}
	var clear bool
	draft := &cobra.Command{
		Use: "draft GROUP [TEXT|-]", Short: "Show or keep what you have begun to write", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal draft sunrise/food \"who brings\"\n  pandal draft sunrise/food\n  pandal draft sunrise/food --clear",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
			path, d := "/groups/"+g.ID+"/draft", api.Draft{}
			if len(args) > 1 {
				var err error
				if d.Text, err = a.body(args[1:]); err != nil {
					return err
				}
			}
			var err error
			if clear || len(args) > 1 {
				_, err = client.Send[api.Draft](ctx, c, "PUT", path, d)
				return err
			}
			if d, err = client.Get[api.Draft](ctx, c, path); err != nil {
				return err
			}
			return a.show(d, func(w io.Writer) { fmt.Fprintln(w, text(d.Text)) })
		}),
	}
	draft.Flags().BoolVar(&clear, "clear", false, "throw it away")
	return []*cobra.Command{
		put("star MESSAGE", "Keep a message among those to find again", "  pandal star msg_mzxw6ytboi", "PUT", "/me/stars/"),
		put("unstar MESSAGE", "Let it go", "  pandal unstar msg_mzxw6ytboi", "DELETE", "/me/stars/"),
		block("block", "Fold a person's messages away, for you alone", "PUT"), block("unblock", "No longer", "DELETE"), draft,
		{Use: "starred", Short: "Messages you keep", Args: cobra.NoArgs, Example: "  pandal starred --json",
			RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
				all, err := client.All[api.Message](ctx, c, "/me/stars")
				if err != nil {
					return err
				}
				if a.json {
					return a.show(items(all), nil)
				}
				hits := make([]api.Hit, len(all))
				for i, m := range all {
					hits[i].Message = m
				}
				return a.printHits(ctx, c, hits)
			})},
		{Use: "unread", Short: "Groups with messages you have not read", Args: cobra.NoArgs, Example: "  pandal unread",
			RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
				start, err := client.Get[api.Start](ctx, c, "/start")
				if err != nil {
					return err
				}
				some := []api.Group{}
				for _, g := range start.Groups {
					if g.Unread != nil && *g.Unread > 0 {
						some = append(some, g)
					}
				}
				return a.show(items(some), func(w io.Writer) {
					table(w, "NAME UNREAD MENTIONS MUTED ID", func(row func(...any)) {
						for _, g := range some {
							row(g.Name, *g.Unread, *g.Mentions, yes(g.MutedUntil != nil), g.ID)
						}
					})
				})
			})},
	}
}

// forEver is when a mute ends that has no end.
var forEver = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func (a *app) groupPrivateCmds() []*cobra.Command {
	var length string
	mute := &cobra.Command{
		Use: "mute GROUP", Short: "Keep a group quiet; urgent announcements come through", Args: cobra.ExactArgs(1), Example: "  pandal group mute sunrise/food --for 8h",
		RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, _ []string) error {
			until := forEver
			if length != "" {
				d, err := span(length)
				if err != nil {
					return err
				}
				until = time.Now().Add(d)
			}
			_, err := client.Send[api.Group](ctx, c, "PUT", "/groups/"+g.ID+"/mute", api.Mute{Until: &api.Time{Time: until}})
			return err
		}),
	}
	mute.Flags().StringVar(&length, "for", "", "how long, like 8h (default: until you unmute it)")
	return []*cobra.Command{mute,
		{Use: "unmute GROUP", Short: "Let it speak again", Args: cobra.ExactArgs(1), Example: "  pandal group unmute sunrise/food",
			RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, _ []string) error {
				_, err := client.Send[api.Group](ctx, c, "PUT", "/groups/"+g.ID+"/mute", api.Mute{})
				return err
			})},
		{Use: "notify GROUP [all|mentions|none]", Short: "Show or set what a group may disturb you with", Args: cobra.RangeArgs(1, 2), Example: "  pandal group notify sunrise/food mentions",
			RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
				path := "/groups/" + g.ID + "/notifications"
				if len(args) > 1 {
					_, err := client.Send[api.Notifications](ctx, c, "PATCH", path, api.EditNotifications{Level: args[1]})
					return err
				}
				n, err := client.Get[api.Notifications](ctx, c, path)
				if err != nil {
					return err
				}
				return a.show(n, func(w io.Writer) { fmt.Fprintln(w, n.Level) })
			})},
		{Use: "seen GROUP [MESSAGE]", Short: "Note that you have read a group, up to a message or all of it", Args: cobra.RangeArgs(1, 2), Example: "  pandal group seen sunrise/food",
			RunE: a.ofGroup(func(ctx context.Context, c *client.Client, g api.Group, args []string) error {
				up := ""
				if len(args) > 1 {
					up = args[1]
				} else if g.LastMessage != nil {
					up = g.LastMessage.ID
				}
				if up == "" {
					return nil
				}
				_, err := client.Send[api.ReadState](ctx, c, "PUT", "/groups/"+g.ID+"/read", api.ReadUpTo{UpTo: up})
				return err
			})},
	}
}
