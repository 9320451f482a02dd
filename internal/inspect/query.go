package inspect

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Query selects commits that match all members that are set. Its zero value selects all.
type Query struct {
	// Stream is the beginning of the stream's name: "Order#o-1", "Order#", "Order#o".
	Stream string
	// Type is the type of one of the commit's events: "OrderPlaced".
	Type string
	// CorrelationID and CommitID are the commit's.
	CorrelationID, CommitID string
}

// Matches tells whether a query selects a commit.
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

// UnreadableError is the error of a search that skipped commits that can't be read. All other commits were searched.
type UnreadableError struct {
	Commits int
	First   error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%d commits can't be read, the first: %v; `annals verify` lists them", e.Commits, e.First)
}
func (e *UnreadableError) Unwrap() error { return e.First }

func (e *UnreadableError) add(corrupt []*es.CorruptError) {
	if e.First == nil && len(corrupt) > 0 {
		e.First = corrupt[0]
	}
	e.Commits += len(corrupt)
}

// Find yields the commits that a query selects. The commits of a stream are in order. It reads the whole table, with
// half a read unit for each 4 KB. Commits of the last second may be missing.
//
// Errors: [UnreadableError], after all commits that can be read; those of [es.Scanner].
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

// Commits is like Find, and yields the commits in their stored form. If consistent is set, it yields all commits that
// were stored before the call, at twice the cost.
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

// scanned is a commit and the segment of its stream.
type scanned struct {
	*es.Commit
	segment int
}

type scannedPage struct {
	es.ScanPage
	segment int
}

// scan yields all commits, and at the end an error if some can't be read. Within a segment, streams follow one another.
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

// pages yields the pages of all segments, which are read concurrently.
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
