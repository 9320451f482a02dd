package dynamolocal

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
)

// CheckJava returns an error with the command that installs Java, unless a Java runtime is installed.
func CheckJava(ctx context.Context) error {
	if _, err := exec.LookPath("java"); err != nil {
		return errJava
	}
	// macOS has a stub `java` that only reports that Java is missing.
	if runtime.GOOS == "darwin" && exec.CommandContext(ctx, "java", "-version").Run() != nil {
		return errJava
	}
	return nil
}

var errJava = errors.New("Java is missing, and DynamoDB Local needs it: " +
	"run `sudo apt-get install default-jre-headless` or `brew install openjdk`")
