package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// Door is a running API: its listeners, and behind them the server of an open node or of a locked store. It owns the node that it was given and
// those that it opens.
type Door struct {
	inside atomic.Pointer[Server]
	turn   sync.Mutex // one lock or unlock at a time
	held   io.Closer  // the data directory, while no node is open in it
	mode   string     // of the network, when the node was locked

	socket  string
	tcp     *http.Server
	unix    *http.Server
	serving sync.WaitGroup
}

// Start opens the listeners and serves on them until Close. Where it errs, the node stays the caller's.
func Start(c Config) (*Door, error) {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:7717"
	}
	var held io.Closer
	if c.Node == nil {
		var err error
		if held, err = node.Hold(c.Data); err != nil {
			return nil, err
		}
	}
	d, err := start(c, held)
	if err != nil && held != nil {
		held.Close()
	}
	return d, err
}

func start(c Config, held io.Closer) (*Door, error) {
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
	d := &Door{held: held}
	if err := d.hang(s, main.Addr().(*net.TCPAddr).Port); err != nil {
		closeAll(append(listeners, socket))
		return nil, err
	}
	d.tcp, d.unix = d.server((*Server).tcpDoor), d.server((*Server).socketDoor)
	for _, l := range listeners {
		d.serving.Go(func() { d.tcp.Serve(l) }) // ends with Close
	}
	if socket != nil {
		d.socket = socket.Addr().String()
		d.serving.Go(func() { d.unix.Serve(socket) }) // ends with Close
	}
	if err := d.announce(); err != nil {
		d.shut()
		return nil, err
	}
	return d, nil
}

// Handler answers requests as the TCP listener would at 127.0.0.1:7717, for
// tests in virtual time, where no socket may be open. It makes the tokens in
// Data as Start does, and writes no api.json.
func Handler(c Config) (http.Handler, error) {
	s, err := build(c)
	if err != nil {
		return nil, err
	}
	d := &Door{}
	s.at(7717)
	d.takeIn(s)
	return d.server((*Server).tcpDoor).Handler, nil
}

// hang puts a server behind the door.
func (d *Door) hang(s *Server, port int) error {
	s.at(port)
	if err := s.remember(); err != nil {
		return err
	}
	d.takeIn(s)
	return nil
}

func (d *Door) takeIn(s *Server) {
	s.lock, s.unlock = d.lock, d.unlock
	routes := s.routes()
	s.tcp, s.socket = s.serve(s.tcpChecks(), routes), s.serve(s.socketChecks(), routes)
	d.inside.Store(s)
}

// server serves whatever is behind the door when a request comes.
func (d *Door) server(way func(*Server) http.Handler) *http.Server {
	return &http.Server{ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(d.inside.Load().c.Log.Handler(), slog.LevelDebug),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s := d.inside.Load()
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(s.alive, cancel)()
			way(s).ServeHTTP(w, r.WithContext(ctx))
		})}
}

// lock closes the node and drops its keys. From then on nothing is answered but how to unlock.
func (d *Door) lock() error {
	d.turn.Lock()
	defer d.turn.Unlock()
	s := d.inside.Load()
	if s.c.Node == nil {
		return nil
	}
	if s.c.Open == nil || !s.c.Node.Sealed() {
		return api.NewProblem(api.CodeNoPassphrase, "")
	}
	c := s.c
	c.Node = nil
	locked, err := behind(c, s.access, s.limits)
	if err != nil {
		return err
	}
	if err := d.hang(locked, s.port); err != nil {
		return err
	}
	s.access.drop()
	s.leave()
	err = s.c.Node.Close()
	d.mode = s.c.Node.Mode()
	time.AfterFunc(time.Second, debug.FreeOSMemory) // once nobody's call is in the old server any more, what held keys is collected, and mostly given back
	return errors.Join(err, d.hold())
}

// unlock opens the node again. Of a node that is open it does nothing.
func (d *Door) unlock(passphrase []byte) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	s := d.inside.Load()
	if s.c.Node != nil {
		return nil
	}
	if d.held != nil {
		d.held.Close()
	}
	n, err := s.c.Open(passphrase, d.mode)
	if err != nil {
		return errors.Join(err, d.hold())
	}
	c := s.c
	c.Node = n
	open, err := behind(c, s.access, s.limits)
	if err == nil {
		err = d.hang(open, s.port)
	}
	if err != nil {
		s.access.drop()
		return errors.Join(err, n.Close(), d.hold())
	}
	s.leave()
	return nil
}

// hold keeps other programs out of the data directory. The caller holds turn.
func (d *Door) hold() (err error) {
	d.held, err = node.Hold(d.inside.Load().c.Data)
	return err
}

// URL is the address of the API and the page.
func (d *Door) URL() string { return d.inside.Load().URL() }

// LoginLink makes a link that opens the page, once, within five minutes.
func (d *Door) LoginLink() string { return d.inside.Load().LoginLink() }

func (d *Door) infoPath() string { return filepath.Join(d.inside.Load().c.Data, "api.json") }

// announce writes api.json: whoever reads it finds a server that answers.
func (d *Door) announce() error {
	c := d.inside.Load().c
	abs, err := filepath.Abs(filepath.Join(c.Data, tokenFile))
	if err != nil {
		return fmt.Errorf("write api.json: %w", err)
	}
	raw, err := json.MarshalIndent(api.Info{URL: d.URL(), Socket: d.socket, PID: os.Getpid(), TokenFile: abs, Version: c.Version}, "", "  ")
	if err == nil {
		err = writeFile(d.infoPath(), append(raw, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write api.json: %w", pathless(err))
	}
	return nil
}

// Close takes api.json away, ends the event streams, waits up to five seconds
// for running requests, closes the listeners and then the node.
func (d *Door) Close() error {
	err := d.shut()
	d.turn.Lock()
	defer d.turn.Unlock()
	if n := d.inside.Load().c.Node; n != nil {
		return errors.Join(err, n.Close())
	}
	if d.held != nil {
		d.held.Close()
	}
	return err
}

func (d *Door) shut() error {
	os.Remove(d.infoPath())
	d.inside.Load().stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := errors.Join(d.tcp.Shutdown(ctx), d.unix.Shutdown(ctx))
	if err != nil {
		d.tcp.Close()
		d.unix.Close()
	}
	d.serving.Wait()
	d.inside.Load().leave()
	return err
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		if l != nil {
			l.Close()
		}
	}
}
