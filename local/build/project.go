// Package build builds a service for the local runner: its functions for this machine, and its synthesized template.
// Start with [Project.Synthesize].
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

// Project is a service's module at Root. Intermediate files go to State.
type Project struct {
	Root  string
	State string
	// Stores are the stores of read models besides DynamoDB. The template and the functions are made with them.
	Stores []string
	// Say receives a line for each step that takes long.
	Say io.Writer
}

// Synthesize builds the functions and the CDK app, and runs the app unless its inputs are unchanged since the last
// time. It returns the folder of the template.
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
	out := p.out()
	if made, err := os.ReadFile(filepath.Join(out, stamp)); err == nil {
		if now, err := p.fingerprint(functions, out); err == nil && string(made) == now {
			return out, nil
		}
	}
	return out, p.synthesize(ctx, out, functions)
}

// arch is this machine's GOARCH. The CDK app understands arm64 and amd64.
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
