package projection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Report says what a verification compared.
type Report struct {
	// Streams is how many streams have a checkpoint that is level with the event store; Compared of how many of them the
	// state and all rows were compared with a plain fold.
	Streams  int `json:"streams"`
	Compared int `json:"compared"`
	// Counters is how many shared rows were compared with the sum over all streams; Busy how many could not be, because they
	// changed all the time.
	Counters int `json:"counters"`
	Busy     int `json:"busy"`
	// Parked is how many streams are parked; all of them are so in the serving generation too.
	Parked int `json:"parked"`
}

// VerificationError says in what a generation differs from a plain fold of the events.
type VerificationError struct {
	Projection string
	Generation Generation
	// Differences are the first of them, for people.
	Differences []string
	// Count is how many there are.
	Count int
}

// maxDifferences is how many differences an error names.
const maxDifferences = 20

func (e *VerificationError) Error() string {
	return fmt.Sprintf("generation %d of projection %s differs from its events in %d places: %s",
		e.Generation, e.Projection, e.Count, strings.Join(e.Differences, "; "))
}

const (
	// verifyAttempts is how often the whole is compared before a difference counts: live writes make passing ones.
	verifyAttempts = 3
	// levelAttempts is how often streams are looked at again that were appended to just now, at growing intervals.
	levelAttempts = 8
	// healAttempt is after which of these looks they are brought level, where that is wanted: the projector has much to do.
	healAttempt = 2
	levelPause  = 50 * time.Millisecond
)

// verify compares a generation with a plain fold of the events. With heals, it brings streams level first that are behind.
//
// Errors: [VerificationError].
func (r *Rebuilder) verify(ctx context.Context, t *target, heals bool) (Report, error) {
	for attempt := 1; ; attempt++ {
		v := &verification{rebuilder: r, target: t, heals: heals}
		err := v.run(ctx)
		var differs *VerificationError
		if attempt < verifyAttempts && errors.As(err, &differs) {
			continue
		}
		return v.report, err
	}
}

// Verify compares a generation with a plain fold of the events, and changes nothing.
//
// Errors: [VerificationError], [ErrNoGeneration], [ErrNotRebuilt]; those of the store, the view, the catalog.
func (r *Rebuilder) Verify(ctx context.Context, projection string, g Generation) (Report, error) {
	t, err := r.target(ctx, projection, g)
	if err != nil {
		return Report{}, err
	}
	return r.verify(ctx, t, false)
}

// parkedIn lists the streams that wait in a generation.
func parkedIn(ctx context.Context, v View, g Generation) (map[es.StreamID]bool, error) {
	parked := map[es.StreamID]bool{}
	for p, err := range v.Parked(ctx, g) {
		if err != nil {
			return nil, fmt.Errorf("parked streams: %w", err)
		}
		parked[p.Stream] = true
	}
	return parked, nil
}
