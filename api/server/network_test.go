package server

import (
	"testing"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

// TestNetworkMode: the mode is changed while the node runs, everybody who asks or listens is told, and what is no mode changes nothing.
func TestNetworkMode(t *testing.T) {
	w := newWorld(t)
	mode := func() string {
		var n api.Network
		var s api.Start
		w.do("GET", "/network", "", 200, &n)
		w.do("GET", "/start", "", 200, &s)
		if n.Mode != s.Mode || n.Mode != w.s.c.Node.Mode() {
			t.Errorf("the network is %s, the start says %s, the node %s", n.Mode, s.Mode, w.s.c.Node.Mode())
		}
		return n.Mode
	}
	if mode() != node.ModeOffline {
		t.Errorf("it begins as %s", mode())
	}
	var before api.Start
	w.do("GET", "/start", "", 200, &before)
	var n api.Network
	w.do("PUT", "/network/mode", `{"mode":"lan_only"}`, 200, &n)
	if n.Mode != node.ModeLAN || len(n.Hosts) != 1 || len(n.Hosts[0].Addresses) == 0 || mode() != node.ModeLAN {
		t.Errorf("%+v", n)
	}
	w.problem("PUT", "/network/mode", `{"mode":"fast"}`, api.CodeInvalid)
	w.problem("PUT", "/network/mode", `{}`, api.CodeInvalid)
	w.problem("PUT", "/network/mode", `{"mode":`, api.CodeMalformed)
	_, reader, err := w.s.access.mint(api.NewToken{Name: "reader", Scopes: []string{api.ScopeRead}})
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, ask(w.h, "PUT", api.Prefix+"/network/mode", `{"mode":"offline"}`, "Authorization", "Bearer "+reader), api.CodeScope)
	if mode() != node.ModeLAN {
		t.Errorf("it became %s", mode())
	}
	var events api.List[api.Event]
	w.do("GET", "/events?types=network.*&after="+before.EventCursor, "", 200, &events, "Accept", "application/json")
	if len(events.Items) != 1 || events.Items[0].Type != "network.changed" || string(events.Items[0].Data) != `{"mode":"lan_only"}` {
		t.Errorf("%+v", events.Items)
	}
}
