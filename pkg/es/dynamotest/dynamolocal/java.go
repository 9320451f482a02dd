package dynamolocal

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
)

// CheckJava returns an error that names the command to run unless there is a Java runtime that answers.
func CheckJava(ctx context.Context) error {
	if _, err := exec.LookPath("java"); err != nil {
		return errJava
	}
	// macOS ships a `java` that only says that there is none.
	if runtime.GOOS == "darwin" && exec.CommandContext(ctx, "java", "-version").Run() != nil {
		return errJava
	}
	return nil
}

var errJava = errors.New("Java is missing, and DynamoDB Local needs it: run `sudo apt-get install default-jre-headless` or `brew install openjdk`")
