package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// answerTime is how long the projector may take to answer about a read model in another store. It gives up on the
	// store earlier.
	answerTime = 15 * time.Second
	// failedTime is how long the projector is not asked again after it could not answer.
	failedTime = 10 * time.Second
)

// apart is the view of a read model in another store than DynamoDB. This tool has no access to that store: it asks the
// projector. It can only read checkpoints and parked streams.
type apart struct {
	functions *functions.Client
	name      string
	store     annals.Store

	mu     sync.Mutex
	failed error // the last answer, if it was an error
	until  time.Time
}

// ask makes the projector do a task. After an error it returns the same error for a while: a command that looks at many
// streams must not wait for each.
//
// Errors: those of [functions.Client.Ask].
func (v *apart) ask(ctx context.Context, in ask.Request) (*ask.Answer, error) {
	v.mu.Lock()
	failed, until := v.failed, v.until
	v.mu.Unlock()
	if failed != nil && time.Now().Before(until) {
		return nil, failed
	}
	in.Projection = v.name
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	out, err := v.functions.Ask(within, annalsaws.Projector, in)
	if ctx.Err() != nil { // says nothing about the store
		return out, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed, v.until = err, time.Now().Add(failedTime)
	return out, err
}

// Checkpoints implements [projection.View]. The checkpoints have no state, no owner and no slots.
func (v *apart) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	in := ask.Request{Task: ask.Checkpoints, Generation: g}
	for _, s := range streams {
		in.Streams = append(in.Streams, s.String())
	}
	out, err := v.ask(ctx, in)
	if err != nil {
		return nil, err
	}
	all := map[es.StreamID]projection.Checkpoint{}
	for _, s := range streams {
		if c, has := out.Checkpoints[s.String()]; has {
			all[s] = c.Checkpoint()
		}
	}
	return all, nil
}

// Parked implements [projection.View].
func (v *apart) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return func(yield func(projection.ParkedStream, error) bool) {
		in := ask.Request{Task: ask.Parked, Generation: g}
		for more := true; more; {
			out, err := v.ask(ctx, in)
			if err != nil {
				yield(projection.ParkedStream{}, err)
				return
			}
			for _, p := range out.Parked {
				if !yield(p, nil) {
					return
				}
				in.Stream = p.Stream.String()
			}
			more = out.More
		}
	}
}

// refuse returns the error of what this tool can't do with the store.
func (v *apart) refuse() error {
	return fmt.Errorf("read model %s: this tool reads read models in %s through the service alone, and no rows of them",
		v.name, v.store)
}

// MaxWrites implements [projection.View].
func (v *apart) MaxWrites() int { return 3 }

// Save implements [projection.View].
func (v *apart) Save(context.Context, projection.Generation, []projection.CheckpointUpdate, []projection.Write) error {
	return v.refuse()
}

// Append implements [projection.View].
func (v *apart) Append(context.Context, projection.Generation, ...projection.AppendRow) error {
	return v.refuse()
}

// Park implements [projection.View].
func (v *apart) Park(
	context.Context, projection.Generation, es.StreamID, projection.Checkpoint, projection.Parked,
) error {
	return v.refuse()
}

// Seen implements [projection.View].
func (v *apart) Seen(context.Context, projection.Generation, es.StreamID, int64) error {
	return v.refuse()
}

// Rows implements [projection.View].
func (v *apart) Rows(
	context.Context, projection.Generation, ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	return nil, v.refuse()
}

// List implements [projection.View].
func (v *apart) List(
	context.Context, projection.Generation, projection.Listing,
) iter.Seq2[projection.Listed, error] {
	return refused[projection.Listed](v)
}

// Keys implements [projection.View].
func (v *apart) Keys(context.Context, projection.Generation) iter.Seq2[projection.RowKey, error] {
	return refused[projection.RowKey](v)
}

// Drop implements [projection.View].
func (v *apart) Drop(context.Context, projection.Generation) error { return v.refuse() }

func refused[T any](v *apart) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, v.refuse())
	}
}

// readModels are the subscriptions of all read models. Of those that are not chosen, no stream's progress is read: they
// are there because one may replace another.
func readModels(
	d annals.Description, views map[string]projection.View, chosen func(annals.ReadModelDescription) bool,
) []projection.Subscription {
	var all []projection.Subscription
	for _, m := range d.ReadModels {
		if !chosen(m) {
			m.Folds = slices.Clone(m.Folds)
			for i := range m.Folds {
				m.Folds[i].Reads = nil
			}
		}
		all = append(all, m.Subscription(views[m.Name]))
	}
	return all
}

// isApart tells whether an error is of read models in other stores alone.
func isApart(err error) bool { return errors.As(err, new(*inspect.ApartError)) }
