package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) deviceCmd() *cobra.Command {
	c := &cobra.Command{Use: "device", Aliases: []string{"devices"}, Short: "Your computers"}
	find := func(ctx context.Context, c *client.Client, arg string) (api.Device, error) {
		all, err := client.All[api.Device](ctx, c, "/devices")
		if err != nil {
			return api.Device{}, err
		}
		for _, d := range all {
			if d.ID == arg || len(arg) > 6 && strings.HasPrefix(d.ID, arg) || same(d.Name, arg) {
				return d, nil
			}
		}
		return api.Device{}, fail(exitNotFound, "there is no device %q", arg)
	}
	list := &cobra.Command{
		Use: "list", Short: "List them", Args: cobra.NoArgs, Example: "  pandal device list",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := client.All[api.Device](ctx, c, "/devices")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "DEVICE\tNAME\tTHIS\tCOMMUNITIES\tSINCE", func(row func(...any)) {
					for _, d := range all {
						row(d.ID, plain(d.Name), yes(d.This), len(d.Communities), when(d.AddedAt))
					}
				})
			})
		}),
	}
	var called string
	var picture bool
	link := &cobra.Command{
		Use: "link [CODE|-]", Short: "Link another computer: here without a code, there with it", Args: cobra.MaximumNArgs(1),
		Long:    "Without a code: show one, to be used once within five minutes on the new computer. With the code, on the new computer: become a further\ndevice of the same person. The seed stays on the first one, which alone can link and revoke devices and join communities.",
		Example: "  pandal device link --qr                              # on the first computer\n  pandal device link PANDALDEVICE1… --name kitchen     # on the new one",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) == 0 {
				l, err := client.Send[api.LinkCode](ctx, c, "POST", "/devices/link-codes", nil)
				if err != nil {
					return err
				}
				if err := a.show(l, func(w io.Writer) { fmt.Fprintln(w, l.Code) }); err != nil || a.json {
					return err
				}
				a.say("on the new computer, before %s: pandal device link CODE", l.ExpiresAt.Local().Format("15:04"))
				if picture {
					return drawQR(a.out, l.Code)
				}
				return nil
			}
			code, err := a.argument(args[0], 4096)
			if err != nil {
				return err
			}
			if called == "" {
				if called, _ = os.Hostname(); called == "" {
					called = "another computer"
				}
			}
			got, err := client.Send[api.List[api.Community]](ctx, c, "POST", "/devices/link", api.LinkDevice{Code: strings.TrimSpace(code), Name: called})
			if err != nil {
				return err
			}
			return a.show(got, func(w io.Writer) {
				fmt.Fprintf(w, "linked, in %d communities\n", len(got.Items))
				for _, c := range got.Items {
					fmt.Fprintln(w, c.ID, plain(c.Name))
				}
			})
		}),
	}
	link.Flags().StringVar(&called, "name", "", "what this computer is called (default: its host name)")
	link.Flags().BoolVar(&picture, "qr", false, "also draw the code as a QR code")
	var words, confirm bool
	revoke := &cobra.Command{
		Use: "revoke DEVICE", Short: "Shut a lost or stolen computer out", Args: cobra.ExactArgs(1),
		Example: "  pandal device revoke kitchen --yes\n  pandal device revoke dev_abc --words --yes < words.txt    # on a device without the seed",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := find(ctx, c, args[0])
			if err == nil {
				err = a.confirm(confirm, "revoke", d.Name)
			}
			if err != nil {
				return err
			}
			req := api.RevokeDevice{}
			if words {
				if req.Words, err = a.argument("-", 1024); err != nil {
					return err
				}
			}
			got, err := client.Send[api.RevokedDevice](ctx, c, "POST", "/devices/"+d.ID+"/revoke", req)
			if err != nil {
				return err
			}
			return a.show(got, func(w io.Writer) {
				fmt.Fprintln(w, "revoked", d.ID)
				for com, cut := range got.CutOps {
					a.say("%d of your acts fell with it; to do them again: pandal reissue %s %s", len(cut), com, strings.Join(cut, " "))
				}
			})
		}),
	}
	revoke.Flags().BoolVar(&words, "words", false, "read the recovery words from standard input, where this device does not keep the seed")
	revoke.Flags().BoolVar(&confirm, "yes", false, "do not ask")
	c.AddCommand(list, link, revoke, &cobra.Command{
		Use: "name DEVICE NAME", Short: "Call one something, on this node", Args: cobra.ExactArgs(2), Example: "  pandal device name dev_abc kitchen",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := find(ctx, c, args[0])
			if err != nil {
				return err
			}
			if d, err = client.Send[api.Device](ctx, c, "PATCH", "/devices/"+d.ID, api.NameDevice{Name: args[1]}); err != nil {
				return err
			}
			return a.show(d, func(w io.Writer) { fmt.Fprintln(w, d.ID, plain(d.Name)) })
		}),
	})
	return c
}

func (a *app) meCmd() *cobra.Command {
	show := func(m api.Me) error {
		return a.show(m, func(w io.Writer) {
			fmt.Fprintf(w, "%s, devices: %d, recovery words written down: %s\n", plain(cmp.Or(m.DisplayName, "no name yet")), m.Devices, yes(m.RecoveryWordsConfirmed))
		})
	}
	c := &cobra.Command{
		Use: "me", Short: "The person this node belongs to", Args: cobra.NoArgs, Example: "  pandal me",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			m, err := client.Get[api.Me](ctx, c, "/me")
			if err != nil {
				return err
			}
			return show(m)
		}),
	}
	c.AddCommand(a.passphraseCmd(), a.privacyCmd(), a.pictureCmd(), &cobra.Command{
		Use: "words", Short: "Show the 24 recovery words: whoever has them is you", Args: cobra.NoArgs, Example: "  pandal me words",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			w, err := client.Send[api.RecoveryWords](ctx, c, "POST", "/me/recovery-words", nil)
			if err != nil {
				return err
			}
			if err := a.show(w, func(out io.Writer) { fmt.Fprintln(out, w.Words) }); err != nil {
				return err
			}
			a.say("write them on paper, in this order; then: pandal me confirm")
			return nil
		}),
	}, &cobra.Command{
		Use: "confirm", Short: "Type the recovery words back, from standard input", Args: cobra.NoArgs, Example: "  pandal me confirm < words.txt",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			words, err := a.argument("-", 1024)
			if err != nil {
				return err
			}
			m, err := client.Send[api.Me](ctx, c, "POST", "/me/recovery-words/confirm", api.RecoveryWords{Words: words})
			if err != nil {
				return err
			}
			return show(m)
		}),
	}, &cobra.Command{
		Use: "restore LINK", Short: "Come back from the recovery words on standard input, into the community of any link of it, an expired one too", Args: cobra.ExactArgs(1),
		Example: "  pandal me restore pandal://join/… < words.txt",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			words, err := a.argument("-", 1024)
			if err != nil {
				return err
			}
			com, err := client.Send[api.Community](ctx, c, "POST", "/me/restore", api.Restore{Words: words, Link: args[0]})
			if err != nil {
				return err
			}
			return a.show(com, func(w io.Writer) { fmt.Fprintln(w, com.ID, plain(com.Name), com.Role) })
		}),
	})
	return c
}

// privacyCmd shows and sets what others are told of what this person does.
func (a *app) privacyCmd() *cobra.Command {
	var reads, typing string
	c := &cobra.Command{
		Use: "privacy", Short: "What you let others know of what you do; who does not tell is not told", Args: cobra.NoArgs, Example: "  pandal me privacy\n  pandal me privacy --read-receipts off --typing off",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			method, body := "GET", any(nil)
			var edit api.EditPrivacy
			for _, f := range []struct {
				name, set string
				to        **bool
			}{{"read-receipts", reads, &edit.ReadReceipts}, {"typing", typing, &edit.Typing}} {
				if f.set == "" {
					continue
				}
				if f.set != "on" && f.set != "off" {
					return fail(exitUsage, "--%s: on or off", f.name)
				}
				*f.to = new(f.set == "on")
				method, body = "PATCH", edit
			}
			p, err := client.Send[api.Privacy](ctx, c, method, "/me/privacy", body)
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) {
				said := map[bool]string{true: "on", false: "off"}
				fmt.Fprintf(w, "read receipts: %s\ntyping: %s\n", said[p.ReadReceipts], said[p.Typing])
			})
		}),
	}
	c.Flags().StringVar(&typing, "typing", "", "on or off: let others know that you are writing, and be told of them")
	c.Flags().StringVar(&reads, "read-receipts", "", "on or off: let others know how far you have read, and be told of them")
	return c
}
