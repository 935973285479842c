package store

import (
	"io"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// rawVFS lies below adiantum, which reads and writes a log block by block: one system call each, which costs what enciphering does. A call of
// gatheringFile becomes one call here; between calls nothing is kept, neither of what is read nor of what is written.
type rawVFS struct{ vfs.VFS }

func (r rawVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(r.VFS, name, flags)
	if err == nil && flags&vfs.OPEN_WAL != 0 {
		f = &rawLog{File: f}
	}
	return f, flags, err
}

const block = 4096 // of adiantum

type rawLog struct {
	vfs.File
	holds bool
	at    int64 // where held begins
	held  []byte

	from int64 // where what is expected begins
	want int   // how much of it; 0: nothing is
	got  []byte
}

// begin holds back writes that follow each other, until end.
func (r *rawLog) begin() { r.holds = true }

func (r *rawLog) end() error {
	r.holds = false
	return r.flush()
}

func (r *rawLog) flush() error {
	p := r.held
	r.held = r.held[:0]
	if len(p) == 0 {
		return nil
	}
	_, err := r.File.WriteAt(p, r.at)
	return err
}

func (r *rawLog) WriteAt(p []byte, off int64) (int, error) {
	if !r.holds {
		return r.File.WriteAt(p, off)
	}
	if off != r.at+int64(len(r.held)) {
		if err := r.flush(); err != nil {
			return 0, err
		}
		r.at = off
	}
	r.held = append(r.held, p...)
	return len(p), nil
}

// expect says that all blocks which these bytes lie in are read next, until drop.
func (r *rawLog) expect(off int64, n int) {
	r.from = off &^ (block - 1)
	r.want = int((off+int64(n)+block-1)&^(block-1) - r.from)
}

func (r *rawLog) drop() { r.want, r.got = 0, r.got[:0] }

func (r *rawLog) ReadAt(p []byte, off int64) (int, error) {
	if err := r.flush(); err != nil {
		return 0, err
	}
	at := off - r.from
	if r.want <= len(p) || r.want > 4*block || at < 0 || at+int64(len(p)) > int64(r.want) {
		return r.File.ReadAt(p, off)
	}
	if len(r.got) == 0 {
		if cap(r.got) < r.want {
			r.got = make([]byte, r.want)
		}
		n, err := r.File.ReadAt(r.got[:r.want], r.from)
		if r.got = r.got[:n]; err != nil && err != io.EOF {
			return 0, err
		}
	}
	n := copy(p, r.got[min(at, int64(len(r.got))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
