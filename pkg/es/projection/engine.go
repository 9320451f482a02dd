package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Subscription is a projection, where it is stored, and which build of it is kept.
type Subscription struct {
	Projection Projection
	View       View
	Generation Generation
}

// Config adjusts an engine. The zero value takes the defaults.
type Config struct {
	// Parallel is how many (projection, stream) pairs are brought forward at once, from 1. Default 16.
	Parallel int
}

// Engine brings projections forward with the commits that are delivered to it. Delivery may duplicate, delay, reorder and
// drop: what is missing is read from the event store.
type Engine struct {
	store         es.Reader
	subscriptions []Subscription
	cfg           Config
}

// NewEngine returns an engine that reads what was not delivered from a store. It panics if the configuration is negative.
func NewEngine(store es.Reader, cfg Config, subscriptions ...Subscription) *Engine {
	if cfg.Parallel == 0 {
		cfg.Parallel = 16
	}
	if cfg.Parallel < 1 {
		panic(fmt.Sprintf("projection.Config: parallel %d must be positive", cfg.Parallel))
	}
	return &Engine{store: store, subscriptions: subscriptions, cfg: cfg}
}

// Apply brings every projection forward with a batch of commits, and returns the streams with which a projection failed,
// each with its first error. A failed stream's commits must be delivered again; all others are done.
func (e *Engine) Apply(ctx context.Context, commits []es.Commit) map[es.StreamID]error {
	byStream := map[es.StreamID][]*es.Commit{}
	for i := range commits {
		byStream[commits[i].Stream] = append(byStream[commits[i].Stream], &commits[i])
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed = map[es.StreamID]error{}
		slots  = make(chan struct{}, e.cfg.Parallel)
	)
	for stream, delivered := range byStream {
		slices.SortStableFunc(delivered, func(a, b *es.Commit) int { return cmp.Compare(a.Version, b.Version) })
		for _, sub := range e.subscriptions {
			if !sub.Projection.Reads(stream.Type) {
				continue
			}
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if err := e.forward(ctx, sub, stream, delivered); err != nil {
					mu.Lock()
					defer mu.Unlock()
					if failed[stream] == nil {
						failed[stream] = err
					}
				}
			})
		}
	}
	wg.Wait()
	return failed
}
