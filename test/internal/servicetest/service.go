// Package servicetest runs the whole service as a separate process, as `make run` does, for programs that test or
// measure it. Start with [On]; use [Build] and [Built.Start] if you need each step.
package servicetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/annals-es/annals/local/build"
)

// Service is a running service.
type Service struct {
	// Base is the address of its API: http://127.0.0.1:3000.
	Base string

	process *exec.Cmd
	ended   chan struct{} // closed when the runner has ended
}

// Built is a built service. Its files are in Dir.
type Built struct {
	Project  build.Project
	Dir      string
	Template string // the folder of the synthesized template
}

// Build builds the functions and the runner, and synthesizes the template, into a folder. The service has read models
// in the stores, such as "sql": start it with the same in STORES. Build copies from build/servicetest in the root,
// where only what changed since the last time is built.
func Build(ctx context.Context, root, dir string, stores ...string) (Built, error) {
	b := Built{
		Project:  build.Project{Root: root, State: filepath.Join(dir, "state"), Stores: stores, Say: os.Stderr},
		Dir:      dir,
		Template: filepath.Join(dir, "cdk.out"),
	}
	shared := filepath.Join(root, "build", "servicetest")
	if err := errors.Join(os.MkdirAll(shared, 0o755), os.MkdirAll(b.Project.State, 0o755)); err != nil {
		return b, err
	}
	release, err := lock(filepath.Join(shared, "lock"))
	if err != nil {
		return b, err
	}
	defer release()
	template, err := build.Project{Root: root, State: shared, Stores: stores, Say: os.Stderr}.Synthesize(ctx)
	if err != nil {
		return b, err
	}
	runner := filepath.Join(shared, "bin", "local")
	if err := b.Go(ctx, runner, "./local"); err != nil {
		return b, err
	}
	text, err := os.ReadFile(runner)
	if err != nil {
		return b, err
	}
	return b, errors.Join(os.WriteFile(b.runner(), text, 0o755), os.CopyFS(b.Template, os.DirFS(template)))
}

// lock waits until no other process has the file locked, and locks it.
func lock(name string) (release func(), err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// Go builds a program, with additional arguments of go build.
func (b Built) Go(ctx context.Context, out, what string, args ...string) error {
	tags := strings.Join(append([]string{"lambda.norpc"}, b.Project.Stores...), ",")
	args = append([]string{"build", "-tags", tags, "-trimpath", "-buildvcs=false", "-o", out}, args...)
	cmd := exec.CommandContext(ctx, "go", append(args, what)...)
	cmd.Dir, cmd.Env = b.Project.Root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", what, err, said)
	}
	return nil
}

func (b Built) runner() string { return filepath.Join(b.Dir, "local") }

// Start starts the service at a free port, with additional environment variables, and waits until it is ready. Its
// output goes to service.log.
func (b Built) Start(ctx context.Context, environment ...string) (*Service, error) {
	said, err := os.Create(filepath.Join(b.Dir, "service.log"))
	if err != nil {
		return nil, err
	}
	s := &Service{ended: make(chan struct{})}
	s.process = exec.CommandContext(context.WithoutCancel(ctx), b.runner(), "-template", b.Template, "-state",
		b.Project.State)
	s.process.Dir, s.process.Stdout, s.process.Stderr = b.Project.Root, said, said
	s.process.Env = append(append(os.Environ(), "PORT=0"), environment...)
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // Pdeathsig takes effect when the starting thread ends
	defer runtime.UnlockOSThread()
	if err := s.process.Start(); err != nil {
		return nil, errors.Join(err, said.Close())
	}
	go func() {
		_ = s.process.Wait()
		_ = said.Close()
		close(s.ended)
	}()
	if err := s.await(ctx, said.Name()); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// await waits for the output line with the service's address.
func (s *Service) await(ctx context.Context, log string) error {
	for {
		if text, err := os.ReadFile(log); err == nil {
			if _, after, ready := strings.Cut(string(text), "\nready "); ready {
				var whole bool
				if s.Base, _, whole = strings.Cut(after, "\n"); whole {
					return nil
				}
			}
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the service exited before it was ready: see %s", log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Stop stops the service and all its processes.
func (s *Service) Stop() error {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		return nil
	case <-time.After(20 * time.Second):
		_ = s.process.Process.Kill()
		return errors.New("the service did not exit within 20 s after SIGTERM")
	}
}

// Kill ends the runner with SIGKILL, as a crash would. Its functions end with it. Start the service again with
// [Built.Start].
func (s *Service) Kill() {
	_ = s.process.Process.Kill()
	<-s.ended
}
