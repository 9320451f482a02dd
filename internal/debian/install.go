// Package debian installs what the project's tools need, where that may be done without asking.
package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// ErrAsk says that nothing is installed here without asking: this is no Debian system, or not its root.
var ErrAsk = errors.New("nothing is installed here without asking")

// Install installs a package with apt-get, and tells say of it; what names what is missing, for people.
//
// Errors: [ErrAsk]; apt-get's, with the last line that it said.
func Install(ctx context.Context, say io.Writer, what, pkg string) error {
	if _, err := exec.LookPath("apt-get"); err != nil || os.Getuid() != 0 {
		return ErrAsk
	}
	fmt.Fprintf(say, "%s is missing: installing %s with apt-get\n", what, pkg)
	for _, args := range [][]string{{"update", "-q"}, {"install", "-qy", "--no-install-recommends", pkg}} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has something to put in order
		if out, err := cmd.CombinedOutput(); err != nil {
			out = bytes.TrimSpace(out)
			return fmt.Errorf("`apt-get %s` failed while installing %s (%w): %s", args[0], what, err, out[bytes.LastIndexByte(out, '\n')+1:])
		}
	}
	return nil
}
