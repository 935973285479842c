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

// pictureCmd shows a picture of the person to those who share a group with him, and to admins.
func (a *app) pictureCmd() *cobra.Command {
	var in string
	var none bool
	c := &cobra.Command{
		Use: "picture [FILE]", Short: "Show a picture of you in your communities", Args: cobra.MaximumNArgs(1),
		Long: "Show a picture, PNG or JPEG, to those who share a group with you and to admins. What it says of where and when it was taken is left out. You are somebody else in every " +
			"community: whoever is with you in two of them sees the same face in both, so show it in one alone with --in if they are not to know.",
		Example: "  pandal me picture face.jpg\n  pandal me picture face.jpg --in sunrise\n  pandal me picture --none",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			if none == (len(args) == 1) {
				return fail(exitUsage, "name the file of a picture, or --none")
			}
			path := "/me/avatar"
			if in != "" {
				com, err := community(ctx, c, in)
				if err != nil {
					return err
				}
				path += "?community=" + url.QueryEscape(com.ID)
			}
			var shown api.ShownIn
			var err error
			if none {
				shown, err = client.Send[api.ShownIn](ctx, c, "DELETE", path, nil)
			} else {
				var picture []byte
				if picture, err = readPicture(args[0]); err == nil {
					shown, err = client.SendPicture[api.ShownIn](ctx, c, "PUT", path, picture)
				}
			}
			if err != nil {
				return err
			}
			return a.show(shown, func(w io.Writer) {
				what := "your picture is shown"
				if none {
					what = "no picture of you is shown any more"
				}
				fmt.Fprintf(w, "%s in %d of your communities\n", what, len(shown.Communities))
			})
		}),
	}
	c.Flags().StringVar(&in, "in", "", "in this community alone")
	c.Flags().BoolVar(&none, "none", false, "take it away")
	return c
}
