package host

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// fixed is the transcript of the byte example in SPEC.md.
func fixed() transcript {
	return transcript{
		nonceD: [16]byte(bytes.Repeat([]byte{0xd0}, 16)), nonceL: [16]byte(bytes.Repeat([]byte{0x10}, 16)),
		dialer: peer.ID("\x00\x01D"), listen: peer.ID("\x00\x01L"),
	}
}

const (
	vectorDial    = "a575c49008bad7e05052068a16f4fc10"
	vectorListen  = "c1ff58f7742aa550d848331921109447"
	vectorChannel = "804cde666a015029901a672a5e8a284bf16b8dc34749c2eac19489b568266584"
)

func TestVector(t *testing.T) {
	tr, key := fixed(), bytes.Repeat([]byte{7}, 32)
	dial, listen := tr.offer(key, wordDial), tr.offer(key, wordListen)
	for _, c := range []struct{ name, got, want string }{
		{"dial", hex.EncodeToString(dial[:]), vectorDial},
		{"listen", hex.EncodeToString(listen[:]), vectorListen},
		{"channel", hex.EncodeToString(tr.channel()), vectorChannel},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, SPEC.md says %s", c.name, c.got, c.want)
		}
	}
}

// pair runs both sides over a pipe and returns what each ended with.
func pair(t *testing.T, d, l Auth, keep bool) (od, ol outcome, ed, el error) {
	t.Helper()
	cd, cl := net.Pipe()
	defer cd.Close()
	defer cl.Close()
	deadline := time.Now().Add(5 * time.Second)
	cd.SetDeadline(deadline)
	cl.SetDeadline(deadline)
	done := make(chan struct{})
	go func() { // ends with the pipe's deadline at the latest
		defer close(done)
		ol, el = (&shake{auth: l, rw: buffered(t, cl), them: "D", keep: keep}).listen("L")
		if el != nil {
			cl.Close()
		}
	}()
	od, ed = (&shake{auth: d, rw: buffered(t, cd), them: "L", keep: keep}).dial("D")
	if ed != nil {
		cd.Close()
	}
	<-done
	return od, ol, ed, el
}

// buffered writes without waiting for the reader, as a stream with room does.
func buffered(t *testing.T, c net.Conn) io.ReadWriter {
	w := make(chan []byte, 64)
	t.Cleanup(func() { close(w) })
	go func() { // ends with the pipe or the test
		for b := range w {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}()
	return struct {
		io.Reader
		io.Writer
	}{c, writer(w)}
}

type writer chan []byte

func (w writer) Write(b []byte) (int, error) { w <- bytes.Clone(b); return len(b), nil }

func TestOpsArriveBeforeTheVerdict(t *testing.T) {
	big := [][]byte{bytes.Repeat([]byte{1}, maxFrame), {2}, bytes.Repeat([]byte{3}, 16<<10)}
	for _, keep := range []bool{true, false} {
		var seenA, seenB [][]byte
		side := func(name string, seen *[][]byte) Auth {
			a := testAuth(communityKey, name, everybody)
			a.Ops = func([]byte) [][]byte { return big }
			judge := a.Judge
			a.Judge = func(p peer.ID, c, h []byte, ops [][]byte) (Role, []byte, error) {
				*seen = ops
				return judge(p, c, h, ops)
			}
			return a
		}
		od, ol, ed, el := pair(t, side("a", &seenA), side("b", &seenB), keep)
		if ed != nil || el != nil || !od.member() || !ol.member() {
			t.Fatalf("%v %v, %v %v", od, ol, ed, el)
		}
		for name, ops := range map[string][][]byte{"a": seenA, "b": seenB} {
			if keep && (len(ops) != 3 || !bytes.Equal(ops[2], big[2])) || !keep && ops != nil {
				t.Errorf("keep %v: %s saw %d ops", keep, name, len(ops))
			}
		}
	}
}

func TestTooManyOpsAreLeftOut(t *testing.T) {
	var ops [][]byte
	for range 40 {
		ops = append(ops, make([]byte, 60<<10))
	}
	var b bytes.Buffer
	if err := writeOps(&b, ops); err != nil {
		t.Fatal(err)
	}
	got, err := readOps(&b, true)
	if err != nil || len(got) != 17 || b.Len() != 0 {
		t.Errorf("%d ops, %v", len(got), err)
	}
}

func TestAnswersUnderAnyOfferedKey(t *testing.T) {
	old, now := bytes.Repeat([]byte{4}, 32), bytes.Repeat([]byte{5}, 32)
	a := testAuth(nil, "a", everybody)
	a.Offers = func() [][]byte { return [][]byte{now, now, now, now, old, communityKey} }
	a.Accepts = func() [][]byte { return nil }
	for name, c := range map[string]struct {
		key []byte
		ok  bool
	}{"last offer": {old, true}, "first": {now, true}, "beyond five": {communityKey, false}} {
		b := testAuth(c.key, "b", everybody)
		_, _, ed, el := pair(t, a, b, true)
		if (ed == nil) != c.ok || (el == nil) != c.ok {
			t.Errorf("%s: %v, %v", name, ed, el)
		}
		if !c.ok && !errors.Is(el, errNoKey) {
			t.Errorf("%s: %v", name, el)
		}
	}
	// An answer copied from the offer proves nothing.
	tr := fixed()
	if tr.offer(now, wordDial) == tr.offer(now, wordListen) {
		t.Error("answer equals offer")
	}
}

func TestFrameLimits(t *testing.T) {
	for name, b := range map[string]string{
		"empty": "", "cut length": "\x80", "cut body": "\x05abc", "over limit": "\x11" + strings.Repeat("x", 17),
		"long form": "\x81\x00x", "four bytes": "\x80\x80\x80\x01",
	} {
		if got, err := readFrame(strings.NewReader(b), 16); err == nil {
			t.Errorf("%s: %x", name, got)
		}
	}
	r := strings.NewReader("\x02abrest")
	if got, err := readFrame(r, 16); err != nil || string(got) != "ab" || r.Len() != 4 {
		t.Errorf("%q, %v, %d left", got, err, r.Len())
	}
	if err := writeFrame(io.Discard, make([]byte, maxFrame+1)); err == nil {
		t.Error("frame over 64 KiB written")
	}
}

// scripted reads what a fuzzer sends and swallows what we answer.
type scripted struct{ io.Reader }

func (scripted) Write(b []byte) (int, error) { return len(b), nil }

// FuzzFrame feeds any bytes to both sides of the handshake and to the frame reader: none may panic, or keep more than was sent.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x10aaaaaaaaaaaaaaaa\x50" + strings.Repeat("b", 80) + "\x01c\x00\x02"))
	f.Add([]byte("\x10aaaaaaaaaaaaaaaa\x11" + strings.Repeat("b", 17) + "\x01c\x02\x01x\x02yz\x03"))
	f.Add([]byte("\xff\xff\xff\xff\x0f"))
	auth := testAuth(communityKey, "a", everybody)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, run := range []func(*shake) (outcome, error){
			func(s *shake) (outcome, error) { return s.dial("D") }, func(s *shake) (outcome, error) { return s.listen("L") },
		} {
			if out, err := run(&shake{auth: auth, rw: scripted{bytes.NewReader(b)}, them: "X", keep: true}); err == nil {
				t.Errorf("a handshake without the key succeeded: %+v", out)
			}
		}
		if got, err := readFrame(bytes.NewReader(b), maxFrame); err == nil {
			var again bytes.Buffer
			if writeFrame(&again, got) != nil || !bytes.HasPrefix(b, again.Bytes()) {
				t.Errorf("frame %x is read and not written the same", b)
			}
		}
		if ops, err := readOps(bytes.NewReader(b), true); err == nil {
			var again bytes.Buffer
			if writeOps(&again, ops) != nil || !bytes.HasPrefix(b, again.Bytes()) {
				t.Errorf("ops %x are read and not written the same", b)
			}
		}
	})
}
