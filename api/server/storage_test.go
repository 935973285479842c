package server

import (
	"strings"
	"testing"

	"github.com/pandal-chat/pandal/api"
)

// TestStorage: what a node keeps of a community adds up, and grows by what is said; of a community that is not here nothing is told.
func TestStorage(t *testing.T) {
	w := newWorld(t)
	path := "/communities/" + w.com.ID + "/storage"
	of := func() (all api.Storage, general api.GroupStorage) {
		w.do("GET", path, "", 200, &all)
		sum := all.LogBytes
		for _, g := range all.Groups {
			sum += g.Bytes
			if g.GroupID == w.general.ID {
				general = g
			}
		}
		if sum != all.Bytes || all.LogBytes == 0 || all.FileBytes < all.Bytes/2 || all.CommunityID != w.com.ID {
			t.Errorf("it does not add up: %+v", all)
		}
		return all, general
	}
	before, none := of()
	const size = 5000
	w.do("POST", "/groups/"+w.general.ID+"/messages", `{"text":"`+strings.Repeat("mango", size/5)+`"}`, 201, nil)
	after, one := of()
	if one.Messages != none.Messages+1 || one.OldestAt == nil {
		t.Errorf("of General first %+v, then %+v", none, one)
	}
	if grown := one.Bytes - none.Bytes; grown < 2*size || grown > 3*size+2000 || after.Bytes-before.Bytes < grown {
		t.Errorf("a message of %d bytes takes %d sealed and as it is shown; all grew by %d", size, grown, after.Bytes-before.Bytes)
	}
	w.problem("GET", "/communities/com_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/storage", "", api.CodeNotFound)
}
