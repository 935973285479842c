package server

import (
	"testing"

	"github.com/pandal-chat/pandal/api"
)

// TestTypingRoute: it answers 204 whoever is there, and refuses where one cannot write; the setting is read and set like the other.
func TestTypingRoute(t *testing.T) {
	w := newWorld(t)
	if res := w.do("POST", "/groups/"+w.general.ID+"/typing", "", 204, nil); res.Body.Len() > 0 {
		t.Errorf("a body: %s", res.Body)
	}
	w.problem("POST", "/groups/"+w.com.AnnouncementsGroupID+"/typing", "", api.CodeAnnounceAdminOnly)
	w.problem("POST", "/groups/grp_none/typing", "", api.CodeNotFound)
	var p api.Privacy
	w.do("GET", "/me/privacy", "", 200, &p)
	if !p.Typing || !p.ReadReceipts {
		t.Errorf("%+v", p)
	}
	w.do("PATCH", "/me/privacy", `{"typing":false}`, 200, &p)
	if p.Typing || !p.ReadReceipts {
		t.Errorf("%+v", p)
	}
	w.do("GET", "/me/privacy", "", 200, &p)
	if p.Typing || !p.ReadReceipts {
		t.Errorf("kept: %+v", p)
	}
}
