package store

import (
	"path/filepath"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// gathered is adiantum with the writes to the log gathered. SQLite writes each
// page of a commit in two pieces that lie across the blocks of the cipher, so
// that each block is read, deciphered, enciphered and written three times;
// a whole commit in one piece is enciphered once. The files are the same.
//
// It is for connections that sync the log before a commit shows to others,
// which is synchronous=full: what is gathered is written by Sync. SQLite ends
// a commit with a copy of its last page that fills the block, and syncs in the
// middle of that: the rest of this copy, which begins where the sync ended, is
// written at once, since others read it. The sync may have cut the header of
// the copy; then its page begins less than a header after the sync.
const gathered = "adiantum-gathered"

func init() {
	vfs.Register(gathered, gatheringVFS{adiantum.Wrap(rawVFS{vfs.Find("")}, nil)})
}

type gatheringVFS struct{ vfs.VFS }

func (g gatheringVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(g.VFS, name, flags)
	if err == nil && flags&vfs.OPEN_WAL != 0 {
		gf := &gatheringFile{File: f, name: logName(name.String())}
		gf.raw, _ = vfsutil.UnwrapFile[*rawLog](f)
		logs.Store(gf, true)
		f = gf
	}
	return f, flags, err
}

// logs holds the open *gatheringFiles.
var logs sync.Map

// logName makes one name of the spellings that systems have for a file.
func logName(path string) string {
	return strings.TrimPrefix(filepath.ToSlash(filepath.Clean(path)), "/")
}

// dropKept forgets what is kept back of the log of a database. The writer calls it after every transaction that failed: what such a
// transaction wrote counts for nothing, and were it written later, it would lie over what another connection has put there meanwhile
// (TestRolledBackLog).
func dropKept(database string) {
	name := logName(database + "-wal")
	logs.Range(func(f, _ any) bool {
		if g := f.(*gatheringFile); g.name == name && g.kept != nil {
			g.kept = nil
		}
		return true
	})
}

const (
	maxGathered = 256 << 10 // what is kept back at most, 60 pages
	frameHeader = 24        // of a page in the log
)

// gatheringFile keeps back writes that follow each other. SQLite uses a file
// from one goroutine at a time.
type gatheringFile struct {
	vfs.File
	raw    *rawLog
	name   string
	at     int64 // where kept begins
	kept   []byte
	synced int64 // how far the last sync went
}

func (f *gatheringFile) WriteAt(p []byte, off int64) (int, error) {
	if off != f.at+int64(len(f.kept)) || len(f.kept)+len(p) > maxGathered {
		if err := f.flush(); err != nil {
			return 0, err
		}
		f.at = off
	}
	f.kept = append(f.kept, p...)
	if f.synced <= off && off < f.synced+frameHeader {
		if err := f.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// flush writes what is kept. What could not be written is forgotten: SQLite
// is told, rolls back, and writes it anew.
func (f *gatheringFile) flush() error {
	p := f.kept
	f.kept = f.kept[:0]
	if len(p) == 0 {
		return nil
	}
	f.raw.begin()
	_, err := f.File.WriteAt(p, f.at)
	if e := f.raw.end(); err == nil {
		err = e
	}
	f.at += int64(len(p))
	return err
}

func (f *gatheringFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	f.raw.expect(off, len(p))
	defer f.raw.drop()
	return f.File.ReadAt(p, off)
}

func (f *gatheringFile) Sync(flags vfs.SyncFlag) error {
	if err := f.flush(); err != nil {
		return err
	}
	f.synced = f.at
	return f.File.Sync(flags)
}

func (f *gatheringFile) Size() (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *gatheringFile) Truncate(size int64) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *gatheringFile) Close() error {
	logs.Delete(f)
	err := f.flush()
	if e := f.File.Close(); err == nil {
		err = e
	}
	return err
}
