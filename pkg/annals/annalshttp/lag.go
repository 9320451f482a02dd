package annalshttp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// events is the part of the event store that this package reads.
type events interface {
	es.Reader
	// Head returns the current head of a stream. See [es.Loader].
	Head(ctx context.Context, stream es.StreamID) (es.Head, error)
}

const (
	// usualLag is the longest time that a commit takes to reach the read models in normal operation. Mostly it takes
	// milliseconds.
	usualLag = 2 * time.Second
	// maxEnqueue is how long enqueuing catch-up jobs may delay an answer.
	maxEnqueue = time.Second

	retrySoon = 1 // seconds, as Retry-After has them
	retryLate = 30
)

// stored checks that the wanted versions exist in the event store, and sets when each stream's last commit was
// recorded.
//
// Errors: [es.NotFoundError]; [Problem] for a version that does not exist; those of the event store.
func (e *edge) stored(ctx context.Context, wanted []late) error {
	for i := range wanted {
		l := &wanted[i]
		head, err := e.events.Head(ctx, l.Stream)
		switch {
		case err != nil:
			return err
		case head.Version() == 0:
			return &es.NotFoundError{Stream: l.Stream}
		case head.Version() < l.Version:
			return newProblem(http.StatusBadRequest, "no-such-version",
				fmt.Sprintf("%s does not exist: the stream is at version %d", l.StreamVersion, head.Version()))
		}
		l.recorded = head.At()
	}
	return nil
}

// unprojected is for a stream that had no row in a read model. It returns the stream if the read model still does not
// show its head; nil if the read model has caught up.
//
// Errors: [es.NotFoundError] if the stream has no events; those of the event store and of Progress.
func (e *edge) unprojected(ctx context.Context, p session, stream es.StreamID) ([]late, error) {
	head, err := e.events.Head(ctx, stream)
	if err != nil {
		return nil, err
	}
	if head.Version() == 0 {
		return nil, &es.NotFoundError{Stream: stream}
	}
	whole := late{StreamVersion: es.StreamVersion{Stream: stream, Version: head.Version()}, recorded: head.At()}
	return stillMissing(ctx, p, []late{whole})
}

// lagging returns the answer for a read model that does not show the awaited versions. It also enqueues catch-up jobs:
// for streams that the request waited for in vain, and for streams whose last commit is older than usualLag, which the
// projector must have missed. A parked stream gets no job: an operator has to repair it.
func (e *edge) lagging(ctx context.Context, model string, p session, w awaited, missing []late) *Problem {
	var jobs []projection.Job
	for _, l := range missing {
		if !l.parked && (w.wait > 0 || e.cfg.Now().Sub(l.recorded) > usualLag) {
			jobs = append(jobs, projection.Job{Task: projection.CatchUp, Projection: p.Name(), Stream: l.Stream})
		}
	}
	e.catchUp(ctx, jobs)
	out := newProblem(http.StatusAccepted, "not-yet-projected",
		fmt.Sprintf("%s is stored, but read model %s does not show it yet: repeat the request", missing[0].StreamVersion,
			model))
	out.retryAfter = retrySoon
	if i := slices.IndexFunc(missing, late.isParked); i >= 0 {
		out = newProblem(http.StatusAccepted, "parked",
			fmt.Sprintf("%s is stored, but read model %s could not apply this stream: it shows it only after a repair",
				missing[i].StreamVersion, model))
		out.retryAfter = retryLate
	}
	out.applied = w.applied
	return out
}

// catchUp enqueues catch-up jobs. If that fails or takes longer than maxEnqueue, it logs a warning.
func (e *edge) catchUp(ctx context.Context, jobs []projection.Job) {
	if e.cfg.Queue == nil || len(jobs) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, maxEnqueue)
	defer cancel()
	if err := e.cfg.Queue.Enqueue(bounded, 0, jobs...); err != nil {
		e.log(ctx, slog.LevelWarn, "catch-up was not enqueued", err)
	}
}
