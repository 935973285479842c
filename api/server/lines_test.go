package server

import (
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/api"
)

// TestLines: with system=true the list holds what follows from who did what; it pages, is found by its id and is neither unread nor answered.
func TestLines(t *testing.T) {
	w := newWorld(t)
	path := "/groups/" + w.general.ID
	var hello api.Message
	w.do("POST", path+"/messages", `{"text":"hello"}`, 201, &hello)
	for !time.Now().After(hello.CreatedAt.Add(time.Millisecond)) { // in one millisecond the order is that of the ids
		time.Sleep(100 * time.Microsecond)
	}
	w.do("PATCH", path, `{"disappearing_seconds":604800}`, 200, nil)
	var list api.List[api.Message]
	w.do("GET", path+"/messages", "", 200, &list)
	if len(list.Items) != 1 || list.Items[0].System != nil {
		t.Fatalf("unasked: %+v", list.Items)
	}
	w.do("GET", path+"/messages?system=true&limit=2", "", 200, &list)
	if len(list.Items) != 2 || list.NextCursor == nil {
		t.Fatalf("a page: %+v", list)
	}
	m := list.Items[0]
	if m.Kind != "system" || m.System == nil || m.System.What != "disappearing_set" || m.System.Value != "604800" || m.System.SubjectID != nil ||
		m.Text != "Somebody lets messages disappear after 7 days" && m.Text != "Asha lets messages disappear after 7 days" || m.AuthorID != w.com.MeID {
		t.Errorf("a line: %+v %+v", m, m.System)
	}
	var one api.Message
	w.do("GET", "/messages/"+m.ID, "", 200, &one)
	if one.ID != m.ID || one.Text != m.Text {
		t.Errorf("by its id: %+v", one)
	}
	w.problem("PUT", "/messages/"+m.ID+"/reactions/%F0%9F%91%8D", "", api.CodeNotFound)
	w.do("GET", path+"/messages?system=true&cursor="+*list.NextCursor, "", 200, &list)
	if len(list.Items) != 1 || list.Items[0].System == nil || list.Items[0].System.What != "group_created" || list.NextCursor != nil {
		t.Errorf("the next page: %+v", list)
	}
	var g api.Group
	w.do("PUT", path+"/read", `{"up_to":"`+m.ID+`"}`, 200, nil)
	w.do("GET", path, "", 200, &g)
	if *g.Unread != 0 || g.LastMessage == nil || g.LastMessage.Text != "hello" {
		t.Errorf("the group: %+v", g)
	}
}

// TestToWhomRoute: a list of the others, empty where there are none, and null where nobody is told.
func TestToWhomRoute(t *testing.T) {
	w := newWorld(t)
	var m, a api.Message
	w.do("POST", "/groups/"+w.general.ID+"/messages", `{"text":"hello"}`, 201, &m)
	w.do("POST", "/communities/"+w.com.ID+"/announcements", `{"text":"water"}`, 201, &a)
	for id, want := range map[string]string{m.ID: `"people":[]`, a.ID: `"people":null`} {
		if got := w.do("GET", "/messages/"+id+"/delivery", "", 200, nil).Body.String(); !strings.Contains(got, want) || !strings.Contains(got, `"reached":0,"expected":0`) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	w.problem("GET", "/messages/msg_none/delivery", "", api.CodeNotFound)
}
