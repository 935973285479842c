// Package nodetest runs real nodes in virtual time: real stores, real libp2p hosts over QUIC, on a simulated network. For tests and
// benchmarks only.
//
//	synctest.Test(t, func(t *testing.T) {
//		w := nodetest.New(t)
//		asha, budi := w.Node("Asha"), w.Node("Budi")
//		sunrise := asha.Found("Sunrise")
//		budi.Join(asha.Invite(sunrise))
//		w.Split([]*nodetest.Node{asha}, []*nodetest.Node{budi})
//	})
//
// A bubble's time moves only while everything in it waits, so nothing here sleeps to guess: Eventually looks again at fixed virtual
// steps. Runs are not bit-equal (goroutines are scheduled freely); assert invariants.
package nodetest
