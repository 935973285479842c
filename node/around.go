package node

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// What a node finds around itself. Each finding is made of what was looked at, so that a test can show what it says of a machine in trouble.

// Below these a disk is nearly full, and full.
const (
	diskLow  = 500 << 20
	diskNone = 50 << 20
)

func diskFinding(left uint64, err error) Finding {
	f := Finding{"disk", "ok", "the disk has room", ""}
	switch {
	case err != nil:
		return Finding{"disk", "warn", "how much room the disk has could not be found out", "look for yourself: df -h \"$(pandal path data)\""}
	case left < diskNone:
		f.State = "fail"
	case left < diskLow:
		f.State = "warn"
	}
	if f.State != "ok" {
		f.Text, f.Do = fmt.Sprintf("the disk has %d MB left: without room nothing new is kept", left>>20), "free some space on the disk of: pandal path data"
	} else {
		f.Text = fmt.Sprintf("the disk has %d GB left", left>>30)
		if left < 1<<30 {
			f.Text = fmt.Sprintf("the disk has %d MB left", left>>20)
		}
	}
	return f
}

// Open files and connections that a node of one community wants, and needs.
const (
	filesWanted = 512
	filesNeeded = 128
)

// filesFinding: limit 0 is none.
func filesFinding(limit uint64) Finding {
	f := Finding{"open_files", "ok", fmt.Sprintf("%d files and connections may be open at once", limit), "raise the limit before the node is started: ulimit -n 4096"}
	switch {
	case limit == 0 || limit > 1<<31:
		f.Text, f.Do = "files and connections are not limited", ""
	case limit < filesNeeded:
		f.State, f.Text = "fail", fmt.Sprintf("only %d files and connections may be open at once: connections will fail", limit)
	case limit < filesWanted:
		f.State, f.Text = "warn", fmt.Sprintf("only %d files and connections may be open at once: in a large community some will fail", limit)
	default:
		f.Do = ""
	}
	return f
}

// lanNames lists the interfaces on which others on the same network are looked for.
func lanNames() (names []string) {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagMulticast == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		if addrs, err := i.Addrs(); err == nil && len(addrs) > 0 {
			names = append(names, i.Name)
		}
	}
	return names
}

func lanFinding(on bool, names []string) Finding {
	switch {
	case !on:
		return Finding{"lan", "ok", "others on the same network are not looked for: that is turned off", ""}
	case len(names) == 0:
		return Finding{"lan", "warn", "no network of this computer carries multicast: others on the same network are not found by themselves", "join a network, or connect by address: pandal peer connect ADDRESS"}
	}
	return Finding{"lan", "ok", "others on the same network are looked for on " + strings.Join(names, ", "), ""}
}

func portFinding(title string, offline bool, ports int) Finding {
	switch {
	case offline:
		return Finding{"port", "ok", title + ": the node is offline by your wish", ""}
	case ports == 0:
		return Finding{"port", "fail", title + ": no port could be opened, so nobody can reach this node", "let it take any: pandal up --listen /ip4/0.0.0.0/tcp/0 --listen /ip4/0.0.0.0/udp/0/quic-v1"}
	}
	return Finding{"port", "ok", fmt.Sprintf("%s: listening at %d addresses", title, ports), ""}
}

// dhtSettles is how long a node may take to meet the first of a DHT.
const dhtSettles = time.Minute

func dhtFinding(title string, on bool, known int, since time.Duration) Finding {
	switch {
	case !on:
		return Finding{"dht", "ok", title + ": no DHT is used", ""}
	case known == 0 && since < dhtSettles:
		return Finding{"dht", "ok", title + ": still joining the DHT", ""}
	case known == 0:
		return Finding{"dht", "warn", title + ": nobody of the DHT answers, so members elsewhere are found by invites and remembered addresses alone", "is this computer on the internet, and may it send UDP? Where it is not meant to: pandal net mode lan_only"}
	}
	return Finding{"dht", "ok", fmt.Sprintf("%s: %d of the DHT are known", title, known), ""}
}

// around looks at what a community's host has. Owner only.
func (r *room) around() []Finding {
	offline := r.n.Mode() == ModeOffline || r.host() == nil
	ports, known, on := 0, 0, false
	if r.host() != nil {
		ports = len(r.host().Bare().Network().ListenAddresses())
		known, on = r.host().DHT()
	}
	return []Finding{portFinding(r.title(), offline, ports), dhtFinding(r.title(), on, known, r.n.cfg.Now().Sub(r.station.Load().since))}
}
