package projection

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Waiting is a stream that is parked in a generation.
type Waiting struct {
	Projection string     `json:"projection"`
	Generation Generation `json:"generation"`
	ParkedStream
}

// Parked yields the parked streams in the named projections or, if none is named, in all.
//
// Errors: [UnknownProjectionError]; those of the catalog and the views.
func (e *Engine) Parked(ctx context.Context, projections ...string) iter.Seq2[Waiting, error] {
	return func(yield func(Waiting, error) bool) {
		if err := e.known(projections); err != nil {
			yield(Waiting{}, err)
			return
		}
		targets, err := e.listed(ctx)
		if err != nil {
			yield(Waiting{}, err)
			return
		}
		for _, t := range slices.Concat(targets...) {
			if !isAmong(&t, projections) {
				continue
			}
			for p, err := range t.sub.View.Parked(ctx, t.Generation) {
				if !yield(Waiting{t.sub.name(), t.Generation, p}, err) || err != nil {
					return
				}
			}
		}
	}
}

// Retry retries all parked streams in the named projections or, if none is named, in all, and returns how many it
// tried.
//
// Errors: [UnknownProjectionError]; the first error of the catalog or the views. A stream that fails again is parked
// again; that is no error. If there is no other error, an [OutageError] for each projection that was left out.
func (e *Engine) Retry(ctx context.Context, projections ...string) (int, error) {
	if err := e.known(projections); err != nil {
		return 0, err
	}
	targets, err := e.targets(ctx)
	if err != nil {
		return 0, err
	}
	b := e.newBatch(nil)
	tried := map[string]bool{} // a stream may be parked in several generations
	var left outages
	for _, t := range slices.Concat(targets...) {
		if t.fold == nil || !isAmong(&t, projections) {
			continue
		}
		if t.outage != nil {
			if t.Status == Serving {
				left = append(left, &OutageError{t.sub.name(), *t.outage})
			}
			continue
		}
		parked, err := parkedIn(ctx, t.sub.View, t.Generation)
		if err != nil {
			return len(tried), fmt.Errorf("%s: %w", &t, err)
		}
		for stream := range parked {
			tried[t.sub.name()+" "+stream.String()] = true
		}
		b.each(&t, slices.Collect(maps.Keys(parked)), func(stream es.StreamID) error {
			return b.level(ctx, &t, stream, mode{level: true, retry: true})
		})
	}
	left = append(left, b.noteOutages(ctx)...)
	b.notify(ctx)
	for stream, err := range b.failed {
		return len(tried), fmt.Errorf("retry %s: %w", stream, err)
	}
	return len(tried), left.err()
}
