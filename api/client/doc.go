// Package client talks to a running node over its local API. The command line
// uses it for everything, so what it can do is tested with the CLI.
//
//		c, err := client.Open(client.Options{Data: dir}) // the unix socket, or loopback and the token file
//		groups, err := client.All[api.Group](ctx, c, "/communities/"+id+"/groups")
//		m, err := client.Send[api.Message](ctx, c, "POST", "/groups/"+id+"/messages", api.NewMessage{Text: "hello"})
//		for e, err := range c.Events(ctx, client.Filter{Types: "message.*"}) { … }
//
//	  - An answer that is an error is an *api.Problem; ErrNotRunning says that
//	    nobody answers at all.
//	  - Every POST carries an Idempotency-Key, and is sent once more with the same
//	    key when the connection broke: it is done once.
//	  - Events begin at Filter.After, or now, and go on by themselves after a
//	    broken connection, without a gap and without repeats.
package client
