package crdt

import "github.com/pandal-chat/pandal/crdt/op"

// RegContinues is the register of a group that goes on with one of another community of the tree: the ids of that community and of that group.
const RegContinues = "continues"

// ContinuesValue is what RegContinues holds.
func ContinuesValue(community, group op.ID) []byte { return append(community[:], group[:]...) }

// Continues reads RegContinues; false for anything but two ids.
func Continues(v []byte) (community, group op.ID, ok bool) {
	if len(v) != 2*len(community) {
		return community, group, false
	}
	return op.ID(v[:len(community)]), op.ID(v[len(community):]), true
}

// MovedValue is what acl.RegArchived holds in a group that was moved: archived, and where it goes on. To open it again takes that back too.
func MovedValue(community, group op.ID) []byte {
	return append([]byte("1"), ContinuesValue(community, group)...)
}

// MovedTo reads acl.RegArchived; false where the group was not moved.
func MovedTo(v []byte) (community, group op.ID, ok bool) {
	if len(v) == 0 || v[0] != '1' {
		return community, group, false
	}
	return Continues(v[1:])
}
