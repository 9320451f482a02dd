package annalshttp

import (
	"context"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// session is one read model as one request sees it. It tells how far the read model has come.
type session interface {
	// Name is the projection that is read, "" if it is several.
	Name() string
	Reads(streamType string) bool
	// Progress returns how far the read model has come with a stream, and whether it shows a version.
	Progress(ctx context.Context, v es.StreamVersion) (projection.Progressed, error)
}

// late is a stream that a read model does not show at the version wanted.
type late struct {
	es.StreamVersion
	parked   bool      // it does not come by itself
	recorded time.Time // when the stream's last commit was
}

func (l late) isParked() bool { return l.parked }

const (
	firstPause   = 20 * time.Millisecond
	longestPause = 250 * time.Millisecond
	// margin is what a wait leaves of a request's time, for its answer.
	margin = 2 * time.Second
)

// await waits until a read model shows what is wanted, and returns the streams that it does not show at the end. One
// that is parked ends the wait.
//
// Errors: those of Progress; the context's.
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

// stillMissing are those of the streams that a read model does not show now.
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
