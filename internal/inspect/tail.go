package inspect

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// ErrNoFeed is the error of an inspector that was made without a [Feed].
var ErrNoFeed = errors.New("there is no feed of all streams: follow a single stream")

// Tail yields the commits that a query selects as they are stored, until its context ends. It then ends without an
// error.
//
// Errors: [ErrNoFeed]; the feed's.
func (i *Inspector) Tail(ctx context.Context, q Query) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		if i.cfg.Feed == nil {
			yield(Commit{}, ErrNoFeed)
			return
		}
		pass(ctx, i.cfg.Feed.Commits(ctx), q, yield)
	}
}

// Recent has the newest commits, and yields those that follow.
type Recent[C any] struct {
	// Commits are the newest commits, the oldest of them first.
	Commits []C
	// Complete is true if no commit is missing between Commits and Then.
	Complete bool
	// Then yields the commits that are stored after them, until the context ends.
	Then iter.Seq2[C, error]
}

// Recent returns the newest commits of all streams that the [Feed] still has, at most n.
//
// Errors: [ErrNoFeed]; the feed's.
func (i *Inspector) Recent(ctx context.Context, n int) (Recent[Commit], error) {
	if i.cfg.Feed == nil {
		return Recent[Commit]{}, ErrNoFeed
	}
	found, err := i.cfg.Feed.Recent(ctx, n)
	if err != nil {
		return Recent[Commit]{}, err
	}
	out := Recent[Commit]{Commits: make([]Commit, len(found.Commits)), Complete: found.Complete}
	for k := range found.Commits {
		out.Commits[k] = NewCommit(&found.Commits[k])
	}
	out.Then = func(yield func(Commit, error) bool) { pass(ctx, found.Then, Query{}, yield) }
	return out, nil
}

// Follow yields the commits of one stream after a version as they are stored, until its context ends. It reads the
// stream every [Config.Every], for a read unit each time.
//
// Errors: those of [es.Reader].
func (i *Inspector) Follow(ctx context.Context, stream es.StreamID, after int64, q Query) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) { pass(ctx, i.follow(ctx, stream, after), q, yield) }
}

// pass yields the commits that a query selects. It drops an error that is due to the end of the context.
func pass(ctx context.Context, commits iter.Seq2[es.Commit, error], q Query, yield func(Commit, error) bool) {
	for c, err := range commits {
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case err != nil:
			yield(Commit{}, err)
			return
		case q.Matches(&c) && !yield(NewCommit(&c), nil):
			return
		}
	}
}

func (i *Inspector) follow(ctx context.Context, stream es.StreamID, after int64) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for {
			for c, err := range i.store.Read(ctx, stream, es.Range{From: after + 1}) {
				if err == nil {
					after = c.LastVersion()
				}
				if !yield(c, err) || err != nil {
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(i.cfg.Every):
			}
		}
	}
}
