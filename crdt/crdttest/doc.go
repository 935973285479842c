// Package crdttest plays communities for tests: members with real crdt.Community values, a network that can be cut, a clock that only the
// test moves, and peers that write what no honest node would.
//
//	asha: found Sunrise
//	asha: invite link auto
//	asha: admit budi by link
//	partition asha | budi
//	…
//
// A script is one line an act (script.go, write.go) or a look (view.go). What a script shows depends on nothing but the script: under
// cryptotest.SetGlobalRandom even ids are the same every time. Simulate (sim.go) plays what a seed says, with clocks that lie and nodes that fall
// over.
package crdttest
