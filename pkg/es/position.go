package es

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Position is a place between two pages of a segment: an opaque text, to be kept and given back as it is.
type Position string

const (
	// Start is before a segment's first page.
	Start Position = stored.Start
	// End is after a segment's last page: a scan from there yields nothing.
	End Position = stored.End
)

// SegmentError says that there is no such segment, or no such position in it. Nothing was read.
type SegmentError struct {
	Segment Segment
	Reason  string
}

func (e *SegmentError) Error() string {
	s := fmt.Sprintf("scan segment %d of %d", e.Segment.Index, e.Segment.Of)
	if e.Segment.After != Start {
		s += fmt.Sprintf(" after position %q", stored.Abbreviate(string(e.Segment.After)))
	}
	return s + ": " + e.Reason
}

// check returns an error where a scan of the segment can't start.
func (s Segment) check() error {
	if _, reason := stored.PositionKey(s.Index, s.Of, s.Limit, string(s.After)); reason != "" {
		return &SegmentError{Segment: s, Reason: reason}
	}
	return nil
}
