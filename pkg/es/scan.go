package es

import (
	"context"
	"iter"
)

// Scanner reads all streams. It is a capability that a [Store] may have.
type Scanner interface {
	// Scan yields the commits of one segment, page by page, from the segment's position on. Each stream lies whole in one
	// segment: its commits come one directly after the other, in order. A commit that is appended while the scan runs comes
	// at its place, or not at all where the scan has passed it.
	//
	// A commit that can't be read does not end the scan: it is in its page's Corrupt. What the commits say is not compared:
	// a gap in a stream is no error. [All] scans several segments at once.
	//
	// Errors: [SegmentError], before anything is read; the context's error.
	Scan(ctx context.Context, segment Segment) iter.Seq2[ScanPage, error]
}

// Inspector reads what is stored of one stream, whole or not. It is a capability that a [Store] may have.
type Inspector interface {
	// Inspect yields the stream's commits whose first version is in a range, in order, page by page and strongly
	// consistent. Like a scan it compares nothing, and goes on past a commit that can't be read. Its pages have no
	// positions.
	//
	// Errors: [StreamNameError]; the context's error.
	Inspect(ctx context.Context, stream StreamID, versions VersionRange) iter.Seq2[ScanPage, error]
}

// VersionRange is a range of versions. The zero VersionRange has all of them.
type VersionRange struct {
	// From is the first version of the range.
	From int64
	// To is the last version of the range. 0 = no bound.
	To int64
}

// Segment is one of the equal parts that a scan divides the streams into, and where to start in it.
type Segment struct {
	// Index is 0 .. Of-1, Of from 1.
	Index, Of int
	// After is the position to start after, as an earlier scan of the same segment gave it.
	After Position
	// Limit is the most commits in a page, 0 = as many as come in one request: 1 MB of them.
	Limit int
	// Consistent scans see all that was stored before each page was read. They cost twice the units.
	Consistent bool
}

// ScanPage is what a scan reads at once.
type ScanPage struct {
	Commits []Commit
	// Corrupt are the commits that could not be read.
	Corrupt []*CorruptError
	// Next is the position after the page, End after the segment's last.
	Next Position
	// Units are the read units that the page cost, a unit for each 4 KB read strongly consistent, half of it otherwise.
	Units float64
}
