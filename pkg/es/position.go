package es

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Position is a place between two pages of a segment. It is opaque: store it and pass it back unchanged.
type Position string

const (
	// Start is the position before a segment's first page.
	Start Position = stored.Start
	// End is the position after a segment's last page. A scan from End yields nothing.
	End Position = stored.End
)

// SegmentError means that a segment or a position in it is invalid. Nothing was read.
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

// check returns an error if the segment cannot be scanned.
func (s Segment) check() error {
	if _, reason := stored.PositionKey(s.Index, s.Of, s.Limit, string(s.After)); reason != "" {
		return &SegmentError{Segment: s, Reason: reason}
	}
	return nil
}
