package debian

import (
	"context"
	"errors"
	"io"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// EnsureJava checks that a Java runtime works. If there is none, it installs one as root on Debian, and writes one line
// about it to say. Elsewhere it returns an error that names the command to run.
func EnsureJava(ctx context.Context, say io.Writer) error {
	missing := dynamolocal.CheckJava(ctx)
	if missing == nil {
		return nil
	}
	switch err := Install(ctx, say, "Java", "default-jre-headless"); {
	case errors.Is(err, ErrAsk):
		return missing
	case err != nil:
		return err
	}
	return dynamolocal.CheckJava(ctx)
}
