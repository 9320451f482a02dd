package memview

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Config adjusts a view. The zero value takes the defaults, which are DynamoDB's limits.
type Config struct {
	// MaxWrites is the most checkpoints and rows in one save, from 3. Default 100. A checkpoint that was parked counts
	// twice.
	MaxWrites int
	// MaxItemBytes is the largest size of a checkpoint with its state, or of a row. Default 400 KB.
	MaxItemBytes int
	// MaxBytes is the largest size of one save. Default 4 MB.
	MaxBytes int
}

// View stores one projection in memory. It is safe for concurrent use. [New] makes one.
type View struct {
	limits viewkit.Limits

	mu          sync.Mutex
	generations map[projection.Generation]*generation
}

type generation struct {
	checkpoints map[es.StreamID]projection.Checkpoint
	seen        map[es.StreamID]int64 // of parked streams
	rows        map[projection.RowKey]projection.Row
}

var _ projection.View = (*View)(nil)

// Check returns an error if a value is out of range.
func (c Config) Check() error {
	if c.MaxWrites != 0 && c.MaxWrites < 3 || c.MaxItemBytes < 0 || c.MaxBytes < 0 {
		return fmt.Errorf("memview.Config: MaxWrites (%d) must be at least 3, MaxItemBytes (%d) and MaxBytes (%d) must not "+
			"be negative",
			c.MaxWrites, c.MaxItemBytes, c.MaxBytes)
	}
	return nil
}

// New returns an empty view, with the defaults if no configuration is given. It panics with what [Config.Check]
// returns.
func New(given ...Config) *View {
	cfg := config.Only(given)
	config.Must(cfg.Check())
	limits := viewkit.Limits{
		MaxWrites:    cmp.Or(cfg.MaxWrites, viewkit.DynamoDB.MaxWrites),
		MaxItemBytes: cmp.Or(cfg.MaxItemBytes, viewkit.DynamoDB.MaxItemBytes),
		MaxBytes:     cmp.Or(cfg.MaxBytes, viewkit.DynamoDB.MaxBytes),
	}
	return &View{limits: limits, generations: map[projection.Generation]*generation{}}
}

// generation returns a generation, and creates it if it does not exist. The caller holds the lock.
func (v *View) generation(g projection.Generation) *generation {
	if v.generations[g] == nil {
		v.generations[g] = &generation{
			checkpoints: map[es.StreamID]projection.Checkpoint{},
			seen:        map[es.StreamID]int64{},
			rows:        map[projection.RowKey]projection.Row{},
		}
	}
	return v.generations[g]
}

// MaxWrites implements [projection.View].
func (v *View) MaxWrites() int { return v.limits.MaxWrites }

// Checkpoints implements [projection.View].
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[es.StreamID]projection.Checkpoint, len(streams))
	for _, stream := range streams {
		if cp, there := v.generation(g).checkpoints[stream]; there {
			out[stream] = cloneCheckpoint(cp)
		}
	}
	return out, ctx.Err()
}

// Rows implements [projection.View].
func (v *View) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[projection.RowKey]projection.Row, len(keys))
	for _, key := range keys {
		if key.Kind == projection.IndexedRow {
			return nil, fmt.Errorf("row %q: an indexed row can't be read by its key: list it", key.Key)
		}
		if row, there := v.generation(g).rows[key]; there {
			out[key] = cloneRow(row)
		}
	}
	return out, ctx.Err()
}

// Keys implements [projection.View].
func (v *View) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return listed(ctx, func() (keys []projection.RowKey) {
		v.mu.Lock()
		defer v.mu.Unlock()
		for key := range v.generation(g).rows {
			keys = append(keys, key)
		}
		return keys
	})
}

// Drop implements [projection.View].
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	delete(v.generations, g)
	return nil
}

// listed yields the elements that exist when the caller begins to range over it.
func listed[T any](ctx context.Context, list func() []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := ctx.Err(); err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, one := range list() {
			if !yield(one, nil) {
				return
			}
		}
	}
}
