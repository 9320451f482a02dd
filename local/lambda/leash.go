package lambda

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// leash kills the functions' processes if the runner ends, for whatever reason. A bootstrap notices that its Runtime
// API is gone only when its handler returns, which may be never. So a small shell gets the process ids over a pipe.
// When the runner ends, the kernel closes the pipe, and the shell kills the processes that are left.
type leash struct {
	mu   sync.Mutex
	pipe io.WriteCloser
	cmd  *exec.Cmd
}

const leashScript = `
trap '' INT TERM HUP
pids=
while read -r op pid; do
	case $op in
	+) pids="$pids $pid" ;;
	-)
		left=
		for p in $pids; do [ "$p" = "$pid" ] || left="$left $p"; done
		pids=$left
		;;
	esac
done
for p in $pids; do kill -s KILL -- "-$p"; done 2>/dev/null
exit 0
`

func newLeash() (*leash, error) {
	cmd := exec.Command("sh", "-c", leashScript)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that a Ctrl-C in the terminal does not end it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a shell: %w", err)
	}
	return &leash{pipe: pipe, cmd: cmd}, nil
}

func (l *leash) add(pid int)    { l.say("+", pid) }
func (l *leash) remove(pid int) { l.say("-", pid) }

func (l *leash) say(op string, pid int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.pipe, op, pid) // if it fails, the processes still end, but later
}

// close kills the processes that are left and waits for the shell.
func (l *leash) close() {
	_ = l.pipe.Close()
	_ = l.cmd.Wait()
}
