package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
	"github.com/pandal-chat/pandal/node"
)

// Exit codes, as the manual lists them.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitNotRunning
	exitNotFound
	exitNotAllowed
	exitConflict
	exitTimeout
	exitPartly
	exitLocked
	exitInterrupted = 130
)

// exit is an error with its own exit code.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func fail(code int, format string, args ...any) error {
	return &exit{code, fmt.Errorf(format, args...)}
}

// app is what the verbs share: streams, global flags, the client.
type app struct {
	in       io.Reader
	out, err io.Writer

	json, quiet, verbose, noColor, noInput, ids bool
	data, socket, url, tokenFile                string
	timeout                                     time.Duration
}

// run is the program: it parses, acts, and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var interrupted atomic.Bool
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() { // ends with the process; a second signal ends the process
		<-signals
		interrupted.Store(true)
		stop()
		<-signals
		os.Exit(exitInterrupted)
	}()
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if interrupted.Load() && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	code, text, hint := explain(err)
	fmt.Fprintln(errOut, a.paint(errOut, red, "pandal:"), text)
	if hint != "" && !a.quiet {
		fmt.Fprintln(errOut, "  ->", hint)
	}
	return code
}

// explain says what went wrong, what to do, and how the program ends.
func explain(err error) (code int, text, hint string) {
	if e := (*exit)(nil); errors.As(err, &e) {
		return e.code, e.Error(), ""
	}
	if p := (*api.Problem)(nil); errors.As(err, &p) {
		return codeOfProblem(p), problemText(p), p.Hint
	}
	switch {
	case errors.Is(err, client.ErrNotRunning):
		return exitNotRunning, "no node is running", "pandal up"
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout, "timed out", ""
	case errors.Is(err, node.ErrPassphrase):
		return exitLocked, err.Error(), "give the right one with --passphrase-file FILE"
	case errors.Is(err, node.ErrInUse):
		return exitConflict, err.Error(), "pandal status, or choose another directory with --data"
	}
	return exitFailed, err.Error(), ""
}

func codeOfProblem(p *api.Problem) int {
	switch p.Code {
	case api.CodeUnreachable, api.CodeStopping:
		return exitTimeout
	case api.CodeLocked, api.CodeWrongPassphrase:
		return exitLocked
	}
	switch p.Status {
	case 404:
		return exitNotFound
	case 401, 403, 421:
		return exitNotAllowed
	case 409, 412:
		return exitConflict
	}
	return exitFailed
}

func problemText(p *api.Problem) string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	for _, f := range p.Errors {
		text += "\n  " + f.Location + ": " + f.Message
	}
	if len(p.Who) > 0 {
		text += "\n  who has it: " + strings.Join(p.Who, ", ")
	}
	return text
}

// root builds the tree of verbs.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "pandal",
		Short:         "A community messenger without servers",
		Long:          "Pandal is a messenger for communities: groups and announcements, encrypted from end to end,\nfrom computer to computer, without a server. Without arguments it starts the node, or shows how it is doing.",
		Example:       "  pandal\n  pandal community create Sunrise\n  pandal send sunrise/general \"hello\"",
		SilenceErrors: true, SilenceUsage: true,
		Version:           programVersion(),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := fmt.Sprintf("there is no command %q", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				text += "\n  did you mean: " + strings.Join(near, ", ") + "?"
			}
			return fail(exitUsage, "%s", text)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.bare(cmd.Context()) },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exit{exitUsage, err} })
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "print one JSON object, or JSON lines for streams")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "say less on stderr")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more on stderr")
	f.BoolVar(&a.noColor, "no-color", false, "no colours, which only a terminal gets anyway; so does NO_COLOR")
	f.BoolVar(&a.noInput, "no-input", false, "never ask; fail and name the missing flag")
	f.StringVar(&a.data, "data", defaultData(), "data directory")
	f.StringVar(&a.socket, "socket", "", "unix socket of the node")
	f.StringVar(&a.url, "url", os.Getenv("PANDAL_URL"), "address of the node's API")
	f.StringVar(&a.tokenFile, "token-file", os.Getenv("PANDAL_TOKEN_FILE"), "file with a token for --url")
	f.DurationVar(&a.timeout, "timeout", 30*time.Second, "how long to wait for an answer")
	root.AddCommand(a.upCmd(), a.downCmd(), a.lockCmd(), a.unlockCmd(), a.statusCmd(), a.initCmd(), a.uiCmd(), a.versionCmd(), a.pathCmd(),
		a.communityCmd(), a.groupCmd(), a.memberCmd(), a.inviteCmd(), a.announceCmd(), a.sendCmd(), a.readCmd(), a.tailCmd(),
		a.peerCmd(), a.netCmd(), a.tokenCmd(), a.apiCmd(), a.demoCmd(), a.permissionsCmd(), a.auditCmd(), a.insightsCmd(), a.roleCmd(), a.requestCmd(), a.suggestionCmd(), a.reportCmd(), a.doctorCmd(), a.welcomeCmd(), a.reissueCmd(), a.deviceCmd(), a.meCmd(), a.recoveryCmd(), a.serviceCmd())
	root.AddCommand(a.talkCmds()...)
	root.AddCommand(a.searchCmd())
	root.AddCommand(a.privateCmds()...)
	root.AddCommand(a.directCmd())
	usageErrors(root)
	a.completeNames(root)
	return root
}

// usageErrors makes wrong arguments end with exit code 2, and gives commands
// that only hold others a useful answer.
func usageErrors(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if check := sub.Args; check != nil {
			sub.Args = func(cmd *cobra.Command, args []string) error {
				if err := check(cmd, args); err != nil {
					if e := (*exit)(nil); errors.As(err, &e) {
						return err
					}
					return fail(exitUsage, "%w\n  usage: %s", err, cmd.UseLine())
				}
				return nil
			}
		}
		if sub.HasSubCommands() && sub.RunE == nil {
			sub.Args = cobra.ArbitraryArgs
			sub.SuggestionsMinimumDistance = 2
			sub.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return cmd.Help()
				}
				text := fmt.Sprintf("there is no command %q", cmd.CommandPath()+" "+args[0])
				if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
					text += "\n  did you mean: " + strings.Join(near, ", ") + "?"
				}
				return fail(exitUsage, "%s", text)
			}
		}
		usageErrors(sub)
	}
}

// open finds the node and limits how long it may take to answer.
func (a *app) open(ctx context.Context) (*client.Client, context.Context, func(), error) {
	c, err := a.client()
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	return c, ctx, func() { cancel(); c.Close() }, nil
}

// with wraps what most verbs do: find the node, act, let go of it.
func (a *app) with(act func(context.Context, *client.Client, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, ctx, done, err := a.open(cmd.Context())
		if err != nil {
			return err
		}
		defer done()
		return act(ctx, c, args)
	}
}

func (a *app) client() (*client.Client, error) {
	return client.Open(client.Options{Data: a.data, Socket: a.socket, URL: a.url, TokenFile: a.tokenFile})
}

// defaultData is where a person's data lives on this system.
func defaultData() string {
	if dir := os.Getenv("PANDAL_DATA"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir()
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "Pandal")
		}
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Pandal")
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "pandal")
	}
	return filepath.Join(home, ".local", "share", "pandal")
}

// version is set by the linker at a release.
var version = ""

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.0.0-dev"
}
