package node_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node/nodetest"
)

// TestThree: Asha founds, Budi joins by her link, Chen by Budi's copy of it while Asha is away; she comes back and sees Chen.
func TestThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		asha, budi, chen := w.Node("Asha"), w.Node("Budi"), w.Node("Chen")
		sunrise := asha.Found("Sunrise")
		general := asha.Group(sunrise, "General")
		link := asha.Invite(sunrise, general)
		budi.Join(link)
		w.Eventually(30*time.Second, "Budi is in the group", func() bool { return budi.In(general) })
		asha.Say(general, "from Asha")
		budi.Say(general, "from Budi")
		asha.Stop()
		link2, _, err := budi.Reshare(link)
		if err != nil {
			t.Fatal(err)
		}
		chen.Join(link2)
		w.Eventually(30*time.Second, "Chen is in the group", func() bool { return chen.In(general) })
		chen.Say(general, "from Chen")
		asha.Start()
		for _, n := range []*nodetest.Node{asha, budi, chen} {
			for _, text := range []string{"from Asha", "from Budi", "from Chen"} {
				w.Eventually(time.Minute, fmt.Sprintf("%s shows %q", n.Name, text), func() bool { return n.Shows(general, text) })
			}
		}
		w.Eventually(time.Minute, "one state", func() bool {
			return asha.StateHash() == budi.StateHash() && budi.StateHash() == chen.StateHash()
		})
	})
}
