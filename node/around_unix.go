//go:build unix

package node

import "syscall"

// filesAtMost is how many files and connections this program may have open, 0 for any number.
func filesAtMost() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur)
}
