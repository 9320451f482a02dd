package projection

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// verification is one comparison of a generation with its events.
type verification struct {
	rebuilder *Rebuilder
	target    *target
	report    Report

	parked   map[es.StreamID]bool
	counters map[RowKey]map[string]Number // what a sample of the shared rows should hold, so far
	before   map[RowKey]Row               // what that sample held at first
	// heals says that streams which stay behind are brought level; levelOnly that nothing else is compared.
	heals, levelOnly bool

	mu       sync.Mutex
	sample   smallest
	made     smallest // of the shared rows that the folds made
	madeKeys map[string]RowKey
	behind   map[es.StreamID]int64 // the version that they should be at
	found    VerificationError
}

func (v *verification) differ(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.found.Count++; v.found.Count <= maxDifferences {
		v.found.Differences = append(v.found.Differences, fmt.Sprintf(format, args...))
	}
}

// run compares.
//
// Errors: [VerificationError].
func (v *verification) run(ctx context.Context) error {
	v.behind, v.sample, v.made = map[es.StreamID]int64{}, smallest{most: v.rebuilder.cfg.Sample}, smallest{most: v.rebuilder.cfg.Sample}
	v.madeKeys = map[string]RowKey{}
	steps := []func(context.Context) error{v.compareParked, v.sampleCounters, v.walk, v.compareCounters, v.compareMade, v.compareBehind}
	if v.levelOnly {
		steps = []func(context.Context) error{v.walk, v.compareBehind}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return fmt.Errorf("verify %s: %w", v.target, err)
		}
	}
	if v.found.Count > 0 {
		v.found.Projection, v.found.Generation = v.target.sub.name(), v.target.Generation
		return &v.found
	}
	return nil
}

// walk follows all streams.
func (v *verification) walk(ctx context.Context) error {
	segments := make([]walk, v.rebuilder.cfg.Segments)
	_, err := es.All(ctx, v.rebuilder.scanner, es.AllConfig{Segments: len(segments), Consistent: true},
		func(ctx context.Context, segment int, page es.ScanPage) error {
			w := &segments[segment]
			w.verification = v
			return w.page(ctx, page)
		})
	return err
}

// heal brings streams level that are not.
func (v *verification) heal(ctx context.Context) error {
	b := v.rebuilder.engine.newBatch(nil)
	b.spend = v.rebuilder.pace.spend
	b.each(v.target, slices.Collect(maps.Keys(v.behind)), func(stream es.StreamID) error {
		return b.level(ctx, v.target, stream, mode{level: true})
	})
	for _, err := range b.failed {
		return err
	}
	return nil
}

// compareParked looks for streams that wait here and don't in the generation that serves.
func (v *verification) compareParked(ctx context.Context) (err error) {
	view := v.target.sub.View
	if v.parked, err = parkedIn(ctx, view, v.target.Generation); err != nil || len(v.parked) == 0 {
		return err
	}
	_, record, err := v.rebuilder.engine.record(ctx, v.target.sub.name())
	if err != nil {
		return err
	}
	known, err := parkedIn(ctx, view, record.Serving().Generation)
	if err != nil {
		return err
	}
	v.report.Parked = len(v.parked)
	for stream := range v.parked {
		if !known[stream] {
			v.differ("%s is parked, and was not before", stream)
		}
	}
	return nil
}

// sampleCounters chooses shared rows, and remembers what they hold now.
func (v *verification) sampleCounters(ctx context.Context) (err error) {
	chosen := smallest{most: v.rebuilder.cfg.Sample}
	keys := map[string]RowKey{}
	for key, err := range v.target.sub.View.Keys(ctx, v.target.Generation) {
		if err != nil {
			return fmt.Errorf("rows: %w", err)
		}
		if name := key.name(); key.Shared && chosen.take(name) {
			keys[name] = key
		}
	}
	v.counters = map[RowKey]map[string]Number{}
	for name := range chosen.names {
		v.counters[keys[name]] = map[string]Number{}
	}
	v.before, err = v.shared(ctx)
	return err
}

// name is a key as one text.
func (k Key) name() string { return k.Partition + "\x00" + k.Sort }

func (v *verification) shared(ctx context.Context) (map[RowKey]Row, error) {
	if len(v.counters) == 0 {
		return nil, nil
	}
	return v.target.sub.View.Rows(ctx, v.target.Generation, slices.Collect(maps.Keys(v.counters))...)
}

// compareCounters compares the chosen shared rows with the sums over all streams. A row that changed meanwhile can't be
// compared.
func (v *verification) compareCounters(ctx context.Context) error {
	after, err := v.shared(ctx)
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	for key, want := range v.counters {
		switch got := after[key].Counters; {
		case !maps.EqualFunc(got, v.before[key].Counters, Number.Equal):
			v.report.Busy++
		case !sameCounters(got, want):
			v.differ("counters %s|%s are %v, and %v by the events", key.Partition, key.Sort, got, want)
		default:
			v.report.Counters++
		}
	}
	return nil
}

// compareMade looks for shared rows that the folds make and that are not there.
func (v *verification) compareMade(ctx context.Context) error {
	var keys []RowKey
	for name := range v.made.names {
		if key := v.madeKeys[name]; v.counters[key] == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := v.target.sub.View.Rows(ctx, v.target.Generation, keys...)
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	for _, key := range keys {
		if _, there := rows[key]; !there {
			v.differ("counters %s|%s are missing", key.Partition, key.Sort)
		}
	}
	return nil
}

// sameCounters takes a counter that is not there for 0.
func sameCounters(a, b map[string]Number) bool {
	for name := range a {
		if !a[name].Equal(b[name]) {
			return false
		}
	}
	for name := range b {
		if !a[name].Equal(b[name]) {
			return false
		}
	}
	return true
}

// compareBehind looks again at streams that were not level. The projector may be bringing them forward.
func (v *verification) compareBehind(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		if err := v.look(ctx, attempt == levelAttempts); err != nil || len(v.behind) == 0 {
			return err
		}
		if v.heals && attempt == healAttempt {
			if err := v.heal(ctx); err != nil {
				return err
			}
		}
		if err := sleep(ctx, levelPause<<min(attempt, 5)); err != nil {
			return err
		}
	}
}

// look forgets those that are level now, or parked; at last, what is behind still is a difference.
func (v *verification) look(ctx context.Context, last bool) error {
	at, err := v.target.sub.View.Checkpoints(ctx, v.target.Generation, slices.Collect(maps.Keys(v.behind))...)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for stream, version := range v.behind {
		switch cp := at[stream]; {
		case cp.Version >= version:
			v.report.Streams++
		case cp.Parked != nil && v.levelOnly: // who rolls back takes what could not be applied then, too
		case cp.Parked != nil:
			v.differ("%s is parked, and was not before", stream)
		case last:
			v.differ("%s is at version %d, and at %d by the events", stream, cp.Version, version)
		default:
			continue
		}
		delete(v.behind, stream)
	}
	return nil
}

// sameJSON compares texts as what they say.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return decodeNumbers(a, &x) == nil && decodeNumbers(b, &y) == nil && reflect.DeepEqual(x, y)
}

func decodeNumbers(text json.RawMessage, into *any) error {
	if len(text) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}
