package node

import (
	"context"
	"fmt"
	"time"

	"github.com/pandal-chat/pandal/crdt/op"
)

// Storage is what this node keeps of a community. Bytes are of what is kept; the file has indexes and free room beside.
type Storage struct {
	CommunityID string
	LogBytes    int64 // of the control logs: the community's and its groups'
	Bytes       int64 // all of it, the logs included
	FileBytes   int64 // the file that holds this and all other communities
	Groups      []GroupStorage
}

// GroupStorage is what this node keeps of the messages of one group, or of the announcements.
type GroupStorage struct {
	GroupID  string
	Messages int   // that are shown, in the timeline and in threads
	Bytes    int64 // sealed and as they are shown
	Oldest   time.Time
}

// Storage counts what this node keeps of a community, of groups that it is or was in, the announcements first. It looks through all of it.
func (n *Node) Storage(ctx context.Context, community string) (out Storage, err error) {
	r, err := n.room(community)
	if err != nil {
		return out, err
	}
	var spaces []op.ID
	if err := r.ask(ctx, func() { spaces = r.c.Spaces() }); err != nil {
		return out, err
	}
	out = Storage{CommunityID: r.name(), Groups: []GroupStorage{}}
	for _, s := range spaces {
		u, err := n.store.Usage(ctx, s)
		if err != nil {
			return out, fmt.Errorf("count what is stored: %w", err)
		}
		out.LogBytes, out.Bytes = out.LogBytes+u.OpBytes, out.Bytes+u.OpBytes+u.WireBytes+u.RowBytes
		if u.Wires+u.Rows == 0 {
			continue // only its log is here
		}
		g := GroupStorage{GroupID: grpID(s), Messages: int(u.Messages), Bytes: u.WireBytes + u.RowBytes}
		if u.Oldest > 0 {
			g.Oldest = timeOf(op.Millis(u.Oldest))
		}
		out.Groups = append(out.Groups, g)
	}
	if out.FileBytes, err = n.store.Size(ctx); err != nil {
		return out, fmt.Errorf("read the size: %w", err)
	}
	return out, nil
}
