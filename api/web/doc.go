// Package web holds the page that the node serves: plain files, embedded, that
// make no request to anywhere else and pass the strict content security policy
// of api/server (no inline script or style, no markup from strings).
//
//	data, tag, ok := web.File("index.html")
//
// The page is written in TypeScript with Preact (src), built by Vite into dist,
// and dist is committed: who builds the program needs Go alone. Who changes src
// runs
//
//	npm ci --ignore-scripts && npm run build
//
// and commits dist with it, and dist.gz, which is what goes into the program; .ci/run builds again and compares. The names in
// dist are fixed, and two builds of the same source are equal byte by byte; on
// a conflict in dist, build.
//
// src/lib knows the node (requests, the one event stream of a browser, what
// this tab holds) and words; src/parts are pieces of screens, src/screens the
// screens, src/app.tsx says which address shows which. index.html serves every
// address that a person can open; it signs in with the code behind # at /login.
package web
