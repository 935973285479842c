package dag

// A cut maps a chain number to 1 + the last position of that chain in a past (0 = none). It is a persistent radix tree of fan-out
// 8: setting one entry copies the path, merging two skips every subtree they share.
const fan = 8

type cut struct {
	root   *tree
	height int // levels below the root: capacity fan^(height+1)
}

type tree struct {
	kids [fan]*tree // inner levels
	pos  *[fan]uint32
}

func (c cut) get(chain int) uint32 {
	if c.root == nil || chain >= capacity(c.height) {
		return 0
	}
	t := c.root
	for h := c.height; h > 0; h-- {
		if t = t.kids[chain>>(3*h)&(fan-1)]; t == nil {
			return 0
		}
	}
	return t.pos[chain&(fan-1)]
}

func capacity(height int) int { return 1 << (3 * (height + 1)) }

func (c cut) raise(chain int) cut {
	if c.root == nil {
		c.root = &tree{pos: new([fan]uint32)}
	}
	for chain >= capacity(c.height) {
		up := &tree{}
		up.kids[0] = c.root
		c = cut{up, c.height + 1}
	}
	return c
}

func (c cut) set(chain int, pos uint32) cut {
	c = c.raise(chain)
	return cut{c.root.with(c.height, chain, pos), c.height}
}

func (t *tree) with(h, chain int, pos uint32) *tree {
	n := &tree{}
	if h == 0 {
		n.pos = new([fan]uint32)
		if t != nil {
			*n.pos = *t.pos
		}
		n.pos[chain&(fan-1)] = pos
		return n
	}
	var kid *tree
	if t != nil {
		n.kids = t.kids
		kid = t.kids[chain>>(3*h)&(fan-1)]
	}
	n.kids[chain>>(3*h)&(fan-1)] = kid.with(h-1, chain, pos)
	return n
}

func (c cut) union(o cut) cut {
	switch {
	case c.root == nil:
		return o
	case o.root == nil:
		return c
	}
	c, o = c.raise(capacity(o.height)-1), o.raise(capacity(c.height)-1)
	return cut{merge(c.root, o.root, c.height), c.height}
}

func merge(a, b *tree, h int) *tree {
	switch {
	case a == b || b == nil:
		return a
	case a == nil:
		return b
	}
	if h == 0 {
		n := *a.pos
		for i, p := range b.pos {
			n[i] = max(n[i], p)
		}
		switch n {
		case *a.pos:
			return a
		case *b.pos:
			return b
		}
		return &tree{pos: &n}
	}
	n := &tree{}
	for i := range fan {
		n.kids[i] = merge(a.kids[i], b.kids[i], h-1)
	}
	switch n.kids {
	case a.kids:
		return a
	case b.kids:
		return b
	}
	return n
}
