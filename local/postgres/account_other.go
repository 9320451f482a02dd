//go:build !linux

package postgres

import "syscall"

// keepAccess does nothing: the user postgres must be able to open the folders above the data.
func keepAccess(*syscall.SysProcAttr) {}
