package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/api/client"
)

// start runs a node in a process of its own and waits until it answers.
func (d *demo) start(ctx context.Context, act *actor) error {
	exe, err := self()
	if err != nil {
		return err
	}
	act.log, act.done = &bytes.Buffer{}, make(chan error, 1)
	act.cmd = exec.Command(exe, "up", "--data", act.dir, "--name", act.name, "--no-open", "--api-listen", "127.0.0.1:0",
		"--listen", "/ip4/127.0.0.1/tcp/0", "--bootstrap", "none", "--mdns=false")
	act.cmd.Stderr = act.log
	if d.keep { // the node outlives this program, and a broken pipe would end it
		f, err := os.OpenFile(act.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open the node's log: %w", err)
		}
		defer f.Close()
		act.cmd.Stderr = f
	}
	if err := act.cmd.Start(); err != nil {
		return fmt.Errorf("start a node: %w", err)
	}
	go func() { act.done <- act.cmd.Wait() }() // ends with the process
	deadline := time.Now().Add(patience)
	for {
		c, err := client.Open(client.Options{Data: act.dir})
		if err == nil {
			short, cancel := context.WithTimeout(ctx, answer)
			_, err = client.Get[api.Health](short, c, "/health")
			cancel()
			if err == nil {
				act.c = c
				return nil
			}
			c.Close()
		}
		select {
		case err := <-act.done:
			act.done <- err
			return fmt.Errorf("%s's node ended: %w\n%s", act.name, err, act.log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s's node does not answer: %w", act.name, err)
		}
	}
}

// self is this program. In tests it is not the running file, but the command
// by the name it was called.
func self() (string, error) {
	if path, err := exec.LookPath(os.Args[0]); err == nil {
		return filepath.Abs(path)
	}
	return os.Executable()
}

func (d *demo) stop(act *actor) error {
	if act.c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := client.Send[api.Health](ctx, act.c, "POST", "/node/shutdown", nil)
	act.c.Close()
	act.c = nil
	select {
	case e := <-act.done:
		return errors.Join(err, e)
	case <-ctx.Done():
		act.cmd.Process.Kill()
		<-act.done
		return fmt.Errorf("%s's node did not stop", act.name)
	}
}

// logs is what the nodes have said, for whoever looks into a play that failed. They have ended, or go on and their logs with them.
func (d *demo) logs() (err error) {
	if d.keep {
		return nil
	}
	for _, act := range d.actors {
		if act.log != nil && act.log.Len() > 0 {
			err = errors.Join(err, fmt.Errorf("%s's node said:\n%s", act.name, act.log.String()))
		}
	}
	return err
}

// end stops what still runs and clears away, unless it is to be kept.
func (d *demo) end() (err error) {
	if d.keep {
		return nil
	}
	for _, act := range d.actors {
		if act.c != nil {
			err = errors.Join(err, d.stop(act))
		} else if act.cmd != nil && act.cmd.ProcessState == nil {
			act.cmd.Process.Kill()
			<-act.done
		}
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}
