package annalslambda

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/projection"
)

// RebuildRequest is the state machine's request to the rebuilder.
type RebuildRequest struct {
	// Task names a step of a rebuild: see [projection.Rebuilder.Advance].
	Task string `json:"task"`
	// Segments is into how many parts the history is divided. 0 is the default.
	Segments int              `json:"segments"`
	Stage    projection.Stage `json:"stage"`
}

// RefusalError is a permanent error: a retry fails again. The state machine recognizes it by its name and does not
// retry.
type RefusalError struct{ Err error }

func (e *RefusalError) Error() string { return e.Err.Error() }
func (e *RefusalError) Unwrap() error { return e.Err }

// rebuildMargin is how long before its deadline an invocation of the rebuilder stops, so that the next one continues.
// It is long because a step may have to wait for streams that are behind.
const rebuildMargin = 30 * time.Second

// Rebuilder returns the handler that takes the rebuild of a read model from one stage to the next. It needs
// [annalsaws.RebuilderTables].
//
// Errors: those of [annals.Service.Open]. The handler returns a [RefusalError] for a permanent error; its other errors
// may be transient.
func (d Deployment) Rebuilder() (func(context.Context, RebuildRequest) (projection.Stage, error), error) {
	o, err := d.openReadModels()
	if err != nil {
		return nil, err
	}
	cfg := d.engine(d.CatchUps)
	cfg.DeadlineMargin = rebuildMargin
	engine := projection.NewEngine(o.store, o.catalog, cfg, o.Subscriptions...)
	return func(ctx context.Context, in RebuildRequest) (projection.Stage, error) {
		r := projection.NewRebuilder(engine, o.store, projection.RebuildConfig{Segments: in.Segments, Log: d.Log})
		out, err := r.Advance(ctx, in.Task, in.Stage)
		if err == nil {
			return out, nil
		}
		d.Log.LogAttrs(ctx, slog.LevelError, "a step of a rebuild failed", slog.String("task", in.Task),
			slog.String("projection", in.Stage.Projection), slog.Int("generation", int(in.Stage.Generation)),
			slog.String("error", annalshttp.Describe(err)))
		if final(err) {
			err = &RefusalError{err}
		}
		return out, err
	}, nil
}

// final tells whether an error is permanent. That the code is too old is not: a deployment may replace it.
func final(err error) bool {
	var differs *projection.VerificationError
	return errors.As(err, &differs) || errors.Is(err, projection.ErrNotRebuilt)
}
