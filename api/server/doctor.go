package server

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// doctor adds to what the node finds what stands around it: who may read its files, and whether a foreign name for this machine is refused.
func (s *Server) doctor(ctx context.Context, _ *none) (*reply[api.Doctor], error) {
	all := append(s.c.Node.Doctor(ctx), s.filesPrivate(), s.refusesForeign(ctx))
	out := api.Doctor{State: "ok", Findings: []api.Finding{}}
	for _, f := range all {
		out.Findings = append(out.Findings, api.Finding(f))
		if f.State == "fail" || f.State == "warn" && out.State == "ok" {
			out.State = f.State
		}
	}
	return just(out)
}

// filesPrivate: the directory, and what is secret in it, are this user's alone.
func (s *Server) filesPrivate() node.Finding {
	if runtime.GOOS == "windows" {
		return node.Finding{Check: "files", State: "ok", Text: "files have the rights of the directory they are in"}
	}
	for _, name := range []string{".", "key", "api-token", "api.json", "api.sock"} {
		path := filepath.Join(s.c.Data, name)
		if st, err := os.Stat(path); err == nil && st.Mode().Perm()&0o077 != 0 {
			what := name
			if name == "." {
				what = "the data directory"
			}
			return node.Finding{Check: "files", State: "fail", Text: "other users of this machine may read " + what, Do: "take the rights of others away: chmod -R go= \"$(pandal path data)\""}
		}
	}
	return node.Finding{Check: "files", State: "ok", Text: "the data directory is this user's alone"}
}

// refusesForeign asks this server by a name that is not its own, as a page would that had its name rebound to this machine.
func (s *Server) refusesForeign(ctx context.Context) node.Finding {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	bad := node.Finding{Check: "host", State: "fail", Text: "the API answers to foreign host names", Do: "stop the node and report this"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.status().URL+api.Prefix+"/health", nil)
	if err != nil {
		return bad
	}
	req.Host = "rebound.invalid"
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return node.Finding{Check: "host", State: "warn", Text: "the API cannot be reached by its own address: " + err.Error(), Do: "is a firewall between programs of this machine?"}
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		return bad
	}
	return node.Finding{Check: "host", State: "ok", Text: "the API refuses foreign host names"}
}
