package acl

// table is a list that many versions of a State share: with copies one page and the list of pages. Absent entries are zero.
type table[V any] struct{ pages []*[page]V }

const page = 64

func (t table[V]) get(i int) (v V) {
	if i/page < len(t.pages) && t.pages[i/page] != nil {
		return t.pages[i/page][i%page]
	}
	return v
}

// put changes t itself: for a table that nobody else has yet.
func (t *table[V]) put(i int, v V) {
	for i/page >= len(t.pages) {
		t.pages = append(t.pages, nil)
	}
	if t.pages[i/page] == nil {
		t.pages[i/page] = new([page]V)
	}
	t.pages[i/page][i%page] = v
}

// with is t with one entry changed; t stays as it is.
func (t table[V]) with(i int, v V) table[V] {
	n := table[V]{append(make([]*[page]V, 0, max(len(t.pages), i/page+1)), t.pages...)}
	for i/page >= len(n.pages) {
		n.pages = append(n.pages, nil)
	}
	p := new([page]V)
	if n.pages[i/page] != nil {
		*p = *n.pages[i/page]
	}
	p[i%page] = v
	n.pages[i/page] = p
	return n
}
