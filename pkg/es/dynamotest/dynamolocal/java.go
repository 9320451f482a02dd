package dynamolocal

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"

	"github.com/annals-es/annals/internal/debian"
)

// EnsureJava makes sure that a Java runtime answers. Where it is missing and may be installed (root on a Debian system)
// it is, and say is told so; elsewhere the error names the command to run.
func EnsureJava(ctx context.Context, say io.Writer) error {
	if _, err := exec.LookPath("java"); err == nil && (runtime.GOOS != "darwin" || javaAnswers(ctx) == nil) {
		return nil
	}
	switch err := debian.Install(ctx, say, "Java", "default-jre-headless"); {
	case errors.Is(err, debian.ErrAsk):
		return errJava
	case err != nil:
		return err
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
