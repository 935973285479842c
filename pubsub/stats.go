package pubsub

import (
	"sync/atomic"
	"time"

	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"google.golang.org/protobuf/proto"
)

// Stats counts since New.
type Stats struct {
	Delivered  uint64 // accepted messages of others
	Duplicates uint64 // copies that came after the first
	Rejected   uint64 // messages held against the peer that forwarded them
	Ignored    uint64
	Lost       uint64 // accepted and forwarded, but Receive was too slow; sync brings them
	BytesIn    uint64 // of whole gossip packets
	BytesOut   uint64
}

// counter is the tracer behind Stats and Reached. Gossipsub calls it from several goroutines.
type counter struct {
	mesh
	delivered, duplicates, rejected, ignored, lost, in, out atomic.Uint64
}

func (c *counter) stats() Stats {
	return Stats{
		Delivered: c.delivered.Load(), Duplicates: c.duplicates.Load(), Rejected: c.rejected.Load(), Ignored: c.ignored.Load(),
		Lost: c.lost.Load(), BytesIn: c.in.Load(), BytesOut: c.out.Load(),
	}
}

func (c *counter) DeliverMessage(*lib.Message)   { c.delivered.Add(1) }
func (c *counter) DuplicateMessage(*lib.Message) { c.duplicates.Add(1) }
func (c *counter) RejectMessage(_ *lib.Message, reason string) {
	if reason == lib.RejectValidationIgnored || reason == lib.RejectValidationThrottled || reason == lib.RejectValidationQueueFull {
		c.ignored.Add(1)
		return
	}
	c.rejected.Add(1)
}
func (c *counter) UndeliverableMessage(*lib.Message) { c.lost.Add(1) }
func (c *counter) RecvRPC(r *lib.RPC)                { c.in.Add(uint64(proto.Size(&r.RPC))) }
func (c *counter) SendRPC(r *lib.RPC, _ peer.ID)     { c.out.Add(uint64(proto.Size(&r.RPC))) }

func (c *counter) OnNewOutboundStream(peer.ID, protocol.ID)          {}
func (c *counter) Join(string)                                       {}
func (c *counter) ValidateMessage(*lib.Message)                      {}
func (c *counter) ThrottlePeer(peer.ID)                              {}
func (c *counter) SendRPCCompleted(*lib.RPC, peer.ID, time.Duration) {}
func (c *counter) DropRPC(*lib.RPC, peer.ID)                         {}
