// Package pubsub gossips opaque messages in opaque topics among the peers of a member view.
//
//	g, err := pubsub.New(ctx, pubsub.Config{Host: h.View(), Validate: room.check, Receive: room.receive})
//	err = g.SetTopics([]string{pubsub.TopicName(topicBytes)})
//	err = g.Publish(ctx, name, wire)
//
// What callers may rely on:
//
//   - The room knows neither spaces nor epochs: Validate says what a message is worth, and the table in verdict.go what follows.
//   - Every foreign message is validated at most once in two minutes (gossipsub's memory), before it is forwarded, after its size
//     and the forwarding peer's quota were looked at. What was ignored once is not validated again within that time: sync repairs.
//   - What Validate returned is what Receive gets, so nothing is checked twice. Own messages reach neither.
//   - Messages carry no author, number or signature of gossipsub; the id is the hash of the bytes, so equal bytes are one message.
//   - A rejected message costs the peer that forwarded it: see score.go. It must therefore depend on the bytes alone.
//   - Gossip is best effort. Publish returns nil when nobody was there; a peer that came a second ago may miss a message.
//   - Close before the host is closed. Neighbours learn which opaque topics a peer is in, and nobody else does.
package pubsub
