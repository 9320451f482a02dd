package main

import (
	"context"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
)

// sample is how many streams of a read model are decoded.
const sample = 100

// readable looks for read models whose rows the query function can't decode.
func (d *doctor) readable(ctx context.Context) {
	all, err := d.marks(ctx)
	if err != nil {
		d.say(wrongResult, "rows", "Check the right to read the tables of the projections.", "%v", err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		streams, err := sampleOf(all[name], sample)
		if err == nil && len(streams) == 0 && isReplaced(d.Service, name) {
			continue
		}
		var failed map[string]string
		if err == nil {
			failed, err = d.unreadable(ctx, name, streams)
		}
		check := "rows of " + name
		switch {
		case err != nil:
			d.say(wrongResult, check, "Check the right to read its table and to invoke the query function.", "%v", err)
		case len(failed) > 0:
			first := slices.Min(slices.Collect(maps.Keys(failed)))
			d.say(wrongResult, check, "Deploy code that reads what was stored, or build it again: `annals rebuild "+name+"`.",
				"%d of %d can't be read, %s: %s", len(failed), len(streams), first, failed[first])
		default:
			d.say(okResult, check, "", "%d of them can be read", len(streams))
		}
	}
}

// unreadable asks the query function which rows it can't decode. No rows are not asked for.
func (d *doctor) unreadable(ctx context.Context, name string, streams []string) (map[string]string, error) {
	if len(streams) == 0 {
		return nil, nil
	}
	out, err := d.session.operator.functions.Ask(ctx, annalsaws.Query, ask.Request{
		Task: ask.Readable, Projection: name, Streams: streams,
	})
	if err != nil {
		return nil, err
	}
	return out.Unreadable, nil
}
