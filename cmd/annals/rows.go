package main

import (
	"context"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
)

// sample is how many streams of each read model are decoded.
const sample = 100

// readable checks that the query function can decode the rows of the read models.
func (d *doctor) readable(ctx context.Context) {
	for _, a := range d.session.operator.apart {
		d.say(skippedResult, "rows of "+a.Name, "", "it is in store %s, whose rows this tool can't list", a.Store)
	}
	all, err := d.marks(ctx)
	if err != nil {
		d.say(wrongResult, "rows", "Check the permission to read the tables of the projections.", "%v", err)
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
			d.say(wrongResult, check, "Check the permissions to read its table and to invoke the query function.", "%v", err)
		case len(failed) > 0:
			first := slices.Min(slices.Collect(maps.Keys(failed)))
			d.say(wrongResult, check, "Deploy code that can decode the stored rows, or rebuild them: `annals rebuild "+name+"`.",
				"%d of %d streams can't be decoded, such as %s: %s", len(failed), len(streams), first, failed[first])
		default:
			d.say(okResult, check, "", "a sample of %d streams can be decoded", len(streams))
		}
	}
}

// unreadable asks the query function which of the streams' rows it can't decode. Without streams it asks nothing.
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
