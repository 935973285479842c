package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

func (a *app) statusCmd() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "How is the node doing?", Args: cobra.NoArgs, Example: "  pandal status\n  pandal status --json",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			st, err := client.Get[api.Status](ctx, c, "/status")
			if err != nil {
				return err
			}
			return a.printStatus(st)
		}),
	}
}

func (a *app) printStatus(st api.Status) error {
	return a.show(st, func(w io.Writer) {
		fmt.Fprintf(w, "%s, %s, up %s, %s\n", plain(cmp.Or(st.Me.DisplayName, "nobody has given a name yet")), st.URL, time.Duration(st.UptimeSeconds)*time.Second, st.State)
		if len(st.Communities) == 0 {
			fmt.Fprintln(w, "no community yet")
			a.say("next: pandal community create NAME, or pandal invite accept LINK")
			return
		}
		table(w, "COMMUNITY ROLE MEMBERS CONNECTED GROUPS ID", func(row func(...any)) {
			for _, c := range st.Communities {
				role := c.Role
				if c.State != "active" {
					role = c.State
				}
				row(c.Name, role, c.MemberCount, c.Reachable, c.GroupCount, c.ID)
			}
		})
	})
}

func (a *app) netCmd() *cobra.Command {
	c := &cobra.Command{Use: "net", Short: "The network of this node"}
	c.AddCommand(&cobra.Command{
		Use: "mode [MODE]", Short: "Say or change how the network is used", Args: cobra.MaximumNArgs(1), ValidArgs: []string{"normal", "low_data", "lan_only", "offline"},
		Example: "  pandal net mode\n  pandal net mode offline",
		Long: `Say how the network is used, or change it, now and after the next start:

  normal    by every way there is
  low_data  with few connections, for who pays by the megabyte
  lan_only  within the local network alone
  offline   not at all: what is written waits`,
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) > 0 {
				if _, err := client.Send[any](ctx, c, "PUT", "/network/mode", api.NetworkMode{Mode: args[0]}); err != nil {
					return err
				}
			}
			n, err := client.Get[api.Network](ctx, c, "/network")
			if err != nil {
				return err
			}
			return a.show(api.NetworkMode{Mode: n.Mode}, func(w io.Writer) { fmt.Fprintln(w, n.Mode) })
		}),
	}, &cobra.Command{
		Use: "status", Short: "Addresses, reachability and traffic", Args: cobra.NoArgs, Example: "  pandal net status --json",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			n, err := client.Get[api.Network](ctx, c, "/network")
			if err != nil {
				return err
			}
			return a.show(n, func(w io.Writer) {
				fmt.Fprintf(w, "mode: %s, reachable: %s, members connected: %d, in %d B, out %d B\n", n.Mode, n.Reachability, n.Peers, n.BytesIn, n.BytesOut)
				for _, h := range n.Hosts {
					fmt.Fprintf(w, "%s  %s, %d connected, DHT %s, LAN %s, compared %d times\n", h.CommunityID, h.Reachability, h.Peers, yes(h.DHT), yes(h.LAN), h.Syncs)
					for _, addr := range h.Addresses {
						fmt.Fprintln(w, "  "+plain(addr))
					}
				}
			})
		}),
	})
	return c
}

func (a *app) peerCmd() *cobra.Command {
	c := &cobra.Command{Use: "peer", Short: "Nodes that are connected"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List them", Args: cobra.NoArgs, Example: "  pandal peer list",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			peers, err := client.All[api.Peer](ctx, c, "/peers")
			if err != nil {
				return err
			}
			return a.show(items(peers), func(w io.Writer) {
				table(w, "PEER MEMBER ROLE WAY LATENCY ADDRESS", func(row func(...any)) {
					for _, p := range peers {
						addr, who := "", "-"
						if len(p.Addresses) > 0 {
							addr = p.Addresses[0]
						}
						if p.MemberID != nil {
							who = *p.MemberID
						}
						row(p.ID, who, p.Role, p.Direction, time.Duration(p.LatencySeconds*float64(time.Second)).Round(10*time.Microsecond), addr)
					}
				})
			})
		}),
	}, &cobra.Command{
		Use: "connect MULTIADDR", Short: "Dial an address", Args: cobra.ExactArgs(1), Example: "  pandal peer connect /ip4/192.168.1.5/tcp/4001/p2p/12D3KooW…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := client.Send[api.Peer](ctx, c, "POST", "/peers/connect", api.ConnectPeer{Addr: args[0]})
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) { fmt.Fprintln(w, p.ID, p.Role) })
		}),
	})
	return c
}

func (a *app) tokenCmd() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Tokens for programs"}
	var name, expires string
	var scopes, groups []string
	create := &cobra.Command{
		Use: "create", Short: "Make a token; it is shown once", Args: cobra.NoArgs,
		Example: "  pandal token create --name bot --scope read --scope messages:write --group sunrise/food --expires 90d",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			if name == "" || len(scopes) == 0 {
				return fail(exitUsage, "a token needs --name and at least one --scope (%s)", strings.Join(api.Scopes, ", "))
			}
			req := api.NewToken{Name: name, Scopes: scopes}
			if expires != "" {
				d, err := span(expires)
				if err != nil {
					return err
				}
				req.ExpiresIn = int64(d.Seconds())
			}
			for _, arg := range groups {
				g, err := group(ctx, c, arg)
				if err != nil {
					return err
				}
				req.GroupIDs = append(req.GroupIDs, g.ID)
			}
			t, err := client.Send[api.Token](ctx, c, "POST", "/tokens", req)
			if err != nil {
				return err
			}
			return a.show(t, func(w io.Writer) {
				a.say("%s; this is shown once:", t.ID)
				fmt.Fprintln(w, t.Token)
			})
		}),
	}
	create.Flags().StringVar(&name, "name", "", "what it is for")
	create.Flags().StringSliceVar(&scopes, "scope", nil, "what it may do: "+strings.Join(api.Scopes, ", "))
	create.Flags().StringSliceVar(&groups, "group", nil, "only in this group")
	create.Flags().StringVar(&expires, "expires", "", "when it ends, like 90d")
	c.AddCommand(create, &cobra.Command{
		Use: "list", Short: "List them, without their secrets", Args: cobra.NoArgs, Example: "  pandal token list",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := client.All[api.Token](ctx, c, "/tokens")
			if err != nil {
				return err
			}
			return a.show(items(all), func(w io.Writer) {
				table(w, "ID NAME SCOPES EXPIRES USED", func(row func(...any)) {
					for _, t := range all {
						row(t.ID, t.Name, strings.Join(t.Scopes, ","), when(t.ExpiresAt), when(t.LastUsedAt))
					}
				})
			})
		}),
	}, &cobra.Command{
		Use: "revoke TOKEN-ID", Short: "Revoke a token", Args: cobra.ExactArgs(1), Example: "  pandal token revoke tok_…",
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			_, err := client.Send[struct{}](ctx, c, "DELETE", "/tokens/"+args[0], nil)
			return err
		}),
	})
	return c
}

func (a *app) apiCmd() *cobra.Command {
	var fields []string
	var pages bool
	c := &cobra.Command{
		Use: "api METHOD PATH", Short: "Call the API", Args: cobra.RangeArgs(1, 2),
		Example: "  pandal api GET /communities --paginate\n  pandal api POST /communities -f name=Sunrise\n  echo '{\"text\":\"hi\"}' | pandal api POST /groups/grp_…/messages -f -",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			defer c.Close()
			ctx := cmd.Context()
			method, path := "GET", args[0]
			if len(args) == 2 {
				method, path = strings.ToUpper(args[0]), args[1]
			}
			if pages {
				for v, err := range client.Each[json.RawMessage](ctx, c, path) {
					if err != nil {
						return err
					}
					if err := a.line(v); err != nil {
						return err
					}
				}
				return nil
			}
			body, err := a.fields(fields)
			if err != nil {
				return err
			}
			res, err := c.Do(ctx, method, path, body, http.Header{"Accept": {"application/json"}})
			if err != nil {
				return err
			}
			defer res.Body.Close()
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			if _, err := a.out.Write(raw); err != nil {
				return err
			}
			if res.StatusCode >= 400 {
				p := &api.Problem{Status: res.StatusCode, Title: res.Status}
				json.Unmarshal(raw, p)
				return p
			}
			return nil
		},
	}
	c.Flags().StringArrayVarP(&fields, "field", "f", nil, "name=value of the body; name:=JSON; - reads the body from stdin")
	c.Flags().BoolVar(&pages, "paginate", false, "go through all pages, one JSON line an item")
	return c
}

// fields makes a JSON body of -f flags.
func (a *app) fields(fields []string) ([]byte, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	if slices.Contains(fields, "-") {
		return io.ReadAll(io.LimitReader(a.in, 2<<20))
	}
	body := map[string]any{}
	for _, f := range fields {
		key, value, ok := strings.Cut(f, "=")
		if !ok {
			return nil, fail(exitUsage, "-f takes name=value, name:=JSON or -")
		}
		if k, isJSON := strings.CutSuffix(key, ":"); isJSON {
			var v any
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				return nil, fail(exitUsage, "-f %s: this is not JSON", k)
			}
			body[k] = v
			continue
		}
		body[key] = value
	}
	return json.Marshal(body)
}
