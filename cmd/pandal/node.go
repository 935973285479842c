package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
	"github.com/pandal-chat/pandal/api/server"
	"github.com/pandal-chat/pandal/node"
)

// upFlags are the flags of `pandal up`.
type upFlags struct {
	node       node.Config
	apiListen  string
	hosts      []string
	origins    []string
	passphrase string
	log        string
	notify     string
	noOpen     bool
}

func (a *app) upCmd() *cobra.Command {
	u := &upFlags{}
	c := &cobra.Command{
		Use: "up", Short: "Run the node in the foreground", Args: cobra.NoArgs,
		Example: "  pandal up\n  pandal up --api-listen 127.0.0.1:8080 --no-open\n  pandal up --data /tmp/b --bootstrap none --mdns=false --listen /ip4/127.0.0.1/tcp/0",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.up(cmd.Context(), u) },
	}
	f := c.Flags()
	u.defaults()
	f.BoolVar(&u.noOpen, "no-open", u.noOpen, "do not open a browser")
	f.StringVar(&u.apiListen, "api-listen", u.apiListen, "loopback address of the API and the page")
	f.StringSliceVar(&u.hosts, "api-allowed-host", nil, "another Host that requests may name, for a reverse proxy")
	f.StringSliceVar(&u.origins, "api-cors-origin", nil, "an origin whose pages may call the API with a token")
	f.StringSliceVar(&u.node.Listen, "listen", nil, "multiaddr to listen on for other nodes (default: any free port)")
	f.StringSliceVar(&u.node.Bootstrap, "bootstrap", nil, "multiaddr of a bootstrap node, or none (default: the public DHT)")
	f.BoolVar(&u.node.MDNS, "mdns", u.node.MDNS, "find members on the local network")
	f.StringVar(&u.node.DHTPrefix, "dht-prefix", "", "protocol prefix of a DHT of your own, like /pandal-test")
	f.BoolVar(&u.node.DHTServer, "dht-server", false, "serve the DHT to others")
	f.StringVar(&u.passphrase, "passphrase-file", "", "file with the passphrase of the store; - reads it from stdin")
	f.StringVar(&u.node.Mode, "mode", u.node.Mode, "normal, lan_only, low_data or offline, for this run (default: as chosen last, see pandal net mode)")
	f.StringVar(&u.notify, "notify", u.notify, "desktop notifications on Linux and macOS: off, quiet (nothing of what came) or text; PANDAL_NOTIFY is the default")
	f.StringVar(&u.log, "log-file", "", "add the log to this file instead of printing it")
	f.StringVar(&u.node.Name, "name", "", "your name, on the first start")
	return c
}

func (u *upFlags) defaults() {
	u.apiListen, u.node.MDNS, u.notify = "127.0.0.1:7717", true, defaultNotify()
}

// bare is pandal without arguments: a short status, or the start of the node.
func (a *app) bare(ctx context.Context) error {
	c, err := a.client()
	if err == nil {
		defer c.Close()
		short, cancel := context.WithTimeout(ctx, a.timeout)
		defer cancel()
		st, e := client.Get[api.Status](short, c, "/status")
		if e == nil {
			return a.printStatus(st)
		}
		err = e
	}
	if !errors.Is(err, client.ErrNotRunning) {
		return err
	}
	u := &upFlags{}
	u.defaults()
	return a.up(ctx, u)
}

// up runs the node until somebody stops it.
func (a *app) up(ctx context.Context, u *upFlags) error {
	passphrase, err := a.passphrase(u.passphrase)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	} else if env := os.Getenv("PANDAL_LOG"); env != "" {
		if err := level.UnmarshalText([]byte(env)); err != nil {
			return fail(exitUsage, "PANDAL_LOG is debug, info, warn or error")
		}
	}
	to := a.err
	if u.log != "" {
		f, err := openLog(u.log)
		if err != nil {
			return err
		}
		defer f.Close()
		to = f
	}
	log := slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
	if !slices.Contains([]string{notifyOff, notifyQuiet, notifyText}, u.notify) {
		return fail(exitUsage, "--notify is off, quiet or text")
	}
	u.node.Data, u.node.Log = a.data, log
	open := func(passphrase []byte, mode string) (*node.Node, error) {
		c := u.node
		c.Passphrase, c.Mode = passphrase, cmp.Or(mode, c.Mode)
		n, err := node.Open(ctx, c)
		if err == nil && c.Mode != "" {
			if kept, e := n.RememberedMode(); e == nil && kept != c.Mode {
				a.say("The network is used as %s in this run; chosen for other runs is %s.", c.Mode, kept)
			}
		}
		if err == nil && u.notify != notifyOff {
			w := &notifier{n: n, how: u.notify, tell: desktop, counted: map[string]int{}}
			go w.run(ctx) // ends with the node
		}
		return n, err
	}
	// A sealed store without its passphrase waits for it, locked.
	var n *node.Node
	locked := passphrase == nil && node.Sealed(a.data)
	if !locked {
		n, err = open(passphrase, "")
		clear(passphrase)
		if err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s, err := server.Start(server.Config{Data: a.data, Node: n, Open: open, Listen: u.apiListen, AllowedHosts: u.hosts, CORSOrigins: u.origins,
		Version: programVersion(), Shutdown: stop, Log: log})
	if err != nil {
		if n != nil {
			n.Close()
		}
		return err
	}
	if !a.quiet || a.json || !u.noOpen { // what nobody reads is not made: it would lie in some log
		link := s.LoginLink()
		if a.json {
			a.line(map[string]string{"url": s.URL(), "login": link})
		} else {
			fmt.Fprintf(a.out, "Pandal runs. Open this link, once, within five minutes:\n\n  %s\n\n", link)
			a.say("Ctrl-C stops the node.")
		}
		if !u.noOpen && terminal(a.out) {
			openBrowser(link)
		}
	}
	if locked {
		a.say("The store is locked. Type its passphrase in the page, or run: pandal unlock")
	}
	<-ctx.Done()
	a.say("stopping …")
	return s.Close()
}

// passphrase reads the first line of a file.
func (a *app) passphrase(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	var raw []byte
	var err error
	if file == "-" {
		raw, err = io.ReadAll(io.LimitReader(a.in, 4096))
	} else {
		raw, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return nil, fail(exitUsage, "the passphrase is empty")
	}
	return []byte(line), nil
}

func openBrowser(link string) {
	opener := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if opener == nil {
		opener = []string{"xdg-open"}
	}
	cmd := exec.Command(opener[0], append(opener[1:], link)...)
	if cmd.Start() == nil {
		go cmd.Wait() // ends with the opener
	}
}

func (a *app) downCmd() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Stop the node", Args: cobra.NoArgs, Example: "  pandal down",
		RunE: a.with(func(ctx context.Context, c *client.Client, _ []string) error {
			if _, err := client.Send[api.Health](ctx, c, "POST", "/node/shutdown", nil); err != nil {
				return err
			}
			for { // until nobody answers any more, and the files are closed: then they may be copied
				if _, err := client.Get[api.Health](ctx, c, "/health"); errors.Is(err, client.ErrNotRunning) && !(a.url == "" && a.socket == "" && node.InUse(a.data)) {
					a.say("The node has stopped.")
					return nil
				} else if ctx.Err() != nil {
					return err
				}
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		}),
	}
}

func (a *app) initCmd() *cobra.Command {
	var name, passphrase string
	c := &cobra.Command{
		Use: "init", Short: "Make the data directory, or set your name", Args: cobra.NoArgs,
		Example: "  pandal init --name Asha\n  pandal init --name Asha --passphrase-file pass.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, ctx, done, err := a.open(cmd.Context())
			if err == nil {
				defer done()
				var me api.Me
				if name == "" {
					me, err = client.Get[api.Me](ctx, c, "/me")
				} else {
					me, err = client.Send[api.Me](ctx, c, "PATCH", "/me", api.EditName{DisplayName: name})
				}
				if err == nil {
					return a.show(me, func(w io.Writer) { fmt.Fprintln(w, "You are", plain(me.DisplayName)+".") })
				}
			}
			if !errors.Is(err, client.ErrNotRunning) {
				return err
			}
			pass, err := a.passphrase(passphrase)
			if err != nil {
				return err
			}
			n, err := node.Open(cmd.Context(), node.Config{Data: a.data, Passphrase: pass, Name: name, Mode: "offline", Bootstrap: []string{"none"},
				Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			if name != "" {
				err = n.SetMe(cmd.Context(), name)
			}
			me := api.Me{DisplayName: n.Me().DisplayName, Devices: n.Me().Devices}
			if err = errors.Join(err, n.Close()); err != nil {
				return err
			}
			return a.show(me, func(w io.Writer) {
				fmt.Fprintln(w, "Ready in", a.data)
				a.say("next: pandal up")
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "your name")
	c.Flags().StringVar(&passphrase, "passphrase-file", "", "file with the passphrase of the store")
	return c
}

func (a *app) uiCmd() *cobra.Command {
	var print, open bool
	show := a.with(func(ctx context.Context, c *client.Client, args []string) error {
		link, err := client.Send[api.LoginLink](ctx, c, "POST", "/session/login-links", nil)
		if err != nil {
			return err
		}
		if len(args) == 1 && args[0] != "" { // the page takes what follows the code to its screen for joining
			link.URL += "&" + url.QueryEscape(args[0])
		}
		if open || !print && terminal(a.out) {
			openBrowser(link.URL)
		}
		return a.show(link, func(w io.Writer) { fmt.Fprintln(w, link.URL) })
	})
	c := &cobra.Command{
		Use: "ui [INVITE]", Short: "Open the page with a new one-time link", Args: cobra.MaximumNArgs(1),
		Example: "  pandal ui\n  pandal ui --print\n  pandal ui pandal://join/…",
		Long:    "Open the page with a new one-time link; with an invite, at the screen for joining. Nobody is contacted before you say so there.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if open {
				if err := a.wake(cmd.Context()); err != nil {
					return err
				}
			}
			return show(cmd, args)
		},
	}
	c.Flags().BoolVar(&print, "print", false, "only print it")
	c.Flags().BoolVar(&open, "open", false, "open a browser even where nobody sees this terminal, and start the service if it has stopped")
	return c
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs, Example: "  pandal version --json",
		RunE: func(*cobra.Command, []string) error {
			v := api.Version{Version: programVersion(), API: "v1", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			return a.show(v, func(w io.Writer) { fmt.Fprintln(w, "pandal", v.Version, v.OS+"/"+v.Arch) })
		},
	}
}

func (a *app) pathCmd() *cobra.Command {
	return &cobra.Command{
		Use: "path [data|token|socket|log]", Short: "Print where things are", Args: cobra.MaximumNArgs(1), ValidArgs: []string{"data", "token", "socket", "log"},
		Example: "  pandal path\n  T=$(cat \"$(pandal path token)\")",
		RunE: func(_ *cobra.Command, args []string) error {
			what := "data"
			if len(args) == 1 {
				what = args[0]
			}
			data, err := filepath.Abs(a.data)
			if err != nil {
				return err
			}
			path := ""
			switch what {
			case "data":
				path = data
			case "token":
				path = filepath.Join(data, "api-token")
			case "socket":
				if path, err = server.SocketPath(data); err != nil {
					return err
				}
			case "log":
				path = filepath.Join(data, "log") // where a service writes it
			default:
				return fail(exitUsage, "there is no path %q; it is data, token, socket or log", what)
			}
			return a.show(map[string]string{what: path}, func(w io.Writer) { fmt.Fprintln(w, path) })
		},
	}
}
