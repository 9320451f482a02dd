package projection

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// Change says that a projection's rows of a stream now show a version.
type Change struct {
	Projection string
	Stream     es.StreamID
	Version    int64
	// Owner is who created the stream: the actor of its first commit, empty if the commit names none.
	Owner string
	// Topics is what else the change is about, "customer/ALFKI", as the projection says.
	Topics []string
}

// Notifier is told of changes after they are stored. It is best effort: it neither fails nor blocks for long.
type Notifier interface {
	Notify(ctx context.Context, changes []Change)
}
