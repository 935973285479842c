package server

import (
	"math"
	"sync"
	"time"
)

// Limits of one caller.
const (
	messageRate, writeRate = 10, 50 // a second
	burst                  = 100
	maxStreams             = 8
)

// limits counts what each caller does. Callers are tokens and sessions, of
// which there are few.
type limits struct {
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	streams map[string]int
}

type bucketKey struct {
	caller string
	sends  bool
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimits() *limits {
	return &limits{buckets: map[bucketKey]*bucket{}, streams: map[string]int{}}
}

// take uses one turn of a caller, or says how long to wait for it.
func (l *limits) take(caller string, sends bool) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := float64(writeRate)
	if sends {
		rate = messageRate
	}
	key, now := bucketKey{caller, sends}, time.Now()
	b := l.buckets[key]
	if b == nil {
		b = &bucket{left: burst, at: now}
		l.buckets[key] = b
	}
	b.left = min(burst, b.left+rate*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < 1 {
		return time.Duration(math.Ceil((1-b.left)/rate*1000)) * time.Millisecond
	}
	b.left--
	return 0
}

// stream counts one more event stream; done ends it.
func (l *limits) stream(caller string) (done func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams[caller] >= maxStreams {
		return nil, false
	}
	l.streams[caller]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.streams[caller]--; l.streams[caller] == 0 {
			delete(l.streams, caller)
		}
	}, true
}
