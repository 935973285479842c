package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
	"github.com/pandal-chat/pandal/node"
)

func (a *app) serviceCmd() *cobra.Command {
	c := &cobra.Command{Use: "service", Short: "Keep the node running after you log in",
		Example: "  pandal service install\n  pandal service install -- --mode lan_only\n  pandal service status"}
	c.AddCommand(
		&cobra.Command{Use: "install [-- FLAGS OF UP]", Short: "Start the node now, and each time you log in", Args: cobra.ArbitraryArgs,
			Example: "  pandal service install\n  pandal service install -- --mode lan_only --notify off",
			Long: "Start the node now, and each time you log in: as a unit of your systemd, an agent of launchd, or a task of Windows.\n" +
				"Links that begin with pandal:// open the page, where the system knows such links (Linux, Windows).\n" +
				"A store with a passphrase starts locked: type the passphrase in the page, or run pandal unlock.",
			RunE: func(cmd *cobra.Command, args []string) error { return a.installService(cmd.Context(), args) }},
		&cobra.Command{Use: "uninstall", Short: "Stop the node and start it no more; what it holds stays", Args: cobra.NoArgs, Example: "  pandal service uninstall",
			RunE: func(cmd *cobra.Command, _ []string) error { return a.uninstallService(cmd.Context()) }},
		&cobra.Command{Use: "status", Short: "Is it installed, and does it run?", Args: cobra.NoArgs, Example: "  pandal service status --json",
			RunE: func(cmd *cobra.Command, _ []string) error { return a.serviceStatus(cmd.Context()) }},
		&cobra.Command{Use: "logs", Short: "Print what the node said lately", Args: cobra.NoArgs, Example: "  pandal service logs",
			RunE: func(*cobra.Command, []string) error { return a.serviceLogs() }},
	)
	return c
}

// place finds where this user's services are.
func (a *app) place(up []string) (place, error) {
	data, err := filepath.Abs(a.data)
	if err != nil {
		return place{}, err
	}
	exe, err := os.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return place{}, fmt.Errorf("find this program: %w", err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return place{}, err
	}
	p := place{os: runtime.GOOS, home: home, uid: os.Getuid(), exe: exe, data: data, up: up,
		config: filepath.Join(home, ".config"), share: filepath.Join(home, ".local", "share")}
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		p.config = dir
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		p.share = dir
	}
	if me, err := user.Current(); err == nil {
		p.user = me.Username
	}
	return p, nil
}

func (a *app) installService(ctx context.Context, up []string) error {
	check := a.upCmd()
	if err := check.ParseFlags(up); err != nil {
		return fail(exitUsage, "pandal up would refuse this: %w", err)
	}
	if file := check.Flags().Lookup("passphrase-file").Value.String(); file != "" && !filepath.IsAbs(file) {
		return fail(exitUsage, "--passphrase-file needs the whole path, beginning at the root, since a service starts elsewhere")
	}
	if rest := check.Flags().Args(); len(rest) > 0 {
		return fail(exitUsage, "what follows -- is flags of pandal up, and %q is none", rest[0])
	}
	p, err := a.place(up)
	if err != nil {
		return err
	}
	if strings.Contains(p.exe, string(filepath.Separator)+"go-build") {
		return fail(exitUsage, "this program is gone when it ends, since go run made it\n  -> go build -o ~/bin/pandal ./cmd/pandal && ~/bin/pandal service install")
	}
	for _, w := range append([]string{p.exe, p.data}, up...) {
		if strings.ContainsFunc(w, func(r rune) bool { return r < ' ' }) {
			return fail(exitUsage, "a service cannot have a line break in %q", w)
		}
	}
	if node.InUse(p.data) {
		return fail(exitConflict, "a node runs on this data already; stop it first, the service starts it again\n  -> pandal down, then pandal service install")
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return err
	}
	s := p.plan()
	for _, f := range s.files {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(f.path, []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	if err := s.run(ctx, s.start); err != nil {
		return fail(exitFailed, "%w\n  -> it is written to %s; start it by hand, or run pandal up", err, s.files[0].path)
	}
	if err := a.answers(ctx); err != nil {
		return fail(exitFailed, "the service is installed, but no node answers: %w\n  -> pandal service logs", err)
	}
	a.say("The node runs, and starts each time you log in. Open the page with: pandal ui")
	return a.show(map[string]any{"installed": true, "running": true, "file": s.files[0].path}, func(w io.Writer) { fmt.Fprintln(w, s.files[0].path) })
}

// answers waits until the node does.
func (a *app) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	for {
		c, err := a.client()
		if err == nil {
			_, err = client.Get[api.Health](ctx, c, "/health")
			c.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// wake starts the service, where one is installed and no node answers.
func (a *app) wake(ctx context.Context) error {
	if c, err := a.client(); err == nil {
		_, err = client.Get[api.Health](ctx, c, "/health")
		c.Close()
		if !errors.Is(err, client.ErrNotRunning) {
			return err
		}
	} else if !errors.Is(err, client.ErrNotRunning) {
		return err
	}
	p, err := a.place(nil)
	if err != nil {
		return err
	}
	s := p.plan()
	if _, err := os.Stat(s.files[0].path); err != nil {
		return client.ErrNotRunning
	}
	if err := s.run(ctx, s.again); err != nil {
		return err
	}
	return a.answers(ctx)
}

func (a *app) uninstallService(ctx context.Context) error {
	p, err := a.place(nil)
	if err != nil {
		return err
	}
	s := p.plan()
	if _, err := os.Stat(s.files[0].path); errors.Is(err, os.ErrNotExist) {
		return fail(exitNotFound, "the service is not installed")
	}
	if c, err := a.client(); err == nil { // it ends by itself where the system would only kill it
		client.Send[api.Health](ctx, c, "POST", "/node/shutdown", nil)
		c.Close()
	}
	stopped := s.run(ctx, s.stop)
	for _, f := range s.files {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := errors.Join(stopped, s.run(ctx, s.removed)); err != nil {
		return fail(exitFailed, "its files are removed, but it may run until you log out: %w", err)
	}
	a.say("The node starts no more by itself. What it holds stays in %s", p.data)
	return nil
}

func (a *app) serviceStatus(ctx context.Context) error {
	p, err := a.place(nil)
	if err != nil {
		return err
	}
	s := p.plan()
	_, missing := os.Stat(s.files[0].path)
	running := missing == nil && s.run(ctx, [][]string{s.state}) == nil
	text := "not installed; pandal service install sets it up"
	switch {
	case running:
		text = "installed, and runs"
	case missing == nil:
		text = "installed, and does not run; pandal service logs may say why"
	}
	if err := a.show(map[string]any{"installed": missing == nil, "running": running, "file": s.files[0].path}, func(w io.Writer) { fmt.Fprintln(w, text) }); err != nil {
		return err
	}
	if !running {
		return &exit{exitNotRunning, errors.New("the service does not run")}
	}
	return nil
}

// serviceLogs prints the end of the log.
func (a *app) serviceLogs() error {
	path := filepath.Join(a.data, "log")
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fail(exitNotFound, "there is no log: the service has not run on this data")
	} else if err != nil {
		return err
	}
	defer f.Close()
	const most = 64 << 10
	if st, err := f.Stat(); err == nil && st.Size() > most {
		f.Seek(-most, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return err
	}
	if at := bytes.IndexByte(text, '\n'); len(text) == most && at >= 0 {
		text = text[at+1:] // the first line may have lost its beginning
	}
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(a.out, plain(strings.TrimRight(line, "\r\n")))
	}
	return nil
}

// run runs commands of the system until one fails that is needed.
func (s *service) run(ctx context.Context, cmds [][]string) error {
	for _, words := range cmds {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
		cancel()
		if err != nil && !s.needless[words[0]] {
			if errors.Is(err, exec.ErrNotFound) {
				return fail(exitFailed, "this system has no %s, which would start the node when you log in", words[0])
			}
			return fail(exitFailed, "%s: %w: %s", strings.Join(words, " "), err, plain(strings.Join(strings.Fields(string(out)), " ")))
		}
	}
	return nil
}

// mostLog is what is kept of a log: twice as much at most, as the one before is kept beside it.
const mostLog = 4 << 20

// openLog opens a log to add to. One that has grown large is put aside first.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if st, err := os.Stat(path); err == nil && st.Size() > mostLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}
