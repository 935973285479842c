package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// Config says what to serve and where.
type Config struct {
	Data         string // data directory; the caller holds its lock
	Node         *node.Node
	Listen       string // loopback address; empty: 127.0.0.1:7717
	AllowedHosts []string
	CORSOrigins  []string
	Version      string
	Shutdown     func() // called when somebody asks the node to stop
	Log          *slog.Logger
}

// Server is a running API.
type Server struct {
	c       Config
	port    int
	hosts   []string
	socket  string
	started time.Time
	access  *access
	limits  *limits
	answers answers

	pictures sync.Mutex // held while one is read
	csrf     *http.CrossOriginProtection
	openapi  huma.API
	tcp      *http.Server
	unix     *http.Server
	stop     context.CancelFunc // ends event streams
	serving  sync.WaitGroup
	saving   sync.WaitGroup
}

// Start opens the listeners and serves on them until Close.
func Start(c Config) (*Server, error) {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:7717"
	}
	s, err := build(c)
	if err != nil {
		return nil, err
	}
	main, listeners, err := listenTCP(c.Listen)
	if err != nil {
		return nil, err
	}
	listeners = append(listeners, main)
	socket, err := listenSocket(c.Data)
	if err != nil {
		closeAll(listeners)
		return nil, err
	}
	s.at(main.Addr().(*net.TCPAddr).Port)
	if c.Node != nil {
		kept, err := c.Node.Kept(answerPrefix)
		if err != nil {
			closeAll(append(listeners, socket))
			return nil, fmt.Errorf("read past answers: %w", err)
		}
		s.answers.load(kept)
		s.answers.save = make(chan saved, 256)
		changes := s.answers.save
		s.saving.Go(func() { s.keepAnswers(changes) }) // ends with Close
	}
	alive, stop := context.WithCancel(context.Background())
	s.stop = stop
	base := func(net.Listener) context.Context { return alive }
	routes := s.routes()
	s.tcp = &http.Server{Handler: s.serve(s.tcpChecks(), routes), BaseContext: base, ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.c.Log.Handler(), slog.LevelDebug)}
	s.unix = &http.Server{Handler: s.serve(s.socketChecks(), routes), BaseContext: base, ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: s.tcp.ErrorLog}
	for _, l := range listeners {
		s.serving.Go(func() { s.tcp.Serve(l) }) // ends with Close
	}
	if socket != nil {
		s.socket = socket.Addr().String()
		s.serving.Go(func() { s.unix.Serve(socket) }) // ends with Close
	}
	if err := s.announce(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// build makes a server that has no listener yet.
func build(c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Shutdown == nil {
		c.Shutdown = func() {}
	}
	teachHuma()
	keep := func(string, []byte) error { return nil }
	var kept map[string][]byte
	if c.Node != nil {
		var err error
		if kept, err = c.Node.Kept(tokenPrefix); err != nil {
			return nil, fmt.Errorf("read tokens: %w", err)
		}
		keep = func(key string, value []byte) error { return c.Node.Keep(context.Background(), key, value) }
	}
	acc, err := openAccess(c.Data, kept, keep)
	if err != nil {
		return nil, err
	}
	s := &Server{c: c, started: time.Now(), access: acc, limits: newLimits(), csrf: http.NewCrossOriginProtection(), stop: func() {}}
	return s, nil
}

// at sets the port, on which the allowed hosts and the cookie's name depend.
func (s *Server) at(port int) {
	s.port = port
	p := strconv.Itoa(port)
	s.hosts = append([]string{"127.0.0.1:" + p, "localhost:" + p, "[::1]:" + p}, s.c.AllowedHosts...)
}

func (s *Server) cookieName() string { return "sid_" + strconv.Itoa(s.port) }

// Handler answers requests as the TCP listener would at 127.0.0.1:7717, for
// tests in virtual time, where no socket may be open. It makes the tokens in
// Data as Start does, and writes no api.json.
func Handler(c Config) (http.Handler, error) {
	s, err := build(c)
	if err != nil {
		return nil, err
	}
	s.at(7717)
	return s.serve(s.tcpChecks(), s.routes()), nil
}

// URL is the address of the API and the page.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// LoginLink makes a link that opens the page, once, within five minutes.
func (s *Server) LoginLink() string {
	code, _ := s.access.login()
	return s.URL() + "/login#" + code
}

func (s *Server) infoPath() string { return filepath.Join(s.c.Data, "api.json") }

// announce writes api.json: whoever reads it finds a server that answers.
func (s *Server) announce() error {
	abs, err := filepath.Abs(filepath.Join(s.c.Data, tokenFile))
	if err != nil {
		return fmt.Errorf("write api.json: %w", err)
	}
	raw, err := json.MarshalIndent(api.Info{URL: s.URL(), Socket: s.socket, PID: os.Getpid(), TokenFile: abs, Version: s.c.Version}, "", "  ")
	if err == nil {
		err = writeFile(s.infoPath(), append(raw, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write api.json: %w", pathless(err))
	}
	return nil
}

// Close takes api.json away, ends the event streams, waits up to five seconds
// for running requests and closes the listeners.
func (s *Server) Close() error {
	os.Remove(s.infoPath())
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := errors.Join(s.tcp.Shutdown(ctx), s.unix.Shutdown(ctx))
	if err != nil {
		s.tcp.Close()
		s.unix.Close()
	}
	s.serving.Wait()
	if s.answers.save != nil {
		s.answers.mu.Lock()
		close(s.answers.save)
		s.answers.save = nil
		s.answers.mu.Unlock()
	}
	s.saving.Wait()
	return err
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		if l != nil {
			l.Close()
		}
	}
}
