package projection

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// Report is what a verification compared.
type Report struct {
	// Streams is how many streams have an up-to-date checkpoint. Compared is of how many of them the state and all rows
	// were compared with a plain fold.
	Streams  int `json:"streams"`
	Compared int `json:"compared"`
	// Counters is how many shared rows were compared with the sum over all streams. Busy is how many could not be
	// compared, because they kept changing.
	Counters int `json:"counters"`
	Busy     int `json:"busy"`
	// Parked is how many streams are parked. All of them are parked in the serving generation too, unless that is lost.
	Parked int `json:"parked"`
}

// VerificationError reports where a generation differs from a plain fold of the events.
type VerificationError struct {
	Projection string
	Generation Generation
	// Differences describe the first of them, for people.
	Differences []string
	// Count is how many there are.
	Count int
}

// maxDifferences is how many differences an error describes.
const maxDifferences = 20

func (e *VerificationError) Error() string {
	return fmt.Sprintf("generation %d of projection %s differs from its events in %d places: %s",
		e.Generation, e.Projection, e.Count, strings.Join(e.Differences, "; "))
}

// verifyAttempts is how often the comparison is repeated before a difference counts: live writes cause transient ones.
const verifyAttempts = 3

// verify compares a generation with a plain fold of the events, in this process. With heals, it first catches up
// streams that are behind.
//
// Errors: [VerificationError].
func (r *Rebuilder) verify(ctx context.Context, t *target, heals bool) (Report, error) {
	for attempt := 1; ; attempt++ {
		report, err := r.verifyOnce(ctx, t, heals)
		var differs *VerificationError
		if attempt < verifyAttempts && errors.As(err, &differs) {
			continue
		}
		return report, err
	}
}

func (r *Rebuilder) verifyOnce(ctx context.Context, t *target, heals bool) (Report, error) {
	s, err := r.survey(ctx, t)
	if err != nil {
		return Report{}, err
	}
	v := &verification{rebuilder: r, target: t, survey: s, heals: heals}
	all, err := v.all(ctx)
	if err != nil {
		return Report{}, err
	}
	return v.conclude(ctx, all)
}

// level catches up the streams that are behind in a generation.
//
// Errors: [VerificationError] if one can't be caught up.
func (r *Rebuilder) level(ctx context.Context, t *target) error {
	v := &verification{rebuilder: r, target: t, survey: survey{Segments: r.cfg.Segments}, heals: true, levelOnly: true}
	all, err := v.all(ctx)
	if err != nil {
		return err
	}
	_, err = v.total(all)
	return err
}

// Verify compares a generation with a plain fold of the events. It changes nothing.
//
// Errors: [VerificationError], [ErrNoGeneration], [ErrNotRebuilt]; those of the store, the view and the catalog.
func (r *Rebuilder) Verify(ctx context.Context, projection string, g Generation) (Report, error) {
	t, err := r.target(ctx, projection, g)
	if err != nil {
		return Report{}, err
	}
	return r.verify(ctx, t, false)
}

// parkedIn lists the parked streams of a generation.
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
