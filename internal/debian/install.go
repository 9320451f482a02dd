// Package debian installs packages that the project's tools need, if this is Debian and the process is root. Start with
// [Install], or with the function for a tool, such as [EnsureJava].
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

// ErrAsk says that a package was not installed: there is no apt-get, or the process is not root. The user has to do it.
var ErrAsk = errors.New("can't install packages: only root on Debian can")

// Install installs a package with apt-get, and writes one line about it to say. what is the name of the missing tool in
// messages.
//
// Errors: [ErrAsk]; the failure of apt-get, with the last line of its output.
func Install(ctx context.Context, say io.Writer, what, pkg string) error {
	if !able() {
		return ErrAsk
	}
	fmt.Fprintf(say, "%s is missing: installing %s with apt-get\n", what, pkg)
	for _, args := range [][]string{{"update", "-q"}, {"install", "-qy", "--no-install-recommends", pkg}} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // not a kill: apt-get must clean up
		if out, err := cmd.CombinedOutput(); err != nil {
			out = bytes.TrimSpace(out)
			return fmt.Errorf("`apt-get %s` failed while installing %s (%w): %s",
				args[0], what, err, out[bytes.LastIndexByte(out, '\n')+1:])
		}
	}
	return nil
}

// able reports whether Install can install packages.
func able() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Getuid() == 0
}
