package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pandal-chat/pandal/api"
	"github.com/pandal-chat/pandal/node"
)

const (
	heartbeat  = 15 * time.Second
	eventBatch = 256
	maxWait    = 60
	// A client that does not read for this long is dropped.
	writeWithin = 30 * time.Second
)

// eventRoutes adds the stream. It is a plain handler, since huma writes whole
// answers; the document describes it by hand.
func (s *Server) eventRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+api.Prefix+"/events", s.events)
	text, number := &huma.Schema{Type: "string"}, &huma.Schema{Type: "integer", Minimum: new(0.0), Maximum: new(float64(maxWait))}
	event := s.openapi.OpenAPI().Components.Schemas.Schema(typeOf[api.Event](), true, "Event")
	events := s.openapi.OpenAPI().Components.Schemas.Schema(typeOf[api.List[api.Event]](), true, "ListEvent")
	op := &huma.Operation{Method: "GET", Path: api.Prefix + "/events", OperationID: "streamEvents", Tags: []string{"Events"},
		Summary: "What happens, as it happens",
		Description: "Scope `read`. With `Accept: text/event-stream` a stream of server-sent events: `id` rises strictly, `event` is the type, `data` is an Event. " +
			"Go on where you were with `Last-Event-ID` or `after`. A comment comes every 15 seconds; an event `resync` says that some were missed. " +
			"An event `typing` has no id and is in the stream only. With `application/json` the answer waits up to `wait` seconds for what comes after `after`.",
		Parameters: []*huma.Param{
			{Name: "after", In: "query", Schema: text, Description: "The id of the last event seen. Absent: from now on.", Example: "42"},
			{Name: "Last-Event-ID", In: "header", Schema: text, Description: "The same, as browsers send it."},
			{Name: "wait", In: "query", Schema: number, Description: "Long poll only: seconds to wait for the first event."},
			{Name: "types", In: "query", Schema: text, Description: "Comma-separated; `message.*` means all of a kind.", Example: "message.*,member.*"},
			{Name: "community", In: "query", Schema: text},
			{Name: "group", In: "query", Schema: text},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "Events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: event}, "application/json": {Schema: events}}},
		}}
	problem := s.openapi.OpenAPI().Components.Schemas.Schema(typeOf[api.Problem](), true, "Problem")
	for _, code := range []int{401, 403, 410, 421, 422, 429, 503} {
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code),
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	s.openapi.OpenAPI().AddOperation(op)
}

// filter is what a reader of events wants to see.
type filter struct {
	types            []string
	community, group string
	groups           []string // of a token that is bound to some
}

func (f *filter) wants(e *node.Event) bool {
	if f.community != "" && e.CommunityID != f.community || f.group != "" && e.GroupID != f.group {
		return false
	}
	if len(f.groups) > 0 && !slices.Contains(f.groups, e.GroupID) {
		return false
	}
	if len(f.types) == 0 {
		return true
	}
	return slices.ContainsFunc(f.types, func(t string) bool {
		kind, all := strings.CutSuffix(t, "*")
		return t == e.Type || all && strings.HasPrefix(e.Type, kind)
	})
}

func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	who, q := aboutOf(r.Context()).who, r.URL.Query()
	if who == nil || !who.has(api.ScopeRead) {
		writeProblem(w, r, api.NewProblem(api.CodeScope, "This needs the scope "+api.ScopeRead+"."))
		return
	}
	f := &filter{community: q.Get("community"), group: q.Get("group"), groups: who.groups}
	for _, t := range strings.Split(q.Get("types"), ",") {
		if t = strings.TrimSpace(t); t != "" {
			f.types = append(f.types, t)
		}
	}
	after, p := s.cursor(r)
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		s.poll(w, r, f, after)
		return
	}
	done, ok := s.limits.stream(who.id)
	if !ok {
		writeProblem(w, r, api.NewProblem(api.CodeTooManyStreams, ""))
		return
	}
	defer done()
	s.stream(w, r, f, after)
}

// cursor reads where to begin, and refuses one that something was lost behind.
func (s *Server) cursor(r *http.Request) (int64, *api.Problem) {
	now := s.c.Node.EventCursor()
	given := r.URL.Query().Get("after")
	if given == "" {
		given = r.Header.Get("Last-Event-ID")
	}
	if given == "" {
		return now, nil
	}
	after, err := strconv.ParseInt(given, 10, 64)
	if err != nil || after < 0 {
		return 0, fieldProblem("query.after", "is not an event id")
	}
	if after > now { // of another store, unless the event is there and its cursor a moment behind
		if found, err := s.c.Node.Events(after-1, 1); err != nil || len(found) == 0 || found[0].ID != after {
			return 0, api.NewProblem(api.CodeCursorExpired, "")
		}
	}
	if _, err := s.c.Node.Events(after, 1); err != nil {
		return 0, problemOf(err)
	}
	return after, nil
}

func (s *Server) poll(w http.ResponseWriter, r *http.Request, f *filter, after int64) {
	wait, err := strconv.Atoi(r.URL.Query().Get("wait"))
	if r.URL.Query().Get("wait") == "" {
		wait, err = 0, nil
	}
	if err != nil || wait < 0 || wait > maxWait {
		writeProblem(w, r, fieldProblem("query.wait", "is not a number from 0 to 60"))
		return
	}
	timeout := time.NewTimer(time.Duration(wait) * time.Second)
	defer timeout.Stop()
	for {
		changed := s.c.Node.Changed()
		found, err := s.c.Node.Events(after, eventBatch)
		if err != nil {
			writeProblem(w, r, problemOf(err))
			return
		}
		out := api.List[api.Event]{Items: []api.Event{}}
		for i := range found {
			after = found[i].ID
			if f.wants(&found[i]) {
				out.Items = append(out.Items, s.renderEvent(&found[i]))
			}
		}
		over := len(out.Items) > 0
		if len(found) < eventBatch && !over {
			select {
			case <-changed:
			case <-timeout.C:
				over = true
			case <-r.Context().Done():
				over = true
			}
		}
		if over {
			out.NextCursor = new(strconv.FormatInt(after, 10))
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(out)
			return
		}
	}
}

// stream writes events until the client goes or the server closes.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, f *filter, after int64) {
	h, ctl := w.Header(), http.NewResponseController(w)
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	send := func(text string) bool {
		ctl.SetWriteDeadline(time.Now().Add(writeWithin))
		_, err := w.Write([]byte(text))
		return err == nil && ctl.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return
	}
	live, done := s.c.Node.Live()
	defer done()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	told := after // the last id the client knows of
	for {
		changed := s.c.Node.Changed()
		found, err := s.c.Node.Events(after, eventBatch)
		if errors.Is(err, node.ErrCursorExpired) {
			after = s.c.Node.EventCursor()
			told = after
			if !send(fmt.Sprintf("id: %d\nevent: resync\ndata: {\"type\":\"resync\",\"event_cursor\":\"%d\"}\n\n", after, after)) {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		var text strings.Builder
		for i := range found {
			after = found[i].ID
			if !f.wants(&found[i]) {
				continue
			}
			raw, err := json.Marshal(s.renderEvent(&found[i]))
			if err != nil {
				return
			}
			told = after
			fmt.Fprintf(&text, "id: %d\nevent: %s\ndata: %s\n\n", after, found[i].Type, raw)
		}
		if text.Len() > 0 && !send(text.String()) {
			return
		}
		if len(found) == eventBatch {
			continue
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case e := <-live: // not kept, so it has no id
			if raw, err := json.Marshal(s.renderEvent(&e)); f.wants(&e) && (err != nil || !send(fmt.Sprintf("event: %s\ndata: %s\n\n", e.Type, raw))) {
				return
			}
		case <-beat.C:
			text := ": beat\n\n"
			if told != after { // so that a resume does not start behind what was filtered out
				told, text = after, fmt.Sprintf(": beat\nid: %d\n\n", after)
			}
			if !send(text) {
				return
			}
		}
	}
}

// renderEvent looks up what an event is about. What is gone by now is told by
// its id and the details that were kept.
func (s *Server) renderEvent(e *node.Event) api.Event {
	raw, err := json.Marshal(s.resource(e))
	if err != nil {
		raw = []byte("{}")
	}
	id := strconv.FormatInt(e.ID, 10)
	if e.ID == 0 {
		id = ""
	}
	return api.Event{ID: id, Type: e.Type, Time: api.Time{Time: e.Time}, CommunityID: e.CommunityID,
		GroupID: e.GroupID, ActorID: e.ActorID, Data: raw}
}

func (s *Server) resource(e *node.Event) any {
	n := s.c.Node
	kind, _, _ := strings.Cut(e.Type, ".")
	switch kind {
	case "message", "announcement", "reaction", "poll", "event":
		if m, err := n.Message(e.Ref); err == nil {
			if e.Type == "message.delivery" || e.Type == "announcement.reach" {
				return api.MessageDelivery{MessageID: m.ID, Delivery: renderDelivery(m.Delivery)}
			}
			return renderMessage(m)
		}
	case "member":
		if m, err := n.Member(e.CommunityID, e.Ref); err == nil {
			return renderMember(m)
		}
	case "read":
		if g, err := n.Group(e.Ref); err == nil {
			return renderRead(g)
		}
	case "group":
		if g, err := n.Group(e.Ref); err == nil {
			return renderGroup(g)
		}
	case "community":
		if c, err := n.Community(e.Ref); err == nil {
			return renderCommunity(c)
		}
	case "join_request":
		if list, err := n.JoinRequests(e.CommunityID, ""); err == nil {
			if i := slices.IndexFunc(list, func(q node.JoinRequest) bool { return q.ID == e.Ref }); i >= 0 {
				return renderRequest(list[i])
			}
		}
	case "suggestion":
		if list, err := n.Suggestions(e.CommunityID, ""); err == nil {
			if i := slices.IndexFunc(list, func(g node.Suggestion) bool { return g.ID == e.Ref }); i >= 0 {
				return renderSuggestion(list[i])
			}
		}
	case "report":
		if list, err := n.Reports(e.CommunityID, ""); err == nil {
			if i := slices.IndexFunc(list, func(q node.Report) bool { return q.ID == e.Ref }); i >= 0 {
				return renderReport(list[i])
			}
		}
	case "invite":
		if i, err := n.Invite(e.Ref); err == nil {
			return renderInvite(i)
		}
	case "job":
		if j, err := n.Job(e.Ref); err == nil {
			return renderJob(j)
		}
	case "peer":
		peers := n.Peers()
		if i := slices.IndexFunc(peers, func(p node.Peer) bool { return p.ID == e.Ref }); i >= 0 {
			return renderPeer(peers[i])
		}
	}
	out := map[string]string{}
	for k, v := range e.Detail {
		out[k] = v
	}
	if e.Ref != "" {
		out["id"] = e.Ref
	}
	return out
}
