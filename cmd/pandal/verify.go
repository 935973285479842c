package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"rsc.io/qr"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// verifyCmd shows the six words and, once they were compared, remembers it.
func (a *app) verifyCmd() *cobra.Command {
	var match bool
	c := &cobra.Command{
		Use: "verify COMMUNITY MEMBER", Short: "Six words to read to each other, to know that nobody stands between you", Args: cobra.ExactArgs(2),
		Example: "  pandal member verify sunrise budi\n  pandal member verify sunrise budi --match",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			com, m, err := both(ctx, c, args)
			if err != nil {
				return err
			}
			path := "/communities/" + com.ID + "/members/" + m.ID
			if match {
				got, err := client.Send[api.Member](ctx, c, "PUT", path+"/verified", api.Verified{Verified: true})
				if err != nil {
					return err
				}
				return a.show(got, func(w io.Writer) { fmt.Fprintln(w, "verified", got.ID) })
			}
			words, err := client.Get[api.SafetyWords](ctx, c, path+"/safety-words")
			if err != nil {
				return err
			}
			return a.show(words, func(w io.Writer) {
				fmt.Fprintln(w, strings.Join(words.Words, " "))
				a.say("Read them to each other in person or on a call. If both see the same six words: pandal member verify %q %q --match", com.Name, name(m.DisplayName))
			})
		}),
	}
	c.Flags().BoolVar(&match, "match", false, "the words were compared and are the same")
	return c
}

// drawQR prints a link as a QR code of half blocks, light on dark, as terminals mostly are.
func drawQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return fmt.Errorf("draw the QR code: %w", err)
	}
	const quiet = 2
	white := func(x, y int) bool { return !code.Black(x-quiet, y-quiet) }
	for y := 0; y < code.Size+2*quiet; y += 2 {
		for x := range code.Size + 2*quiet {
			switch {
			case white(x, y) && white(x, y+1):
				fmt.Fprint(w, "█")
			case white(x, y):
				fmt.Fprint(w, "▀")
			case white(x, y+1):
				fmt.Fprint(w, "▄")
			default:
				fmt.Fprint(w, " ")
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}
