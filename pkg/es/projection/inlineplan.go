package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// inlinePlan is the planning of one append.
type inlinePlan struct {
	wanted  []*Subscription
	commits map[*Subscription][]*es.Commit // those that the subscription reads
	at      map[place]Checkpoint           // as read
}

func (in *Inline) newPlan(commits []es.Commit) *inlinePlan {
	p := &inlinePlan{commits: map[*Subscription][]*es.Commit{}, at: map[place]Checkpoint{}}
	for i := range in.subscriptions {
		sub := &in.subscriptions[i]
		for j := range commits {
			if sub.reads(commits[j].Stream.Type) {
				p.commits[sub] = append(p.commits[sub], &commits[j])
			}
		}
		if len(p.commits[sub]) > 0 {
			p.wanted = append(p.wanted, sub)
		}
	}
	return p
}

// recordIn returns a projection's record. A projection that was never fed has generation 1, as it has for readers.
func recordIn(records map[string]Record, sub *Subscription) Record {
	if r, there := records[sub.name()]; there {
		return r
	}
	return first(sub, time.Time{}, nil)
}

// look reads the missing checkpoints in all generations that are fed: all at once, each in a request of its own.
func (p *inlinePlan) look(ctx context.Context, records map[string]Record) error {
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
func (p *inlinePlan) of(ctx context.Context, sub *Subscription, fed []target) ([]InlineWrites, error) {
	var errs []error
	moves := make([][]*move, len(fed))
	for _, c := range p.commits[sub] {
		one, err := p.moves(ctx, fed, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for i, m := range one {
			if m != nil {
				moves[i] = append(moves[i], m)
			}
		}
	}
	var planned []InlineWrites
	for i := range moves {
		if len(moves[i]) > 0 {
			all := gather(moves[i])
			planned = append(planned, InlineWrites{sub.View, fed[i].Generation, all.checkpoints, all.rows.list})
		}
	}
	return planned, errors.Join(errs...)
}

// moves are the saves that a commit causes, by generation; nil for a generation whose fold does not read the stream.
// There are none at all if the commit does not directly follow the checkpoint in one of the generations.
//
// Errors: one that names a commit that can't be folded. It leaves out the reason, which may cite the event; the
// projector records it when it parks the stream.
func (p *inlinePlan) moves(ctx context.Context, fed []target, commit *es.Commit) ([]*move, error) {
	moves := make([]*move, len(fed))
	for i := range fed {
		t := &fed[i]
		if !t.reads(commit.Stream.Type) {
			continue
		}
		at := p.at[t.place(commit.Stream)]
		if t.fold == nil || !at.precedes(commit) {
			return nil, nil
		}
		steps := beyond(nil, commit, at.Version)
		// The commit's time, not the clock: the save is stored with the commit.
		m, refused := t.plan(ctx, commit.Stream, at, steps, room{len(steps), math.MaxInt}, commit.At)
		if refused != nil {
			return nil, fmt.Errorf("%s: %s@%d can't be folded", t, commit.Stream, commit.Version)
		}
		moves[i] = m
	}
	return moves, nil
}

// precedes reports whether a commit directly follows the checkpoint, and nothing prevents folding it.
func (c *Checkpoint) precedes(commit *es.Commit) bool {
	return c.Version == commit.Version-1 && bytes.Equal(c.Hash, commit.Prev) &&
		c.Parked == nil && !c.Behind && c.RowsWritten == 0
}
