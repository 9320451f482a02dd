package storetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// RunDeadline tests that no append takes longer than [es.AppendDeadline], even if the caller's context allows it. Which
// past states count as provisional depends on this. The tests use the time of package synctest, so the store must not
// use connections: give a store in memory, or one with a stub client.
func RunDeadline(t *testing.T, open Open) {
	for name, test := range map[string]struct {
		stall time.Duration // between taking the append's time and storing
		ctx   func(context.Context) (context.Context, context.CancelFunc)
		want  error
	}{
		"in time":              {es.AppendDeadline - time.Millisecond, context.WithCancel, nil},
		"too late":             {es.AppendDeadline + time.Millisecond, context.WithCancel, context.DeadlineExceeded},
		"the caller has hours": {es.AppendDeadline + time.Millisecond, within(time.Hour), context.DeadlineExceeded},
		"the caller has less":  {2 * time.Second, within(time.Second), context.DeadlineExceeded},
	} {
		t.Run("deadline/"+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := open(t, func() time.Time {
					now := time.Now()
					time.Sleep(test.stall) // simulates a paused process
					return now
				})
				ctx, cancel := test.ctx(t.Context())
				defer cancel()
				_, err := store.Append(ctx, es.Append{Writes: []es.Write{{Head: store.Empty(stream), Events: events(1)}}})
				var unknown *es.UnknownOutcomeError
				if !errors.Is(err, test.want) || errors.As(err, &unknown) {
					t.Errorf("append: %v, want %v and no unknown outcome", err, test.want)
				}
				version := int64(1)
				if test.want != nil {
					version = 0
				}
				if h, err := store.Head(t.Context(), stream); err != nil || h.Version() != version {
					t.Errorf("the stream is at %d, %v; want %d", h.Version(), err, version)
				}
			})
		})
	}
}

func within(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
}
