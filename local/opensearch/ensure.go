package opensearch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/annals-es/annals/local/child"
)

// Ensure fetches OpenSearch into dir with Maven, unless it is already there; another version of it is replaced. Several
// processes may call it concurrently.
//
// Errors: one that names the command to run, if Maven is missing; Maven's own reason.
func Ensure(ctx context.Context, dir string) error {
	if Brought(dir) {
		return nil
	}
	if err := CheckMaven(); err != nil {
		return err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	if err := fetch(ctx, partial); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove another version of OpenSearch: %w", err)
	}
	// Rename, so that dir is never partial. If another process was faster, use its copy.
	if err := os.Rename(partial, dir); err != nil && !Brought(dir) {
		return fmt.Errorf("cannot move OpenSearch to %s: remove it and try again: %w", dir, err)
	}
	return nil
}

// fetch has Maven compile the program, and copy the jars.
func fetch(ctx context.Context, dir string) error {
	for _, name := range sourceNames {
		if err := os.WriteFile(filepath.Join(dir, name), source(name), 0o644); err != nil {
			return err
		}
	}
	// -U: Maven remembers that a download failed, and would not try it again.
	cmd := exec.CommandContext(ctx, "mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "-U",
		"compiler:compile", "dependency:copy-dependencies")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fetch OpenSearch: `%s` failed (%w): %s", strings.Join(cmd.Args, " "), err, reason(string(out)))
	}
	for _, name := range []string{"classes/Local.class", "lib"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("fetch OpenSearch: Maven did not create it: %w", err)
		}
	}
	return nil
}

// reason returns the first error that Maven printed; what follows it is advice. Without one it is the last line.
func reason(out string) string {
	if _, text, ok := strings.Cut(out, "[ERROR] "); ok {
		line, _, _ := strings.Cut(text, "\n")
		return line
	}
	return child.LastLine(out)
}
