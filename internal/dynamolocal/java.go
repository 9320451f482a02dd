package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// EnsureJava makes sure that a Java runtime answers. Where it is missing and may be installed (root on a Debian system)
// it is, and say is told so; elsewhere the error names the command to run.
func EnsureJava(ctx context.Context, say io.Writer) error {
	if _, err := exec.LookPath("java"); err == nil && (runtime.GOOS != "darwin" || javaAnswers(ctx) == nil) {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Getuid() != 0 {
		return errJava
	}
	fmt.Fprintln(say, "Java is missing: installing default-jre-headless with apt-get")
	for _, args := range [][]string{{"update", "-q"}, {"install", "-qy", "--no-install-recommends", "default-jre-headless"}} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has something to put in order
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("`apt-get %s` failed while installing Java (%w): %s", args[0], err, lastLine(out))
		}
	}
	return javaAnswers(ctx)
}

var errJava = errors.New("Java is missing, and DynamoDB Local needs it: run `sudo apt-get install default-jre-headless` or `brew install openjdk`")

// javaAnswers runs Java, because macOS ships a `java` that only says that there is none.
func javaAnswers(ctx context.Context) error {
	if exec.CommandContext(ctx, "java", "-version").Run() != nil {
		return errJava
	}
	return nil
}
