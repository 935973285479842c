package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
	"github.com/pandal-chat/pandal/node"
)

func (a *app) lockCmd() *cobra.Command {
	return &cobra.Command{
		Use: "lock", Short: "Close the store and drop its keys", Args: cobra.NoArgs, Example: "  pandal lock",
		Long: "The node goes offline and answers nothing until somebody unlocks it. Its data needs a passphrase for that.",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			if _, err := client.Send[api.Health](ctx, c, "POST", "/lock", nil); err != nil {
				return err
			}
			a.say("Locked. To go on: pandal unlock")
			return nil
		}),
	}
}

func (a *app) unlockCmd() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "unlock", Short: "Open a locked store", Args: cobra.NoArgs, Example: "  pandal unlock\n  pandal unlock --passphrase-file pass.txt",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			passphrase, err := a.passphrase(file)
			if err == nil && passphrase == nil {
				passphrase, err = a.typed("Passphrase: ")
			}
			if err != nil {
				return err
			}
			if _, err := client.Send[api.Health](ctx, c, "POST", "/unlock", api.Unlock{Passphrase: string(passphrase)}); err != nil {
				return err
			}
			a.say("Unlocked.")
			return nil
		}),
	}
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase; - reads it from stdin")
	return c
}

// typed asks for a secret that the terminal does not show.
func (a *app) typed(prompt string) ([]byte, error) {
	in, ok := a.in.(*os.File)
	if !ok || a.noInput || !term.IsTerminal(int(in.Fd())) {
		return nil, fail(exitUsage, "nobody is there to type the passphrase\n  -> --passphrase-file FILE, or - for stdin")
	}
	fmt.Fprint(a.err, prompt)
	secret, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	if len(secret) == 0 {
		return nil, fail(exitUsage, "the passphrase is empty")
	}
	return secret, nil
}

func (a *app) passphraseCmd() *cobra.Command {
	var old, file string
	var none bool
	c := &cobra.Command{
		Use: "passphrase", Short: "Seal this node's data under a passphrase, or another one", Args: cobra.NoArgs,
		Example: "  pandal me passphrase\n  pandal me passphrase --passphrase-file new.txt --old-passphrase-file old.txt",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			body := api.ChangePassphrase{}
			before, err := a.passphrase(old)
			if err == nil && before == nil && a.sealed() {
				before, err = a.typed("Passphrase now: ")
			}
			var next []byte
			if err == nil && !none {
				if next, err = a.passphrase(file); err == nil && next == nil {
					next, err = a.twice()
				}
			}
			if err != nil {
				return err
			}
			body.Old, body.New = string(before), string(next)
			if _, err := client.Send[struct{}](ctx, c, "PUT", "/passphrase", body); err != nil {
				return err
			}
			a.say("Done. Nobody can recover a passphrase that is forgotten; the 24 words bring you back, not what is stored here.")
			return nil
		}),
	}
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the new passphrase")
	c.Flags().StringVar(&old, "old-passphrase-file", "", "file with the one until now")
	c.Flags().BoolVar(&none, "none", false, "take the passphrase away")
	return c
}

// sealed: only of a data directory on this machine can that be seen.
func (a *app) sealed() bool { return a.url == "" && a.socket == "" && node.Sealed(a.data) }

func (a *app) twice() ([]byte, error) {
	first, err := a.typed("New passphrase: ")
	if err != nil {
		return nil, err
	}
	second, err := a.typed("Once more: ")
	if err == nil && string(first) != string(second) {
		err = fail(exitUsage, "the two differ; nothing was changed")
	}
	return first, err
}
