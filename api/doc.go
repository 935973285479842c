// Package api is the JSON contract between a node and the programs on the same
// machine: what requests, answers and events look like, and which errors there
// are. It imports nothing of ours, so a client needs this package alone.
//
//	var list api.List[api.Community]
//	err := json.Unmarshal(answer, &list)
//	if p := (*api.Problem)(nil); errors.As(err, &p) && p.Code == api.CodeNotMember { … }
//
// Rules that hold for every shape:
//
//   - Fields may be added and are never renamed; a reader ignores those it does
//     not know, and event types too.
//   - A field that is absent is unknown; one that is null is cleared.
//   - Ids are opaque strings with a prefix for their kind. Times are RFC 3339
//     UTC with milliseconds, durations are seconds, sizes are bytes.
//   - Lists come in pages: pass NextCursor as ?cursor= until it is null.
//
// The routes are in api/server, served at /openapi.json; the Go client is
// api/client.
package api
