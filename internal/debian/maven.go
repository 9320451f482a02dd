package debian

import (
	"context"
	"errors"
	"io"

	"github.com/annals-es/annals/local/opensearch"
)

// EnsureMaven checks that Maven is installed. If it is not, it installs it as root on Debian, and writes one line about
// it to say. Elsewhere it returns an error that names the command to run.
func EnsureMaven(ctx context.Context, say io.Writer) error {
	missing := opensearch.CheckMaven()
	if missing == nil {
		return nil
	}
	switch err := Install(ctx, say, "Maven", "maven"); {
	case errors.Is(err, ErrAsk):
		return missing
	case err != nil:
		return err
	}
	return opensearch.CheckMaven()
}
