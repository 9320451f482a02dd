package debian

import (
	"context"
	"errors"
	"io"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// EnsureJava makes sure that a Java runtime answers. Where it is missing and may be installed (root on a Debian system)
// it is, and say is told so; elsewhere the error names the command to run.
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
