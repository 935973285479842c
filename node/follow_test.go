package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pandal-chat/pandal/node"
	"github.com/pandal-chat/pandal/node/nodetest"
)

// link makes phone a further device of the person at n.
func link(t *testing.T, n, phone *nodetest.Node) {
	t.Helper()
	ctx := context.Background()
	c, err := n.NewLinkCode(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Link(ctx, c.Code, phone.Name); err != nil {
		t.Fatalf("link %s: %v", phone.Name, err)
	}
}

// TestFollow: Asha's phone, linked while she was in one community, goes into each that she founds or joins later, while it is on or when it is on
// again, and reads and writes there. It is the same device to her: one revocation shuts it out of all. What it forgot it is not given again.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t)
		ctx := context.Background()
		asha, phone, budi := w.Node("asha"), w.Node("phone"), w.Node("budi")
		home := asha.Found("Home")
		budi.Join(asha.Invite(home))
		link(t, asha, phone)
		general := phone.Group(home, "General")
		asha.Say(general, "one device more")
		w.Eventually(time.Minute, "the phone reads", func() bool { return phone.Shows(general, "one device more") })

		club := asha.Found("Club")
		w.Eventually(time.Minute, "the phone is in the club", func() bool { c, err := phone.Community(club); return err == nil && c.State == "active" })
		if meIn(phone, club) != meIn(asha, club) {
			t.Error("the phone is somebody else there")
		}
		chat := phone.Group(club, "General")
		w.Eventually(time.Minute, "the phone writes there", func() bool {
			_, err := phone.Post(ctx, chat, node.NewMessage{Text: "from the phone"})
			return err == nil
		})
		w.Eventually(time.Minute, "Asha reads it", func() bool { return asha.Shows(chat, "from the phone") })

		phone.Stop()
		choir, budis := budi.Found("Choir"), budi.Found("Budi's")
		asha.Join(budi.Invite(choir))
		phone.Start()
		w.Eventually(2*time.Minute, "the phone is in the choir", func() bool { c, err := phone.Community(choir); return err == nil && c.State == "active" })
		if _, err := budi.Community(club); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("Budi was led into the club: %v", err)
		}
		for _, n := range []*nodetest.Node{asha, phone} {
			var all []node.Device
			w.Eventually(2*time.Minute, n.Name+" knows two devices", func() (ok bool) {
				all, _ = n.Devices()
				return len(all) == 2 && len(all[0].Communities) == 3 && len(all[1].Communities) == 3
			})
			for _, d := range all {
				if d.This != (d.Name == "This device" || n == phone && d.Name == "phone") && n == asha {
					t.Errorf("%s: %+v", n.Name, d)
				}
			}
		}

		// another member leads nobody
		w.Eventually(2*time.Minute, "Budi is refused by both", func() bool {
			errs := budi.LeadAll(home)
			return len(errs) == 2 && errs[0] != nil && errs[1] != nil
		})
		for _, n := range []*nodetest.Node{asha, phone} {
			if _, err := n.Community(budis); !errors.Is(err, node.ErrNotFound) {
				t.Errorf("%s followed Budi: %v", n.Name, err)
			}
		}

		if err := phone.ForgetCommunity(ctx, club); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		if _, err := phone.Community(club); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("what the phone forgot came back: %v", err)
		}

		if _, err := phone.CreateCommunity(ctx, node.NewCommunity{Name: "Mine", DisplayName: "phone"}); !errors.Is(err, node.ErrNotFirstDevice) {
			t.Errorf("the phone founds a community with a key that anybody can derive: %v", err)
		}

		all, _ := asha.Devices()
		phone.Stop()
		if _, err := asha.RevokeDevice(ctx, all[1].ID, ""); err != nil {
			t.Fatal(err)
		}
		phone.Start()
		w.Eventually(2*time.Minute, "the phone learns that it is out", func() bool {
			a, _ := phone.Community(home)
			b, _ := phone.Community(choir)
			return a.State == "revoked" && b.State == "revoked"
		})
		shop := asha.Found("Shop")
		time.Sleep(2 * time.Minute)
		if _, err := phone.Community(shop); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("a revoked phone follows: %v", err)
		}
	})
}
