package es

import (
	"context"
	"iter"
)

// Scanner reads all streams. It is an optional capability of a [Store]. To scan all segments in parallel, use [All].
type Scanner interface {
	// Scan yields the commits of one segment, page by page, starting at the segment's position. Each stream lies in
	// exactly one segment, and its commits come together and in order. A commit that is appended during the scan is
	// included if the scan has not yet passed its place.
	//
	// A commit that cannot be read does not end the scan: it is listed in its page's Corrupt. Scan does not check that
	// commits fit together: a gap in a stream is no error.
	//
	// Errors: [SegmentError], before anything is read; the context's error.
	Scan(ctx context.Context, segment Segment) iter.Seq2[ScanPage, error]
}

// Inspector reads what is stored of one stream, even if it is damaged. It is an optional capability of a [Store].
type Inspector interface {
	// Inspect yields the stream's commits whose first version is in the range, in order, page by page and strongly
	// consistent. Like Scan it does not check that commits fit together, and continues after a commit that cannot be read.
	// Its pages have no positions.
	//
	// Errors: [StreamNameError]; the context's error.
	Inspect(ctx context.Context, stream StreamID, versions VersionRange) iter.Seq2[ScanPage, error]
}

// VersionRange is a range of versions. The zero VersionRange includes all versions.
type VersionRange struct {
	// From is the first version of the range.
	From int64
	// To is the last version of the range. 0 = no bound.
	To int64
}

// Segment selects one of several equal parts of the streams, and a position to start at.
type Segment struct {
	// Index is from 0 to Of-1. Of is the number of segments, at least 1.
	Index, Of int
	// After is the position to continue from, as returned by an earlier scan of the same segment.
	After Position
	// Limit is the maximum number of commits per page. 0 = as many as one request returns, up to 1 MB.
	Limit int
	// Consistent makes each page include all commits stored before it was read. It costs twice the units.
	Consistent bool
}

// ScanPage is one page of a scan.
type ScanPage struct {
	Commits []Commit
	// Corrupt lists the commits that could not be read.
	Corrupt []*CorruptError
	// Next is the position after the page, End after the segment's last page.
	Next Position
	// Units is the page's cost in read units: one per 4 KB if strongly consistent, else half.
	Units float64
}
