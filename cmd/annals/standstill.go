package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// overdue is the age of a commit that every projection should have applied. Without faults it takes milliseconds.
	overdue = 2 * time.Minute
	// newest is how many of the newest commits are compared with the checkpoints.
	newest = 50
)

// lag describes the newest commits that a projection has not applied.
type lag struct {
	streams int
	oldest  time.Time
	first   string // stream
}

func (l lag) with(c *inspect.Commit) lag {
	if l.streams++; l.oldest.IsZero() || c.At.Before(l.oldest) {
		l.oldest, l.first = c.At, c.Stream
	}
	return l
}

// lacks tells whether a projection should have applied a commit and has not. It is false for a parked stream, and for a
// read model that can't be read: other checks report those.
func lacks(a inspect.Applied) bool {
	return a.Status == projection.Serving && !a.Applied && a.Parked == nil
}

// lanes checks that projections have applied all overdue commits. If one has not, its subscription to the event table's
// stream is stuck or slow.
func (d *doctor) lanes(ctx context.Context, all []inspect.Projection) {
	const name = "lanes"
	recent, err := d.Recent(ctx, newest)
	if err != nil {
		d.say(wrongResult, name, "Allow dynamodb:DescribeStream, GetShardIterator and GetRecords on the event table's "+
			"stream.", "%v", err)
		return
	}
	lags, compared, err := d.lags(ctx, all, recent.Commits)
	switch {
	case err != nil:
		d.say(wrongResult, name, "Check the permission to read the tables of the projections.", "%v", err)
	case !recent.Complete && len(recent.Commits) == 0:
		d.say(skippedResult, name, "", "the event table's stream has too many records to find its newest commits in time")
	case len(lags) == 0:
		d.say(okResult, name, "", "the %d streams of the newest commits are up to date in all projections", compared)
	}
	for _, p := range slices.Sorted(maps.Keys(lags)) {
		l := lags[p]
		advice := "Check the errors and the iterator age of its function, see docs/runbooks/iterator-age.md. `annals heal " +
			l.first + "` catches up one stream."
		d.say(wrongResult, "lane of "+p, advice,
			"%d streams of the newest commits are behind, such as %s since %s", l.streams, l.first, stamp(l.oldest))
	}
}

// lags returns the lag of each projection that is behind, and how many streams were compared.
func (d *doctor) lags(
	ctx context.Context, all []inspect.Projection, commits []inspect.Commit,
) (map[string]lag, int, error) {
	since := map[string]time.Time{} // of reactions, which skip commits from before their start
	for _, p := range all {
		if d.session.operator.reactions.Keeps(p.Name) {
			since[p.Name] = p.Generations[len(p.Generations)-1].Since
		}
	}
	last := map[string]inspect.Commit{}
	for _, c := range commits {
		if time.Since(c.At) > overdue {
			last[c.Stream] = c
		}
	}
	lags := map[string]lag{}
	for name, c := range last {
		stream, err := es.ParseStreamID(name)
		if err != nil {
			return nil, 0, err
		}
		applied, err := d.Applied(ctx, stream, c.LastVersion)
		if err != nil {
			return nil, 0, err
		}
		for _, a := range applied {
			if lacks(a) && !c.At.Before(since[a.Projection]) {
				lags[a.Projection] = lags[a.Projection].with(&c)
			}
		}
	}
	return lags, len(last), nil
}
