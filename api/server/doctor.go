package server

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/web"
	"github.com/pandal-chat/pandal/node"
)

// doctor adds to what the node finds what stands around it: who may read its files, and whether a foreign name for this machine is refused.
func (s *Server) doctor(ctx context.Context, _ *none) (*reply[api.Doctor], error) {
	all := append(s.c.Node.Doctor(ctx), s.filesPrivate(), s.refusesForeign(ctx), s.socketAnswers(ctx), pageWhole(web.File))
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
			return node.Finding{Check: "files", State: "fail", Text: "other users of this machine may read " + what, Do: "pandal doctor --fix, or: chmod -R go= \"$(pandal path data)\""}
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

// makePrivate takes the rights of others away from the directory and all in it.
func (s *Server) makePrivate() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return filepath.WalkDir(s.c.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 { // what a link leads to is not ours to change
			return nil
		}
		st, err := d.Info()
		if err != nil || st.Mode().Perm()&0o077 == 0 {
			return nil // it went meanwhile, or is as it should be
		}
		if err := os.Chmod(path, st.Mode().Perm()&^0o077); err != nil {
			return fmt.Errorf("take rights away: %w", pathless(err))
		}
		return nil
	})
}

// fix mends what can be mended without asking, and looks again.
func (s *Server) fix(ctx context.Context, in *none) (*reply[api.Doctor], error) {
	if err := s.makePrivate(); err != nil {
		return nil, err
	}
	return s.doctor(ctx, in)
}

// socketAnswers asks this server by its socket, as the command line does.
func (s *Server) socketAnswers(ctx context.Context) node.Finding {
	path, err := SocketPath(s.c.Data)
	if runtime.GOOS == "windows" || err != nil {
		return node.Finding{Check: "socket", State: "ok", Text: "programs use the address and a token: there is no socket here"}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	bad := node.Finding{Check: "socket", State: "fail", Text: "the socket does not answer, so the command line finds no node", Do: "start the node again: pandal down, then pandal up"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+api.SocketHost+api.Prefix+"/health", nil)
	if err != nil {
		return bad
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DialContext: dial}).RoundTrip(req)
	if err != nil {
		return bad
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return bad
	}
	return node.Finding{Check: "socket", State: "ok", Text: "the socket answers"}
}

// pageWhole: the page has all that its first file asks for.
func pageWhole(file func(name string) ([]byte, string, bool)) node.Finding {
	bad := node.Finding{Check: "page", State: "fail", Text: "the page in this program is not whole", Do: "install pandal again, from where it is published"}
	index, tag, ok := file("index.html")
	if !ok {
		return bad
	}
	wanted := 0
	for _, by := range []string{`src="/`, `href="/`} {
		for _, part := range strings.Split(string(index), by)[1:] {
			name, _, closed := strings.Cut(part, `"`)
			if data, _, ok := file(name); !closed || !ok || len(data) == 0 {
				return bad
			}
			wanted++
		}
	}
	if wanted == 0 {
		return bad
	}
	return node.Finding{Check: "page", State: "ok", Text: "the page is whole, " + strings.Trim(tag, `"`)}
}
