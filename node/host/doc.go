// Package host is one community's place on the network: a libp2p host with a key of its own, the handshake that tells members
// from strangers, and the ways of finding others (remembered addresses, DHT, mDNS).
//
// A connection alone grants nothing. Right after it opens, the side that dialled runs the handshake of SPEC.md: each proves, in
// a way that is noise to outsiders, that it holds a key of the community; then who it is; then each gives a verdict. Only when
// both verdicts are good do the protocols of Pandal exist for that connection. Identify, DHT, relays and hole punching work on
// the bare host, with everybody.
//
//	h, err := host.New(host.Config{Key: seed, Listen: []string{"/ip4/127.0.0.1/tcp/4001"}, Auth: auth, OnPeer: room.peer})
//	defer h.Close()
//	role, err := h.Connect(ctx, info)     // dial, handshake
//	gossip := h.View()                    // a host.Host on which strangers do not exist
//	h.HandleJoiner("/pandal/1/join", f)   // the protocols of those who are not members yet
//
// What callers may rely on:
//
//   - The room knows nothing of members, epochs or ops. The community hands it functions (Auth), which are called from many
//     goroutines.
//   - A peer is in the member view exactly while one of its connections has a handshake in which both sides said member or keeper.
//     View shows it after identify too, so that streams to it can be opened at once.
//   - Losing the member view (Drop, or a worse verdict in a later handshake) closes the connection: no stream outlives it.
//   - OnPeer is called from one goroutine, in order: connected, perhaps connected again with another role, then gone.
//   - Nothing read from a stranger is larger than one frame, nor waits longer than the handshake's 10 s.
//   - What an observer of identify sees is the protocol ids, /pandal/1/hs among them: that a host runs Pandal is no secret, which
//     community it is in is (SPEC.md, What outsiders learn).
package host
