package annalstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// hostile decides how deliveries are unfavorable: see [Config].
type hostile struct {
	mu        sync.Mutex // guards random
	random    *rand.Rand
	delivered []es.Commit
	fired     []reaction.Deadline
}

func newHostile(seed uint64) *hostile { return &hostile{random: rand.New(rand.NewPCG(seed, 1))} }

// below returns a number from 0 to n - 1.
func (h *hostile) below(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.random.IntN(n)
}

// commits returns commits in another order, without some that are kept for later, and with some that were delivered
// before.
func (h *hostile) commits(all []es.Commit, keep func(...es.Commit)) []es.Commit {
	var now []es.Commit
	for i := range all {
		if h.below(5) == 0 {
			keep(all[i])
			continue
		}
		now = append(now, all[i])
		h.delivered = append(h.delivered, all[i])
	}
	for range h.below(5) {
		if len(h.delivered) > 0 {
			now = append(now, h.delivered[h.below(len(h.delivered))])
		}
	}
	h.shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
	return now
}

// deadlines returns deadlines that are due in another order, with some that are open, or that were so before.
func (h *hostile) deadlines(due, open []reaction.Deadline) []reaction.Deadline {
	all := slices.Clone(due)
	if len(h.fired) > 0 {
		all = append(all, h.fired[h.below(len(h.fired))])
	}
	h.fired = append(append(h.fired, open...), due...)
	h.shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (h *hostile) shuffle(n int, swap func(i, j int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.random.Shuffle(n, swap)
}

// errNotStored is why a forgetful view stores nothing.
var errNotStored = fmt.Errorf("%w: so that what was done is repeated", es.ErrUnavailable)

// forgetful is a view that sometimes does not store a checkpoint, after the reaction was done.
type forgetful struct {
	projection.View
	hostile *hostile
}

// Save implements [projection.View].
func (v *forgetful) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.hostile.below(4) == 0 {
		return errNotStored
	}
	return v.View.Save(ctx, g, moves, rows)
}
