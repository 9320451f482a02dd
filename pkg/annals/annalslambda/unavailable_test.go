package annalslambda

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// TestUnavailable: a store or system that can't answer is told from a mistake, however the error is wrapped.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		fmt.Errorf("sales: %w: connection refused", es.ErrUnavailable), fmt.Errorf("rate: %w", annals.ErrUnavailable),
	} {
		if !unavailable(err) {
			t.Errorf("%v is not unavailable", err)
		}
	}
	for _, err := range []error{errors.New("a mistake"), context.Canceled} {
		if unavailable(err) {
			t.Errorf("%v is unavailable", err)
		}
	}
}
