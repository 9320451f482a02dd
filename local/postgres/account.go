package postgres

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that the server runs as: this process's own, or the user postgres if this process is root. The
// server refuses to run as root.
type account struct {
	uid, gid int
	root     bool // this process is root
}

// runAs returns the account. Packages of PostgreSQL create the user postgres.
func runAs() (account, error) {
	if os.Getuid() != 0 {
		return account{uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return account{}, errors.New("PostgreSQL refuses to run as root, and there is no user postgres to run it as: " +
			"run `useradd --system postgres`, or run this as another user than root")
	}
	a := account{root: true}
	if a.uid, err = strconv.Atoi(found.Uid); err != nil {
		return a, err
	}
	a.gid, err = strconv.Atoi(found.Gid)
	return a, err
}

// attributes returns how to start a process under the account.
func (a account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{}
	if a.root {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
		keepAccess(attributes)
	}
	return attributes
}

// own makes the account the owner of a file or folder.
func (a account) own(path string) error {
	if !a.root {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}
