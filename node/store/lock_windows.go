package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

const errNoSpace = windows.ERROR_DISK_FULL

// flock takes the whole-file lock without waiting. It ends with the process.
func flock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrInUse
	}
	return err
}

// syncDir does nothing: NTFS journals renames.
func syncDir(string) error { return nil }

// roomLeft returns the bytes that this user can still write in dir.
func roomLeft(dir string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var left uint64
	err = windows.GetDiskFreeSpaceEx(name, &left, nil, nil)
	return left, err
}
