package node_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestLowData: twelve nodes on low data keep a fraction of the connections and compare what they have a fraction as often as twelve others do in the same ten
// minutes, and all read what all have written all the same.
func TestLowData(t *testing.T) {
	type spent struct{ connections, rounds int }
	spend := func(mode string) (s spent) {
		synctest.Test(t, func(t *testing.T) {
			w := nodetest.New(t)
			var all []*nodetest.Node
			for i := range 12 {
				all = append(all, w.Node(fmt.Sprint("Member ", i), func(c *node.Config) { c.Mode = mode }))
			}
			com := all[0].Found("Sunrise")
			food := all[0].Group(com, "General")
			link := all[0].Invite(com, food)
			for _, n := range all[1:] {
				n.Join(link)
			}
			for _, n := range all { // each as after a night: only those whom it remembers
				n.Stop()
			}
			for _, n := range all {
				n.Start()
			}
			time.Sleep(time.Minute) // virtual: whoever is to be met is met
			syncs := func() (sum int) {
				for _, n := range all {
					if n.Mode() != mode {
						t.Errorf("%s is in mode %s", n.Name, n.Mode())
					}
					sum += n.Network()[0].Syncs
				}
				return sum
			}
			before := syncs()
			time.Sleep(10 * time.Minute) // virtual: what is measured
			s.rounds = syncs() - before
			for _, n := range all {
				s.connections += len(n.Peers())
			}
			for i := range 2 {
				all[i].Say(food, fmt.Sprint("soup ", i))
				for _, n := range all {
					w.Eventually(3*time.Minute, n.Name+" reads it", func() bool { return n.Shows(food, fmt.Sprint("soup ", i)) })
				}
			}
		})
		return s
	}
	usual, low := spend(node.ModeNormal), spend(node.ModeLowData)
	t.Logf("usual %+v, low data %+v", usual, low)
	if low.rounds == 0 || low.rounds*8 > usual.rounds {
		t.Errorf("%d comparisons in ten minutes, usually %d: want an eighth at most, and some", low.rounds, usual.rounds)
	}
	if low.connections == 0 || low.connections*10 > usual.connections*9 {
		t.Errorf("%d connections, usually %d", low.connections, usual.connections)
	}
}
