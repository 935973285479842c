// Command pandal is the whole product in one program: the node (pandal up) and
// the command line that talks to it over the local API. main_test.go plays it;
// testdata/*.txt is its manual.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
