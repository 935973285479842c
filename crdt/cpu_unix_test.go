//go:build unix

package crdt

import (
	"syscall"
	"time"
)

// cpu is the processor time this process has taken: what else runs on the machine is not in it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
