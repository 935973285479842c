package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

const exitWarnings = 10 // of doctor alone: nothing failed, something is to be looked at

func (a *app) doctorCmd() *cobra.Command {
	var fix bool
	c := &cobra.Command{
		Use: "doctor", Short: "Look at what may be wrong, and say what to do", Args: cobra.NoArgs, Example: "  pandal doctor\n  pandal doctor --fix\n  pandal doctor --json",
		Long: "Look at the store, files, clock, connections, disk and page of the node, and say what to do. Ends with 0 where all is well, 1 where something failed, 10 where there are only warnings.",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			method, path := "GET", "/doctor"
			if fix {
				method, path = "POST", "/doctor/fix"
			}
			d, err := client.Send[api.Doctor](ctx, c, method, path, nil)
			if err != nil {
				return err
			}
			if err := a.show(d, func(w io.Writer) {
				for _, f := range d.Findings {
					fmt.Fprintf(w, "%-4s  %s\n", f.State, plain(f.Text))
					if f.Do != "" {
						fmt.Fprintln(w, "      ->", f.Do)
					}
				}
			}); err != nil {
				return err
			}
			switch d.State {
			case "fail":
				return fail(exitFailed, "something is wrong")
			case "warn":
				return fail(exitWarnings, "all works; there are warnings")
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&fix, "fix", false, "mend what can be mended without asking: who may read the node's files")
	return c
}
