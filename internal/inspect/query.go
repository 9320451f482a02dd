package inspect

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Query says which commits are wanted. Its zero value wants all; what is set must all be so.
type Query struct {
	// Stream is what the stream's name begins with: "Order#o-1", "Order#", "Order#o".
	Stream string
	// Type is the type of one of its events: "OrderPlaced".
	Type string
	// CorrelationID and CommitID are the commit's.
	CorrelationID, CommitID string
}

// Matches tells whether a commit is wanted.
func (q Query) Matches(c *es.Commit) bool {
	return strings.HasPrefix(c.Stream.String(), q.Stream) &&
		(q.Type == "" || hasType(c, q.Type)) &&
		(q.CorrelationID == "" || c.Meta.CorrelationID == q.CorrelationID) &&
		(q.CommitID == "" || c.ID == q.CommitID)
}

func hasType(c *es.Commit, name string) bool {
	for i := range c.Events {
		if c.Events[i].Type == name {
			return true
		}
	}
	return false
}

// UnreadableError says that a search passed commits that can't be read. What else there is was searched.
type UnreadableError struct {
	Commits int
	First   error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%d commits can't be read, the first: %v; `annals verify` says more", e.Commits, e.First)
}
func (e *UnreadableError) Unwrap() error { return e.First }

func (e *UnreadableError) add(corrupt []*es.CorruptError) {
	if e.First == nil && len(corrupt) > 0 {
		e.First = corrupt[0]
	}
	e.Commits += len(corrupt)
}

// Find yields the commits that are wanted, those of one stream in order. It reads the whole table: half a read unit for each
// 4 KB in it. What was stored within the last second may be missing.
//
// Errors: [UnreadableError], after all that could be read; those of [es.Scanner].
func (i *Inspector) Find(ctx context.Context, q Query) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		for c, err := range i.scan(ctx, false) {
			if err != nil {
				yield(Commit{}, err)
				return
			}
			if q.Matches(c.Commit) && !yield(NewCommit(c.Commit), nil) {
				return
			}
		}
	}
}

// Commits yields the commits that are wanted, as they are stored, those of one stream in order; with all that were stored
// before it began where it is consistent, at twice the cost.
//
// Errors: those of [Inspector.Find].
func (i *Inspector) Commits(ctx context.Context, q Query, consistent bool) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for c, err := range i.scan(ctx, consistent) {
			if err != nil {
				yield(es.Commit{}, err)
				return
			}
			if q.Matches(c.Commit) && !yield(*c.Commit, nil) {
				return
			}
		}
	}
}

// scanned is a commit and the segment that its stream lies in.
type scanned struct {
	*es.Commit
	segment int
}

type scannedPage struct {
	es.ScanPage
	segment int
}

// scan yields all commits, and at the end an error if some can't be read. Within a segment streams are in order and whole.
func (i *Inspector) scan(ctx context.Context, consistent bool) iter.Seq2[scanned, error] {
	return func(yield func(scanned, error) bool) {
		var unreadable UnreadableError
		for page, err := range i.pages(ctx, consistent) {
			if err != nil {
				yield(scanned{}, err)
				return
			}
			for k := range page.Commits {
				if !yield(scanned{&page.Commits[k], page.segment}, nil) {
					return
				}
			}
			unreadable.add(page.Corrupt)
		}
		if unreadable.Commits > 0 {
			yield(scanned{}, &unreadable)
		}
	}
}

// pages yields the pages of all segments, which are read at once, as they come.
func (i *Inspector) pages(ctx context.Context, consistent bool) iter.Seq2[scannedPage, error] {
	return func(yield func(scannedPage, error) bool) {
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pages := make(chan scannedPage)
		var failed error
		running.Go(func() {
			defer close(pages)
			cfg := es.AllConfig{Segments: i.cfg.Segments, UnitsPerSecond: i.cfg.UnitsPerSecond, Consistent: consistent}
			_, failed = es.All(ctx, i.store, cfg, func(ctx context.Context, segment int, page es.ScanPage) error {
				select {
				case pages <- scannedPage{page, segment}:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
		for page := range pages {
			if !yield(page, nil) {
				return
			}
		}
		if failed != nil {
			yield(scannedPage{}, failed)
		}
	}
}
