package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/pandal-chat/pandal/crdt"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
	"github.com/pandal-chat/pandal/node/host"
)

// Linking gives a second computer a device key of its own in each of a person's communities. The seed does not travel: M signs here for keys
// made there.

// LinkCode is what is carried, by hand or as a picture, from the device that keeps the seed to the new one. It works once, for five minutes.
type LinkCode struct {
	Code      string
	ExpiresAt time.Time
}

const (
	linkTime    = 5 * time.Minute
	linkPrefix  = "PANDALDEVICE1"
	linkVersion = 1
	maxLinkCode = 2 << 10
	maxDevices  = 8
)

type linkCode struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Secret  [32]byte
	Addrs   [][]byte
}

var linkBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

func (l linkCode) encode() (string, error) {
	b, err := op.Encode(l)
	if err != nil {
		return "", fmt.Errorf("encode link code: %w", err)
	}
	sum := sha256.Sum256(b)
	return linkPrefix + linkBase32.EncodeToString(append(b, sum[:4]...)), nil
}

func parseLinkCode(s string) (l linkCode, err error) {
	bad := fmt.Errorf("%w: code: it is no device code, or a part of it is missing", ErrInvalid)
	s, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), linkPrefix)
	if !ok || len(s) > maxLinkCode {
		return l, bad
	}
	b, err := linkBase32.DecodeString(s)
	if err != nil || len(b) < 5 {
		return l, bad
	}
	sum := sha256.Sum256(b[:len(b)-4])
	if !bytes.Equal(sum[:4], b[len(b)-4:]) || op.Decode(b[:len(b)-4], &l) != nil || l.Version != linkVersion || len(l.Addrs) == 0 || len(l.Addrs) > 8 {
		return l, bad
	}
	return l, nil
}

// Frames of a link, after both have proved the code: the first device says where the person belongs, the new one consents with a key for each
// community, and gets each community's log with its DeviceAdd in it.
type (
	linkOffer struct {
		_      struct{} `cbor:",toarray"`
		Name   string
		Spaces []linkSpace
	}
	linkSpace struct {
		_       struct{} `cbor:",toarray"`
		ID      op.ID
		Member  identity.UserID
		Device  identity.DeviceID // of who offers
		JoinKey [32]byte
		Name    string
		Peers   [][]byte // where members can be reached, this device first
	}
	linkConsent struct {
		_       struct{} `cbor:",toarray"`
		Name    string   // of the device
		Devices []linkDevice
	}
	linkDevice struct {
		_       struct{} `cbor:",toarray"`
		ID      op.ID
		Device  identity.DeviceID
		Consent []byte
	}
)

// NewLinkCode opens a door for one new device. An earlier code is dead.
func (n *Node) NewLinkCode(ctx context.Context) (LinkCode, error) {
	if !n.seeded() {
		return LinkCode{}, ErrNotFirstDevice
	}
	if err := n.offline(); err != nil {
		return LinkCode{}, err
	}
	d, err := n.newDirect(anyPorts(n.cfg.Listen))
	if err != nil {
		return LinkCode{}, err
	}
	l := linkCode{Version: linkVersion, Addrs: d.Addrs()}
	l.Addrs = l.Addrs[:min(len(l.Addrs), 4)]
	rand.Read(l.Secret[:])
	code, err := l.encode()
	if err != nil {
		d.Close()
		return LinkCode{}, err
	}
	ctx, cancel := context.WithTimeout(n.ctx, linkTime)
	n.mu.Lock()
	if n.linking != nil {
		n.linking()
	}
	n.linking = cancel
	n.mu.Unlock()
	once := make(chan struct{}, 1)
	once <- struct{}{}
	d.Serve(l.Secret, func(st network.Stream) {
		select {
		case <-once:
		default: // it was used
			st.Reset()
			return
		}
		if err := n.serveLink(ctx, st); err != nil {
			n.log.Warn("a device could not be linked", "err", err)
			st.Reset()
		} else {
			st.Close()
		}
		time.AfterFunc(time.Second, cancel) // the last frame gets out first
	}, func() { n.log.Warn("somebody tried to link a device without the code") })
	n.wg.Go(func() { // ends with the code, or the node
		<-ctx.Done()
		cancel()
		d.Close()
	})
	return LinkCode{Code: code, ExpiresAt: n.cfg.Now().Add(linkTime).UTC()}, nil
}

// newDirect is a host for a link, simulated where the others are.
func (n *Node) newDirect(listen []string) (*host.Direct, error) {
	if n.cfg.Options == nil {
		return host.NewDirect(reachOf(n.Mode()), listen)
	}
	return host.NewDirect(reachOf(n.Mode()), n.cfg.ListenAt("link"), n.cfg.Options()...)
}

// anyPorts keeps the interfaces of listen addresses and leaves the ports free.
func anyPorts(listen []string) (out []string) {
	for _, s := range listen {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			continue
		}
		ip, err := a.ValueForProtocol(ma.P_IP4)
		name := "ip4"
		if err != nil {
			if ip, err = a.ValueForProtocol(ma.P_IP6); err != nil {
				continue
			}
			name = "ip6"
		}
		if net.ParseIP(ip) != nil && !slices.Contains(out, "/"+name+"/"+ip+"/tcp/0") {
			out = append(out, "/"+name+"/"+ip+"/tcp/0")
		}
	}
	return out
}

func (n *Node) serveLink(ctx context.Context, st network.Stream) error {
	s := newJoinStream(st)
	offer, rooms, err := n.spacesBeyond(ctx, nil)
	if err != nil {
		return err
	}
	if err := s.send(offer); err != nil {
		return fmt.Errorf("say where I belong: %w", err)
	}
	var consent linkConsent
	if err := s.read(&consent); err != nil {
		return fmt.Errorf("read the new device's keys: %w", err)
	}
	rec := deviceRecord{Name: consent.Name, At: n.now(), Devices: []ownDevice{}}
	for _, d := range consent.Devices {
		r := rooms[d.ID]
		if r == nil {
			return errors.New("a key for a community that was not offered")
		}
		ops, err := r.addDevice(ctx, d)
		if err != nil {
			return err
		}
		rec.Devices = append(rec.Devices, ownDevice{Community: r.id, Device: d.Device})
		if err := s.sendOps(ops); err != nil {
			return fmt.Errorf("send a community: %w", err)
		}
	}
	if checkName(rec.Name) != nil {
		rec.Name = "Linked device"
	}
	return n.keepDevice(ctx, rec)
}

// meetingPlaces is where members can be reached: here, and where connected members are. Owner only.
func (r *room) meetingPlaces() [][]byte {
	out := [][]byte{}
	for _, a := range r.host().Addrs() {
		if len(out) < 4 {
			out = append(out, a.Bytes())
		}
	}
	return append(out, r.tellPeers("")...)
}

// addDevice registers a new device of mine and returns the community's log.
func (r *room) addDevice(ctx context.Context, d linkDevice) (ops [][]byte, err error) {
	m := r.memberKey()
	cert, err := m.Endorse(identity.Certificate{Space: r.id, Device: d.Device}, d.Consent)
	if err != nil {
		return nil, err
	}
	var werr error
	if err := r.ask(ctx, func() {
		mine := r.c.State(r.id).Members.Of(r.fixed.Member).Devices
		if slices.Contains(mine, d.Device) { // it came before, and what was sent did not arrive
			ops = r.opsBeyond(r.id, nil)
			return
		}
		if len(mine) >= maxDevices {
			werr = fmt.Errorf("%w: devices: at most %d; revoke one first", ErrInvalid, maxDevices)
			return
		}
		e, err := r.c.AddDevice(m, cert, r.n.now())
		e.Events = append(e.Events, crdt.Event{Type: "device.added", Space: r.id, Member: r.fixed.Member})
		werr = errors.Join(err, r.perform(e))
		ops = r.opsBeyond(r.id, nil)
	}); err != nil {
		return nil, err
	}
	return ops, werr
}

// sendOps sends a log in parts, the last of which says that it is.
func (s joinStream) sendOps(ops [][]byte) error {
	for len(ops) > 0 {
		size, n := 0, 0
		for n < len(ops) && n < 900 && size+len(ops[n]) < maxJoinFrame-1024 {
			size += len(ops[n]) + 5
			n++
		}
		if err := s.send(joinWelcome{Ops: ops[:n]}); err != nil {
			return err
		}
		ops = ops[n:]
		s.st.SetDeadline(time.Now().Add(joinTime))
	}
	return s.send(joinWelcome{Ops: [][]byte{}, Done: true})
}

// readOps reads what sendOps sent.
func (s joinStream) readOps() (ops [][]byte, err error) {
	for {
		var w joinWelcome
		if err := s.read(&w); err != nil {
			return nil, fmt.Errorf("receive the community: %w", err)
		}
		if err := joinError(w.Code); err != nil {
			return nil, err
		}
		if ops = append(ops, w.Ops...); w.Done {
			return ops, nil
		}
		s.st.SetDeadline(time.Now().Add(joinTime))
	}
}

// Link makes this computer a further device of the person whose device showed the code. It must be nobody's yet.
func (n *Node) Link(ctx context.Context, code, name string) ([]Community, error) {
	l, err := parseLinkCode(code)
	if err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if len(n.allRooms()) > 0 {
		return nil, fmt.Errorf("%w: this node is in communities already; link one that is new", ErrInvalid)
	}
	if err := n.offline(); err != nil {
		return nil, err
	}
	d, err := n.newDirect(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	st, err := d.Dial(ctx, l.Secret, l.Addrs)
	if errors.Is(err, host.ErrNotShared) {
		return nil, fmt.Errorf("%w: code: it was used, has expired, or is another's", ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	defer st.Close()
	s := newJoinStream(st)
	var offer linkOffer
	if err := s.read(&offer); err != nil {
		return nil, fmt.Errorf("%w: the code was used or has expired", ErrNotConnected)
	}
	if len(offer.Spaces) > maxOffered || checkName(offer.Name) != nil && offer.Name != "" {
		return nil, fmt.Errorf("%w: code: the other side is no Pandal", ErrInvalid)
	}
	recs := make([]communityRecord, len(offer.Spaces))
	consent := linkConsent{Name: name, Devices: []linkDevice{}}
	for i, sp := range offer.Spaces {
		recs[i] = newRecord(sp.ID, sp.Member, sp.JoinKey, sp.Name)
		consent.Devices = append(consent.Devices, recs[i].consent())
	}
	if err := s.send(consent); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	logs := make([][][]byte, len(recs))
	for i := range recs {
		if logs[i], err = s.readOps(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotConnected, err)
		}
	}
	if err := n.saveMe(ctx, selfRecord{Name: offer.Name}); err != nil { // no seed: it stays where it is
		return nil, err
	}
	n.mu.Lock()
	n.me = selfRecord{Name: offer.Name}
	n.mu.Unlock()
	rec := deviceRecord{Name: name, At: n.now(), This: true, Devices: []ownDevice{}}
	for _, r := range recs {
		rec.Devices = append(rec.Devices, ownDevice{Community: r.ID, Device: identity.DeviceKeyFromSeed(r.Device).ID()})
	}
	if err := errors.Join(n.keepDevice(ctx, rec), n.keepLeader(ctx, offer)); err != nil {
		return nil, err
	}
	out := []Community{}
	for i, rec := range recs {
		c, err := n.settleIn(ctx, rec, logs[i], nil, offer.Spaces[i].Peers)
		if err != nil {
			return out, err
		}
		out = append(out, c)
	}
	return out, nil
}
