package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// background is a command that runs while the next steps are done.
type background struct {
	command

	process *exec.Cmd
	said    output
	ended   chan struct{}
}

// do starts the command, and waits until it has printed the documented output.
func (b *background) do(ctx context.Context, where *place) (int, error) {
	fmt.Println("$", b.text, "&")
	if where.running != nil {
		return 0, fmt.Errorf("%q runs already: stop it with ^C", where.running.text)
	}
	b.process = exec.CommandContext(context.WithoutCancel(ctx), "bash", "-c", b.text)
	b.process.Dir = where.dir
	b.process.Stdout, b.process.Stderr = &b.said, &b.said
	b.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal interrupts all its processes
	if err := b.process.Start(); err != nil {
		return 0, err
	}
	where.running, b.ended = b, make(chan struct{})
	go func() {
		_ = b.process.Wait() // an interrupted command fails
		close(b.ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, compiling)
	defer cancel()
	for !same(b.said.String(), b.output) {
		err := ctx.Err()
		select {
		case <-b.ended:
			err = errors.New("it has ended")
		case <-time.After(100 * time.Millisecond):
		}
		if err != nil {
			return 1, fmt.Errorf("%q printed\n%s\nwant\n%s: %w", b.text, b.said.String(), b.output, err)
		}
	}
	return 1, nil
}

// interrupt is the line ^C of a page.
type interrupt struct{}

func (interrupt) do(_ context.Context, where *place) (int, error) {
	fmt.Println("^C")
	if where.running == nil {
		return 0, errors.New("^C: nothing runs in the background")
	}
	return 0, where.interrupt()
}

// interrupt stops what runs in the background. A panic in its output is an error.
func (p *place) interrupt() error {
	b := p.running
	if b == nil {
		return nil
	}
	p.running = nil
	_ = syscall.Kill(-b.process.Process.Pid, syscall.SIGINT)
	select {
	case <-b.ended:
		if said := b.said.String(); strings.Contains(said, "panic: ") { // of a function, which is started again
			return fmt.Errorf("%q told of a panic:\n%s", b.text, said)
		}
		return nil
	case <-time.After(30 * time.Second):
		_ = syscall.Kill(-b.process.Process.Pid, syscall.SIGKILL)
		return fmt.Errorf("%q did not end within 30 s after ^C; it printed\n%s", b.text, b.said.String())
	}
}

// output collects what a command prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
