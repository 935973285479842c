// Package node runs a person's communities: one goroutine per community owns its crdt.Community, everything else hands it work.
//
//	n, err := node.Open(ctx, node.Config{Data: dir})
//	c, err := n.CreateCommunity(ctx, node.NewCommunity{Name: "Sunrise", DisplayName: "Asha"})
//	m, err := n.Post(ctx, groupID, node.NewMessage{Text: "hello"})
//	events, err := n.Events(n.EventCursor(), 100)
//
// It is the shell around the pure core: what happens, in which order, and when. Ids are the opaque strings of the API, so whoever uses a
// Node needs nothing below it. What callers may rely on:
//   - what a call returned is durable; nothing is published or told before it is;
//   - if the store fails, what is in memory is thrown away and read back, so memory never claims more than the disk has;
//   - every refusal is one of the sentinels in views.go or a *MissingRight.
//
// A message's way: Post → crdt.Post → perform (store, publish, events) ~ gossip or push ~ validate → receive → crdt.Apply → perform.
package node
