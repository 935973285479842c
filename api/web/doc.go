// Package web holds the page that the node serves: plain files, embedded, that
// make no request to anywhere else and pass the strict content security policy
// of api/server (no inline script or style, no markup from strings).
//
//	http.ServeFileFS(w, r, web.Files, "index.html")
//
// login.html trades the code behind # for a session and goes on to index.html,
// which shows communities, groups and their last messages, and how the node
// is doing, over /api/v1 with the session header.
package web
