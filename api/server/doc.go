// Package server answers the local API: HTTP on loopback and on a unix socket,
// for programs and pages on the same machine only.
//
//	d, err := server.Start(server.Config{Data: dir, Node: n, Version: version, Shutdown: cancel})
//	fmt.Println(d.LoginLink())
//	defer s.Close()
//
// Every request passes the list of checks in chain.go before a route sees it;
// a route is reached only by a caller with the scope that the route names
// (routes without one are /health and the sign-in). Invariants:
//
//   - A page of another origin gets nothing, whatever it sends: foreign Host,
//     Origin, Sec-Fetch-Site or a cookie alone are refused before routing.
//   - Tokens, sessions and login codes are kept as hashes and compared in
//     constant time. A token in a query is not looked at.
//   - A problem never holds what the caller sent, a key or a path.
//   - The server keeps no state of communities: it renders what package node
//     says, and errors of node become problems in one table, problem.go.
//
// Start writes <data>/api.json last, so who reads it finds a server.
package server
