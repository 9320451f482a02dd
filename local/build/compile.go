package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// tags are the build tags for functions. With a store's tag, functions have its driver.
func (p Project) tags() []string { return append([]string{"lambda.norpc"}, p.Stores...) }

// flags are the same as BUILD_FLAGS in the Makefile.
func (p Project) flags() []string {
	return []string{"-tags", strings.Join(p.tags(), ","), "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}
}

// buildFunctions builds all functions with the flags of a deployment, and puts each at
// build/<arch>/<function>/bootstrap. One go build for all compiles shared packages once.
func (p Project) buildFunctions(ctx context.Context, functions []string) error {
	dir := p.bin(arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, p.flags()...)
	for _, f := range functions {
		args = append(args, "./functions/"+f)
	}
	cmd := p.command(ctx, "go", args...)
	cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	if err := p.run(ctx, cmd, "building the functions", "build-functions.log"); err != nil {
		return err
	}
	for _, f := range functions {
		if err := place(filepath.Join(dir, f), p.bootstrap(f)); err != nil {
			return err
		}
	}
	return nil
}

// place copies a file, unless the destination has the same content. The original stays, because Go does not link a
// program again if its output is up to date.
func place(from, to string) error {
	made, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if there, err := os.ReadFile(to); err == nil && bytes.Equal(made, there) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*") // another run may place the same file now
	if err != nil {
		return err
	}
	_, err = fresh.Write(made)
	if err = errors.Join(err, fresh.Chmod(0o755), fresh.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return os.Rename(fresh.Name(), to)
}

// buildApp builds the CDK app. The hash of the binary shows whether the app's code has changed.
func (p Project) buildApp(ctx context.Context) error {
	if err := os.MkdirAll(p.bin(), 0o755); err != nil {
		return err
	}
	cmd := p.command(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o",
		p.bin("infra"), "./infra")
	return p.run(ctx, cmd, "building the CDK app", "build-infra.log")
}
