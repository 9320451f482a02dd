//go:build linux && (amd64 || arm64)

package dynamolocal

import (
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// startUnsynced starts a command for which fsync and fdatasync do nothing, and succeed: what it writes is given to the
// kernel, which keeps it whatever happens to the process. Where the kernel can't be told so, they do what they did.
//
// A thread starts it that has a seccomp filter, which its children inherit. The thread runs nothing else, and it never ends:
// the kernel takes the end of a thread for that of the parent of what it started before (PR_SET_PDEATHSIG).
func startUnsynced(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		ignoreSync()
		started <- cmd.Start()
		select {}
	}()
	return <-started
}

// From linux/prctl.h, linux/seccomp.h, linux/bpf_common.h, linux/audit.h.
const (
	setNoNewPrivileges = 38 // without it, a filter takes privileges
	setSeccomp         = 22
	modeFilter         = 2

	allow   = 0x7fff0000
	succeed = 0x00050000 // SECCOMP_RET_ERRNO, with no error

	loadWord    = 0x20 // BPF_LD | BPF_W | BPF_ABS
	jumpIfEqual = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	answer      = 0x06 // BPF_RET | BPF_K
	callOffset  = 0    // of seccomp_data.nr
	archOffset  = 4    // of seccomp_data.arch
	archAMD64   = 0xc000003e
	archARM64   = 0xc00000b7
)

// ignoreSync sets the filter of the calling thread, if it can.
func ignoreSync() {
	arch := map[string]uint32{"amd64": archAMD64, "arm64": archARM64}[runtime.GOARCH]
	filter := []syscall.SockFilter{ // a jump passes over so many instructions, Jt where it is equal, Jf where it is not
		{Code: loadWord, K: archOffset},
		{Code: jumpIfEqual, K: arch, Jf: 3},
		{Code: loadWord, K: callOffset},
		{Code: jumpIfEqual, K: syscall.SYS_FSYNC, Jt: 2},
		{Code: jumpIfEqual, K: syscall.SYS_FDATASYNC, Jt: 1},
		{Code: answer, K: allow},
		{Code: answer, K: succeed},
	}
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivileges, 1, 0, 0, 0, 0); failed != 0 {
		return
	}
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, setSeccomp, modeFilter, uintptr(unsafe.Pointer(&program)), 0, 0, 0)
	runtime.KeepAlive(filter)
}
