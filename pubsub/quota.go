package pubsub

import (
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Quota is a token bucket: Rate messages a second, Burst at once.
type Quota struct {
	Rate, Burst float64
}

// DefaultQuota is what one forwarding peer may bring: far above what honest members write, far below what would keep a core busy.
var DefaultQuota = Quota{Rate: 100, Burst: 1000}

// buckets holds one token bucket a peer.
type buckets struct {
	quota Quota
	mu    sync.Mutex
	of    map[peer.ID]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take tells whether p has a token left, and takes it.
func (b *buckets) take(p peer.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of[p]
	if k == nil {
		k = &bucket{tokens: b.quota.Burst, at: now}
		b.of[p] = k
	}
	k.tokens = min(b.quota.Burst, k.tokens+now.Sub(k.at).Seconds()*b.quota.Rate)
	k.at = now
	if k.tokens < 1 {
		return false
	}
	k.tokens--
	return true
}

// sweep forgets buckets that are full again.
func (b *buckets) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, k := range b.of {
		if k.tokens+now.Sub(k.at).Seconds()*b.quota.Rate >= b.quota.Burst {
			delete(b.of, p)
		}
	}
}
