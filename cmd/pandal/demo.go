package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) demoCmd() *cobra.Command {
	var keep bool
	c := &cobra.Command{
		Use: "demo", Short: "Watch three nodes on this machine work together", Args: cobra.NoArgs,
		Long: "Starts three nodes on loopback, with data directories of their own, and has them do the main things over the public API:\n" +
			"join, post, announce, miss something and catch up, remove somebody. Nothing leaves this machine.\n" +
			"With --keep it makes three people's nodes with two weeks of a neighbourhood's life behind them, and leaves them running.",
		Example: "  pandal demo\n  pandal demo --keep",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "pandal-demo-")
			if err != nil {
				return err
			}
			d := &demo{app: a, dir: dir, keep: keep}
			defer func() {
				failed := err != nil
				if err = errors.Join(err, d.end()); failed {
					err = errors.Join(err, d.logs())
				}
			}()
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), curtain, fmt.Errorf("the play took longer than %s", curtain))
			defer cancel()
			if keep {
				return errors.Join(d.leave(ctx), context.Cause(ctx))
			}
			return errors.Join(d.play(ctx), context.Cause(ctx))
		},
	}
	c.Flags().BoolVar(&keep, "keep", false, "make three people with two weeks behind them, print a link for each, and leave their nodes running")
	return c
}

// demo is a play with three actors, each a node in a process of its own.
type demo struct {
	*app
	dir    string
	keep   bool
	step   int
	actors []*actor
}

type actor struct {
	name string
	dir  string
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan error
	c    *client.Client
}

const (
	patience = 60 * time.Second // how long one thing in the play may take
	curtain  = 3 * time.Minute  // and all of it
	answer   = 20 * time.Second // and a node to answer: it waits up to 15 for a key to send with
)

// send is client.Send with a limit.
func send[T any](ctx context.Context, act *actor, method, path string, in any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	out, err := client.Send[T](ctx, act.c, method, path, in)
	if err != nil {
		err = fmt.Errorf("%s asks for %s: %w", act.name, path, err)
	}
	return out, err
}

// get is send for what is only read.
func get[T any](ctx context.Context, act *actor, path string) (T, error) {
	return send[T](ctx, act, "GET", path, nil)
}

func (d *demo) says(format string, args ...any) {
	d.step++
	fmt.Fprintf(d.out, "%2d. %s\n", d.step, d.paint(d.out, bold, fmt.Sprintf(format, args...)))
}

func (d *demo) sees(who *actor, format string, args ...any) {
	fmt.Fprintf(d.out, "      %-7s %s\n", who.name+":", plain(fmt.Sprintf(format, args...)))
}

func (d *demo) cast() {
	for _, name := range []string{"Asha", "Budi", "Chitra"} {
		d.actors = append(d.actors, &actor{name: name, dir: filepath.Join(d.dir, strings.ToLower(name))})
	}
}

// leave makes people with a past, starts their nodes and goes.
func (d *demo) leave(ctx context.Context) error {
	d.cast()
	d.says("Asha, Budi and Chitra live through two weeks of Sunrise Street …")
	if err := d.live(ctx); err != nil {
		return err
	}
	d.says("Their nodes go on. Each link opens a page, once, within five minutes; pandal --data DIR down stops a node.")
	for _, act := range d.actors {
		if err := d.start(ctx, act); err != nil {
			return err
		}
		link, err := send[api.LoginLink](ctx, act, "POST", "/session/login-links", nil)
		if err != nil {
			return err
		}
		d.sees(act, "%s   --data %s", link.URL, act.dir)
	}
	return nil
}

func (d *demo) play(ctx context.Context) error {
	begun := time.Now()
	d.says("Three nodes start, each with its own directory and keys.")
	d.cast()
	for _, act := range d.actors {
		if err := d.start(ctx, act); err != nil {
			return err
		}
		st, err := get[api.Status](ctx, act, "/status")
		if err != nil {
			return err
		}
		d.sees(act, "my node answers at %s", st.URL)
	}
	asha, budi, chitra := d.actors[0], d.actors[1], d.actors[2]

	d.says("Asha starts a community and makes an invite link.")
	com, err := send[api.Community](ctx, asha, "POST", "/communities", api.NewCommunity{Name: "Sunrise", DisplayName: "Asha"})
	if err != nil {
		return err
	}
	general, err := group(ctx, asha.c, com.ID+"/General")
	if err != nil {
		return err
	}
	inv, err := send[api.Invite](ctx, asha, "POST", "/communities/"+com.ID+"/invites", api.NewInvite{Groups: []string{general.ID}})
	if err != nil {
		return err
	}
	d.sees(asha, "%s, %s…", com.Name, cut(inv.Link, 40))

	d.says("Budi and Chitra open the link and join.")
	for _, act := range []*actor{budi, chitra} {
		job, err := send[api.Job](ctx, act, "POST", "/invites/accept", api.AcceptInvite{Link: inv.Link, DisplayName: act.name})
		if err != nil {
			return err
		}
		short, cancel := context.WithTimeout(ctx, patience)
		job, err = act.c.Wait(short, job, nil)
		cancel()
		if err != nil {
			return err
		}
		if job.Error != nil {
			return job.Error
		}
		if err := act.until(ctx, "the group General", func(ctx context.Context) bool {
			g, err := get[api.Group](ctx, act, "/groups/"+general.ID)
			return err == nil && g.Joined
		}); err != nil {
			return err
		}
		d.sees(act, "I am in %s, and in its group General", com.Name)
	}

	d.says("Asha writes in General.")
	if err := d.post(ctx, asha, general.ID, "Soup at six, bring bowls.", budi, chitra); err != nil {
		return err
	}

	if err := d.secondGroup(ctx, com, asha, budi, chitra); err != nil {
		return err
	}

	d.says("Budi tries to announce something, then Asha does.")
	_, err = send[api.Message](ctx, budi, "POST", "/communities/"+com.ID+"/announcements", api.NewAnnouncement{Text: "Listen to me!"})
	var p *api.Problem
	if !errors.As(err, &p) {
		return fmt.Errorf("a plain member could announce (%w)", err)
	}
	d.sees(budi, "refused: %s", p.Title)
	if _, err := send[api.Message](ctx, asha, "POST", "/communities/"+com.ID+"/announcements",
		api.NewAnnouncement{Text: "The water is off from nine to noon.", Priority: "important"}); err != nil {
		return err
	}
	for _, act := range []*actor{budi, chitra} {
		if err := d.reads(ctx, act, com.AnnouncementsGroupID, "The water is off from nine to noon."); err != nil {
			return err
		}
	}

	d.says("Chitra's node stops. Budi writes meanwhile.")
	if err := d.stop(chitra); err != nil {
		return err
	}
	if err := d.post(ctx, budi, general.ID, "Chitra's bowl is still here.", asha); err != nil {
		return err
	}
	d.says("Chitra's node starts again and catches up, with Budi or Asha, whoever answers.")
	if err := d.start(ctx, chitra); err != nil {
		return err
	}
	if err := d.reads(ctx, chitra, general.ID, "Chitra's bowl is still here."); err != nil {
		return err
	}

	d.says("Asha removes Budi, and the keys change. What is written then is not for him.")
	his, err := get[api.Community](ctx, budi, "/communities/"+com.ID)
	if err != nil {
		return err
	}
	b, err := get[api.Member](ctx, asha, "/communities/"+com.ID+"/members/"+his.MeID)
	if err != nil {
		return err
	}
	if _, err := send[api.Removed](ctx, asha, "POST", "/communities/"+com.ID+"/members/"+b.ID+"/remove", api.RemoveMember{Reason: "demo"}); err != nil {
		return err
	}
	if err := chitra.until(ctx, "the removal", func(ctx context.Context) bool {
		m, err := get[api.Member](ctx, chitra, "/communities/"+com.ID+"/members/"+b.ID)
		return err == nil && m.State != "active"
	}); err != nil {
		return err
	}
	d.sees(chitra, "Budi is no longer a member")
	if err := d.post(ctx, asha, general.ID, "We meet at my place now.", chitra); err != nil {
		return err
	}
	if found, _ := texts(ctx, budi, general.ID); strings.Contains(strings.Join(found, "\n"), "my place") {
		return errors.New("a removed member read on")
	}
	d.sees(budi, "(nothing new)")
	fmt.Fprintf(d.out, "\nDone in %s. No server was involved.\n", time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// secondGroup shows that a group is its members' own.
func (d *demo) secondGroup(ctx context.Context, com api.Community, asha, budi, chitra *actor) error {
	d.says("Asha makes a second group, Kitchen, with Chitra in it, and writes there.")
	hers, err := get[api.Community](ctx, chitra, "/communities/"+com.ID)
	if err != nil {
		return err
	}
	kitchen, err := send[api.Group](ctx, asha, "POST", "/communities/"+com.ID+"/groups", api.NewGroup{Name: "Kitchen", Members: []string{hers.MeID}})
	if err != nil {
		return err
	}
	if err := d.post(ctx, asha, kitchen.ID, "Rice for ten, please.", chitra); err != nil {
		return err
	}
	if err := budi.until(ctx, "the group Kitchen", func(ctx context.Context) bool {
		_, err := get[api.Group](ctx, budi, "/groups/"+kitchen.ID)
		return err == nil
	}); err != nil {
		return err
	}
	if found, _ := texts(ctx, budi, kitchen.ID); len(found) > 0 {
		return errors.New("somebody outside a group reads it")
	}
	d.sees(budi, "there is a group Kitchen; I am not in it and read nothing of it")
	return nil
}

func (d *demo) post(ctx context.Context, from *actor, groupID, text string, to ...*actor) error {
	if _, err := send[api.Message](ctx, from, "POST", "/groups/"+groupID+"/messages", api.NewMessage{Text: text}); err != nil {
		return err
	}
	for _, act := range to {
		if err := d.reads(ctx, act, groupID, text); err != nil {
			return err
		}
	}
	return nil
}

// reads waits until an actor has a message and says so.
func (d *demo) reads(ctx context.Context, act *actor, groupID, text string) error {
	begun := time.Now()
	err := act.until(ctx, fmt.Sprintf("the message %q", text), func(ctx context.Context) bool {
		found, err := texts(ctx, act, groupID)
		return err == nil && strings.Contains(strings.Join(found, "\n"), text)
	})
	if err == nil {
		d.sees(act, "%q (%d ms later)", text, time.Since(begun).Milliseconds())
	}
	return err
}

func texts(ctx context.Context, act *actor, groupID string) ([]string, error) {
	page, err := get[api.List[api.Message]](ctx, act, "/groups/"+groupID+"/messages?limit=20")
	return each(page.Items, func(m api.Message) string { return m.Text }), err
}

// until waits for something to become true, looking again at every event.
func (act *actor) until(ctx context.Context, what string, ok func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	st, err := get[api.Status](ctx, act, "/status")
	for cursor := st.EventCursor; err == nil; {
		if ok(ctx) {
			return nil
		}
		var page api.List[api.Event]
		if page, err = get[api.List[api.Event]](ctx, act, "/events?wait=1&after="+cursor); err == nil {
			cursor = *page.NextCursor
		}
	}
	return fmt.Errorf("%s waits for %s: %w", act.name, what, err)
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
