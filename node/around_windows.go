package node

// filesAtMost is how many files and connections this program may have open, 0 for any number: Windows has no such limit.
func filesAtMost() uint64 { return 0 }
