package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock takes the lock of a folder of data, in its file annals.lock, for a server that has no lock of its own. It creates
// the folder if that is missing. The kernel releases the lock when all processes that hold it have ended.
//
// Errors: [ErrInUse].
func Lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "annals.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w in %s: stop it first, or choose another folder", ErrInUse, dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Data returns the absolute path of a server's data, which exists then, and the lock of it. If dir is "", the folder is
// a new temporary one without a lock, and is returned as temporary, too.
//
// Errors: [ErrInUse].
func Data(dir, prefix string) (data, temporary string, lock *os.File, err error) {
	if dir == "" {
		temporary, err = os.MkdirTemp("", prefix)
		return temporary, temporary, nil, err
	}
	if data, err = filepath.Abs(dir); err != nil {
		return "", "", nil, err
	}
	lock, err = Lock(data)
	return data, "", lock, err
}
