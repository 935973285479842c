package server

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/pandal-chat/pandal/api/web"
)

// page serves the files of the page. None of it needs a session; none of it
// holds anything of the person. An address that is no file is one of the page's
// own screens, where a browser asks for a document. It reports whether it
// answered.
func (s *Server) page(w http.ResponseWriter, r *http.Request) bool {
	if isAPI(r) || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	file := strings.TrimPrefix(r.URL.Path, "/")
	data, tag, ok := web.File(file)
	if !ok {
		if r.URL.Path != "/" && r.URL.Path != "/login" && !strings.Contains(r.Header.Get("Accept"), "text/html") {
			return false
		}
		file = "index.html"
		data, tag, _ = web.File(file)
	}
	w.Header().Set("Cache-Control", "no-cache") // it asks each time and gets 304: on loopback that costs nothing
	w.Header().Set("ETag", tag)
	if strings.HasSuffix(file, ".webmanifest") {
		w.Header().Set("Content-Type", "application/manifest+json")
	}
	http.ServeContent(w, r, file, time.Time{}, bytes.NewReader(data))
	return true
}
