package build

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
)

// tags are the build tags of functions.
const tags = "lambda.norpc"

// flags are the Makefile's BUILD_FLAGS.
var flags = []string{"-tags", tags, "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// buildFunctions builds all functions at once, so that what they share is compiled once, with the flags of those that are
// deployed, and puts each at build/<arch>/<function>/bootstrap.
func (p Project) buildFunctions(ctx context.Context, functions []string) error {
	dir := p.bin(arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, flags...)
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

// place copies a file, unless the same is there. The original stays, because Go does not link a program again whose
// output is up to date.
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
	if err := os.WriteFile(to+".new", made, 0o755); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

// buildApp builds the CDK app, whose bytes also tell whether anything that it is made of has changed.
func (p Project) buildApp(ctx context.Context) error {
	if err := os.MkdirAll(p.bin(), 0o755); err != nil {
		return err
	}
	cmd := p.command(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p.bin("infra"), "./infra")
	return p.run(ctx, cmd, "building the CDK app", "build-infra.log")
}
