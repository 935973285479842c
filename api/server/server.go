package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// Config says what to serve and where.
type Config struct {
	Data string     // data directory; the caller holds its lock
	Node *node.Node // nil: the store is locked
	// Open opens the node of a locked store, in the mode that it was locked in; empty: in whatever mode a start would. It errs with
	// node.ErrPassphrase. Nil: nobody can lock this node.
	Open         func(passphrase []byte, mode string) (*node.Node, error)
	Listen       string // loopback address; empty: 127.0.0.1:7717
	AllowedHosts []string
	CORSOrigins  []string
	Version      string
	Shutdown     func() // called when somebody asks the node to stop
	Log          *slog.Logger
}

// Server answers the requests to a node, or to a store that is locked: then it knows its own files, and how to unlock. A Door is in front of it.
type Server struct {
	c       Config
	port    int
	hosts   []string
	started time.Time
	access  *access
	limits  *limits
	answers answers

	pictures sync.Mutex // held while one is read
	csrf     *http.CrossOriginProtection
	openapi  huma.API
	alive    context.Context // ends with leave: event streams end with it
	stop     context.CancelFunc
	saving   sync.WaitGroup

	lock        func() error
	unlock      func(passphrase []byte) error
	tcp, socket http.Handler
}

func (s *Server) tcpDoor() http.Handler    { return s.tcp }
func (s *Server) socketDoor() http.Handler { return s.socket }

// build makes a server that nobody can reach yet, and the tokens in Data where there are none.
func build(c Config) (*Server, error) {
	acc, err := openAccess(c.Data)
	if err != nil {
		return nil, err
	}
	return behind(c, acc, newLimits())
}

// behind makes a server for those whom acc knows.
func behind(c Config, acc *access, lim *limits) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Shutdown == nil {
		c.Shutdown = func() {}
	}
	teachHuma()
	s := &Server{c: c, started: time.Now(), access: acc, limits: lim, csrf: http.NewCrossOriginProtection()}
	s.alive, s.stop = context.WithCancel(context.Background())
	s.lock = func() error { return api.NewProblem(api.CodeNoPassphrase, "") }
	s.unlock = func([]byte) error { return nil }
	if c.Node == nil {
		return s, nil
	}
	kept, err := c.Node.Kept(tokenPrefix)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return s, acc.enter(kept, func(key string, value []byte) error { return c.Node.Keep(context.Background(), key, value) })
}

// remember loads what was answered before, and stores what will be. leave ends it.
func (s *Server) remember() error {
	if s.c.Node == nil {
		return nil
	}
	kept, err := s.c.Node.Kept(answerPrefix)
	if err != nil {
		return fmt.Errorf("read past answers: %w", err)
	}
	s.answers.load(kept)
	s.answers.save = make(chan saved, 256)
	changes := s.answers.save
	s.saving.Go(func() { s.keepAnswers(changes) })
	return nil
}

// leave ends the event streams and writes what is left to remember.
func (s *Server) leave() {
	s.stop()
	s.answers.mu.Lock()
	if s.answers.save != nil {
		close(s.answers.save)
		s.answers.save = nil
	}
	s.answers.mu.Unlock()
	s.saving.Wait()
}

// at sets the port, on which the allowed hosts and the cookie's name depend.
func (s *Server) at(port int) {
	s.port = port
	p := strconv.Itoa(port)
	s.hosts = append([]string{"127.0.0.1:" + p, "localhost:" + p, "[::1]:" + p}, s.c.AllowedHosts...)
}

func (s *Server) cookieName() string { return "sid_" + strconv.Itoa(s.port) }

// URL is the address of the API and the page.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// LoginLink makes a link that opens the page, once, within five minutes.
func (s *Server) LoginLink() string {
	code, _ := s.access.login()
	return s.URL() + "/login#" + code
}
