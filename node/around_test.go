package node_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pandal-chat/pandal/node"
)

// TestAround: what is said of a machine in trouble, and of one that is well; whatever is not well says what to do.
func TestAround(t *testing.T) {
	for name, c := range map[string]struct {
		got         node.Finding
		state, text string
	}{
		"full disk":      {node.DiskFinding(40<<20, nil), "fail", "40 MB left"},
		"nearly full":    {node.DiskFinding(499<<20, nil), "warn", "499 MB left"},
		"some room":      {node.DiskFinding(900<<20, nil), "ok", "900 MB left"},
		"room":           {node.DiskFinding(9<<30, nil), "ok", "9 GB left"},
		"unknown disk":   {node.DiskFinding(0, errors.New("no")), "warn", "could not be found out"},
		"few files":      {node.FilesFinding(64), "fail", "only 64"},
		"some files":     {node.FilesFinding(256), "warn", "only 256"},
		"files":          {node.FilesFinding(1024), "ok", "1024"},
		"no limit":       {node.FilesFinding(0), "ok", "not limited"},
		"endless":        {node.FilesFinding(1<<63 - 1), "ok", "not limited"},
		"no network":     {node.LANFinding(true, nil), "warn", "not found by themselves"},
		"networks":       {node.LANFinding(true, []string{"eth0", "wlan0"}), "ok", "eth0, wlan0"},
		"not looking":    {node.LANFinding(false, nil), "ok", "turned off"},
		"no port":        {node.PortFinding("Sunrise", false, 0), "fail", "Sunrise: no port"},
		"ports":          {node.PortFinding("Sunrise", false, 2), "ok", "at 2 addresses"},
		"offline":        {node.PortFinding("Sunrise", true, 0), "ok", "by your wish"},
		"no DHT":         {node.DHTFinding("Sunrise", false, 0, time.Hour), "ok", "no DHT is used"},
		"joining":        {node.DHTFinding("Sunrise", true, 0, time.Second), "ok", "still joining"},
		"nobody answers": {node.DHTFinding("Sunrise", true, 0, time.Hour), "warn", "nobody of the DHT answers"},
		"in the DHT":     {node.DHTFinding("Sunrise", true, 20, time.Hour), "ok", "20 of the DHT"},
	} {
		if c.got.State != c.state || !strings.Contains(c.got.Text, c.text) || (c.got.Do == "") != (c.state == "ok") {
			t.Errorf("%s: %+v; want %s and %q", name, c.got, c.state, c.text)
		}
	}
}
