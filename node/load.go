package node

import (
	"context"
	"fmt"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/store"
)

// loadCommunity reads a community back from the store: its own logs, and those it is judged with.
func (n *Node) loadCommunity(ctx context.Context, rec communityRecord) (*crdt.Community, error) {
	ops, ids, err := n.opsAbove(ctx, rec.ID)
	if err != nil {
		return nil, err
	}
	spaces := [][32]byte{rec.ID}
	for i := 0; i < len(spaces); i++ {
		for o, err := range n.store.Ops(ctx, spaces[i]) {
			if err != nil {
				return nil, fmt.Errorf("read ops: %w", err)
			}
			ops, ids = append(ops, crdt.KeptOp{Bytes: o.Bytes, Proven: o.Proven}), append(ids, o.ID)
			if op.KindOf(o.Bytes) == op.CreateGroup {
				spaces = append(spaces, o.ID)
			}
		}
	}
	var kept []crdt.Kept
	for _, s := range spaces {
		k, err := n.kept(ctx, s)
		if err != nil {
			return nil, err
		}
		kept = append(kept, k)
	}
	self := crdt.Self{Member: rec.Member, Device: identity.DeviceKeyFromSeed(rec.Device)}
	c, err := crdt.Load(rec.ID, self, ops, kept)
	if err != nil {
		return nil, err
	}
	return c, n.keepProven(ctx, c, ops, ids)
}

// keepProven writes down which proofs were verified just now, so that the next start need not: those of a store that is older than this record.
func (n *Node) keepProven(ctx context.Context, c *crdt.Community, ops []crdt.KeptOp, ids []op.ID) error {
	b := &store.Batch{}
	for i, o := range ops {
		if id := ids[i]; !o.Proven && c.Log().Proven(id) {
			b.Ops = append(b.Ops, store.Op{Space: c.Log().Op(id).Home(), ID: id, Bytes: o.Bytes, Proven: true})
		}
	}
	if len(b.Ops) == 0 {
		return nil
	}
	return n.commit(ctx, b)
}

// kept reads what the store has of one space besides its log.
func (n *Node) kept(ctx context.Context, s [32]byte) (k crdt.Kept, err error) {
	k = crdt.Kept{Space: s, Secrets: map[op.ID]epoch.Secret{}}
	secrets, err := n.store.Secrets(ctx, s)
	if err != nil {
		return k, fmt.Errorf("read secrets: %w", err)
	}
	for _, x := range secrets {
		if len(x.Secret) == len(epoch.Secret{}) {
			k.Secrets[x.Epoch] = epoch.Secret(x.Secret)
		} else if len(x.Secret) == 0 {
			k.Dropped = append(k.Dropped, x.Epoch)
		}
	}
	if raw, ok, err := n.store.Meta(ctx, metaOwn+hexID(s)); err != nil {
		return k, fmt.Errorf("read own chain: %w", err)
	} else if ok {
		var own ownRecord
		if err := op.Decode(raw, &own); err != nil {
			return k, fmt.Errorf("read own chain: %w", err)
		}
		k.Own = crdt.OwnChain{Space: s, Seq: own.Seq, Prev: own.Prev}
	}
	limit := n.now() + 10*60_000
	top, err := n.store.TopLamport(ctx, s, int64(limit))
	if err != nil {
		return k, err
	}
	k.Lamport = op.Millis(top)
	if raw, ok, err := n.store.Meta(ctx, metaAside+hexID(s)); err != nil {
		return k, fmt.Errorf("read what waits for the clock: %w", err)
	} else if ok {
		if k.Aside, err = readAside(raw); err != nil {
			return k, err
		}
	}
	if raw, ok, err := n.store.Meta(ctx, metaDoomed+hexID(s)); err != nil {
		return k, fmt.Errorf("read deleted messages to come: %w", err)
	} else if ok {
		if k.Doomed, err = readDoomed(raw); err != nil {
			return k, err
		}
	}
	chains, err := n.store.Chains(ctx, s)
	for _, ch := range chains {
		k.Heads = append(k.Heads, crdt.KeptChain{Device: ch.Device, Low: ch.Low, High: min(ch.High, ch.Low+ch.Count-1), Top: ch.High})
	}
	return k, err
}

const metaOwn = "own/"

type ownRecord struct {
	_    struct{} `cbor:",toarray"`
	Seq  uint64
	Prev [32]byte
}
