package history

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Sync compares everything both sides may have, and repairs both. More reports that ops came which may open more to compare: call
// again.
//
//	dialer: offer →                        ← offer, ops, ids of tags that differ, done
//	dialer: ops, wires, fetch, done →      ← wires, done
func (h *History) Sync(ctx context.Context, p peer.ID) (more bool, err error) {
	err = h.run(ctx, p, SyncProtocol, func(ctx context.Context, s *session) error {
		mine := h.c.Offer(p)
		if err := s.send(frameOffer, h.offer(s.p, mine)); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
		theirs, err := h.readOffer(s)
		if err != nil {
			return err
		}
		diff, named := map[key][][32]byte{}, 0
		if err := s.each(func(v any) error {
			switch f := v.(type) {
			case opsFrame:
				fresh, err := h.c.TakeOps(ctx, p, f.Ops)
				more = more || fresh
				return err
			case idsFrame:
				k := key{f.Space, f.Tag}
				ids, err := splitIDs(f.IDs)
				if named += len(ids); err != nil || named > maxIDs {
					return fmt.Errorf("%w: ids", ErrFrame)
				}
				diff[k] = append(diff[k], ids...)
				return nil
			}
			return fmt.Errorf("%w: not expected here", ErrFrame)
		}); err != nil {
			return err
		}
		if err := h.give(ctx, s, mine, theirs, diff); err != nil {
			return err
		}
		return h.takeRest(ctx, s)
	})
	return more, err
}

type key struct {
	space [32]byte
	tag   [8]byte
}

// give sends what the other lacks and asks for what I lack.
func (h *History) give(ctx context.Context, s *session, mine, theirs []Space, diff map[key][][32]byte) error {
	if err := h.giveOps(s, mine, theirs); err != nil {
		return err
	}
	for _, sp := range theirs {
		for _, sum := range sp.Sums {
			ids, ok := diff[key{sp.ID, sum.Tag}]
			if !ok {
				continue
			}
			held, err := h.c.IDs(ctx, sp.ID, sum.Tag)
			if err != nil {
				return err
			}
			lack, surplus := compare(held, ids)
			if err := s.sendIDs(frameFetch, key{sp.ID, sum.Tag}, lack); err != nil {
				return err
			}
			if err := h.sendWires(ctx, s, surplus); err != nil {
				return err
			}
		}
	}
	return s.done()
}

// giveOps sends what the other lacks of the spaces it named; of those that I alone named, everything it may have: he may not know of them yet.
func (h *History) giveOps(s *session, mine, theirs []Space) error {
	named := make(map[[32]byte]bool, len(theirs))
	for _, sp := range theirs {
		named[sp.ID] = true
	}
	for _, sp := range mine {
		if !named[sp.ID] {
			theirs = append(theirs[:len(theirs):len(theirs)], Space{ID: sp.ID})
		}
	}
	for _, sp := range theirs {
		for part := range batches(h.c.Ops(s.p, sp.ID, sp.Heads)) {
			if err := s.send(frameOps, opsFrame{Space: sp.ID, Ops: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare returns what stands only in theirs, in their order, and what stands only in mine.
func compare(mine, theirs [][32]byte) (lack, surplus [][32]byte) {
	have := make(map[[32]byte]bool, len(mine))
	for _, id := range mine {
		have[id] = true
	}
	for _, id := range theirs {
		if !have[id] {
			lack = append(lack, id)
		}
		delete(have, id)
	}
	for _, id := range mine {
		if have[id] {
			surplus = append(surplus, id)
		}
	}
	return lack, surplus
}

func (s *session) sendIDs(kind byte, k key, ids [][32]byte) error {
	const part = (maxFrame - 128) / idSize
	for at := 0; at < len(ids) || at == 0 && kind == frameIDs; at += part {
		end := min(at+part, len(ids))
		b := make([]byte, 0, (end-at)*idSize)
		for _, id := range ids[at:end] {
			b = append(b, id[:]...)
		}
		if err := s.send(kind, idsFrame{Space: k.space, Tag: k.tag, IDs: b, More: end < len(ids)}); err != nil {
			return err
		}
	}
	return nil
}

// sendWires reads and sends in small steps, so that memory stays bounded however much differs.
func (h *History) sendWires(ctx context.Context, s *session, ids [][32]byte) error {
	for at := 0; at < len(ids); at += batchItems {
		wires, err := h.c.Wires(ctx, s.p, ids[at:min(at+batchItems, len(ids))])
		if err != nil {
			return err
		}
		for part := range batches(wires) {
			if err := s.send(frameWires, wiresFrame{Wires: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *History) takeRest(ctx context.Context, s *session) error {
	t := h.taking(ctx, s.p)
	return t.end(s.each(func(v any) error {
		f, ok := v.(wiresFrame)
		if !ok {
			return fmt.Errorf("%w: not expected here", ErrFrame)
		}
		return t.wires(f.Wires)
	}))
}

// Abreast is how many frames of wires of one session are taken at once: while one is written to disk, the next are verified. Each first waits for its
// turn to ask what is stored, behind the commit under way, so that with three the processors stood idle now and then.
const Abreast = 5

// taking hands on the wires of a session. One goroutine uses it.
type taking struct {
	take  func([][]byte) error
	slots chan struct{}
	errs  chan error // room for one
}

func (h *History) taking(ctx context.Context, p peer.ID) *taking {
	return &taking{
		take:  func(w [][]byte) error { _, err := h.c.TakeWires(ctx, p, w); return err },
		slots: make(chan struct{}, Abreast), errs: make(chan error, 1),
	}
}

// wires waits until there is room for one more frame, and errs if one before it failed. What it starts has ended when end returns.
func (t *taking) wires(w [][]byte) error {
	t.slots <- struct{}{}
	select {
	case err := <-t.errs:
		<-t.slots
		return err
	default:
	}
	go func() {
		if err := t.take(w); err != nil {
			select {
			case t.errs <- err:
			default: // one is enough
			}
		}
		<-t.slots
	}()
	return nil
}

// end waits for all frames and returns the first error.
func (t *taking) end(err error) error {
	for range Abreast {
		t.slots <- struct{}{}
	}
	select {
	case e := <-t.errs:
		if err == nil {
			err = e
		}
	default:
	}
	return err
}

func (h *History) offer(p peer.ID, spaces []Space) offer {
	o := offer{Now: h.c.Now(), Spaces: spaces, Peers: h.c.Peers(p)}
	if o.Spaces == nil {
		o.Spaces = []Space{}
	}
	if o.Peers == nil {
		o.Peers = [][]byte{}
	}
	return o
}

func (h *History) readOffer(s *session) ([]Space, error) {
	b, err := s.read(maxBodies)
	if err != nil {
		return nil, err
	}
	v, err := decodeFrame(b)
	if err != nil {
		return nil, err
	}
	o, ok := v.(offer)
	if !ok {
		return nil, fmt.Errorf("%w: want an offer first", ErrFrame)
	}
	h.c.Clock(s.p, o.Now)
	h.c.Met(s.p, o.Peers)
	return o.Spaces, nil
}

// serveSync is the listener's half.
func (h *History) serveSync(ctx context.Context, s *session) error {
	theirs, err := h.readOffer(s)
	if err != nil {
		return err
	}
	mine := h.c.Offer(s.p)
	if err := s.send(frameOffer, h.offer(s.p, mine)); err != nil {
		return err
	}
	known := map[[32]byte]map[[8]byte]Sum{}
	for _, sp := range mine {
		known[sp.ID] = map[[8]byte]Sum{}
		for _, sum := range sp.Sums {
			known[sp.ID][sum.Tag] = sum
		}
	}
	if err := h.giveOps(s, mine, theirs); err != nil {
		return err
	}
	for _, sp := range theirs {
		for _, sum := range sp.Sums {
			own, ok := known[sp.ID][sum.Tag]
			if known[sp.ID] != nil && !ok {
				h.c.Unknown(s.p, sp.ID)
			}
			if !ok || own == sum {
				continue
			}
			ids, err := h.c.IDs(ctx, sp.ID, sum.Tag)
			if err != nil {
				return err
			}
			if err := s.sendIDs(frameIDs, key{sp.ID, sum.Tag}, ids); err != nil {
				return err
			}
		}
	}
	if err := s.done(); err != nil {
		return err
	}
	var fetch [][32]byte
	t := h.taking(ctx, s.p)
	if err := t.end(s.each(func(v any) error {
		switch f := v.(type) {
		case opsFrame:
			_, err := h.c.TakeOps(ctx, s.p, f.Ops)
			return err
		case wiresFrame:
			return t.wires(f.Wires)
		case fetchFrame:
			ids, err := splitIDs(f.IDs)
			if err != nil || len(fetch)+len(ids) > maxIDs {
				return fmt.Errorf("%w: fetch", ErrFrame)
			}
			fetch = append(fetch, ids...)
			return nil
		}
		return fmt.Errorf("%w: not expected here", ErrFrame)
	})); err != nil {
		return err
	}
	if err := h.sendWires(ctx, s, fetch); err != nil {
		return err
	}
	return s.done()
}
