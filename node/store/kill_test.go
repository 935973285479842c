package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// TestMain lets the test binary play the process that gets killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PANDAL_STORE_VICTIM"); dir != "" {
		victim(dir)
		return
	}
	os.Exit(m.Run())
}

// victim commits from four goroutines for ever and prints what was acknowledged.
func victim(dir string) {
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	acked := make(chan int)
	for g := range 4 {
		go func() { // ends with the process
			for i := 0; ; i++ {
				n := g*1_000_000 + i
				if err := s.Commit(context.Background(), &Batch{
					Wires: []Wire{{ID: nid('w', n), Space: nid('s', 1), Bytes: make([]byte, 300)}},
					Rows:  []Row{{Space: nid('s', 1), Key: fmt.Sprint(n), Value: []byte("v")}},
				}); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				acked <- n
			}
		}()
	}
	for n := range acked {
		fmt.Println(n)
	}
}

func TestKill(t *testing.T) {
	rounds := 4
	if os.Getenv("PANDAL_FULL") == "1" {
		rounds = 50
	}
	for round := range rounds {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PANDAL_STORE_VICTIM="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var acked []int
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var n int
			if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
				t.Fatal(lines.Text())
			}
			acked = append(acked, n)
			if len(acked) == 150+round*37 {
				cmd.Process.Kill() // then read what was still in the pipe
			}
		}
		cmd.Wait()
		s := open(t, dir, "")
		for _, n := range acked {
			if _, ok, err := s.Wire(t.Context(), nid('w', n)); !ok || err != nil {
				t.Fatalf("acknowledged wire %d is lost: %v", n, err)
			}
		}
		wires := collect(t, s.WiresOf(t.Context(), nid('s', 1)))
		for _, w := range wires { // wire and row came together or not at all
			var n int
			fmt.Sscanf(string(w.ID[1:]), "%d", &n)
			if len(must[map[string][]byte](t)(s.Rows(t.Context(), w.Space, []string{fmt.Sprint(n)}))) != 1 {
				t.Fatalf("wire %d without its row", n)
			}
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
}
