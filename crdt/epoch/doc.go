// Package epoch holds the group keys of a space: one secret per epoch, what derives from it, sealed messages ("wires"), which epoch
// to send with, who makes the next one, and the relay of secrets between members.
//
//	s := epoch.NewSecret()                          // goes with an Epoch op that carries s.Commit(space)
//	k := epoch.Schedule(space, id, s)               // tag, topic, rendezvous, message keys
//	wire, err := k.Seal(header, body, device)       // random salt, padded, committed
//	m, err := k.Open(wire); ok := m.Verify()
//
// It knows nothing of who may do what: the caller tells it which epochs are clean (nobody of their roster is gone) and how senior
// their creators are. Nobody needs to agree on one epoch, since all are readable; concurrent ones need no merge. SPEC.md has the
// bytes and the rules. Randomness is drawn only by NewSecret, Seal, NewKeyRequest and Answer.
package epoch
