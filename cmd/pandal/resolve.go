package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// minPrefix is how much of an id is enough to name something.
const minPrefix = 6

// named is something that an argument can mean.
type named struct {
	id, name, shown string
	extra           []string // other names
}

// pick finds what arg means: an id, the beginning of one, or a name. Several
// matches and none are both exit code 4, and say what there is.
func pick(kind, arg string, all []named) (named, error) {
	var found []named
	for _, n := range all {
		if n.id == arg {
			return n, nil
		}
	}
	for _, match := range []func(n named) bool{
		func(n named) bool { return n.name == arg },
		func(n named) bool {
			return same(n.name, arg) || slices.ContainsFunc(n.extra, func(s string) bool { return same(s, arg) })
		},
		func(n named) bool { return len(arg) >= minPrefix && strings.HasPrefix(n.id, arg) },
	} {
		for _, n := range all {
			if match(n) {
				found = append(found, n)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var b strings.Builder
	if len(found) > 1 {
		fmt.Fprintf(&b, "%q could be several; use the id", arg)
		for _, n := range found {
			fmt.Fprintf(&b, "\n  %s  %s", n.id, plain(n.shown))
		}
		return named{}, fail(exitNotFound, "%s", b.String())
	}
	fmt.Fprintf(&b, "there is no %s %q here", kind, arg)
	if near := nearest(arg, all); near != "" {
		fmt.Fprintf(&b, "\n  did you mean: %s?", plain(near))
	}
	return named{}, fail(exitNotFound, "%s", b.String())
}

func same(a, b string) bool { return strings.EqualFold(a, b) }

// nearest is a name that is a slip of the finger away.
func nearest(arg string, all []named) string {
	best, at := "", 3
	for _, n := range all {
		if d := distance(strings.ToLower(arg), strings.ToLower(n.name)); d < at && d < len(n.name) {
			best, at = n.shown, d
		}
	}
	return best
}

// distance is the number of edits between two names (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// community finds one by name or id.
func community(ctx context.Context, c *client.Client, arg string) (api.Community, error) {
	all, err := client.All[api.Community](ctx, c, "/communities")
	if err != nil {
		return api.Community{}, err
	}
	n, err := pick("community", arg, each(all, func(v api.Community) named { return named{id: v.ID, name: v.Name, shown: v.Name} }))
	if err != nil {
		return api.Community{}, err
	}
	return all[slices.IndexFunc(all, func(v api.Community) bool { return v.ID == n.id })], nil
}

// group finds one by id, name, or community/group.
func group(ctx context.Context, c *client.Client, arg string) (api.Group, error) {
	if strings.HasPrefix(arg, "grp_") && len(arg) >= 36 {
		return client.Get[api.Group](ctx, c, "/groups/"+arg)
	}
	communities, err := client.All[api.Community](ctx, c, "/communities")
	if err != nil {
		return api.Group{}, err
	}
	short := arg
	if com, grp, ok := strings.Cut(arg, "/"); ok {
		found, err := community(ctx, c, com)
		if err != nil {
			return api.Group{}, err
		}
		communities, short = []api.Community{found}, grp
	}
	var all []api.Group
	var names []named
	for _, com := range communities {
		groups, err := client.All[api.Group](ctx, c, "/communities/"+com.ID+"/groups")
		if err != nil {
			return api.Group{}, err
		}
		for _, g := range groups {
			n := named{id: g.ID, name: g.Name, shown: com.Name + "/" + cmp.Or(g.Name, g.Kind)}
			if g.Kind == "announcements" {
				n.extra = []string{"announcements"}
			}
			all, names = append(all, g), append(names, n)
		}
	}
	if short == arg { // no community was named: a group that was moved stands behind the one it goes on as
		for i := len(all) - 1; i >= 0; i-- {
			if to := all[i].MovedTo; to != nil && slices.ContainsFunc(all, func(g api.Group) bool { return g.ID == to.GroupID }) {
				all, names = slices.Delete(all, i, i+1), slices.Delete(names, i, i+1)
			}
		}
	}
	for i := len(all) - 1; i >= 0; i-- { // and one that has ended behind another with the same person
		if all[i].State == "ended" && slices.ContainsFunc(all, func(g api.Group) bool {
			return g.State != "ended" && g.Kind == "dm" && g.CommunityID == all[i].CommunityID && g.Name == all[i].Name
		}) {
			all, names = slices.Delete(all, i, i+1), slices.Delete(names, i, i+1)
		}
	}
	n, err := pick("group", short, names)
	if err != nil {
		return api.Group{}, err
	}
	return all[slices.IndexFunc(all, func(g api.Group) bool { return g.ID == n.id })], nil
}

// member finds one of a community by name or id.
func member(ctx context.Context, c *client.Client, communityID, arg string) (api.Member, error) {
	all, err := client.All[api.Member](ctx, c, "/communities/"+communityID+"/members")
	if err != nil {
		return api.Member{}, err
	}
	n, err := pick("member", arg, each(all, func(m api.Member) named {
		n := named{id: m.ID, shown: name(m.DisplayName) + " (" + strings.Join(m.Roles, ", ") + ")"}
		if m.DisplayName != nil {
			n.name = *m.DisplayName
		}
		if m.Me {
			n.extra = []string{"me"}
		}
		return n
	}))
	if err != nil {
		return api.Member{}, err
	}
	return all[slices.IndexFunc(all, func(m api.Member) bool { return m.ID == n.id })], nil
}

// callers gives the names of members by their ids; who is not there is called by his id.
func callers(ctx context.Context, c *client.Client, communityID string) (func(id string) string, error) {
	all, err := client.All[api.Member](ctx, c, "/communities/"+communityID+"/members")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, m := range all {
		if m.DisplayName != nil {
			names[m.ID] = plain(*m.DisplayName)
		}
	}
	return func(id string) string { return cmp.Or(names[id], id) }, nil
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

// ofCommunity wraps verbs whose first argument names a community, which act gets resolved; args stay all of them.
func (a *app) ofCommunity(act func(context.Context, *client.Client, api.Community, []string) error) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client.Client, args []string) error {
		com, err := community(ctx, c, args[0])
		if err != nil {
			return err
		}
		return act(ctx, c, com, args)
	})
}

// ofGroup is the same for groups.
func (a *app) ofGroup(act func(context.Context, *client.Client, api.Group, []string) error) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client.Client, args []string) error {
		g, err := group(ctx, c, args[0])
		if err != nil {
			return err
		}
		return act(ctx, c, g, args)
	})
}
