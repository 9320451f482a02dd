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

// events is the part of the event store that is read here.
type events interface {
	es.Reader
	// Head looks up where a stream ends now. See [es.Loader].
	Head(ctx context.Context, stream es.StreamID) (es.Head, error)
}

const (
	// usualLag is how long a commit takes at most to reach the read models when nothing is wrong. It is milliseconds,
	// mostly.
	usualLag = 2 * time.Second
	// maxEnqueue is how long asking for a catch-up may hold up an answer.
	maxEnqueue = time.Second

	retrySoon = 1 // seconds, as Retry-After has them
	retryLate = 30
)

// stored looks up whether streams have come to the versions wanted of them, and when they came to where they are.
//
// Errors: [es.NotFoundError]; [Problem] for a version that there is not; those of the event store.
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
				fmt.Sprintf("there is no %s: the stream is at version %d", l.StreamVersion, head.Version()))
		}
		l.recorded = head.At()
	}
	return nil
}

// unprojected is what a read model lacks of a stream that it shows nothing of, nil if that has changed meanwhile.
//
// Errors: [es.NotFoundError] if there is no such stream; those of the event store and of progress.
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

// lagging is the answer for a read model that does not show what is awaited. It asks for the catch-up of the streams
// that were waited for, or whose last commit is so old that it must have been missed; a parked one waits for a repair.
func (e *edge) lagging(ctx context.Context, model string, p session, w awaited, missing []late) *Problem {
	var jobs []projection.Job
	for _, l := range missing {
		if !l.parked && (w.wait > 0 || e.cfg.Now().Sub(l.recorded) > usualLag) {
			jobs = append(jobs, projection.Job{Task: projection.CatchUp, Projection: p.Name(), Stream: l.Stream})
		}
	}
	e.catchUp(ctx, jobs)
	out := newProblem(http.StatusAccepted, "not-yet-projected",
		fmt.Sprintf("%s is stored and on its way to %s: ask again", missing[0].StreamVersion, model))
	out.retryAfter = retrySoon
	if i := slices.IndexFunc(missing, late.isParked); i >= 0 {
		out = newProblem(http.StatusAccepted, "parked",
			fmt.Sprintf("%s is stored, but %s waits for a repair before it can show it", missing[i].StreamVersion,
				model))
		out.retryAfter = retryLate
	}
	out.applied = w.applied
	return out
}

// catchUp asks for catch-ups, as far as that can be done quickly.
func (e *edge) catchUp(ctx context.Context, jobs []projection.Job) {
	if e.cfg.Queue == nil || len(jobs) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, maxEnqueue)
	defer cancel()
	if err := e.cfg.Queue.Enqueue(bounded, 0, jobs...); err != nil {
		e.log(ctx, slog.LevelWarn, "no catch-up was asked for", err)
	}
}
