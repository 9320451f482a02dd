package lambda

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is one execution environment: a running bootstrap.
type process struct {
	function *Function
	token    string // identifies the process in the path of the Runtime API
	work     chan *invocation
	exited   chan struct{}

	// The function's lock guards these.
	current     *invocation
	initialized bool

	mu      sync.Mutex
	pid     int // 0 before the start and after the end
	killed  bool
	sigterm bool // it registered for SIGTERM
}

func newProcess(f *Function) *process {
	return &process{function: f, token: rand.Text(), work: make(chan *invocation, 1), exited: make(chan struct{})}
}

// run starts the bootstrap and waits for its end.
func (p *process) run() {
	f := p.function
	f.host.processes.Store(p.token, p)
	why := p.wait()
	f.host.processes.Delete(p.token)
	f.gone(p, why)
	close(p.exited)
}

func (p *process) wait() error {
	f := p.function
	cmd := &exec.Cmd{
		Path:        filepath.Join(f.Dir, "bootstrap"),
		Args:        []string{"bootstrap"},
		Dir:         f.Dir,
		Env:         f.environ(f.host.address + "/" + p.token),
		Stdout:      &lines{to: f.Stdout},
		Stderr:      &lines{to: f.Stderr},
		WaitDelay:   time.Second, // in case a child process keeps the output open
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if err := p.start(cmd); err != nil {
		return fmt.Errorf("start the bootstrap of %s: %w", f.Name, err)
	}
	slow := time.AfterFunc(initTimeout, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !p.initialized {
			p.kill()
		}
	})
	err := cmd.Wait()
	slow.Stop()
	p.mu.Lock()
	f.host.leash.remove(p.pid)
	p.pid = 0
	p.mu.Unlock()
	for _, out := range []any{cmd.Stdout, cmd.Stderr} {
		out.(*lines).flush()
	}
	if err == nil {
		return fmt.Errorf("Runtime exited without providing a reason")
	}
	return fmt.Errorf("Runtime exited with error: %w", err)
}

func (p *process) start(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return ErrClosed
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.pid = cmd.Process.Pid
	p.function.host.leash.add(p.pid)
	return nil
}

// kill ends the process and its children at once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.pid != 0 {
		_ = syscall.Kill(-p.pid, syscall.SIGKILL) // fails only if it has already ended
	}
}

// end kills a process. If it registered for SIGTERM, it gets that first, and 500 ms to end, as on Lambda.
func (p *process) end(ctx context.Context) {
	defer p.kill()
	p.mu.Lock()
	if !p.sigterm || p.pid == 0 {
		p.mu.Unlock()
		return
	}
	_ = syscall.Kill(p.pid, syscall.SIGTERM)
	p.mu.Unlock()
	select {
	case <-p.exited:
	case <-ctx.Done():
	case <-time.After(500 * time.Millisecond):
	}
}
