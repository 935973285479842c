package server

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

func (s *Server) nodeRoutes() {
	const tag = "Node"
	add(s, route{method: "GET", path: "/health", id: "getHealth", summary: "Is the node there?", tag: tag},
		func(context.Context, *none) (*reply[api.Health], error) { return just(api.Health{Status: "ok"}) })
	add(s, route{method: "GET", path: "/version", id: "getVersion", summary: "Which program is this?", tag: tag, scope: api.ScopeRead},
		func(context.Context, *none) (*reply[api.Version], error) { return just(version(s.c.Version)) })
	add(s, route{method: "GET", path: "/status", id: "getStatus", summary: "How is the node doing?", tag: tag, scope: api.ScopeRead},
		func(context.Context, *none) (*reply[api.Status], error) { return just(s.status()) })
	add(s, route{method: "GET", path: "/doctor", id: "getDoctor", summary: "What may be wrong, and what to do?", tag: tag, scope: api.ScopeNodeAdmin}, s.doctor)
	add(s, route{method: "POST", path: "/doctor/fix", id: "fixDoctor", summary: "Mend what can be mended without asking, and look again", tag: tag, scope: api.ScopeNodeAdmin,
		description: "Takes the rights of other users away from the data directory and all in it. Nothing else is touched."}, s.fix)
	add(s, route{method: "GET", path: "/start", id: "getStart", summary: "All that a page needs before it opens the event stream", tag: tag, scope: api.ScopeRead}, s.start)
	add(s, route{method: "POST", path: "/node/shutdown", id: "shutdownNode", summary: "Stop the node", tag: tag, scope: api.ScopeNodeAdmin, status: 202},
		func(context.Context, *none) (*reply[api.Health], error) {
			time.AfterFunc(50*time.Millisecond, s.c.Shutdown) // let the answer out first
			return just(api.Health{Status: "stopping"})
		})
	add(s, route{method: "POST", path: "/lock", id: "lockNode", summary: "Close the store and drop its keys", tag: tag, scope: api.ScopeNodeAdmin, errors: []int{http.StatusConflict},
		description: "The node goes offline. Until it is unlocked everything but this, `/unlock`, `/health`, `/session` and the page's files answers 503 `locked`. Without a passphrase nothing would be safe: 409 `no_passphrase`."},
		func(context.Context, *none) (*reply[api.Health], error) {
			if err := s.lock(); err != nil {
				return nil, err
			}
			return just(api.Health{Status: "locked"})
		})
	add(s, route{method: "POST", path: "/unlock", id: "unlockNode", summary: "Open the store again", tag: tag, scope: api.ScopeNodeAdmin, errors: []int{http.StatusForbidden}},
		func(_ context.Context, in *struct{ Body api.Unlock }) (*reply[api.Health], error) {
			if err := s.unlock([]byte(in.Body.Passphrase)); err != nil {
				return nil, err
			}
			return just(api.Health{Status: "ok"})
		})
	add(s, route{method: "GET", path: "/me", id: "getMe", summary: "The person this node belongs to", tag: "Me", scope: api.ScopeRead},
		func(_ context.Context, in *Conditions) (*reply[api.Me], error) {
			return show(*in, "", s.me())
		})
	add(s, route{method: "PATCH", path: "/me", id: "patchMe", summary: "Change my name", tag: "Me", scope: api.ScopeNodeAdmin, errors: []int{http.StatusPreconditionFailed}},
		func(ctx context.Context, in *struct {
			Conditions
			Body api.EditName
		}) (*reply[api.Me], error) {
			if err := current(in.Conditions, "", s.me()); err != nil {
				return nil, err
			}
			if err := s.c.Node.SetMe(ctx, in.Body.DisplayName); err != nil {
				return nil, err
			}
			return show(Conditions{}, "", s.me())
		})
	type Where struct {
		Community string `query:"community" doc:"Only here; absent: in each community that I am in." example:"com_mzxw6ytboi"`
	}
	renderWhere := func(ids []string) api.ShownIn { return api.ShownIn{Communities: list(ids)} }
	add(s, route{method: "PUT", path: "/me/avatar", id: "putAvatar", summary: "Show a picture of me", tag: "Me", scope: api.ScopeNodeAdmin, picture: true, errors: []int{422},
		description: "The body is the picture itself: PNG or JPEG, at most 1 MiB and 1,024 points a side; it is written anew in at most 16 KiB, without what it says of where and when it was taken. " +
			"I am somebody else in every community, and whoever shares a group with me in two of them sees the same face in both: name one `community` to show it there alone. " +
			"A community that I join later shows none."},
		func(ctx context.Context, in *struct {
			Where
			RawBody []byte
		}) (*reply[api.ShownIn], error) {
			ids, err := s.c.Node.SetAvatar(ctx, in.Community, in.RawBody)
			return renderOr(ids, err, renderWhere)
		})
	add(s, route{method: "DELETE", path: "/me/avatar", id: "deleteAvatar", summary: "Show no picture of me", tag: "Me", scope: api.ScopeNodeAdmin, errors: []int{422}},
		func(ctx context.Context, in *Where) (*reply[api.ShownIn], error) {
			ids, err := s.c.Node.SetAvatar(ctx, in.Community, nil)
			return renderOr(ids, err, renderWhere)
		})
	add(s, route{method: "GET", path: "/jobs", id: "listJobs", summary: "Things that take time", tag: "Jobs", scope: api.ScopeRead},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Job]], error) {
			return page(each(s.c.Node.Jobs(), renderJob), func(j api.Job) string { return j.ID }, *in)
		})
	add(s, route{method: "GET", path: "/jobs/{j}", id: "getJob", summary: "One of them", tag: "Jobs", scope: api.ScopeRead, errors: []int{http.StatusNotFound}},
		func(_ context.Context, in *struct {
			Conditions
			J string `path:"j" example:"job_mzxw6ytboi"`
		}) (*reply[api.Job], error) {
			j, err := s.c.Node.Job(in.J)
			if err != nil {
				return nil, err
			}
			return show(in.Conditions, "", renderJob(j))
		})
}

func version(v string) api.Version {
	out := api.Version{Version: v, API: "v1", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, kv := range info.Settings {
			if kv.Key == "vcs.revision" {
				out.Revision = kv.Value
			}
		}
	}
	return out
}

func (s *Server) status() api.Status {
	n := s.c.Node
	out := api.Status{State: "running", Version: s.c.Version, StartedAt: api.Time{Time: s.started},
		UptimeSeconds: int64(time.Since(s.started).Seconds()), Me: s.me(), URL: s.URL(),
		EventCursor: strconv.FormatInt(n.EventCursor(), 10), Communities: []api.StatusCommunity{}}
	for _, c := range n.Communities() {
		r := renderCommunity(c)
		out.Communities = append(out.Communities, api.StatusCommunity{ID: r.ID, Name: r.Name, Role: r.Role, State: r.State,
			MemberCount: r.MemberCount, GroupCount: r.GroupCount, Reachable: r.Reachable})
		out.Peers += r.Reachable
	}
	return out
}

// start takes the cursor before it reads, so that what happens in between is
// told twice rather than never.
func (s *Server) start(context.Context, *none) (*reply[api.Start], error) {
	n := s.c.Node
	out := api.Start{EventCursor: strconv.FormatInt(n.EventCursor(), 10), Me: s.me(), Mode: n.Mode(), Groups: []api.Group{}}
	communities := n.Communities()
	out.Communities = each(communities, renderCommunity)
	for _, c := range communities {
		groups, err := n.Groups(c.ID)
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, each(groups, renderGroup)...)
		for _, g := range groups {
			if g.MutedUntil.IsZero() {
				out.Totals.Unread, out.Totals.Mentions = out.Totals.Unread+g.Unread, out.Totals.Mentions+g.Mentions
			}
		}
	}
	return just(out)
}

func (s *Server) networkRoutes() {
	const tag = "Network"
	network := func() (*reply[api.Network], error) {
		return just(renderNetwork(s.c.Node.Mode(), s.c.Node.Network()))
	}
	add(s, route{method: "GET", path: "/network", id: "getNetwork", summary: "Addresses, reachability and traffic", tag: tag, scope: api.ScopeRead},
		func(context.Context, *none) (*reply[api.Network], error) { return network() })
	add(s, route{method: "PUT", path: "/network/mode", id: "setNetworkMode", summary: "Change how the network is used", tag: tag, scope: api.ScopeNodeAdmin,
		description: "Now, and after the next start. Each community's host is closed and opened again; the answer comes once all are. Nothing is lost: what is written meanwhile waits, and joins under way go on."},
		func(ctx context.Context, in *struct{ Body api.NetworkMode }) (*reply[api.Network], error) {
			if err := s.c.Node.SetMode(ctx, in.Body.Mode); err != nil {
				return nil, err
			}
			return network()
		})
	add(s, route{method: "GET", path: "/peers", id: "listPeers", summary: "Nodes that are connected", tag: tag, scope: api.ScopeRead},
		func(_ context.Context, in *Paging) (*reply[api.List[api.Peer]], error) {
			return page(each(s.c.Node.Peers(), renderPeer), func(p api.Peer) string { return p.ID }, *in)
		})
	add(s, route{method: "POST", path: "/peers/connect", id: "connectPeer", summary: "Dial an address", tag: tag, scope: api.ScopeNodeAdmin},
		func(ctx context.Context, in *struct{ Body api.ConnectPeer }) (*reply[api.Peer], error) {
			p, err := s.c.Node.Connect(ctx, in.Body.Addr)
			return renderOr(p, err, func(p node.Peer) api.Peer { return renderPeer(p) })
		})
}

// renderOr renders what a call gave, unless it failed.
func renderOr[A, B any](v A, err error, render func(A) B) (*reply[B], error) {
	if err != nil {
		return nil, err
	}
	return just(render(v))
}
