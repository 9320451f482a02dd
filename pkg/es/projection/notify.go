package projection

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// Change reports that a projection's rows of a stream now show a version.
type Change struct {
	Projection string
	Stream     es.StreamID
	Version    int64
	// Owner is the actor of the stream's first commit: who created the stream. Empty if that commit names none.
	Owner string
	// Topics are further subjects of the change, such as "customer/ALFKI": see [Topics].
	Topics []string
}

// Notifier is told of changes after they are stored. Delivery is best effort: it returns no error and must not block
// for long.
type Notifier interface {
	Notify(ctx context.Context, changes []Change)
}
