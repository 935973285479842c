package host

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/pandal-chat/pandal/identity"
)

const (
	nonceSize = 16
	offerSize = 16
	offers    = 5
)

// What a side of the handshake says when it makes or answers an offer.
const (
	wordDial   = "dial"
	wordListen = "listen"
)

// errNoKey says that the two share no key: the other is of another community, or of none.
var errNoKey = errors.New("no key in common")

// transcript is what both sides know after the nonces; dialer is the side that opened the handshake's stream.
type transcript struct {
	nonceD, nonceL [nonceSize]byte
	dialer, listen peer.ID
}

// offer proves knowledge of key to whoever knows it, and is noise to anybody else. word keeps an answer from being an echo.
func (t transcript) offer(key []byte, word string) [offerSize]byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(word))
	m.Write(t.nonceD[:])
	m.Write(t.nonceL[:])
	m.Write([]byte(t.dialer))
	m.Write([]byte(t.listen))
	return [offerSize]byte(m.Sum(nil)[:offerSize])
}

// channel names this run of the handshake on this connection; a hello that signs it is worth nothing anywhere else.
func (t transcript) channel() []byte {
	sum := identity.LabelHandshake.Hash(t.nonceD[:], t.nonceL[:], []byte(t.dialer), []byte(t.listen))
	return sum[:]
}

// outcome is what a finished handshake left: what I take the other for, what it takes me for, and the device it proved.
type outcome struct {
	role, given Role
	device      []byte
}

// known tells whether both sides let the other use the protocols for joiners.
func (o outcome) known() bool { return o.role > Refused && o.given > Refused }

// member tells whether both sides let the other into the member view.
func (o outcome) member() bool { return o.role >= Member && o.given >= Member }

// shake runs one side of the handshake over a stream whose deadline the caller has set. keep says whether ops are taken.
type shake struct {
	auth Auth
	rw   io.ReadWriter
	them peer.ID
	keep bool
	t    transcript
}

// dial is the side that opened the stream.
func (s *shake) dial(me peer.ID) (outcome, error) {
	s.t.dialer, s.t.listen = me, s.them
	if err := s.nonces(&s.t.nonceD, &s.t.nonceL); err != nil {
		return outcome{}, err
	}
	keys := s.auth.Offers()
	keys = keys[:min(len(keys), offers)]
	var out [offers * offerSize]byte
	rand.Read(out[:])
	for i, k := range keys {
		o := s.t.offer(k, wordDial)
		copy(out[i*offerSize:], o[:])
	}
	if err := writeFrame(s.rw, out[:]); err != nil {
		return outcome{}, fmt.Errorf("send offers: %w", err)
	}
	answer, err := readFrame(s.rw, 1+offerSize)
	if err != nil {
		return outcome{}, fmt.Errorf("%w: %w", errNoKey, err)
	}
	if len(answer) != 1+offerSize || int(answer[0]) >= len(keys) {
		return outcome{}, errNoKey
	}
	want := s.t.offer(keys[answer[0]], wordListen)
	if subtle.ConstantTimeCompare(want[:], answer[1:]) != 1 {
		return outcome{}, errNoKey
	}
	if err := s.sendHello(); err != nil {
		return outcome{}, err
	}
	theirs, err := s.readHello()
	if err != nil {
		return outcome{}, err
	}
	if err := s.sendOps(theirs); err != nil {
		return outcome{}, err
	}
	ops, err := readOps(s.rw, s.keep)
	if err != nil {
		return outcome{}, err
	}
	return s.verdicts(theirs, ops)
}

// listen is the side that accepted the stream.
func (s *shake) listen(me peer.ID) (outcome, error) {
	s.t.dialer, s.t.listen = s.them, me
	if err := s.nonces(&s.t.nonceL, &s.t.nonceD); err != nil {
		return outcome{}, err
	}
	got, err := readFrame(s.rw, offers*offerSize)
	if err != nil {
		return outcome{}, fmt.Errorf("read offers: %w", err)
	}
	if len(got) != offers*offerSize {
		return outcome{}, errors.New("offers of a wrong size")
	}
	index, key := s.match(got)
	if key == nil {
		return outcome{}, errNoKey
	}
	answer := s.t.offer(key, wordListen)
	if err := writeFrame(s.rw, append([]byte{byte(index)}, answer[:]...)); err != nil {
		return outcome{}, fmt.Errorf("send answer: %w", err)
	}
	if err := s.sendHello(); err != nil {
		return outcome{}, err
	}
	theirs, err := s.readHello()
	if err != nil {
		return outcome{}, err
	}
	ops, err := readOps(s.rw, s.keep)
	if err != nil {
		return outcome{}, err
	}
	// The dialer wrote all its ops before it reads ours, so that two full loads cannot block each other.
	if err := s.sendOps(theirs); err != nil {
		return outcome{}, err
	}
	return s.verdicts(theirs, ops)
}

// match finds the first offer made under a key we accept. Every offer is compared with every key, in constant time, so that the
// time of the answer does not say which key it was.
func (s *shake) match(got []byte) (index int, key []byte) {
	index = offers
	for _, k := range s.auth.Accepts() {
		want := s.t.offer(k, wordDial)
		for i := range offers {
			if subtle.ConstantTimeCompare(want[:], got[i*offerSize:][:offerSize]) == 1 && i < index {
				index, key = i, k
			}
		}
	}
	return index, key
}

func (s *shake) nonces(mine, theirs *[nonceSize]byte) error {
	rand.Read(mine[:])
	if err := writeFrame(s.rw, mine[:]); err != nil {
		return fmt.Errorf("send nonce: %w", err)
	}
	n, err := readFrame(s.rw, nonceSize)
	if err != nil {
		return fmt.Errorf("read nonce: %w", err)
	}
	if len(n) != nonceSize {
		return errors.New("nonce of a wrong size")
	}
	copy(theirs[:], n)
	return nil
}

func (s *shake) sendHello() error {
	h := s.auth.Hello(s.t.channel())
	if len(h) > maxHello {
		return errors.New("hello longer than 60 KiB")
	}
	if err := writeFrame(s.rw, h); err != nil {
		return fmt.Errorf("send hello: %w", err)
	}
	return nil
}

func (s *shake) readHello() ([]byte, error) {
	h, err := readFrame(s.rw, maxHello)
	if err != nil {
		return nil, fmt.Errorf("read hello: %w", err)
	}
	return h, nil
}

func (s *shake) sendOps(theirHello []byte) error {
	var ops [][]byte
	if s.auth.Ops != nil {
		ops = s.auth.Ops(theirHello)
	}
	if err := writeOps(s.rw, ops); err != nil {
		return fmt.Errorf("send ops: %w", err)
	}
	return nil
}

// verdicts is step 6. A side whose judge returns an error gives Refused, and tells the other so.
func (s *shake) verdicts(theirHello []byte, ops [][]byte) (outcome, error) {
	role, device, judged := s.auth.Judge(s.them, s.t.channel(), theirHello, ops)
	if judged != nil || role > Keeper {
		role, device = Refused, nil
	}
	if _, err := s.rw.Write([]byte{byte(role)}); err != nil {
		return outcome{}, fmt.Errorf("send verdict: %w", err)
	}
	var v [1]byte
	if _, err := io.ReadFull(s.rw, v[:]); err != nil {
		return outcome{}, fmt.Errorf("read verdict: %w", err)
	}
	if Role(v[0]) > Keeper {
		return outcome{}, errors.New("unknown verdict")
	}
	return outcome{role: role, given: Role(v[0]), device: device}, nil
}
