package annalshttp

import (
	"context"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// session is one request's view of one read model. It reports the read model's progress.
type session interface {
	// Name returns the name of the projection, "" if the session reads several.
	Name() string
	// Reads reports whether the projection reads streams of a type.
	Reads(streamType string) bool
	// Progress returns up to which version the read model has applied a stream, and whether it shows v.
	Progress(ctx context.Context, v es.StreamVersion) (projection.Progressed, error)
}

// late is a stream that a read model does not show at the requested version yet.
type late struct {
	es.StreamVersion
	parked   bool      // the projection could not apply it: it stays late until it is repaired
	recorded time.Time // when the stream's last commit was recorded
}

func (l late) isParked() bool { return l.parked }

const (
	firstPause   = 20 * time.Millisecond
	longestPause = 250 * time.Millisecond
	// margin is the part of the request's remaining time that a wait leaves for writing the answer.
	margin = 2 * time.Second
)

// await waits until a read model shows the requested versions. It returns the streams that are still late when the wait
// ends. A parked stream ends the wait at once.
//
// Errors: those of Progress; those of the context.
func (w awaited) await(ctx context.Context, p session) ([]late, error) {
	wait := w.wait
	if deadline, limited := ctx.Deadline(); limited {
		wait = min(wait, time.Until(deadline)-margin)
	}
	end := time.Now().Add(wait)
	var missing []late
	for _, v := range w.streams {
		if p.Reads(v.Stream.Type) {
			missing = append(missing, late{StreamVersion: v})
		}
	}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		var err error
		missing, err = stillMissing(ctx, p, missing)
		left := time.Until(end)
		if err != nil || len(missing) == 0 || left <= 0 || slices.ContainsFunc(missing, late.isParked) {
			return missing, err
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return nil, err
		}
	}
}

// stillMissing returns the streams among missing that the read model still does not show.
func stillMissing(ctx context.Context, p session, missing []late) ([]late, error) {
	var still []late
	for _, l := range missing {
		at, err := p.Progress(ctx, l.StreamVersion)
		if err != nil {
			return nil, err
		}
		if !at.Shows {
			l.parked = at.Parked != nil
			still = append(still, l)
		}
	}
	return still, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
