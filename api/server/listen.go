package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

const (
	socketFile = "api.sock"
	// maxSocketPath is what fits in a sockaddr_un on every system.
	maxSocketPath = 100
	// tries is how many ports above the wanted one are looked at.
	tries = 20
)

// listenTCP opens the loopback listener, at the next free port where the
// wanted one is taken, and the same port on ::1 where there is one.
func listenTCP(addr string) (main net.Listener, more []net.Listener, err error) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen for the API: the address must be like 127.0.0.1:7717")
	}
	if !ap.Addr().IsLoopback() {
		return nil, nil, fmt.Errorf("listen for the API: only loopback addresses are allowed; put a reverse proxy in front")
	}
	port := int(ap.Port())
	for i := 0; ; i++ {
		main, err = net.Listen("tcp", net.JoinHostPort(ap.Addr().String(), strconv.Itoa(port)))
		if err == nil {
			break
		}
		if port == 0 || i > tries {
			return nil, nil, fmt.Errorf("listen for the API: %w", err)
		}
		if port++; i == tries || port > 65535 {
			port = 0
		}
	}
	if ap.Addr() == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		at := net.JoinHostPort("::1", strconv.Itoa(main.Addr().(*net.TCPAddr).Port))
		if l, err := net.Listen("tcp", at); err == nil {
			more = append(more, l)
		}
	}
	return main, more, nil
}

// SocketPath is where the unix socket of a data directory is: inside it, or
// under the runtime directory where that path would be too long.
func SocketPath(data string) (string, error) {
	abs, err := filepath.Abs(data)
	if err != nil {
		return "", err
	}
	if path := filepath.Join(abs, socketFile); len(path) <= maxSocketPath {
		return path, nil
	}
	h := sha256.Sum256([]byte(abs))
	name := "pandal-" + hex.EncodeToString(h[:6])
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" || len(base) > maxSocketPath-40 {
		base = os.TempDir()
	}
	return filepath.Join(base, name, socketFile), nil
}

// listenSocket opens the unix socket. A stale one is removed: the caller holds
// the lock of the data directory, so nobody else serves it. Windows has none.
func listenSocket(data string) (net.Listener, error) {
	if runtime.GOOS == "windows" {
		return nil, nil
	}
	path, err := SocketPath(data)
	if err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", pathless(err))
	}
	if st, err := os.Lstat(dir); err != nil || !st.IsDir() || !ownedByMe(st) {
		return nil, errors.New("listen on the socket: its directory belongs to somebody else")
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", pathless(err))
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", pathless(err))
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on the socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("close the socket to others: %w", pathless(err))
	}
	return peerListener{l}, nil
}

// peerListener accepts connections of this user and of root only.
type peerListener struct{ net.Listener }

func (l peerListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(c)
		if err == nil && (uid == uint32(os.Geteuid()) || uid == 0) {
			return c, nil
		}
		c.Close()
	}
}
