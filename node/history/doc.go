// Package history carries what gossip missed: control ops by heads, wires by comparing sets of ids epoch by epoch, bodies in batches,
// keys between members, and what was just posted straight to members that gossip may not reach.
//
//	h := history.New(history.Config{Host: memberView, Offer: room.offer, …})
//	err := h.Sync(ctx, peer)                      // on connect and every 30 s: repairs both sides
//	stored, err := h.Push(ctx, peer, ops, wires)  // "sent": the other says it has stored them
//	answer, err := h.Keys(ctx, peer, request)
//
// It knows neither who may do what nor any key: the community hands it functions. Everything read is bounded before it is allocated;
// whatever is handed to the community goes through its one door. Wires are compared per tag, so that two members who are entitled to
// different epochs compare exactly what both can read. SPEC.md has the frames.
package history
