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
	// overdue is how old a commit is that each projection should have applied: in a service without faults it takes milliseconds.
	overdue = 2 * time.Minute
	// newest is how many of the newest commits are compared with the checkpoints.
	newest = 50
)

// lag is what a projection lacks of the newest commits.
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

// lacks tells whether a projection should have applied a commit, and has not. Of a stream that waits it is known.
func lacks(a inspect.Applied) bool {
	return a.Status == projection.Serving && !a.Applied && a.Parked == nil
}

// lanes looks for projections that lack commits that are not new: what reads the event table's stream stands still, or is
// slow.
func (d *doctor) lanes(ctx context.Context, all []inspect.Projection) {
	const name = "lanes"
	recent, err := d.Recent(ctx, newest)
	if err != nil {
		d.say(wrongResult, name, "Allow dynamodb:DescribeStream, GetShardIterator and GetRecords on the event table's stream.", "%v", err)
		return
	}
	lags, compared, err := d.lags(ctx, all, recent.Commits)
	switch {
	case err != nil:
		d.say(wrongResult, name, "Check the right to read the tables of the projections.", "%v", err)
	case !recent.Complete && len(recent.Commits) == 0:
		d.say(skippedResult, name, "", "there is too much in the event table's stream to find its newest commits")
	case len(lags) == 0:
		d.say(okResult, name, "", "%d streams of the newest commits are level everywhere", compared)
	}
	for _, p := range slices.Sorted(maps.Keys(lags)) {
		l := lags[p]
		advice := "See its function's errors and the age of its oldest record, and docs/runbooks; `annals heal " + l.first +
			"` brings one stream level."
		d.say(wrongResult, "lane of "+p, advice,
			"%d of the newest streams are not applied, %s since %s", l.streams, l.first, stamp(l.oldest))
	}
}

// lags returns what each projection lacks, and how many streams were compared.
func (d *doctor) lags(
	ctx context.Context, all []inspect.Projection, commits []inspect.Commit,
) (map[string]lag, int, error) {
	since := map[string]time.Time{} // of reactions: what was recorded before does not concern them
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
