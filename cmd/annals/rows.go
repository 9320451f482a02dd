package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// sample is how many streams of a read model are decoded.
const sample = 100

// readable looks for read models whose rows this code can't decode.
func (d *doctor) readable(ctx context.Context) {
	samples := maps.Collect(d.Samples(ctx, sample))
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		streams := samples[name]
		failed, err := map[es.StreamID]error(nil), streams.Err
		if err == nil {
			failed, err = d.session.operator.Engine.Unreadable(ctx, name, streams.Streams...)
		}
		check := "rows of " + name
		switch {
		case err != nil:
			d.say(wrongResult, check, "Check the right to read its table, and whether this code is the one that is deployed.", "%v", err)
		case len(failed) > 0:
			first := slices.MinFunc(slices.Collect(maps.Keys(failed)), func(a, b es.StreamID) int {
				return strings.Compare(a.String(), b.String())
			})
			d.say(wrongResult, check, "Deploy code that reads what was stored, or build it again: `annals rebuild "+name+"`.",
				"%d of %d can't be read, %s: %v", len(failed), len(streams.Streams), first, failed[first])
		default:
			d.say(okResult, check, "", "%d of them can be read", len(streams.Streams))
		}
	}
}
