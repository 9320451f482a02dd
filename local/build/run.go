package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// slow is how long a step may take before it is announced.
const slow = 1500 * time.Millisecond

// run runs a step. If it fails, the error has the line that says why, and a log file has the whole output.
func (p Project) run(ctx context.Context, cmd *exec.Cmd, doing, log string) error {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = time.Second
	announce := time.AfterFunc(slow, func() { fmt.Fprintln(p.Say, doing+" …") })
	err := cmd.Run()
	announce.Stop()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	if output.Len() == 0 {
		return fmt.Errorf("%s failed: %w", doing, err)
	}
	file := filepath.Join(p.State, log)
	if err := os.WriteFile(file, output.Bytes(), 0o644); err != nil {
		return err
	}
	if short, err := filepath.Rel(p.Root, file); err == nil {
		file = short
	}
	return fmt.Errorf("%s failed: %s (whole output: %s)", doing, reason(output.String()), file)
}

// reason picks the line that most likely explains the failure: the first that is neither a header of the go command nor
// part of a stack trace.
func reason(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, start := range []string{"infra: ", "panic: "} {
		for _, line := range lines {
			if strings.HasPrefix(line, start) {
				return strings.TrimSpace(line)
			}
		}
	}
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") &&
			!strings.HasPrefix(line, "go: downloading ") {
			return line
		}
	}
	return lines[0]
}
