package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/projection"
)

// RebuildRequest is the request of the state machine of rebuilds to the rebuilder.
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

// Rebuilder returns what takes the rebuild of a read model from one stage to the next. It needs
// [annalsaws.RebuilderTables].
//
// Errors: those of [annals.Service.Open]. The function returns a [RefusalError] for a permanent error; its other errors
// may be transient.
func (d Deployment) Rebuilder() (func(context.Context, RebuildRequest) (projection.Stage, error), error) {
	o, engine, err := d.rebuilds()
	if err != nil {
		return nil, err
	}
	return d.rebuild(o, engine), nil
}

// RebuilderHandler returns the handler of the rebuilder function. It serves two state machines: with
// [Deployment.Rebuilder] and, if it gets a [ForgetRequest], with [Deployment.Forgetter]. It also does the tasks of
// operators' tools, see package ask.
//
// Errors: those of Rebuilder.
func (d Deployment) RebuilderHandler() (func(context.Context, json.RawMessage) (any, error), error) {
	o, engine, err := d.rebuilds()
	if err != nil {
		return nil, err
	}
	rebuild, forget := d.rebuild(o, engine), d.forget(o, engine)
	asked := d.forgetTasks(o).on(d.Tables.Of(annalsaws.Events))
	return asked.or(d.Log, func(ctx context.Context, payload json.RawMessage) (any, error) {
		var in struct {
			RebuildRequest
			ForgetRequest
		}
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, &RefusalError{fmt.Errorf("read the request: %w", err)}
		}
		if in.Subject != "" {
			return forget(ctx, in.ForgetRequest)
		}
		return rebuild(ctx, in.RebuildRequest)
	}), nil
}

func (d Deployment) rebuilds() (*opened, *projection.Engine, error) {
	o, err := d.openReadModels()
	if err != nil {
		return nil, nil, err
	}
	cfg := d.engine(d.CatchUps)
	cfg.DeadlineMargin = rebuildMargin
	return o, projection.NewEngine(o.store, o.catalog, cfg, o.Subscriptions...), nil
}

func (d Deployment) rebuild(
	o *opened, engine *projection.Engine,
) func(context.Context, RebuildRequest) (projection.Stage, error) {
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
	}
}

// final tells whether an error is permanent. That the code is too old is not: a deployment may replace it.
func final(err error) bool {
	var differs *projection.VerificationError
	return errors.As(err, &differs) || errors.Is(err, projection.ErrNotRebuilt)
}
