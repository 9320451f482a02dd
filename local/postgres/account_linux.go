package postgres

import "syscall"

// overrideAccess is CAP_DAC_OVERRIDE of linux/capability.h.
const overrideAccess = 1

// keepAccess lets a process that root starts as another user open files below folders that only root can open, such as
// a checkout below /root. Roles of the server are no superusers, so their SQL opens no files.
func keepAccess(attributes *syscall.SysProcAttr) { attributes.AmbientCaps = []uintptr{overrideAccess} }
