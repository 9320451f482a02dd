package verify_test

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
)

// list is a store made of a plain list of commits, valid or not, read in small pages. A commit without events counts as
// unreadable.
type list []es.Commit

func (l list) sorted() list {
	slices.SortStableFunc(l, func(a, b es.Commit) int {
		if order := strings.Compare(a.Stream.String(), b.Stream.String()); order != 0 {
			return order
		}
		return int(a.Version - b.Version)
	})
	return l
}

func (l list) Scan(_ context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return l.pages(storekit.Position(segment, "x"), es.End, func(c *es.Commit) bool {
		sum := 0
		for _, b := range []byte(c.Stream.String()) {
			sum += int(b)
		}
		return sum%segment.Of == segment.Index
	})
}

func (l list) Inspect(_ context.Context, stream es.StreamID, versions es.VersionRange) iter.Seq2[es.ScanPage, error] {
	return l.pages("", "", func(c *es.Commit) bool {
		return c.Stream == stream && c.Version >= versions.From && (versions.To == 0 || c.Version <= versions.To)
	})
}

func (l list) pages(next, end es.Position, in func(*es.Commit) bool) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		page, n := es.ScanPage{Next: next}, 0
		for _, c := range l.sorted() {
			if !in(&c) {
				continue
			}
			if n == 3 {
				if !yield(page, nil) {
					return
				}
				page, n = es.ScanPage{Next: next}, 0
			}
			if n++; len(c.Events) == 0 {
				page.Corrupt = append(page.Corrupt, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "item"})
			} else {
				page.Commits = append(page.Commits, c)
			}
		}
		page.Next = end
		yield(page, nil)
	}
}
