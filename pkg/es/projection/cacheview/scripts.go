package cacheview

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Each call is one script, which the server runs as a whole, before or after all others. The scripts access no keys but
// those that they are given, so they run in a cluster.
var (
	//go:embed lua/generation.lua
	generationSource string
	//go:embed lua/decimal.lua
	decimalSource string
	//go:embed lua/prepare.lua
	prepareSource string
	//go:embed lua/drop.lua
	dropSource string
	//go:embed lua/read.lua
	readSource string
	//go:embed lua/rows.lua
	rowsSource string
	//go:embed lua/page.lua
	pageSource string
	//go:embed lua/seen.lua
	seenSource string
	//go:embed lua/save.lua
	saveSource string

	prepareScript = redis.NewScript(generationSource + prepareSource)
	dropScript    = redis.NewScript(dropSource)
	readScript    = redis.NewScript(generationSource + readSource)
	rowsScript    = redis.NewScript(generationSource + rowsSource)
	pageScript    = redis.NewScript(generationSource + pageSource)
	seenScript    = redis.NewScript(generationSource + seenSource)
	saveScript    = redis.NewScript(generationSource + decimalSource + saveSource)
)

var errDropped = errors.New("the generation was dropped: it can't be prepared again")

// run runs a script on a generation, and returns its elements, if it has any.
//
// Errors: [projection.ErrLost], [projection.ErrStale], [projection.ErrTooLarge], [es.ErrUnavailable].
func (v *View) run(
	ctx context.Context, g projection.Generation, script *redis.Script, args ...any,
) ([]any, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// EVALSHA always goes to the primary: the client takes it for a write.
	reply, err := script.Run(ctx, v.client, append(v.keys(g), v.key(g, "dropped")), args...).Result()
	if err != nil {
		err = fault(ctx, err)
	}
	elements, _ := reply.([]any)
	switch reply {
	case "lost":
		err = projection.ErrLost
	case "stale":
		err = projection.ErrStale
	case "large":
		err = fmt.Errorf("%w: the sum of a counter has too many digits, or its row more than %d bytes",
			projection.ErrTooLarge, limits.MaxItemBytes)
	case "dropped":
		err = errDropped
	}
	if err != nil {
		return nil, fmt.Errorf("projection %s, generation %d: %w", v.name, g, err)
	}
	return elements, nil
}

// fault is what an error of the client means for the engine. Everything that no other call can avoid is an outage of
// this store: a server that can't be reached, loads its data, is no primary, or is out of memory, and a key that
// something else has written. What the context's own end caused is no outage.
func fault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// A connection whose time is over may be faster than the context.
	if deadline, is := ctx.Deadline(); is && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}
