package projection

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"sync"
)

// verification is one comparison of a generation with its events: first of each segment, then of the totals.
type verification struct {
	rebuilder *Rebuilder
	target    *target
	survey    survey
	// heals means that streams that stay behind are caught up. levelOnly means that nothing else is compared.
	heals, levelOnly bool
}

// all walks all segments at once, in this process.
func (v *verification) all(ctx context.Context) ([]findings, error) {
	all := make([]findings, v.survey.Segments)
	forget := func(findings) error { return nil }
	err := parallel(ctx, len(all), func(ctx context.Context, i int) (err error) {
		all[i], err = v.segment(ctx, i, findings{Survey: v.survey.ID}, forget)
		return err
	})
	return all, err
}

// parallel calls do n times at once. The first error cancels the others.
func parallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := do(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// conclude adds up the findings of all segments, and compares the totals.
//
// Errors: [VerificationError].
func (v *verification) conclude(ctx context.Context, all []findings) (Report, error) {
	last := findings{Sums: make([]map[string]Number, len(v.survey.Rows))}
	if err := v.compareParked(ctx, &last); err != nil {
		return last.Report, err
	}
	if err := v.compareCounters(ctx, all, &last); err != nil {
		return last.Report, err
	}
	if err := v.compareOwned(ctx, &last); err != nil {
		return last.Report, err
	}
	return v.total(append(all, last))
}

// total adds up findings.
//
// Errors: [VerificationError].
func (v *verification) total(all []findings) (Report, error) {
	var out Report
	found := VerificationError{Projection: v.target.sub.name(), Generation: v.target.Generation}
	for _, f := range all {
		out.Streams += f.Report.Streams
		out.Compared += f.Report.Compared
		out.Counters += f.Report.Counters
		out.Busy += f.Report.Busy
		out.Parked += f.Report.Parked
		found.Count += f.Count
		found.Differences = append(found.Differences, f.Differences...)
	}
	if found.Count == 0 {
		return out, nil
	}
	found.Differences = found.Differences[:min(len(found.Differences), maxDifferences)]
	return out, &found
}

// compareParked looks for streams that are parked here but not in the serving generation.
func (v *verification) compareParked(ctx context.Context, out *findings) error {
	view := v.target.sub.View
	parked, err := parkedIn(ctx, view, v.target.Generation)
	if err != nil || len(parked) == 0 {
		return err
	}
	_, record, err := v.rebuilder.engine.record(ctx, v.target.sub.name())
	if err != nil {
		return err
	}
	out.Report.Parked = len(parked)
	if record.Serving().Lost { // nothing is left to compare with
		return nil
	}
	known, err := parkedIn(ctx, view, record.Serving().Generation)
	if err != nil {
		return err
	}
	for stream := range parked {
		if !known[stream] {
			out.differ("%s is parked, but not in the serving generation", stream)
		}
	}
	return nil
}

// compareCounters compares the surveyed rows with the sums over all streams. A row that changed during the verification
// can't be compared.
func (v *verification) compareCounters(ctx context.Context, all []findings, out *findings) error {
	after, err := v.survey.look(ctx, v.target)
	if err != nil {
		return err
	}
	for i, row := range v.survey.Rows {
		want := map[string]Number{}
		for _, f := range all {
			add(want, f.Sums[i])
		}
		switch got := after[row.row()].Counters; {
		case !maps.EqualFunc(got, row.Counters, Number.Equal):
			out.Report.Busy++
		case !sameCounters(got, want):
			out.differ("counters %s|%s are %v, expected %v", row.Partition, row.Sort, got, want)
		default:
			out.Report.Counters++
		}
	}
	return nil
}

// add adds the counters in more to to.
func add(to, more map[string]Number) {
	for name, n := range more {
		to[name] = to[name].Plus(n)
	}
}

// sameCounters compares counters. A missing counter is 0.
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

// sameJSON compares JSON texts by their values.
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
