package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// plan is the planning of one append.
type plan struct {
	wanted  []*Subscription
	commits map[*Subscription][]*es.Commit // those that it reads
	at      map[place]Checkpoint           // those that were read
}

func (in *Inline) newPlan(commits []es.Commit) *plan {
	p := &plan{commits: map[*Subscription][]*es.Commit{}, at: map[place]Checkpoint{}}
	for i := range in.subscriptions {
		sub := &in.subscriptions[i]
		for j := range commits {
			if sub.Projection.Reads(commits[j].Stream.Type) {
				p.commits[sub] = append(p.commits[sub], &commits[j])
			}
		}
		if len(p.commits[sub]) > 0 {
			p.wanted = append(p.wanted, sub)
		}
	}
	return p
}

// recordIn returns a projection's record. One that was never fed has generation 1, as readers suppose too.
func recordIn(records map[string]Record, sub *Subscription) Record {
	if r, there := records[sub.name()]; there {
		return r
	}
	return first(sub.name(), sub.Projection.FoldVersion(), time.Time{})
}

// look reads the checkpoints that are not read yet, in all generations that are fed: all at once, each by itself.
func (p *plan) look(ctx context.Context, records map[string]Record) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	read := func(t target, stream es.StreamID) {
		found, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: checkpoint of %s: %w", &t, stream, err))
			return
		}
		p.at[t.place(stream)] = found[stream]
	}
	for _, sub := range p.wanted {
		for _, t := range sub.fed(recordIn(records, sub)) {
			for _, c := range p.commits[sub] {
				mu.Lock()
				_, done := p.at[t.place(c.Stream)]
				mu.Unlock()
				if !done {
					wg.Go(func() { read(t, c.Stream) })
				}
			}
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// of plans one projection in all generations that are fed.
func (p *plan) of(ctx context.Context, sub *Subscription, fed []target) ([]InlineWrites, error) {
	var errs []error
	groups := make([]group, len(fed))
	for _, c := range p.commits[sub] {
		advances, err := p.advances(ctx, fed, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for i := range advances {
			groups[i].add(&advances[i])
		}
	}
	var planned []InlineWrites
	for i, g := range groups {
		if len(g.moves) > 0 {
			planned = append(planned, InlineWrites{sub.View, fed[i].Generation, g.moves, g.rows.list})
		}
	}
	return planned, errors.Join(errs...)
}

// advances are the steps that a commit is in all generations; none if it is not the next one in any of them.
//
// Errors: one that does not say why the commit can't be folded, which may cite it. The projector will, where it parks the
// stream.
func (p *plan) advances(ctx context.Context, fed []target, commit *es.Commit) ([]advance, error) {
	advances := make([]advance, len(fed))
	for i := range fed {
		c := cursor{target: &fed[i], stream: commit.Stream, at: p.at[fed[i].place(commit.Stream)]}
		if fed[i].fold == nil || !c.precedes(commit) {
			return nil, nil
		}
		next, rows, err := c.fold(ctx, beyond(nil, commit, c.at.Version))
		if err != nil {
			return nil, fmt.Errorf("%s: %s@%d can't be folded", &fed[i], commit.Stream, commit.Version)
		}
		advances[i] = advance{cursor: &c, CheckpointUpdate: CheckpointUpdate{commit.Stream, c.at, next}, rows: rows}
	}
	return advances, nil
}

// precedes tells whether a commit follows right upon the checkpoint, and nothing stands in the way of folding it.
func (c *cursor) precedes(commit *es.Commit) bool {
	return c.at.Version == commit.Version-1 && bytes.Equal(c.at.Hash, commit.Prev) &&
		c.at.Parked == nil && !c.at.Behind && c.at.RowsWritten == 0
}
