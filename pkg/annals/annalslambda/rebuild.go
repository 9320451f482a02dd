package annalslambda

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/projection"
)

// RebuildRequest is what the state machine asks the rebuilder for.
type RebuildRequest struct {
	// Task is one of the stages that [projection.Rebuilder.Advance] knows.
	Task string `json:"task"`
	// Segments is into how many parts the history is divided, 0 = the default.
	Segments int              `json:"segments"`
	Stage    projection.Stage `json:"stage"`
}

// RefusalError is an error that trying again does not mend. The state machine knows it by its name, and does not.
type RefusalError struct{ Err error }

func (e *RefusalError) Error() string { return e.Err.Error() }
func (e *RefusalError) Unwrap() error { return e.Err }

// rebuildMargin is how long before its end an invocation of the rebuilder stops and hands on: it may have to wait for
// streams that are not level.
const rebuildMargin = 30 * time.Second

// Rebuilder returns what takes the rebuild of a read model from one stage to the next. It needs
// [annalsaws.RebuilderTables].
//
// Errors: those of [annals.Service.Open]. Those of the handler: [RefusalError]; others may pass.
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
		d.Log.LogAttrs(ctx, slog.LevelError, "a rebuild does not go on", slog.String("task", in.Task),
			slog.String("projection", in.Stage.Projection), slog.Int("generation", int(in.Stage.Generation)),
			slog.String("error", annalshttp.Describe(err)))
		if final(err) {
			err = &RefusalError{err}
		}
		return out, err
	}, nil
}

// final errors are the same next time. Code that is too old may be replaced in a minute.
func final(err error) bool {
	var differs *projection.VerificationError
	return errors.As(err, &differs) || errors.Is(err, projection.ErrNotRebuilt)
}
