package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// askWithin is how long completion may keep a person waiting.
const askWithin = 300 * time.Millisecond

// completeNames completes the first argument of commands that take a community
// or a group, by asking the node; without one there is nothing to offer.
func (a *app) completeNames(c *cobra.Command) {
	for _, sub := range c.Commands() {
		words := strings.Fields(sub.Use)
		if len(words) > 1 && (words[1] == "COMMUNITY" || words[1] == "GROUP") {
			groups := words[1] == "GROUP"
			sub.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
				if len(args) > 0 {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				ctx, cancel := context.WithTimeout(context.Background(), askWithin)
				defer cancel()
				return a.names(ctx, groups, typed), cobra.ShellCompDirectiveNoFileComp
			}
		}
		a.completeNames(sub)
	}
}

func (a *app) names(ctx context.Context, groups bool, typed string) (out []string) {
	c, err := a.client()
	if err != nil {
		return nil
	}
	defer c.Close()
	start, err := client.Get[api.Start](ctx, c, "/start")
	if err != nil {
		return nil
	}
	communities := map[string]string{}
	offer := func(name string) {
		if len(name) >= len(typed) && strings.EqualFold(name[:len(typed)], typed) {
			out = append(out, name)
		}
	}
	for _, com := range start.Communities {
		communities[com.ID] = com.Name
		if !groups {
			offer(com.Name)
		}
	}
	for _, g := range start.Groups {
		if groups && g.Kind == "announcements" {
			offer(communities[g.CommunityID] + "/announcements")
		} else if groups {
			offer(communities[g.CommunityID] + "/" + g.Name)
		}
	}
	return out
}
