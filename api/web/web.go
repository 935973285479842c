package web

import "embed"

// Files are the pages, scripts and styles.
//
//go:embed index.html login.html app.css app.js login.js
var Files embed.FS
