package acl

import (
	"github.com/pandal-chat/pandal/crdt/dag"
	"github.com/pandal-chat/pandal/crdt/op"
)

// What a space's place in its tree fixes for ever: what it stands under, what flows down into it, and who outranks whom.

// MaxDepth is how many communities may stand in a line, the top one counted.
const MaxDepth = 8

// edgesFit: the log's root is a Genesis or the CreateGroup of a group, and parent heads lie in the parent's log. A Genesis under another
// community has one edge, to the CreateGroup it stands under.
func (l *Log) edgesFit(e Entry) bool {
	if e.Kind == op.Genesis {
		u, ok := l.g.Find(e.Under)
		return !ok || l.f[u].Kind == op.CreateGroup
	}
	root, _ := l.g.Find(e.Space)
	if k := l.f[root].Kind; k != op.Genesis && (k != op.CreateGroup || l.f[root].Place) {
		return false
	}
	up, nested := l.parent(e.Space)
	for _, p := range e.Parents {
		if n, _ := l.g.Find(p); !nested || l.f[n].Space != up {
			return false
		}
	}
	return true
}

// parent returns the space that a group, or a community under another, stands under.
func (l *Log) parent(space op.ID) (op.ID, bool) {
	n, _ := l.g.Find(space)
	f := &l.f[n]
	if f.Kind == op.Genesis {
		if f.cap < 0 {
			return op.ID{}, false
		}
		return l.f[f.cap].Space, true
	}
	return f.Space, f.Kind == op.CreateGroup
}

// community returns the community that a space is, or is a group of.
func (l *Log) community(space op.ID) op.ID {
	for {
		n, _ := l.g.Find(space)
		if f := &l.f[n]; f.Kind == op.CreateGroup {
			space = f.Space
			continue
		}
		return space
	}
}

// nests: a community may stand where a Genesis says: under a CreateGroup that keeps the place for it, by the same person, less than MaxDepth
// communities below the top.
func (l *Log) nests(f *fact) bool {
	if f.cap < 0 {
		return f.Under == op.ID{}
	}
	u := &l.f[f.cap]
	if !u.wf || !u.Place || u.author != f.Member || f.Signed != nil && f.Signed.Body.(op.GenesisBody).Parent != u.Space {
		return false
	}
	deep := 1
	for space, ok := u.Space, true; ok; space, ok = l.parent(space) {
		deep++
	}
	return deep <= MaxDepth
}

// place: the op keeps a place for a community, and is the root of no group.
func (l *Log) place(id op.ID) bool { n, _ := l.g.Find(id); return l.f[n].Place }

// direct: the space is a direct message.
func (l *Log) direct(space op.ID) bool {
	n, ok := l.g.Find(space)
	return ok && l.f[n].Direct
}

// home returns the space that a cap is of.
func (l *Log) home(c dag.Node) op.ID {
	if f := &l.f[c]; f.Kind == op.Genesis || f.Kind == op.CreateGroup {
		return f.ID
	}
	return l.f[c].Space
}

// within reports whether home is space or above it.
func (l *Log) within(space, home op.ID) bool {
	for {
		if space == home {
			return true
		}
		p, ok := l.parent(space)
		if !ok {
			return false
		}
		space = p
	}
}

// capFacts fixes rights and rank of a cap.
func (l *Log) capFacts(n dag.Node) {
	f := &l.f[n]
	switch f.Kind {
	case op.Genesis, op.CreateGroup:
		if f.bits = op.AllBits; f.Direct {
			f.bits = op.POST
		}
	case op.Grant:
		if f.cap >= 0 {
			f.bits = f.Bits & l.rights(f.cap, f.Space)
		}
	case op.Admit:
		if f.Post {
			f.bits = op.POST
		}
	}
	if f.cap >= 0 {
		f.depth = l.f[f.cap].depth + 1
	}
}

// What flows down into a group from its parent.
const (
	flows     = op.REMOVE | op.GROUPS | op.MODERATE
	flowsOpen = op.ADMIT | op.INVITE | op.GRANT
	// and into a community under another
	flowsNested = flows | op.ANNOUNCE
)

// rights returns the bits of cap c in a space at or below its home.
func (l *Log) rights(c dag.Node, space op.ID) op.Bits {
	f := &l.f[c]
	home := l.home(c)
	b := f.bits
	for space != home {
		root, _ := l.g.Find(space)
		if l.f[root].Direct {
			return 0
		}
		through := flows
		switch r := &l.f[root]; {
		case f.Kind == op.Genesis:
			through = op.AllBits
		case r.Kind == op.Genesis:
			through = flowsNested
		case r.Open:
			through |= flowsOpen
		}
		b &= through
		p, ok := l.parent(space)
		if !ok {
			return b
		}
		space = p
	}
	return b
}

// outranks reports whether cap a is senior to cap b: authority over membership, then the shorter grant path, then the first
// differing element of the paths by (height, id). Fixed for ever by the causal past.
func (l *Log) outranks(a, b dag.Node) bool {
	switch {
	case !isAuthority(l.f[a].Kind):
		return false
	case !isAuthority(l.f[b].Kind):
		return true
	}
	return l.byRank(a, b) < 0
}

func (l *Log) byRank(a, b dag.Node) int {
	if d := l.f[a].depth - l.f[b].depth; d != 0 {
		return d
	}
	out := 0
	for a != b && a >= 0 && b >= 0 { // in lockstep towards the root: the element nearest the root that differs decides
		out = l.byHeight(a, b)
		a, b = l.f[a].cap, l.f[b].cap
	}
	return out
}
