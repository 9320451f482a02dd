// Package build makes what the runner runs: the functions for this machine, and the template synthesized with them.
package build

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Project is the project at Root, whose intermediate files go to State.
type Project struct {
	Root  string
	State string
	// Say is told what takes its time.
	Say io.Writer
}

// Synthesize builds the functions and the CDK app, and synthesizes unless what it made last time came of the same. It
// returns the folder of the template.
func (p Project) Synthesize(ctx context.Context) (string, error) {
	functions, err := p.check()
	if err != nil {
		return "", err
	}
	work, building := errgroup.WithContext(ctx)
	work.Go(func() error { return p.buildFunctions(building, functions) })
	work.Go(func() error { return p.buildApp(building) })
	if err := work.Wait(); err != nil {
		return "", err
	}
	fingerprint, err := p.fingerprint(functions)
	if err != nil {
		return "", err
	}
	out := p.out()
	if made, err := os.ReadFile(filepath.Join(out, stamp)); err == nil && string(made) == fingerprint {
		return out, nil
	}
	return out, p.synthesize(ctx, out, fingerprint)
}

// arch is how Go calls this machine, which the CDK app understands for arm64 and amd64.
const arch = runtime.GOARCH

func (p Project) bootstrap(function string) string {
	return filepath.Join(p.Root, "build", arch, function, "bootstrap")
}

func (p Project) bin(parts ...string) string {
	return filepath.Join(append([]string{p.State, "bin"}, parts...)...)
}

// command prepares a command in the project's root.
func (p Project) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.Root
	cmd.Env = os.Environ()
	return cmd
}
