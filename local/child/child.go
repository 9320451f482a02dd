// Package child runs an installed server as a child process that ends with its parent, however the parent ends. Start
// with [Start]; packages postgres, redis and opensearch do, each for its server.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Config sets how to run a server.
type Config struct {
	// Name is what messages call the server.
	Name string
	// Args is the program, and its arguments. Its working directory is /: its user may not be able to open this
	// process's own.
	Args []string
	// Env is the environment, as from [Environ].
	Env []string
	// Attributes sets the user that it runs as; nil means this process's own.
	Attributes *syscall.SysProcAttr
	// Signal makes the server disconnect its clients and end, such as TERM. A server that has not ended 4 s later is
	// killed.
	Signal string
	// Temporary is a folder that is removed when the server has ended; "" means none.
	Temporary string
	// Lock is a lock that is held until the server has ended, from [Lock]; nil means none. Start closes the file.
	Lock *os.File
}

// Process is a running server.
type Process struct {
	name   string
	leash  io.Closer // the server runs while this is open
	done   chan struct{}
	output output
}

// Environ returns the environment for a server: its messages are in English, its times in UTC, and variables of this
// process do not change what it does.
func Environ() []string { return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"} }

// Start runs a server. The server ends with [Process.Stop], or when this process ends in any way, even by SIGKILL. If
// Start fails, it removes the temporary folder.
func Start(cfg Config) (*Process, error) {
	if cfg.Lock != nil {
		defer cfg.Lock.Close() // the server has its own descriptor
	}
	p, err := start(cfg)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cfg.Name, errors.Join(err, os.RemoveAll(cfg.Temporary)))
	}
	return p, nil
}

func start(cfg Config) (*Process, error) {
	p := &Process{name: cfg.Name, done: make(chan struct{})}
	cmd := exec.Command("sh", append([]string{"-c", leashScript, "sh", cfg.Signal, cfg.Temporary}, cfg.Args...)...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", cfg.Env, cfg.Attributes
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.WaitDelay = time.Second
	if cfg.Lock != nil {
		cmd.ExtraFiles = []*os.File{cfg.Lock} // descriptor 3 of the script
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// Its own process group: Ctrl-C in the terminal reaches only this process, which stops the server last.
	cmd.SysProcAttr.Setpgid = true
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.leash = leash
	go func() {
		_ = cmd.Wait() // its status says less than its output
		close(p.done)
	}()
	return p, nil
}

// ErrEnded means that the server ended before it answered. Its output says why.
var ErrEnded = errors.New("the server ended during its start")

// Await waits until answers, which is called again and again, returns true.
//
// Errors: [ErrEnded]; the cause of the context's end.
func (p *Process) Await(ctx context.Context, answers func(context.Context) bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.done:
			return ErrEnded
		case <-tick.C:
		}
		if answers(ctx) {
			return nil
		}
	}
}

// Stop ends the server, disconnects its clients, and waits until it has ended.
func (p *Process) Stop() error {
	_ = p.leash.Close()
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s has not ended after 10 s", p.name)
	}
}

// Done returns a channel that is closed when the server has ended, by Stop or by itself.
func (p *Process) Done() <-chan struct{} { return p.done }

// Output returns the last few KB that the server printed.
func (p *Process) Output() string { return p.output.String() }
