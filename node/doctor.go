package node

import (
	"context"
	"fmt"
	"time"
)

// Finding is what was looked at, how it stands (ok, warn, fail), and what to do about it.
type Finding struct{ Check, State, Text, Do string }

// Doctor looks at what this node can tell of itself: its store, its clock beside those of others, its connections, the machine it runs on, and whether its person could come
// back. Reading the whole store takes a second a gigabyte or so.
func (n *Node) Doctor(ctx context.Context) []Finding {
	out := []Finding{{"store", "ok", "the store is whole", ""}}
	if err := n.store.Check(ctx); err != nil {
		out[0] = Finding{"store", "fail", "the store is damaged: " + err.Error(), "stop the node, keep a copy of its directory, and come back from your recovery words"}
	}
	words := Finding{"recovery", "ok", "the recovery words are written down", ""}
	if me := n.Me(); me.First && !me.WordsConfirmed {
		words = Finding{"recovery", "warn", "nobody has written the recovery words down: without them a lost computer is a lost identity", "pandal me words"}
	} else if !me.First {
		words.Text = "this device keeps no seed: the first one has the recovery words"
	}
	out = append(out, words)
	clock := Finding{"clock", "ok", "no member's clock is far from mine", ""}
	for _, r := range n.allRooms() {
		var around []Finding
		net := Finding{"network", "ok", "", ""}
		err := r.ask(ctx, func() {
			for _, skew := range r.skewed {
				clock = Finding{"clock", "warn", fmt.Sprintf("a member's clock differs from this one by %s: messages far ahead wait until their time comes", (time.Duration(skew) * time.Millisecond).Abs().Round(time.Second)),
					"set this computer's clock by the network"}
			}
			st := r.c.State(r.id)
			net.Text = fmt.Sprintf("%s: connected to %d members", r.title(), len(r.peers))
			around = r.around()
			if len(r.peers) == 0 && st != nil && r.c.Mine(r.id) && st.Members.Len() > 1 {
				net.State, net.Do = "warn", "wait, or pandal peer connect ADDRESS: messages are kept and go out by themselves"
			}
		})
		if err == nil {
			out = append(append(out, net), around...)
		}
	}
	left, err := n.store.RoomLeft()
	return append(out, clock, diskFinding(left, err), filesFinding(filesAtMost()), lanFinding(n.cfg.MDNS && n.Mode() != ModeOffline, lanNames()))
}
