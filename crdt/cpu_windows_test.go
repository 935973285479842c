package crdt

import "time"

var began = time.Now()

// cpu is the time that has gone by, which elsewhere is the processor's own.
func cpu() time.Duration { return time.Since(began) }
