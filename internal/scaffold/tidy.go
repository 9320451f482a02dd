package scaffold

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Tidy completes the go.mod and the go.sum of a module: it runs `go mod tidy` there, which asks the module proxy for
// what the cache of modules lacks.
//
// Errors: what the go command said.
func Tidy(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(said)), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "go: downloading ") || strings.HasPrefix(line, "go: finding ")
	})
	if len(lines) > 4 {
		lines = append(lines[:4], "…")
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return fmt.Errorf("go mod tidy failed (%w): %s", err, strings.Join(lines, " "))
}
