//go:build linux && (amd64 || arm64)

package dynamolocal

import (
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"
)

// startUnsynced starts a command for which fsync and fdatasync succeed without doing anything. Its writes are passed to
// the kernel, which keeps them even if the process crashes. If the kernel does not support this, the calls work as
// usual.
//
// The command is started by a thread with a seccomp filter, which its children inherit. This thread runs nothing else
// and never ends: when a thread ends, the kernel treats that as the end of the parent of the processes that it started
// (PR_SET_PDEATHSIG).
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
	setNoNewPrivileges = 38 // otherwise a filter needs privileges
	setSeccomp         = 22
	modeFilter         = 2

	allow   = 0x7fff0000
	succeed = 0x00050000 // SECCOMP_RET_ERRNO with errno 0: the call returns success

	loadWord    = 0x20 // BPF_LD | BPF_W | BPF_ABS
	jumpIfEqual = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	answer      = 0x06 // BPF_RET | BPF_K
	callOffset  = 0    // offset of seccomp_data.nr
	archOffset  = 4    // offset of seccomp_data.arch
	archAMD64   = 0xc000003e
	archARM64   = 0xc00000b7
)

// ignoreSync sets the filter for the calling thread, if the kernel supports it.
func ignoreSync() {
	arch := map[string]uint32{"amd64": archAMD64, "arm64": archARM64}[runtime.GOARCH]
	filter := []syscall.SockFilter{ // a jump skips Jt instructions if equal, else Jf
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
